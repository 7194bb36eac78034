// A little alliance for tests: keys, statements, envelopes and entries of a log that the rules of records.md accept, and the means
// to make further ones, right or wrong. Everything is deterministic. Values; not thread-safe while built.
//
//   const SampleAlliance alliance;                                    // genesis .. an audit result, in order
//   SignedRecord next = Sign(Replaced(CommitmentStatement("one", 4, alliance["principles"]), "\"principle\":4",
//   "\"principle\":9"));
//
// The keys are TEST ONLY: anybody can compute their private halves.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/attest/dsse.h"
#include "proto/attest/entry.h"
#include "proto/attest/statement.h"
#include "proto/keys/key.h"

namespace trustlog::support {

inline constexpr char kSampleOrigin[] = "log.example/sample-alliance";
inline constexpr char kSampleTypeBase[] = "https://trustlog.example/attest";
inline constexpr char kSampleUrnPrefix[] = "urn:tta:";
inline constexpr std::int64_t kSampleTime = 1'793'523'600;  // 2026-11-01T09:00:00Z: issuedAt, unless said otherwise
inline constexpr std::int64_t kSampleDay = 86'400;

// TEST ONLY. Ed25519; the secret is SHA-256("sample-alliance/" name).
keys::PrivateKey SampleKey(std::string_view name);

attest::LogContext SampleContext();  // after genesis

// What a statement says and who signs it. The functions below fill it so that it is valid after the alliance's records.
struct SampleStatement {
  attest::Kind kind{};
  std::string issuer;                // URN
  std::string members;               // of the predicate, besides those that all kinds have; JSON text
  std::string document;              // its name; "": a name subject
  std::vector<std::string> signers;  // names of keys
  std::int64_t issued_at = kSampleTime;
  std::string origin = kSampleOrigin;
  std::uint64_t variant = 0;  // another number, another nonce: another statement with the same content
};

// A signed statement. Its signatures verify; whether the log takes it is another matter.
struct SignedRecord {
  attest::Envelope envelope;  // keyids: 64 hex digits
  attest::Statement statement;
  attest::Entry entry;  // logged_at_ms is 0

  const attest::Id& id() const { return entry.statement_id; }
};

// Ends the test program with a message where the statement does not parse or derive: such ones are made of a payload by
// SignPayload.
SignedRecord Sign(const SampleStatement& statement);
SignedRecord SignedOf(std::string payload, const std::vector<std::string>& signers, const attest::LogContext& context = SampleContext());
std::string PayloadOf(const SampleStatement& statement);
attest::Envelope SignPayload(std::string payload, const std::vector<std::string>& signers);
std::string EnvelopeJson(const SignedRecord& record);

// `statement` with the only occurrence of `from` in its members replaced.
SampleStatement Replaced(SampleStatement statement, std::string_view from, std::string_view to);
// With a member `supersedes`; change: "renewal" or "correction".
SampleStatement Superseding(SampleStatement statement, const SignedRecord& older, std::string_view change);

SampleStatement GenesisStatement();  // root 2 of 3, secretariat 2 of 3, operator 1 of 1
SampleStatement PrincipleSetStatement(std::string_view version,
                                      std::int64_t valid_from);  // principles 1..5; 1100 and 800 days at most
SampleStatement AdmissionStatement(std::string_view role, std::string_view slug, std::string_view group = "");
// Signed by the new key and by `sponsors`. purposes: JSON, as `"sign","admin"`.
SampleStatement KeyStatement(std::string_view party, std::string_view key, std::string_view purposes,
                             std::vector<std::string> sponsors);
// Of principles 1..4, schemes iso-27001 and bsi-c5, not for member `not_for`; for three years.
SampleStatement AccreditationStatement(std::string_view auditor, std::string_view not_for);
SampleStatement CommitmentStatement(std::string_view member, int principle,
                                    const SignedRecord& set);  // for two years, signed by <member>-1
// principles: JSON, as "2,3". Signed by <auditor>-1 and <member>-1.
SampleStatement EngagementStatement(std::string_view auditor, std::string_view member, std::string_view principles,
                                    const std::vector<const SignedRecord*>& commitments);
// By the engagement's auditor on its member, principles and commitments, under scheme bsi-c5, for two years.
SampleStatement ResultStatement(const SignedRecord& engagement, std::string_view outcome);
SampleStatement EvidenceStatement(std::string_view member, const SignedRecord& supported);
// About the claim of that id and index; signed by operator-1, secretariat-1 and -2.
SampleStatement ErasureNoticeStatement(const attest::Id& target, std::uint64_t index);

// "member:one" and the like with the prefix.
std::string SampleUrn(std::string_view rest);

class SampleAlliance final {
 public:
  struct Labelled {
    std::string label;
    SignedRecord record;
  };

  SampleAlliance();

  // In an order that a log takes.
  const std::vector<Labelled>& records() const { return records_; }
  std::size_t size() const { return records_.size(); }
  // genesis, principles, admit-{one,two,three,south,north,public}, key-{one-1,two-1,three-1,south-1,north-1,one-2},
  // accredit-{south,north}, commitment-one-{1,2,3}, commitment-two-1, engagement, evidence, result (a negative one).  REQUIRES: one
  // of these.
  const SignedRecord& operator[](std::string_view label) const;
  std::uint64_t IndexOf(std::string_view label) const;
  // kSampleTime, and a second more for each record before it.
  static std::uint64_t LoggedAtMs(std::uint64_t index) { return (static_cast<std::uint64_t>(kSampleTime) + index) * 1'000; }

 private:
  void Add(std::string label, const SampleStatement& statement) { records_.push_back({std::move(label), Sign(statement)}); }

  std::vector<Labelled> records_;
};

}  // namespace trustlog::support
