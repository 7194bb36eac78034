"""The texts by which two replays are compared, and their digests: README.md, "Texts that two replays compare".

Part of the independent checker (see verify_log.py).
"""

import hashlib
from datetime import datetime, timezone
from functools import lru_cache
from typing import Iterable

import verdict
from registry import Registry

FIRST_LINE = "trustlog-registry-state/1"


def joined(words: Iterable[str]) -> str:
    return ",".join(sorted(words)) or "-"


def hexes(ids: Iterable[bytes]) -> str:
    return joined(ident.hex() for ident in ids)


def state_lines(registry: Registry) -> Iterable[str]:
    last = registry.times[-1] if registry.times else 0
    yield f"log {registry.origin} {registry.size} {registry.frozen:d} {registry.version} {last} {registry.largest_covered}"
    for role, (ids, threshold) in registry.roles.items():
        yield f"role {role} {threshold} {hexes(ids)}"
    for urn, party in registry.parties.items():
        yield f"party {urn} {party.role} {party.group or '-'} {party.index}"
    for urn, facts in registry.withdrawals.items():
        yield from (f"withdrawal {urn} {fact.index} {fact.entry.valid_from}" for fact in facts)
    for key_id, key in registry.keys.items():
        yield (
            f"key {key_id.hex()} {key.owner} {key.alg} {joined(key.purposes)} {key.valid_from} {key.valid_until} {key.index}"
            f" {hexes(key.authorising)}"
        )
        for index, reason, since in key.revocations:
            yield f"revocation {key_id.hex()} {index} {reason} {'-' if since is None else since}"
    for urn, facts in registry.statuses.items():
        yield from (f"status {urn} {f.index} {f.entry.code} {f.entry.valid_from} {f.entry.valid_until}" for f in facts)
    for (kind, subject, principle), facts in registry.chains.items():
        yield f"head {kind} {subject} {principle} {facts[-1].ident.hex()}"
        if kind == 2:
            yield from (f"set {fact.index} {fact.entry.valid_from}" for fact in facts)
        if kind == 8:
            yield from (f"accreditation {subject} {f.index} {f.entry.valid_from} {f.entry.valid_until}" for f in facts)
    for ident, index in registry.corrected.items():
        yield f"corrected {ident.hex()} {index}"
    for ident, fact in registry.retractions.items():
        yield f"retraction {ident.hex()} {fact.index} {fact.entry.valid_from}"
    for ident, fact in registry.covered.items():
        yield f"covered {registry.facts[ident].index} {fact.index}"
    yield from (f"missing {index}" for index in registry.missing())
    yield from (f"void {index} {reason}" for index, reason in registry.void.items())
    yield from (f"fault {index} TIME_FELL" for index in registry.time_fell)


def state_text(registry: Registry) -> str:
    return "".join(line + "\n" for line in [FIRST_LINE, *sorted(state_lines(registry))])


@lru_cache(maxsize=65536)
def time_text(when: int) -> str:
    return datetime.fromtimestamp(when, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def pairs_text(pairs: list[tuple[int, str]]) -> str:
    return ",".join(f"{index}:{role}" for index, role in pairs) or "-"


def verdict_line(registry: Registry, member: str, principle: int, date: int, size: int) -> str:
    word, deciding = verdict.evaluate(registry, member, principle, date, size)
    notes = verdict.notes(registry, deciding, member, principle, date, size)
    return f"verdict {member} {principle} {time_text(date)} {size} {word} {pairs_text(deciding)} {pairs_text(notes)}\n"


def verdict_text(registry: Registry) -> str:
    """The verdict lines of a log: each member, each principle in force, at the time of the last entry."""
    if not registry.size:
        return ""
    date, size = registry.times[-1] // 1000, registry.size
    in_force = registry.principle_set(date, size)
    members = sorted(urn for urn, party in registry.parties.items() if party.role == "member")
    principles = in_force.entry.principles if in_force else ()
    return "".join(verdict_line(registry, member, principle, date, size) for member in members for principle in principles)


def digest(*texts: str) -> str:
    return hashlib.sha256("".join(texts).encode()).hexdigest()


def log_digest(registry: Registry) -> str:
    return digest(state_text(registry), verdict_text(registry))
