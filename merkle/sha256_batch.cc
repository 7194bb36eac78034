#include "merkle/sha256_batch.h"

#include <cstdlib>
#include <vector>

#include "merkle/sha256_kernels.h"

namespace trustlog::merkle {
namespace {

// Where a CPU has both, sixteen lanes are ahead on short leaves (Zen 4, 64 bytes: 40 ns beside 54) and level on long ones; SHA-NI is on
// nodes (32 ns beside 39) and where lanes would stay empty.
void HashLeavesByEither(std::span<const ByteView> entries, std::span<Hash> out) {
  const auto* kernel = entries.size() < 16 ? ShaNiKernel() : Avx512Kernel();
  kernel->hash_leaves(entries, out);
}

}  // namespace

std::span<const Sha256Kernel> UsableKernels() {
  static const std::vector<Sha256Kernel> kernels = [] {
    std::vector<Sha256Kernel> usable = {PortableKernel()};
    for (const auto* kernel : {Avx2Kernel(), Avx512Kernel(), ShaNiKernel()}) {
      if (kernel != nullptr) usable.push_back(*kernel);
    }
    if (Avx512Kernel() != nullptr && ShaNiKernel() != nullptr) {
      usable.push_back({"avx512+sha-ni", &HashLeavesByEither, ShaNiKernel()->hash_nodes});
    }
    return usable;
  }();
  return kernels;
}

const Sha256Kernel& ChooseKernel(std::string_view name) {
  for (const auto& kernel : UsableKernels()) {
    if (kernel.name == name) return kernel;
  }
  return UsableKernels().back();
}

const Sha256Kernel& ActiveKernel() {
  static const Sha256Kernel& kernel = []() -> const Sha256Kernel& {
    const char* name = std::getenv("TRUSTLOG_SHA256");
    return ChooseKernel(name == nullptr ? "" : name);
  }();
  return kernel;
}

}  // namespace trustlog::merkle
