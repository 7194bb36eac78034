// Id -> candidate indices, in memory: open addressing with linear probing, 16 bytes a slot (64 bits made from the id, index + 1).
//
// A candidate is a hint that the stored id confirms; no candidate is exact, because every committed id is put in before its COMMIT.
// 64 bits are made with a secret of the process: whoever grinds ids cannot pile them up in one place. Slots are ordered by these
// bits (slot = bits * slots / 2^64), so growing is one sequential pass over both arrays. At most 24 bytes an entry once it has
// grown. Thread-safe: many readers, one writer; growing does not hold up the readers.
#pragma once

#include <cstdint>
#include <shared_mutex>
#include <span>
#include <vector>

#include "storage/storage.h"

namespace trustlog::sqlite {

class IdTable final {
 public:
  IdTable();

  struct Candidate {
    std::size_t item = 0;  // of the ids asked for
    std::uint64_t index = 0;
    friend bool operator==(const Candidate&, const Candidate&) = default;
  };
  // The indices put in under the same 64 bits, in the order of `ids`: nearly always none or the one of each.
  std::vector<Candidate> Candidates(std::span<const storage::Id> ids) const;

  // The one writer only. ids[i] belongs to index first + i; an all-zero id is none. Putting in the same pair again changes nothing.
  void Insert(std::span<const storage::Id> ids, std::uint64_t first);
  // The one writer only. Makes room for `more` entries at once.
  void Reserve(std::uint64_t more);

  std::uint64_t size() const;
  std::uint64_t bytes() const;

 private:
  struct Slot {
    std::uint64_t bits = 0;
    std::uint64_t index_plus_one = 0;  // 0: free
  };

  static constexpr std::size_t kFetched = 32;  // ids at once

  std::uint64_t Bits(const storage::Id& id) const;
  std::size_t Fetch(std::span<const storage::Id> ids, std::span<std::uint64_t, kFetched> bits) const;
  static std::size_t Home(std::uint64_t bits, std::size_t slots);
  // False: it was there.
  static bool Place(std::vector<Slot>& slots, Slot slot);

  std::uint64_t secret_[2];
  mutable std::shared_mutex mutex_;  // held exclusively only to change a few slots or to swap arrays
  std::vector<Slot> slots_;
  std::uint64_t used_ = 0;
};

}  // namespace trustlog::sqlite
