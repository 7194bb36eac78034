// The AVX-512 kernel: sixteen messages at a time. The compiler finds its rotations and three-operand logic in the plain
// expressions of sha256_vector.h.
#include "merkle/sha256_kernels.h"

#if defined(__x86_64__)

#define TRUSTLOG_VECTOR_TARGET __attribute__((target("avx512f,avx512bw,avx512vl")))
#include "merkle/sha256_lanes.h"
#include "merkle/sha256_vector.h"

namespace trustlog::merkle {

const Sha256Kernel* Avx512Kernel() {
  static constexpr Sha256Kernel kKernel = {"avx512", &HashLeavesInLanes<VectorCompressor<16>>, &HashNodesInVectors<16>};
  static const bool usable =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  return usable ? &kKernel : nullptr;
}

}  // namespace trustlog::merkle

#else

namespace trustlog::merkle {
const Sha256Kernel* Avx512Kernel() { return nullptr; }
}  // namespace trustlog::merkle

#endif
