// The SHA-NI kernel: the CPU's own SHA-256 rounds, four messages at a time.
//
// One message leaves the unit idle most of the time: SHA256RNDS2 takes about four cycles before the next round of the same
// message may start, but one for another message may start at once. So kStreams independent messages go in step, each
// instruction issued for all of them; out-of-order execution does the rest. AVX is there for its three-operand forms, which spare
// copies; no register wider than 128 bits is used.
//
// The instructions want the state as two registers, ABEF and CDGH (highest word first), and four message words a register,
// word 0 lowest. A node's first block needs no copy: its 64 bytes are 0x01 and the first 63 of two neighbouring hashes, read
// in place one byte early; its second holds the last byte and constants, so that the sums it adds come from a table.
#include "merkle/sha256_kernels.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include <array>

#include "merkle/sha256_constants.h"
#include "merkle/sha256_lanes.h"

#define TRUSTLOG_SHA_NI __attribute__((target("sha,avx")))
#define TRUSTLOG_SHA_NI_INLINE __attribute__((target("sha,avx"), always_inline)) inline

namespace trustlog::merkle {
namespace {

constexpr std::size_t kStreams = 4;

struct State {
  __m128i abef;
  __m128i cdgh;
};

// One block of message words, word 0 lowest.
struct Words {
  __m128i four[4];
};

TRUSTLOG_SHA_NI_INLINE State InitialState() {
  const auto word = [](std::size_t i) { return static_cast<int>(kInitialState[i]); };
  return {_mm_set_epi32(word(0), word(1), word(4), word(5)), _mm_set_epi32(word(2), word(3), word(6), word(7))};
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

template <std::size_t kCount>
TRUSTLOG_SHA_NI_INLINE void AddAll(State (&states)[kCount], const State (&before)[kCount]) {
  for (std::size_t s = 0; s < kCount; ++s) {
    states[s].abef = _mm_add_epi32(states[s].abef, before[s].abef);
    states[s].cdgh = _mm_add_epi32(states[s].cdgh, before[s].cdgh);
  }
}

TRUSTLOG_SHA_NI_INLINE void FourRounds(State& state, __m128i sum) {  // of message words and round constants
  state.cdgh = _mm_sha256rnds2_epu32(state.cdgh, state.abef, sum);
  state.abef = _mm_sha256rnds2_epu32(state.abef, state.cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

template <std::size_t kCount>
TRUSTLOG_SHA_NI_INLINE void CompressAll(State (&states)[kCount], Words (&words)[kCount]) {
  State before[kCount];
  for (std::size_t s = 0; s < kCount; ++s) before[s] = states[s];
#pragma GCC unroll 16
  for (std::size_t group = 0; group < 16; ++group) {  // four rounds each
    const __m128i constants = Load(kRoundConstants.data() + 4 * group);
#pragma GCC unroll 4
    for (std::size_t s = 0; s < kCount; ++s) {
      auto& w = words[s].four;
      const __m128i now = w[group % 4];
      FourRounds(states[s], _mm_add_epi32(now, constants));
      // Words 16 to 63 are made in two steps, each as soon as it can be; the words of four groups ago are in their place.
      if (group >= 3 && group < 15) {
        auto& next = w[(group + 1) % 4];
        const __m128i seven_ago = _mm_alignr_epi8(now, w[(group + 3) % 4], 4);
        next = _mm_sha256msg2_epu32(_mm_add_epi32(next, seven_ago), now);
      }
      if (group >= 1 && group < 13) {
        auto& before_now = w[(group + 3) % 4];
        before_now = _mm_sha256msg1_epu32(before_now, now);
      }
    }
  }
  AddAll(states, before);
}

// A node's second block is one of 256: here are, for each, its 64 message words plus round constants. 64 KiB.
using Sums = std::array<std::uint32_t, 64>;
constexpr std::array<Sums, 256> MakeNodeTails() {
  const auto rotate = [](std::uint32_t x, int bits) { return x >> bits | x << (32 - bits); };
  std::array<Sums, 256> tails = {};
  for (std::size_t last = 0; last < tails.size(); ++last) {
    Sums& w = tails[last];
    w[0] = NodeTailFirstWord(static_cast<std::uint8_t>(last));
    w[15] = kNodeTailLastWord;
    for (std::size_t t = 16; t < 64; ++t) {
      const std::uint32_t x = w[t - 15], y = w[t - 2];
      w[t] = w[t - 16] + (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[t - 7] + (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
    }
    for (std::size_t t = 0; t < 64; ++t) w[t] += kRoundConstants[t];
  }
  return tails;
}
alignas(64) constexpr auto kNodeTails = MakeNodeTails();

template <std::size_t kCount>
TRUSTLOG_SHA_NI_INLINE void CompressNodeTails(State (&states)[kCount], const Sums* (&tails)[kCount]) {
  State before[kCount];
  for (std::size_t s = 0; s < kCount; ++s) before[s] = states[s];
#pragma GCC unroll 16
  for (std::size_t group = 0; group < 16; ++group) {
#pragma GCC unroll 4
    for (std::size_t s = 0; s < kCount; ++s) FourRounds(states[s], Load(tails[s]->data() + 4 * group));
  }
  AddAll(states, before);
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
  const Sums* second[kCount];
  for (std::size_t s = 0; s < kCount; ++s) {
    const std::uint8_t* pair = children[2 * s].data();
    states[s] = InitialState();
    first[s] = FirstNodeBlock(pair);
    second[s] = &kNodeTails[pair[2 * sizeof(Hash) - 1]];
  }
  CompressAll(states, first);
  CompressNodeTails(states, second);
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
  static constexpr std::size_t kFewest = 2;

  TRUSTLOG_SHA_NI void Reset(std::size_t lane) { states_[lane] = InitialState(); }

  TRUSTLOG_SHA_NI void Compress(const std::array<const std::uint8_t*, kLanes>& blocks) {
    Words words[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) words[i] = BlockWords(blocks[i]);
    CompressAll(states_, words);
  }

  TRUSTLOG_SHA_NI void CompressOne(std::size_t lane, const std::uint8_t* block) {
    State state[1] = {states_[lane]};
    Words words[1] = {BlockWords(block)};
    CompressAll(state, words);
    states_[lane] = state[0];
  }

  TRUSTLOG_SHA_NI void Digest(std::size_t lane, Hash& out) const { StoreDigest(states_[lane], out); }

 private:
  State states_[kLanes];
};

bool CpuHasShaNi() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;  // __builtin_cpu_supports knows no "sha" in these compilers
  return __builtin_cpu_supports("avx") && __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & bit_SHA) != 0;
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
