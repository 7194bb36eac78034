#!/usr/bin/env python3
"""Tests of single rules of the registry and of verdicts: records of tests/vectors/tle1-vectors.json with one thing changed.

    python3 tests/interop/test_rules.py
"""

import json
import unittest

import moves
import state_text
import statement
import synthetic_log
import tle1
import verdict
from registry import Duplicate, Registry
from rules import Refusal

VECTORS = json.loads(synthetic_log.VECTORS.read_text(encoding="utf-8"))
RECORDS = VECTORS["records"]
KEY_IDS = {key["name"]: bytes.fromhex(key["keyId"]) for key in VECTORS["keys"]}
MEMBER, AUDITOR, SECRETARIAT = "urn:tta:member:example-one", "urn:tta:auditor:audit-north", "urn:tta:secretariat"
SPKIS = {key["name"]: {"spki": key["spki"], "alg": key["alg"]} for key in VECTORS["keys"]}
SECRETARIES, OPERATOR = ("secretariat-1", "secretariat-2"), ("operator-1",)


class Scene:
    """The vector log up to a size, and records made from those of the vectors."""

    def __init__(self, size: int):
        self.registry, self.nonce = Registry(VECTORS["origin"]), 0
        for record in RECORDS[:size]:
            self.registry.log(tle1.decode(bytes.fromhex(record["entry"])), record["statement"].encode())
        self.at = RECORDS[size - 1]["logged_at_ms"]

    def payload(self, index: int, change: dict) -> bytes:
        root, self.nonce = json.loads(RECORDS[index]["statement"]), self.nonce + 1
        predicate = root["predicate"]
        predicate |= {"nonce": f"{self.nonce:021d}A", "issuedAt": state_text.time_text(self.at // 1000)} | change
        root["predicate"] = {name: value for name, value in predicate.items() if value is not ...}
        return json.dumps(root).encode()

    def submit(self, record: int, /, by: tuple = (), at: str = "", **change) -> str:
        """Record number `record` of the vectors with members changed (...: left out), signed as it was or by others: the reason, or ""."""
        if at:
            self.at = statement.seconds(at) * 1000
        try:
            names = by or RECORDS[record]["signers"]
            signatures = [(KEY_IDS.get(name) or name, b"junk") for name in names]
            self.registry.submit(self.at, self.payload(record, change), signatures)
        except Refusal as refusal:
            return refusal.reason
        return ""

    def add(self, record: int, /, **change) -> str:
        """As submit, where it has to be admitted: the id of the record."""
        reason = self.submit(record, **change)
        if reason:
            raise AssertionError(reason)
        return list(self.registry.facts)[-1].hex()

    def verdict(self, principle: int = 3, date: str = "2026-12-11T00:00:00Z") -> tuple[str, list[str]]:
        word, deciding = verdict.evaluate(self.registry, MEMBER, principle, statement.seconds(date), self.registry.size)
        return word, [role for _, role in deciding]


def id_of(index: int) -> str:
    return RECORDS[index]["statement_id"]


def correction(index: int) -> dict:
    return {"supersedes": {"id": id_of(index), "change": "correction"}}


def renewal(index: int) -> dict:
    return {"supersedes": {"id": id_of(index), "change": "renewal"}}


ROWS = [  # name, size, record, what is changed, the reason ("": admitted)
    ("issued 300 s ahead", 24, 16, {"issuedAt": "2026-11-21T09:05:13Z", "at": "2026-11-21T09:00:13Z"}, ""),
    ("issued 301 s ahead", 24, 16, {"issuedAt": "2026-11-21T09:05:14Z", "at": "2026-11-21T09:00:13Z"}, "ISSUED_IN_FUTURE"),
    ("issued 366 days ago", 24, 16, {"issuedAt": "2026-11-21T09:00:13Z", "at": "2027-11-22T09:00:13Z"}, ""),
    ("a second more", 24, 16, {"issuedAt": "2026-11-21T09:00:12Z", "at": "2027-11-22T09:00:13Z"}, "ISSUED_TOO_OLD"),
    ("key in its last second", 24, 16, {"by": ("example-one-p384",), "at": "2027-09-30T23:59:59Z"}, ""),
    ("key at its end", 24, 16, {"by": ("example-one-p384",), "at": "2027-10-01T00:00:00Z"}, "KEY_EXPIRED"),
    ("key in its first second", 24, 16, {"at": "2026-10-01T00:00:00Z"}, ""),
    ("a second before", 24, 16, {"at": "2026-09-30T23:59:59Z"}, "KEY_EXPIRED"),
    ("a second withdrawal", 28, 27, {}, "MEMBER_NOT_ACTIVE"),
    ("the secretariat withdraws a result", 24, 21, {"by": SECRETARIES, "issuer": SECRETARIAT, "target": id_of(18)}, "REF_WRONG_PARTY"),
    ("the secretariat withdraws an objection", 24, 21, {"by": SECRETARIES, "issuer": SECRETARIAT, "target": id_of(16)},
     "REF_WRONG_PARTY"),
    ("the secretariat withdraws a commitment", 24, 21, {"by": SECRETARIES, "issuer": SECRETARIAT, "target": id_of(9)}, ""),
    ("engagement on a commitment retracted from a date on", 24, 14, {"at": "2027-06-02T00:00:00Z"}, ""),
    ("declined and signed by the auditor alone", 24, 14, {"declinedByMember": True, "by": ("audit-north-1",)}, ""),
    ("flow-down renews one on another principle", 24, 13, {"principle": 2, "commitment": id_of(10), **renewal(13)}, "PRINCIPLE_UNKNOWN"),
    ("evidence renewed by another issuer", 24, 19, {"by": ("audit-north-1",), "issuer": AUDITOR, **renewal(19)}, "REF_WRONG_PARTY"),
    ("evidence renewed about another party", 24, 19, {"about": [AUDITOR], **renewal(19)}, "REF_WRONG_PARTY"),
    ("head of the size that is covered", 24, 22, {"coversSize": 22}, "INDEX_HEAD_NOT_NEWER"),
    ("withdrawal by a key that signs only", 24, 27, {"by": ("example-one-p384",)}, "KEY_PURPOSE"),
    ("a key that signs only revokes itself", 24, 26,
     {"by": ("example-one-p384",), "issuer": MEMBER, "party": MEMBER, "keyId": KEY_IDS["example-one-p384"].hex()}, ""),
    ("a key revokes another of its party without the purpose", 24, 26,
     {"by": ("example-one-p384",), "issuer": MEMBER, "party": MEMBER, "keyId": KEY_IDS["example-one-1"].hex()}, "KEY_PURPOSE"),
    ("a key revokes itself for another party", 24, 26,
     {"by": ("example-one-1",), "keyId": KEY_IDS["example-one-1"].hex()}, "ISSUER_MISMATCH"),
    ("the secretariat revokes a role key", 24, 26,
     {"by": SECRETARIES, "issuer": SECRETARIAT, "keyId": KEY_IDS["operator-1"].hex()}, "KEY_UNKNOWN"),
    ("the secretariat revokes a key of another party", 24, 26,
     {"by": SECRETARIES, "issuer": SECRETARIAT, "keyId": KEY_IDS["example-one-1"].hex()}, "REF_WRONG_PARTY"),
    ("a revoked key is lost", 27, 26, {"by": SECRETARIES, "issuer": SECRETARIAT, "reason": "lost", "invalidSince": ...}, "KEY_REVOKED"),
    ("a compromised key is compromised again", 27, 26, {"by": SECRETARIES, "issuer": SECRETARIAT}, "KEY_REVOKED"),
    ("a party revokes for another", 24, 26, {"party": MEMBER}, "SCHEMA_VIOLATION"),
    ("invalidSince of a lost key", 24, 26, {"reason": "lost"}, "SCHEMA_VIOLATION"),
    ("accreditation in its last second", 24, 18, {"at": "2029-09-30T23:59:59Z", **renewal(18)}, ""),
    ("accreditation at its end", 24, 18, {"at": "2029-10-01T00:00:00Z", **renewal(18)}, "NOT_ACCREDITED"),
    ("principle outside the accreditation", 24, 18, {"principles": [2, 3, 5], **renewal(18)}, "ACCREDITATION_SCOPE"),
    ("principle without a commitment", 24, 18, {"principles": [2, 3], "commitments": [id_of(9)], **renewal(18)}, "PRINCIPLE_UNKNOWN"),
    ("commitment outside the principles", 24, 18, {"principles": [3], **renewal(18)}, "PRINCIPLE_UNKNOWN"),
    ("engagement about more than the older one", 24, 14, {"principles": [1, 2, 3], "commitments": [id_of(9), id_of(10), id_of(11)]}, ""),
    ("result about more than its engagement", 24, 18,
     {"principles": [1, 2, 3], "commitments": [id_of(9), id_of(10), id_of(11)], **renewal(18)}, "PRINCIPLE_UNKNOWN"),
    ("superseding what is superseded", 24, 18, correction(15), "SUPERSEDES_NOT_HEAD"),
    ("two results need no chain", 24, 18, {"supersedes": ...}, ""),
    ("a second chain of sets", 24, 1, {}, "SUPERSEDES_NOT_HEAD"),
    ("a second chain of accreditations", 24, 8, {}, "SUPERSEDES_NOT_HEAD"),
    ("a commitment renews one on another principle", 24, 9, renewal(10), "PRINCIPLE_UNKNOWN"),
    ("a status is renewed", 24, 20, renewal(20), "SCHEMA_VIOLATION"),
    ("a status is corrected", 24, 20, correction(20), ""),
    ("flow-down of a commitment retracted later", 24, 13, {"commitment": id_of(10), "principle": 2, "at": "2027-05-31T23:59:59Z"}, ""),
    ("flow-down of a retracted commitment", 24, 13, {"commitment": id_of(10), "principle": 2, "at": "2027-06-01T00:00:00Z"},
     "REF_RETRACTED"),
    ("a retraction that will be is one", 24, 21, {}, "REF_RETRACTED"),
    ("retraction of a retraction", 24, 21, {"target": id_of(21)}, "REF_WRONG_KIND"),
    ("objection to an objection", 24, 16, {"target": id_of(16)}, "REF_WRONG_KIND"),
    ("objection about too many", 24, 16, {"about": sorted([MEMBER, AUDITOR])}, "REF_WRONG_PARTY"),
    ("objection to a retraction", 24, 16, {"target": id_of(21)}, ""),
    ("remediation by a member closes", 24, 17, {"state": "closed"}, "SCHEMA_VIOLATION"),
    ("the longest commitment", 24, 9, {"validUntil": "2029-11-05T00:00:00Z", **renewal(9)}, ""),
    ("a second longer", 24, 9, {"validUntil": "2029-11-05T00:00:01Z", **renewal(9)}, "VALIDITY_TOO_LONG"),
    ("until equals from", 24, 9, {"validUntil": "2026-11-01T00:00:00Z", **renewal(9)}, "VALIDITY_INVERTED"),
    ("a former set in a renewal", 26, 9, renewal(9), "PRINCIPLE_SET_NOT_CURRENT"),
    ("a former set in a correction", 26, 9, correction(9), ""),
    ("head over its own entry", 24, 22, {"coversSize": 25}, "INDEX_HEAD_NOT_NEWER"),
    ("head with another nonce", 24, 22, {"coversSize": 24}, "SCHEMA_VIOLATION"),
    ("notice with another index", 24, 23, {"index": 15}, "REF_NOT_FOUND"),
    ("notice by the operator alone", 24, 23, {"by": OPERATOR}, "THRESHOLD_NOT_MET"),
    ("withdrawn member objects", 28, 16, {}, ""),
    ("withdrawn member shows evidence", 28, 19, {}, "MEMBER_NOT_ACTIVE"),
    ("suspended member still promises", 24, 9, {"at": "2026-11-26T00:00:00Z", **renewal(9)}, ""),
    ("a party that is unknown and a key that is not his", 24, 16, {"issuer": "urn:tta:member:nobody"}, "PARTY_UNKNOWN"),
    ("another log and an unknown key", 24, 16, {"logOrigin": "x", "by": (b"\1" * 32,)}, "WRONG_LOG"),
    ("an unknown key and too old", 24, 16, {"issuedAt": "2020-01-01T00:00:00Z", "by": (b"\1" * 32,)}, "KEY_UNKNOWN"),
    ("a known key is registered by itself", 24, 4, {"by": ("example-one-1",)}, "THRESHOLD_NOT_MET"),
    ("a known key is registered", 24, 4, {}, "KEY_EXISTS"),
]  # fmt: skip


class RuleTest(unittest.TestCase):
    def test_each_row_has_its_reason(self):
        for name, size, index, change, reason in ROWS:
            with self.subTest(name):
                self.assertEqual(Scene(size).submit(index, **change), reason)


class KeyLifeTest(unittest.TestCase):
    """6.7: a registers b, b registers c; the secretariat registers d."""

    def scene(self) -> tuple[Scene, list]:
        scene = Scene(24)
        keys = [moves.pool_key(number) for number in (5, 6, 7)]
        register = {"purposes": ["admin", "sign"], "validUntil": ...}
        scene.add(6, by=("example-one-1", keys[0][0]), key=keys[0][1], **register)  # index 24
        scene.add(6, by=(keys[0][0], keys[1][0]), key=keys[1][1], **register)  # index 25
        scene.add(6, by=(*SECRETARIES, keys[2][0], keys[0][0]), key=keys[2][1], **register)  # index 26
        return scene, [scene.registry.keys[key_id] for key_id, _ in keys]

    def revoke(self, scene: Scene, key_id: bytes, **change) -> str:
        change = {"by": SECRETARIES, "issuer": SECRETARIAT, "party": MEMBER, "keyId": key_id.hex(), "invalidSince": ...} | change
        return scene.submit(26, **change)

    def test_a_compromised_key_takes_along_what_it_alone_authorised(self):
        scene, (b, c, d) = self.scene()
        self.assertEqual((b.authorising, c.authorising, d.authorising), ((KEY_IDS["example-one-1"],), (b.key_id,), ()))
        self.assertEqual(self.revoke(scene, KEY_IDS["example-one-1"]), "")
        self.assertEqual([key.revocations for key in (b, c, d)], [[(27, "compromised", 25)], [(27, "compromised", 26)], []])
        self.assertEqual(scene.registry.keys[KEY_IDS["example-one-p384"]].revocations, [(27, "compromised", 7)])

    def test_what_was_registered_before_the_interval_stays(self):
        scene, (b, c, _) = self.scene()
        self.revoke(scene, KEY_IDS["example-one-1"], invalidSince=25)
        self.assertEqual((b.revocations, c.revocations), ([], []))
        self.revoke(scene, b.key_id, invalidSince=26)
        self.assertEqual((b.revocations, c.revocations), ([(28, "compromised", 26)], []))

    def test_invalid_since_is_held_within_the_life_of_the_key(self):
        for asked, since in ((0, 25), (25, 25), (26, 26), (27, 27), (99, 27)):
            scene, (b, _, _) = self.scene()
            self.revoke(scene, b.key_id, invalidSince=asked)
            self.assertEqual(b.revocations, [(27, "compromised", since)])

    def test_a_lost_key_can_still_be_compromised_once(self):
        scene, (b, _, _) = self.scene()
        self.assertEqual(self.revoke(scene, b.key_id, reason="lost"), "")
        self.assertEqual(self.revoke(scene, b.key_id), "")
        self.assertEqual(self.revoke(scene, b.key_id), "KEY_REVOKED")
        self.assertEqual([row[:2] for row in b.revocations], [(27, "lost"), (28, "compromised")])

    def test_a_rotation_ends_the_old_key_at_the_earlier_of_two_times(self):
        for overlap, end in (("2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), ("2030-01-01T00:00:00Z", "2027-10-01T00:00:00Z")):
            scene, (key_id, key) = Scene(24), moves.pool_key(8)
            replaces = {"keyId": KEY_IDS["example-one-p384"].hex(), "overlapUntil": overlap}
            scene.add(6, by=("example-one-1", key_id), key=key, replaces=replaces)
            self.assertEqual(scene.registry.keys[KEY_IDS["example-one-p384"]].valid_until, statement.seconds(end))


    def test_a_key_of_two_admins_goes_when_both_are_compromised(self):
        scene, (b, c, _) = self.scene()
        key_id, key = moves.pool_key(8)
        scene.add(6, by=(c.key_id, b.key_id, key_id), key=key, validUntil=...)  # index 27
        fourth = scene.registry.keys[key_id]
        self.revoke(scene, c.key_id)
        self.assertEqual(fourth.revocations, [])
        self.revoke(scene, b.key_id)
        self.assertEqual((fourth.revocations, len(c.revocations)), ([(29, "compromised", 28)], 1))


class RoleChangeTest(unittest.TestCase):
    """Root is three keys, two of them enough."""

    def change(self, root: tuple, threshold: int, by: tuple, version: int = 2) -> str:
        scene = Scene(24)
        authority = json.loads(RECORDS[0]["statement"])["predicate"]["authority"] | {"version": version}
        authority["root"] = {"keys": [SPKIS[key] if isinstance(key, str) else key for key in root], "threshold": threshold}
        record = json.loads(scene.payload(20, {"authority": authority, "reason": "rotation", "issuer": "urn:tta:root"}))
        record["predicateType"] = record["predicateType"].replace("status-change", "role-change")
        try:
            scene.registry.submit(scene.at, json.dumps(record).encode(), [(KEY_IDS.get(name) or name, b"junk") for name in by])
        except Refusal as refusal:
            return refusal.reason
        return ""

    def test_the_old_threshold_and_where_root_changes_the_new_one(self):
        new_id, new = moves.pool_key(5)
        roots = ("root-1", "root-2", "root-3")
        for root, threshold, by, reason in (
            (roots, 2, ("root-1", "root-2"), ""),
            (roots, 2, ("root-1",), "THRESHOLD_NOT_MET"),
            (roots, 3, ("root-1", "root-2"), "THRESHOLD_NOT_MET"),
            (roots, 3, roots, ""),
            (("root-1", new), 2, ("root-1", "root-2"), "THRESHOLD_NOT_MET"),
            (("root-1", new), 2, ("root-1", "root-2", new_id), ""),
            (("root-1", new), 2, ("root-1", new_id), "THRESHOLD_NOT_MET"),
            (roots, 2, ("root-1", "root-2", "operator-1"), "ISSUER_MISMATCH"),
            (("root-1", "example-one-1"), 1, ("root-1", "root-2"), "KEY_EXISTS"),
        ):
            with self.subTest((root, threshold, by)):
                self.assertEqual(self.change(root, threshold, by), reason)
        self.assertEqual(self.change(roots, 2, ("root-1", "root-2"), version=3), "VERSION_NOT_NEXT")


class AuditorTest(unittest.TestCase):
    def test_a_withdrawn_auditor_is_not_accredited(self):
        scene = Scene(24)
        scene.add(27, by=("audit-north-1",), issuer=AUDITOR)
        self.assertEqual(scene.submit(18, **renewal(18)), "NOT_ACCREDITED")

    def test_a_member_that_the_accreditation_excepts_is_refused_to_18_and_19_and_not_to_20(self):
        scene = Scene(24)
        scene.add(8, notFor=[MEMBER], **renewal(8))
        self.assertEqual(scene.submit(18, **renewal(18)), "NOT_INDEPENDENT")
        self.assertEqual(scene.submit(14), "NOT_INDEPENDENT")
        self.assertEqual(scene.submit(17, by=("audit-north-1",), issuer=AUDITOR, state="closed"), "")


class LoggedTest(unittest.TestCase):
    """What a replay makes of entries that broke the rules."""

    def test_a_void_record_has_no_effect_and_its_statement_is_used_up(self):
        scene = Scene(24)
        payload = scene.payload(16, {})
        entry = statement.derive(payload)._replace(
            logged_at_ms=scene.at - 1, signatures=((KEY_IDS["audit-north-1"], b"junk"),)
        )
        self.assertEqual(scene.registry.log(entry, payload), "ISSUER_MISMATCH")
        self.assertEqual(scene.registry.time_fell, [24])
        again = entry._replace(logged_at_ms=scene.at, signatures=((KEY_IDS["example-one-1"], b"junk"),))
        self.assertEqual(scene.registry.log(again, payload), "DUPLICATE")
        with self.assertRaises(Duplicate) as found:
            scene.registry.submit(scene.at, payload, list(again.signatures))
        self.assertEqual(found.exception.index, 24)
        self.assertEqual(scene.submit(16, target=entry.statement_id.hex()), "REF_NOT_FOUND")

    def test_the_first_notice_of_a_record_is_named(self):
        scene = Scene(24)
        scene.add(23, legalBasis="other")
        self.assertIn("covered 16 23\n", state_text.state_text(scene.registry))


class VerdictTest(unittest.TestCase):
    def test_a_result_counts_until_its_end(self):
        scene = Scene(24)
        end = {"validUntil": "2027-01-01T00:00:00Z", **renewal(18)}
        scene.add(18, **end)
        self.assertEqual(scene.verdict(date="2026-12-31T23:59:59Z")[0], "AUDITED_QUALIFIED")
        self.assertEqual(verdict.evaluate(scene.registry, MEMBER, 3, statement.seconds("2027-01-01T00:00:00Z"), 25).deciding,
                         [(9, "commitment"), (18, "result")])  # fmt: skip
        scene.add(21, by=("audit-north-1",), issuer=AUDITOR, target=id_of(18), validFrom=...)
        self.assertEqual(scene.verdict(date="2026-12-31T23:59:59Z")[0], "AUDITED_QUALIFIED")
        self.assertEqual(scene.verdict(date="2027-01-01T00:00:00Z"), ("SELF_ATTESTED", ["commitment"]))

    def test_the_entry_at_invalid_since_is_tainted_and_the_one_before_is_not(self):
        for since, word in ((18, "DISPUTED"), (19, "AUDITED_QUALIFIED")):
            scene = Scene(24)
            scene.add(26, invalidSince=since)
            self.assertEqual(scene.verdict()[0], word)

    def test_a_status_ends_before_its_last_second_is_over(self):
        scene = Scene(24)
        self.assertEqual(scene.verdict(date="2026-12-09T23:59:59Z")[0], "SUSPENDED")
        self.assertEqual(scene.verdict(date="2026-12-10T00:00:00Z")[0], "AUDITED_QUALIFIED")

    def test_codes_mean_what_the_set_of_their_own_time_says(self):
        scene = Scene(24)
        harsh = [{"code": "conformant-with-observations", "effect": "negative"}]
        lenient = [{"code": "suspended", "effect": "neutral"}]
        scene.add(25, outcomes=harsh, statuses=lenient, validFrom="2026-11-22T00:00:00Z", at="2026-11-22T00:00:00Z")
        self.assertEqual(scene.verdict()[0], "AUDITED_QUALIFIED")
        self.assertEqual(scene.verdict(date="2026-12-01T00:00:00Z")[0], "SUSPENDED")

    def test_before_the_first_set_begins_it_is_in_force_all_the_same(self):
        registry = Scene(24).registry
        self.assertEqual(registry.principle_set(statement.seconds("2026-02-12T23:59:59Z"), 24).index, 1)
        self.assertIsNone(registry.principle_set(statement.seconds("2026-12-01T00:00:00Z"), 1))

    def test_a_chain_whose_head_begins_later_falls_back_to_the_older_link(self):
        scene = Scene(24)
        head = {"validFrom": "2027-01-01T00:00:00Z", "validUntil": "2028-01-01T00:00:00Z"}
        scene.add(9, **head, **renewal(9))
        self.assertEqual(scene.verdict(date="2026-12-31T23:59:59Z"), ("AUDITED_QUALIFIED", ["commitment", "result"]))
        self.assertEqual(scene.verdict(date="2027-01-01T00:00:00Z"), ("SELF_ATTESTED", ["commitment"]))
        self.assertEqual(scene.verdict(date="2028-01-01T00:00:00Z"), ("LAPSED", ["commitment"]))

    def test_a_corrected_or_from_the_start_retracted_link_is_passed_over(self):
        scene = Scene(24)
        newer = scene.add(9, **correction(9))
        scene.add(21, target=newer, validFrom=...)
        self.assertEqual(scene.verdict(), ("NONE", []))

    def test_a_result_of_an_auditor_judged_since_is_shaky(self):
        scene = Scene(24)
        scene.add(20, party=AUDITOR, validFrom="2026-11-21T00:00:00Z", validUntil=...)
        self.assertEqual(scene.verdict(), ("DISPUTED", ["commitment", "result"]))

    def test_a_status_counts_at_the_time_of_the_result(self):
        scene = Scene(24)
        scene.add(20, party=AUDITOR, validFrom="2026-11-21T09:00:05Z", validUntil=...)
        self.assertEqual(scene.verdict(), ("AUDITED_QUALIFIED", ["commitment", "result"]))

    def test_the_newest_status_in_force_rules_and_an_unknown_code_is_negative(self):
        scene = Scene(24)
        scene.add(20, status="conditions-imposed", validUntil=...)
        self.assertEqual(scene.verdict(date="2026-12-01T00:00:00Z")[0], "AUDITED_QUALIFIED")
        scene.add(20, status="frowned-upon")
        self.assertEqual(scene.verdict(date="2026-12-01T00:00:00Z"), ("SUSPENDED", ["status"]))

    def test_a_positive_result_under_conditions_is_qualified_and_names_the_status(self):
        scene = Scene(24)
        scene.add(18, outcome="conformant", **renewal(18))
        self.assertEqual(scene.verdict(), ("AUDITED", ["commitment", "result"]))
        scene.add(20, status="conditions-imposed", validUntil=...)
        self.assertEqual(scene.verdict(), ("AUDITED_QUALIFIED", ["commitment", "result", "status"]))

    def test_a_neutral_outcome_leaves_a_commitment_self_attested(self):
        scene = Scene(24)
        scene.add(18, outcome="inconclusive", **renewal(18))
        self.assertEqual(scene.verdict(), ("SELF_ATTESTED", ["commitment"]))

    def test_a_commitment_by_a_compromised_key_is_disputed_until_made_good(self):
        scene = Scene(24)
        revoke = {"issuer": SECRETARIAT, "party": MEMBER, "keyId": KEY_IDS["example-one-batch"].hex()}
        scene.add(26, by=SECRETARIES, invalidSince=..., **revoke)
        self.assertEqual(scene.verdict(principle=1), ("DISPUTED", ["commitment", "revocation"]))
        scene.add(11, by=("example-one-1",), **renewal(11))
        self.assertEqual(scene.verdict(principle=1), ("SELF_ATTESTED", ["commitment"]))

    def test_of_two_withdrawals_the_first_is_named(self):
        scene = Scene(24)
        scene.add(27, validFrom="2026-12-12T00:00:00Z")
        scene.add(27, validFrom="2026-12-11T00:00:00Z")
        self.assertEqual(scene.verdict(date="2026-12-10T23:59:59Z")[0], "AUDITED_QUALIFIED")
        for date, index in (("2026-12-11T00:00:00Z", 25), ("2026-12-12T00:00:00Z", 24)):
            answer = verdict.evaluate(scene.registry, MEMBER, 3, statement.seconds(date), 26)
            self.assertEqual(answer, ("LAPSED", [(9, "commitment"), (index, "withdrawal")]))


class ListTest(unittest.TestCase):
    def indices(self, facts) -> list[int]:
        return [fact.index for fact in facts]

    def test_an_engagement_is_overdue_from_its_date_until_a_result_names_a_link(self):
        scene, due = Scene(15), statement.seconds("2027-03-01T00:00:00Z")
        self.assertEqual(self.indices(verdict.overdue(scene.registry, due - 1, 15)), [])
        self.assertEqual(self.indices(verdict.overdue(scene.registry, due, 15)), [14])
        self.assertEqual(verdict.notes(scene.registry, [], MEMBER, 3, due, 15), [(14, "engagement")])
        self.assertEqual(verdict.notes(scene.registry, [], MEMBER, 1, due, 15), [])
        scene.add(14, resultDueBy="2027-04-01T00:00:00Z", **renewal(14))
        self.assertEqual(self.indices(verdict.overdue(scene.registry, due, 16)), [])
        self.assertEqual(self.indices(verdict.overdue(scene.registry, due, 15)), [14])
        scene.add(15)  # a result for the older link
        self.assertEqual(self.indices(verdict.overdue(scene.registry, due + 40 * 86400, 16)), [15])
        self.assertEqual(self.indices(verdict.overdue(scene.registry, due + 40 * 86400, 17)), [])

    def test_a_retracted_engagement_is_cancelled_with_its_reason(self):
        scene, due = Scene(15), statement.seconds("2027-03-01T00:00:00Z")
        scene.add(21, by=("audit-north-1",), issuer=AUDITOR, target=id_of(14), reason="cancelled", validFrom=...)
        self.assertEqual(self.indices(verdict.overdue(scene.registry, due, 16)), [])
        self.assertEqual([(fact.index, why) for fact, why in verdict.cancelled(scene.registry, due, 16)], [(14, "cancelled")])

    def test_expiring_leaves_out_what_is_renewed_in_time(self):
        scene, end = Scene(24), statement.seconds("2028-11-01T00:00:00Z")
        now = RECORDS[23]["logged_at_ms"] // 1000
        self.assertEqual(self.indices(verdict.expiring(scene.registry, end, end + 1, now, 24)), [9, 10, 11, 12])
        self.assertEqual(self.indices(verdict.expiring(scene.registry, end - 9, end, now, 24)), [])
        scene.add(9, validFrom="2028-11-01T00:00:00Z", validUntil="2029-11-01T00:00:00Z", **renewal(9))
        scene.add(11, by=("example-one-1",), validFrom="2028-11-01T00:00:01Z", validUntil="2029-11-01T00:00:00Z", **renewal(11))
        self.assertEqual(self.indices(verdict.expiring(scene.registry, end, end + 1, now, 26)), [10, 11, 12])


if __name__ == "__main__":
    unittest.main()
