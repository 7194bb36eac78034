// Checks 6-27 of records.md 6.4 as this version has them: each reason, the order of reasons, and what is never refused.
#include "client/registry/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/registry/slots.h"
#include "client/registry/state.h"
#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "tests/client/registry/rule_rows.h"

namespace trustlog::registry {
namespace {

// The reasons that tables of this file have met: compared at the end with those that this version can give.
const std::vector<Row>& Refusals() {
  static const std::vector<Row> rows = {
      Plain("a second genesis", "GENESIS_ORDER",
            [] {
              return SignedBy(GenesisStatement(), {"root-1", "root-3"});
            }),
      Plain(
          "meant for another log", "WRONG_LOG", [] { return ToLog(Commitment(), "log.example/other"); }, kNow, "origin",
          kSampleOrigin),
      Plain("signed by a stranger", "KEY_UNKNOWN", [] { return SignedBy(Commitment(), {"stranger"}); }),
      Plain("issued 301 s ahead", "ISSUED_IN_FUTURE", [] { return IssuedAt(Commitment(), kNow + 301); }),
      Plain("issued a second too long ago", "ISSUED_TOO_OLD", [] { return IssuedAt(Commitment(), kNow - 366 * kDay - 1); }),

      Plain(
          "issuer not admitted", "PARTY_UNKNOWN", [] { return From(Commitment(), "member:ghost"); }, kNow, "urn",
          SampleUrn("member:ghost")),
      Plain("key of a party not admitted", "PARTY_UNKNOWN",
            [] {
              return KeyStatement("member:ghost", "new", "\"sign\"", {"secretariat-1", "secretariat-2"});
            }),
      Plain(
          "subject not admitted", "PARTY_UNKNOWN", [] { return AccreditationStatement("ghost", "one"); }, kNow, "urn",
          SampleUrn("auditor:ghost")),
      Plain(
          "one of two subjects not admitted", "PARTY_UNKNOWN",
          [] { return Replaced(Evidence(), "\"about\":[", "\"about\":[\"urn:tta:member:ghost\","); }, kNow, "urn",
          SampleUrn("member:ghost")),

      Plain("key of another party", "ISSUER_MISMATCH", [] { return SignedBy(Commitment(), {"two-1"}); }),
      Plain("a foreign key besides the right one", "ISSUER_MISMATCH",
            [] {
              return SignedBy(Commitment(), {"one-1", "two-1"});
            }),
      Plain("secretariat signs a member's promise", "ISSUER_MISMATCH",
            [] {
              return SignedBy(Commitment(), {"one-1", "secretariat-1"});
            }),
      Plain("root signs for the secretariat", "ISSUER_MISMATCH",
            [] {
              return SignedBy(AdmissionStatement("member", "new"), {"root-1", "root-2"});
            }),
      Plain("declined, yet signed by the member", "ISSUER_MISMATCH",
            [] { return Replaced(Engagement(), "\"principles\"", "\"declinedByMember\":true,\"principles\""); }),
      Plain("another party sponsors a key", "ISSUER_MISMATCH",
            [] { return KeyStatement("member:one", "new", "\"sign\"", {"two-1"}); }),

      {"key past its end", "KEY_EXPIRED",
       [](Ledger& log) {
         log.Take(Sign(Replaced(NewKey(), "\"purposes\"", "\"validUntil\":" + TimeText(kNow) + ",\"purposes\"")),
                  1'000 * kSampleTime + 30'000);
         return Sign(SignedBy(Commitment(), {"new"}));
       }},
      {"key before its beginning", "KEY_EXPIRED",
       [](Ledger& log) {
         const auto from = attest::FormatTime(kSampleTime - 30 * kDay);
         log.Take(Sign(Replaced(NewKey(), from, attest::FormatTime(kNow + 1))), 1'000 * kSampleTime + 30'000);
         return Sign(SignedBy(Commitment(), {"new"}));
       }},
      {"replaced key after the overlap", "KEY_EXPIRED",
       [](Ledger& log) {
         log.Take(Sign(Replaced(NewKey(), "\"purposes\"",
                                "\"replaces\":{\"keyId\":\"" + bytes::EncodeHex(SampleKey("one-2").public_key().id()) +
                                    "\",\"overlapUntil\":" + TimeText(kNow) + "},\"purposes\"")),
                  1'000 * kSampleTime + 30'000);
         return Sign(SignedBy(Commitment(), {"one-2"}));
       }},

      Plain("a key without admin sponsors a key", "KEY_PURPOSE",
            [] { return KeyStatement("member:one", "new", "\"sign\"", {"one-2"}); }),
      {"a key without sign makes a promise", "KEY_PURPOSE",
       [](Ledger& log) {
         log.Take(Sign(KeyStatement("member:one", "new", "\"admin\"", {"one-1"})), 1'000 * kSampleTime + 30'000);
         return Sign(SignedBy(Commitment(), {"new"}));
       }},

      Plain(
          "secretariat below its threshold", "THRESHOLD_NOT_MET", [] { return SignedBy(NextSet(), {"secretariat-3"}); }, kNow,
          "have", "1"),
      Plain(
          "the same, and how many are needed", "THRESHOLD_NOT_MET", [] { return SignedBy(NextSet(), {"secretariat-3"}); }, kNow,
          "need", "2"),
      Plain(
          "a new key that does not sign", "THRESHOLD_NOT_MET", [] { return SignedBy(NewKey(), {"one-1"}); }, kNow, "have", "0"),
      Plain(
          "a new key alone", "THRESHOLD_NOT_MET", [] { return SignedBy(NewKey(), {"new"}); }, kNow, "need", "1"),
      Plain(
          "a new key and one of the secretariat", "THRESHOLD_NOT_MET",
          [] {
            return SignedBy(NewKey(), {"new", "secretariat-1"});
          },
          kNow, "need", "2"),
      Plain(
          "an engagement without the member", "THRESHOLD_NOT_MET", [] { return SignedBy(Engagement(), {"south-1"}); }, kNow, "need",
          "1"),
      Plain("an engagement by the member alone", "THRESHOLD_NOT_MET", [] { return SignedBy(Engagement(), {"one-1"}); }),
      Plain(
          "evidence of the secretariat by one key", "THRESHOLD_NOT_MET",
          [] { return SignedBy(From(Evidence(), "secretariat"), {"secretariat-1"}); }, kNow, "have", "1"),

      Plain(
          "accreditation at its end", "NOT_ACCREDITED", [] { return IssuedAt(Engagement(), kSampleTime + 1'065 * kDay); },
          kSampleTime + 1'065 * kDay),
      {"auditor without accreditation", "NOT_ACCREDITED",
       [](Ledger& log) {
         log.Take(Sign(AdmissionStatement("auditor", "west")), 1'000 * kSampleTime + 30'000);
         log.Take(Sign(KeyStatement("auditor:west", "west-1", "\"sign\"", {"secretariat-1", "secretariat-2"})),
                  1'000 * kSampleTime + 30'000);
         return Sign(EngagementStatement("west", "one", "2", {&The("commitment-one-2")}));
       }},
      {"accreditation corrected to begin later", "NOT_ACCREDITED",
       [](Ledger& log) {
         const auto from = attest::FormatTime(kSampleTime - 30 * kDay);
         log.Take(Sign(Superseding(Replaced(AccreditationStatement("south", "three"), from, attest::FormatTime(kNow + 1)),
                                   The("accredit-south"), "correction")),
                  1'000 * kSampleTime + 30'000);
         return Sign(Engagement());
       }},
      Plain("principle outside the accreditation", "ACCREDITATION_SCOPE",
            [] { return Replaced(Engagement(), "\"principles\":[2]", "\"principles\":[2,5]"); }),
      Plain("scheme outside the accreditation", "ACCREDITATION_SCOPE", [] { return Replaced(Result(), "bsi-c5", "soc-2"); }),
      Plain("auditor and member of one group", "NOT_INDEPENDENT",
            [] { return EngagementStatement("north", "two", "1", {&The("commitment-two-1")}); }),
      Plain("a member the auditor is not for", "NOT_INDEPENDENT",
            [] { return EngagementStatement("south", "three", "2", {&The("commitment-one-2")}); }),

      Plain(
          "a set that is not logged", "REF_NOT_FOUND",
          [] { return Replaced(Commitment(), IdOf("principles"), std::string(64, 'a')); }, kNow, "id", std::string(64, 'a')),
      Plain("supersedes what is not logged", "REF_NOT_FOUND",
            [] { return Replaced(Renewed(1), IdOf("commitment-one-1"), std::string(64, 'a')); }),
      {"a reference to a void record", "REF_NOT_FOUND",
       [](Ledger& log) {
         const auto refused = Sign(SignedBy(Commitment(), {"two-1"}));
         EXPECT_EQ(log.Log(log.AsReplayed(refused, 1'000 * kSampleTime + 30'000)), "ISSUER_MISMATCH");
         return Sign(EvidenceStatement("one", refused));
       }},
      Plain(
          "a promise on a promise", "REF_WRONG_KIND",
          [] { return Replaced(Commitment(), IdOf("principles"), IdOf("commitment-one-1")); }, kNow, "id",
          IdOf("commitment-one-1")),
      Plain("an engagement on a set", "REF_WRONG_KIND",
            [] { return EngagementStatement("south", "one", "2", {&The("principles")}); }),
      Plain("a result for a promise", "REF_WRONG_KIND",
            [] { return Replaced(Result(), IdOf("engagement"), IdOf("commitment-one-1")); }),
      Plain("a result with a promise as input", "REF_WRONG_KIND",
            [] { return Replaced(Result(), "\"member\"", "\"inputs\":[\"" + IdOf("commitment-one-1") + "\"],\"member\""); }),
      Plain("evidence for a set", "REF_WRONG_KIND", [] { return EvidenceStatement("one", The("principles")); }),
      Plain("a promise supersedes a set", "REF_WRONG_KIND", [] { return Superseding(Commitment(), The("principles"), "renewal"); }),

      Plain(
          "an engagement on another's promise", "REF_WRONG_PARTY",
          [] { return EngagementStatement("south", "one", "1", {&The("commitment-two-1")}); }, kNow, "id",
          IdOf("commitment-two-1")),
      Plain("a result for another auditor's engagement", "REF_WRONG_PARTY",
            [] { return SignedBy(From(Result(), "auditor:north"), {"north-1"}); }),
      Plain("supersedes another's promise", "REF_WRONG_PARTY",
            [] { return Superseding(Commitment(), The("commitment-two-1"), "renewal"); }),
      Plain("supersedes evidence about others", "REF_WRONG_PARTY",
            [] {
              return Superseding(Replaced(Evidence(), "\"about\":[", "\"about\":[\"urn:tta:member:two\","), The("evidence"),
                                 "renewal");
            }),

      Plain("a principle outside the set", "PRINCIPLE_UNKNOWN", [] { return CommitmentStatement("one", 9, The("principles")); }),
      Plain("a promise that the engagement does not name", "PRINCIPLE_UNKNOWN",
            [] {
              return EngagementStatement("south", "one", "2", {&The("commitment-one-2"), &The("commitment-one-3")});
            }),
      Plain("a principle without promise", "PRINCIPLE_UNKNOWN",
            [] { return EngagementStatement("south", "one", "2,4", {&The("commitment-one-2")}); }),
      Plain("a result beyond its engagement", "PRINCIPLE_UNKNOWN",
            [] {
              return Replaced(Replaced(Result(), "\"principles\":[2,3]", "\"principles\":[1,2,3]"), "\"commitments\":[",
                              "\"commitments\":[\"" + IdOf("commitment-one-1") + "\",");
            }),
      Plain("supersedes a promise on another principle", "PRINCIPLE_UNKNOWN",
            [] { return Superseding(Commitment(), The("commitment-one-1"), "renewal"); }),

      Plain(
          "a second chain of promises", "SUPERSEDES_NOT_HEAD", [] { return CommitmentStatement("one", 1, The("principles")); },
          kNow, "head", IdOf("commitment-one-1")),
      Plain(
          "a second chain of sets", "SUPERSEDES_NOT_HEAD", [] { return PrincipleSetStatement("1.1", kSampleTime); }, kNow, "head",
          IdOf("principles")),
      Plain(
          "a second chain of accreditations", "SUPERSEDES_NOT_HEAD", [] { return AccreditationStatement("south", "one"); }, kNow,
          "head", IdOf("accredit-south")),
      {"a fork of a chain of promises", "SUPERSEDES_NOT_HEAD",
       [](Ledger& log) {
         log.Take(Sign(Renewed(1)), 1'000 * kSampleTime + 30'000);
         return Sign(Again(Renewed(1)));
       },
       kNow, "head", bytes::EncodeHex(Sign(Renewed(1)).id())},
      {"a fork of a chain of results", "SUPERSEDES_NOT_HEAD",
       [](Ledger& log) {
         log.Take(Sign(Superseding(Result(), The("result"), "correction")), 1'000 * kSampleTime + 30'000);
         return Sign(Superseding(Result(), The("result"), "renewal"));
       },
       kNow, "head", bytes::EncodeHex(Sign(Superseding(Result(), The("result"), "correction")).id())},

      Plain("a party admitted twice", "PARTY_EXISTS", [] { return AdmissionStatement("member", "one", "other-group"); }),
      Plain("a key registered twice", "KEY_EXISTS", [] { return KeyStatement("member:one", "one-2", "\"sign\"", {"one-1"}); }),
      Plain("another party's key", "KEY_EXISTS", [] { return KeyStatement("member:one", "two-1", "\"sign\"", {"one-1"}); }),
      Plain("a role's key", "KEY_EXISTS", [] { return KeyStatement("member:one", "root-1", "\"sign\"", {"one-1"}); }),
      Plain("replaces another party's key", "KEY_UNKNOWN",
            [] {
              return Replaced(NewKey(), "\"purposes\"",
                              "\"replaces\":{\"keyId\":\"" + bytes::EncodeHex(SampleKey("two-1").public_key().id()) +
                                  "\",\"overlapUntil\":" + TimeText(kNow) + "},\"purposes\"");
            }),
      {"a set that another has replaced", "PRINCIPLE_SET_NOT_CURRENT",
       [](Ledger& log) {
         log.Take(Sign(NextSet()), 1'000 * kSampleTime + 30'000);
         return Sign(Commitment());
       }},
      Plain("a promise of more than maxCommitmentDays", "VALIDITY_TOO_LONG",
            [] {
              return Replaced(Commitment(), attest::FormatTime(kSampleTime + 730 * kDay),
                              attest::FormatTime(kSampleTime + 1'100 * kDay + 1));
            }),
      Plain("a result of more than maxResultDays", "VALIDITY_TOO_LONG",
            [] {
              return Replaced(Result(), attest::FormatTime(kSampleTime + 730 * kDay),
                              attest::FormatTime(kSampleTime + 800 * kDay + 1));
            }),
  };
  return rows;
}

// Refusals that only the authority's, the log's own and the later claims can give.
constexpr std::uint64_t kSoon = 1'000 * kSampleTime + 30'000;  // after the alliance's records

const std::vector<Row>& RefusalsAfterEvents() {
  static const std::vector<Row> rows = {
      {"after a freeze", "LOG_FROZEN",
       [](Ledger& log) {
         log.Take(Sign(Freeze()), kSoon);
         return Sign(Commitment());
       },
       kNow, "successor", "log.example/next"},
      Plain("an authority version left out", "VERSION_NOT_NEXT", [] { return RoleChange(3, kRoot, kSecretariat, {"root-1", "root-2"}); }),
      Plain("an authority version again", "VERSION_NOT_NEXT", [] { return RoleChange(1, kRoot, kSecretariat, {"root-1", "root-2"}); }),
      Plain("a party's key for the root", "KEY_EXISTS",
            [] { return RoleChange(2, {"root-1", "root-2", "two-1"}, kSecretariat, {"root-1", "root-2"}); }),
      {"a dropped role key again", "KEY_EXISTS",
       [](Ledger& log) {
         log.Take(Sign(RoleChange(2, kRoot, {"secretariat-1", "secretariat-2"}, {"root-1", "root-2"})), kSoon);
         return Sign(RoleChange(3, kRoot, kSecretariat, {"root-1", "root-2"}));
       }},
      Plain("a new root that does not sign", "THRESHOLD_NOT_MET",
            [] { return RoleChange(2, {"root-1", "root-4", "root-5"}, kSecretariat, {"root-1", "root-2"}); }),
      Plain("a lower threshold that the new root signs and the old does not", "THRESHOLD_NOT_MET",
            [] { return RoleChange(2, kRoot, kSecretariat, {"root-1"}, 1); }),
      Plain("a new secretary signs for the root", "ISSUER_MISMATCH",
            [] { return RoleChange(2, kRoot, {"secretariat-1", "new"}, {"root-1", "root-2", "new"}); }),
      {"a dropped role key", "KEY_REVOKED",
       [](Ledger& log) {
         log.Take(Sign(RoleChange(2, kRoot, {"secretariat-1", "secretariat-2"}, {"root-1", "root-2"})), kSoon);
         return Sign(Again(SignedBy(NextSet(), {"secretariat-1", "secretariat-3"})));
       }},

      {"a revoked key", "KEY_REVOKED",
       [](Ledger& log) {
         log.Take(Sign(KeyRevocation("member:one", "member:one", "one-2", "lost", {"one-1"})), kSoon);
         return Sign(Again(SignedBy(Commitment(), {"one-2"})));
       }},
      {"a key that revoked itself", "KEY_REVOKED",
       [](Ledger& log) {
         log.Take(Sign(KeyRevocation("member:one", "member:one", "one-2", "retired", {"one-2"})), kSoon);
         return Sign(Again(KeyRevocation("member:one", "member:one", "one-2", "retired", {"one-1"})));
       }},
      {"compromised twice", "KEY_REVOKED",
       [](Ledger& log) {
         log.Take(Sign(KeyRevocation("member:one", "member:one", "one-2", "compromised", {"one-1"})), kSoon);
         return Sign(Again(KeyRevocation("secretariat", "member:one", "one-2", "compromised", {"secretariat-1", "secretariat-2"})));
       }},
      Plain("a role key to revoke", "KEY_UNKNOWN",
            [] { return KeyRevocation("secretariat", "member:one", "root-1", "lost", {"secretariat-1", "secretariat-2"}); }),
      Plain("a key of another party to revoke", "REF_WRONG_PARTY",
            [] { return KeyRevocation("secretariat", "member:one", "two-1", "lost", {"secretariat-1", "secretariat-2"}); }),
      Plain("another key without the purpose revokes", "KEY_PURPOSE",
            [] { return KeyRevocation("member:one", "member:one", "one-1", "lost", {"one-2"}); }),
      {"the successor of a revoked key", "KEY_REVOKED",
       [](Ledger& log) {
         log.Take(Sign(KeyRevocation("member:one", "member:one", "one-2", "lost", {"one-1"})), kSoon);
         return Sign(Replaced(NewKey(), "\"purposes\"",
                              "\"replaces\":{\"keyId\":\"" + bytes::EncodeHex(SampleKey("one-2").public_key().id()) +
                                  "\",\"overlapUntil\":" + TimeText(kNow) + "},\"purposes\""));
       }},

      {"a promise after withdrawal", "MEMBER_NOT_ACTIVE",
       [](Ledger& log) {
         log.Take(Sign(Withdrawal("member:one", "one-1")), kSoon);
         return Sign(Commitment());
       }},
      {"a second withdrawal", "MEMBER_NOT_ACTIVE",
       [](Ledger& log) {
         log.Take(Sign(Withdrawal("member:one", "one-1")), kSoon);
         return Sign(Again(Withdrawal("member:one", "one-1")));
       }},
      {"a promise of an expelled member", "MEMBER_NOT_ACTIVE",
       [](Ledger& log) {
         log.Take(Sign(StatusChange("member:one", "expelled")), kSoon);
         return Sign(Commitment());
       }},
      {"evidence of an expelled member", "MEMBER_NOT_ACTIVE",
       [](Ledger& log) {
         log.Take(Sign(StatusChange("member:one", "expelled")), kSoon);
         return Sign(Again(Evidence()));
       }},
      {"a flow-down of an expelled member", "MEMBER_NOT_ACTIVE",
       [](Ledger& log) {
         log.Take(Sign(StatusChange("member:one", "expelled")), kSoon);
         return Sign(Flowdown());
       }},
      {"an engagement of an auditor that left", "MEMBER_NOT_ACTIVE",
       [](Ledger& log) {
         log.Take(Sign(Withdrawal("auditor:south", "south-1")), kSoon);
         return Sign(Again(Engagement()));
       }},
      {"a result of an auditor that left", "NOT_ACCREDITED",
       [](Ledger& log) {
         log.Take(Sign(Withdrawal("auditor:south", "south-1")), kSoon);
         return Sign(Again(Result()));
       }},
      {"a finding closed by an auditor that was expelled", "NOT_ACCREDITED",
       [](Ledger& log) {
         log.Take(Sign(StatusChange("auditor:south", "expelled")), kSoon);
         return Sign(Remediation("auditor:south", "closed", {"south-1"}));
       }},

      {"a flow-down of a retracted promise", "REF_RETRACTED",
       [](Ledger& log) {
         log.Take(Sign(Retraction("member:one", The("commitment-one-1").id(), {"one-1"})), kSoon);
         return Sign(Flowdown(1));
       }},
      {"retracted twice", "REF_RETRACTED",
       [](Ledger& log) {
         log.Take(Sign(Retraction("member:one", The("commitment-one-1").id(), {"one-1"}, ",\"validFrom\":" + TimeText(kNow + kDay))), kSoon);
         return Sign(Again(Retraction("member:one", The("commitment-one-1").id(), {"one-1"})));
       }},
      Plain("a result retracted by the audited", "REF_WRONG_PARTY",
            [] { return Retraction("member:one", The("result").id(), {"one-1"}); }),
      Plain("a result retracted by the secretariat", "REF_WRONG_PARTY",
            [] { return Retraction("secretariat", The("result").id(), {"secretariat-1", "secretariat-2"}); }),
      {"an objection retracted by the secretariat", "REF_WRONG_PARTY",
       [](Ledger& log) {
         const auto objection = Sign(Objection());
         log.Take(objection, kSoon);
         return Sign(Retraction("secretariat", objection.id(), {"secretariat-1", "secretariat-2"}));
       }},
      {"a retraction retracted", "REF_WRONG_KIND",
       [](Ledger& log) {
         const auto retraction = Sign(Retraction("member:one", The("commitment-one-1").id(), {"one-1"}));
         log.Take(retraction, kSoon);
         return Sign(Retraction("member:one", retraction.id(), {"one-1"}));
       }},
      {"an objection to an objection", "REF_WRONG_KIND",
       [](Ledger& log) {
         const auto objection = Sign(Objection());
         log.Take(objection, kSoon);
         return Sign(Replaced(Again(Objection()), IdOf("result"), bytes::EncodeHex(objection.id())));
       }},
      Plain("an objection about others than its target", "REF_WRONG_PARTY",
            [] { return Replaced(Objection(), "[\"urn:tta:member:one\"]", "[\"urn:tta:member:two\"]"); }),
      Plain("remediation of a promise", "REF_WRONG_KIND",
            [] { return Replaced(Remediation("member:one", "planned", {"one-1"}), IdOf("result"), IdOf("commitment-one-1")); }),
      Plain("remediation by another auditor", "REF_WRONG_PARTY",
            [] { return Remediation("auditor:north", "closed", {"north-1"}); }),
      Plain("a flow-down of another's promise", "REF_WRONG_PARTY",
            [] { return Replaced(Flowdown(1), IdOf("commitment-one-1"), IdOf("commitment-two-1")); }),
      Plain("a flow-down on another principle", "PRINCIPLE_UNKNOWN",
            [] { return Replaced(Flowdown(1), IdOf("commitment-one-1"), IdOf("commitment-one-2")); }),

      Plain("erasure of an authority record", "REF_WRONG_KIND", [] { return Notice("principles"); }),
      Plain("erasure of another index", "REF_NOT_FOUND",
            [] { return Notice("evidence", 3, {"operator-1", "secretariat-1", "secretariat-2"}); }, kNow, "id", IdOf("evidence")),
      Plain("erasure by the operator alone", "THRESHOLD_NOT_MET",
            [] { return Notice("evidence", Alliance().IndexOf("evidence"), {"operator-1"}); }),
      Plain("erasure by the secretariat alone", "THRESHOLD_NOT_MET",
            [] { return Notice("evidence", Alliance().IndexOf("evidence"), {"secretariat-1", "secretariat-2"}); }),

      {"an index head beyond the log", "INDEX_HEAD_NOT_NEWER", [](Ledger&) { return IndexHead(Alliance().size() + 1); }},
      {"an index head below the newest", "INDEX_HEAD_NOT_NEWER",
       [](Ledger& log) {
         log.Take(IndexHead(5), kSoon);
         return IndexHead(4);
       }},
      {"an index head with a nonce of its own", "SCHEMA_VIOLATION", [](Ledger&) { return IndexHead(5, "AAAAAAAAAAAAAAAAAAAAAA"); },
       kNow, "path", "predicate.nonce"},
      {"an index head a second late", "SCHEMA_VIOLATION", [](Ledger&) { return IndexHead(5, "", 1); }, kNow, "path",
       "predicate.issuedAt"},
      {"an endorsement of no index head", "REF_WRONG_KIND",
       [](Ledger& log) {
         log.Take(Sign(KeyStatement("monitor:public", "public-1", "\"sign\"", {"secretariat-1", "secretariat-2"})), kSoon);
         return Sign(Endorsement(The("result").id()));
       }},
      {"a status change renewed", "SCHEMA_VIOLATION",
       [](Ledger& log) {
         const auto suspended = Sign(StatusChange("member:one", "suspended"));
         log.Take(suspended, kSoon);
         return Sign(Superseding(StatusChange("member:one", "active"), suspended, "renewal"));
       },
       kNow, "path", "predicate.supersedes.change"},
      Plain("a second correction of a status change not logged", "REF_NOT_FOUND",
            [] { return Superseding(StatusChange("member:one", "active"), Sign(StatusChange("member:one", "suspended")), "correction"); }),
  };
  return rows;
}

TEST(Rules, RefuseAfterEventsWithTheReason) { RunRows(RefusalsAfterEvents()); }

TEST(Rules, TakeEveryKindOfRecord) {
  const auto after = [](std::function<SampleStatement(Ledger&)> make) {
    return [make = std::move(make)](Ledger& log) { return Sign(Again(make(log))); };
  };
  RunRows({
      Plain("a role change", "OK", [] { return RoleChange(2, kRoot, kSecretariat, {"root-1", "root-2"}); }),
      Plain("a new root", "OK", [] { return RoleChange(2, {"root-1", "root-4"}, kSecretariat, {"root-1", "root-2", "root-4"}); }),
      Plain("a secretary joins the root", "OK",
            [] {
              return RoleChange(2, {"root-1", "secretariat-3"}, {"secretariat-1", "secretariat-2"},
                                {"root-1", "root-2", "secretariat-3"});
            }),
      Plain("a revocation", "OK", [] { return KeyRevocation("member:one", "member:one", "one-2", "retired", {"one-1"}); }),
      Plain("a revocation by the key itself", "OK", [] { return KeyRevocation("member:one", "member:one", "one-2", "lost", {"one-2"}); }),
      {"compromised after it was retired", "OK", after([](Ledger& log) {
         log.Take(Sign(KeyRevocation("member:one", "member:one", "one-2", "retired", {"one-2"})), kSoon);
         return KeyRevocation("member:one", "member:one", "one-2", "compromised", {"one-1"});
       })},
      Plain("a withdrawal", "OK", [] { return Withdrawal("member:one", "one-1"); }),
      {"a second withdrawal before the first takes effect", "OK", after([](Ledger& log) {
         log.Take(Sign(Withdrawal("member:one", "one-1", kNow + 1)), kSoon);
         return Withdrawal("member:one", "one-1");
       })},
      Plain("a status change", "OK", [] { return StatusChange("member:one", "suspended"); }),
      Plain("a status that no set declares", "OK", [] { return StatusChange("member:one", "under-a-cloud"); }),
      {"a promise of a suspended member", "OK", after([](Ledger& log) {
         log.Take(Sign(StatusChange("member:one", "suspended")), kSoon);
         return Commitment();
       })},
      {"a promise before the expulsion takes effect", "OK", after([](Ledger& log) {
         log.Take(Sign(StatusChange("member:one", "expelled", kNow + 1)), kSoon);
         return Commitment();
       })},
      {"a promise after the expulsion was corrected", "OK", after([](Ledger& log) {
         const auto expelled = Sign(StatusChange("member:one", "expelled"));
         log.Take(expelled, kSoon);
         log.Take(Sign(Superseding(StatusChange("member:one", "active", kNow + kDay), expelled, "correction")), kSoon);
         return Commitment();
       })},
      {"a result of a suspended auditor", "OK", after([](Ledger& log) {
         log.Take(Sign(StatusChange("auditor:south", "suspended")), kSoon);
         return Result();
       })},
      {"a result about a member that left", "OK", after([](Ledger& log) {
         log.Take(Sign(Withdrawal("member:one", "one-1")), kSoon);
         return Result();
       })},
      {"a result about a retracted promise", "OK", after([](Ledger& log) {
         log.Take(Sign(Retraction("member:one", The("commitment-one-2").id(), {"one-1"})), kSoon);
         return Result();
       })},
      Plain("a flow-down", "OK", [] { return Flowdown(); }),
      {"a flow-down before the retraction takes effect", "OK", after([](Ledger& log) {
         log.Take(Sign(Retraction("member:one", The("commitment-one-1").id(), {"one-1"}, ",\"validFrom\":" + TimeText(kNow + 1))),
                  kSoon);
         return Flowdown(1);
       })},
      Plain("a finding planned by the member", "OK", [] { return Remediation("member:one", "planned", {"one-1"}); }),
      Plain("a finding closed by the auditor", "OK", [] { return Remediation("auditor:south", "closed", {"south-1"}); }),
      Plain("a retraction by its maker", "OK", [] { return Retraction("auditor:south", The("result").id(), {"south-1"}); }),
      Plain("a promise retracted by the secretariat", "OK",
            [] { return Retraction("secretariat", The("commitment-one-1").id(), {"secretariat-1", "secretariat-2"}); }),
      Plain("an objection", "OK", [] { return Objection(); }),
      {"an objection of a member that was expelled", "OK", after([](Ledger& log) {
         log.Take(Sign(StatusChange("member:one", "expelled")), kSoon);
         return Objection();
       })},
      {"a retraction of a member that left", "OK", after([](Ledger& log) {
         log.Take(Sign(Withdrawal("member:one", "one-1")), kSoon);
         return Retraction("member:one", The("commitment-one-1").id(), {"one-1"});
       })},
      Plain("an erasure notice", "OK", [] { return Notice("evidence"); }),
      {"an index head", "OK", [](Ledger&) { return IndexHead(5); }},
      {"an index head of everything", "OK", [](Ledger&) { return IndexHead(Alliance().size()); }},
      {"an endorsement", "OK", after([](Ledger& log) {
         const auto head = IndexHead(5);
         log.Take(head, kSoon);
         log.Take(Sign(KeyStatement("monitor:public", "public-1", "\"sign\"", {"secretariat-1", "secretariat-2"})), kSoon);
         return Endorsement(head.id());
       })},
      Plain("a freeze", "OK", [] { return Freeze(); }),
  });
}

TEST(Rules, RefuseEachViolationWithItsReason) { RunRows(Refusals()); }

TEST(Rules, MeetEveryReasonThatThisVersionCanGive) {
  std::set<std::string> met;
  for (const Row& row : Refusals()) met.insert(row.answer);
  for (const Row& row : RefusalsAfterEvents()) met.insert(row.answer);
  const std::set<std::string> expected = {"LOG_FROZEN",          "GENESIS_ORDER",
                                          "KEY_REVOKED",         "MEMBER_NOT_ACTIVE",
                                          "REF_RETRACTED",       "VERSION_NOT_NEXT",
                                          "SCHEMA_VIOLATION",    "INDEX_HEAD_NOT_NEWER",
                                          "WRONG_LOG",           "KEY_UNKNOWN",
                                          "ISSUED_IN_FUTURE",    "ISSUED_TOO_OLD",
                                          "PARTY_UNKNOWN",       "ISSUER_MISMATCH",
                                          "KEY_EXPIRED",         "KEY_PURPOSE",
                                          "THRESHOLD_NOT_MET",   "NOT_ACCREDITED",
                                          "ACCREDITATION_SCOPE", "NOT_INDEPENDENT",
                                          "REF_NOT_FOUND",       "REF_WRONG_KIND",
                                          "REF_WRONG_PARTY",     "PRINCIPLE_UNKNOWN",
                                          "SUPERSEDES_NOT_HEAD", "PARTY_EXISTS",
                                          "KEY_EXISTS",          "PRINCIPLE_SET_NOT_CURRENT",
                                          "VALIDITY_TOO_LONG"};
  EXPECT_EQ(met, expected);
}

TEST(Rules, TakeWhatIsJustWithinThem) {
  RunRows({
      Plain("a promise", "OK", Commitment),
      Plain("issued 300 s ahead", "OK", [] { return IssuedAt(Commitment(), kNow + 300); }),
      Plain("issued as long ago as may be", "OK", [] { return IssuedAt(Commitment(), kNow - 366 * kDay); }),
      Plain("a promise of maxCommitmentDays", "OK",
            [] {
              return Replaced(Commitment(), attest::FormatTime(kSampleTime + 730 * kDay),
                              attest::FormatTime(kSampleTime + 1'100 * kDay));
            }),
      Plain("a result of maxResultDays", "OK",
            [] {
              return Replaced(Result(), attest::FormatTime(kSampleTime + 730 * kDay), attest::FormatTime(kSampleTime + 800 * kDay));
            }),
      Plain("two keys of the member", "OK",
            [] {
              return SignedBy(Commitment(), {"one-1", "one-2"});
            }),
      Plain("all three of the secretariat", "OK",
            [] {
              return SignedBy(NextSet(), {"secretariat-1", "secretariat-2", "secretariat-3"});
            }),
      Plain("a key let in by the secretariat", "OK",
            [] {
              return KeyStatement("member:one", "new", "\"sign\"", {"secretariat-2", "secretariat-3"});
            }),
      Plain("a key let in by both", "OK",
            [] {
              return KeyStatement("member:one", "new", "\"sign\"", {"one-1", "secretariat-2"});
            }),
      Plain("declined by the member, signed by the auditor alone", "OK",
            [] {
              return SignedBy(Replaced(Engagement(), "\"principles\"", "\"declinedByMember\":true,\"principles\""), {"south-1"});
            }),
      Plain("evidence of the secretariat", "OK",
            [] {
              return SignedBy(From(Evidence(), "secretariat"), {"secretariat-1", "secretariat-2"});
            }),
      Plain("evidence of a monitor's subject by another member", "OK",
            [] { return SignedBy(From(Evidence(), "member:two"), {"two-1"}); }),
      Plain("a renewed promise", "OK", [] { return Renewed(1); }),
      Plain("a second engagement and no chain", "OK", Engagement),
      Plain("a second accreditation that supersedes the first", "OK",
            [] { return Superseding(AccreditationStatement("south", "one"), The("accredit-south"), "renewal"); }),
      {"the last second of a key", "OK",
       [](Ledger& log) {
         log.Take(Sign(Replaced(NewKey(), "\"purposes\"", "\"validUntil\":" + TimeText(kNow + 1) + ",\"purposes\"")),
                  1'000 * kSampleTime + 30'000);
         return Sign(SignedBy(Commitment(), {"new"}));
       }},
      {"a replaced key within the overlap", "OK",
       [](Ledger& log) {
         log.Take(Sign(Replaced(NewKey(), "\"purposes\"",
                                "\"replaces\":{\"keyId\":\"" + bytes::EncodeHex(SampleKey("one-2").public_key().id()) +
                                    "\",\"overlapUntil\":" + TimeText(kNow + 1) + "},\"purposes\"")),
                  1'000 * kSampleTime + 30'000);
         return Sign(SignedBy(Commitment(), {"one-2"}));
       }},
      {"a set that begins later", "OK",
       [](Ledger& log) {
         log.Take(Sign(NextSet(kNow + 1)), 1'000 * kSampleTime + 30'000);
         return Sign(CommitmentStatement("one", 4, Sign(NextSet(kNow + 1))));
       }},
      {"the old set until the next begins", "OK",
       [](Ledger& log) {
         log.Take(Sign(NextSet(kNow + 1)), 1'000 * kSampleTime + 30'000);
         return Sign(Commitment());
       }},
      {"a correction under the old set", "OK",
       [](Ledger& log) {
         log.Take(Sign(NextSet()), 1'000 * kSampleTime + 30'000);
         return Sign(Superseding(CommitmentStatement("one", 1, The("principles")), The("commitment-one-1"), "correction"));
       }},
      {"the old set when the next was corrected away", "OK",
       [](Ledger& log) {
         const auto wrong = Sign(NextSet());
         log.Take(wrong, 1'000 * kSampleTime + 30'000);
         log.Take(Sign(Superseding(PrincipleSetStatement("1.2", kNow + kDay), wrong, "correction")), 1'000 * kSampleTime + 30'000);
         return Sign(Commitment());
       }},
      {"the older accreditation until the newer begins", "OK",
       [](Ledger& log) {
         const auto from = attest::FormatTime(kSampleTime - 30 * kDay);
         log.Take(Sign(Superseding(Replaced(AccreditationStatement("south", "three"), from, attest::FormatTime(kNow + 1)),
                                   The("accredit-south"), "renewal")),
                  1'000 * kSampleTime + 30'000);
         return Sign(Engagement());
       }},
  });
}

TEST(Rules, NeverRefuseAnOutcomeForWhatItSays) {
  RunRows({
      Plain("negative", "OK", [] { return ResultStatement(The("engagement"), "nonconformant-major"); }),
      Plain("positive", "OK", [] { return ResultStatement(The("engagement"), "conformant"); }),
      Plain("an outcome that no set declares", "OK", [] { return ResultStatement(The("engagement"), "never-heard-of"); }),
      Plain("a correction of a negative one", "OK",
            [] { return Superseding(ResultStatement(The("engagement"), "conformant"), The("result"), "correction"); }),
      Plain("an undeclared level", "OK", [] { return Replaced(Commitment(), "\"scope\"", "\"level\":\"platinum\",\"scope\""); }),
      {"about a promise that was corrected", "OK",
       [](Ledger& log) {
         log.Take(Sign(Superseding(CommitmentStatement("one", 2, The("principles")), The("commitment-one-2"), "correction")),
                  1'000 * kSampleTime + 30'000);
         return Sign(Result());
       }},
  });
}

TEST(Rules, GiveTheReasonOfTheEarlierCheck) {
  RunRows({
      {"6 before 11", "LOG_FROZEN",
       [](Ledger& log) {
         log.Take(Sign(Freeze()), kSoon);
         return Sign(Again(GenesisStatement()));
       }},
      Plain("11 before 16", "GENESIS_ORDER", [] { return ToLog(GenesisStatement(), "log.example/other"); }),
      Plain("16 before 17", "WRONG_LOG", [] { return SignedBy(ToLog(Commitment(), "log.example/other"), {"stranger"}); }),
      Plain("17 before 18", "KEY_UNKNOWN", [] { return SignedBy(IssuedAt(Commitment(), kNow + 301), {"stranger"}); }),
      Plain("18 before 19", "ISSUED_IN_FUTURE", [] { return IssuedAt(From(Commitment(), "member:ghost"), kNow + 301); }),
      Plain("18, the other end, before 19", "ISSUED_TOO_OLD",
            [] { return IssuedAt(From(Commitment(), "member:ghost"), kNow - 400 * kDay); }),
      Plain("19 before 20", "PARTY_UNKNOWN", [] { return SignedBy(From(Commitment(), "member:ghost"), {"two-1"}); }),
      Plain("20 before 21", "ISSUER_MISMATCH", [] { return SignedBy(NextSet(), {"one-1"}); }),
      {"20: its place before its revocation", "ISSUER_MISMATCH",
       [](Ledger& log) {
         log.Take(Sign(KeyRevocation("member:one", "member:one", "one-2", "lost", {"one-1"})), kSoon);
         return Sign(SignedBy(NextSet(), {"one-2"}));
       }},
      {"20: revoked before expired", "KEY_REVOKED",
       [](Ledger& log) {
         log.Take(Sign(Replaced(KeyStatement("member:one", "brief", "\"sign\"", {"one-1"}), "\"purposes\"",
                                "\"validUntil\":" + TimeText(kNow) + ",\"purposes\"")),
                  kSoon);
         log.Take(Sign(KeyRevocation("member:one", "member:one", "brief", "lost", {"one-1"})), kSoon);
         return Sign(SignedBy(Commitment(), {"brief"}));
       }},
      {"21 before 22", "THRESHOLD_NOT_MET",
       [](Ledger& log) {
         log.Take(Sign(Withdrawal("auditor:south", "south-1")), kSoon);
         return Sign(Again(SignedBy(Engagement(), {"south-1"})));
       }},
      {"22 before 23", "MEMBER_NOT_ACTIVE",
       [](Ledger& log) {
         log.Take(Sign(Withdrawal("auditor:south", "south-1")), kSoon);
         return Sign(Again(EngagementStatement("south", "three", "5", {&The("commitment-one-2")})));
       }},
      {"24: principle before retraction", "PRINCIPLE_UNKNOWN",
       [](Ledger& log) {
         log.Take(Sign(Retraction("member:one", The("commitment-one-2").id(), {"one-1"})), kSoon);
         return Sign(Replaced(Flowdown(1), IdOf("commitment-one-1"), IdOf("commitment-one-2")));
       }},
      {"24: party before retraction", "REF_WRONG_PARTY",
       [](Ledger& log) {
         log.Take(Sign(Retraction("member:one", The("commitment-one-2").id(), {"one-1"})), kSoon);
         return Sign(Retraction("auditor:south", The("commitment-one-2").id(), {"south-1"}));
       }},
      Plain("26: the version before the keys", "VERSION_NOT_NEXT",
            [] { return RoleChange(3, {"root-1", "root-2", "two-1"}, kSecretariat, {"root-1", "root-2"}); }),
      Plain("21 before 23", "THRESHOLD_NOT_MET",
            [] { return SignedBy(Replaced(Engagement(), "\"principles\":[2]", "\"principles\":[5]"), {"south-1"}); }),
      Plain(
          "23: accredited before scope", "NOT_ACCREDITED",
          [] { return IssuedAt(Replaced(Engagement(), "\"principles\":[2]", "\"principles\":[5]"), kSampleTime + 1'100 * kDay); },
          kSampleTime + 1'100 * kDay),
      Plain("23: scope before independence", "ACCREDITATION_SCOPE",
            [] { return EngagementStatement("south", "three", "5", {&The("commitment-one-2")}); }),
      Plain("23 before 24", "NOT_INDEPENDENT", [] { return EngagementStatement("south", "three", "2", {&The("principles")}); }),
      Plain("24: kind before party", "REF_WRONG_KIND",
            [] { return EngagementStatement("south", "one", "1", {&The("engagement")}); }),
      Plain("24: party before principle", "REF_WRONG_PARTY",
            [] { return EngagementStatement("south", "one", "2", {&The("commitment-two-1")}); }),
      Plain("24: an earlier ref before a later one", "REF_NOT_FOUND",
            [] { return Superseding(CommitmentStatement("one", 9, The("principles")), Sign(Commitment()), "renewal"); }),
      Plain("24: refs before the principles they leave out", "REF_WRONG_PARTY",
            [] { return EngagementStatement("south", "one", "1,4", {&The("commitment-two-1")}); }),
      Plain("24 before 25", "PRINCIPLE_UNKNOWN",
            [] { return Superseding(CommitmentStatement("one", 1, The("principles")), The("commitment-one-2"), "renewal"); }),
      {"25 before 26", "SUPERSEDES_NOT_HEAD",
       [](Ledger& log) {
         log.Take(Sign(NextSet()), 1'000 * kSampleTime + 30'000);
         return Sign(Again(CommitmentStatement("one", 1, The("principles"))));
       }},
      {"26 before 27", "PRINCIPLE_SET_NOT_CURRENT",
       [](Ledger& log) {
         log.Take(Sign(NextSet()), 1'000 * kSampleTime + 30'000);
         return Sign(
             Replaced(Commitment(), attest::FormatTime(kSampleTime + 730 * kDay), attest::FormatTime(kSampleTime + 2'000 * kDay)));
       }},
      Plain("26: a known key before what it replaces", "KEY_EXISTS",
            [] {
              return Replaced(
                  KeyStatement("member:one", "two-1", "\"sign\"", {"one-1"}), "\"purposes\"",
                  "\"replaces\":{\"keyId\":\"" + std::string(64, 'a') + "\",\"overlapUntil\":" + TimeText(kNow) + "},\"purposes\"");
            }),
  });
}

TEST(Rules, JudgeSignaturesInTheOrderOfTheirKeyIds) {
  // Two keys that may not sign a key registration of member one: two-1 has no part in it, one-2 has not the purpose.
  const bool foreign_first = SampleKey("two-1").public_key().id() < SampleKey("one-2").public_key().id();
  RunRows({Plain("both wrong", foreign_first ? "ISSUER_MISMATCH" : "KEY_PURPOSE", [] {
    return KeyStatement("member:one", "new", "\"sign\"", {"two-1", "one-2"});
  })});
}

TEST(Rules, TakeOnlyGenesisFirst) {
  const Ledger empty;
  EXPECT_EQ(WordOf(empty.Check(The("genesis"), kNow)), "OK");
  EXPECT_EQ(WordOf(empty.Check(The("principles"), kNow)), "GENESIS_ORDER");
  EXPECT_EQ(WordOf(empty.Check(Sign(SignedBy(GenesisStatement(), {"root-2"})), kNow)), "THRESHOLD_NOT_MET");
  EXPECT_EQ(WordOf(empty.Check(Sign(SignedBy(GenesisStatement(), {"root-1", "root-2", "operator-1"})), kNow)), "ISSUER_MISMATCH");
  EXPECT_EQ(WordOf(empty.Check(Sign(SignedBy(GenesisStatement(), {"root-1", "stranger"})), kNow)), "KEY_UNKNOWN");
  EXPECT_EQ(WordOf(empty.Check(Sign(ToLog(GenesisStatement(), "log.example/other")), kNow)), "WRONG_LOG");
  EXPECT_EQ(WordOf(empty.Check(The("genesis"), kSampleTime - 301)), "ISSUED_IN_FUTURE");
  EXPECT_EQ(WordOf(empty.Check(The("genesis"), kSampleTime + 366 * kDay + 1)), "ISSUED_TOO_OLD");  // by its own maxStatementAgeDays
}

TEST(Rules, EndAReplacedKeyAtTheEarlierOfItsOwnEndAndTheOverlap) {
  const auto replacing = [](std::int64_t overlap_until) {
    return Sign(Replaced(KeyStatement("member:one", "second", "\"sign\"", {"one-1"}), "\"purposes\"",
                         "\"replaces\":{\"keyId\":\"" + bytes::EncodeHex(SampleKey("first").public_key().id()) +
                             "\",\"overlapUntil\":" + TimeText(overlap_until) + "},\"purposes\""));
  };
  for (const auto overlap : {kNow - 10, kNow, kNow + 10}) {
    Ledger ledger = WholeLog();
    ledger.Take(Sign(Replaced(KeyStatement("member:one", "first", "\"sign\"", {"one-1"}), "\"purposes\"",
                              "\"validUntil\":" + TimeText(kNow) + ",\"purposes\"")),
                1'000 * kSampleTime + 30'000);
    ledger.Take(replacing(overlap), 1'000 * kSampleTime + 30'000);
    EXPECT_EQ(ledger.registry.FindKey(SampleKey("first").public_key().id())->valid_until, std::min(overlap, kNow));
  }
}

TEST(Rules, RecordWhichAdminKeysAuthoriseAKey) {
  State state;
  state.log.context.origin = kSampleOrigin;
  for (std::uint64_t i = 0; i < Alliance().size(); ++i) {
    const auto& record = Alliance().records()[i].record;
    Accept(state, {i, &record.entry, &record.statement});
  }
  const std::vector<keys::KeyId> by_party = {SampleKey("one-1").public_key().id()};
  struct Case {
    std::vector<std::string> sponsors;
    std::vector<keys::KeyId> authorising;
  };
  const std::vector<Case> cases = {
      {{"one-1"}, by_party},
      {{"secretariat-1", "secretariat-2"}, {}},
      {{"one-1", "secretariat-2"}, by_party},
      {{"one-1", "secretariat-1", "secretariat-2"}, {}},  // the secretariat's threshold comes first (6.3)
  };
  for (const Case& row : cases) {
    const auto record = Sign(KeyStatement("member:one", "new", "\"sign\"", row.sponsors));
    EXPECT_EQ(AuthorisingKeys(state, {Alliance().size(), &record.entry, &record.statement}), row.authorising);
  }
}

// 6.7: a compromised key takes with it what it let in.
TEST(Rules, RevokeWhatACompromisedKeyLetIn) {
  const auto key_of = [](const Ledger& ledger, std::string_view name) {
    return *ledger.registry.FindKey(SampleKey(name).public_key().id());
  };
  Ledger ledger = WholeLog();
  const auto admin = [](std::string_view key, std::vector<std::string> sponsors) {
    return Sign(KeyStatement("member:one", key, "\"admin\",\"sign\"", std::move(sponsors)));
  };
  const auto first = ledger.registry.size();
  ledger.Take(admin("second", {"one-1"}), kSoon);                           // first
  ledger.Take(admin("third", {"second"}), kSoon);                           // first + 1
  ledger.Take(admin("by-two", {"one-1", "third"}), kSoon);                  // first + 2
  ledger.Take(admin("safe", {"secretariat-1", "secretariat-2"}), kSoon);    // first + 3
  ledger.Take(admin("by-safe", {"second", "safe"}), kSoon);                 // first + 4
  const auto at = ledger.registry.size();
  ledger.Take(Sign(KeyRevocation("member:one", "member:one", "one-1", "compromised", {"safe"},
                                 ",\"invalidSince\":" + std::to_string(first))),
              kSoon);
  const auto compromised = [&](std::string_view key, std::uint64_t since) {
    const auto info = key_of(ledger, key);
    return info.compromised() && info.revocations.back().index == at && info.revocations.back().invalid_since == since;
  };
  EXPECT_TRUE(compromised("one-1", first));
  EXPECT_TRUE(compromised("second", first + 1));
  EXPECT_TRUE(compromised("third", first + 2));
  EXPECT_TRUE(compromised("by-two", first + 3));
  EXPECT_FALSE(key_of(ledger, "safe").revoked());
  EXPECT_FALSE(key_of(ledger, "by-safe").revoked());  // one of its sponsors is sound
  EXPECT_FALSE(key_of(ledger, "one-2").revoked());    // let in before
}

TEST(Rules, KnowWhichEntriesNoStatementDerivesTo) {
  struct Case {
    std::string name;
    std::string label;
    std::function<void(attest::Entry&)> spoil;
    bool derivable = false;
  };
  const std::vector<Case> cases = {
      {"a promise", "commitment-one-1", [](attest::Entry&) {}, true},
      {"an engagement", "engagement", [](attest::Entry&) {}, true},
      {"a result", "result", [](attest::Entry&) {}, true},
      {"evidence", "evidence", [](attest::Entry&) {}, true},
      {"an authority record", "principles", [](attest::Entry&) {}},
      {"a promise without subject", "commitment-one-1", [](attest::Entry& e) { e.subjects.clear(); }},
      {"a promise about another", "commitment-one-1", [](attest::Entry& e) { e.subjects = {SampleUrn("member:two")}; }},
      {"a promise on two principles", "commitment-one-1",
       [](attest::Entry& e) {
         e.principles = {1, 2};
       }},
      {"a promise without set", "commitment-one-1", [](attest::Entry& e) { e.refs.clear(); }},
      {"a promise without document", "commitment-one-1", [](attest::Entry& e) { e.artifacts.clear(); }},
      {"a promise that supersedes two", "commitment-one-1",
       [](attest::Entry& e) {
         e.refs.insert(e.refs.begin(), {{attest::Rel::kRenews, {}}, {attest::Rel::kCorrects, {}}});
       }},
      {"an engagement with two members", "engagement", [](attest::Entry& e) { e.subjects.push_back(SampleUrn("member:two")); }},
      {"an engagement on nothing", "engagement", [](attest::Entry& e) { e.refs.clear(); }},
      {"a result without engagement", "result",
       [](attest::Entry& e) { std::erase_if(e.refs, [](const attest::Ref& ref) { return ref.rel == attest::Rel::kEngagement; }); }},
      {"evidence about nobody", "evidence", [](attest::Entry& e) { e.subjects.clear(); }},
      {"evidence for an engagement rel", "evidence",
       [](attest::Entry& e) {
         e.refs = {{attest::Rel::kEngagement, {}}};
       }},
  };
  for (const Case& row : cases) {
    auto entry = The(row.label).entry;
    row.spoil(entry);
    EXPECT_EQ(IsDerivable(entry), row.derivable) << row.name;
  }
}

}  // namespace
}  // namespace trustlog::registry
