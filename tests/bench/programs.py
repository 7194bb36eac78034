"""The programs that the benchmarks start and stop: our log, its load program, nginx, and the peers written in Go. No judging here."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench"
TARGETS = ["trustlog", "trustlogd", "hash_bench", "core_bench", "tile_load"]


class Skip(Exception):
    """A comparator is not on this machine: a line is skipped with this reason."""


class Broken(Exception):
    """A program of ours failed: the run ends."""


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def run(command, **options):
    """Standard output of a program of ours."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)
    if done.returncode != 0:
        raise Broken(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def build(jobs, install):
    if install:
        run([ROOT / "deploy" / "install-packages", "build", "demo", "bench"])
    log = ROOT / "build" / "bench-build.log"
    log.parent.mkdir(exist_ok=True)
    with open(log, "w", encoding="utf-8") as file:
        for command in (["cmake", "--preset", "bench"], ["cmake", "--build", "--preset", "bench", "-j", str(jobs), "--target", *TARGETS]):
            if subprocess.run(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, check=False).returncode != 0:
                raise Broken(f"the build failed: see {log}")


def core(*arguments):
    return json_lines(run([BUILD / "tests" / "core_bench", *arguments]))


def tile_load(port, path, seconds, connections=64):
    return json.loads(run([BUILD / "tests" / "tile_load", "--port", port, "--path", path, "--seconds", seconds, "--connections", connections]))


def end(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


class Process:
    """What the kernel knows of a process that runs."""

    def __init__(self, pid):
        self.folder = pathlib.Path(f"/proc/{pid}")

    def resident_mb(self):
        return self._after("status", "VmRSS:") / 1024

    def written_bytes(self):
        return self._after("io", "wchar:")

    def cpu_seconds(self):
        fields = (self.folder / "stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _after(self, file, key):
        words = (self.folder / file).read_text(encoding="ascii").split()
        return int(words[words.index(key) + 1])


class Log:
    """`trustlogd log --dev` in a folder of its own, quotas off, on free ports of the loopback; and the load program beside it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "log"
        self.output = pathlib.Path(folder) / "server.log"
        self.process = None
        self.start()

    def start(self):
        begin = time.monotonic()
        free = '["127.0.0.1:0"]'
        settings = {"TRUSTLOGD_RPC__LISTEN": free, "TRUSTLOGD_HTTP__LISTEN": free, "TRUSTLOGD_HTTP__ADMIN_LISTEN": "127.0.0.1:0"}
        with open(self.output, "w", encoding="utf-8") as output:
            self.process = subprocess.Popen([str(BUILD / "trustlogd"), "log", "--dev", "--dev-dir", str(self.folder)], env={**os.environ, **settings},
                                            stdout=output, stderr=subprocess.STDOUT)
        while True:
            serving = [line for line in self.output.read_text(encoding="utf-8").splitlines() if "serving " in line and "gRPC " in line]
            if serving:
                break
            if self.process.poll() is not None:
                raise Broken("trustlogd: " + self.output.read_text(encoding="utf-8")[-2000:])
            time.sleep(0.01)
        self.started_seconds = time.monotonic() - begin
        words = serving[0].split("gRPC ", 1)[1]
        self.rpc = words.split(",")[0]
        self.http = words.split("HTTP ", 1)[1].split(",")[0].split()[0]
        self.url = f"http://{self.http}/"
        self.kernel = Process(self.process.pid)

    def stop(self):
        end(self.process)

    def size(self):
        with urllib.request.urlopen(self.url + "checkpoint") as answer:
            return int(answer.read().split(b"\n")[1])

    def client(self, *arguments, url=None, state=None):
        memory = {"XDG_STATE_HOME": str(state), "XDG_DATA_HOME": str(state)} if state else {}
        words = ["--log", url or self.url, "--grpc", self.rpc, "--policy", self.folder / "log.policy", "--timeout", "60s"]
        return run([BUILD / "trustlog", *arguments, *words, *([] if state else ["--no-state"])], env={**os.environ, **memory})

    def bench(self, kind, *arguments, clients, seconds, url=None):
        figures = self.folder / "figures.json"
        self.client("bench", kind, *arguments, "--clients", clients, "--duration", f"{int(seconds * 1000)}ms", "--out", figures, url=url)
        result = json.loads(figures.read_text(encoding="utf-8"))
        return {name: float(value) if name not in ("bench", "refusals") else value for name, value in result.items()}

    def submit(self, kind, *arguments, ahead, **options):
        key = "member-batch.key" if "--signed-together" in arguments else "member.key"
        who = ["--key", self.folder / key, "--issuer", "urn:tta:member:dev-member", "--type-base", "https://trustlog.example/attest"]
        return self.bench(kind, *who, "--ahead", int(ahead), *arguments, **options)


class Nginx:
    PORT = 17081

    def __init__(self, folder, root):
        program = shutil.which("nginx") or ("/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else None)
        if program is None:
            raise Skip("nginx is not installed (Debian: nginx-light)")
        folder = pathlib.Path(folder) / "nginx"
        folder.mkdir()
        paths = " ".join(f"{kind}_temp_path {folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "conf").write_text(
            f"worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/errors;\nevents {{ worker_connections 1024; }}\n"
            f"http {{ access_log off; gzip_static on; keepalive_requests 1000; default_type application/octet-stream; {paths}\n"
            f"  open_file_cache max=10000; server {{ listen 127.0.0.1:{self.PORT}; root {root}; }} }}\n", encoding="utf-8")
        folder.parent.chmod(0o755)
        self.process = subprocess.Popen([program, "-c", str(folder / "conf"), "-e", str(folder / "errors")], stderr=subprocess.DEVNULL)
        time.sleep(1)
        if self.process.poll() is not None:
            raise Skip(f"nginx did not start (is port {self.PORT} of the loopback taken?)")
        self.url = f"http://127.0.0.1:{self.PORT}/"

    def stop(self):
        end(self.process)


class Peers:
    """peers/: Tessera's published Go module, built where Go and the module can be had."""

    def __init__(self):
        self.program = BUILD / "peers"
        if shutil.which("go") is None:
            raise Skip("no go on PATH (Debian: golang-go, of 1.24 or later)")
        built = subprocess.run(["go", "build", "-mod=readonly", "-o", str(self.program), "."], cwd=pathlib.Path(__file__).parent / "peers",
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if built.returncode != 0:
            raise Skip("Tessera's module could not be built: " + (built.stdout.strip().splitlines() or ["no reason given"])[-1])

    def call(self, *arguments):
        return json.loads(run([self.program, *arguments]))

    @contextlib.contextmanager
    def front(self, folder, *arguments):
        """A server on entries of POST /add; gives the URL."""
        with open(f"{folder}.log", "w", encoding="utf-8") as errors:
            command = [str(self.program), "serve", "-folder", str(folder), *map(str, arguments)]
            server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            yield json.loads(server.stdout.readline())["url"]
        finally:
            end(server)
