// The mark file (protocols.md section 8): two checksummed slots of 4,096 bytes, written in turn, fdatasync after each.
//
//   "TLMARK1\n" | u64 sequence | lp16 origin | SHA-256 of the log key's SPKI (32) | store id (32) | u64 size | u8 n | n hashes |
//   i64 last time in ms | zeros up to byte 4,064 | SHA-256 of the first 4,064 bytes
//
// Single-threaded. The file is never created implicitly.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "merkle/compact_range.h"

namespace trustlog::signer {

inline constexpr std::size_t kSlotBytes = 4'096;

struct Mark {
  std::uint64_t sequence = 0;
  std::string origin;
  std::array<std::uint8_t, 32> key_id{};
  std::array<std::uint8_t, 32> store_id{};
  merkle::CompactRange range;
  std::int64_t last_time_ms = 0;  // the latest wall-clock time at which the mark moved
  friend bool operator==(const Mark&, const Mark&) = default;
};

// One slot, exactly kSlotBytes.   REQUIRES: an origin of at most 255 bytes.
std::string FormatSlot(const Mark& mark);
// DataLoss: not a whole slot.
absl::StatusOr<Mark> ParseSlot(std::string_view slot);

class MarkFile final {
 public:
  // Creates `directory`/mark (the directory too, 0700) with `first`, durable on return. FailedPrecondition: it exists, or its
  // directory cannot be made. An error leaves no mark.
  [[nodiscard]] static absl::Status Create(const std::string& directory, const Mark& first);
  // NotFound: no mark. DataLoss: not two slots long, or no valid slot. FailedPrecondition: in use by another process.
  static absl::StatusOr<std::unique_ptr<MarkFile>> Open(const std::string& directory);
  ~MarkFile();
  MarkFile(const MarkFile&) = delete;
  MarkFile& operator=(const MarkFile&) = delete;

  const Mark& current() const { return current_; }
  // A slot was not valid when the file was opened: the older one counts.
  bool opened_torn() const { return opened_torn_; }
  // Writes `next` (its sequence is set here) over the older slot and syncs. Unknown: it may be on disk or not; nothing may be
  // signed any more.
  [[nodiscard]] absl::Status Write(Mark next);

 private:
  MarkFile(int file, int lock, Mark current, int current_slot, bool torn);
  int file_, lock_;
  Mark current_;
  int current_slot_;
  bool opened_torn_;
};

}  // namespace trustlog::signer
