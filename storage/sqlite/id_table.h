// Id -> candidate indices, in memory: open addressing with linear probing, 16 bytes a slot (64 bits made from the id, index + 1).
//
// A candidate is a hint that the stored id confirms; no candidate is exact, because every committed id is put in before its COMMIT.
// 64 bits are made with a secret of the process: whoever grinds ids cannot pile them up in one place. Slots are ordered by these
// bits (slot = bits * slots / 2^64), so growing is one sequential pass over both arrays. At most 24 bytes an entry once it has
// grown. Thread-safe: many readers, one writer; growing does not hold up the readers.
#pragma once

#include <cstdint>
#include <shared_mutex>
#include <vector>

#include "storage/storage.h"

namespace trustlog::sqlite {

class IdTable final {
 public:
  IdTable();

  // The indices put in under the same 64 bits: nearly always none or the one.
  std::vector<std::uint64_t> Candidates(const storage::Id& id) const;

  // The one writer only. Putting in the same pair again changes nothing.
  void Insert(const storage::Id& id, std::uint64_t index);
  // The one writer only. Makes room for `more` entries at once.
  void Reserve(std::uint64_t more);

  std::uint64_t size() const;
  std::uint64_t bytes() const;

 private:
  struct Slot {
    std::uint64_t bits = 0;
    std::uint64_t index_plus_one = 0;  // 0: free
  };

  std::uint64_t Bits(const storage::Id& id) const;
  static std::size_t Home(std::uint64_t bits, std::size_t slots);
  // False: it was there.
  static bool Place(std::vector<Slot>& slots, Slot slot);

  std::uint64_t secret_[2];
  mutable std::shared_mutex mutex_;  // held exclusively only to change one slot or to swap arrays
  std::vector<Slot> slots_;
  std::uint64_t used_ = 0;
};

}  // namespace trustlog::sqlite
