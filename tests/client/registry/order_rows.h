// Statements that break two checks of records.md 6.4: the earlier one gives the reason. "16 before 17": the numbers of the two.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "tests/client/registry/rule_rows.h"

namespace trustlog::registry {

inline const std::vector<Row>& EarlierChecks() {
  static const std::vector<Row> rows = {
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
         log.Take(Sign(NextSet()), kSoon);
         return Sign(Again(CommitmentStatement("one", 1, The("principles"))));
       }},
      {"26 before 27", "PRINCIPLE_SET_NOT_CURRENT",
       [](Ledger& log) {
         log.Take(Sign(NextSet()), kSoon);
         return Sign(
             Replaced(Commitment(), attest::FormatTime(kSampleTime + 730 * kDay), attest::FormatTime(kSampleTime + 2'000 * kDay)));
       }},
      Plain("26: a known key before what it replaces", "KEY_EXISTS",
            [] {
              return Replaced(
                  KeyStatement("member:one", "two-1", "\"sign\"", {"one-1"}), "\"purposes\"",
                  "\"replaces\":{\"keyId\":\"" + std::string(64, 'a') + "\",\"overlapUntil\":" + TimeText(kNow) + "},\"purposes\"");
            }),
      // Two keys that may not sign a key registration of member one: two-1 has no part in it, one-2 has not the purpose.
      Plain("20: keys by their ids",
            SampleKey("two-1").public_key().id() < SampleKey("one-2").public_key().id() ? "ISSUER_MISMATCH" : "KEY_PURPOSE",
            [] {
              return KeyStatement("member:one", "new", "\"sign\"", {"two-1", "one-2"});
            }),
  };
  return rows;
}

}  // namespace trustlog::registry
