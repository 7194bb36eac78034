// Many-message SHA-256: one kernel an instruction set behind one table of functions, chosen once.
//
// A kernel takes whole batches, so that one with 2, 8 or 16 lanes fits behind the same two calls. All kernels agree bit for
// bit. Thread-safe. Who wants a hash includes hash.h; this header is for tests, benchmarks and the start-up report.
#pragma once

#include <span>
#include <string_view>

#include "merkle/hash.h"

namespace trustlog::merkle {

struct Sha256Kernel {
  std::string_view name;  // "portable", "avx2", "avx512", "sha-ni", "avx512+sha-ni"
  // HashLeaves and HashNodes of hash.h, with their REQUIRES lines; hash_nodes works in place.
  void (*hash_leaves)(std::span<const ByteView> entries, std::span<Hash> out);
  void (*hash_nodes)(std::span<const Hash> children, std::span<Hash> parents);
};

// The kernels that this CPU can run, the preferred one last. Never empty: "portable" runs everywhere.
std::span<const Sha256Kernel> UsableKernels();

// The usable kernel called `name`, else the preferred one: a name that this CPU or build does not know is not an error,
// because every kernel gives the same bytes.
const Sha256Kernel& ChooseKernel(std::string_view name);

// ChooseKernel of the environment variable TRUSTLOG_SHA256, decided at the first call and then fixed.
const Sha256Kernel& ActiveKernel();

}  // namespace trustlog::merkle
