#!/usr/bin/env python3
"""Tests of the registry replay and of verdicts against tests/vectors/tle1-vectors.json, with real signature arithmetic.

    python3 tests/interop/test_registry.py
"""

import base64
import json
import unittest

import envelope
import signatures
import state_text
import statement
import synthetic_log
import tle1
import verdict
from registry import Duplicate, Registry
from rules import Refusal

VECTORS = json.loads(synthetic_log.VECTORS.read_text(encoding="utf-8"))
RECORDS = VECTORS["records"]


def envelope_of(case: dict) -> bytes:
    return base64.b64decode(case["envelope_b64"])


def outcome(registry: Registry, data: bytes, logged_at_ms: int) -> str:
    try:
        return f"admitted at {envelope.submit(registry, data, logged_at_ms)}"
    except Refusal as refusal:
        return refusal.reason
    except Duplicate:
        return "DUPLICATE"


class VectorTest(unittest.TestCase):
    def test_every_record_is_admitted_and_every_refusal_has_its_reason(self):
        """One walk through the log: at each size the refusals of that size, then the record of that index."""
        self.assertEqual(len(VECTORS["refusals"]), 72)
        met = 0
        with signatures.Verifier() as verifier:
            registry = Registry(VECTORS["origin"], envelope.Arithmetic(verifier))
            for size in range(len(RECORDS) + 1):
                for case in (case for case in VECTORS["refusals"] if case["size"] == size):
                    before = state_text.state_text(registry)
                    with self.subTest(case["label"]):
                        self.assertEqual(outcome(registry, envelope_of(case), case["logged_at_ms"]), case["reason"])
                        self.assertEqual(state_text.state_text(registry), before)
                    met += 1
                if size < len(RECORDS):
                    record = RECORDS[size]
                    with self.subTest(record["label"]):
                        self.assertEqual(
                            outcome(registry, record["envelope"].encode(), record["logged_at_ms"]), f"admitted at {size}"
                        )
        self.assertEqual(met, 72)

    def replay(self, size: int = len(RECORDS), withheld: tuple = ()) -> Registry:
        registry = Registry(VECTORS["origin"])
        for index, record in enumerate(RECORDS[:size]):
            payload = b"" if index in withheld else record["statement"].encode()
            registry.log(tle1.decode(bytes.fromhex(record["entry"])), payload, withheld=index in withheld)
        return registry

    def test_every_verdict(self):
        self.assertEqual(len(VECTORS["verdicts"]), 13)
        whole = self.replay()
        for case in VECTORS["verdicts"]:
            date = statement.seconds(case["date"])
            want = (case["verdict"], [(row["index"], row["role"]) for row in case["deciding"]])
            for registry in (whole, self.replay(case["size"])):
                with self.subTest(case):
                    self.assertEqual(verdict.evaluate(registry, case["member"], case["principle"], date, case["size"]), want)

    def test_replay_gives_the_state_of_admission(self):
        registry = Registry(VECTORS["origin"])
        for record in RECORDS:
            entry = tle1.decode(bytes.fromhex(record["entry"]))
            registry.submit(record["logged_at_ms"], record["statement"].encode(), list(entry.signatures))
        self.assertEqual(state_text.state_text(registry), state_text.state_text(self.replay()))
        self.assertEqual(registry.void, {})

    def test_withholding_any_claim_changes_no_decision(self):
        """4.3: the state is the same but for the `missing` line, and so is every verdict."""
        whole = self.replay()
        for index, record in enumerate(RECORDS):
            if record["kind"] not in tle1.CLAIMS:
                continue
            with self.subTest(record["label"]):
                registry = self.replay(withheld=(index,))
                lines = state_text.state_text(registry).splitlines()
                covered = f"covered {index} " in state_text.state_text(whole)
                self.assertEqual(f"missing {index}" in lines, not covered)
                rest = [line for line in lines if not line.startswith("missing")]
                self.assertEqual(rest, state_text.state_text(whole).splitlines())
                self.assertEqual(state_text.verdict_text(registry), state_text.verdict_text(whole))

    def test_authority_cannot_be_withheld(self):
        self.assertEqual(self.replay(withheld=(4,)).void[4], "STATEMENT_MISSING")

    def test_an_entry_that_differs_from_its_statement_is_void(self):
        registry = self.replay(9)
        entry = tle1.decode(bytes.fromhex(RECORDS[9]["entry"]))
        self.assertEqual(registry.log(entry._replace(principles=(2,)), RECORDS[9]["statement"].encode()), "DERIVATION")
        self.assertEqual(registry.log(entry, RECORDS[9]["statement"].encode()), "DUPLICATE")
        self.assertNotIn((16, entry.issuer, 3), registry.chains)

    def test_rebuilt_envelopes_are_those_of_the_vectors(self):
        for record in RECORDS:
            entry = tle1.decode(bytes.fromhex(record["entry"]))
            self.assertEqual(envelope.rebuild(record["statement"].encode(), entry.signatures).decode(), record["envelope"])


if __name__ == "__main__":
    unittest.main()
