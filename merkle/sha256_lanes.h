// Leaves of different lengths through a compressor of several lanes: each lane works through one entry, block by block, and
// takes the next entry when it is done, so that lanes do not wait for the longest. Used by the kernels only.
//
//   lane 0   | entry 0            | entry 4  | ...
//   lane 1   | entry 1 | entry 3           | ...
//   lane 2   | entry 2      | entry 5  | ...            one column of blocks = one Compress
//
// A Compressor has:   static constexpr std::size_t kLanes;
//                     static constexpr std::size_t kFewest;   fewer busy lanes are done faster one by one
//                     void Reset(lane)                        back to SHA-256's initial state
//                     void Compress(blocks)                   one 64-byte block into each lane
//                     void CompressOne(lane, block)           the same into one
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

  void Start(ByteView entry) {
    entry_ = entry;
    const std::size_t length = entry.size() + 1;
    next_ = 0;
    whole_ = length / kBlock;
    count_ = (length + 9 + kBlock - 1) / kBlock;
  }

  bool AtEnd() const { return next_ == count_; }

  // Good until the next call.   REQUIRES: !AtEnd().
  const std::uint8_t* Next() {
    const std::size_t i = next_++;
    if (i >= whole_) return Tail(i);
    if (i > 0) return entry_.data() + kBlock * i - 1;  // most blocks of a long entry lie ready in it
    built_[0] = 0x00;
    std::memcpy(built_.data() + 1, entry_.data(), kBlock - 1);
    return built_.data();
  }

 private:
  // What is left of the message, 0x80, zeros, the length in bits: one block or two.
  const std::uint8_t* Tail(std::size_t i) {
    const std::size_t length = entry_.size() + 1;
    built_.fill(0);  // the prefix 0x00 is one of these
    if (i == whole_) {
      const std::size_t skip = i == 0 ? 1 : 0;
      const std::size_t rest = length % kBlock;
      if (rest > skip) std::memcpy(built_.data() + skip, entry_.data() + entry_.size() - (rest - skip), rest - skip);
      built_[rest] = 0x80;
    }
    if (AtEnd()) {
      const std::uint64_t bits = __builtin_bswap64(std::uint64_t{length} * 8);
      std::memcpy(built_.data() + kBlock - 8, &bits, 8);
    }
    return built_.data();
  }

  ByteView entry_;
  std::size_t next_ = 0;
  std::size_t whole_ = 0;  // blocks that are all message
  std::size_t count_ = 0;
  std::array<std::uint8_t, kBlock> built_;
};

template <class Compressor>
void HashLeavesInLanes(std::span<const ByteView> entries, std::span<Hash> out) {
  struct Lane {
    LeafBlocks blocks;
    Hash* digest = nullptr;  // nullptr: idle
  };
  static constexpr std::array<std::uint8_t, LeafBlocks::kBlock> kIdleBlock = {};
  Compressor compressor;
  std::array<Lane, Compressor::kLanes> lanes;
  std::array<const std::uint8_t*, Compressor::kLanes> blocks;
  std::size_t taken = 0;
  for (;;) {
    std::size_t busy = 0;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      auto& lane = lanes[i];
      if (lane.blocks.AtEnd()) {
        if (lane.digest != nullptr) compressor.Digest(i, *lane.digest);
        lane.digest = nullptr;
        blocks[i] = kIdleBlock.data();
        if (taken == entries.size()) continue;
        lane.blocks.Start(entries[taken]);
        lane.digest = &out[taken++];
        compressor.Reset(i);
      }
      blocks[i] = lane.blocks.Next();
      ++busy;
    }
    if (busy == 0) return;
    if (busy >= Compressor::kFewest) {
      compressor.Compress(blocks);
      continue;
    }
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      if (lanes[i].digest != nullptr) compressor.CompressOne(i, blocks[i]);
    }
  }
}

}  // namespace trustlog::merkle
