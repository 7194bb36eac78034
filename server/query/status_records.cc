#include "server/query/status_records.h"

#include <set>
#include <utility>

#include "client/index/index_keys.h"
#include "client/registry/claims.h"

namespace trustlog::query {

absl::StatusOr<std::vector<std::uint64_t>> RecordsBehind(const admission::LiveRegistry& live, RecordSource& source,
                                                         std::span<const registry::Named> named) {
  using Indices = std::set<std::uint64_t>;
  Indices open = {0};
  for (const auto& one : named) open.insert(one.index);
  for (const auto kind : {attest::Kind::kRoleChange, attest::Kind::kPrincipleSet}) {
    const auto all = source.Under(index::KindKey(kind), 0, kMaxFacts);
    if (!all.ok()) return all.status();
    for (const auto& fact : all->facts) open.insert(fact.index);
  }
  Indices found;
  while (!open.empty()) {
    const std::vector<std::uint64_t> indices(open.begin(), open.end());
    found.insert(indices.begin(), indices.end());
    const auto facts = source.At(indices);
    if (!facts.ok()) return facts.status();
    auto behind = Ask<Indices>(live, source, [&](const registry::Registry& registry) -> absl::StatusOr<Indices> {
      Indices next;
      const auto add = [&](const std::vector<std::uint64_t>& some) { next.insert(some.begin(), some.end()); };
      for (const auto& fact : *facts) {
        const auto& entry = *fact.entry;
        add(registry::EntitledBy(registry, fact.index, entry));
        add(registry::HistoryOf(registry, entry.issuer, source.size()));
        for (const auto& subject : entry.subjects) add(registry::HistoryOf(registry, subject, source.size()));
        for (const auto& ref : entry.refs) {
          const auto target = source.ById(ref.id);  // what is not held yet is asked for again
          if (target.ok() && target->has_value()) next.insert((*target)->index);
        }
      }
      std::erase_if(next, [&](std::uint64_t index) { return registry.IsVoid(index); });
      return next;
    });
    if (!behind.ok()) return behind.status();
    open = *std::move(behind);
    std::erase_if(open, [&](std::uint64_t index) { return found.contains(index); });
  }
  return std::vector<std::uint64_t>(found.begin(), found.end());
}

}  // namespace trustlog::query
