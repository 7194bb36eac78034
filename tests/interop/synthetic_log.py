#!/usr/bin/env python3
"""A synthetic log to test checkers against: built and served in Python from tests/vectors/tle1-vectors.json.

Without --entries it holds the vector records as they are, with the statement named by the erasure notice withheld. With
--entries N it holds the first 20 of them and grows by evidence statements of `example-one`, signed in batches (records.md 2.4),
so that a log of 100,000 valid entries takes seconds. All its keys are TEST ONLY: their private halves are published.

    synthetic_log.py PORT [--entries N]        # 0: a free port; prints `URL VKEY`, serves until interrupted
"""

import argparse
import base64
import gzip
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import signatures
import statement
import tle1
from note import Checkpoint, Vkey, format_checkpoint
from tree import TILE_WIDTH, Tree, join_bundle, leaf_hash, tile_name

VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "tle1-vectors.json"
PKCS8_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
LOG_KEY_SEED = hashlib.sha256(b"trustlog synthetic log key, TEST ONLY").digest()
GROWTH_STEM = 20  # records before example-one is suspended
COMMIT_SIZE = 1024  # statements a batch signature and one logged_at_ms
TILE_PATH = re.compile(r"/tile/(entries|statements|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def sign_ed25519(pkcs8: bytes, message: bytes) -> bytes:
    with tempfile.TemporaryDirectory(prefix="synthetic-log-") as folder:
        Path(folder, "key").write_bytes(pkcs8)
        Path(folder, "in").write_bytes(message)
        command = ["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", f"{folder}/key", "-in", f"{folder}/in"]
        return subprocess.run(command, check=True, capture_output=True).stdout


def public_key(pkcs8: bytes) -> bytes:
    """The SPKI of a private key."""
    command = ["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"]
    return subprocess.run(command, input=pkcs8, check=True, capture_output=True).stdout


class SyntheticLog:
    """Entries, statements and a published size; `answers` replaces the body served at a path (None: 404), for corruption tests."""

    def __init__(self, entries: list[bytes], statements: list[bytes], origin: str, seed: bytes = LOG_KEY_SEED):
        self.entries, self.statements, self.origin, self.pkcs8 = entries, statements, origin, PKCS8_ED25519 + seed
        self.answers: dict[str, bytes | None] = {}
        self.vkey = Vkey.of(origin, public_key(self.pkcs8)[-32:])
        self.publish()

    @classmethod
    def from_vectors(cls, count: int | None = None) -> "SyntheticLog":
        vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
        entries = [bytes.fromhex(record["entry"]) for record in vectors["records"]]
        payloads = [record["statement"].encode() for record in vectors["records"]]
        if count is None:
            withheld = {target for entry in map(tle1.decode, entries) if entry.kind == 32 for _, target in entry.refs}
            payloads = [b"" if statement.statement_id(payload) in withheld else payload for payload in payloads]
        else:
            entries, payloads = entries[:GROWTH_STEM][:count], payloads[:GROWTH_STEM][:count]
            for begin in range(len(entries), count, COMMIT_SIZE):
                grow(vectors, entries, payloads, min(COMMIT_SIZE, count - begin))
        return cls(entries, payloads, vectors["origin"])

    def publish(self) -> None:
        """Hashes the entries anew and signs a checkpoint over them."""
        self.tree = Tree([leaf_hash(entry) for entry in self.entries])
        self.size = self.tree.size
        self.checkpoint = self.note(self.size)

    def note(self, size: int, root: bytes | None = None) -> bytes:
        """A signed checkpoint at `size`, of the true root or of another."""
        text = format_checkpoint(Checkpoint(self.origin, size, root or self.tree.root(size)))
        blob = base64.b64encode(self.vkey.key_id + sign_ed25519(self.pkcs8, text)).decode()
        return text + f"\n\u2014 {self.origin} {blob}\n".encode()

    def body(self, path: str) -> bytes | None:
        """What is served at a path; None is 404."""
        if path in self.answers:
            return self.answers[path]
        if path == "/checkpoint":
            return self.checkpoint
        match = TILE_PATH.fullmatch(path)
        if not match:
            return None
        kind, number, width = match[1], int(re.sub("[x/]", "", match[2])), int(match[3] or TILE_WIDTH)
        if tile_name(number) != match[2] or width > (TILE_WIDTH - 1 if match[3] else TILE_WIDTH):
            return None
        begin, end = TILE_WIDTH * number, TILE_WIDTH * number + width
        if kind.isdigit():
            row = self.tree.tile_row(int(kind)) if kind == str(int(kind)) else []
            return b"".join(row[begin:end]) if end <= len(row) else None
        items = self.entries if kind == "entries" else self.statements
        return join_bundle(items[begin:end]) if end <= self.size else None

    def serve(self, port: int = 0) -> ThreadingHTTPServer:
        """A server on the loopback address, already serving from its own thread; the caller shuts it down."""
        log = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # noqa: N802, named by the base class
                body = log.body(self.path)
                self.send_response(404 if body is None else 200)
                body = body or b""
                if "entries" in self.path and "gzip" in self.headers.get("Accept-Encoding", ""):
                    body = gzip.compress(body, 1)
                    self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_) -> None:
                pass

        Handler.wbufsize = 1 << 16  # head and body in one segment: no wait for a delayed acknowledgement
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server


def grow(vectors: dict, entries: list[bytes], payloads: list[bytes], count: int) -> None:
    """Appends `count` evidence entries of one commit: one logged_at_ms, one batch signature."""
    key = next(key for key in vectors["keys"] if key["name"] == "example-one-batch")
    logged_at_ms = tle1.decode(entries[-1]).logged_at_ms + 1000
    fresh = [evidence(vectors, len(entries) + i) for i in range(count)]
    ids = [statement.statement_id(payload) for payload in fresh]
    tree = Tree([leaf_hash(ident) for ident in ids])
    inner = sign_ed25519(base64.b64decode(key["testOnlyPrivatePkcs8"]), signatures.batch_message(count, tree.root(count)))
    for i, payload in enumerate(fresh):
        path = tree.path(i, count)
        signature = b"\x01" + i.to_bytes(4, "big") + count.to_bytes(4, "big") + bytes([len(path)]) + b"".join(path) + inner
        entry = statement.derive(payload)._replace(
            logged_at_ms=logged_at_ms, signatures=((bytes.fromhex(key["keyId"]), signature),)
        )
        entries.append(tle1.encode(entry))
    payloads += fresh


def evidence(vectors: dict, number: int) -> bytes:
    """A statement of kind 23; everything in it follows from its number."""
    digest = hashlib.sha256(b"synthetic document %d" % number)
    nonce = base64.urlsafe_b64encode(digest.digest()[:16]).decode().rstrip("=")
    member = vectors["urnPrefix"] + "member:example-one"
    return json.dumps({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": f"document-{number}.pdf", "digest": {"sha256": digest.hexdigest()}}],
        "predicateType": vectors["typeBase"] + "/evidence/v1",
        "predicate": {"logOrigin": vectors["origin"], "issuer": member, "issuedAt": "2026-11-21T09:00:06Z", "nonce": nonce,
                      "about": [member], "form": "test-report", "mediaType": "application/pdf", "principles": [2]},
    }, separators=(",", ":")).encode()  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description="Serves a synthetic log on the loopback address.")
    parser.add_argument("port", type=int)
    parser.add_argument("--entries", type=int, metavar="N")
    options = parser.parse_args()
    if options.entries is not None and options.entries < 1:
        parser.error("--entries is at least 1")
    log = SyntheticLog.from_vectors(options.entries)
    server = log.serve(options.port)
    print(f"http://127.0.0.1:{server.server_port}/ {log.vkey}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
