// A draft: an overlay over a Registry that admits a batch in order without touching the base. Kept by Registry::Absorb, dropped by
// destruction. Single-threaded.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "client/registry/registry.h"

namespace trustlog::registry {

class Draft final {
 public:
  // `base` must outlive the draft and must not change meanwhile.
  explicit Draft(const Registry& base);
  Draft(Draft&&) noexcept;
  Draft& operator=(Draft&&) noexcept;
  ~Draft();

  std::uint64_t size() const;  // base.size() + accepted
  // Check on the base plus the accepted ones before it; when OK, applied here. `record.index` must be size().
  [[nodiscard]] absl::Status Add(const Record& record, const FactSource& facts);
  // As Registry's, with the accepted ones.
  std::optional<KeyInfo> FindKey(const keys::KeyId& id) const;
  std::vector<KeyInfo> KeysOf(std::string_view urn, std::size_t limit) const;
  const attest::LogContext& context() const;
  bool frozen() const;
  std::uint64_t last_logged_at_ms() const;

 private:
  friend class Registry;
  struct Batch;
  std::unique_ptr<Batch> batch_;
};

}  // namespace trustlog::registry
