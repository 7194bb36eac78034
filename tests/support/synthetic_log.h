// A log in memory for tests: entries and statements in, exactly the files of A20 out, at any size. Keys are TEST ONLY and derived
// from small numbers. A value: copy one and append different entries to make a fork. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "merkle/tile.h"
#include "proto/keys/key.h"
#include "proto/tlog/note.h"
#include "proto/tlog/policy.h"

namespace trustlog::testing {

// The Ed25519 key whose secret is 32 times `seed`. TEST ONLY.
keys::PrivateKey TestKey(std::uint8_t seed);

using Files = std::map<std::string, std::string>;  // path -> body

void WriteFiles(const Files& files, const std::string& directory);

class SyntheticLog final {
 public:
  static constexpr int kWitnesses = 3;                  // w1 w2 w3; two of them are a quorum
  static constexpr std::int64_t kTime = 1'795'300'000;  // of cosignatures, unless said otherwise

  explicit SyntheticLog(std::string origin = "TEST-log.example/synthetic", std::uint8_t key_seed = 1);

  void Append(std::string entry, std::string statement);
  void AppendOpaque(std::uint64_t count);  // "entry <index>", statement "statement <index>"

  const std::string& origin() const { return origin_; }
  std::uint64_t size() const { return entries_.size(); }
  const std::string& entry(std::uint64_t index) const { return entries_[index]; }
  const std::string& statement(std::uint64_t index) const { return statements_[index]; }
  void set_statement(std::uint64_t index, std::string statement) { statements_[index] = std::move(statement); }

  merkle::TreeHead Head(std::uint64_t size) const;
  merkle::TreeHead Head() const { return Head(size()); }

  std::string Vkey() const;
  std::string PolicyText() const;
  tlog::Policy Policy() const;

  // A note signed by the log and cosigned by the first `witnesses` at `time`.
  std::string Checkpoint(std::uint64_t size, std::int64_t time = kTime, int witnesses = kWitnesses) const;
  // A checkpoint of any head: what only a log that lies would sign.
  std::string SignHead(const merkle::TreeHead& head, std::int64_t time = kTime, int witnesses = kWitnesses) const;

  std::vector<merkle::TileData> Tiles(std::uint64_t size) const;  // at the widths of that size
  std::vector<merkle::Hash> Inclusion(std::uint64_t index, std::uint64_t size) const;
  std::vector<merkle::Hash> Consistency(std::uint64_t old_size, std::uint64_t new_size) const;
  std::string TlogProof(std::uint64_t index, std::uint64_t size) const;

  // checkpoint, tiles, entry and statement bundles of one published size.
  Files Publish(std::uint64_t size) const;
  Files Publish() const { return Publish(size()); }

 private:
  std::string origin_;
  std::uint8_t key_seed_;
  std::vector<std::string> entries_, statements_;
  std::vector<merkle::Hash> leaves_;
};

}  // namespace trustlog::testing
