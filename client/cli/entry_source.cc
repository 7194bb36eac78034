#include "client/cli/entry_source.h"

#include <charconv>
#include <filesystem>

#include "client/cli/files.h"
#include "client/cli/verified_log.h"
#include "client/follow/proof_bundle.h"
#include "client/follow/tile_reader.h"
#include "client/rpc/log_client.h"
#include "fmt/format.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/tlog_proof.h"
#include "trustlog/v1/log.pb.h"

namespace trustlog::cli {
namespace {

struct Selector {
  std::optional<std::uint64_t> index;
  std::string id;
};

absl::StatusOr<Selector> ParseSelector(std::string_view text) {
  const std::string_view id = text.starts_with("sha256:") ? text.substr(7) : text;
  if (bytes::DecodeHash(id)) return Selector{std::nullopt, std::string(id)};
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error == std::errc() && end == text.data() + text.size()) return Selector{index, ""};
  return UsageError(fmt::format("\"{}\" is neither an index nor a statement id", text),
                    "an index is a number, a statement id 64 hex digits");
}

absl::StatusOr<FetchedEntry> FetchByTiles(Session& session, std::uint64_t index) {
  const auto log = OpenVerifiedLog(session);
  if (!log.ok()) return log.status();
  const std::uint64_t size = log->checkpoint.head.size;
  if (index >= size) {
    return bytes::Refuse(bytes::Reason::kIndexOutOfRange,
                         fmt::format("the log has published {} entries; the index is {}", size, index));
  }
  follow::TileReader reader(*log->fetcher, log->checkpoint.head);
  auto entries = reader.ReadEntries(index, index + 1);
  if (!entries.ok()) return entries.status();
  auto statements = reader.ReadStatementsUnverified(index, index + 1);
  if (!statements.ok()) return statements.status();
  const auto hashes = reader.Inclusion(index, size);
  if (!hashes.ok()) return hashes.status();
  FetchedEntry fetched{std::move(entries->front()), std::nullopt, tlog::FormatTlogProof(index, *hashes, log->note), std::nullopt};
  if (!statements->front().empty()) fetched.statement = std::move(statements->front());
  return fetched;
}

absl::StatusOr<FetchedEntry> FetchByCall(Session& session, const Selector& selector) {
  const auto client = session.Connect();
  if (!client.ok()) return client.status();
  const auto saved = SavedCheckpoint(session);
  if (!saved.ok()) return saved.status();
  v1::GetProofBundleRequest request;
  if (selector.index) {
    request.mutable_selector()->set_index(*selector.index);
  } else {
    request.mutable_selector()->set_statement_id(selector.id);
  }
  if (saved->has_value()) request.set_prove_from((*saved)->checkpoint.head.size);
  v1::GetProofBundleResponse response;
  auto status = (*client)->GetProofBundle(request, response);
  if (bytes::ReasonOf(status) == bytes::Reason::kSizeNotPublished && saved->has_value()) {
    request.clear_prove_from();  // it shows less than we have seen: the proof of the entry still stands on its own
    status = (*client)->GetProofBundle(request, response);
  }
  if (!status.ok()) return status;
  FetchedEntry fetched{response.entry().entry(), std::nullopt, response.tlog_proof(), std::nullopt};
  if (!response.entry().statement().payload().empty()) fetched.statement = response.entry().statement().payload();
  if (response.has_consistency()) {
    follow::ConsistencyProof proof{response.consistency().old_size(), {}};
    for (const auto& bytes : response.consistency().hashes()) {
      merkle::Hash hash{};
      if (bytes.size() != hash.size())
        return follow::CheckFailure(follow::CheckCode::kFileMalformed, "the answer has a hash that is not 32 bytes long");
      std::copy(bytes.begin(), bytes.end(), hash.begin());
      proof.hashes.push_back(hash);
    }
    fetched.consistency = std::move(proof);
  }
  return fetched;
}

}  // namespace

absl::StatusOr<FetchedEntry> FetchEntry(Session& session, const std::string& text) {
  const auto selector = ParseSelector(text);
  if (!selector.ok()) return selector.status();
  const auto policy = session.Policy();  // before anything is fetched
  if (!policy.ok()) return policy.status();
  if (selector->index && session.has_url()) return FetchByTiles(session, *selector->index);
  if (session.has_grpc()) return FetchByCall(session, *selector);
  if (selector->index) return session.OpenLog().status();
  return UsageError("a statement id is looked up by a call, and no grpc address is set", "give --grpc HOST:PORT, or the index");
}

absl::StatusOr<FetchedEntry> ReadEntryFiles(const Session& session, const std::string& proof_path, const Arguments& arguments) {
  FetchedEntry files;
  auto content = ReadInput(proof_path, follow::kMaxProofBundleBytes, session.in());
  if (!content.ok()) return content.status();
  if (content->starts_with("{")) {
    auto bundle = follow::ParseProofBundle(*content);
    if (!bundle.ok()) return bundle.status();
    files = {std::move(bundle->entry), std::move(bundle->statement), std::move(bundle->tlog_proof), std::move(bundle->consistency)};
  } else {
    files.tlog_proof = *std::move(content);
    const auto entry_path = arguments.Find("entry");
    if (!entry_path)
      return UsageError("--entry FILE is missing: a proof alone says nothing",
                        "give the entry's bytes (N.tle), or a bundle in place of the proof");
    auto entry = ReadInput(*entry_path, attest::kMaxEntryBytes, session.in());
    if (!entry.ok()) return entry.status();
    files.entry = *std::move(entry);
  }
  if (const auto statement_path = arguments.Find("statement")) {
    auto statement = ReadInput(*statement_path, attest::kMaxEnvelopeBytes, session.in());
    if (!statement.ok()) return statement.status();
    files.statement = *std::move(statement);
  }
  return files;
}

std::string PayloadOf(std::string_view statement_or_envelope) {
  auto envelope = attest::ParseEnvelope(statement_or_envelope);
  return envelope.ok() ? std::move(envelope->payload) : std::string(statement_or_envelope);
}

absl::StatusOr<follow::EntryReport> VerifyFetched(Session& session, const FetchedEntry& fetched,
                                                  std::optional<std::int64_t> max_age) {
  const auto policy = session.Policy();
  if (!policy.ok()) return policy.status();
  const auto saved = SavedCheckpoint(session);
  if (!saved.ok()) return saved.status();
  follow::EntryInput input{.entry = fetched.entry, .tlog_proof = fetched.tlog_proof};
  if (fetched.statement) input.statement = *fetched.statement;
  if (saved->has_value()) input.saved = &**saved;
  if (fetched.consistency) input.consistency = &*fetched.consistency;
  return follow::VerifyEntry(input, {.policy = *policy, .now = session.now(), .max_age = max_age});
}

absl::StatusOr<std::vector<std::string>> SaveEntry(const std::string& directory, std::uint64_t index, const FetchedEntry& fetched) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return UsageError(fmt::format("cannot make {}: {}", directory, error.message()));
  std::string base = directory;
  while (base.size() > 1 && base.back() == '/') base.pop_back();
  base += fmt::format("/{}", index);
  std::vector<std::pair<std::string, std::string>> files = {{base + ".tlog-proof", fetched.tlog_proof},
                                                            {base + ".tle", fetched.entry}};
  if (fetched.tlog_proof.empty()) files.erase(files.begin());
  const auto entry = attest::DecodeEntry(fetched.entry);
  if (fetched.statement && entry.ok())
    files.emplace_back(base + ".json", attest::FormatEnvelope(*fetched.statement, entry->signatures) + "\n");
  std::vector<std::string> paths;
  for (const auto& file : files) {
    if (auto status = WriteOutput(file.first, file.second); !status.ok()) return status;
    paths.push_back(file.first);
  }
  return paths;
}

std::string DescribeSaved(const std::vector<std::string>& paths) {
  std::string text;
  for (const auto& path : paths) {
    text += fmt::format("{}{}{}", text.empty() ? "saved " : " ", path,
                        path.ends_with(".tle")    ? " (entry)"
                        : path.ends_with(".json") ? " (envelope, what --statement reads)"
                                                  : "");
  }
  return text;
}

std::string BundleOf(const FetchedEntry& fetched, std::uint64_t index) {
  return follow::FormatProofBundle({index, fetched.entry, fetched.statement, fetched.tlog_proof, fetched.consistency});
}

}  // namespace trustlog::cli
