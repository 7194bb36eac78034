"""Data protection with real programs (records.md 4.3): a statement under a published erasure notice is gone, after a restart too, and every checker
says why; one that is gone without a notice is an alarm to each of them."""
import contextlib
import json
import os
import sqlite3
import subprocess
import unittest

import harness

SECRET = "a name that must not be found"


class Withholding(unittest.TestCase):
    def setUp(self):
        self.context = harness.fresh_server()
        self.server = self.context.__enter__()
        self.addCleanup(self.context.__exit__, None, None, None)
        self.folder = self.server.folder
        self.socket = self.folder / "run/admin.sock"
        self.runs = 0

    def start(self):
        self.server.start(env={"TRUSTLOGD_RPC__ADMIN_SOCKET": str(self.socket)})

    def cli(self, *arguments, code=0, online=False, state="state"):
        command = [str(part) for part in (harness.BIN / "trustlog", *arguments)]
        if online:
            command += ["--log", f"http://{self.server.http}/", "--grpc", self.server.grpc, "--policy", str(self.folder / "log/log.policy"), "--timeout", "60s"]
        env = {**os.environ, "XDG_STATE_HOME": str(self.folder / state), "XDG_CONFIG_HOME": str(self.folder / "none"), "TRUSTLOG_NO_INPUT": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=harness.DEADLINE, check=False)
        self.assertEqual(done.returncode, code, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def submit(self, name, keys, *statement):
        """A new statement, signed by all `keys`: (index, statement id, folder of its proof)."""
        draft, envelope, out = (self.folder / f"{name}{end}" for end in (".json", ".dsse.json", ".out"))
        prefixes = ["--type-base", "https://trustlog.example/attest", "--urn-prefix", "urn:tta:"]
        self.cli("statement", "new", *statement, "--origin", self.server.origin, *prefixes, "-o", draft)
        self.cli("sign", draft, "--key", self.folder / f"log/{keys[0]}.key", "-o", envelope)
        for key in keys[1:]:
            self.cli("cosign", envelope, "--key", self.folder / f"log/{key}.key")
        answer = json.loads(self.cli("submit", envelope, "-o", out, "--json", online=True).splitlines()[0])
        return int(answer["index"]), answer["statementId"], out

    def submit_evidence(self, name, text):
        document = self.folder / f"{name}.txt"
        document.write_text("a report\n")
        member = "urn:tta:member:dev-member"
        return self.submit(name, ["member"], "evidence", "--document", document, "--issuer", member, "--about", member, "--set", "form=test-report", "--set",
                           "mediaType=text/plain", "--set", f'summary={{"en":"{text}"}}')

    def submit_notice(self, target, index):
        return self.submit(f"notice-{index}", ["operator", "secretariat"], "erasure-notice", "--issuer", "urn:tta:operator", "--set", f"target={target}", "--set",
                           f"index={index}", "--set", "legalBasis=gdpr-17", "--set", "decidedAt=2026-11-01T00:00:00Z")[0]

    def served(self):
        """The statements as their bundle has them."""
        size = self.server.published_size()
        status, body = self.server.get(f"/tile/statements/000.p/{size}")
        self.assertEqual(status, 200)
        items = []
        while body:
            length = int.from_bytes(body[:2], "big")
            items.append(body[2:2 + length])
            body = body[2 + length:]
        self.assertEqual(len(items), size)
        return items

    def stats(self):
        return json.loads(self.cli("admin", "stats", "--socket", self.socket, "--json"))

    def is_in_the_files(self, text):
        return any(text.encode() in path.read_bytes() for path in (self.folder / "log").rglob("*") if path.is_file())

    def findings(self, code):
        """Of a monitor that sees this log for the first time: (entry, code) of each finding."""
        self.runs += 1
        lines = [json.loads(line) for line in self.cli("monitor", "once", "--json", online=True, state=f"monitor-{self.runs}", code=code).splitlines()]
        found = [line for line in lines if line["event"] == "finding"]
        self.registry = lines[-1]["registry"]
        return [(int(line["index"]), line["code"], line["fault"]) for line in found]

    def verify_fails(self):
        with self.assertRaises(AssertionError) as failed:
            self.server.verify()
        return str(failed.exception)

    def test_withheld_by_a_notice_and_for_good(self):
        self.start()
        index, identity, out = self.submit_evidence("secret", SECRET)
        self.submit_evidence("other", "nothing")
        self.assertIn(SECRET.encode(), self.served()[index])
        self.assertTrue(self.is_in_the_files(SECRET))
        notice = self.submit_notice(identity, index)
        harness.wait_until(lambda: self.served()[index] == b"", "the statement is withheld")
        harness.wait_until(lambda: self.stats()["withheld"] == "1", "the work is done")
        self.assertFalse(self.is_in_the_files(SECRET))

        for _ in range(2):
            self.assertEqual([at for at, item in enumerate(self.served()) if not item], [index])
            report = self.server.verify()
            self.assertIn("1 withheld", report)
            self.assertEqual(self.findings(0), [(index, "WITHHELD", False)])
            self.assertIn(f"registry {self.registry}\n", report)
            self.cli("fsck", "--url", f"http://{self.server.http}/", online=True)
            # Its entry and proof stand; the proof of before the erasure too, with the copy that its owner kept.
            self.assertIn("withheld", self.cli("show", index, online=True))
            bundle = self.folder / "bundle.json"
            bundle.unlink(missing_ok=True)
            self.cli("proof", "get", index, "-o", bundle, online=True)
            text = self.cli("verify", bundle, "--policy", self.folder / "log/log.policy")
            self.assertRegex(text, r"(?s)VERIFIED.*skipped statement +not given")
            text = self.cli("verify", out / f"{index}.tlog-proof", "--entry", out / f"{index}.tle", "--statement", out / f"{index}.json", "--policy",
                            self.folder / "log/log.policy")
            self.assertTrue(text.startswith("VERIFIED"), text)
            self.assertIs(json.loads(self.cli("admin", "withhold", index, "--notice", notice, "--socket", self.socket, "--json"))["repeated"], True)
            refused = json.loads(self.cli("admin", "withhold", index + 1, "--notice", notice, "--socket", self.socket, "--json", code=9))
            self.assertEqual(refused["error"]["code"], "REF_NOT_FOUND")
            # The same statement again restores nothing.
            again = json.loads(self.cli("submit", self.folder / "secret.dsse.json", "-o", self.folder / "again", "--json", online=True).splitlines()[0])
            self.assertEqual((again["duplicate"], int(again["index"])), (True, index))
            self.assertFalse(self.is_in_the_files(SECRET))
            self.server.kill()
            self.start()
        self.assertEqual(self.server.stop(), 0)
        code, text = self.server.fsck_store()
        self.assertEqual(code, 0, text)

    def test_gone_without_a_notice_is_an_alarm(self):
        self.start()
        index, _, _ = self.submit_evidence("secret", SECRET)
        self.assertEqual(self.findings(0), [])
        self.assertEqual(self.server.stop(), 0)
        with contextlib.closing(sqlite3.connect(self.server.database)) as store, store:
            changed = store.execute("UPDATE tail SET companion = x'0000' WHERE entry_index = ?", (index,)).rowcount
        self.assertEqual(changed, 1)
        code, text = self.server.fsck_store()
        self.assertEqual(code, 4, text)
        self.assertIn("without an erasure notice", text)
        self.start()
        self.assertEqual(self.served()[index], b"")
        report = self.verify_fails()
        self.assertIn("STATEMENT_MISSING", report)
        self.assertEqual(self.findings(4), [(index, "STATEMENT_MISSING", True)])
        self.assertIn(f"registry {self.registry}\n", report)
        text = self.cli("fsck", "--url", f"http://{self.server.http}/", online=True, code=4)
        self.assertIn("without an erasure notice", text)


if __name__ == "__main__":
    unittest.main()
