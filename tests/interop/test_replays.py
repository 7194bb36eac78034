#!/usr/bin/env python3
"""Two registries over the same histories: the one here and the program's own must write the same text for each, whole and however the
history is cut into batches and followers.

    TRUSTLOG_BIN=build/dev python3 tests/interop/test_replays.py

TRUSTLOG_QUICK=1: a tenth of the 2,000 histories. A failure names the first history that differs, and how.
"""

import difflib
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from histories import History

QUICK = os.environ.get("TRUSTLOG_QUICK") == "1"
COUNT = 200 if QUICK else 2000
BIN = pathlib.Path(os.environ.get("TRUSTLOG_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/dev"))
PROGRAM = BIN / "tests/replay_history"


class ReplaysTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.files, cls.expected = [], []
        for number in range(COUNT):
            history = History(1, number).make()
            cls.files.append(pathlib.Path(cls.folder.name) / f"{number}.json")
            cls.files[-1].write_text(json.dumps(history.as_json()))
            cls.expected.append(history.expected())

    def replayed(self, *words) -> str:
        return subprocess.run([PROGRAM, *words], check=True, capture_output=True, text=True).stdout

    def assert_equal_texts(self, *flags):
        answers = [line.split(" ")[-1] for line in self.replayed(*flags, *self.files).splitlines()]
        digests = [text.splitlines()[-1].split(" ")[-1] for text in self.expected]
        self.assertEqual(len(answers), COUNT)
        differing = [number for number in range(COUNT) if answers[number] != digests[number]]
        if differing:
            other = self.replayed("--text", *flags, self.files[differing[0]])
            lines = difflib.unified_diff(self.expected[differing[0]].splitlines(), other.splitlines(), "here", "there", lineterm="", n=0)
            self.fail(f"{len(differing)} of {COUNT} differ; history {differing[0]}:\n" + "\n".join(list(lines)[:20]))

    def test_one_record_at_a_time(self):
        self.assert_equal_texts()

    def test_any_split_into_batches_and_followers(self):
        for seed in ("1",) if QUICK else ("1", "2", "3"):
            with self.subTest(seed):
                self.assert_equal_texts("--split", seed)


if __name__ == "__main__":
    unittest.main()
