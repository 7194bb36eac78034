#include "client/follow/proof_bundle.h"

#include <boost/json.hpp>

#include "client/follow/check_code.h"
#include "client/follow/json_members.h"
#include "fmt/format.h"
#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/tlog_proof.h"

namespace trustlog::follow {
namespace {

namespace json = boost::json;

constexpr std::string_view kSchema = "trustlog-proof-bundle/1";

absl::StatusOr<ConsistencyProof> ParseConsistency(const json::object& object) {
  Members members(object);
  ConsistencyProof proof;
  proof.old_size = members.Integer("oldSize");
  members.Expect(proof.old_size > 0, "consistency.oldSize: must be at least 1");
  proof.hashes = members.Hashes("hashes");
  if (auto status = members.Finish(); !status.ok()) return status;
  return proof;
}

}  // namespace

absl::StatusOr<ProofBundle> ParseProofBundle(std::string_view text) {
  const auto value = ParseJsonFile(text, kMaxProofBundleBytes);
  if (!value.ok()) return value.status();
  Members members(value->get_object());
  members.Expect(members.String("schema") == kSchema, fmt::format("schema: must be {}", kSchema));
  ProofBundle bundle;
  bundle.index = members.Integer("index");
  bundle.entry = members.Base64("entry");
  members.Expect(!bundle.entry.empty() && bundle.entry.size() <= attest::kMaxEntryBytes,
                 fmt::format("entry: {} bytes, not within 1..{}", bundle.entry.size(), attest::kMaxEntryBytes));
  if (members.Has("statement")) {
    bundle.statement = members.Base64("statement");
    members.Expect(!bundle.statement->empty() && bundle.statement->size() <= attest::kMaxPayloadBytes,
                   fmt::format("statement: {} bytes, not within 1..{}", bundle.statement->size(), attest::kMaxPayloadBytes));
  }
  bundle.tlog_proof = members.String("tlogProof");
  if (members.Has("consistency")) {
    if (const json::object* object = members.Object("consistency"); object != nullptr) {
      auto proof = ParseConsistency(*object);
      if (!proof.ok()) return proof.status();
      bundle.consistency = *std::move(proof);
    }
  }
  if (auto status = members.Finish(); !status.ok()) return status;
  const auto proof = tlog::ParseTlogProof(bundle.tlog_proof);
  if (!proof.ok()) return CheckFailure(CheckCode::kFileMalformed, fmt::format("tlogProof: {}", bytes::MessageOf(proof.status())));
  if (proof->index != bundle.index) {
    return CheckFailure(CheckCode::kFileMalformed, fmt::format("index: {}, and {} in tlogProof", bundle.index, proof->index));
  }
  return bundle;
}

std::string FormatProofBundle(const ProofBundle& bundle) {
  json::object object;
  object["schema"] = json::string_view(kSchema.data(), kSchema.size());
  object["index"] = bundle.index;
  object["entry"] = bytes::EncodeBase64(bundle.entry);
  if (bundle.statement) object["statement"] = bytes::EncodeBase64(*bundle.statement);
  object["tlogProof"] = bundle.tlog_proof;
  if (bundle.consistency) {
    object["consistency"] =
        json::object({{"oldSize", bundle.consistency->old_size}, {"hashes", HashesToJson(bundle.consistency->hashes)}});
  }
  return json::serialize(object) + "\n";
}

}  // namespace trustlog::follow
