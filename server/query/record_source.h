// The records that one question is about, as of one size: those that the registry asks for are fetched outside its lock.
//
//   RecordSource source(index, snapshot, size);
//   auto answer = Ask<registry::Answer>(live, source, [&](const auto& registry) { return Evaluate(registry, source, question); });
//
// The registry may not be held while storage is read (it is the sequencer's), so a question is asked of what is held already. What
// is missing is noted, fetched, and the question asked again: entries never change, so the last answer is that of one moment.
// Single-threaded; holds at most kMaxFacts records.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/registry/verdict.h"
#include "server/admission/live_registry.h"
#include "server/log/waiters.h"
#include "server/query/record_index.h"

namespace trustlog::query {

inline constexpr std::size_t kMaxFacts = 20'000;

class RecordSource final : public registry::RecordSource {
 public:
  // Borrows `index`, which holds snapshot->head.size records.   REQUIRES: size <= snapshot->head.size.
  RecordSource(const RecordIndex& index, std::shared_ptr<const log::Published> snapshot, std::uint64_t size)
      : index_(index), snapshot_(std::move(snapshot)), size_(size) {}

  std::uint64_t size() const { return size_; }
  const log::Published& snapshot() const { return *snapshot_; }

  // What is held; for what is not, Unavailable. `size` of the calls is not looked at: it is this source's.
  absl::StatusOr<std::optional<registry::Fact>> ById(const attest::Id& id) const override;
  absl::StatusOr<std::optional<std::uint64_t>> LoggedAtMs(std::uint64_t index) const override;
  absl::StatusOr<std::optional<registry::Fact>> ByIndex(std::uint64_t index) const override;
  absl::StatusOr<std::vector<registry::Fact>> About(std::string_view member, std::uint8_t principle,
                                                    std::uint64_t size) const override;
  absl::StatusOr<std::vector<registry::Fact>> ReferringTo(const attest::Id& id, std::uint64_t size) const override;

  // Something was asked for and not held.
  bool wants() const { return !wanted_ids_.empty() || !wanted_indices_.empty() || !wanted_keys_.empty(); }
  // Reads it. TOO_LARGE: more records than one question may hold. Else the failure of store or index.
  [[nodiscard]] absl::Status Fetch();

  // Read at once, for lists. The first `limit` records in [begin, size) that have the key.
  struct Found {
    std::vector<registry::Fact> facts;  // ascending
    std::uint64_t next = 0;             // where the list goes on; size() at its end
  };
  absl::StatusOr<Found> Under(std::string_view key, std::uint64_t begin, std::size_t limit);
  // In the order of the indices; records whose entry does not decode are left out.   REQUIRES: each below size().
  absl::StatusOr<std::vector<registry::Fact>> At(std::span<const std::uint64_t> indices);
  // Forgets the facts that it holds: before the next part of a long list.
  void Forget();

 private:
  absl::Status Hold(std::span<const std::uint64_t> indices);
  const registry::Fact* Held(std::uint64_t index) const;

  const RecordIndex& index_;
  const std::shared_ptr<const log::Published> snapshot_;
  const std::uint64_t size_;
  std::map<std::uint64_t, std::optional<registry::Fact>> facts_;  // by index; nullopt: it does not decode
  std::map<attest::Id, std::optional<std::uint64_t>> ids_;        // index; nullopt: none below size_
  std::map<std::string, std::vector<registry::Fact>, std::less<>> lists_;
  mutable std::set<attest::Id> wanted_ids_;
  mutable std::set<std::uint64_t> wanted_indices_;
  mutable std::set<std::string, std::less<>> wanted_keys_;
};

// `read` under the registry's shared lock, as often as it takes; it must not do anything but read. UNAVAILABLE (READ_ONLY): the
// registry of this node has not followed the log so far.
template <typename Answer>
absl::StatusOr<Answer> Ask(const admission::LiveRegistry& live, RecordSource& source,
                           const std::function<absl::StatusOr<Answer>(const registry::Registry&)>& read);

absl::Status RegistryIsBehind(std::uint64_t registry_size, std::uint64_t size);

template <typename Answer>
absl::StatusOr<Answer> Ask(const admission::LiveRegistry& live, RecordSource& source,
                           const std::function<absl::StatusOr<Answer>(const registry::Registry&)>& read) {
  while (true) {
    auto answer = live.With([&](const registry::Registry& registry) -> absl::StatusOr<Answer> {
      if (registry.size() < source.size()) return RegistryIsBehind(registry.size(), source.size());
      return read(registry);
    });
    if (!source.wants()) return answer;
    if (auto status = source.Fetch(); !status.ok()) return status;
  }
}

}  // namespace trustlog::query
