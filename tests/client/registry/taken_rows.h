// What the rules of records.md section 6 take: every kind of record, what is just within a limit, and what is never refused for what
// it says.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proto/attest/forms.h"
#include "proto/bytes/hex.h"
#include "tests/client/registry/rule_rows.h"

namespace trustlog::registry {

inline const std::vector<Row>& EveryKind() {
  const auto after = [](std::function<SampleStatement(Ledger&)> make) {
    return [make = std::move(make)](Ledger& log) { return Sign(Again(make(log))); };
  };
  static const std::vector<Row> rows = {
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
  };
  return rows;
}

inline const std::vector<Row>& JustWithin() {
  static const std::vector<Row> rows = {
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
                  kSoon);
         return Sign(SignedBy(Commitment(), {"new"}));
       }},
      {"a replaced key within the overlap", "OK",
       [](Ledger& log) {
         log.Take(Sign(Replaced(NewKey(), "\"purposes\"",
                                "\"replaces\":{\"keyId\":\"" + bytes::EncodeHex(SampleKey("one-2").public_key().id()) +
                                    "\",\"overlapUntil\":" + TimeText(kNow + 1) + "},\"purposes\"")),
                  kSoon);
         return Sign(SignedBy(Commitment(), {"one-2"}));
       }},
      {"a set that begins later", "OK",
       [](Ledger& log) {
         log.Take(Sign(NextSet(kNow + 1)), kSoon);
         return Sign(CommitmentStatement("one", 4, Sign(NextSet(kNow + 1))));
       }},
      {"the old set until the next begins", "OK",
       [](Ledger& log) {
         log.Take(Sign(NextSet(kNow + 1)), kSoon);
         return Sign(Commitment());
       }},
      {"a correction under the old set", "OK",
       [](Ledger& log) {
         log.Take(Sign(NextSet()), kSoon);
         return Sign(Superseding(CommitmentStatement("one", 1, The("principles")), The("commitment-one-1"), "correction"));
       }},
      {"the old set when the next was corrected away", "OK",
       [](Ledger& log) {
         const auto wrong = Sign(NextSet());
         log.Take(wrong, kSoon);
         log.Take(Sign(Superseding(PrincipleSetStatement("1.2", kNow + kDay), wrong, "correction")), kSoon);
         return Sign(Commitment());
       }},
      {"the older accreditation until the newer begins", "OK",
       [](Ledger& log) {
         const auto from = attest::FormatTime(kSampleTime - 30 * kDay);
         log.Take(Sign(Superseding(Replaced(AccreditationStatement("south", "three"), from, attest::FormatTime(kNow + 1)),
                                   The("accredit-south"), "renewal")),
                  kSoon);
         return Sign(Engagement());
       }},
  };
  return rows;
}

inline const std::vector<Row>& WhateverTheOutcomeSays() {
  static const std::vector<Row> rows = {
      Plain("negative", "OK", [] { return ResultStatement(The("engagement"), "nonconformant-major"); }),
      Plain("positive", "OK", [] { return ResultStatement(The("engagement"), "conformant"); }),
      Plain("an outcome that no set declares", "OK", [] { return ResultStatement(The("engagement"), "never-heard-of"); }),
      Plain("a correction of a negative one", "OK",
            [] { return Superseding(ResultStatement(The("engagement"), "conformant"), The("result"), "correction"); }),
      Plain("an undeclared level", "OK", [] { return Replaced(Commitment(), "\"scope\"", "\"level\":\"platinum\",\"scope\""); }),
      {"about a promise that was corrected", "OK",
       [](Ledger& log) {
         log.Take(Sign(Superseding(CommitmentStatement("one", 2, The("principles")), The("commitment-one-2"), "correction")),
                  kSoon);
         return Sign(Result());
       }},
  };
  return rows;
}

}  // namespace trustlog::registry
