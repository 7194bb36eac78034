#include "server/query/record_keys.h"

#include <fmt/format.h>

#include "client/index/index_keys.h"

namespace trustlog::query {

std::string JudgedKey(std::string_view member, std::uint8_t principle) { return fmt::format("judged:{}#{}", member, principle); }

std::vector<std::string> RecordKeys(const attest::Entry& entry) {
  auto keys = index::IndexKeys(entry);
  const bool is_judged = entry.kind == attest::Kind::kCommitment || entry.kind == attest::Kind::kAuditEngagement ||
                         entry.kind == attest::Kind::kAuditResult;
  if (!is_judged) return keys;
  for (const auto& urn : entry.subjects) {
    for (const auto principle : entry.principles) keys.push_back(JudgedKey(urn, principle));
  }
  return keys;
}

}  // namespace trustlog::query
