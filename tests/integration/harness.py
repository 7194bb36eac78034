"""Real processes for the integration tests: a log in a temporary folder, its writers, its checkers.

The programs come from TRUSTLOG_BIN (the build folder). Every port is chosen by the kernel and read from the server's own start line. Waiting always
ends: each wait has a deadline and fails the test when it passes.
"""
import contextlib
import http.client
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("TRUSTLOG_BIN", ROOT / "build/dev"))
QUICK = os.environ.get("TRUSTLOG_QUICK") == "1"
FULL = os.environ.get("TRUSTLOG_FULL") == "1"
DEADLINE = 120  # seconds; generous, for loaded machines: only ever reached by a failure
SERVING = re.compile(r"serving (\S+) size (\d+): gRPC (\S+), HTTP (\S+), admin ([^\s\"]+)")


class Server:
    """One log made by `trustlogd log --dev`, started and stopped as often as a test likes."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.process = None
        self.log_path = self.folder / "server.log"
        self.origin = self.vkey = self.grpc = self.http = self.admin = None
        self.size = 0

    def start(self, *, env=None, expect_serving=True, config=None):
        """Starts the server and waits until it serves. Returns its exit code instead where it is not expected to serve."""
        settings = {
            "TRUSTLOGD_RPC__LISTEN": '["127.0.0.1:0"]',
            "TRUSTLOGD_HTTP__LISTEN": '["127.0.0.1:0"]',
            "TRUSTLOGD_HTTP__ADMIN_LISTEN": "127.0.0.1:0",
            "TRUSTLOGD_PUBLISH__INTERVAL": "50ms",
        }
        arguments = ["log", "--config", config] if config else ["log", "--dev", "--dev-dir", str(self.folder / "log")]
        start = self.log_path.stat().st_size if self.log_path.exists() else 0
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([BIN / "trustlogd", *arguments], stdout=log, stderr=log, env={**os.environ, **settings, **(env or {})})
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            text = self.log_path.read_bytes()[start:].decode(errors="replace")
            found = SERVING.search(text)
            if found:
                self.origin, size, self.grpc, self.http, self.admin = found.groups()
                self.size = int(size)
                self.vkey = (self.folder / "log/log.policy").read_text().split("\n")[0].removeprefix("log ")
                return 0
            code = self.process.poll()
            if code is not None:
                if expect_serving:
                    raise AssertionError(f"the server ended with {code}:\n{text[-2000:]}")
                return code
            time.sleep(0.01)
        raise AssertionError("the server neither serves nor ends:\n" + self.tail())

    def tail(self):
        return self.log_path.read_text(errors="replace")[-3000:]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(DEADLINE)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def get(self, path, *, admin=False):
        host, port = (self.admin if admin else self.http).rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=DEADLINE)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def published_size(self):
        status, body = self.get("/checkpoint")
        return int(body.decode().split("\n")[1]) if status == 200 else 0

    def wait_published(self, size):
        wait_until(lambda: self.published_size() >= size, f"size {size} is published")

    @property
    def database(self):
        return self.folder / "log/log.db"

    def writer(self, ledger, *arguments):
        """ack_writer against this server; the caller waits for it."""
        command = [BIN / "tests/ack_writer", "--grpc", self.grpc, "--key", self.folder / "log/member.key", "--issuer", "urn:tta:member:dev-member",
                   "--origin", self.origin, "--ledger", ledger, *arguments]
        return subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def write(self, count, *arguments):
        """`count` statements, all answered."""
        done = self.writer(self.folder / "ledger", "--count", str(count), *arguments)
        text, _ = done.communicate(timeout=10 * DEADLINE)
        if done.returncode != 0:
            raise AssertionError(text)

    def verify(self, *arguments):
        """The independent checker; raises with its report unless all is well."""
        command = ["python3", str(ROOT / "tests/interop/verify_log.py"), f"http://{self.http}/", self.vkey, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10 * DEADLINE, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stdout[-4000:] + done.stderr[-2000:])
        return done.stdout

    def fsck_store(self):
        """trustlogd fsck of the stopped store: (exit code, output)."""
        done = subprocess.run([BIN / "trustlogd", "fsck", "--storage", f"sqlite:{self.database}"], capture_output=True, text=True, timeout=DEADLINE, check=False)
        return done.returncode, done.stdout + done.stderr


def wait_until(condition, what):
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"never: {what}")


@contextlib.contextmanager
def fresh_server(folder=None):
    """A Server in a new folder; killed and removed at the end."""
    made = tempfile.mkdtemp(prefix="trustlog-test-", dir=folder)
    server = Server(made)
    try:
        yield server
    finally:
        if server.alive():
            server.kill()
        shutil.rmtree(made, ignore_errors=True)
