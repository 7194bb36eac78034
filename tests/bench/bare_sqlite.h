// The comparator of the log core: SQLite alone writing the same bundles and full hash tiles as blobs, one transaction for each 4,096
// entries, with the page size and the settings for durability that the log's own store has. No hashing, no ids, no head, no
// read-back, nothing signed. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace trustlog::bench {

class BareSqlite final {
 public:
  // A new database at `path`. Ends the process with a message where SQLite refuses anything.
  explicit BareSqlite(const std::string& path);
  ~BareSqlite();
  BareSqlite(const BareSqlite&) = delete;
  BareSqlite& operator=(const BareSqlite&) = delete;

  // Seconds that writing them took.   REQUIRES: entries a multiple of 4,096
  double Append(std::uint64_t entries);

 private:
  void Execute(const char* sql);
  void Check(int code, const char* what) const;
  sqlite3_stmt* Prepare(const char* sql);
  void PutBundle(std::uint64_t bundle);
  void PutTile(std::uint64_t level, std::uint64_t tile);

  sqlite3* db_ = nullptr;
  sqlite3_stmt* put_bundle_ = nullptr;
  sqlite3_stmt* put_tile_ = nullptr;
  std::uint64_t size_ = 0;
  std::string bundle_, tile_;
};

}  // namespace trustlog::bench
