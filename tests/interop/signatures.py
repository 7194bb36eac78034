"""Signatures of statements and checkpoints (records.md 2.2, 2.4), verified by the `openssl` command.

Part of the independent checker (see verify_log.py). The forms (SPKI, strict DER, batch header) are checked here, the arithmetic
is OpenSSL's; its Ed25519 takes points of small order that records.md refuses, so this is the weaker of two opinions there.
"""

import hashlib
import os
import subprocess
import tempfile
from typing import NamedTuple

from statement import pae
from tree import path_length, root_from_path

ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
P256_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
P384_SPKI = bytes.fromhex("3076301006072a8648ce3d020106052b8104002203620004")
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P384_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
MAX_BATCH = 1 << 20
PKEYUTL = [
    "pkeyutl",
    "-verify",
    "-pubin",
    "-keyform",
    "DER",
    "-inkey",
    "@key",
    "-in",
    "@in",
    "-sigfile",
    "@sig",
]  # @: a file of ours


class SignatureError(ValueError):
    pass


class Algorithm(NamedTuple):
    spki_prefix: bytes
    spki_bytes: int
    order: int  # of the curve, 0 for Ed25519
    digest: str
    batch: bool = False


ALGORITHMS = {
    "ed25519": Algorithm(ED25519_SPKI, 44, 0, ""),
    "ecdsa-p256-sha256-der": Algorithm(P256_SPKI, 91, P256_ORDER, "sha256"),
    "ecdsa-p384-sha384-der": Algorithm(P384_SPKI, 120, P384_ORDER, "sha384"),
    "ed25519-batch": Algorithm(ED25519_SPKI, 44, 0, "", batch=True),
    "ecdsa-p256-sha256-der-batch": Algorithm(P256_SPKI, 91, P256_ORDER, "sha256", batch=True),
}


class Key(NamedTuple):
    alg: str
    spki: bytes
    index: int  # of the entry that announced it

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.spki).digest()


def check_key(key: Key) -> None:
    algorithm = ALGORITHMS.get(key.alg)
    if not algorithm:
        raise SignatureError(f"algorithm {key.alg!r}")
    if len(key.spki) != algorithm.spki_bytes or not key.spki.startswith(algorithm.spki_prefix):
        raise SignatureError(f"SPKI does not fit {key.alg}")


def check_der(signature: bytes, order: int) -> None:
    """Strict DER: SEQUENCE of two minimal INTEGERs in [1, order)."""
    values, at = [], 2
    for _ in range(2):
        if signature[at : at + 1] != b"\x02" or at + 2 > len(signature):
            raise SignatureError("not a DER integer")
        end = at + 2 + signature[at + 1]
        values.append(int.from_bytes(signature[at + 2 : end], "big", signed=True))
        at = end
    again = b"".join(
        b"\x02" + bytes([len(body)]) + body for body in (v.to_bytes(v.bit_length() // 8 + 1, "big", signed=True) for v in values)
    )
    if signature != b"\x30" + bytes([len(again)]) + again or not all(1 <= v < order for v in values):
        raise SignatureError("not the strict DER form")


def check_form(algorithm: Algorithm, signature: bytes) -> None:
    if algorithm.order:
        check_der(signature, algorithm.order)
    elif len(signature) != 64:
        raise SignatureError(f"Ed25519 signature of {len(signature)} bytes")


def batch_message(count: int, root: bytes) -> bytes:
    return b"trustlog-batch/v1\n" + count.to_bytes(4, "big") + root


def open_batch(signature: bytes, statement_id: bytes) -> tuple[bytes, bytes]:
    """(message, inner signature) of a batch signature, records.md 2.4."""
    if len(signature) < 10 or signature[0] != 1:
        raise SignatureError("not a batch signature of version 1")
    index, count, length = int.from_bytes(signature[1:5], "big"), int.from_bytes(signature[5:9], "big"), signature[9]
    if not (
        1 <= count <= MAX_BATCH and index < count and length == path_length(index, count) and len(signature) > 10 + 32 * length
    ):
        raise SignatureError("batch signature with an impossible position")
    path = [signature[10 + 32 * i : 42 + 32 * i] for i in range(length)]
    root = root_from_path(index, count, hashlib.sha256(b"\x00" + statement_id).digest(), path)
    return batch_message(count, root), signature[10 + 32 * length :]


class Verifier:
    """Runs openssl on files in a temporary folder. Safe to use from several threads; a context manager."""

    def __enter__(self) -> "Verifier":
        self.folder = tempfile.TemporaryDirectory(prefix="verify-log-")
        return self

    def __exit__(self, *_) -> None:
        self.folder.cleanup()

    def statement_signature(self, key: Key, signature: bytes, statement_id: bytes, payload: bytes) -> bool | None:
        """Whether the signature stands; None where it cannot be told because the statement (payload b"") is withheld.
        SignatureError on a wrong form."""
        check_key(key)
        algorithm = ALGORITHMS[key.alg]
        if algorithm.batch:
            message, signature = open_batch(signature, statement_id)
            check_form(algorithm, signature)
            return self.verify(key.spki, algorithm.digest, message, signature)
        check_form(algorithm, signature)
        if payload:
            return self.verify(key.spki, algorithm.digest, pae(payload), signature)
        return self.verify_digest(key.spki, statement_id, signature) if algorithm.digest == "sha256" else None

    def verify(self, spki: bytes, digest: str, message: bytes, signature: bytes) -> bool:
        if digest:
            return self.run(
                ["dgst", f"-{digest}", "-keyform", "DER", "-verify", "@key", "-signature", "@sig", "@in"], spki, message, signature
            )
        return self.run(PKEYUTL + ["-rawin"], spki, message, signature)

    def verify_digest(self, spki: bytes, digest: bytes, signature: bytes) -> bool:
        return self.run(PKEYUTL, spki, digest, signature)

    def verify_note(self, public_key: bytes, text: bytes, signature: bytes) -> bool:
        return len(signature) == 64 and self.verify(ED25519_SPKI + public_key, "", text, signature)

    def run(self, arguments: list[str], spki: bytes, message: bytes, signature: bytes) -> bool:
        with tempfile.TemporaryDirectory(dir=self.folder.name) as folder:
            for name, data in (("key", spki), ("in", message), ("sig", signature)):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            command = ["openssl"] + [os.path.join(folder, a[1:]) if a.startswith("@") else a for a in arguments]
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
