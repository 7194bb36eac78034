"""TLE1, the entry: decoder with every rule of records.md 3.1, and encoder.

Part of the independent checker (see verify_log.py). One entry has one encoding: decode() re-encodes and compares.
"""

import re
from typing import NamedTuple

MAX_ENTRY_BYTES = 8192
MAX_SIGNATURE_BYTES = 1024
YEAR_2000, YEAR_10000 = 946_684_800, 253_402_300_800
KINDS = {
    0: "genesis", 1: "role-change", 2: "principle-set", 3: "party-admission", 4: "key-registration", 5: "key-revocation",
    6: "party-withdrawal", 7: "status-change", 8: "auditor-accreditation", 16: "commitment", 17: "supplier-flowdown",
    18: "audit-engagement", 19: "audit-result", 20: "remediation", 21: "retraction", 22: "objection", 23: "evidence",
    32: "erasure-notice", 33: "index-head", 34: "index-endorsement", 35: "log-event",
}  # fmt: skip
CLAIMS = range(16, 32)
PARTY = rb"(?:member|auditor|monitor|observer):[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
URN = re.compile(rb"urn:[a-z0-9][a-z0-9-]{1,31}:(?:root|secretariat|operator|%s)" % PARTY)
CODE = re.compile(rb"[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?")


class EntryError(ValueError):
    pass


class Entry(NamedTuple):
    logged_at_ms: int
    kind: int
    issuer: str
    subjects: tuple[str, ...]
    principles: tuple[int, ...]
    code: str
    refs: tuple[tuple[int, bytes], ...]
    artifacts: tuple[bytes, ...]
    valid_from: int
    valid_until: int
    statement_id: bytes
    signatures: tuple[tuple[bytes, bytes], ...]

    def derived(self) -> "Entry":
        """The part that derive() gives: all but logged_at_ms and the signatures."""
        return self._replace(logged_at_ms=0, signatures=())


class Cursor:
    """Reads from the front of a byte string; a short read is an EntryError."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) != count:
            raise EntryError(f"cut off at byte {len(self.data)}")
        self.at += count
        return part

    def u(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def i64(self) -> int:
        return int.from_bytes(self.take(8), "big", signed=True)

    def lp8(self) -> bytes:
        return self.take(self.u(1))


def ascending(items: list, what: str) -> tuple:
    if any(a >= b for a, b in zip(items, items[1:])):
        raise EntryError(f"{what} not strictly ascending")
    return tuple(items)


def count_of(cursor: Cursor, most: int, what: str, least: int = 0) -> range:
    count = cursor.u(1)
    if not least <= count <= most:
        raise EntryError(f"{count} {what} ({least}..{most})")
    return range(count)


def urn_of(data: bytes) -> str:
    if len(data) > 200 or not URN.fullmatch(data):
        raise EntryError(f"not a URN: {data[:60]!r}")
    return data.decode()


def time_of(value: int) -> int:
    if value and not YEAR_2000 <= value < YEAR_10000:
        raise EntryError(f"time {value} outside the years 2000..9999")
    return value


def decode(data: bytes) -> Entry:
    """EntryError names the first rule broken."""
    if len(data) > MAX_ENTRY_BYTES:
        raise EntryError(f"entry of {len(data)} bytes")
    cursor = Cursor(data)
    if cursor.take(4) != b"TLE1":
        raise EntryError("magic is not TLE1")
    logged_at_ms, kind = cursor.u(8), cursor.u(2)
    if kind not in KINDS:
        raise EntryError(f"kind {kind}")
    if cursor.u(1) != 1:
        raise EntryError("envelope is not 1")
    issuer = urn_of(cursor.lp8())
    subjects = ascending([urn_of(cursor.lp8()) for _ in count_of(cursor, 8, "subjects")], "subjects")
    principles = ascending(list(cursor.take(len(count_of(cursor, 63, "principles")))), "principles")
    if principles and not (1 <= principles[0] and principles[-1] <= 63):
        raise EntryError("principle outside 1..63")
    code = cursor.lp8()
    if code and not CODE.fullmatch(code):
        raise EntryError(f"not a code: {code[:60]!r}")
    refs = ascending([(cursor.u(1), cursor.take(32)) for _ in count_of(cursor, 64, "refs")], "refs")
    if any(not 1 <= rel <= 7 for rel, _ in refs):
        raise EntryError("rel outside 1..7")
    artifacts = ascending([cursor.take(32) for _ in count_of(cursor, 64, "artifacts")], "artifacts")
    valid_from, valid_until = time_of(cursor.i64()), time_of(cursor.i64())
    statement_id = cursor.take(32)
    signatures = [(cursor.take(32), cursor.take(cursor.u(2))) for _ in count_of(cursor, 8, "signatures", 1)]
    ascending([key for key, _ in signatures], "signatures")
    if any(not 1 <= len(signature) <= MAX_SIGNATURE_BYTES for _, signature in signatures):
        raise EntryError("signature outside 1..1024 bytes")
    if cursor.at != len(data):
        raise EntryError(f"{len(data) - cursor.at} bytes after the last field")
    entry = Entry(
        logged_at_ms,
        kind,
        issuer,
        subjects,
        principles,
        code.decode(),
        refs,
        artifacts,
        valid_from,
        valid_until,
        statement_id,
        tuple(signatures),
    )
    if encode(entry) != data:
        raise EntryError("re-encoding gives other bytes")
    return entry


def lp8(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def encode(entry: Entry) -> bytes:
    return b"".join((
        b"TLE1", entry.logged_at_ms.to_bytes(8, "big"), entry.kind.to_bytes(2, "big"), b"\x01", lp8(entry.issuer.encode()),
        bytes([len(entry.subjects)]), *(lp8(urn.encode()) for urn in entry.subjects),
        lp8(bytes(entry.principles)), lp8(entry.code.encode()),
        bytes([len(entry.refs)]), *(bytes([rel]) + ident for rel, ident in entry.refs),
        bytes([len(entry.artifacts)]), *entry.artifacts,
        entry.valid_from.to_bytes(8, "big", signed=True), entry.valid_until.to_bytes(8, "big", signed=True), entry.statement_id,
        bytes([len(entry.signatures)]), *(key + len(sig).to_bytes(2, "big") + sig for key, sig in entry.signatures),
    ))  # fmt: skip
