// SHA-256 of as many messages as a vector register has 32-bit lanes: FIPS 180-4 as it is written, each word a vector with one
// message a lane. The vector types are those that GCC and clang share. The instructions are those of TRUSTLOG_VECTOR_TARGET,
// which the including .cc file defines: an attribute and not a compiler flag, so that nothing else that the file includes is
// compiled for that instruction set. With no instruction set named it runs anywhere, slowly: a test checks sixteen lanes so.
//
//             word 0 .. word 15
//   lane 0  | o o o o ...     |  the bytes of a message lie in a row,
//   lane 1  | o o o o ...     |  a vector is a column:
//   ...                          LoadColumns turns four words of each lane at a time
//
// Everything is in an unnamed namespace: each including file has its own copy.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "merkle/hash.h"
#include "merkle/sha256_constants.h"
#include "merkle/sha256_kernels.h"

#define TRUSTLOG_VECTOR_INLINE TRUSTLOG_VECTOR_TARGET __attribute__((always_inline)) static inline

namespace trustlog::merkle {
namespace {

// A vector is pieces of 16 bytes, four words. These tell which of the 2 n elements of two vectors a, b becomes element i; each
// stays within its piece.
constexpr int LowWords(int i, int n) { return i / 4 * 4 + i % 4 / 2 + (i % 2 != 0 ? n : 0); }  // a0 b0 a1 b1
constexpr int HighWords(int i, int n) { return LowWords(i, n) + 2; }                           // a2 b2 a3 b3
constexpr int LowPairs(int i, int n) { return i / 4 * 4 + i % 2 + (i % 4 >= 2 ? n : 0); }      // a0 a1 b0 b1
constexpr int HighPairs(int i, int n) { return LowPairs(i, n) + 2; }                           // a2 a3 b2 b3
constexpr int BigEndian(int i, int) { return i / 4 * 4 + 3 - i % 4; }                          // bytes of a, each word reversed
constexpr int BigEndianPrefixed(int i, int n) {                                                // the same of (b's first byte | a)
  return BigEndian(i, n) % 16 == 0 ? n : BigEndian(i, n) - 1;
}
constexpr int Both(int i, int) { return i; }  // a | b, twice as wide

template <std::size_t kLanes>
struct VectorSha256 {
  typedef std::uint32_t Words __attribute__((vector_size(4 * kLanes)));
  typedef std::uint8_t Bytes __attribute__((vector_size(4 * kLanes)));
  using Lanes = std::array<const std::uint8_t*, kLanes>;

  template <int (*kFrom)(int, int), class Vector, int... i>
  TRUSTLOG_VECTOR_INLINE auto Pick(Vector a, Vector b, std::integer_sequence<int, i...>) {
    return __builtin_shufflevector(a, b, kFrom(i, sizeof(Vector) / sizeof(a[0]))...);
  }
  template <int (*kFrom)(int, int)>
  TRUSTLOG_VECTOR_INLINE Words PickWords(Words a, Words b) {
    return Pick<kFrom>(a, b, std::make_integer_sequence<int, kLanes>());
  }
  template <int (*kFrom)(int, int)>
  TRUSTLOG_VECTOR_INLINE Words PickBytes(Words a, Words b) {
    return reinterpret_cast<Words>(
        Pick<kFrom>(reinterpret_cast<Bytes>(a), reinterpret_cast<Bytes>(b), std::make_integer_sequence<int, 4 * kLanes>()));
  }

  // 16 bytes of each of the lanes 0, 4, 8, ... from `lanes` on.
  TRUSTLOG_VECTOR_INLINE Words LoadPieces(const std::uint8_t* const* lanes, std::size_t offset) {
    if constexpr (kLanes == 4) {
      Words piece;
      std::memcpy(&piece, lanes[0] + offset, sizeof(piece));
      return piece;
    } else {
      using Half = VectorSha256<kLanes / 2>;
      return Pick<Both>(Half::LoadPieces(lanes, offset), Half::LoadPieces(lanes + kLanes / 2, offset),
                        std::make_integer_sequence<int, kLanes>());
    }
  }

  // Four rows of a lane in four of each piece to four columns, and back.
  TRUSTLOG_VECTOR_INLINE void Turn(Words* four) {
    const Words low01 = PickWords<LowWords>(four[0], four[1]);
    const Words low23 = PickWords<LowWords>(four[2], four[3]);
    const Words high01 = PickWords<HighWords>(four[0], four[1]);
    const Words high23 = PickWords<HighWords>(four[2], four[3]);
    four[0] = PickWords<LowPairs>(low01, low23);
    four[1] = PickWords<HighPairs>(low01, low23);
    four[2] = PickWords<LowPairs>(high01, high23);
    four[3] = PickWords<HighPairs>(high01, high23);
  }

  // Four message words of each lane from the 16 bytes at `offset`.
  template <int (*kOrder)(int, int) = BigEndian>
  TRUSTLOG_VECTOR_INLINE void LoadColumns(const Lanes& lanes, std::size_t offset, Words* four, Words prefix = Words{}) {
    for (std::size_t i = 0; i < 4; ++i) four[i] = PickBytes<kOrder>(LoadPieces(lanes.data() + i, offset), prefix);
    Turn(four);
  }

  template <int kBits>
  TRUSTLOG_VECTOR_INLINE Words Rotate(Words x) {
    return x >> kBits | x << (32 - kBits);
  }

  // Round t (section 6.2.2) on a..h = state[-t mod 8], ...: no word moves, the names do.
  template <std::size_t t, bool kMoreWords>
  TRUSTLOG_VECTOR_INLINE void Round(Words* state, Words* w, const std::uint32_t* constants) {
    const auto at = [](std::size_t name) { return (name + 64 - t) % 8; };
    const Words a = state[at(0)], b = state[at(1)], c = state[at(2)];
    const Words e = state[at(4)], f = state[at(5)], g = state[at(6)];
    Words& h = state[at(7)];
    h += w[t] + constants[t] + (Rotate<6>(e) ^ Rotate<11>(e) ^ Rotate<25>(e)) + (g ^ (e & (f ^ g)));
    state[at(3)] += h;
    h += (Rotate<2>(a) ^ Rotate<13>(a) ^ Rotate<22>(a)) + (b ^ ((a ^ b) & (b ^ c)));
    if constexpr (kMoreWords) {  // word t + 16 takes the place of the one just used
      const Words x = w[(t + 1) % 16], y = w[(t + 14) % 16];
      w[t] += (Rotate<7>(x) ^ Rotate<18>(x) ^ x >> 3) + w[(t + 9) % 16] + (Rotate<17>(y) ^ Rotate<19>(y) ^ y >> 10);
    }
  }

  template <bool kMoreWords, std::size_t... t>
  TRUSTLOG_VECTOR_INLINE void Rounds(Words* state, Words* w, const std::uint32_t* constants, std::index_sequence<t...>) {
    (Round<t, kMoreWords>(state, w, constants), ...);
  }

  // One block a lane.   `w` is used up.
  TRUSTLOG_VECTOR_INLINE void Compress(Words (&state)[8], Words (&w)[16]) {
    constexpr auto kSixteen = std::make_index_sequence<16>();
    Words before[8];
    for (std::size_t i = 0; i < 8; ++i) before[i] = state[i];
    for (std::size_t round = 0; round < 48; round += 16) Rounds<true>(state, w, kRoundConstants.data() + round, kSixteen);
    Rounds<false>(state, w, kRoundConstants.data() + 48, kSixteen);
    for (std::size_t i = 0; i < 8; ++i) state[i] += before[i];
  }

  // All children are read before a parent is written. Lanes from `count` on repeat the last pair, for nobody.
  TRUSTLOG_VECTOR_TARGET static void HashNodeGroup(const Hash* children, Hash* parents, std::size_t count) {
    Lanes pairs;
    alignas(sizeof(Words)) std::array<std::uint32_t, kLanes> last;
    for (std::size_t i = 0; i < kLanes; ++i) {
      pairs[i] = children[2 * std::min(i, count - 1)].data();
      last[i] = NodeTailFirstWord(pairs[i][2 * sizeof(Hash) - 1]);
    }
    Words state[8];
    for (std::size_t i = 0; i < 8; ++i) state[i] = Words{} + kInitialState[i];

    // The first block is 0x01 and 63 bytes: it lies in place from its second byte on.
    Words w[16];
    LoadColumns<BigEndianPrefixed>(pairs, 0, w, Words{} + 0x01);
    for (std::size_t i = 4; i < 16; i += 4) LoadColumns(pairs, 4 * i - 1, w + i);
    Compress(state, w);

    std::memcpy(w, last.data(), sizeof(w[0]));
    for (std::size_t i = 1; i < 15; ++i) w[i] = Words{};
    w[15] = Words{} + kNodeTailLastWord;
    Compress(state, w);

    for (std::size_t half = 0; half < 2; ++half) {
      Words* rows = state + 4 * half;
      Turn(rows);
      for (std::size_t i = 0; i < 4; ++i) rows[i] = PickBytes<BigEndian>(rows[i], rows[i]);
      for (std::size_t i = 0; i < count; ++i) {
        std::memcpy(parents[i].data() + 16 * half, reinterpret_cast<const std::uint8_t*>(rows + i % 4) + i / 4 * 16, 16);
      }
    }
  }
};

// Fewer lanes than this are done faster one by one.
template <std::size_t kLanes>
constexpr std::size_t kFewestLanes = std::max<std::size_t>(kLanes / 4, 1);

template <std::size_t kLanes>
void HashNodesInVectors(std::span<const Hash> children, std::span<Hash> parents) {
  while (parents.size() >= kFewestLanes<kLanes>) {
    const std::size_t count = std::min(parents.size(), kLanes);
    VectorSha256<kLanes>::HashNodeGroup(children.data(), parents.data(), count);
    children = children.subspan(2 * count);
    parents = parents.subspan(count);
  }
  PortableKernel().hash_nodes(children, parents);
}

// For HashLeavesInLanes.
template <std::size_t kVectorLanes>
class VectorCompressor final {
 public:
  static constexpr std::size_t kLanes = kVectorLanes;
  static constexpr std::size_t kFewest = kFewestLanes<kLanes>;

  void Reset(std::size_t lane) {
    for (std::size_t i = 0; i < 8; ++i) state_[i][lane] = kInitialState[i];
  }

  TRUSTLOG_VECTOR_TARGET void Compress(const typename VectorSha256<kLanes>::Lanes& blocks) {
    using Vectors = VectorSha256<kLanes>;
    typename Vectors::Words state[8];
    typename Vectors::Words w[16];
    std::memcpy(state, state_.data(), sizeof(state));
    for (std::size_t i = 0; i < 16; i += 4) Vectors::LoadColumns(blocks, 4 * i, w + i);
    Vectors::Compress(state, w);
    std::memcpy(state_.data(), state, sizeof(state));
  }

  void CompressOne(std::size_t lane, const std::uint8_t* block) {
    auto words = OfLane(lane);
    OpenSslCompress(words, block);
    for (std::size_t i = 0; i < 8; ++i) state_[i][lane] = words[i];
  }

  void Digest(std::size_t lane, Hash& out) const {
    const auto words = OfLane(lane);
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint32_t big_endian = __builtin_bswap32(words[i]);
      std::memcpy(out.data() + 4 * i, &big_endian, 4);
    }
  }

 private:
  std::array<std::uint32_t, 8> OfLane(std::size_t lane) const {
    std::array<std::uint32_t, 8> words;
    for (std::size_t i = 0; i < 8; ++i) words[i] = state_[i][lane];
    return words;
  }

  alignas(4 * kLanes) std::array<std::array<std::uint32_t, kLanes>, 8> state_;
};

}  // namespace
}  // namespace trustlog::merkle
