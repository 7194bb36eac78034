#include "proto/bytes/reason.h"

#include <algorithm>
#include <array>
#include <limits>

#include "absl/strings/cord.h"
#include "proto/bytes/wire.h"

namespace trustlog::bytes {
namespace {

using enum Reason;
using absl::StatusCode;

constexpr StatusCode kArgument = StatusCode::kInvalidArgument;
constexpr StatusCode kPermission = StatusCode::kPermissionDenied;
constexpr StatusCode kPrecondition = StatusCode::kFailedPrecondition;

constexpr ReasonInfo kReasons[] = {
    {kEnvelopeMalformed, "ENVELOPE_MALFORMED", kArgument,
     "The DSSE envelope is not what intake reads: strict JSON with payload, payloadType and 1 to 8 signatures, canonical base64, "
     "each key used once, and with several signatures a keyid for each.",
     "Make the envelope with `trustlog sign`, or correct the program that made it."},
    {kPayloadTypeUnsupported, "PAYLOAD_TYPE_UNSUPPORTED", kArgument,
     "The envelope's payloadType is not application/vnd.in-toto+json. The type is part of what was signed.",
     "Set that payloadType and sign again."},
    {kStatementMalformed, "STATEMENT_MALFORMED", kArgument,
     "The payload is not strict JSON (UTF-8, integers only, bounded depth and size) or not an in-toto statement v1 with 1 to 16 "
     "subjects.",
     "Correct the statement and sign it again."},
    {kDuplicateMember, "DUPLICATE_MEMBER", kArgument,
     "A JSON object names the same member twice. Readers differ in which of the two counts, so neither is accepted.",
     "Remove one of the two; a changed statement must be signed again."},
    {kSchemaViolation, "SCHEMA_VIOLATION", kArgument,
     "A member of the statement is missing, of the wrong type or outside the values its kind allows; `path` names it.",
     "Correct the member named and sign again; `trustlog statement new KIND` shows what each kind asks for."},
    {kTooLarge, "TOO_LARGE", kArgument, "Something is larger than the log takes: `limit` is the limit, `actual` the value met.",
     "Send less at once, or put the content into a document and name its digest."},
    {kAlgorithmMismatch, "ALGORITHM_MISMATCH", kArgument,
     "A public key is not the one DER form (SubjectPublicKeyInfo) of the algorithm named with it, or its point is not a usable "
     "one.",
     "Export the key again as SPKI and name the algorithm it has."},
    {kSignatureEncoding, "SIGNATURE_ENCODING", kArgument,
     "A signature does not have the form of its key's algorithm: 64 bytes for Ed25519, strict DER for ECDSA (not raw r|s).",
     "Let the signing program write that form. The key and the statement may be fine."},
    {kSignatureInvalid, "SIGNATURE_INVALID", kArgument,
     "A signature does not verify over these bytes under that key: another key signed, or the statement changed afterwards.",
     "Sign the DSSE pre-authentication encoding of exactly this payload with the registered key."},
    {kValidityInverted, "VALIDITY_INVERTED", kArgument, "An interval ends before or when it begins.",
     "Correct the two dates and sign again."},
    {kValidityTooLong, "VALIDITY_TOO_LONG", kArgument,
     "A commitment or audit result is valid for longer than the principle set allows.",
     "Choose an earlier end and sign again; renew later."},
    {kIssuedInFuture, "ISSUED_IN_FUTURE", kArgument, "issuedAt is more than five minutes ahead of the log's clock.",
     "Set the clock of the signing machine and sign again."},
    {kPageTokenInvalid, "PAGE_TOKEN_INVALID", kArgument, "The page token was made for another query or is damaged.",
     "Repeat the query from its first page with the same filters."},
    {kArgumentInvalid, "ARGUMENT_INVALID", kArgument, "An argument is missing or outside what the call allows; `field` names it.",
     "Correct the argument; the message has the value met."},

    {kKeyUnknown, "KEY_UNKNOWN", kPermission, "No registered key has this key id, or none of the issuer's keys made the signature.",
     "Check which key signed (`trustlog key show`), and have it registered first."},
    {kKeyRevoked, "KEY_REVOKED", kPermission, "The key was revoked by an earlier entry. A revoked key never comes back.",
     "Sign with another registered key, or register a new one."},
    {kKeyExpired, "KEY_EXPIRED", kPermission, "The time of logging is outside the interval in which the key is valid.",
     "Sign with a key that is valid now, or register a new one."},
    {kKeyPurpose, "KEY_PURPOSE", kPermission,
     "The key is registered for another purpose: `admin` keys manage keys, `sign` keys make claims.",
     "Sign with a key that has the purpose this kind asks for."},
    {kThresholdNotMet, "THRESHOLD_NOT_MET", kPermission,
     "The envelope has `have` signatures of the role where `need` distinct keys are asked for. Signatures of repeated submissions "
     "are "
     "never added up.",
     "Collect the missing signatures in one envelope and submit that."},
    {kIssuerMismatch, "ISSUER_MISMATCH", kPermission,
     "A signature is by a key whose owner may not sign this statement: neither its issuer nor a role that the kind asks for.",
     "Sign with the issuer's keys, or correct the issuer."},
    {kPartyUnknown, "PARTY_UNKNOWN", kPermission, "The issuer or a subject (`urn`) was not admitted to this log.",
     "Check the URN; a new party is admitted by the secretariat first."},
    {kMemberNotActive, "MEMBER_NOT_ACTIVE", kPermission,
     "The issuer has withdrawn or its membership has ended. Audit results, objections and retractions stay open.",
     "Ask the secretariat to record the member's present status."},
    {kNotAccredited, "NOT_ACCREDITED", kPermission, "The auditor has no accreditation in force at this time.",
     "Have the accreditation recorded first, then submit again."},
    {kAccreditationScope, "ACCREDITATION_SCOPE", kPermission,
     "The auditor is accredited, but not for all principles or schemes of this statement.",
     "Leave them out, or have the accreditation extended."},
    {kNotIndependent, "NOT_INDEPENDENT", kPermission,
     "Auditor and member belong to one group, or the accreditation excludes this member.",
     "Another auditor has to make this result."},

    {kWrongLog, "WRONG_LOG", kPrecondition, "The statement was signed for another log; this log's origin is `origin`.",
     "Submit it to the log it names, or sign a statement for this one."},
    {kGenesisOrder, "GENESIS_ORDER", kPrecondition, "A genesis stands at index 0 and nowhere else, and nothing stands before it.",
     "Submit the genesis first, once; everything else after it."},
    {kLogFrozen, "LOG_FROZEN", kPrecondition, "The log is closed for ever; its entries and proofs stay valid.",
     "Submit to the log named `successor`, if there is one."},
    {kLogDraining, "LOG_DRAINING", kPrecondition, "The operator lets the log finish what it has and takes nothing new.",
     "Try again later or at another node; nothing was written."},
    {kIssuedTooOld, "ISSUED_TOO_OLD", kPrecondition, "issuedAt lies further back than the log accepts (maxStatementAgeDays).",
     "Sign the statement again with a present issuedAt."},
    {kRefNotFound, "REF_NOT_FOUND", kPrecondition, "The statement refers to a record (`id`) that is not in the log before it.",
     "Submit the record it refers to first, or correct the reference."},
    {kRefWrongKind, "REF_WRONG_KIND", kPrecondition, "The record referred to (`id`) is not of the kind this reference asks for.",
     "Correct the reference and sign again."},
    {kRefWrongParty, "REF_WRONG_PARTY", kPrecondition, "The record referred to (`id`) belongs to another issuer or member.",
     "Correct the reference or the subject and sign again."},
    {kRefRetracted, "REF_RETRACTED", kPrecondition, "The record referred to (`id`) was retracted.",
     "Refer to a record that stands, or leave the retraction as it is."},
    {kSupersedesNotHead, "SUPERSEDES_NOT_HEAD", kPrecondition,
     "The statement must supersede the newest record of its chain, which is `head`; each record is superseded once.",
     "Read the newest record, decide anew, and sign with its id in supersedes."},
    {kPrincipleUnknown, "PRINCIPLE_UNKNOWN", kPrecondition, "A principle named is not in the principle set referred to.",
     "Correct the principle's number or the set."},
    {kPrincipleSetNotCurrent, "PRINCIPLE_SET_NOT_CURRENT", kPrecondition,
     "A new commitment must refer to the principle set in force or a later one; older sets take corrections only.",
     "Refer to the present principle set and sign again."},
    {kPartyExists, "PARTY_EXISTS", kPrecondition, "This party was admitted before.",
     "Nothing to do; change its keys or status instead."},
    {kKeyExists, "KEY_EXISTS", kPrecondition, "This key is known to the log already. A key is registered once, for one owner.",
     "Generate a new key and register that."},
    {kVersionNotNext, "VERSION_NOT_NEXT", kPrecondition, "A change of authority must have the present version plus one.",
     "Read the present authority, decide anew, and sign with the next version."},
    {kIndexHeadNotNewer, "INDEX_HEAD_NOT_NEWER", kPrecondition,
     "An index head covers no more entries than one before it, or itself.",
     "Compute the head for a larger size below its own index."},
    {kPersonalDataSuspected, "PERSONAL_DATA_SUSPECTED", kPrecondition,
     "The member at `path` looks like data of a person. What is logged stays logged, so this node refuses it.",
     "Remove it, or put it into a document and name its salted commitment."},

    {kEntryNotFound, "ENTRY_NOT_FOUND", StatusCode::kNotFound, "No published entry has this statement id.",
     "Check the id; just submitted, it appears with the next checkpoint."},
    {kMemberNotFound, "MEMBER_NOT_FOUND", StatusCode::kNotFound, "No party of this log has this name.",
     "Check the URN and which log was asked."},
    {kCheckpointNotFound, "CHECKPOINT_NOT_FOUND", StatusCode::kNotFound, "No checkpoint is published yet.",
     "Wait for the first checkpoint; without a quorum of witnesses a log publishes none."},
    {kStatementWithheld, "STATEMENT_WITHHELD", StatusCode::kNotFound,
     "The statement is no longer served; the entry at `notice_index` says so and why. Its own entry and proofs stay.",
     "Use the entry; ask its issuer for the statement itself."},

    {kSizeNotPublished, "SIZE_NOT_PUBLISHED", StatusCode::kOutOfRange,
     "The size asked for is above the newest published one, `published`.",
     "Ask for at most that size, or wait for a later checkpoint."},
    {kIndexOutOfRange, "INDEX_OUT_OF_RANGE", StatusCode::kOutOfRange,
     "The index is not below the size of the tree that was asked for.", "Ask for a smaller index, or wait until it is published."},

    {kQuotaExceeded, "QUOTA_EXCEEDED", StatusCode::kResourceExhausted,
     "The quota `bucket` of `limit` is used up. Nothing was written.", "Wait for the retry time given, then repeat."},
    {kTooManyStreams, "TOO_MANY_STREAMS", StatusCode::kResourceExhausted, "This node serves as many streams as it may.",
     "Close streams that are not needed, or wait for the retry time given."},
    {kPushback, "PUSHBACK", StatusCode::kResourceExhausted,
     "The node's queue is full or the log runs ahead of its witnesses. Nothing was written.",
     "Wait for the retry time given, then repeat."},

    {kOutcomeUnknown, "OUTCOME_UNKNOWN", StatusCode::kUnavailable, "Whether the statement was written is not known.",
     "Repeat the same submission: if it was written, its index is returned."},
    {kStopped, "STOPPED", StatusCode::kUnavailable, "The node stops or has stopped itself in doubt. Nothing was written.",
     "Repeat at another node or later."},
    {kReadOnly, "READ_ONLY", StatusCode::kUnavailable, "The node serves reads only at present. Nothing was written.",
     "Repeat at another node or later."},
    {kStreamAge, "STREAM_AGE", StatusCode::kUnavailable, "A stream ends after its hour; nothing is wrong.",
     "Call again from the last position given."},

    {kPublishPending, "PUBLISH_PENDING", StatusCode::kDeadlineExceeded,
     "The entry is durable at `index`, but no checkpoint with quorum covers it yet.",
     "Repeat the same call to go on waiting; it is not written twice."},
    {kDeadline, "DEADLINE", StatusCode::kDeadlineExceeded,
     "The call's time was up before an answer; a submission may have been written.",
     "Repeat it, with a longer deadline if it happens again."},

    {kKindUnknown, "KIND_UNKNOWN", StatusCode::kUnimplemented,
     "predicateType is not a kind of this version under this log's type base.",
     "Correct predicateType; the log's type base is in its genesis."},
    {kAlgorithmNotBuiltIn, "ALGORITHM_NOT_BUILT_IN", StatusCode::kUnimplemented,
     "The key's algorithm is named in the format, but this program cannot check it yet.",
     "Sign with a key of another algorithm, or use a program that has it."},

    {kCorruption, "CORRUPTION", StatusCode::kDataLoss, "Stored data does not agree with itself; the node trusts it no longer.",
     "The operator has to look: run `trustlogd fsck` and restore before going on."},
    {kInternal, "INTERNAL", StatusCode::kInternal, "The program met a state it excludes: a defect of ours.",
     "Report it with the trace id. Repeating a submission is safe."},
};

constexpr bool TableFollowsEnum() {
  for (std::size_t i = 0; i < std::size(kReasons); ++i) {
    if (kReasons[i].reason != static_cast<Reason>(i)) return false;
  }
  return std::size(kReasons) == static_cast<std::size_t>(kInternal) + 1;
}
static_assert(TableFollowsEnum());

// The payload: lp16 word, then lp16 name and lp16 value of each pair.
constexpr std::string_view kPayloadType = "trustlog/reason";

std::string_view Cut(std::string_view text) { return text.substr(0, std::numeric_limits<std::uint16_t>::max()); }

struct Payload {
  Reason reason;
  Metadata metadata;
};

std::optional<Payload> PayloadOf(const absl::Status& status) {
  const auto cord = status.GetPayload({kPayloadType.data(), kPayloadType.size()});
  if (!cord) return std::nullopt;
  const std::string data(*cord);
  ByteReader reader(data);
  const auto reason = ParseReason(reader.Lp16());
  if (!reason) return std::nullopt;
  Payload payload{*reason, {}};
  while (reader.ok() && !reader.AtEnd()) {
    const auto name = reader.Lp16();
    const auto value = reader.Lp16();
    payload.metadata.emplace_back(name, value);
  }
  if (!reader.ok()) return std::nullopt;
  return payload;
}

}  // namespace

std::span<const ReasonInfo> AllReasons() { return kReasons; }

const ReasonInfo& Describe(Reason reason) { return kReasons[static_cast<std::size_t>(reason)]; }

std::optional<Reason> ParseReason(std::string_view word) {
  const auto* const found =
      std::find_if(std::begin(kReasons), std::end(kReasons), [word](const auto& info) { return info.word == word; });
  if (found == std::end(kReasons)) return std::nullopt;
  return found->reason;
}

absl::Status Refuse(Reason reason, std::string_view message, const Metadata& metadata) {
  const ReasonInfo& info = Describe(reason);
  ByteWriter writer;
  writer.Lp16(info.word);
  for (const auto& pair : metadata) writer.Lp16(Cut(pair.first)).Lp16(Cut(pair.second));
  absl::Status status(info.code, {message.data(), message.size()});
  status.SetPayload({kPayloadType.data(), kPayloadType.size()}, absl::Cord(writer.Take()));
  return status;
}

absl::Status About(std::string_view subject, const absl::Status& status) {
  std::string words(subject);
  words.append(": ").append(MessageOf(status));
  absl::Status about(status.code(), words);
  status.ForEachPayload([&about](absl::string_view url, const absl::Cord& payload) { about.SetPayload(url, payload); });
  return about;
}

std::optional<Reason> ReasonOf(const absl::Status& status) {
  const auto payload = PayloadOf(status);
  if (!payload) return std::nullopt;
  return payload->reason;
}

Metadata MetadataOf(const absl::Status& status) {
  auto payload = PayloadOf(status);
  return payload ? std::move(payload->metadata) : Metadata{};
}

std::string MetadataValue(const absl::Status& status, std::string_view name) {
  const auto payload = PayloadOf(status);
  if (!payload) return "";
  for (const auto& pair : payload->metadata) {
    if (pair.first == name) return pair.second;
  }
  return "";
}

}  // namespace trustlog::bytes
