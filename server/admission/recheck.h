// The read-back check before a signature (design.md section 7, step 3): the bytes that storage returns are those that were
// admitted. Thread-safe.
#pragma once

#include "server/admission/live_registry.h"
#include "server/log/admitter.h"

namespace trustlog::admission {

enum class RecheckDepth {
  kHashes,  // statement hashes to its id, derive gives the entry again
  kFull,    // and the signatures verify again
};

class RegistryRecheck final : public log::Recheck {
 public:
  // Borrows `registry`.
  RegistryRecheck(const LiveRegistry& registry, RecheckDepth depth) : registry_(registry), depth_(depth) {}

  [[nodiscard]] absl::Status Verify(std::uint64_t begin, std::span<const storage::Record> records) const override;

 private:
  absl::Status VerifyOne(const storage::Record& record, const attest::LogContext& context) const;

  const LiveRegistry& registry_;
  const RecheckDepth depth_;
};

}  // namespace trustlog::admission
