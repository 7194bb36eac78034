"""The programs as their users run them: publish, prove, verify offline, catch a change and a fork; and what README.md says about them."""
import base64
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness

TRUSTLOG = harness.BIN / "trustlog"


def can_unshare():
    return subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0


class Programs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = harness.fresh_server()
        cls.server = cls.context.__enter__()
        cls.server.start()
        cls.folder = cls.server.folder
        cls.policy = cls.folder / "log/log.policy"

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def run_cli(self, *arguments, code=0, offline=False, online=False):
        command = (["unshare", "-rn"] if offline else []) + [str(TRUSTLOG), *map(str, arguments)]
        if online:
            command += ["--log", f"http://{self.server.http}/", "--grpc", self.server.grpc, "--policy", str(self.policy), "--timeout", "60s"]
        env = {**os.environ, "XDG_STATE_HOME": str(self.folder / "state"), "XDG_CONFIG_HOME": str(self.folder / "none"), "TRUSTLOG_NO_INPUT": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=harness.DEADLINE, check=False)
        self.assertEqual(done.returncode, code, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def publish(self, name):
        document = self.folder / f"{name}.txt"
        document.write_text(f"what {name} says\n")
        envelope = self.folder / f"{name}.dsse.json"
        self.run_cli("import", document, "--form", "test-report", "--key", self.folder / "log/member.key", "--issuer", "urn:tta:member:dev-member", "--about",
                     "urn:tta:member:dev-member", "--origin", self.server.origin, "--type-base", "https://trustlog.example/attest", "--urn-prefix",
                     "urn:tta:", "-o", envelope)
        out = self.folder / f"out-{name}"
        self.run_cli("submit", envelope, "-o", out, online=True)
        return next(out.glob("*.tlog-proof"))

    def test_a_published_statement_verifies_without_a_network(self):
        """K8: no socket is opened; K3: 0 and 4."""
        if not can_unshare():
            self.skipTest("network namespaces are refused here")
        proof = self.publish("offline")
        entry, statement = proof.with_suffix(".tle"), proof.with_suffix(".json")
        text = self.run_cli("verify", proof, "--entry", entry, "--statement", statement, "--policy", self.policy, offline=True)
        self.assertTrue(text.startswith("VERIFIED"), text)
        changed = bytearray(entry.read_bytes())
        for place in (5, 40, len(changed) - 1):
            changed[place] ^= 1
            bad = entry.with_suffix(".bad")
            bad.write_bytes(bytes(changed))
            text = self.run_cli("verify", proof, "--entry", bad, "--policy", self.policy, offline=True, code=4)
            self.assertTrue(text.startswith("FAILED"), text)
            changed[place] ^= 1

    def test_one_signature_for_many_statements_each_provable_alone(self):
        """records.md 2.4, from files to proofs; a monitor verifies the signatures again. The key is registered for batches."""
        statements, signed, out = self.folder / "many", self.folder / "many-signed", self.folder / "many-out"
        statements.mkdir()
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        member = "urn:tta:member:dev-member"
        for number in range(300):
            predicate = {"logOrigin": self.server.origin, "issuer": member, "issuedAt": now, "about": [member], "form": "other",
                         "nonce": base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("="), "mediaType": "text/plain"}
            (statements / f"s{number}.json").write_text(json.dumps({
                "_type": "https://in-toto.io/Statement/v1", "subject": [{"digest": {"sha256": os.urandom(32).hex()}}],
                "predicateType": "https://trustlog.example/attest/evidence/v1", "predicate": predicate}))
        self.run_cli("sign", "--batch", statements, "--key", self.folder / "log/member-batch.key", "-o", signed, offline=can_unshare())
        envelopes = sorted(signed.glob("*.dsse.json"))
        self.assertEqual(len(envelopes), 300)
        text = self.run_cli("submit", *envelopes, "-o", out, online=True)
        self.assertEqual(text.count("LOGGED"), 300, text[:500])
        for proof in sorted(out.glob("*.tlog-proof"))[::100]:
            text = self.run_cli("verify", proof, "--entry", proof.with_suffix(".tle"), "--statement", proof.with_suffix(".json"), "--policy", self.policy,
                                offline=can_unshare())
            self.assertTrue(text.startswith("VERIFIED"), text)
        # The member's other key is registered for signatures of one statement.
        self.run_cli("sign", "--batch", statements / "s0.json", "--key", self.folder / "log/member.key", "-o", self.folder / "wrong-key")
        changed = json.loads((self.folder / "wrong-key/s0.dsse.json").read_text())
        changed["payload"] = base64.b64encode(base64.b64decode(changed["payload"]).replace(b"text/plain", b"text/other")).decode()
        (self.folder / "wrong.dsse.json").write_text(json.dumps(changed))
        self.run_cli("submit", self.folder / "wrong.dsse.json", online=True, code=9)
        self.run_cli("monitor", "once", online=True)

    def test_disclosures_and_salts_need_no_network_and_are_what_another_language_computes(self):
        """K8, and records.md 5.5, 5.6 once more in Python."""
        if not can_unshare():
            self.skipTest("network namespaces are refused here")
        folder = self.folder / "flowdown"
        folder.mkdir()
        leaves = [{"supplier": f"s-{n}", "clause": "c-7", "clauseSha256": "a" * 64, "from": "2026-11-01T00:00:00Z"} for n in range(6)]
        (folder / "suppliers.json").write_text(json.dumps({"schema": "trustlog-suppliers/1", "leaves": leaves}))
        private = folder / "private.json"
        built = json.loads(self.run_cli("disclosure", "build", folder / "suppliers.json", "-o", private, "--json", offline=True))
        self.assertEqual(private.stat().st_mode & 0o777, 0o600)

        def root(hashes):
            if len(hashes) < 2:
                return hashes[0]
            half = 1 << (len(hashes) - 1).bit_length() - 1
            return hashlib.sha256(b"\x01" + root(hashes[:half]) + root(hashes[half:])).digest()

        kept = [base64.b64decode(leaf) for leaf in json.loads(private.read_text())["leaves"]]
        for n, leaf in enumerate(kept):
            self.assertTrue(leaf.startswith(b"trustlog-disclosure/v1\n"))
            self.assertEqual(leaf[55:59], bytes([3]) + f"s-{n}".encode())
        self.assertEqual(len({leaf[23:55] for leaf in kept}), 6)
        self.assertEqual(root([hashlib.sha256(b"\x00" + leaf).digest() for leaf in kept]).hex(), built["disclosureRoot"])

        members = {"commitment": "b" * 64, "principle": 3, "requirementTitle": "Clause 7", "supplierCount": 6, "instrument": "contract",
                   "disclosureRoot": built["disclosureRoot"], "disclosureCount": 6, "acknowledged": 0}
        (folder / "predicate.json").write_text(json.dumps(members))
        statement = folder / "flowdown.json"
        self.run_cli("statement", "new", "supplier-flowdown", "--origin", self.server.origin, "--issuer", "urn:tta:member:dev-member", "--document",
                     folder / "suppliers.json", "--predicate", folder / "predicate.json", "-o", statement, offline=True)
        payload = statement.read_bytes()
        name = b"application/vnd.in-toto+json"
        identity = hashlib.sha256(b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)).hexdigest()
        self.assertEqual(json.loads(self.run_cli("statement", "check", statement, "--json", offline=True))["statementId"], identity)
        shown = folder / "s-4.json"
        self.run_cli("disclosure", "show", private, "--supplier", "s-4", "--clause", "c-7", "--statement-id", identity, "-o", shown, offline=True)
        text = self.run_cli("disclosure", "verify", shown, "--statement", statement, offline=True)
        self.assertTrue(text.startswith("MATCHES  leaf 4 of 6"), text)
        shown.write_text(shown.read_text().replace('"index":4', '"index":5'))
        text = self.run_cli("disclosure", "verify", shown, "--statement", statement, offline=True, code=4)
        self.assertTrue(text.startswith("FAILED"), text)

        digest = self.run_cli("salt", "new", statement, "-o", folder / "salt", offline=True).strip()
        salt = bytes.fromhex((folder / "salt").read_text().split()[1])
        self.assertEqual(hmac.new(salt, b"trustlog-commit/v1\n" + payload, hashlib.sha256).hexdigest(), digest)
        self.run_cli("salt", "check", statement, "--salt", folder / "salt", "--digest", digest, offline=True)
        self.run_cli("salt", "check", shown, "--salt", folder / "salt", "--digest", digest, offline=True, code=4)

    def test_a_repeated_submission_is_the_same_entry(self):
        first = self.publish("again")
        out = self.folder / "out-again-2"
        text = self.run_cli("submit", self.folder / "again.dsse.json", "-o", out, "--json", online=True)
        answer = json.loads(text.splitlines()[0])
        self.assertIs(answer["duplicate"], True)
        self.assertEqual(str(answer["index"]), first.stem)

    def test_a_claim_is_retracted_once_and_by_its_issuer(self):
        proof = self.publish("retracted")
        key, member = self.folder / "log/member.key", "urn:tta:member:dev-member"
        text = self.run_cli("retract", proof.stem, "--reason", "error", "--key", key, "--json", online=True)
        claims = json.loads(text)["claims"]
        self.assertEqual((claims["kind"], claims["issuer"], claims["subjects"]), ("retraction", member, [member]))
        text = self.run_cli("retract", proof.stem, "--reason", "error", "--key", key, "--json", online=True, code=9)
        self.assertEqual(json.loads(text)["error"]["code"], "REF_RETRACTED")

    def test_json_is_one_object_also_for_failures(self):
        """K2, K4."""
        text = self.run_cli("verify", self.folder / "absent.tlog-proof", "--entry", self.folder / "absent.tle", "--policy", self.policy, "--json", code=2)
        self.assertIn("error", json.loads(text))

    def test_a_second_root_at_one_size_is_caught_and_the_evidence_stands_alone(self):
        """E11, exit 5: signed with the log's own key by openssl, since no program of ours can make one."""
        self.publish("fork")
        checkpoint = self.folder / "fork.checkpoint"
        self.run_cli("checkpoint", "get", "-o", checkpoint, online=True)
        origin, size, *_ = checkpoint.read_text().split("\n")
        text = f"{origin}\n{size}\n{'A' * 43}=\n"
        (self.folder / "fork.text").write_text(text)
        subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.folder / "log/log.key", "-in", self.folder / "fork.text", "-out",
                        self.folder / "fork.sig"], check=True)
        key_id = bytes.fromhex(self.server.vkey.split("+")[1])
        blob = base64.b64encode(key_id + (self.folder / "fork.sig").read_bytes()).decode()
        forked = self.folder / "forked.checkpoint"
        forked.write_text(f"{text}\n— {origin} {blob}\n")
        self.run_cli("checkpoint", "compare", checkpoint, forked, online=True, code=5)
        evidence = [path for path in self.folder.rglob("*.json") if "evidence" in str(path)]
        self.assertTrue(evidence)
        self.run_cli("evidence", "verify", evidence[0])

    def test_the_monitor_and_fsck_find_a_good_log_good(self):
        self.publish("monitored")
        self.run_cli("monitor", "once", online=True)
        self.run_cli("fsck", "--url", f"http://{self.server.http}/", online=True)

    def plain(self, program, *arguments, redirect=""):
        """Exit code and stderr of a program started by a shell, which redirects."""
        words = " ".join(shlex.quote(str(word)) for word in [harness.BIN / program, *arguments])
        env = {**os.environ, "XDG_STATE_HOME": str(self.folder / "state"), "XDG_CONFIG_HOME": str(self.folder / "none")}
        done = subprocess.run(["bash", "-c", f"{words} {redirect}"], capture_output=True, text=True, env=env, timeout=harness.DEADLINE, check=False)
        return done.returncode, done.stderr

    def test_lost_output_is_a_failure(self):
        """K1, K3: whoever asks by exit code must not take a full disk for an answer. A reader that has enough is no failure."""
        key = self.folder / "log/member.key.pub"
        config = self.folder / "log/trustlogd.toml"
        commands = [("trustlog", "key", "show", key), ("trustlog", "key", "show", key, "--json"), ("trustlog", "help"), ("trustlogd", "--version"),
                    ("trustlogd", "log", "--config", config, "--print-config")]
        for command in commands:
            for redirect in (">/dev/full", ">&-"):
                with self.subTest(command, redirect=redirect):
                    code, talk = self.plain(*command, redirect=redirect)
                    self.assertEqual(code, 1, talk)
                    self.assertIn("cannot write to standard output", talk)
        end, pipe = os.pipe()
        os.close(end)
        done = subprocess.run([TRUSTLOG, "help"], stdout=pipe, stderr=subprocess.PIPE, timeout=harness.DEADLINE, check=False)
        os.close(pipe)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_a_closed_stderr_gets_into_no_file(self):
        out = self.folder / "closed-stderr.json"
        code, _ = self.plain("trustlog", "statement", "new", "evidence", "--origin", self.server.origin, "-o", out, redirect="<&- 2>&-")
        self.assertEqual(code, 0)
        settings = {"TRUSTLOGD_RPC__LISTEN": '["127.0.0.1:0"]', "TRUSTLOGD_HTTP__LISTEN": '["127.0.0.1:0"]', "TRUSTLOGD_HTTP__ADMIN_LISTEN": "127.0.0.1:0"}
        command = [harness.BIN / "trustlogd", "log", "--dev", "--dev-dir", self.folder / "closed-stderr"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=lambda: os.close(2), env={**os.environ, **settings}) as server:
            try:
                self.assertTrue(server.stdout.readline())  # the banner: it serves
            finally:
                server.terminate()
                server.communicate(timeout=harness.DEADLINE)
        self.assertEqual(server.returncode, 0)
        files = [path for path in (self.folder / "closed-stderr").rglob("*") if path.is_file()]
        self.assertTrue(files)
        for path in files:
            self.assertNotIn(b" level=info ", path.read_bytes(), path)

    def test_fsck_of_no_store_is_not_found(self):
        self.assertEqual(self.plain("trustlog", "fsck", "--storage", f"sqlite:{self.folder}/none.db")[0], 3)

    def test_the_log_leaves_no_core(self):
        """reliability.md 3.10."""
        limits = pathlib.Path(f"/proc/{self.server.process.pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ")

    def test_every_command_in_the_readme_exists(self):
        text = (harness.ROOT / "README.md").read_text()
        commands = set(re.findall(r"trustlog ((?:[a-z]+ )?[a-z]+)", text))
        known = self.run_cli("--help")
        listed = set(re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", known, re.M))
        unknown = [c for c in commands if c not in listed and c.split()[0] not in listed]
        self.assertEqual(unknown, [])


if __name__ == "__main__":
    unittest.main()
