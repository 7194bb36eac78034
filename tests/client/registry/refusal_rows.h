// A statement for each way in which checks 6, 11 and 16-27 of records.md 6.4 refuse, over the whole sample log.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "tests/client/registry/rule_rows.h"

namespace trustlog::registry {

inline const std::vector<Row>& Refusals() {
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
                  kSoon);
         return Sign(SignedBy(Commitment(), {"new"}));
       }},
      {"key before its beginning", "KEY_EXPIRED",
       [](Ledger& log) {
         const auto from = attest::FormatTime(kSampleTime - 30 * kDay);
         log.Take(Sign(Replaced(NewKey(), from, attest::FormatTime(kNow + 1))), kSoon);
         return Sign(SignedBy(Commitment(), {"new"}));
       }},
      {"replaced key after the overlap", "KEY_EXPIRED",
       [](Ledger& log) {
         log.Take(Sign(Replaced(NewKey(), "\"purposes\"",
                                "\"replaces\":{\"keyId\":\"" + bytes::EncodeHex(SampleKey("one-2").public_key().id()) +
                                    "\",\"overlapUntil\":" + TimeText(kNow) + "},\"purposes\"")),
                  kSoon);
         return Sign(SignedBy(Commitment(), {"one-2"}));
       }},

      Plain("a key without admin sponsors a key", "KEY_PURPOSE",
            [] { return KeyStatement("member:one", "new", "\"sign\"", {"one-2"}); }),
      {"a key without sign makes a promise", "KEY_PURPOSE",
       [](Ledger& log) {
         log.Take(Sign(KeyStatement("member:one", "new", "\"admin\"", {"one-1"})), kSoon);
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
         log.Take(Sign(AdmissionStatement("auditor", "west")), kSoon);
         log.Take(Sign(KeyStatement("auditor:west", "west-1", "\"sign\"", {"secretariat-1", "secretariat-2"})),
                  kSoon);
         return Sign(EngagementStatement("west", "one", "2", {&The("commitment-one-2")}));
       }},
      {"accreditation corrected to begin later", "NOT_ACCREDITED",
       [](Ledger& log) {
         const auto from = attest::FormatTime(kSampleTime - 30 * kDay);
         log.Take(Sign(Superseding(Replaced(AccreditationStatement("south", "three"), from, attest::FormatTime(kNow + 1)),
                                   The("accredit-south"), "correction")),
                  kSoon);
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
         log.Take(refused, kSoon, "ISSUER_MISMATCH");
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
         log.Take(Sign(Renewed(1)), kSoon);
         return Sign(Again(Renewed(1)));
       },
       kNow, "head", bytes::EncodeHex(Sign(Renewed(1)).id())},
      {"a fork of a chain of results", "SUPERSEDES_NOT_HEAD",
       [](Ledger& log) {
         log.Take(Sign(Superseding(Result(), The("result"), "correction")), kSoon);
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
         log.Take(Sign(NextSet()), kSoon);
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

// Of what the log holds only after some event.
inline const std::vector<Row>& RefusalsAfterEvents() {
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
      Plain(
          "a key of another party to revoke", "REF_WRONG_PARTY",
          [] { return KeyRevocation("secretariat", "member:one", "two-1", "lost", {"secretariat-1", "secretariat-2"}); }, kNow, "id",
          bytes::EncodeHex(SampleKey("two-1").public_key().id())),
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

// Over an empty log.
inline const std::vector<Row>& RefusalsBeforeGenesis() {
  static const std::vector<Row> rows = {
      {"a set before genesis", "GENESIS_ORDER", [](Ledger&) { return The("principles"); }},
      Plain("genesis by one of the root", "THRESHOLD_NOT_MET", [] { return SignedBy(GenesisStatement(), {"root-2"}); }),
      Plain("genesis signed by the operator too", "ISSUER_MISMATCH",
            [] {
              return SignedBy(GenesisStatement(), {"root-1", "root-2", "operator-1"});
            }),
      Plain("genesis signed by a stranger too", "KEY_UNKNOWN",
            [] {
              return SignedBy(GenesisStatement(), {"root-1", "stranger"});
            }),
      Plain("genesis of another log", "WRONG_LOG", [] { return ToLog(GenesisStatement(), "log.example/other"); }),
      Plain("genesis issued 301 s ahead", "ISSUED_IN_FUTURE", GenesisStatement, kSampleTime - 301),
      Plain("genesis issued longer ago than it allows", "ISSUED_TOO_OLD", GenesisStatement, kSampleTime + 366 * kDay + 1),
  };
  return rows;
}

}  // namespace trustlog::registry
