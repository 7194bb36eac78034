"""What one statement must be by itself: tables of records.md section 5, keys, intervals (6.4, checks 12 to 14).

Part of the independent checker (see verify_log.py). A type is a function (value, urn prefix) -> bool; a table is a list of
(member, type, presence), read from top to bottom as in records.md. Unknown members are never looked at.
"""

import re
from functools import lru_cache
from typing import Callable

from note import NoteError, decode_base64
from points import is_point
from signatures import ALGORITHMS
from statement import HEX64, SUPERSEDES_REL, SUPERSEDING_KINDS, Parsed, StatementError, key_id_of, seconds

ROLES = ("root", "secretariat", "operator")
PARTY_ROLES = ("member", "auditor", "monitor", "observer")
SLUG = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
CODE = re.compile("[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?")
CONTROL = re.compile("[\0-\x1f]")
TYPE_BASE = "https://[A-Za-z0-9._~/:-]*[A-Za-z0-9._~-]"
URN_PREFIX = "urn:[a-z0-9][a-z0-9-]{1,31}:"
NONCE = re.compile("[A-Za-z0-9_-]{22,43}")
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


# --- types of 5.1 ----------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def urn_pattern(prefix: str, words: tuple[str, ...]) -> re.Pattern:
    """URNs whose role word is one of `words`."""
    parties = "|".join(word for word in words if word in PARTY_ROLES)
    forms = [word for word in words if word in ROLES] + ([f"(?:{parties}):{SLUG}"] if parties else [])
    return re.compile(re.escape(prefix) + f"(?:{'|'.join(forms)})")


def urn_of(*words: str) -> Callable:
    return lambda value, prefix: isinstance(value, str) and len(value) <= 200 and bool(urn_pattern(prefix, words).fullmatch(value))


def matches(pattern: str | re.Pattern, longest: int = 1 << 20) -> Callable:
    compiled = re.compile(pattern)
    return lambda value, _: isinstance(value, str) and len(value) <= longest and bool(compiled.fullmatch(value))


def string(most: int) -> Callable:
    return lambda value, _: (
        isinstance(value, str)
        and 1 <= len(value)
        and (len(value) * 4 <= most or len(value.encode()) <= most)
        and not CONTROL.search(value)
    )


def integer(least: int | None = None, most: int | None = None) -> Callable:
    return lambda value, _: (
        type(value) is int and (least is None or value >= least) and (most is None or value <= most)
    )


def one_of(*words: str) -> Callable:
    return lambda value, _: isinstance(value, str) and value in words


def array(of: Callable, least: int, most: int, distinct: bool = False) -> Callable:
    return lambda value, prefix: (
        isinstance(value, list)
        and least <= len(value) <= most
        and all(of(item, prefix) for item in value)
        and not (distinct and len(set(value)) != len(value))
    )


def table(*rows: tuple) -> Callable:
    """An object with the members of `rows`: (name, type) where required, (name, type, False) where not."""
    fields = [(row[0], row[1], len(row) == 2 or row[2]) for row in rows]

    def check(value, prefix) -> bool:
        if not isinstance(value, dict):
            return False
        for name, of, required in fields:
            if name not in value:
                if required:
                    return False
            elif not of(value[name], prefix):
                return False
        return True

    return check


def both(*checks: Callable) -> Callable:
    return lambda value, prefix: all(check(value, prefix) for check in checks)


def time(value, _) -> bool:
    try:
        return isinstance(value, str) and seconds(value) > 0
    except StatementError:
        return False


def boolean(value, _) -> bool:
    return isinstance(value, bool)


def nonce(value, _) -> bool:
    """base64url of 16..32 bytes without padding, unused bits zero."""
    if not isinstance(value, str) or not NONCE.fullmatch(value) or len(value) % 4 == 1:
        return False
    unused = {0: 0, 2: 4, 3: 2}[len(value) % 4]
    return BASE64URL.index(value[-1]) % (1 << unused) == 0


def text(value, _) -> bool:
    return (
        isinstance(value, dict)
        and 1 <= len(value) <= 8
        and all(re.fullmatch("[a-z]{2}(-[A-Z]{2})?", tag) and string(2000)(body, _) for tag, body in value.items())
    )


def spki(value, _) -> bool:
    try:
        return isinstance(value, str) and len(decode_base64(value)) > 0
    except (NoteError, UnicodeEncodeError):
        return False


def distinct_by(name: str) -> Callable:
    """For an array of objects: no two with the same `name`."""
    return lambda value, _: len({item[name] for item in value}) == len(value)


code, hex64, urn, party_urn = matches(CODE), matches(HEX64), urn_of(*PARTY_ROLES, *ROLES), urn_of(*PARTY_ROLES)
# An algorithm name that this version does not list is a key of a wrong form (2.2), not ALGORITHM_NOT_BUILT_IN.
key = table(("spki", spki), ("alg", one_of(*ALGORITHMS)))
# `int[] 1..63` gives the number of elements; that each is a principle number 1..63 follows from field 7 of the entry.
principle = integer(1, 63)
principles = array(principle, 1, 63, distinct=True)
period = (("validFrom", time), ("validUntil", time))


def ids(least: int, most: int) -> Callable:
    return array(hex64, least, most, distinct=True)


# --- authority -------------------------------------------------------------------------------------------------------------------

role_keys = both(
    table(("keys", array(key, 1, 8)), ("threshold", integer(1, 8))), lambda value, _: value["threshold"] <= len(value["keys"])
)


def sound_authority(value, _) -> bool:
    """No key twice in the whole object; batch keys for the operator only (a rule of the table, so SCHEMA_VIOLATION)."""
    keys = [(role, key) for role in ROLES for key in value[role]["keys"]]
    if any(ALGORITHMS[key["alg"]].batch and role != "operator" for role, key in keys):
        return False
    return len({key_id_of(key["spki"]) for _, key in keys}) == len(keys)


def authority(version: Callable) -> Callable:
    return both(table(("version", version), *((role, role_keys) for role in ROLES)), sound_authority)


def effects(*words: str) -> Callable:
    """A code that is declared twice is no violation by the letter of 5.2; the first declaration counts (registry.py)."""
    return array(table(("code", code), ("effect", one_of(*words)), ("meaning", text, False)), 1, 64)


standard = table(("scheme", code), ("version", string(40)), ("control", string(80), False), ("level", string(40), False))
scope_list = array(string(200), 0, 64)
finding = table(
    ("no", integer(1, 9999)), ("severity", code), ("control", string(80), False), ("state", one_of("open", "accepted", "closed")),
    ("dueBy", time, False), ("detail", hex64, False),
)  # fmt: skip
foreign_subject = table(("name", string(200), False), ("sha256", hex64))
REASONS = ("error", "superseded", "fraud", "legal", "cancelled", "other")
FORMS = ("slsa-provenance", "vsa", "sbom", "cvd-policy", "certificate", "scitt-statement", "test-report", "other")
MANY = 2**32 - 1

ISSUERS = {
    0: ("root",), 1: ("root",), 2: ("secretariat",), 3: ("secretariat",), 4: PARTY_ROLES, 5: (*PARTY_ROLES, "secretariat"),
    6: PARTY_ROLES, 7: ("secretariat",), 8: ("secretariat",), 16: ("member",), 17: ("member",), 18: ("auditor",), 19: ("auditor",),
    20: ("member", "auditor"), 21: (*PARTY_ROLES, "secretariat"), 22: PARTY_ROLES, 23: (*PARTY_ROLES, "secretariat"),
    32: ("operator",), 33: ("operator",), 34: ("monitor",), 35: ("operator",),
}  # fmt: skip

TABLES = {
    0: table(("typeBase", matches(TYPE_BASE, 200)), ("urnPrefix", matches(URN_PREFIX, 60)), ("authority", authority(integer(1, 1))),
             ("maxStatementAgeDays", integer(1, 3660)), ("indexFunction", one_of("trustlog-index/1")),
             ("rules", one_of("trustlog-rules/1"))),
    1: table(("authority", authority(integer())), ("reason", code)),
    2: table(("version", string(40)),
             ("principles", both(array(table(("no", principle), ("title", text), ("textSha256", hex64)), 1, 63), distinct_by("no"))),
             ("outcomes", effects("positive", "qualified", "neutral", "negative")),
             ("statuses", effects("neutral", "qualified", "negative", "ended")),
             ("levels", array(code, 0, 32, distinct=True), False), ("maxCommitmentDays", integer(1, 36600), False),
             ("maxResultDays", integer(1, 36600), False), ("validFrom", time)),
    3: both(table(("party", party_urn), ("role", one_of(*PARTY_ROLES)), ("legalName", string(200)), ("country", matches("[A-Z]{2}")),
                  ("lei", matches("[A-Z0-9]{18}[0-9]{2}"), False), ("group", code, False), ("validFrom", time)),
            lambda value, prefix: value["party"].startswith(f"{prefix}{value['role']}:")),
    4: table(("key", key), ("purposes", array(one_of("sign", "admin"), 1, 2, distinct=True)), ("validFrom", time),
             ("validUntil", time, False), ("replaces", table(("keyId", hex64), ("overlapUntil", time)), False),
             ("custody", one_of("hsm", "kms", "software"), False)),
    5: both(table(("party", urn), ("keyId", hex64), ("reason", one_of("retired", "lost", "compromised")),
                  ("invalidSince", integer(0), False)),
            lambda value, prefix: value["party"] == value["issuer"] or value["issuer"] == prefix + "secretariat",
            lambda value, _: "invalidSince" not in value or value["reason"] == "compromised"),
    6: table(("validFrom", time), ("reason", code)),
    7: table(("party", urn), ("status", code), ("validFrom", time), ("validUntil", time, False), ("ruleRef", string(200)),
             ("decisionSha256", hex64), ("appealUntil", time, False), ("inputs", ids(0, 16), False)),
    8: table(("auditor", urn), ("principles", principles), ("schemes", array(code, 0, 64, distinct=True)),
             ("accreditedBy", string(200)), ("notFor", array(urn, 0, 64, distinct=True), False), *period),
    16: table(("principleSet", hex64), ("principle", principle), ("level", code, False),
              ("scope", table(("exclusions", scope_list), *((name, scope_list, False) for name in
                                                            ("products", "sites", "entities", "regions")))),
              ("standards", array(standard, 0, 64), False), ("measures", text, False), ("contact", string(200), False), *period),
    17: both(table(("commitment", hex64), ("principle", principle), ("requirementTitle", string(200)),
                   ("supplierCount", integer(0, 10**9)), ("tier", integer(1, 9)), ("coveredSuppliersPermille", integer(0, 1000), False),
                   ("coveredSpendPermille", integer(0, 1000), False), ("disclosureRoot", hex64), ("disclosureCount", integer(0, MANY)),
                   ("acknowledged", integer(0, MANY)), ("instrument", one_of("contract", "code-of-conduct", "terms")),
                   ("validFrom", time), ("validUntil", time, False)),
             # The root of an empty tree is not asked for: 6.4 has no check that recomputes a tree.
             lambda value, _: value["acknowledged"] <= value["disclosureCount"]),
    18: table(("member", urn), ("principles", principles), ("commitments", ids(1, 48)), ("scopeSha256", hex64), ("startedAt", time),
              ("resultDueBy", time), ("declinedByMember", boolean, False)),
    19: table(("engagement", hex64), ("member", urn), ("principles", principles), ("commitments", ids(1, 48)),
              ("criteria", array(standard, 1, 64)), ("assurance", one_of("limited", "reasonable", "certification")), ("outcome", code),
              ("period", table(("from", time), ("until", time)), False), ("performedAt", time), *period,
              ("findings", both(array(finding, 0, 200), distinct_by("no"))), ("inputs", ids(0, 8), False)),
    20: both(table(("target", hex64), ("about", array(urn, 1, 1)), ("finding", integer(1, 9999)),
                   ("state", one_of("planned", "claimed", "closed", "reopened")), ("inputs", ids(0, 8), False)),
             lambda value, prefix: (value["state"] in ("planned", "claimed")) == value["issuer"].startswith(prefix + "member:")),
    21: table(("target", hex64), ("about", array(urn, 0, 8, distinct=True)), ("reason", one_of(*REASONS)), ("validFrom", time, False)),
    22: table(("target", hex64), ("about", array(urn, 0, 8, distinct=True)), ("ground", code)),
    23: table(("about", array(urn, 1, 8, distinct=True)), ("form", one_of(*FORMS)), ("mediaType", string(100)),
              ("principles", array(principle, 0, 63, distinct=True), False), ("supports", ids(0, 16), False),
              ("foreignSubjects", array(foreign_subject, 0, 32), False),
              ("checked", table(("by", string(100)), ("result", one_of("valid", "invalid", "not-checked"))), False),
              ("validFrom", time, False), ("validUntil", time, False)),
    32: table(("target", hex64), ("index", integer()), ("legalBasis", code), ("decidedAt", time)),
    33: table(("coversSize", integer(1)), ("mapRoot", hex64), ("indexFunction", one_of("trustlog-index/1"))),
    34: table(("target", hex64), ("result", one_of("equal", "different")), ("mapRoot", hex64)),
    35: both(table(("event", one_of("freeze", "key-change", "note")), ("validFrom", time),
                   ("vkeys", array(string(4000), 0, 8), False),
                   ("successor", table(("origin", string(255)), ("vkey", string(4000))), False)),
             lambda value, _: value["event"] != "key-change" or "vkeys" in value),
}  # fmt: skip

common = table(("logOrigin", matches("[A-Za-z0-9._~/:-]+", 255)), ("issuedAt", time), ("nonce", nonce))
supersedes = table(("id", hex64), ("change", one_of(*SUPERSEDES_REL)))
DOCUMENT_KINDS = {16, 17, 19, 23}


def fits_schema(parsed: Parsed, prefix: str | None) -> bool:
    """Check 12. `prefix`: the log's urnPrefix; for genesis its own."""
    p, kind = parsed.predicate, parsed.kind
    if kind == 0:
        prefix = p.get("urnPrefix")
        if not matches(URN_PREFIX, 60)(prefix, None) or p.get("typeBase") != parsed.type_base:
            return False
    if not common(p, prefix) or not urn_of(*ISSUERS[kind])(p.get("issuer"), prefix):
        return False
    if kind in SUPERSEDING_KINDS and "supersedes" in p and not supersedes(p["supersedes"], prefix):
        return False
    if 16 <= kind <= 23 and "summary" in p and not text(p["summary"], prefix):
        return False
    return TABLES[kind](p, prefix) and (kind not in DOCUMENT_KINDS or bool(parsed.documents))


def keys_of(parsed: Parsed) -> list[dict]:
    """The key objects that a statement of kind 0, 1 or 4 introduces or names."""
    if parsed.kind in (0, 1):
        return [key for role in ROLES for key in parsed.predicate["authority"][role]["keys"]]
    return [parsed.predicate["key"]] if parsed.kind == 4 else []


def keys_fit(parsed: Parsed) -> bool:
    """Check 13: each SPKI fits its alg, and its point is valid."""
    return all(key_fits(key["alg"], key["spki"]) for key in keys_of(parsed))


@lru_cache(maxsize=65536)
def key_fits(alg: str, encoded: str) -> bool:
    algorithm, der = ALGORITHMS[alg], decode_base64(encoded)
    return (
        len(der) == algorithm.spki_bytes
        and der.startswith(algorithm.spki_prefix)
        and is_point(alg, der[len(algorithm.spki_prefix) :])
    )


INTERVALS = {kind: ("validFrom", "validUntil") for kind in (4, 7, 8, 16, 17, 19, 23)} | {18: ("startedAt", "resultDueBy")}


def intervals_hold(kind: int, predicate: dict) -> bool:
    """Check 14, of the kinds whose tables have both ends: elsewhere a member of that name is unknown, and ignored."""
    begin, end = INTERVALS.get(kind, ("", ""))
    return not (begin in predicate and end in predicate) or seconds(predicate[begin]) < seconds(predicate[end])
