"""The DSSE envelope as it is submitted (records.md 2.1; checks 1 to 4 of 6.4) and the choice of keys that its `keyid`s leave open.

Part of the independent checker (see verify_log.py).
"""

import base64
import re
from typing import NamedTuple

from note import NoteError, decode_base64
from registry import Registry
from rules import Refusal
from schema import keys_of
from signatures import Algorithm, ALGORITHMS, SignatureError, Verifier, check_form, open_batch
from statement import (
    MAX_INT, MAX_PAYLOAD, PAYLOAD_TYPE, Parsed, StatementError, hash32, key_id_of, pae, statement_id, strict_json,
)  # fmt: skip

MAX_ENVELOPE, MAX_SIGNATURES, MAX_SIGNATURE, MAX_CANDIDATES = 65536, 8, 1024, 8
KEY_ID = re.compile("(?:sha256:)?([0-9a-f]{64})")


class Envelope(NamedTuple):
    payload: bytes
    signatures: list[tuple[bytes, bytes]]  # key id, b"" where the keyid has another form or is absent


def malformed(detail: str):
    raise Refusal("ENVELOPE_MALFORMED", detail)


def base64_of(value) -> bytes:
    """Standard or URL-safe alphabet, padding complete or absent, unused bits zero."""
    if not isinstance(value, str) or ("+" in value or "/" in value) and ("-" in value or "_" in value):
        malformed("base64")
    text = value.replace("-", "+").replace("_", "/")
    if "=" not in text:
        text += "=" * (-len(text) % 4)
    try:
        return decode_base64(text)
    except (NoteError, UnicodeEncodeError):
        malformed("base64")


def read_envelope(data: bytes) -> Envelope:
    """Checks 1 to 4."""
    if len(data) > MAX_ENVELOPE:
        raise Refusal("TOO_LARGE", "envelope")
    try:
        root = strict_json(data, longest=MAX_INT)
    except StatementError as error:
        raise Refusal("DUPLICATE_MEMBER" if error.reason == "DUPLICATE_MEMBER" else "ENVELOPE_MALFORMED", str(error)) from None
    if not isinstance(root, dict) or not isinstance(root.get("payloadType"), str):
        malformed("no object, or no payloadType")
    payload, rows = base64_of(root.get("payload")), root.get("signatures")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_SIGNATURES:
        malformed("signatures")
    signatures = [read_signature(row, len(rows) == 1) for row in rows]
    if root["payloadType"] != PAYLOAD_TYPE:
        raise Refusal("PAYLOAD_TYPE_UNSUPPORTED")
    if not payload:
        malformed("no payload")
    if len(payload) > MAX_PAYLOAD:
        raise Refusal("TOO_LARGE", "payload")
    return Envelope(payload, signatures)


def read_signature(row, alone: bool) -> tuple[bytes, bytes]:
    if not isinstance(row, dict) or not isinstance(row.get("keyid", ""), str):
        malformed("signature")
    signature = base64_of(row.get("sig"))
    if not 1 <= len(signature) <= MAX_SIGNATURE:
        malformed("signature of no or too many bytes")
    match = KEY_ID.fullmatch(row.get("keyid", ""))
    if not match and not alone:
        malformed("keyid")
    return bytes.fromhex(match[1]) if match else b"", signature


class Arithmetic:
    """Raises Refusal on a signature that does not stand."""

    def __init__(self, verifier: Verifier):
        self.verifier = verifier

    def __call__(self, alg: str, spki: bytes, signature: bytes, ident: bytes, payload: bytes) -> None:
        algorithm = ALGORITHMS[alg]
        try:
            message = pae(payload)
            if algorithm.batch:
                message, signature = open_batch(signature, ident)
            check_form(algorithm, signature)
        except SignatureError as error:
            raise Refusal("SIGNATURE_ENCODING", str(error)) from None
        if not self.stands(algorithm, spki, message, signature):
            raise Refusal("SIGNATURE_INVALID")

    def stands(self, algorithm: Algorithm, spki: bytes, message: bytes, signature: bytes) -> bool:
        return self.verifier.verify(spki, algorithm.digest, message, signature)


def choose_key(registry: Registry, parsed: Parsed, envelope: Envelope) -> list[tuple[bytes, bytes]]:
    """Names the key of each signature. One signature whose keyid names no known key is tried under the keys of the issuer."""
    key_id, signature = envelope.signatures[0]
    announced = {hash32(key_id_of(key["spki"])) for key in keys_of(parsed)}
    if len(envelope.signatures) > 1 or key_id in registry.keys or key_id in announced:
        return envelope.signatures
    owner = parsed.predicate["issuer"]
    candidates = sorted(ident for ident, key in registry.keys.items() if key.owner == owner)[:MAX_CANDIDATES]
    for candidate in candidates if registry.arithmetic else ():
        key = registry.keys[candidate]
        try:
            registry.arithmetic(key.alg, key.spki, signature, statement_id(envelope.payload), envelope.payload)
        except Refusal:
            continue
        return [(candidate, signature)]
    if key_id:
        return [(key_id, signature)]
    raise Refusal("SIGNATURE_INVALID", "no key of the issuer verifies it")


def submit(registry: Registry, data: bytes, logged_at_ms: int) -> int:
    """All of 6.4 for an envelope: the index, Refusal or Duplicate."""
    envelope = read_envelope(data)
    return registry.submit(logged_at_ms, envelope.payload, envelope.signatures, lambda parsed: choose_key(registry, parsed, envelope))


def rebuild(payload: bytes, signatures: list[tuple[bytes, bytes]]) -> bytes:
    """The envelope of 4.2."""
    encode = lambda data: base64.b64encode(data).decode()  # noqa: E731
    rows = ",".join(f'{{"keyid":"{key_id.hex()}","sig":"{encode(signature)}"}}' for key_id, signature in signatures)
    return f'{{"payloadType":"{PAYLOAD_TYPE}","payload":"{encode(payload)}","signatures":[{rows}]}}'.encode()
