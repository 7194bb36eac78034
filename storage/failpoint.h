// The points at which a test build can make storage fail (reliability.md 5.5). Without TRUSTLOG_FAILPOINTS a point is nothing, and
// its name is not in the program.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace trustlog::storage {

enum class Point : std::uint8_t {
  kAppendHalf,
  kAppendReadback,
  kAppendBeforeCommit,
  kAppendAfterCommit,
  kWithholdErased,
  kStartOpened
};

#ifdef TRUSTLOG_FAILPOINTS
inline constexpr std::array<std::string_view, 6> kPointNames = {"append.half",         "append.readback", "append.before_commit",
                                                                "append.after_commit", "withhold.erased", "start.opened"};
#endif

class Failpoint final {
 public:
  using Hook = std::function<absl::Status(std::string_view point)>;
  explicit Failpoint(Hook hook) : hook_(std::move(hook)) {}

#ifdef TRUSTLOG_FAILPOINTS
  [[nodiscard]] absl::Status operator()(Point point) const {
    return hook_ ? hook_(kPointNames[static_cast<std::size_t>(point)]) : absl::OkStatus();
  }
#else
  [[nodiscard]] absl::Status operator()(Point) const { return absl::OkStatus(); }
#endif

 private:
  Hook hook_;
};

}  // namespace trustlog::storage
