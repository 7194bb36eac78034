// find: which entries name a document or a statement. The log's own word: each hit is checked by `show`.
#include "client/cli/commands.h"
#include "client/cli/files.h"
#include "client/cli/session.h"
#include "client/rpc/log_client.h"
#include "fmt/format.h"
#include "merkle/hash.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/bytes/wire.h"
#include "trustlog/v1/registry.pb.h"

namespace trustlog::cli {
namespace {

constexpr std::size_t kMaxStdinBytes = 64u << 20;

// 64 hex digits are a digest, anything else names a file.
absl::StatusOr<std::string> DigestOf(Session& session, std::string_view text) {
  const std::string_view digits = text.starts_with("sha256:") ? text.substr(7) : text;
  if (bytes::DecodeHash(digits)) return std::string(digits);
  if (text != "-") return DigestOfFile(std::string(text));
  const auto content = ReadInput("-", kMaxStdinBytes, session.in());
  if (!content.ok()) return content.status();
  return bytes::EncodeHex(merkle::Sha256(bytes::AsBytes(*content)));
}

void Tell(Session& session, const v1::Hit& hit, std::uint64_t size) {
  session.output().Result(
      fmt::format("entry {:<8} {:<10} {:<22} {}\n", hit.index(), Escape(hit.role()), Escape(hit.kind()), Escape(hit.issuer())),
      JsonObject()
          .Number("index", hit.index())
          .Text("role", hit.role())
          .Text("kind", hit.kind())
          .Text("issuer", hit.issuer())
          .Text("statementId", hit.statement_id())
          .Number("treeSize", size));
}

absl::StatusOr<ExitCode> Find(Session& session, const Arguments& arguments) {
  const auto digest = DigestOf(session, arguments.Get("DIGEST|FILE"));
  if (!digest.ok()) return digest.status();
  const auto client = session.Connect();
  if (!client.ok()) return client.status();
  v1::FindByDigestRequest request;
  request.set_sha256(*digest);
  v1::FindByDigestResponse response;
  std::uint64_t hits = 0;
  do {
    response.Clear();
    if (auto status = (*client)->FindByDigest(request, response); !status.ok()) return status;
    for (const auto& hit : response.hits()) Tell(session, hit, response.as_of().tree_size());
    hits += static_cast<std::uint64_t>(response.hits_size());
    if (!response.next_page_token().empty() && response.next_page_token() == request.page_token())
      return absl::InternalError("the log answers with the same page again");
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  const std::uint64_t size = response.as_of().tree_size();
  if (hits == 0)
    return bytes::Refuse(bytes::Reason::kEntryNotFound, fmt::format("no entry below size {} names sha256:{}", size, *digest));
  session.output().Talk(
      fmt::format("{} found below size {}; this is the log's word: `trustlog show INDEX` verifies an entry", hits, size));
  return ExitCode::kOk;
}

}  // namespace

Commands FindCommands() {
  return {{"find",
           "entries that name a document or statement, by SHA-256",
           {{"DIGEST|FILE", "", "64 hex digits, or a file to hash (- is stdin)", Count::kRequired}},
           Find}};
}

}  // namespace trustlog::cli
