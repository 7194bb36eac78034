#!/usr/bin/env python3
"""Tests of the generated histories: that they replay to what was written, and that they meet every rule often enough to compare by.

    python3 tests/interop/test_histories.py

TRUSTLOG_QUICK=1: a tenth of the 2,000 histories, and a tenth of the counts.
"""

import contextlib
import io
import json
import os
import tempfile
import unittest
from collections import Counter
from pathlib import Path
from unittest import mock

import histories
import verdict
from histories import History

QUICK = os.environ.get("TRUSTLOG_QUICK") == "1"
COUNT = 200 if QUICK else 2000
SHARE = COUNT / 2000
# Of 6.8, but for what only an envelope or arithmetic can break: PAYLOAD_TYPE_UNSUPPORTED, SIGNATURE_ENCODING, SIGNATURE_INVALID,
# ALGORITHM_NOT_BUILT_IN. ENVELOPE_MALFORMED is a key that signs twice (check 17).
REASONS = """
    ENVELOPE_MALFORMED STATEMENT_MALFORMED DUPLICATE_MEMBER SCHEMA_VIOLATION TOO_LARGE ALGORITHM_MISMATCH VALIDITY_INVERTED
    VALIDITY_TOO_LONG ISSUED_IN_FUTURE KEY_UNKNOWN KEY_REVOKED KEY_EXPIRED KEY_PURPOSE THRESHOLD_NOT_MET ISSUER_MISMATCH
    PARTY_UNKNOWN MEMBER_NOT_ACTIVE NOT_ACCREDITED ACCREDITATION_SCOPE NOT_INDEPENDENT WRONG_LOG GENESIS_ORDER LOG_FROZEN
    ISSUED_TOO_OLD REF_NOT_FOUND REF_WRONG_KIND REF_WRONG_PARTY REF_RETRACTED SUPERSEDES_NOT_HEAD PRINCIPLE_UNKNOWN
    PRINCIPLE_SET_NOT_CURRENT PARTY_EXISTS KEY_EXISTS VERSION_NOT_NEXT INDEX_HEAD_NOT_NEWER KIND_UNKNOWN
""".split()
# What `forced` and `withheld` steps can be void for: all but the reasons of checks 7 to 10, 12 to 15, and a key that signs twice.
VOID_REASONS = {*REASONS, "DUPLICATE"} - {
    "ENVELOPE_MALFORMED", "STATEMENT_MALFORMED", "DUPLICATE_MEMBER", "TOO_LARGE", "ALGORITHM_MISMATCH", "VALIDITY_INVERTED", "KIND_UNKNOWN",
}  # fmt: skip


class CountTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.refused, cls.verdicts, cls.notes, cls.lines, cls.void = Counter(), Counter(), Counter(), Counter(), Counter()
        cls.modes, cls.lengths, cls.differing = Counter(), set(), []
        for number in range(COUNT):
            history = History(1, number).make()
            expected = history.expected()
            cls.modes.update(step["mode"] for step in history.world.steps)
            cls.lengths.add(len(history.world.steps))
            if number % 10 == 0 and histories.replay(json.loads(json.dumps(history.as_json()))) != expected:
                cls.differing.append(number)
            for line in expected.splitlines():
                word, *fields = line.split(" ")
                cls.lines[word] += 1
                if word == "refused":
                    cls.refused[fields[1]] += 1
                elif word == "void":
                    cls.void[fields[1]] += 1
                elif word == "revocation":
                    cls.lines[f"revocation {fields[2]}"] += 1
                elif word == "verdict":
                    cls.verdicts[fields[4]] += 1
                    cls.notes.update(pair.split(":")[1] for pair in fields[6].split(",") if ":" in pair)

    def each_at_least(self, least: int, words, counts: Counter) -> None:
        for word in words:
            with self.subTest(word):
                self.assertGreaterEqual(counts[word], least * SHARE)

    def test_a_history_replayed_from_its_file_gives_the_text_it_was_made_with(self):
        self.assertEqual(self.differing, [])

    def test_every_reason_that_can_be_reached_is_met_20_times(self):
        self.assertEqual(len(REASONS), 36)
        self.each_at_least(20, REASONS, self.refused)
        self.assertLessEqual(set(self.refused), set(REASONS))

    def test_every_verdict_is_given_50_times(self):
        self.each_at_least(50, verdict.VERDICTS, self.verdicts)
        self.each_at_least(50, ("objection", "engagement"), self.notes)

    def test_void_withheld_missing_and_duplicate_records_are_met(self):
        words = ("void", "missing", "covered", "fault", "duplicate", "withdrawal", "retraction", "corrected", "status")
        self.each_at_least(200, words, self.lines)
        self.each_at_least(100, ("revocation retired", "revocation lost", "revocation compromised"), self.lines)
        self.each_at_least(200, histories.MODES, self.modes)

    @unittest.skipIf(QUICK, "the rarest reasons want all 2,000 histories")
    def test_void_records_have_every_reason_that_can_be_forced(self):
        self.each_at_least(5, VOID_REASONS, self.void)
        self.assertLessEqual(set(self.void), VOID_REASONS)

    def test_a_history_has_20_to_80_steps(self):
        self.assertGreaterEqual(min(self.lengths), 20)
        self.assertLessEqual(max(self.lengths), 82)


class ProgramTest(unittest.TestCase):
    def run_main(self, *arguments: str) -> str:
        with mock.patch("sys.argv", ["histories.py", *arguments]), contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(histories.main(), 0)
        return out.getvalue()

    def test_the_same_seed_gives_the_same_files_and_replay_prints_the_expected_text(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            self.run_main("7", "3", one)
            self.run_main("7", "3", two)
            names = sorted(path.name for path in Path(one).iterdir())
            self.assertEqual(names, ["0.expected", "0.json", "1.expected", "1.json", "2.expected", "2.json"])
            for name in names:
                self.assertEqual(Path(one, name).read_bytes(), Path(two, name).read_bytes())
            for number in range(3):
                text = self.run_main("--replay", f"{one}/{number}.json")
                self.assertEqual(text, Path(one, f"{number}.expected").read_text(encoding="ascii"))
                *lines, last = text.splitlines(keepends=True)
                self.assertEqual(last, f"digest {histories.digest(*lines)}\n")

    def test_another_seed_gives_another_history(self):
        self.assertNotEqual(History(1, 0).make().expected(), History(2, 0).make().expected())


if __name__ == "__main__":
    unittest.main()
