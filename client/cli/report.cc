#include "client/cli/report.h"

#include <algorithm>

#include "client/cli/files.h"
#include "client/follow/state_directory.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "merkle/hash.h"
#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/tlog/checkpoint.h"
#include "proto/tlog/note.h"

namespace trustlog::cli {
namespace {

// "urn:tta:member:acme" -> "member acme".
std::string ShortUrn(std::string_view urn) {
  std::string words(urn.substr(attest::UrnPrefixOf(urn).size()));
  std::replace(words.begin(), words.end(), ':', ' ');
  return words;
}

std::string_view RelName(attest::Rel rel) {
  switch (rel) {
    case attest::Rel::kRenews:
      return "renews";
    case attest::Rel::kCorrects:
      return "corrects";
    case attest::Rel::kPrincipleSet:
      return "principleSet";
    case attest::Rel::kCommitment:
      return "commitment";
    case attest::Rel::kEngagement:
      return "engagement";
    case attest::Rel::kTarget:
      return "target";
    case attest::Rel::kInput:
      return "input";
  }
  return "";
}

}  // namespace

std::string DescribeEntry(const attest::Entry& entry) {
  std::string text = fmt::format("{}: {}", attest::KindName(entry.kind), ShortUrn(entry.issuer));
  if (entry.subjects.size() == 1 && entry.subjects.front() != entry.issuer)
    text += fmt::format(" about {}", ShortUrn(entry.subjects.front()));
  if (!entry.principles.empty())
    text += fmt::format(", principle{} {}", entry.principles.size() == 1 ? "" : "s", fmt::join(entry.principles, " "));
  if (!entry.code.empty()) text += fmt::format(", {}", entry.code);
  return text;
}

JsonObject EntryMembers(const attest::Entry& entry) {
  std::vector<std::string> principles, artifacts, signers;
  for (const auto principle : entry.principles) principles.push_back(fmt::format("{}", principle));
  for (const auto& artifact : entry.artifacts) artifacts.push_back(bytes::EncodeHex(artifact));
  for (const auto& signature : entry.signatures) signers.push_back(bytes::EncodeHex(signature.key_id));
  std::vector<JsonObject> refs;
  for (const auto& ref : entry.refs) refs.push_back(JsonObject().Text("rel", RelName(ref.rel)).Hash("id", ref.id));
  return JsonObject()
      .Text("kind", attest::KindName(entry.kind))
      .Text("issuer", entry.issuer)
      .Texts("subjects", entry.subjects)
      .Texts("principles", principles)
      .Text("code", entry.code)
      .Objects("refs", refs)
      .Texts("artifacts", artifacts)
      .Time("validFrom", entry.valid_from)
      .Time("validUntil", entry.valid_until)
      .Time("loggedAt", attest::LoggedAtSeconds(entry))
      .Hash("statementId", entry.statement_id)
      .Texts("keyIds", signers);
}

void SkipSignatureChecks(std::vector<follow::Check>& checks) {
  for (auto& check : checks) {
    if (check.name != "log signature" && check.name != "witnesses" && check.name != "freshness") continue;
    check.result = follow::CheckResult::kSkipped;
    check.detail = "not asked: --insecure-skip-policy";
    check.code.reset();
  }
}

std::string SaveEvidence(const Session& session, const follow::Evidence& evidence) {
  const auto vkey = tlog::VerifierKey::Parse(evidence.vkeys.front());
  if (vkey.ok()) {
    const auto state = follow::StateDirectory::Open(session.settings().state_root(), vkey->name(), vkey->ToString());
    if (state.ok()) {
      if (const auto path = state->SaveEvidence(evidence); path.ok()) return *path;
    }
  }
  // The memory cannot be written; the evidence must not be lost for that.
  const std::string text = follow::FormatEvidence(evidence);
  const std::string path =
      fmt::format("trustlog-evidence-{}.json", bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(text))).substr(0, 16));
  const auto status = WriteOutput(path, text);
  return status.ok() ? path : std::string(bytes::MessageOf(status));
}

Verdict VerdictOf(Session& session, const follow::EntryReport& report) {
  Verdict verdict;
  verdict.checks = report.checks;
  verdict.trusted = !session.skips_policy();
  if (!verdict.trusted) SkipSignatureChecks(verdict.checks);
  // What the file does not say is not claimed.
  verdict.what = report.index ? fmt::format("entry {}", *report.index) : "an entry whose proof cannot be read";
  if (!report.origin.empty()) verdict.what += " of log " + report.origin;
  if (report.entry) verdict.about = DescribeEntry(*report.entry);
  if (report.index && report.failure == follow::CheckCode::kProofRootMismatch)
    verdict.remedy = fmt::format("fetch the proof again: trustlog proof get {}", *report.index);
  if (report.index) verdict.claims.Number("index", *report.index);
  if (!report.origin.empty()) verdict.claims.Text("origin", report.origin);
  if (report.checkpoint) {
    verdict.claims.Number("treeSize", report.checkpoint->checkpoint.head.size)
        .Hash("root", report.checkpoint->checkpoint.head.root);
  }
  if (report.entry) verdict.claims.Append(EntryMembers(*report.entry));
  if (report.evidence) {
    const std::string path = SaveEvidence(session, *report.evidence);
    verdict.remedy = fmt::format("keep the evidence file {}, and show it to others: trustlog evidence verify {}", path, path);
    verdict.members.Text("evidence", path);
  }
  return verdict;
}

}  // namespace trustlog::cli
