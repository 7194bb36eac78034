// Leaves of different lengths through a compressor of several lanes: each lane works through one entry, block by block, and
// takes the next entry when it is done, so that lanes do not wait for the longest. Used by the kernels only.
//
//   lane 0   | entry 0            | entry 4  | ...
//   lane 1   | entry 1 | entry 3           | ...
//   lane 2   | entry 2      | entry 5  | ...            one column of blocks = one Compress
//
// A Compressor has:   static constexpr std::size_t kLanes;
//                     void Reset(lane)                    back to SHA-256's initial state
//                     void Compress(blocks)               one 64-byte block into each lane; nullptr = the lane is idle
//                     void Digest(lane, Hash& out)
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "merkle/hash.h"

namespace trustlog::merkle {

// The padded message (FIPS 180-4 section 5.1.1) of 0x00 | entry, one block at a time. Borrows the entry.
class LeafBlocks final {
 public:
  static constexpr std::size_t kBlock = 64;

  LeafBlocks() = default;
  explicit LeafBlocks(ByteView entry) : entry_(entry), count_((entry.size() + 1 + 9 + kBlock - 1) / kBlock) {}

  bool AtEnd() const { return next_ == count_; }

  // Good until the next call.   REQUIRES: !AtEnd().
  const std::uint8_t* Next() {
    const std::size_t length = entry_.size() + 1;  // with the prefix byte at position 0
    const std::size_t begin = kBlock * next_++;
    const std::size_t end = begin + kBlock;
    if (begin > 0 && end <= length) return entry_.data() + begin - 1;  // most blocks of a long entry lie ready in it

    built_.fill(0);  // the prefix 0x00 is one of these
    const std::size_t from = std::max<std::size_t>(begin, 1);
    const std::size_t to = std::min(end, length);
    if (from < to) std::memcpy(built_.data() + (from - begin), entry_.data() + (from - 1), to - from);
    if (begin <= length && length < end) built_[length - begin] = 0x80;
    if (AtEnd()) {
      const std::uint64_t bits = std::uint64_t{length} * 8;
      for (std::size_t i = 0; i < 8; ++i) built_[kBlock - 1 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
    }
    return built_.data();
  }

 private:
  ByteView entry_;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::array<std::uint8_t, kBlock> built_;
};

template <class Compressor>
void HashLeavesInLanes(std::span<const ByteView> entries, std::span<Hash> out) {
  struct Lane {
    LeafBlocks blocks;
    Hash* digest = nullptr;  // nullptr: idle
  };
  Compressor compressor;
  std::array<Lane, Compressor::kLanes> lanes;
  std::size_t taken = 0;
  for (;;) {
    std::array<const std::uint8_t*, Compressor::kLanes> blocks = {};
    bool idle = true;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      auto& lane = lanes[i];
      if (lane.blocks.AtEnd()) {
        if (lane.digest != nullptr) compressor.Digest(i, *lane.digest);
        lane.digest = nullptr;
        if (taken == entries.size()) continue;
        lane.blocks = LeafBlocks(entries[taken]);
        lane.digest = &out[taken++];
        compressor.Reset(i);
      }
      blocks[i] = lane.blocks.Next();
      idle = false;
    }
    if (idle) return;
    compressor.Compress(blocks);
  }
}

}  // namespace trustlog::merkle
