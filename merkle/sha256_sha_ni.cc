// The SHA-NI kernel: the CPU's own SHA-256 rounds, four messages at a time.
//
// One message leaves the unit idle most of the time: SHA256RNDS2 takes about four cycles before the next round of the same
// message may start, but one for another message may start at once. So kStreams independent messages go in step, each
// instruction issued for all of them; out-of-order execution does the rest.
//
// The instructions want the state as two registers, ABEF and CDGH (highest word first), and four message words a register,
// word 0 lowest. A node's first block needs no copy: its 64 bytes are 0x01 and the first 63 of two neighbouring hashes, read
// in place one byte early; its second holds the last byte and constants.
#include "merkle/sha256_kernels.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include <array>

#include "merkle/sha256_lanes.h"

#define TRUSTLOG_SHA_NI __attribute__((target("sha,sse4.1,ssse3")))
#define TRUSTLOG_SHA_NI_INLINE __attribute__((target("sha,sse4.1,ssse3"), always_inline)) inline

namespace trustlog::merkle {
namespace {

constexpr std::size_t kStreams = 4;

// FIPS 180-4 section 4.2.2.
alignas(16) constexpr std::uint32_t kRoundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

struct State {
  __m128i abef;
  __m128i cdgh;
};

// One block of message words, word 0 lowest.
struct Words {
  __m128i four[4];
};

TRUSTLOG_SHA_NI_INLINE State InitialState() {  // FIPS 180-4 section 5.3.3
  const auto word = [](std::uint32_t value) { return static_cast<int>(value); };
  return {_mm_set_epi32(word(0x6a09e667), word(0xbb67ae85), word(0x510e527f), word(0x9b05688c)),
          _mm_set_epi32(word(0x3c6ef372), word(0xa54ff53a), word(0x1f83d9ab), word(0x5be0cd19))};
}

TRUSTLOG_SHA_NI_INLINE __m128i Load(const void* bytes) { return _mm_loadu_si128(static_cast<const __m128i*>(bytes)); }

TRUSTLOG_SHA_NI_INLINE __m128i BigEndianWords(__m128i bytes) {
  return _mm_shuffle_epi8(bytes, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

TRUSTLOG_SHA_NI_INLINE Words BlockWords(const std::uint8_t* block) {
  return {{BigEndianWords(Load(block)), BigEndianWords(Load(block + 16)), BigEndianWords(Load(block + 32)),
           BigEndianWords(Load(block + 48))}};
}

// 0x01 | the first 63 of the 64 bytes at `pair`.
TRUSTLOG_SHA_NI_INLINE Words FirstNodeBlock(const std::uint8_t* pair) {
  const __m128i front = _mm_or_si128(_mm_slli_si128(Load(pair), 1), _mm_set_epi32(0, 0, 0, 0x01));
  return {
      {BigEndianWords(front), BigEndianWords(Load(pair + 15)), BigEndianWords(Load(pair + 31)), BigEndianWords(Load(pair + 47))}};
}

// The last byte, 0x80, zeros, and the length of 65 bytes in bits.
TRUSTLOG_SHA_NI_INLINE Words SecondNodeBlock(const std::uint8_t* pair) {
  const auto first = static_cast<std::uint32_t>(pair[63]) << 24 | 0x800000;
  return {
      {_mm_set_epi32(0, 0, 0, static_cast<int>(first)), _mm_setzero_si128(), _mm_setzero_si128(), _mm_set_epi32(65 * 8, 0, 0, 0)}};
}

template <std::size_t kCount>
TRUSTLOG_SHA_NI_INLINE void CompressAll(State (&states)[kCount], Words (&words)[kCount]) {
  State before[kCount];
  for (std::size_t s = 0; s < kCount; ++s) before[s] = states[s];
#pragma GCC unroll 16
  for (std::size_t group = 0; group < 16; ++group) {  // four rounds each
    const __m128i constants = Load(kRoundConstants + 4 * group);
#pragma GCC unroll 4
    for (std::size_t s = 0; s < kCount; ++s) {
      auto& [abef, cdgh] = states[s];
      auto& w = words[s].four;
      const __m128i sum = _mm_add_epi32(w[group % 4], constants);
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
      if (group < 12) {  // the words of four groups later take the place of those just used
        const __m128i middle = _mm_alignr_epi8(w[(group + 3) % 4], w[(group + 2) % 4], 4);
        const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(w[group % 4], w[(group + 1) % 4]), middle);
        w[group % 4] = _mm_sha256msg2_epu32(partial, w[(group + 3) % 4]);
      }
    }
  }
  for (std::size_t s = 0; s < kCount; ++s) {
    states[s].abef = _mm_add_epi32(states[s].abef, before[s].abef);
    states[s].cdgh = _mm_add_epi32(states[s].cdgh, before[s].cdgh);
  }
}

TRUSTLOG_SHA_NI_INLINE void StoreDigest(const State& state, Hash& out) {
  // B A D C and F E H G, each pair of words then reversed byte by byte: A..H, big-endian
  const __m128i reverse = _mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  auto* to = reinterpret_cast<__m128i*>(out.data());
  _mm_storeu_si128(to, _mm_shuffle_epi8(_mm_unpackhi_epi64(state.abef, state.cdgh), reverse));
  _mm_storeu_si128(to + 1, _mm_shuffle_epi8(_mm_unpacklo_epi64(state.abef, state.cdgh), reverse));
}

// All children are read before a parent is written: in place, parents [i, i + kCount) overwrite only children read by now.
template <std::size_t kCount>
TRUSTLOG_SHA_NI void HashNodeGroup(const Hash* children, Hash* parents) {
  State states[kCount];
  Words first[kCount];
  Words second[kCount];
  for (std::size_t s = 0; s < kCount; ++s) {
    const std::uint8_t* pair = children[2 * s].data();
    states[s] = InitialState();
    first[s] = FirstNodeBlock(pair);
    second[s] = SecondNodeBlock(pair);
  }
  CompressAll(states, first);
  CompressAll(states, second);
  for (std::size_t s = 0; s < kCount; ++s) StoreDigest(states[s], parents[s]);
}

void HashNodesInGroups(std::span<const Hash> children, std::span<Hash> parents) {
  std::size_t i = 0;
  for (; i + kStreams <= parents.size(); i += kStreams) HashNodeGroup<kStreams>(&children[2 * i], &parents[i]);
  for (; i < parents.size(); ++i) HashNodeGroup<1>(&children[2 * i], &parents[i]);
}

class ShaNiCompressor final {
 public:
  static constexpr std::size_t kLanes = kStreams;

  TRUSTLOG_SHA_NI void Reset(std::size_t lane) { states_[lane] = InitialState(); }

  TRUSTLOG_SHA_NI void Compress(const std::array<const std::uint8_t*, kLanes>& blocks) {
    for (const auto* block : blocks) {
      if (block == nullptr) return CompressBusyOnly(blocks);
    }
    Words words[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) words[i] = BlockWords(blocks[i]);
    CompressAll(states_, words);
  }

  TRUSTLOG_SHA_NI void Digest(std::size_t lane, Hash& out) const { StoreDigest(states_[lane], out); }

 private:
  TRUSTLOG_SHA_NI void CompressBusyOnly(const std::array<const std::uint8_t*, kLanes>& blocks) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      if (blocks[i] == nullptr) continue;
      State state[1] = {states_[i]};
      Words words[1] = {BlockWords(blocks[i])};
      CompressAll(state, words);
      states_[i] = state[0];
    }
  }

  State states_[kLanes];
};

bool CpuHasShaNi() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return false;
  const bool simd = (ecx & bit_SSSE3) != 0 && (ecx & bit_SSE4_1) != 0;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  return simd && (ebx & bit_SHA) != 0;
}

}  // namespace

const Sha256Kernel* ShaNiKernel() {
  static constexpr Sha256Kernel kKernel = {"sha-ni", &HashLeavesInLanes<ShaNiCompressor>, &HashNodesInGroups};
  static const bool usable = CpuHasShaNi();
  return usable ? &kKernel : nullptr;
}

}  // namespace trustlog::merkle

#else

namespace trustlog::merkle {
const Sha256Kernel* ShaNiKernel() { return nullptr; }
}  // namespace trustlog::merkle

#endif
