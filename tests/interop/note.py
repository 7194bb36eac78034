"""Signed notes, verifier keys and checkpoints: C2SP signed-note, tlog-checkpoint; protocols.md A1-A8.

Part of the independent checker (see verify_log.py). Parsing only; the arithmetic of a signature is signatures.py's.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

MAX_NOTE_BYTES = 64 * 1024
MAX_SIGNATURES = 16  # A8
ED25519 = 0x01


class NoteError(ValueError):
    pass


def decode_base64(text: str | bytes) -> bytes:
    """Standard alphabet, padded, canonical (decode, re-encode, compare)."""
    text = text.encode() if isinstance(text, str) else text
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"base64: {error}") from None
    if base64.b64encode(data) != text:
        raise NoteError("base64 is not canonical")
    return data


@dataclass(frozen=True)
class Vkey:
    """An Ed25519 log key: `name+hex8+base64(0x01 | key)`."""

    name: str
    key_id: bytes
    key: bytes

    @classmethod
    def parse(cls, text: str) -> "Vkey":
        parts = text.split("+", 2)
        if len(parts) != 3 or not valid_name(parts[0]) or not re.fullmatch("[0-9a-f]{8}", parts[1]):
            raise NoteError("a vkey is name+hex8+base64")
        data = decode_base64(parts[2])
        if len(data) != 33 or data[0] != ED25519:
            raise NoteError("the vkey is not an Ed25519 log key (type 0x01)")
        if key_id(parts[0], data).hex() != parts[1]:
            raise NoteError("the vkey's key id is not that of its name and key")
        return cls(parts[0], bytes.fromhex(parts[1]), data[1:])

    @classmethod
    def of(cls, name: str, key: bytes) -> "Vkey":
        return cls(name, key_id(name, bytes([ED25519]) + key), key)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([ED25519]) + self.key).decode()}"


def key_id(name: str, typed_key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + typed_key).digest()[:4]


def valid_name(name: str) -> bool:
    return 0 < len(name.encode()) <= 255 and "+" not in name and not any(c.isspace() for c in name)


@dataclass(frozen=True)
class Note:
    text: bytes  # with its last LF: what is signed
    signatures: list[tuple[str, bytes, bytes]]  # key name, key id, signature

    def by(self, vkey: Vkey) -> list[bytes]:
        return [signature for name, ident, signature in self.signatures if (name, ident) == (vkey.name, vkey.key_id)]


def parse_note(data: bytes) -> Note:
    if len(data) > MAX_NOTE_BYTES:
        raise NoteError(f"note of {len(data)} bytes")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise NoteError("note is not UTF-8") from None
    if any(c < " " and c != "\n" for c in whole):
        raise NoteError("control character in note")
    cut = data.rfind(b"\n\n")
    if cut < 0 or not data.endswith(b"\n"):
        raise NoteError("note has no empty line before its signatures")
    lines = data[cut + 2 :].decode().split("\n")[:-1]
    if not 1 <= len(lines) <= MAX_SIGNATURES:
        raise NoteError(f"note with {len(lines)} signature lines (1..{MAX_SIGNATURES})")
    return Note(data[: cut + 1], [parse_signature(line) for line in lines])


def parse_signature(line: str) -> tuple[str, bytes, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014" or not valid_name(parts[1]):
        raise NoteError("signature line is not `\u2014 name base64`")
    blob = decode_base64(parts[2])
    if len(blob) < 5:
        raise NoteError("signature is empty")
    return parts[1], blob[:4], blob[4:]


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Exactly three lines (A3, A4)."""
    lines = text.decode().split("\n")
    if len(lines) != 4 or lines[3]:
        raise NoteError(f"checkpoint text of {len(lines) - 1} lines, not three")
    if not valid_name(lines[0]):
        raise NoteError("origin is not a key name")
    if not re.fullmatch("0|[1-9][0-9]{0,19}", lines[1]) or int(lines[1]) >= 1 << 64:
        raise NoteError("size line is not a plain decimal")
    root = decode_base64(lines[2])
    if len(root) != 32:
        raise NoteError(f"root of {len(root)} bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


def format_checkpoint(checkpoint: Checkpoint) -> bytes:
    return f"{checkpoint.origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n".encode()
