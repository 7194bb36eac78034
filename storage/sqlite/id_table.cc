#include "storage/sqlite/id_table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <random>
#include <utility>

namespace trustlog::sqlite {
namespace {

constexpr std::size_t kFirstSlots = 1024;

std::uint64_t HighAndLow(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
}

// Growth by a quarter at 85 % keeps the load between 68 and 85 %.
bool IsTooFull(std::uint64_t used, std::size_t slots) { return used * 20 > std::uint64_t{slots} * 17; }

}  // namespace

IdTable::IdTable() : slots_(kFirstSlots) {
  std::random_device random;
  for (std::uint64_t& word : secret_) word = (std::uint64_t{random()} << 32) | random();
}

std::uint64_t IdTable::Bits(const storage::Id& id) const {
  std::uint64_t words[4];
  std::memcpy(words, id.data(), sizeof words);
  return HighAndLow(words[0] ^ secret_[0], words[1] ^ secret_[1]) ^ HighAndLow(words[2] ^ secret_[1], words[3] ^ secret_[0]);
}

std::size_t IdTable::Home(std::uint64_t bits, std::size_t slots) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>((Wide{bits} * slots) >> 64);
}

bool IdTable::Place(std::vector<Slot>& slots, Slot slot) {
  std::size_t at = Home(slot.bits, slots.size());
  while (slots[at].index_plus_one != 0) {
    if (slots[at].bits == slot.bits && slots[at].index_plus_one == slot.index_plus_one) return false;
    if (++at == slots.size()) at = 0;
  }
  slots[at] = slot;
  return true;
}

// A table of millions is in no cache: the slots of a few ids are on their way before the first is looked at.
std::size_t IdTable::Fetch(std::span<const storage::Id> ids, std::span<std::uint64_t, kFetched> bits) const {
  const std::size_t count = std::min(ids.size(), kFetched);
  for (std::size_t i = 0; i < count; ++i) {
    bits[i] = Bits(ids[i]);
    __builtin_prefetch(&slots_[Home(bits[i], slots_.size())]);
  }
  return count;
}

std::vector<IdTable::Candidate> IdTable::Candidates(std::span<const storage::Id> ids) const {
  std::vector<Candidate> found;
  std::array<std::uint64_t, kFetched> bits;
  for (std::size_t begin = 0; begin < ids.size(); begin += kFetched) {
    const std::shared_lock lock(mutex_);
    const std::size_t count = Fetch(ids.subspan(begin), bits);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t at = Home(bits[i], slots_.size()); slots_[at].index_plus_one != 0;) {
        if (slots_[at].bits == bits[i]) found.push_back({begin + i, slots_[at].index_plus_one - 1});
        if (++at == slots_.size()) at = 0;
      }
    }
  }
  return found;
}

void IdTable::Insert(std::span<const storage::Id> ids, std::uint64_t first) {
  Reserve(ids.size());
  std::array<std::uint64_t, kFetched> bits;
  for (std::size_t begin = 0; begin < ids.size(); begin += kFetched) {
    const std::unique_lock lock(mutex_);
    const std::size_t count = Fetch(ids.subspan(begin), bits);
    for (std::size_t i = 0; i < count; ++i) {
      if (ids[begin + i] != storage::Id{} && Place(slots_, {bits[i], first + begin + i + 1})) ++used_;
    }
  }
}

void IdTable::Reserve(std::uint64_t more) {
  std::size_t wanted = slots_.size();
  while (IsTooFull(used_ + more, wanted)) wanted += wanted / 4;
  if (wanted == slots_.size()) return;
  // Only this thread writes, so reading without the lock is safe and readers go on with the old array meanwhile.
  std::vector<Slot> grown(wanted);
  for (const Slot& slot : slots_) {
    if (slot.index_plus_one != 0) Place(grown, slot);
  }
  const std::unique_lock lock(mutex_);
  slots_.swap(grown);
}

std::uint64_t IdTable::size() const {
  const std::shared_lock lock(mutex_);
  return used_;
}

std::uint64_t IdTable::bytes() const {
  const std::shared_lock lock(mutex_);
  return slots_.size() * sizeof(Slot);
}

}  // namespace trustlog::sqlite
