"""The statement: strict JSON (records.md 2.3), in-toto layer (2.5), derive() (3.2), and the keys a statement announces.

Part of the independent checker (see verify_log.py). Schemas of section 5 are read only as far as derivation needs them; the
whole of them is in schema.py.
"""

import hashlib
import json
import re
from datetime import datetime, timezone
from functools import lru_cache
from typing import Callable, NamedTuple

from note import decode_base64
from tle1 import KINDS, Entry

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_PAYLOAD = 32768
MAX_STRING = 4096
MAX_INT = 2**53 - 1
HEX64 = re.compile("[0-9a-f]{64}")
TIME = re.compile(r"[2-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
KIND_NUMBERS = {name: number for number, name in KINDS.items()}
SUPERSEDING_KINDS = {2, 7, 8, 16, 17, 18, 19, 20, 23}
PREDICATE_TYPE = re.compile(r"(.*)/([a-z-]+)/v1", re.DOTALL)
SUPERSEDES_REL = {"renewal": 1, "correction": 2}


class StatementError(ValueError):
    """Says what is wrong; `reason` is the refusal of records.md 6.4 that it amounts to."""

    def __init__(self, message: str, reason: str = "STATEMENT_MALFORMED"):
        super().__init__(message)
        self.reason = reason


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)


def statement_id(payload: bytes) -> bytes:
    return hashlib.sha256(pae(payload)).digest()


# --- strict JSON ---------------------------------------------------------------------------------------------------------------


def read_object(pairs: list[tuple]) -> dict:
    if len(pairs) > 256:
        raise StatementError(f"object of {len(pairs)} members")
    members = dict(pairs)
    if len(members) != len(pairs):
        raise StatementError("equal member names in one object", "DUPLICATE_MEMBER")
    return members


def read_repeating_object(pairs: list[tuple]) -> dict:
    """Keeps every value of a repeated name, so that the rest of the text can be judged."""
    if len(pairs) > 256:
        raise StatementError(f"object of {len(pairs)} members")
    return {name: [value for other, value in pairs if other == name] for name, _ in pairs}


def read_int(text: str) -> int:
    if text == "-0" or len(text) > 17 or abs(int(text)) > MAX_INT:
        raise StatementError(f"number {text[:20]}")
    return int(text)


def refuse_number(text: str):
    raise StatementError(f"number {text[:20]} is not an integer")


def check_value(value, depth: int, careful: bool, longest: int = MAX_STRING) -> None:
    """Limits that the parser itself does not know. `careful`: the text has escapes, so a string can hold what UTF-8 cannot."""
    if isinstance(value, str):
        if len(value) * 4 > longest and len(value.encode("utf-8", "surrogatepass")) > longest:
            raise StatementError(f"string over {longest:,} bytes")
        if careful and ("\0" in value or any("\ud800" <= c <= "\udfff" for c in value)):
            raise StatementError("U+0000 or a lone surrogate in a string")
    elif isinstance(value, (dict, list)):
        if depth > 32:
            raise StatementError("nested deeper than 32")
        if isinstance(value, list):
            if len(value) > 1024:
                raise StatementError(f"array of {len(value)} elements")
            children = value
        else:
            for name in value:
                check_value(name, depth, careful, longest)
            children = value.values()
        for child in children:
            check_value(child, depth + 1, careful, longest)


def check_repeating(value, depth: int, longest: int) -> None:
    """check_value for what read_repeating_object made: an object holds a list of values for each name."""
    if isinstance(value, dict):
        if depth > 32:
            raise StatementError("nested deeper than 32")
        for name, values in value.items():
            check_value(name, depth, True, longest)
            for child in values:
                check_repeating(child, depth + 1, longest)
    elif isinstance(value, list):
        check_value([], depth, True, longest)
        if len(value) > 1024:
            raise StatementError(f"array of {len(value)} elements")
        for child in value:
            check_repeating(child, depth + 1, longest)
    else:
        check_value(value, depth, True, longest)


def decoder_of(object_hook: Callable) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=object_hook, parse_int=read_int, parse_float=refuse_number, parse_constant=refuse_number
    )


DECODER, REPEATING_DECODER = decoder_of(read_object), decoder_of(read_repeating_object)


def strict_json(data: bytes, longest: int = MAX_STRING):
    """The value (2.3). DUPLICATE_MEMBER only where the text is well-formed but for equal names."""
    try:
        text = data.decode("utf-8")
        value = DECODER.decode(text)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise StatementError(f"not strict JSON: {error}") from None
    except StatementError as error:
        if error.reason == "DUPLICATE_MEMBER":
            try:
                check_repeating(REPEATING_DECODER.decode(text), 1, longest)
            except (json.JSONDecodeError, RecursionError) as worse:
                raise StatementError(f"not strict JSON: {worse}") from None
        raise
    check_value(value, 1, "\\u" in text, longest)
    return value


# --- values --------------------------------------------------------------------------------------------------------------------


def hash32(text) -> bytes:
    if not isinstance(text, str) or not HEX64.fullmatch(text):
        raise StatementError(f"not 64 hex digits: {str(text)[:80]!r}")
    return bytes.fromhex(text)


@lru_cache(maxsize=65536)
def seconds(text: str | None) -> int:
    """A `time` of records.md 5.1 in Unix seconds; an absent one is 0."""
    if text is None:
        return 0
    if not isinstance(text, str) or not TIME.fullmatch(text):
        raise StatementError(f"not a time: {str(text)[:40]!r}")
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp())
    except ValueError as error:
        raise StatementError(f"{text}: {error}") from None


def integer(value) -> int:
    if type(value) is not int:
        raise StatementError(f"not an integer: {str(value)[:40]!r}")
    return value


def text_of(value) -> str:
    if not isinstance(value, str):
        raise StatementError(f"not a string: {str(value)[:40]!r}")
    return value


# --- derivation ----------------------------------------------------------------------------------------------------------------


class Rule(NamedTuple):
    """One row of the table in records.md 3.2. Functions take the predicate."""

    subjects: Callable = lambda p: []
    principles: Callable = lambda p: []
    code: Callable = lambda p: ""
    refs: Callable = lambda p: []  # (rel, id in hex)
    valid_from: str = ""  # member names
    valid_until: str = ""
    artifacts: Callable = lambda p: []  # in hex


def key_id_of(spki: str) -> str:
    return hashlib.sha256(decode_base64(text_of(spki))).hexdigest()


def inputs(p: dict) -> list:
    return [(7, x) for x in p.get("inputs", [])]


ISSUER, PARTY, MEMBER, ABOUT = (
    (lambda p: [p["issuer"]]),
    (lambda p: [p["party"]]),
    (lambda p: [p["member"]]),
    (lambda p: p["about"]),
)
ONE, MANY = (lambda p: [p["principle"]]), (lambda p: p["principles"])
TARGET, COMMITMENTS = (lambda p: [(6, p["target"])]), (lambda p: [(4, x) for x in p["commitments"]])
REASON = lambda p: p["reason"]  # noqa: E731
PERIOD = {"valid_from": "validFrom", "valid_until": "validUntil"}

RULES = {
    0: Rule(),
    1: Rule(),
    2: Rule(principles=lambda p: [x["no"] for x in p["principles"]], valid_from="validFrom",
            artifacts=lambda p: [x["textSha256"] for x in p["principles"]]),
    3: Rule(PARTY, code=lambda p: p["role"], valid_from="validFrom"),
    4: Rule(ISSUER, code=lambda p: p["key"]["alg"], artifacts=lambda p: [key_id_of(p["key"]["spki"])], **PERIOD),
    5: Rule(PARTY, code=REASON, artifacts=lambda p: [p["keyId"]]),
    6: Rule(ISSUER, code=REASON, valid_from="validFrom"),
    7: Rule(PARTY, code=lambda p: p["status"], refs=inputs, artifacts=lambda p: [p["decisionSha256"]], **PERIOD),
    8: Rule(lambda p: [p["auditor"]], MANY, **PERIOD),
    16: Rule(ISSUER, ONE, lambda p: p.get("level", ""), lambda p: [(3, p["principleSet"])], **PERIOD),
    17: Rule(ISSUER, ONE, lambda p: p["instrument"], lambda p: [(4, p["commitment"])], **PERIOD),
    18: Rule(MEMBER, MANY, lambda p: "declined" if p.get("declinedByMember") is True else "", COMMITMENTS,
             "startedAt", "resultDueBy"),
    19: Rule(MEMBER, MANY, lambda p: p["outcome"], lambda p: COMMITMENTS(p) + [(5, p["engagement"])] + inputs(p), **PERIOD),
    20: Rule(ABOUT, code=lambda p: p["state"], refs=lambda p: TARGET(p) + inputs(p)),
    21: Rule(ABOUT, code=REASON, refs=TARGET, valid_from="validFrom"),
    22: Rule(ABOUT, code=lambda p: p["ground"], refs=TARGET),
    23: Rule(ABOUT, lambda p: p.get("principles", []), lambda p: p["form"], lambda p: [(6, x) for x in p.get("supports", [])],
             artifacts=lambda p: [x["sha256"] for x in p.get("foreignSubjects", [])], **PERIOD),
    32: Rule(code=lambda p: p["legalBasis"], refs=TARGET),
    33: Rule(),
    34: Rule(code=lambda p: p["result"], refs=TARGET),
    35: Rule(code=lambda p: p["event"], valid_from="validFrom"),
}  # fmt: skip


class Parsed(NamedTuple):
    kind: int
    predicate: dict
    documents: list[bytes]  # sha256 of the in-toto subjects that are not name subjects
    type_base: str


def parse(payload: bytes) -> Parsed:
    """Strict JSON and in-toto layer (2.3, 2.5)."""
    if not 1 <= len(payload) <= MAX_PAYLOAD:
        raise StatementError(f"payload of {len(payload)} bytes")
    root = strict_json(payload)
    if not isinstance(root, dict) or root.get("_type") != "https://in-toto.io/Statement/v1":
        raise StatementError("_type is not in-toto Statement v1")
    predicate, subjects, predicate_type = root.get("predicate"), root.get("subject"), text_of(root.get("predicateType"))
    if not isinstance(predicate, dict) or not isinstance(subjects, list) or not 1 <= len(subjects) <= 16:
        raise StatementError("predicate or subject of a wrong form")
    documents = [document for subject in subjects if (document := document_of(subject))]
    match = PREDICATE_TYPE.fullmatch(predicate_type)
    if not match or match[2] not in KIND_NUMBERS:
        raise StatementError(f"predicateType {predicate_type[:200]!r}", "KIND_UNKNOWN")
    return Parsed(KIND_NUMBERS[match[2]], predicate, documents, match[1])


def document_of(subject) -> bytes | None:
    digests = subject.get("digest") if isinstance(subject, dict) else None
    if not isinstance(digests, dict) or not 1 <= len(digests) <= 8:
        raise StatementError("in-toto subject without digests")
    for digest in digests.values():
        text_of(digest)
    if len(text_of(subject.get("name", "")).encode()) > 200:
        raise StatementError("in-toto subject name over 200 bytes")
    if "sha256" not in digests:
        return None
    digest = hash32(digests["sha256"])
    return None if "name" in subject and hashlib.sha256(subject["name"].encode()).digest() == digest else digest


def derive(payload: bytes) -> Entry:
    """The entry that records.md 3.2 derives, with logged_at_ms 0 and no signatures."""
    return derive_parsed(parse(payload), statement_id(payload))


def derive_parsed(parsed: Parsed, ident: bytes) -> Entry:
    p, rule = parsed.predicate, RULES[parsed.kind]
    try:
        refs = {(rel, hash32(target)) for rel, target in rule.refs(p)}
        if parsed.kind in SUPERSEDING_KINDS and "supersedes" in p:
            refs.add((SUPERSEDES_REL[p["supersedes"]["change"]], hash32(p["supersedes"]["id"])))
        return Entry(
            logged_at_ms=0,
            kind=parsed.kind,
            issuer=text_of(p["issuer"]),
            subjects=tuple(sorted({text_of(urn) for urn in rule.subjects(p)})),
            principles=tuple(sorted({integer(no) for no in rule.principles(p)})),
            code=text_of(rule.code(p)),
            refs=tuple(sorted(refs)),
            artifacts=tuple(sorted({*parsed.documents, *(hash32(digest) for digest in rule.artifacts(p))})),
            valid_from=seconds(p.get(rule.valid_from) if rule.valid_from else None),
            valid_until=seconds(p.get(rule.valid_until) if rule.valid_until else None),
            statement_id=ident,
            signatures=(),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise StatementError(f"a member that derivation needs is missing or of a wrong type: {error}") from None


def announced_keys(parsed: Parsed) -> list[tuple[str, bytes]]:
    """(alg, SPKI) of every key that a statement of kind 0, 1 or 4 introduces."""
    try:
        if parsed.kind in (0, 1):
            keys = [key for role in ("root", "secretariat", "operator") for key in parsed.predicate["authority"][role]["keys"]]
        else:
            keys = [parsed.predicate["key"]] if parsed.kind == 4 else []
        return [(text_of(key["alg"]), decode_base64(text_of(key["spki"]))) for key in keys]
    except (KeyError, TypeError) as error:
        raise StatementError(f"keys of a wrong form: {error}") from None
