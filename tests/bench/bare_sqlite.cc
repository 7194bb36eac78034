#include "tests/bench/bare_sqlite.h"

#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include "tests/bench/opaque_log.h"

namespace trustlog::bench {
namespace {

constexpr std::uint64_t kBundleEntries = 256;

std::string RandomBytes(std::size_t size) {
  std::mt19937_64 random(size);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace

BareSqlite::BareSqlite(const std::string& path)
    : bundle_(RandomBytes(kBundleEntries * (2 + kEntryBytes))), tile_(RandomBytes(kBundleEntries * 32)) {
  Check(sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr), "open");
  Execute("PRAGMA page_size = 8192");
  Execute("PRAGMA journal_mode = WAL");
  Execute("PRAGMA synchronous = FULL");
  Execute("PRAGMA cache_size = -16384");
  Execute("PRAGMA wal_autocheckpoint = 4096");
  Execute("CREATE TABLE entries(bundle INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT");
  Execute("CREATE TABLE tiles(level INTEGER, tile INTEGER, hashes BLOB NOT NULL, PRIMARY KEY(level, tile)) STRICT, WITHOUT ROWID");
  put_bundle_ = Prepare("INSERT INTO entries VALUES(?, ?)");
  put_tile_ = Prepare("INSERT INTO tiles VALUES(?, ?, ?)");
}

BareSqlite::~BareSqlite() {
  sqlite3_finalize(put_bundle_);
  sqlite3_finalize(put_tile_);
  sqlite3_close(db_);
}

double BareSqlite::Append(std::uint64_t entries) {
  const auto begin = std::chrono::steady_clock::now();
  for (const std::uint64_t end = size_ + entries; size_ < end;) {
    Execute("BEGIN IMMEDIATE");
    for (std::size_t i = 0; i < kBatchEntries / kBundleEntries; ++i) {
      const std::uint64_t index = size_ / kBundleEntries;
      PutBundle(index);
      PutTile(0, index);
      size_ += kBundleEntries;
      for (std::uint64_t level = 1, tiles = index + 1; tiles % kBundleEntries == 0; ++level) {
        tiles /= kBundleEntries;
        PutTile(level, tiles - 1);
      }
    }
    Execute("COMMIT");
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void BareSqlite::PutBundle(std::uint64_t bundle) {
  std::memcpy(bundle_.data(), &bundle, sizeof(bundle));
  sqlite3_bind_int64(put_bundle_, 1, static_cast<sqlite3_int64>(bundle));
  sqlite3_bind_blob(put_bundle_, 2, bundle_.data(), static_cast<int>(bundle_.size()), SQLITE_STATIC);
  Check(sqlite3_step(put_bundle_), "a bundle");
  Check(sqlite3_reset(put_bundle_), "a bundle");
}

void BareSqlite::PutTile(std::uint64_t level, std::uint64_t tile) {
  std::memcpy(tile_.data(), &tile, sizeof(tile));
  sqlite3_bind_int64(put_tile_, 1, static_cast<sqlite3_int64>(level));
  sqlite3_bind_int64(put_tile_, 2, static_cast<sqlite3_int64>(tile));
  sqlite3_bind_blob(put_tile_, 3, tile_.data(), static_cast<int>(tile_.size()), SQLITE_STATIC);
  Check(sqlite3_step(put_tile_), "a tile");
  Check(sqlite3_reset(put_tile_), "a tile");
}

void BareSqlite::Execute(const char* sql) { Check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr), sql); }

void BareSqlite::Check(int code, const char* what) const {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  std::fprintf(stderr, "bare SQLite: %s: %s\n", what, sqlite3_errmsg(db_));
  std::exit(1);
}

sqlite3_stmt* BareSqlite::Prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  Check(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr), sql);
  return statement;
}

}  // namespace trustlog::bench
