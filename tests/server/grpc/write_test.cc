// Submitting over a real channel (protocols.md G1-G8, reliability.md 6.2): what is accepted is proved, what is refused says why and
// leaves no trace.
#include <functional>
#include <set>

#include "proto/attest/dsse.h"
#include "proto/bytes/reason.h"
#include "tests/server/grpc/rpc_fixture.h"
#include "tests/support/gate.h"

namespace trustlog::rpc {
namespace {

using attest::Envelope;
using std::chrono::milliseconds;
using support::Heard;
using support::Replaced;
using support::Sign;
using support::SignPayload;

class WriteTest : public RpcTest {
 protected:
  using RpcTest::RpcTest;
  // G3: the answer of a published submission, checked by its bytes alone.
  void ExpectProved(const support::SignedRecord& record, const v1::AddStatementResponse& response) const {
    const auto& outcome = response.outcome();
    EXPECT_EQ(outcome.statement_id(), bytes::EncodeHex(record.id()));
    EXPECT_EQ(outcome.leaf_hash(), bytes::EncodeHex(merkle::HashLeaf(bytes::AsBytes(outcome.entry()))));
    const auto entry = attest::DecodeEntry(outcome.entry());
    ASSERT_TRUE(entry.ok()) << entry.status();
    EXPECT_EQ(entry->statement_id, record.id());
    EXPECT_EQ(static_cast<std::int64_t>(entry->logged_at_ms), outcome.logged_at_ms());
    const auto head = Verified(response.published().checkpoint());
    EXPECT_EQ(response.published().proof().index(), outcome.index());
    ExpectProves(response.published().proof(), outcome.entry(), head);
    const auto file = tlog::ParseTlogProof(response.published().tlog_proof());
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(file->index, outcome.index());
    EXPECT_EQ(file->checkpoint, response.published().checkpoint().note());
    EXPECT_EQ(file->hashes, Hashes(response.published().proof().hashes()));
  }
};

TEST_F(WriteTest, G3APublishedAnswerProvesTheEntryUnderASignedCheckpoint) {
  v1::AddStatementResponse response;
  ASSERT_TRUE(Add(Fresh(1).envelope, response).ok());
  EXPECT_EQ(response.outcome().index(), Size());
  EXPECT_FALSE(response.outcome().duplicate());
  ExpectProved(Fresh(1), response);
  // `wait` left out is published.
  ASSERT_TRUE(Add(Fresh(2).envelope, response, v1::WAIT_UNSPECIFIED).ok());
  ExpectProved(Fresh(2), response);
  ASSERT_TRUE(Add(Fresh(3).envelope, response, v1::WAIT_DURABLE).ok());
  EXPECT_FALSE(response.has_published());
  EXPECT_EQ(response.outcome().index(), Size() + 2);
}

TEST_F(WriteTest, G2TheSameStatementAgainIsTheSameEntryWithAFullProof) {
  v1::AddStatementResponse first, again;
  ASSERT_TRUE(Add(Fresh(1).envelope, first).ok());
  auto other_signatures = Fresh(1).envelope;
  other_signatures.signatures = SignPayload(other_signatures.payload, {"one-2"}).signatures;
  auto without_hint = Fresh(1).envelope;
  without_hint.signatures[0].keyid.clear();
  auto bad_signature = Fresh(1).envelope;
  bad_signature.signatures[0].sig[0] ^= 1;  // never looked at: the statement is known
  for (const auto& envelope : {Fresh(1).envelope, other_signatures, without_hint, bad_signature}) {
    ASSERT_TRUE(Add(envelope, again).ok());
    EXPECT_TRUE(again.outcome().duplicate());
    EXPECT_EQ(again.outcome().index(), first.outcome().index());
    EXPECT_EQ(again.outcome().entry(), first.outcome().entry());
    EXPECT_EQ(again.outcome().logged_at_ms(), first.outcome().logged_at_ms());
    ExpectProved(Fresh(1), again);
  }
  EXPECT_EQ(log_.node().integrated_size(), Size() + 1);
  log_.Kill();
  log_.Start();
  stub_ = support::Connect(log_.rpc());
  ASSERT_TRUE(Add(Fresh(1).envelope, again).ok());
  EXPECT_TRUE(again.outcome().duplicate());
  EXPECT_EQ(again.outcome().entry(), first.outcome().entry());
  ASSERT_TRUE(Add(The("genesis").envelope, again).ok());
  EXPECT_EQ(again.outcome().index(), 0U);
}

TEST_F(WriteTest, G5ABatchIsInOrderMayReferToItselfAndIsRefusedItemByItem) {
  auto commitment = Sign(support::CommitmentStatement("one", 4, The("principles")));
  auto on_it = Sign(support::EvidenceStatement("one", commitment));
  auto on_nothing = Sign(support::EvidenceStatement("one", Sign(support::CommitmentStatement("two", 4, The("principles")))));
  auto forged = Fresh(5).envelope;
  forged.signatures[0].sig[3] ^= 1;
  v1::AddStatementsResponse response;
  ASSERT_TRUE(
      AddAll({commitment.envelope, forged, on_it.envelope, on_nothing.envelope, The("result").envelope, on_it.envelope, Envelope()},
             response)
          .ok());
  ASSERT_EQ(response.results_size(), 7);
  const auto reason = [&](int item) {
    google::rpc::ErrorInfo info;
    EXPECT_TRUE(response.results(item).has_refusal()) << item;
    response.results(item).refusal().details(0).UnpackTo(&info);
    return info.reason();
  };
  EXPECT_EQ(response.results(0).outcome().index(), Size());
  EXPECT_EQ(reason(1), "SIGNATURE_INVALID");
  EXPECT_EQ(response.results(2).outcome().index(), Size() + 1);
  EXPECT_EQ(reason(3), "REF_NOT_FOUND");
  EXPECT_TRUE(response.results(4).outcome().duplicate());
  EXPECT_EQ(response.results(4).outcome().index(), log_.alliance().IndexOf("result"));
  EXPECT_TRUE(response.results(5).outcome().duplicate()) << "in the same batch";
  EXPECT_EQ(response.results(5).outcome().index(), Size() + 1);
  EXPECT_EQ(response.results(5).outcome().entry(), response.results(2).outcome().entry());
  EXPECT_EQ(reason(6), "ENVELOPE_MALFORMED");

  // One proof for each outcome, in their order, under one checkpoint.
  const auto head = Verified(response.published().checkpoint());
  ASSERT_EQ(response.published().proofs_size(), 4);
  int proof = 0;
  for (const auto& result : response.results()) {
    if (!result.has_outcome()) continue;
    EXPECT_EQ(response.published().proofs(proof).index(), result.outcome().index());
    ExpectProves(response.published().proofs(proof++), result.outcome().entry(), head);
  }
  EXPECT_EQ(log_.node().integrated_size(), Size() + 2) << "a refusal takes no index";
}

TEST_F(WriteTest, G5AKeyRegisteredInTheBatchSignsWhatFollowsIt) {
  const auto key = Sign(support::KeyStatement("member:two", "two-9", "\"sign\"", {"secretariat-1", "secretariat-2"}));
  auto by_it = support::CommitmentStatement("two", 2, The("principles"));
  by_it.signers = {"two-9"};
  v1::AddStatementsResponse response;
  ASSERT_TRUE(AddAll({key.envelope, Sign(by_it).envelope}, response).ok());
  EXPECT_TRUE(response.results(0).has_outcome()) << response.results(0).refusal().message();
  EXPECT_TRUE(response.results(1).has_outcome()) << response.results(1).refusal().message();
}

TEST_F(WriteTest, G5NoItemsAreNoneAndTooManyAreRefusedTogether) {
  v1::AddStatementsResponse response;
  ASSERT_TRUE(AddAll({}, response).ok());
  EXPECT_EQ(response.results_size(), 0);
  EXPECT_FALSE(response.has_published());
  const auto heard = AddAll(std::vector<Envelope>(1'001, Fresh(1).envelope), response);
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(heard.reason, "TOO_LARGE");
  EXPECT_EQ(heard.info.metadata().at("limit"), "1000");
  EXPECT_EQ(heard.info.metadata().at("actual"), "1001");
  EXPECT_EQ(heard.bad_request->field_violations(0).field(), "envelopes");
  EXPECT_EQ(log_.node().integrated_size(), Size());
  ASSERT_TRUE(AddAll({Envelope()}, response).ok()) << "refused items alone are no refusal of the call";
  EXPECT_FALSE(response.has_published());
}

TEST_F(WriteTest, AThousandItemsAreOneCall) {
  std::vector<Envelope> envelopes;
  for (std::uint64_t i = 0; i < 1'000; ++i) envelopes.push_back(Fresh(i).envelope);
  v1::AddStatementsResponse response;
  const auto heard = AddAll(envelopes, response);
  ASSERT_TRUE(heard.ok()) << heard.status.error_message();
  ASSERT_EQ(response.results_size(), 1'000);
  const auto head = Verified(response.published().checkpoint());
  ASSERT_EQ(response.published().proofs_size(), 1'000);
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(response.results(i).outcome().index(), Size() + static_cast<std::uint64_t>(i));
    ExpectProves(response.published().proofs(i), response.results(i).outcome().entry(), head);
  }
}

TEST_F(WriteTest, AMessageAboveFourMebibytesIsRefusedAndTheNextOneIsTaken) {
  v1::AddStatementRequest request;
  request.mutable_envelope()->set_payload(std::string((4u << 20) + 1, 'x'));
  v1::AddStatementResponse response;
  EXPECT_EQ(support::Ask(*stub_, &Stub::AddStatement, request, response).status.error_code(),
            ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Add(Fresh(1).envelope, response).ok());
}

TEST_F(WriteTest, MetadataAboveTheLimitIsRefused) {
  ::grpc::ClientContext context;
  context.AddMetadata("x-large", std::string(16'000, 'x'));
  v1::GetCheckpointResponse response;
  EXPECT_FALSE(stub_->GetCheckpoint(&context, {}, &response).ok());
  // The server may end the connection too, and a call that is on it then is UNAVAILABLE; the next one comes on another.
  ::grpc::Status next;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  do {
    ::grpc::ClientContext small;
    next = stub_->GetCheckpoint(&small, {}, &response);
  } while (next.error_code() == ::grpc::StatusCode::UNAVAILABLE && std::chrono::steady_clock::now() < end);
  EXPECT_TRUE(next.ok()) << next.error_message();
}

TEST_F(WriteTest, ARequestThatProtobufCannotReadIsUnimplementedAndWithoutAReason) {
  auto envelope = Fresh(1).envelope;
  envelope.signatures[0].keyid = "\xff\xfe";  // strings of proto3 are UTF-8
  v1::AddStatementResponse response;
  const auto heard = Add(envelope, response);
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(heard.reason, "");
}

// Reasons over the wire, from every group of the table: code, domain, metadata, and nothing written. The rules themselves have
// tests of their own.
TEST_F(WriteTest, EveryRefusalHasItsReasonItsCodeAndNoTrace) {
  const auto evidence = [this] { return support::EvidenceStatement("one", The("commitment-one-2")); };
  const auto payload = [&](std::string_view from, std::string_view to) {
    auto text = support::PayloadOf(evidence());
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return SignPayload(text.replace(at, from.size(), to), {"one-1"});
  };
  const auto variant = [](support::SampleStatement statement, std::uint64_t number) {
    statement.variant = number;
    return statement;
  };
  const auto by = [](support::SampleStatement statement, std::vector<std::string> signers) {
    statement.signers = std::move(signers);
    return statement;
  };
  const auto at = [](support::SampleStatement statement, std::int64_t time) {
    statement.issued_at = time;
    return statement;
  };
  Envelope wrong_type = Fresh(1).envelope;
  wrong_type.payload_type = "application/json";
  Envelope large = Fresh(1).envelope;
  large.payload = std::string(attest::kMaxPayloadBytes + 1, ' ');
  Envelope short_signature = Fresh(1).envelope;
  short_signature.signatures[0].sig.pop_back();
  Envelope forged = Fresh(1).envelope;
  forged.signatures[0].sig[10] ^= 1;
  auto elsewhere = variant(evidence(), 7);
  elsewhere.origin = "log.example/another";
  const std::string until = attest::FormatTime(support::kSampleTime + 730 * support::kSampleDay);
  const auto commitment = support::CommitmentStatement("one", 4, The("principles"));
  const auto raw = [](const support::SampleStatement& statement) {
    return SignPayload(support::PayloadOf(statement), statement.signers);
  };
  const auto id = [this](std::string_view label) { return bytes::EncodeHex(The(label).id()); };

  const struct {
    const char* name;
    Envelope envelope;
    const char* reason;
    const char* metadata;
  } cases[] = {
      {"no signature", {std::string(attest::kPayloadType), "{}", {}}, "ENVELOPE_MALFORMED", ""},
      {"another type of payload", wrong_type, "PAYLOAD_TYPE_UNSUPPORTED", ""},
      {"payload of 32 KiB + 1", large, "TOO_LARGE", "limit"},
      {"no JSON", SignPayload("{", {"one-1"}), "STATEMENT_MALFORMED", ""},
      {"two equal members", payload("\"mediaType\":", "\"form\":\"sbom\",\"mediaType\":"), "DUPLICATE_MEMBER", ""},
      {"a member of another type", payload("\"mediaType\":\"application/json\"", "\"mediaType\":7"), "SCHEMA_VIOLATION", "path"},
      {"unknown kind", payload("/evidence/v1", "/rumour/v1"), "KIND_UNKNOWN", ""},
      {"another log", Sign(elsewhere).envelope, "WRONG_LOG", "origin"},
      {"signature of 63 bytes", short_signature, "SIGNATURE_ENCODING", ""},
      {"signature of another statement", forged, "SIGNATURE_INVALID", ""},
      {"unknown key", Sign(by(variant(evidence(), 20), {"nobody"})).envelope, "KEY_UNKNOWN", ""},
      {"key of another party", Sign(by(variant(evidence(), 21), {"two-1"})).envelope, "ISSUER_MISMATCH", ""},
      {"one of two signatures", Sign(by(variant(support::AdmissionStatement("member", "four"), 1), {"secretariat-1"})).envelope,
       "THRESHOLD_NOT_MET", "need"},
      {"validity inverted", raw(Replaced(commitment, until, attest::FormatTime(support::kSampleTime - 1))), "VALIDITY_INVERTED",
       ""},
      {"validity too long",
       Sign(Replaced(commitment, until, attest::FormatTime(support::kSampleTime + 2'000 * support::kSampleDay))).envelope,
       "VALIDITY_TOO_LONG", ""},
      {"from the future", Sign(at(variant(evidence(), 8), support::kSampleTime + 60 * support::kSampleDay)).envelope,
       "ISSUED_IN_FUTURE", ""},
      {"years old", Sign(at(variant(evidence(), 9), support::kSampleTime - 400 * support::kSampleDay)).envelope, "ISSUED_TOO_OLD",
       ""},
      {"second genesis", Sign(variant(support::GenesisStatement(), 3)).envelope, "GENESIS_ORDER", ""},
      {"party twice", Sign(variant(support::AdmissionStatement("member", "two"), 4)).envelope, "PARTY_EXISTS", ""},
      {"key twice",
       Sign(variant(support::KeyStatement("member:two", "two-1", "\"sign\"", {"secretariat-1", "secretariat-2"}), 5)).envelope,
       "KEY_EXISTS", ""},
      {"reference to nothing", Sign(Replaced(commitment, id("principles"), std::string(64, 'a'))).envelope, "REF_NOT_FOUND", "id"},
      {"reference to another kind", Sign(Replaced(commitment, id("principles"), id("commitment-one-1"))).envelope, "REF_WRONG_KIND",
       "id"},
      {"unknown principle", Sign(Replaced(commitment, "\"principle\":4", "\"principle\":9")).envelope, "PRINCIPLE_UNKNOWN", ""},
      {"outside the accreditation",
       Sign(Replaced(variant(support::ResultStatement(The("engagement"), "conformant"), 6), "bsi-c5", "soc-2")).envelope,
       "ACCREDITATION_SCOPE", ""},
      {"a person's address", payload("\"mediaType\":\"application/json\"", "\"mediaType\":\"erika.mustermann@example.org\""),
       "PERSONAL_DATA_SUSPECTED", "path"},
  };
  const auto size = log_.node().integrated_size();
  for (const auto& c : cases) {
    v1::AddStatementResponse response;
    const auto heard = Add(c.envelope, response);
    EXPECT_EQ(heard.reason, c.reason) << c.name << ": " << heard.status.error_message();
    const auto reason = bytes::ParseReason(c.reason);
    ASSERT_TRUE(reason.has_value()) << c.name;
    EXPECT_EQ(static_cast<int>(heard.status.error_code()), static_cast<int>(bytes::Describe(*reason).code)) << c.name;
    EXPECT_EQ(heard.info.domain(), "trustlog") << c.name;
    EXPECT_FALSE(heard.status.error_message().empty()) << c.name;
    EXPECT_LE(heard.status.error_details().size(), 4'096U) << c.name;
    if (*c.metadata != '\0') {
      EXPECT_TRUE(heard.info.metadata().contains(c.metadata)) << c.name;
    }
    if (std::string_view(c.metadata) == "path") {
      ASSERT_TRUE(heard.bad_request.has_value()) << c.name;
      EXPECT_EQ(heard.bad_request->field_violations(0).field(), heard.info.metadata().at("path")) << c.name;
    }
    EXPECT_EQ(log_.node().integrated_size(), size) << c.name;
  }
}

// reliability.md 6.2: what no honest client sends.
TEST_F(WriteTest, HostileEnvelopesAreRefusedAndNothingIsWritten) {
  const auto fresh = Fresh(1).envelope;
  const auto with = [&](const std::function<void(Envelope&)>& change) {
    auto envelope = fresh;
    change(envelope);
    return envelope;
  };
  const auto signed_payload = [&](std::string text) { return SignPayload(std::move(text), {"one-1"}); };
  std::string deep = fresh.payload;
  deep.insert(deep.size() - 2, ",\"extra\":" + std::string(40, '[') + std::string(40, ']'));
  const struct {
    const char* name;
    Envelope envelope;
    const char* reason;
  } cases[] = {
      {"nothing at all", {}, "ENVELOPE_MALFORMED"},
      {"no payload", with([](Envelope& e) { e.payload.clear(); }), "ENVELOPE_MALFORMED"},
      {"no type", with([](Envelope& e) { e.payload_type.clear(); }), "PAYLOAD_TYPE_UNSUPPORTED"},
      {"nine signatures", with([](Envelope& e) { e.signatures.assign(9, e.signatures[0]); }), "ENVELOPE_MALFORMED"},
      {"ten thousand signatures", with([](Envelope& e) { e.signatures.assign(10'000, e.signatures[0]); }), "TOO_LARGE"},
      {"empty signature", with([](Envelope& e) { e.signatures[0].sig.clear(); }), "ENVELOPE_MALFORMED"},
      {"signature of a mebibyte", with([](Envelope& e) { e.signatures[0].sig.assign(1u << 20, 's'); }), "TOO_LARGE"},
      {"signature of 65 bytes", with([](Envelope& e) { e.signatures[0].sig.push_back('\0'); }), "SIGNATURE_ENCODING"},
      {"signature over the raw body", with([](Envelope& e) { e.signatures[0].sig = *support::SampleKey("one-1").Sign(e.payload); }),
       "SIGNATURE_INVALID"},
      {"hint of another key",
       with([](Envelope& e) { e.signatures[0].keyid = bytes::EncodeHex(support::SampleKey("two-1").public_key().id()); }),
       "SIGNATURE_INVALID"},
      {"forged under an unknown key", with([](Envelope& e) {
         e.signatures = {{std::string(64, 'a'), std::string(64, 's')}};
       }),
       "KEY_UNKNOWN"},
      {"trailing bytes", signed_payload(fresh.payload + "x"), "STATEMENT_MALFORMED"},
      {"byte order mark", signed_payload("\xef\xbb\xbf" + fresh.payload), "STATEMENT_MALFORMED"},
      {"invalid UTF-8", signed_payload(std::string("{\"_type\":\"\xff\"}")), "STATEMENT_MALFORMED"},
      {"NUL", signed_payload(std::string("{\"_type\":\"\0\"}", 12)), "STATEMENT_MALFORMED"},
      {"depth", signed_payload(deep), "STATEMENT_MALFORMED"},
      {"a float",
       signed_payload(support::PayloadOf(
           Replaced(support::CommitmentStatement("one", 4, The("principles")), "\"principle\":4", "\"principle\":4.0"))),
       "STATEMENT_MALFORMED"},
      {"2^53",
       signed_payload(support::PayloadOf(Replaced(support::CommitmentStatement("one", 4, The("principles")), "\"principle\":4",
                                                  "\"principle\":9007199254740992"))),
       "STATEMENT_MALFORMED"},
      {"an array", signed_payload("[]"), "STATEMENT_MALFORMED"},
  };
  const auto size = log_.node().integrated_size();
  for (const auto& c : cases) {
    v1::AddStatementResponse response;
    EXPECT_EQ(Add(c.envelope, response).reason, c.reason) << c.name;
    EXPECT_EQ(log_.node().integrated_size(), size) << c.name;
  }
  v1::AddStatementResponse response;
  EXPECT_TRUE(Add(fresh, response).ok());
}

// G8: what speaks against somebody is never refused for that.
TEST_F(WriteTest, G8NegativeResultsAreTaken) {
  auto second = support::ResultStatement(The("engagement"), "nonconformant-major");
  second.variant = 5;
  v1::AddStatementResponse response;
  const auto heard = Add(Sign(Superseding(second, The("result"), "correction")).envelope, response);
  EXPECT_TRUE(heard.ok()) << heard.reason << heard.status.error_message();
}

// G4: the refusal arrives before the caller's deadline, with its details.
TEST_F(WriteTest, G4PendingPublicationIsToldInTimeWithTheIndex) {
  support::Gate publication(log_.storage().plan(), support::Call::kConfirm);
  v1::AddStatementRequest request;
  *request.mutable_envelope() = support::ToMessage(Fresh(1).envelope);
  v1::AddStatementResponse response;
  const auto heard = support::Ask(*stub_, &Stub::AddStatement, request, response, milliseconds(700));
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::DEADLINE_EXCEEDED);
  ASSERT_EQ(heard.reason, "PUBLISH_PENDING") << heard.status.error_message();
  EXPECT_EQ(heard.info.metadata().at("index"), std::to_string(Size()));
  publication.Open();
  ASSERT_TRUE(support::Ask(*stub_, &Stub::AddStatement, request, response).ok());
  EXPECT_TRUE(response.outcome().duplicate());
  ExpectProved(Fresh(1), response);
}

class QuotaTest : public WriteTest {
 protected:
  static support::RunningLog::Options Tight() {
    support::RunningLog::Options options;
    options.configure = [](server::Config& config) {
      config.quota.by_issuer[support::SampleUrn("member:one")] = {0.5, 1, 0};
      config.quota.proofs_per_second_per_address = 0.5;
    };
    return options;
  }
  QuotaTest() : WriteTest(Tight()) {}
};

TEST_F(QuotaTest, QuotaIsToldWithTheTimeToWait) {
  v1::AddStatementResponse response;
  ASSERT_TRUE(Add(Fresh(1).envelope, response, v1::WAIT_DURABLE).ok());
  const auto heard = Add(Fresh(2).envelope, response, v1::WAIT_DURABLE);
  EXPECT_EQ(heard.status.error_code(), ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  ASSERT_EQ(heard.reason, "QUOTA_EXCEEDED");
  EXPECT_EQ(heard.info.metadata().at("bucket"), "statements_per_second");
  ASSERT_TRUE(heard.retry.has_value());
  const auto wait_ms = heard.retry->retry_delay().seconds() * 1'000 + heard.retry->retry_delay().nanos() / 1'000'000;
  EXPECT_EQ(heard.pushback_ms, std::to_string(wait_ms));
  EXPECT_GT(wait_ms, 0);
  EXPECT_LE(wait_ms, 2'000);
  EXPECT_EQ(log_.node().integrated_size(), Size() + 1);

  v1::GetInclusionProofRequest proof;
  *proof.mutable_selector() = ByIndex(0);
  v1::GetInclusionProofResponse proven;
  Heard last = support::Ask(*stub_, &Stub::GetInclusionProof, proof, proven);
  for (int i = 0; i < 5 && last.ok(); ++i) last = support::Ask(*stub_, &Stub::GetInclusionProof, proof, proven);
  EXPECT_EQ(last.reason, "QUOTA_EXCEEDED");
  EXPECT_NE(last.pushback_ms, "");
}

}  // namespace
}  // namespace trustlog::rpc
