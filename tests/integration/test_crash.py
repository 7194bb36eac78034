"""kill -9 under load: no acknowledged entry lost or moved, no second root for a size (reliability.md rows A1, T3, G2, G3)."""
import contextlib
import json
import random
import time
import unittest

import harness

CYCLES = 500 if harness.FULL else 10 if harness.QUICK else 50


def signed_roots(server, roots):
    """Adds the checkpoint that is served now to `roots` (size -> root); fails on a second root for a size."""
    status, body = server.get("/checkpoint")
    if status != 200:
        return
    _, size, root, *_ = body.decode().split("\n")
    if roots.setdefault(size, root) != root:
        raise AssertionError(f"two roots at size {size}")


def acknowledgements(ledger):
    with contextlib.suppress(FileNotFoundError):
        return ledger.read_bytes().count(b'"index":')
    return 0


class KillUnderLoad(unittest.TestCase):
    def test_no_acknowledged_entry_is_lost_or_moved(self):
        seed = 20261124
        chance = random.Random(seed)
        with harness.fresh_server() as server:
            ledger = server.folder / "acks"
            roots = {}
            for cycle in range(CYCLES):
                server.start()
                signed_roots(server, roots)
                writer = server.writer(ledger, "--threads", "8", *(["--retry"] if cycle else []))
                answered = acknowledgements(ledger) + chance.randint(1, 60)
                harness.wait_until(lambda wanted=answered: acknowledgements(ledger) >= wanted, "the writers are answered")
                time.sleep(chance.uniform(0, 0.02))  # where the kill falls, not a wait for anything
                signed_roots(server, roots)
                server.kill()
                writer.communicate(timeout=harness.DEADLINE)
                self.assertEqual(writer.returncode, 0)
            server.start()
            signed_roots(server, roots)
            done = server.writer(ledger, "--threads", "1", "--retry", "--count", "1")
            done.communicate(timeout=harness.DEADLINE)
            self.assertEqual(done.returncode, 0)
            answers = [json.loads(line) for line in open(ledger, encoding="utf-8")]
            acknowledged = [a for a in answers if a["op"] == "answer" and a["result"] in ("durable", "published")]
            self.assertGreater(len(acknowledged), 5 * CYCLES, f"too few acknowledgements to mean anything (seed {seed})")
            report = server.verify("--acks", ledger)
            self.assertRegex(report, r"ok\s+\[?acks")
            self.assertEqual(server.stop(), 0)
            code, text = server.fsck_store()
            self.assertEqual(code, 0, text)


class OrderlyStop(unittest.TestCase):
    def test_a_stop_under_load_answers_everybody_and_ends_with_0(self):
        """T5: commit the queue, publish, exit 0; every answer that was given holds."""
        with harness.fresh_server() as server:
            server.start()
            ledger = server.folder / "acks"
            writer = server.writer(ledger, "--threads", "8")
            harness.wait_until(lambda: server.published_size() > 50, "some entries are published")
            self.assertEqual(server.stop(), 0, server.tail())
            writer.communicate(timeout=harness.DEADLINE)
            self.assertTrue((server.folder / "log/clean-stop").exists())
            server.start()
            server.verify("--acks", ledger)


if __name__ == "__main__":
    unittest.main()
