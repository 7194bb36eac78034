// GetStatusBundle of RegistryApi: what a bundle holds, collected at one snapshot.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/registry/entitlement.h"
#include "client/registry/status_bundle.h"
#include "merkle/hash.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/tlog_proof.h"
#include "server/api/registry_api.h"
#include "server/api/registry_question.h"
#include "server/api/registry_verdict.h"
#include "server/query/record_source.h"

namespace trustlog::api {
namespace {

using bytes::Reason;
using bytes::Refuse;

constexpr std::uint64_t kReadAtOnce = 64;

absl::Status TooLarge(std::size_t limit) {
  return Refuse(Reason::kTooLarge, "the records of this bundle do not fit into one; ask with mode NONE, or read the log's tiles",
                {{"limit", fmt::format("{}", limit)}});
}

std::optional<std::string> StatementOf(storage::Record& record) {
  return record.companion.empty() ? std::nullopt : std::optional(std::move(record.companion));
}

// Every record below the size; `checkpoint` is of exactly that size, and only the newest one is kept.
absl::Status CollectPrefix(RegistryQuestion& question, std::size_t max_bytes, registry::StatusBundle& bundle) {
  const auto& snapshot = question.prover().snapshot();
  if (question.head().size != snapshot.head.size) {
    return Refuse(Reason::kArgumentInvalid,
                  "mode PREFIX has a checkpoint of its very size, and older ones are not kept: ask at the newest",
                  {{"field", "mode"}});
  }
  bundle.checkpoint = snapshot.note;
  std::size_t bytes = 0;
  for (std::uint64_t begin = 0; begin < snapshot.head.size; begin += kReadAtOnce) {
    const auto end = std::min(begin + kReadAtOnce, snapshot.head.size);
    auto records = question.reader().ReadRecords(begin, end);
    if (!records.ok()) return records.status();
    for (auto& record : *records) {
      bytes += record.entry.size() + record.companion.size();
      if (bytes > max_bytes) return TooLarge(max_bytes);
      bundle.records.push_back({bundle.records.size(), std::move(record.entry), StatementOf(record), ""});
    }
  }
  return absl::OkStatus();
}

// The records of the verdict, each with its proof at the newest checkpoint.
absl::Status CollectProven(RegistryQuestion& question, std::size_t max_bytes, registry::StatusBundle& bundle) {
  auto& source = question.source();
  const auto indices = query::Ask<std::vector<std::uint64_t>>(question.registry(), source, [&](const registry::Registry& registry) {
    return registry::RecordsForVerdict(registry, source, bundle.question, bundle.answer);
  });
  if (!indices.ok()) return indices.status();
  auto& prover = question.prover();
  std::size_t bytes = 0;
  for (const std::uint64_t index : *indices) {
    auto records = question.reader().ReadRecordsAt({&index, 1});
    if (!records.ok()) return records.status();
    auto& record = records->front();
    const auto hashes = prover.Inclusion(index, merkle::HashLeaf(bytes::AsBytes(record.entry)), prover.snapshot().head);
    if (!hashes.ok()) return hashes.status();
    auto proof = tlog::FormatTlogProof(index, *hashes, prover.snapshot().note);
    bytes += record.entry.size() + record.companion.size() + proof.size();
    if (bytes > max_bytes) return TooLarge(max_bytes);
    bundle.records.push_back({index, std::move(record.entry), StatementOf(record), std::move(proof)});
  }
  return absl::OkStatus();
}

}  // namespace

void RegistryApi::GetStatusBundle(const v1::GetStatusBundleRequest* request, std::string* file, const Call& call, Done done) {
  Ask(call, std::move(done), [this, request, file](RegistryQuestion& question) -> absl::Status {
    auto judged = Judge(*request, question);
    if (!judged.ok()) return judged.status();
    registry::StatusBundle bundle;
    bundle.origin = question.registry().With([](const registry::Registry& registry) { return registry.context().origin; });
    bundle.question = std::move(judged->question);
    bundle.answer = std::move(judged->answer);
    const bool is_prefix = request->mode() == v1::BUNDLE_MODE_PREFIX;
    bundle.completeness = is_prefix ? registry::Completeness::kPrefix : registry::Completeness::kNone;
    const auto collect = is_prefix ? CollectPrefix : CollectProven;
    if (auto status = collect(question, options_.max_bundle_bytes, bundle); !status.ok()) return status;
    *file = options_.format_bundle(bundle);
    return absl::OkStatus();
  });
}

}  // namespace trustlog::api
