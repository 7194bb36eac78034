"""A full disk, flipped bits, an old backup, a second start: refused or found, never signed over (reliability.md rows B4, B6, C1, C2)."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import harness


class FullDisk(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        self.mount = tempfile.mkdtemp(prefix="trustlog-small-")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", self.mount], capture_output=True, check=False).returncode != 0:
            os.rmdir(self.mount)
            self.skipTest("a tmpfs cannot be mounted here")

    def tearDown(self):
        if not self._outcome_skipped():
            subprocess.run(["umount", "-l", self.mount], check=False)
            os.rmdir(self.mount)

    def _outcome_skipped(self):
        return not os.path.ismount(self.mount)

    def test_writes_are_refused_reads_go_on_and_writes_come_back(self):
        with harness.fresh_server(self.mount) as server:
            server.start(env={"TRUSTLOGD_STORAGE__MIN_FREE": "0B"})
            server.write(200)
            before = server.published_size()
            filler = pathlib.Path(self.mount) / "filler"
            with open(filler, "wb") as file:
                try:
                    while True:
                        file.write(b"\0" * 65536)
                        file.flush()
                except OSError:
                    pass
            ledger = pathlib.Path(tempfile.mkdtemp(prefix="trustlog-ledger-")) / "acks"
            writer = server.writer(ledger, "--threads", "4", "--count", "400")
            writer.communicate(timeout=harness.DEADLINE)
            self.assertTrue(server.alive() or server.process.returncode == 1, server.tail())
            if server.alive():
                status, _ = server.get("/checkpoint")
                self.assertEqual(status, 200)
                self.assertEqual(server.get("/tile/entries/000.p/4")[0], 200)
            filler.unlink()
            if not server.alive():  # an unknown outcome ends the process: the next start decides from the disk
                server.start(env={"TRUSTLOGD_STORAGE__MIN_FREE": "0B"})
            again = server.writer(ledger, "--threads", "2", "--retry", "--count", "450")
            again.communicate(timeout=harness.DEADLINE)
            harness.wait_until(lambda: server.published_size() > before, "the log grows again")
            server.verify("--acks", ledger)
            shutil.rmtree(ledger.parent)

    def test_the_free_space_floor_acts_first(self):
        with harness.fresh_server(self.mount) as server:
            server.start(env={"TRUSTLOGD_STORAGE__MIN_FREE": "1GiB"})
            ledger = server.folder / "acks"
            writer = server.writer(ledger, "--threads", "1", "--count", "3")
            writer.communicate(timeout=harness.DEADLINE)
            self.assertIn("READ_ONLY", ledger.read_text())
            self.assertEqual(server.get("/readyz", admin=True)[0], 503)
            self.assertEqual(server.get("/checkpoint")[0], 200)


class FlippedBit(unittest.TestCase):
    def test_fsck_finds_a_changed_statement_and_a_changed_entry_by_index(self):
        for target in ("statement", "entry"):
            with self.subTest(target), harness.fresh_server() as server:
                server.start()
                server.write(300)
                self.assertEqual(server.stop(), 0)
                code, text = server.fsck_store()
                self.assertEqual(code, 0, text)
                data = bytearray(server.database.read_bytes())
                marker = b'"document 100"' if target == "statement" else b"TLE1"
                places = []
                at = data.find(marker)
                while at >= 0:
                    places.append(at)
                    at = data.find(marker, at + 1)
                self.assertTrue(places)
                place = places[0] + 3 if target == "statement" else places[len(places) // 2] + 20
                data[place] ^= 0x04
                server.database.write_bytes(bytes(data))
                code, text = server.fsck_store()
                self.assertEqual(code, 4, text)
                self.assertRegex(text, r"FAILED\s+entry \d+: ")


class OldBackup(unittest.TestCase):
    def test_a_store_behind_its_mark_is_never_signed(self):
        """C1: exit 5, zero signatures; with log.read_only reads go on."""
        with harness.fresh_server() as server:
            server.start()
            server.write(50)
            self.assertEqual(server.stop(), 0)
            backup = server.folder / "backup.db"
            shutil.copy(server.database, backup)
            server.start()
            server.write(50)
            newest = server.published_size()
            self.assertEqual(server.stop(), 0)
            for leftover in server.database.parent.glob("log.db*"):
                leftover.unlink()
            shutil.copy(backup, server.database)
            clean = server.folder / "log/clean-stop"
            clean.unlink(missing_ok=True)
            self.assertEqual(server.start(expect_serving=False), 5, server.tail())
            self.assertIn("old backup", server.tail())
            server.start(env={"TRUSTLOGD_LOG__READ_ONLY": "true"})
            self.assertLess(server.published_size(), newest)
            ledger = server.folder / "acks-after"
            server.writer(ledger, "--threads", "1", "--count", "1").communicate(timeout=harness.DEADLINE)
            self.assertIn("READ_ONLY", ledger.read_text())
            self.assertLess(server.published_size(), newest)


class SecondStart(unittest.TestCase):
    def test_the_same_log_cannot_be_served_twice(self):
        with harness.fresh_server() as server:
            server.start()
            second = harness.Server(server.folder)
            second.log_path = server.folder / "second.log"
            self.assertEqual(second.start(expect_serving=False), 2)
            self.assertIn("in use", second.tail())
            server.write(5)


if __name__ == "__main__":
    unittest.main()
