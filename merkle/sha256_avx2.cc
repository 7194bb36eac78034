// The AVX2 kernel: eight messages at a time, for CPUs without SHA-NI.
#include "merkle/sha256_kernels.h"

#if defined(__x86_64__)

#define TRUSTLOG_VECTOR_TARGET __attribute__((target("avx2")))
#include "merkle/sha256_lanes.h"
#include "merkle/sha256_vector.h"

namespace trustlog::merkle {

const Sha256Kernel* Avx2Kernel() {
  static constexpr Sha256Kernel kKernel = {"avx2", &HashLeavesInLanes<VectorCompressor<8>>, &HashNodesInVectors<8>};
  static const bool usable = __builtin_cpu_supports("avx2");
  return usable ? &kKernel : nullptr;
}

}  // namespace trustlog::merkle

#else

namespace trustlog::merkle {
const Sha256Kernel* Avx2Kernel() { return nullptr; }
}  // namespace trustlog::merkle

#endif
