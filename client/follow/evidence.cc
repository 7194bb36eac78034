#include "client/follow/evidence.h"

#include <algorithm>
#include <boost/json.hpp>

#include "client/follow/json_members.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "merkle/verify.h"
#include "proto/bytes/base64.h"
#include "proto/bytes/hex.h"
#include "proto/bytes/reason.h"
#include "proto/tlog/note.h"

namespace trustlog::follow {
namespace {

namespace json = boost::json;

constexpr std::string_view kSchema = "trustlog-evidence/1";
constexpr std::size_t kMaxVkeys = 8;

absl::Status Malformed(std::string_view why) { return CheckFailure(CheckCode::kFileMalformed, why); }
absl::Status ShowsNothing(std::string_view why) {
  return CheckFailure(CheckCode::kConsistencyFailed, fmt::format("the file proves nothing: {}", why));
}

absl::StatusOr<std::vector<tlog::VerifierKey>> ParseKeys(const std::vector<std::string>& vkeys) {
  std::vector<tlog::VerifierKey> keys;
  for (const std::string& vkey : vkeys) {
    auto key = tlog::VerifierKey::Parse(vkey);
    if (!key.ok()) return Malformed(bytes::MessageOf(key.status()));
    if (key->type() != tlog::kTypeEd25519) return Malformed(fmt::format("{} is not a log key", vkey));
    keys.push_back(*std::move(key));
  }
  return keys;
}

// The checkpoint of `text`, signed by at least one of `keys` in the name of its origin; those that signed are added to `signers`.
absl::StatusOr<tlog::Checkpoint> OpenSigned(std::string_view text, const std::vector<tlog::VerifierKey>& keys,
                                            std::vector<std::string>& signers) {
  const auto note = tlog::ParseNote(text);
  if (!note.ok()) return Malformed(bytes::MessageOf(note.status()));
  auto checkpoint = tlog::ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return Malformed(bytes::MessageOf(checkpoint.status()));
  bool is_signed = false;
  for (const tlog::VerifierKey& key : keys) {
    if (key.name() != checkpoint->origin) continue;
    const auto line =
        std::find_if(note->signatures.begin(), note->signatures.end(), [&key](const auto& s) { return key.Matches(s); });
    if (line == note->signatures.end()) continue;
    if (!key.Verify(note->text, *line)) {
      return CheckFailure(CheckCode::kLogSignatureInvalid,
                          fmt::format("the signature by {} at size {} is bad", key.ToString(), checkpoint->head.size));
    }
    is_signed = true;
    if (std::find(signers.begin(), signers.end(), key.ToString()) == signers.end()) signers.push_back(key.ToString());
  }
  if (is_signed) return checkpoint;
  return CheckFailure(CheckCode::kLogSignatureInvalid, fmt::format("no key of the file signed the checkpoint of {} at size {}",
                                                                   checkpoint->origin, checkpoint->head.size));
}

std::string Words(const ProvenFork& fork, const std::optional<merkle::Hash>& other_root) {
  const std::string who = fmt::format("{} {} signed two histories of log {} that exclude each other",
                                      fmt::join(fork.vkeys, " and "), fork.vkeys.size() == 1 ? "has" : "have", fork.smaller.origin);
  if (!other_root) {
    return fmt::format("{}: at size {} the root {} and the root {}.", who, fork.smaller.head.size,
                       bytes::EncodeHex(fork.smaller.head.root), bytes::EncodeHex(fork.larger.head.root));
  }
  return fmt::format("{}: at size {} the root {}, and at size {} the root {}, whose tree has the root {} at size {}.", who,
                     fork.smaller.head.size, bytes::EncodeHex(fork.smaller.head.root), fork.larger.head.size,
                     bytes::EncodeHex(fork.larger.head.root), bytes::EncodeHex(*other_root), fork.smaller.head.size);
}

// Whether two signed heads exclude each other, as the file says.
absl::Status CheckContradiction(const Evidence& evidence, const merkle::TreeHead& smaller, const merkle::TreeHead& larger) {
  if (smaller.size == larger.size) {
    if (evidence.other_root || !evidence.proof.empty()) return Malformed("equal sizes need neither otherRoot nor proof");
    return smaller.root == larger.root ? ShowsNothing("both checkpoints have the same root") : absl::OkStatus();
  }
  if (!evidence.other_root) return Malformed("different sizes need otherRoot and proof");
  if (*evidence.other_root == smaller.root) return ShowsNothing("otherRoot is the root that was signed");
  const auto check = merkle::VerifyConsistency(smaller.size, larger.size, *evidence.other_root, larger.root, evidence.proof);
  // A proof that fails shows nothing: anybody can write one.
  return check == merkle::ProofCheck::kOk ? absl::OkStatus()
                                          : ShowsNothing("the proof does not lead from otherRoot to the larger checkpoint");
}

std::vector<std::string> UniqueKeys(const SignedCheckpoint& a, const SignedCheckpoint& b) {
  if (a.vkey == b.vkey) return {a.vkey};
  return {a.vkey, b.vkey};
}

}  // namespace

absl::StatusOr<Evidence> ParseEvidence(std::string_view text) {
  const auto value = ParseJsonFile(text, kMaxEvidenceBytes);
  if (!value.ok()) return value.status();
  Members members(value->get_object());
  members.Expect(members.String("schema") == kSchema, fmt::format("schema: must be {}", kSchema));
  Evidence evidence;
  evidence.vkeys = members.Strings("vkeys", 1, kMaxVkeys);
  const auto notes = members.Strings("checkpoints", 2, 2);
  if (notes.size() == 2) evidence.checkpoints = {notes[0], notes[1]};
  if (members.Has("otherRoot") || members.Has("proof")) {
    evidence.other_root = members.HashOf("otherRoot");
    evidence.proof = members.Hashes("proof");
  }
  if (auto status = members.Finish(); !status.ok()) return status;
  return evidence;
}

std::string FormatEvidence(const Evidence& evidence) {
  json::object object;
  object["schema"] = json::string_view(kSchema.data(), kSchema.size());
  object["vkeys"] = json::array(evidence.vkeys.begin(), evidence.vkeys.end());
  object["checkpoints"] = json::array(evidence.checkpoints.begin(), evidence.checkpoints.end());
  if (evidence.other_root) {
    object["otherRoot"] = bytes::EncodeBase64(*evidence.other_root);
    object["proof"] = HashesToJson(evidence.proof);
  }
  return json::serialize(object) + "\n";
}

absl::StatusOr<ProvenFork> VerifyEvidence(const Evidence& evidence) {
  const auto keys = ParseKeys(evidence.vkeys);
  if (!keys.ok()) return keys.status();
  ProvenFork fork;
  auto first = OpenSigned(evidence.checkpoints[0], *keys, fork.vkeys);
  if (!first.ok()) return first.status();
  auto second = OpenSigned(evidence.checkpoints[1], *keys, fork.vkeys);
  if (!second.ok()) return second.status();
  if (first->origin != second->origin) return ShowsNothing(fmt::format("{} and {} are two logs", first->origin, second->origin));
  if (first->head.size > second->head.size) std::swap(*first, *second);
  if (auto status = CheckContradiction(evidence, first->head, second->head); !status.ok()) return status;
  fork.smaller = *std::move(first);
  fork.larger = *std::move(second);
  fork.words = Words(fork, evidence.other_root);
  return fork;
}

Evidence ForkAtOneSize(const SignedCheckpoint& a, const SignedCheckpoint& b) {
  return {.vkeys = UniqueKeys(a, b), .checkpoints = {a.note, b.note}, .other_root = std::nullopt, .proof = {}};
}

Evidence ForkAtTwoSizes(const SignedCheckpoint& smaller, const SignedCheckpoint& larger, const merkle::Hash& other_root,
                        std::vector<merkle::Hash> proof) {
  return {.vkeys = UniqueKeys(smaller, larger),
          .checkpoints = {smaller.note, larger.note},
          .other_root = other_root,
          .proof = std::move(proof)};
}

// RFC 9162 section 2.1.4.2 without its first root: the old root comes out of the proof, because the proof's first hash is a subtree
// that both trees have. Where old_size is a power of two that subtree is the whole old tree, which the proof leaves out.
std::optional<merkle::Hash> OldRootOfProof(std::uint64_t old_size, std::uint64_t new_size, std::span<const merkle::Hash> proof,
                                           const merkle::Hash& new_root) {
  if (old_size == 0 || old_size >= new_size || (old_size & (old_size - 1)) == 0 || proof.empty()) return std::nullopt;
  std::uint64_t fn = old_size - 1, sn = new_size - 1;
  for (; (fn & 1) != 0; fn >>= 1) sn >>= 1;
  merkle::Hash old_part = proof.front(), new_part = proof.front();
  for (const merkle::Hash& hash : proof.subspan(1)) {
    if (sn == 0) return std::nullopt;
    if ((fn & 1) != 0 || fn == sn) {
      old_part = merkle::HashNode(hash, old_part);
      new_part = merkle::HashNode(hash, new_part);
      for (; (fn & 1) == 0 && fn != 0; fn >>= 1) sn >>= 1;
    } else {
      new_part = merkle::HashNode(new_part, hash);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0 || new_part != new_root) return std::nullopt;
  return old_part;
}

}  // namespace trustlog::follow
