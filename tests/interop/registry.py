"""The registry: the state machine of records.md section 6 over entries in index order, and the words of 7.1.

Part of the independent checker (see verify_log.py). The checks of one statement alone are in schema.py, those against the state
in rules.py; here are the state, its transitions, and the two ways in: `submit` (what a server answers) and `log` (what a replay
makes of an entry that is in the tree). Nothing reads a clock: time is that of the entry.

    registry = Registry("log.example/x")
    registry.submit(logged_at_ms, payload, [(key_id, signature), ...])     # raises Refusal, or Duplicate
    registry.log(entry, payload)                                          # the reason why it is void, or ""
"""

import hashlib
from dataclasses import dataclass, field
from typing import Callable, Iterable, NamedTuple

import rules
import schema
from note import decode_base64
from rules import Refusal
from statement import Parsed, StatementError, derive_parsed, hash32, key_id_of, parse, seconds, statement_id
from tle1 import CLAIMS, MAX_ENTRY_BYTES, MAX_SIGNATURE_BYTES, Entry, encode

NEVER = 1 << 62


class Duplicate(Exception):
    def __init__(self, index: int):
        super().__init__(f"already logged at index {index}")
        self.index = index


class Fact(NamedTuple):
    """A record that is not void."""

    index: int
    entry: Entry
    predicate: dict | None  # of authority kinds and the log's own

    @property
    def time(self) -> int:
        return self.entry.logged_at_ms // 1000

    @property
    def ident(self) -> bytes:
        return self.entry.statement_id


class Revocation(NamedTuple):
    index: int
    reason: str
    invalid_since: int | None  # only of `compromised`


@dataclass
class RegisteredKey:
    key_id: bytes
    owner: str
    alg: str
    spki: bytes
    index: int
    purposes: tuple[str, ...] = ()  # none: a role key
    valid_from: int = 0
    valid_until: int = 0
    authorising: tuple[bytes, ...] = ()
    revocations: list[Revocation] = field(default_factory=list)

    @property
    def is_party_key(self) -> bool:
        return bool(self.purposes)

    @property
    def compromised(self) -> bool:
        return any(revocation.reason == "compromised" for revocation in self.revocations)


class Party(NamedTuple):
    role: str
    group: str
    index: int


class Role(NamedTuple):
    keys: frozenset[bytes]
    threshold: int


class Registry:
    """`arithmetic(alg, spki, signature, statement_id, payload)` raises Refusal on a signature that does not stand; without it every
    signature of a known key is taken as valid."""

    def __init__(self, origin: str, arithmetic: Callable | None = None):
        self.origin, self.arithmetic = origin, arithmetic
        self.frozen = False
        self.type_base: str | None = None
        self.prefix: str | None = None
        self.max_age_days = 0
        self.version = 0
        self.roles: dict[str, Role] = {}
        self.keys: dict[bytes, RegisteredKey] = {}
        self.keys_of_owner: dict[str, list[bytes]] = {}
        self.parties: dict[str, Party] = {}
        self.withdrawals: dict[str, list[Fact]] = {}
        self.facts: dict[bytes, Fact] = {}
        self.first_index: dict[bytes, int] = {}  # of every statement id, void entries included
        self.times: list[int] = []  # logged_at_ms of every entry
        self.superseded: dict[bytes, Fact] = {}  # id -> the record that supersedes it
        self.corrected: dict[bytes, int] = {}
        self.chains: dict[tuple, list[Fact]] = {}  # (kind, subject, principle) of the kinds with one chain
        self.retractions: dict[bytes, Fact] = {}
        self.statuses: dict[str, list[Fact]] = {}
        self.covered: dict[bytes, Fact] = {}  # id -> erasure notice
        self.withheld: list[tuple[int, bytes]] = []
        self.largest_covered = 0
        self.void: dict[int, str] = {}
        self.time_fell: list[int] = []
        self.by_kind: dict[int, list[Fact]] = {}
        self.results_on: dict[bytes, list[Fact]] = {}  # commitment id -> audit results
        self.results_of: dict[bytes, list[Fact]] = {}  # engagement id -> audit results
        self.objections: dict[bytes, list[Fact]] = {}  # target id -> objections

    @property
    def size(self) -> int:
        return len(self.times)

    def role_urn(self, role: str) -> str:
        return f"{self.prefix}{role}"

    # --- words of 7.1: of the entries below `size` --------------------------------------------------------------------------------

    def is_dead(self, ident: bytes, size: int) -> bool:
        return self.corrected.get(ident, NEVER) < size

    def retraction(self, ident: bytes, when: int, size: int) -> Fact | None:
        """The retraction that makes the record retracted at `when`."""
        fact = self.retractions.get(ident)
        return fact if fact and fact.index < size and fact.entry.valid_from <= when else None

    def chain(self, key: tuple, when: int, size: int) -> Fact | None:
        """Every later record of these kinds supersedes the newest, so going to the record superseded is going backwards."""
        for fact in reversed(self.chains.get(key, ())):
            if fact.index >= size or fact.entry.valid_from > when or self.is_dead(fact.ident, size):
                continue
            retraction = self.retractions.get(fact.ident)
            if retraction and retraction.index < size and retraction.entry.valid_from == 0:
                continue
            return fact
        return None

    def principle_set(self, when: int, size: int) -> Fact | None:
        """None only where there is no principle set at all."""
        first = self.chains.get((2, "-", 0), (None,))[0]
        return self.chain((2, "-", 0), when, size) or (first if first and first.index < size else None)

    def effect(self, vocabulary: str, code: str, when: int, size: int) -> str:
        """`vocabulary`: outcomes or statuses. Without any principle set nothing is declared."""
        fact = self.principle_set(when, size)
        declared = fact.predicate[vocabulary] if fact else ()
        return next((row["effect"] for row in declared if row["code"] == code), "negative")

    def status(self, party: str, when: int, size: int) -> Fact | None:
        for fact in reversed(self.statuses.get(party, ())):
            begin, end = fact.entry.valid_from, fact.entry.valid_until
            if fact.index < size and begin <= when and not 0 < end <= when and not self.is_dead(fact.ident, size):
                return fact
        return None

    def status_effect(self, party: str, when: int, size: int) -> str:
        fact = self.status(party, when, size)
        return self.effect("statuses", fact.entry.code, fact.time, size) if fact else "neutral"

    def withdrawal(self, party: str, when: int, size: int) -> Fact | None:
        """Of several in force the one with the lowest index."""
        facts = self.withdrawals.get(party, ())
        return next((fact for fact in facts if fact.index < size and fact.entry.valid_from <= when), None)

    def accreditation(self, auditor: str, when: int, size: int) -> Fact | None:
        fact = self.chain((8, auditor, 0), when, size)
        return fact if fact and when < fact.entry.valid_until else None

    def taints(self, fact: Fact, size: int) -> set[int]:
        """Indices of the revocations that taint the record (6.7)."""
        return {
            revocation.index
            for key_id, _ in fact.entry.signatures
            for revocation in (self.keys[key_id].revocations if key_id in self.keys else ())
            if revocation.reason == "compromised" and revocation.invalid_since <= fact.index < revocation.index < size
        }

    # --- ways in ------------------------------------------------------------------------------------------------------------------

    def submit(self, logged_at_ms: int, payload: bytes, signatures: list[tuple], choose: Callable | None = None) -> int:
        """Checks 5 to 27 and, where they hold, the transition: the index. Refusal or Duplicate leave everything as it was.
        `choose(parsed)`: gives the signatures with their key ids at check 17, where an envelope leaves one open."""
        ident = statement_id(payload)
        if ident in self.first_index:
            raise Duplicate(self.first_index[ident])
        if self.frozen:
            raise Refusal("LOG_FROZEN")
        parsed = self.parse(payload)
        entry = self.entry_of(parsed, ident, logged_at_ms, signatures)
        self.check_origin(parsed)
        if choose:
            signatures = choose(parsed)
            entry = self.entry_of(parsed, ident, logged_at_ms, signatures)
        self.check_keys(parsed, entry, signatures, payload)
        self.check_age(parsed, entry)
        rules.check(self, entry, parsed)
        return self.add(entry, parsed)

    def log(self, entry: Entry, payload: bytes, parsed: Parsed | None = None, withheld: bool = False) -> str:
        """Adds an entry of the tree, whatever the checks say; what they refuse is void. `parsed`: spares parsing anew."""
        index = self.size
        if self.times and entry.logged_at_ms < self.times[-1]:
            self.time_fell.append(index)
        if withheld and entry.kind in CLAIMS:
            self.withheld.append((index, entry.statement_id))
        try:
            if entry.statement_id in self.first_index:
                raise Refusal("DUPLICATE")
            if self.frozen:
                raise Refusal("LOG_FROZEN")
            parsed = self.check_logged(entry, payload, parsed, withheld)
            rules.check(self, entry, parsed)
        except Refusal as refusal:
            self.void[index] = refusal.reason
            self.times.append(entry.logged_at_ms)
            self.first_index.setdefault(entry.statement_id, index)
            return refusal.reason
        self.add(entry, parsed)
        return ""

    # --- checks of the statement ----------------------------------------------------------------------------------------------------

    def check_logged(self, entry: Entry, payload: bytes, parsed: Parsed | None, withheld: bool) -> Parsed | None:
        """Checks 7 to 18 of a logged entry, or what remains of them where the statement is withheld."""
        if withheld:
            if entry.kind not in CLAIMS:
                raise Refusal("STATEMENT_MISSING", "only claims can be withheld")  # 4.3; 6.4 has no word for it
            # "Signatures are still verified" (6.4) needs the key: a key that is not known is KEY_UNKNOWN here too.
            self.check_keys(None, entry, list(entry.signatures), b"")
            return None
        parsed = self.parse(payload, parsed)
        derived = self.entry_of(parsed, statement_id(payload), entry.logged_at_ms, list(entry.signatures))
        if derived != entry:
            raise Refusal("DERIVATION")  # a fault without a word in 6.4
        self.check_origin(parsed)
        self.check_keys(parsed, entry, list(entry.signatures), payload)
        self.check_age(parsed, entry)
        return parsed

    def parse(self, payload: bytes, parsed: Parsed | None = None) -> Parsed:
        """Checks 7 to 14."""
        try:
            parsed = parsed or parse(payload)
        except StatementError as error:
            raise Refusal(error.reason, str(error)) from None
        except ValueError as error:
            raise Refusal("STATEMENT_MALFORMED", str(error)) from None
        if self.size and parsed.type_base != self.type_base:
            raise Refusal("KIND_UNKNOWN", parsed.type_base)
        if (parsed.kind == 0) != (self.size == 0):
            raise Refusal("GENESIS_ORDER")
        if not schema.fits_schema(parsed, self.prefix):
            raise Refusal("SCHEMA_VIOLATION")
        if not schema.keys_fit(parsed):
            raise Refusal("ALGORITHM_MISMATCH")
        if not schema.intervals_hold(parsed.kind, parsed.predicate):
            raise Refusal("VALIDITY_INVERTED")
        return parsed

    def entry_of(self, parsed: Parsed, ident: bytes, logged_at_ms: int, signatures: list[tuple[bytes, bytes]]) -> Entry:
        """Check 15. The schema has left only these limits of 3.1 to be broken."""
        entry = derive_parsed(parsed, ident)._replace(logged_at_ms=logged_at_ms, signatures=tuple(sorted(signatures)))
        if len(entry.refs) > 64 or len(entry.artifacts) > 64 or len(entry.subjects) > 8:
            raise Refusal("TOO_LARGE", "entry")
        if any(len(signature) > MAX_SIGNATURE_BYTES for _, signature in signatures) or len(signatures) > 8:
            raise Refusal("TOO_LARGE", "signatures")
        small = sum(34 + len(signature) for _, signature in signatures) < 1024 and len(entry.refs) + len(entry.artifacts) < 64
        if not small and len(encode(entry)) > MAX_ENTRY_BYTES:
            raise Refusal("TOO_LARGE", "entry")
        return entry

    def check_origin(self, parsed: Parsed) -> None:
        if parsed.predicate["logOrigin"] != self.origin:
            raise Refusal("WRONG_LOG")

    def check_keys(self, parsed: Parsed | None, entry: Entry, signatures: list[tuple[bytes, bytes]], payload: bytes) -> None:
        """Check 17, in envelope order."""
        announced = {hash32(key_id_of(key["spki"])): key for key in schema.keys_of(parsed)} if parsed else {}
        seen = set()
        for key_id, signature in signatures:
            known = self.keys.get(key_id)
            if not known and key_id not in announced:
                raise Refusal("KEY_UNKNOWN", key_id.hex())
            if key_id in seen:
                raise Refusal("ENVELOPE_MALFORMED", "one key signs twice")
            seen.add(key_id)
            if self.arithmetic:
                key = announced.get(key_id)
                alg, spki = (known.alg, known.spki) if known else (key["alg"], decode_base64(key["spki"]))
                self.arithmetic(alg, spki, signature, entry.statement_id, payload)

    def check_age(self, parsed: Parsed, entry: Entry) -> None:
        """Check 18."""
        issued_at, now = seconds(parsed.predicate["issuedAt"]), entry.logged_at_ms // 1000
        days = parsed.predicate["maxStatementAgeDays"] if parsed.kind == 0 else self.max_age_days
        if issued_at > now + 300:
            raise Refusal("ISSUED_IN_FUTURE")
        if issued_at < now - days * 86400:
            raise Refusal("ISSUED_TOO_OLD")

    # --- transitions (6.6) ----------------------------------------------------------------------------------------------------------

    def add(self, entry: Entry, parsed: Parsed | None) -> int:
        fact = Fact(self.size, entry, parsed.predicate if parsed and entry.kind not in CLAIMS else None)
        self.times.append(entry.logged_at_ms)
        self.first_index.setdefault(fact.ident, fact.index)
        self.facts[fact.ident] = fact
        self.by_kind.setdefault(entry.kind, []).append(fact)
        for rel, target in entry.refs:
            if rel <= 2:
                self.superseded[target] = fact
                if rel == 2:
                    self.corrected[target] = fact.index
        if entry.kind in rules.ONE_CHAIN:
            self.chains.setdefault(rules.chain_key(entry), []).append(fact)
        if transition := self.TRANSITIONS.get(entry.kind):
            transition(self, fact)
        return fact.index

    def add_genesis(self, fact: Fact) -> None:
        p = fact.predicate
        self.type_base, self.prefix, self.max_age_days = p["typeBase"], p["urnPrefix"], p["maxStatementAgeDays"]
        self.set_authority(fact)

    def set_authority(self, fact: Fact) -> None:
        authority = fact.predicate["authority"]
        before = {key_id for role in self.roles.values() for key_id in role.keys}
        self.version, present = authority["version"], set()
        for role in schema.ROLES:
            ids = []
            for key in authority[role]["keys"]:
                spki = decode_base64(key["spki"])
                key_id = hashlib.sha256(spki).digest()
                known = self.keys.get(key_id)
                if not known:
                    self.keys[key_id] = RegisteredKey(key_id, self.role_urn(role), key["alg"], spki, fact.index)
                else:
                    known.owner = self.role_urn(role)
                ids.append(key_id)
            self.roles[role] = Role(frozenset(ids), authority[role]["threshold"])
            present |= self.roles[role].keys
        for key_id in before - present:
            self.keys[key_id].revocations.append(Revocation(fact.index, "retired", None))

    def add_party(self, fact: Fact) -> None:
        p = fact.predicate
        self.parties[p["party"]] = Party(p["role"], p.get("group", ""), fact.index)

    def add_key(self, fact: Fact) -> None:
        p, entry = fact.predicate, fact.entry
        spki = decode_base64(p["key"]["spki"])
        key_id = hashlib.sha256(spki).digest()
        key = RegisteredKey(key_id, entry.issuer, p["key"]["alg"], spki, fact.index, tuple(sorted(p["purposes"])))
        key.valid_from, key.valid_until = entry.valid_from, entry.valid_until
        key.authorising = rules.authorising_keys(self, entry, key_id)
        self.keys[key_id] = key
        self.keys_of_owner.setdefault(key.owner, []).append(key_id)
        if "replaces" in p:
            old, overlap = self.keys[hash32(p["replaces"]["keyId"])], seconds(p["replaces"]["overlapUntil"])
            old.valid_until = min(old.valid_until or NEVER, overlap)

    def revoke_key(self, fact: Fact) -> None:
        p = fact.predicate
        key = self.keys[hash32(p["keyId"])]
        if p["reason"] == "compromised":
            self.compromise(key, fact.index, p.get("invalidSince", 0))
        else:
            key.revocations.append(Revocation(fact.index, p["reason"], None))

    def compromise(self, key: RegisteredKey, index: int, since: int) -> None:
        """6.7, with its recursion. "All of whose authorising admin keys are compromised" asks nothing about since when they are, nor
        that this key is one of them; keys that the secretariat authorised have none and are left alone."""
        since = min(max(since, key.index + 1), index)
        key.revocations.append(Revocation(index, "compromised", since))
        for other_id in self.keys_of_owner.get(key.owner, ()):
            other = self.keys[other_id]
            if (
                other.authorising
                and since <= other.index < index
                and not other.compromised
                and all(self.keys[admin].compromised for admin in other.authorising)
            ):
                self.compromise(other, index, other.index + 1)

    def add_withdrawal(self, fact: Fact) -> None:
        self.withdrawals.setdefault(fact.entry.issuer, []).append(fact)

    def add_status(self, fact: Fact) -> None:
        self.statuses.setdefault(fact.entry.subjects[0], []).append(fact)

    def add_result(self, fact: Fact) -> None:
        for rel, target in fact.entry.refs:
            if rel == 4:
                self.results_on.setdefault(target, []).append(fact)
            elif rel == 5:
                self.results_of.setdefault(target, []).append(fact)

    def add_retraction(self, fact: Fact) -> None:
        self.retractions[self.target_of(fact)] = fact

    def add_objection(self, fact: Fact) -> None:
        self.objections.setdefault(self.target_of(fact), []).append(fact)

    def add_notice(self, fact: Fact) -> None:
        self.covered.setdefault(self.target_of(fact), fact)

    def add_index_head(self, fact: Fact) -> None:
        self.largest_covered = fact.predicate["coversSize"]

    def add_log_event(self, fact: Fact) -> None:
        self.frozen = self.frozen or fact.entry.code == "freeze"

    @staticmethod
    def target_of(fact: Fact) -> bytes:
        return next(target for rel, target in fact.entry.refs if rel == 6)

    TRANSITIONS = {
        0: add_genesis, 1: set_authority, 3: add_party, 4: add_key, 5: revoke_key, 6: add_withdrawal, 7: add_status,
        19: add_result, 21: add_retraction, 22: add_objection, 32: add_notice, 33: add_index_head, 35: add_log_event,
    }  # fmt: skip

    # --- what a replay found ----------------------------------------------------------------------------------------------------------

    def missing(self) -> Iterable[int]:
        """Claims withheld without a notice below the size. A notice names a statement, so it serves every entry of that id."""
        return [index for index, ident in self.withheld if ident not in self.covered]
