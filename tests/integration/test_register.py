"""The register of the illustrative alliance on a running log: two replays in two languages, from the published files alone, come to the same state,
refusals and verdicts; and what a stranger's copy of the log says stays the same after a restart."""
import json
import os
import subprocess
import unittest

import harness


class Register(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = harness.fresh_server()
        cls.server = cls.context.__enter__()
        cls.addClassCleanup(cls.context.__exit__, None, None, None)
        cls.folder = cls.server.folder
        origin = "TEST-tta.example/register"
        envelopes = cls.folder / "envelopes"
        cls.cli("illustration", "build", harness.ROOT / "deploy/examples/illustration.json", "--keys", cls.folder / "keys", "--origin", origin, "-o", envelopes)
        genesis, = envelopes.glob("*-genesis.dsse.json")
        cls.run_program("trustlogd", "init", "--origin", origin, "--storage", f"sqlite:{cls.folder}/log.db", "--key-dir", cls.folder / "log", "--mark",
                        cls.folder / "mark", "--genesis", genesis)
        cls.start()
        cls.files = sorted(path for path in envelopes.glob("*.dsse.json") if path != genesis)
        cls.cli("submit", *cls.files, "-o", cls.folder / "out", online=True)
        cls.server.wait_published(1 + len(cls.files))

    @classmethod
    def start(cls):
        cls.server.start(config=cls.folder / "log/trustlogd.toml", env={"TRUSTLOGD_QUOTA__STATEMENTS_PER_SECOND": "0"})

    @staticmethod
    def run_program(program, *arguments, env=None):
        command = [str(part) for part in (harness.BIN / program, *arguments)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(env or {})}, timeout=harness.DEADLINE, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    @classmethod
    def cli(cls, *arguments, online=False, state="state"):
        if online:
            arguments += ("--log", f"http://{cls.server.http}/", "--grpc", cls.server.grpc, "--policy", cls.folder / "log/log.policy", "--timeout", "60s")
        return cls.run_program("trustlog", *arguments, env={"XDG_STATE_HOME": str(cls.folder / state), "XDG_CONFIG_HOME": str(cls.folder / "none"),
                                                            "TRUSTLOG_NO_INPUT": "1"})

    def monitor(self, state, *arguments):
        run = json.loads(self.cli("monitor", "once", "--json", *arguments, online=True, state=state).splitlines()[-1])
        self.assertEqual((run["event"], run["faults"]), ("run", "0"))
        return run

    def test_two_replays_of_the_published_files_agree(self):
        self.assertGreater(len(self.files), 100)
        published, = [line.split()[1] for line in self.server.verify().splitlines() if line.startswith("registry ")]
        first = self.monitor("stranger")
        self.assertEqual((first["begin"], first["end"]), ("0", str(1 + len(self.files))))
        self.assertEqual(first["registry"], published)
        # A run that goes on has not seen it all; one from 0 has, and says the same.
        self.assertNotIn("registry", self.monitor("stranger"))
        self.assertEqual(self.monitor("stranger", "--from", "0")["registry"], published)
        self.server.kill()
        self.start()
        self.assertEqual(self.monitor("another")["registry"], published)


if __name__ == "__main__":
    unittest.main()
