#include "merkle/sha256_batch.h"

#include <cstdlib>
#include <vector>

#include "merkle/sha256_kernels.h"

namespace trustlog::merkle {

std::span<const Sha256Kernel> UsableKernels() {
  static const std::vector<Sha256Kernel> kernels = [] {
    std::vector<Sha256Kernel> usable = {PortableKernel()};
    if (const auto* sha_ni = ShaNiKernel()) usable.push_back(*sha_ni);
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
