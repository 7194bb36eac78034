// disclosure build, show, verify: a supplier flow-down's tree, one leaf of it, and its check (records.md 5.5), all offline.
#include <sys/stat.h>

#include "client/cli/commands.h"
#include "client/cli/entry_source.h"
#include "client/cli/files.h"
#include "client/cli/report.h"
#include "client/cli/sign.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "proto/attest/disclosure_json.h"
#include "proto/attest/dsse.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "proto/keys/key.h"

namespace trustlog::cli {
namespace {

using attest::Disclosure;
using attest::DisclosureCheck;
using follow::Check;
using follow::CheckCode;
using follow::CheckResult;

constexpr std::string_view kPrivateName = "disclosure-private.json";

// What `parse` makes of a member's own file; a usage error says what is wrong with it.
template <typename Parse>
auto ReadList(const std::string& path, Parse parse) -> decltype(parse(std::string_view())) {
  decltype(parse(std::string_view())) result = absl::UnknownError("");
  const auto status = WithFile(path, [&](merkle::ByteView content) { result = parse(bytes::AsText(content)); });
  if (!status.ok()) return status;
  if (!result.ok()) {
    return UsageError(fmt::format("{}: {}", path, bytes::MessageOf(result.status())),
                      "the forms of these files are in client/README.md");
  }
  return result;
}

bool IsDirectory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

absl::StatusOr<ExitCode> Build(Session& session, const Arguments& arguments) {
  auto leaves = ReadList(arguments.Get("FILE"), attest::ParseSupplierList);
  if (!leaves.ok()) return leaves.status();
  for (auto& leaf : *leaves) {
    const std::string random = keys::RandomBytes(leaf.salt.size());
    std::copy(random.begin(), random.end(), leaf.salt.begin());
  }
  const auto tree = attest::DisclosureTree::Build(*std::move(leaves));
  if (!tree.ok()) return tree.status();
  std::string path = arguments.Get("output");
  if (IsDirectory(path)) path = fmt::format("{}/{}", path, kPrivateName);
  if (auto status = WriteSecret(path, attest::FormatPrivateLeaves(*tree)); !status.ok()) return status;
  session.output().Talk(fmt::format("written   {} (secret, 0600): without it no leaf can be shown", Escape(path)));
  return session.output().Result(fmt::format("disclosureRoot   {}\ndisclosureCount  {}\nacknowledged     {}\n",
                                             bytes::EncodeHex(tree->head().root), tree->head().size, tree->acknowledged()),
                                 JsonObject()
                                     .Hash("disclosureRoot", tree->head().root)
                                     .Number("disclosureCount", tree->head().size)
                                     .Number("acknowledged", tree->acknowledged())
                                     .Text("file", path));
}

// By --index, or the only one of --supplier and --clause.
absl::StatusOr<std::uint32_t> ChooseLeaf(const attest::DisclosureTree& tree, const Arguments& arguments) {
  const auto& leaves = tree.leaves();
  if (arguments.Has("index")) {
    const auto index = arguments.Number("index", 0);
    if (!index.ok()) return index.status();
    if (*index < leaves.size()) return static_cast<std::uint32_t>(*index);
    return UsageError(fmt::format("--index {}: the file has {} leaves, counted from 0", *index, leaves.size()));
  }
  const auto supplier = arguments.Find("supplier"), clause = arguments.Find("clause");
  if (!supplier || !clause) return UsageError("which leaf?", "give --supplier and --clause, or --index");
  std::vector<std::uint32_t> found;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (leaves[i].supplier == *supplier && leaves[i].clause == *clause) found.push_back(static_cast<std::uint32_t>(i));
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) return UsageError(fmt::format("no leaf of supplier \"{}\" and clause \"{}\"", *supplier, *clause));
  return UsageError(fmt::format("{} leaves of supplier \"{}\" and clause \"{}\"", found.size(), *supplier, *clause),
                    fmt::format("choose by --index: {}", fmt::join(found, ", ")));
}

absl::StatusOr<ExitCode> Show(Session& session, const Arguments& arguments) {
  const std::string id_text = arguments.Get("statement-id");
  const auto id = bytes::DecodeHash(id_text.starts_with("sha256:") ? id_text.substr(7) : id_text);
  if (!id) return UsageError(fmt::format("--statement-id {}: not 64 lower-case hex digits", id_text), "submit and sign print it");
  const auto tree = ReadList(arguments.Get("PRIVATE"), attest::ParsePrivateLeaves);
  if (!tree.ok()) return tree.status();
  const auto index = ChooseLeaf(*tree, arguments);
  if (!index.ok()) return index.status();
  const std::string text = attest::FormatDisclosure(tree->Disclose(*index, *id));
  const std::string path = arguments.Get("output", "-");
  if (path == "-") {
    session.output().Raw(text);
    return ExitCode::kOk;
  }
  if (auto status = WriteOutput(path, text, arguments.AllBut("output")); !status.ok()) return status;
  return session.output().Result(
      fmt::format("written   {}   leaf {} of {}, and nothing of the others\n", Escape(path), *index, tree->head().size),
      JsonObject().Text("file", path).Number("index", *index).Number("count", tree->head().size));
}

std::string DateOf(std::int64_t seconds) {
  if (seconds == 0) return "-";
  return seconds < attest::kMinTime || seconds > attest::kMaxTime ? fmt::format("{} s", seconds) : attest::FormatTime(seconds);
}

// What the leaf says; authenticated if no check failed.
void Describe(const Disclosure& disclosure, Verdict& verdict) {
  const auto& leaf = disclosure.leaf;
  verdict.about = fmt::format("supplier {}, clause {}, from {} until {}, {}", leaf.supplier, leaf.clause, DateOf(leaf.from),
                              DateOf(leaf.until), attest::IsAcknowledged(leaf) ? "acknowledged" : "not acknowledged");
  verdict.claims.Hash("statementId", disclosure.statement_id)
      .Number("leafIndex", disclosure.index)
      .Number("leafCount", disclosure.count)
      .Text("supplier", leaf.supplier)
      .Text("clause", leaf.clause)
      .Hash("clauseSha256", leaf.clause_sha256)
      .Time("from", leaf.from)
      .Time("until", leaf.until)
      .Flag("acknowledged", attest::IsAcknowledged(leaf));
  if (attest::IsAcknowledged(leaf)) verdict.claims.Hash("acknowledgementSha256", leaf.acknowledgement);
}

Check Failed(std::string_view name, CheckCode code, std::string detail) {
  return {std::string(name), CheckResult::kFailed, std::move(detail), code};
}

Check Ok(std::string_view name, std::string detail) { return {std::string(name), CheckResult::kOk, std::move(detail), {}}; }

// The statement that is held against the disclosure, and where it stands in the disclosure's tree.
void CheckAgainst(const Disclosure& disclosure, const std::string& payload, Verdict& verdict) {
  const auto statement = CheckPayload(payload);
  const auto* const flowdown = statement.ok() ? std::get_if<attest::SupplierFlowdown>(&statement->predicate) : nullptr;
  const attest::Id id = attest::StatementId(payload);
  if (flowdown == nullptr) {
    verdict.checks.push_back(Failed("flow-down", CheckCode::kStatementMismatch,
                                    statement.ok() ? fmt::format("the statement is of kind {}", attest::KindName(statement->kind))
                                                   : std::string(bytes::MessageOf(statement.status()))));
    verdict.headline = "the statement is no supplier-flowdown";
    return;
  }
  switch (attest::CheckDisclosure(disclosure, id, *flowdown)) {
    case DisclosureCheck::kOk:
      verdict.checks.push_back(Ok("flow-down", fmt::format("statement {} of {}, principle {}", bytes::EncodeHex(id),
                                                           statement->issuer, flowdown->principle)));
      verdict.checks.push_back(Ok("disclosure", fmt::format("leaf {} of {} leads to root {}", disclosure.index, disclosure.count,
                                                            bytes::EncodeHex(flowdown->disclosure_root))));
      return;
    case DisclosureCheck::kOtherStatement:
      verdict.checks.push_back(Failed("flow-down", CheckCode::kStatementMismatch,
                                      fmt::format("the disclosure is for statement {}, this is {}",
                                                  bytes::EncodeHex(disclosure.statement_id), bytes::EncodeHex(id))));
      verdict.headline = "it was made for another statement";
      return;
    case DisclosureCheck::kOtherCount:
      verdict.checks.push_back(
          Failed("disclosure", CheckCode::kProofRootMismatch,
                 fmt::format("it says {} leaves, the statement {}", disclosure.count, flowdown->disclosure_count)));
      break;
    case DisclosureCheck::kNotInTree:
      verdict.checks.push_back(
          Failed("disclosure", CheckCode::kProofRootMismatch,
                 fmt::format("leaf and path do not lead to root {}", bytes::EncodeHex(flowdown->disclosure_root))));
      break;
  }
  verdict.headline = "the leaf is not in the tree that the statement names";
}

absl::StatusOr<ExitCode> VerifyOne(Session& session, const Arguments& arguments) {
  const auto text = ReadInput(arguments.Get("FILE"), attest::kMaxDisclosureBytes, session.in());
  if (!text.ok()) return text.status();
  const auto disclosure = attest::ParseDisclosure(*text);
  if (!disclosure.ok()) return follow::CheckFailure(CheckCode::kFileMalformed, bytes::MessageOf(disclosure.status()));

  Verdict verdict;
  FetchedEntry files;
  if (const auto proof = arguments.Find("proof")) {
    auto read = ReadEntryFiles(session, *proof, arguments);
    if (!read.ok()) return read.status();
    const auto report = VerifyFetched(session, *read);
    if (!report.ok()) return report.status();
    verdict = VerdictOf(session, *report);
    files = *std::move(read);
  } else if (const auto path = arguments.Find("statement")) {
    auto statement = ReadInput(*path, attest::kMaxEnvelopeBytes, session.in());
    if (!statement.ok()) return statement.status();
    files.statement = *std::move(statement);
  }
  if (!files.statement)
    return UsageError("--statement FILE is missing", "the flow-down's statement or envelope: if it was withheld, your own copy");
  const bool entry_failed = follow::FirstFailure(verdict.checks).has_value();
  CheckAgainst(*disclosure, PayloadOf(*files.statement), verdict);
  const bool failed = follow::FirstFailure(verdict.checks).has_value();
  const std::string leaf = fmt::format("leaf {} of {}", disclosure->index, disclosure->count);
  verdict.what = verdict.what.empty() ? leaf : fmt::format("{} in {}", leaf, verdict.what);
  verdict.about.clear();
  if (!failed) Describe(*disclosure, verdict);
  if (entry_failed) {
    verdict.headline.clear();  // what is wrong with the entry comes first, in its own words
  } else if (failed) {
    verdict.means = "the disclosure was changed, or is of another flow-down. It shows nothing about the supplier.";
    verdict.remedy = "ask the member for it again (trustlog disclosure show), and for the statement it names";
  }
  if (!arguments.Has("proof")) {
    verdict.good_word = "MATCHES";
    verdict.checks.push_back({"log",
                              CheckResult::kSkipped,
                              "no proof given (--proof FILE --entry FILE): that the statement was logged is not shown",
                              {}});
  }
  return session.output().Report(verdict);
}

}  // namespace

Commands DisclosureCommands() {
  return {{"disclosure build",
           "salt a list of suppliers and clauses: root, count and acknowledged for a supplier-flowdown",
           {{"FILE", "", "the list (trustlog-suppliers/1)", Count::kRequired},
            {"-o,--output", "FILE|DIR", "where the salted leaves go: secret, never overwritten", Count::kRequired}},
           Build},
          {"disclosure show",
           "one leaf with its path, for a customer or an auditor: nothing else is revealed",
           {{"PRIVATE", "", "as disclosure build wrote it", Count::kRequired},
            {"--supplier", "ID", "whose leaf"},
            {"--clause", "ID", "and which"},
            {"--index", "N", "or its place in the list, from 0"},
            {"--statement-id", "ID", "of the logged flow-down", Count::kRequired},
            {"-o,--output", "FILE", "default: stdout"}},
           Show},
          {"disclosure verify",
           "is a disclosed leaf in the tree that a flow-down names? Offline",
           {{"FILE", "", "the disclosure", Count::kRequired},
            {"--statement", "FILE", "the flow-down's statement, or its envelope"},
            {"--proof", "FILE", "also that it was logged: its .tlog-proof, or a bundle that holds all of it"},
            {"--entry", "FILE", "the entry's bytes (.tle), beside a .tlog-proof"}},
           VerifyOne}};
}

}  // namespace trustlog::cli
