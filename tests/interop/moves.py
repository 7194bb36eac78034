"""Legal moves of generated histories (see histories.py): for each kind a draft that the registry would mostly admit.

A draft is made from the state that the history has reached, with a liking for borders: times are drawn from those that the log
already names, and records from those that something has happened to. mischief.py then spoils some drafts.
"""

import base64
import hashlib
import random
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Callable

import points
import signatures
from registry import Fact, Registry
from schema import ROLES
from state_text import time_text
from tle1 import YEAR_2000, YEAR_10000

DAY = 86400
START = 1_767_225_600  # 2026-01-01T00:00:00Z
ORIGIN = "log.example/histories"
TYPE_BASE = "https://trustlog.example/attest"
PREFIX = "urn:tta:"
POOL = 90
OUTCOMES = {"conformant": "positive", "observations": "qualified", "noted": "neutral", "nonconformant": "negative"}
STATUSES = {"good": "neutral", "watched": "qualified", "suspended": "negative", "expelled": "ended"}
UNDECLARED = "unheard-of"
SCHEMES = ["iso-27001", "bsi-c5", "iec-62443-4-1"]


@lru_cache(maxsize=POOL)
def pool_key(number: int) -> tuple[bytes, dict]:
    """(key id, key object) of a valid point that nobody has the private half of."""
    names = list(signatures.ALGORITHMS)
    alg = names[number % 10] if number % 10 < len(names) else "ed25519"
    algorithm, attempt = signatures.ALGORITHMS[alg], 0
    while True:
        seed = hashlib.sha512(b"point %d %d" % (number, attempt)).digest()
        attempt += 1
        if not algorithm.order:
            data = bytes([*seed[:31], seed[31] & 0x7F])
        else:
            prime, b = points.P384 if "p384" in alg else points.P256
            width = (prime.bit_length() + 7) // 8
            x = int.from_bytes(seed[:width], "big") % prime
            y = pow(x * x * x - 3 * x + b, (prime + 1) // 4, prime)
            data = x.to_bytes(width, "big") + y.to_bytes(width, "big")
        if points.is_point(alg, data):
            spki = algorithm.spki_prefix + data
            return hashlib.sha256(spki).digest(), {"spki": base64.b64encode(spki).decode(), "alg": alg}


@dataclass
class Draft:
    kind: int
    predicate: dict
    signers: list[bytes]
    documents: list[bytes] = field(default_factory=list)


class World:
    """The state of a history being made."""

    def __init__(self, rng: random.Random):
        self.rng, self.registry, self.clock = rng, Registry(ORIGIN), START * 1000 + rng.randrange(1000)
        self.fresh = rng.sample(range(POOL), POOL)  # numbers of keys not used yet
        self.times = [START]  # seconds that some record names
        self.void_ids: list[bytes] = []
        self.payloads: list[tuple] = []  # (text, signatures) of what was logged or refused
        self.steps: list[dict] = []

    # --- draws --------------------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        return self.clock // 1000

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def hex(self) -> str:
        return self.rng.randbytes(32).hex()

    def draw_time(self, low: int, high: int) -> int:
        """Around now, sometimes exactly at a time that the log names, or beside it."""
        if self.chance(0.2):
            return self.in_years(self.rng.choice(self.times) + self.rng.choice((-1, 0, 0, 1)))
        if self.chance(0.15):
            return self.now + self.rng.choice((-1, 0, 1))
        return self.in_years(self.now + self.rng.randint(low, high))

    @staticmethod
    def in_years(when: int) -> int:
        return min(max(when, YEAR_2000), YEAR_10000 - 1)

    def remember(self, *names: int) -> None:
        self.times += [when for when in names if when]

    def interval(self, low: int, high: int, shortest: int, longest: int, keys: tuple = ("validFrom", "validUntil")) -> dict:
        begin = self.draw_time(low, high)
        end = begin + self.rng.randint(shortest, longest)
        if self.chance(0.1):
            end = max(begin + 1, self.draw_time(shortest, longest))
        end = self.in_years(end)
        begin = min(begin, end - 1)
        return {keys[0]: time_text(begin), keys[1]: time_text(end)}

    def parties(self, role: str) -> list[str]:
        return [urn for urn, party in self.registry.parties.items() if party.role == role]

    def party(self, *roles: str) -> str | None:
        urns = [urn for role in roles for urn in self.parties(role)]
        return self.rng.choice(urns) if urns else None

    def facts(self, *kinds: int) -> list[Fact]:
        return [fact for kind in kinds for fact in self.registry.by_kind.get(kind, ())]

    def pick(self, facts: list[Fact]) -> Fact | None:
        """The newest ones more often."""
        if not facts:
            return None
        return self.rng.choice(facts[-3:]) if self.chance(0.6) else self.rng.choice(facts)

    # --- signers ------------------------------------------------------------------------------------------------------------------

    def sound_keys(self, owner: str, purpose: str) -> list[bytes]:
        keys = (self.registry.keys[key_id] for key_id in self.registry.keys_of_owner.get(owner, ()))
        return [
            key.key_id
            for key in keys
            if purpose in key.purposes and not key.revocations and key.valid_from <= self.now < (key.valid_until or YEAR_10000)
        ]

    def by(self, owner: str, purpose: str = "sign") -> list[bytes]:
        """A key of a party: a sound one, and now and then any."""
        sound, all_ = self.sound_keys(owner, purpose), self.registry.keys_of_owner.get(owner, [])
        choice = sound if sound and not self.chance(0.04) else all_
        return [self.rng.choice(choice)] if choice else []

    def by_role(self, role: str) -> list[bytes]:
        if role not in self.registry.roles:
            return []
        ids, threshold = self.registry.roles[role]
        return self.rng.sample(sorted(ids), min(len(ids), threshold + self.chance(0.2)))

    def by_issuer(self, issuer: str) -> list[bytes]:
        role = issuer.removeprefix(PREFIX)
        return self.by_role(role) if role in ROLES else self.by(issuer)

    def common(self, issuer: str) -> dict:
        age = self.rng.choice((0, 0, 5, 3600))
        return {
            "logOrigin": ORIGIN, "issuer": issuer, "issuedAt": time_text(self.now - age),
            "nonce": base64.urlsafe_b64encode(self.rng.randbytes(16)).decode().rstrip("="),
        }  # fmt: skip

    def draft(self, kind: int, issuer: str, signers: list[bytes], **members) -> Draft:
        documents = [self.rng.randbytes(32)] if kind in (16, 17, 19, 23) or self.chance(0.03) else []
        return Draft(kind, self.common(issuer) | members, list(dict.fromkeys(signers)), documents)

    def supersedes(self, fact: Fact, correction: float = 0.4) -> dict:
        change = "correction" if self.chance(correction) else "renewal"
        return {"supersedes": {"id": fact.ident.hex(), "change": change}}

    def new_keys(self, count: int, batch: bool = False) -> list[tuple[bytes, dict]]:
        """Keys that no record names yet (until the pool is empty)."""
        found = []
        while len(found) < count and self.fresh:
            key_id, key = pool_key(self.fresh.pop())
            if batch or not key["alg"].endswith("-batch"):
                found.append((key_id, dict(key)))  # a draft may be spoiled
        return found


# --- authority ---------------------------------------------------------------------------------------------------------------------


def role_object(world: World, keys: list[tuple[bytes, dict]]) -> dict:
    return {"keys": [key for _, key in keys], "threshold": world.rng.randint(1, len(keys))}


def genesis(world: World) -> Draft | None:
    keys = {role: world.new_keys(world.rng.randint(1, 3), role == "operator") for role in ROLES}
    if not all(keys.values()):
        return None
    authority = {"version": 1} | {role: role_object(world, keys[role]) for role in ROLES}
    signers = [key_id for key_id, _ in keys["root"]]
    return world.draft(0, PREFIX + "root", signers, typeBase=TYPE_BASE, urnPrefix=PREFIX, authority=authority,
                       maxStatementAgeDays=world.rng.choice((1, 30, 366, 3660)), indexFunction="trustlog-index/1",
                       rules="trustlog-rules/1")  # fmt: skip


def role_change(world: World) -> Draft | None:
    """Keys stay, go, come, or move to another role."""
    registry, rng = world.registry, world.rng
    keep: dict[str, list[tuple[bytes, dict]]] = {}
    for role in ROLES:
        ids = sorted(registry.roles[role].keys)
        keep[role] = [(key_id, key_object(registry, key_id)) for key_id in ids if not world.chance(0.25)]
        keep[role] += world.new_keys(1, role == "operator") if world.chance(0.3) or not keep[role] else []
    if world.chance(0.15) and len(keep["secretariat"]) > 1:
        keep["root"].append(keep["secretariat"].pop())
    if world.chance(0.1):  # a key that is known already and is no present role key
        known = [key_id for key_id, key in registry.keys.items() if key.is_party_key or key.revocations]
        keep["operator"] += [(key_id, key_object(registry, key_id)) for key_id in rng.sample(known, min(1, len(known)))]
    if not all(keep.values()):
        return None
    version = registry.version + (1 if not world.chance(0.1) else rng.choice((-1, 0, 2)))
    authority = {"version": version}
    for role in ROLES:
        unchanged = {key_id for key_id, _ in keep[role]} == registry.roles[role].keys and world.chance(0.5)
        authority[role] = role_object(world, keep[role])
        if unchanged:
            authority[role]["threshold"] = registry.roles[role].threshold
    signers = sorted(registry.roles["root"].keys) + [key_id for key_id, _ in keep["root"]]
    if world.chance(0.3):  # the present threshold, and perhaps too few for the new one
        signers = world.by_role("root")
    return world.draft(1, PREFIX + "root", signers, authority=authority, reason="rotation")


def key_object(registry: Registry, key_id: bytes) -> dict:
    key = registry.keys[key_id]
    return {"spki": base64.b64encode(key.spki).decode(), "alg": key.alg}


def vocabulary(world: World, words: dict[str, str], effects: tuple) -> list[dict]:
    rows = [{"code": code, "effect": effect if not world.chance(0.08) else world.rng.choice(effects)} for code, effect in words.items()]
    return [row for row in rows if not world.chance(0.04)] or rows


def principle_set(world: World) -> Draft:
    rng, chain = world.rng, world.facts(2)
    numbers = sorted(rng.sample((1, 2, 3, 63), rng.randint(2, 4)))
    members = {
        "version": f"1.{len(chain)}",
        "principles": [{"no": no, "title": {"en": f"Principle {no}"}, "textSha256": world.hex()} for no in numbers],
        "outcomes": vocabulary(world, OUTCOMES, tuple(OUTCOMES.values())),
        "statuses": vocabulary(world, STATUSES, tuple(STATUSES.values())),
        "validFrom": time_text(world.draw_time(-30 * DAY, 60 * DAY if chain else -1)),
    }
    for name in ("maxCommitmentDays", "maxResultDays"):
        if world.chance(0.35):
            members[name] = rng.choice((365, 730, 36600))
    if chain and not world.chance(0.05):
        members |= world.supersedes(chain[-1] if not world.chance(0.08) else rng.choice(chain))
    return world.draft(2, PREFIX + "secretariat", world.by_role("secretariat"), **members)


def admission(world: World, role: str | None = None) -> Draft:
    rng, registry = world.rng, world.registry
    role = role or rng.choice(("member", "member", "auditor", "monitor", "observer"))
    urn = f"{PREFIX}{role}:{role[0]}{len(world.parties(role))}"
    if registry.parties and world.chance(0.08):
        urn, role = rng.choice([(urn, party.role) for urn, party in registry.parties.items()])
    members = {"party": urn, "role": role, "legalName": "Example", "country": "SE", "validFrom": time_text(world.draw_time(-DAY, DAY))}
    if world.chance(0.3):
        members["group"] = rng.choice(("alpha", "beta", "gamma"))
    return world.draft(3, PREFIX + "secretariat", world.by_role("secretariat"), **members)


def key_registration(world: World, owner: str | None = None) -> Draft | None:
    rng, registry = world.rng, world.registry
    owner = owner or world.party("member", "member", "auditor", "monitor", "observer")
    new = world.new_keys(1, batch=True)
    if not owner or not new:
        return None
    key_id, key = new[0]
    old = registry.keys_of_owner.get(owner, [])
    if world.chance(0.05):
        key_id = rng.choice(list(registry.keys))
        key = key_object(registry, key_id)
    first = not old
    purposes = ["sign", "admin"] if first or world.chance(0.6) else [rng.choice(("sign", "admin"))]
    members = {"key": key, "purposes": purposes, "validFrom": time_text(world.draw_time(-DAY, 0 if first else 2 * DAY))}
    if world.chance(0.3):
        members |= world.interval(-DAY, 0, 5 * DAY, 900 * DAY)
    if old and world.chance(0.3):
        replaced = rng.choice(old) if not world.chance(0.1) else rng.choice(list(registry.keys))
        members["replaces"] = {"keyId": replaced.hex(), "overlapUntil": time_text(world.draw_time(0, 20 * DAY))}
    admins = world.by(owner, "admin")
    if len(sound := world.sound_keys(owner, "admin")) > 1 and world.chance(0.3):
        admins = sound[-2:]
    by_admin = world.chance(0.75 if world.sound_keys(owner, "admin") else 0.08)
    signers = [key_id] + (admins if admins and by_admin else world.by_role("secretariat"))
    if world.chance(0.06):
        signers += world.by_role("secretariat") + admins
    return world.draft(4, owner, signers, **members)


def key_revocation(world: World) -> Draft | None:
    rng, registry = world.rng, world.registry
    party_keys = [key for key in registry.keys.values() if key.is_party_key]
    if not party_keys:
        return None
    key = rng.choice(party_keys)
    if key.revocations and world.chance(0.6):
        key = rng.choice(party_keys)
    issuer = key.owner if world.chance(0.6) else PREFIX + "secretariat"
    reason = rng.choice(("retired", "lost", "compromised", "compromised", "compromised"))
    members = {"party": key.owner, "keyId": key.key_id.hex(), "reason": reason}
    if reason == "compromised" and world.chance(0.5):
        members["invalidSince"] = rng.choice((0, key.index, key.index + 1, registry.size - 1, registry.size, rng.randrange(200)))
    if world.chance(0.05):
        members["keyId"] = rng.choice([*registry.keys]).hex() if world.chance(0.7) else world.hex()
    if issuer != key.owner:
        return world.draft(5, issuer, world.by_role("secretariat"), **members)
    signers = [key.key_id] if world.chance(0.4) else world.by(issuer, "admin")
    return world.draft(5, issuer, signers, **members)


def withdrawal(world: World) -> Draft | None:
    party = world.party("member", "auditor", "monitor", "observer")
    if not party:
        return None
    begin = time_text(world.draw_time(-5 * DAY, 200 * DAY))
    return world.draft(6, party, world.by(party, "admin"), validFrom=begin, reason="merger")


def status_change(world: World) -> Draft | None:
    rng = world.rng
    party = world.party("member", "member", "auditor", "auditor", "monitor")
    if not party:
        return None
    code = rng.choices([*STATUSES, UNDECLARED], (4, 5, 3, 2, 1))[0]
    members = {"party": party, "status": code, "ruleRef": "rule 4", "decisionSha256": world.hex()}
    if world.chance(0.6):
        members |= world.interval(-20 * DAY, 20 * DAY, 1, 90 * DAY)
    else:
        members["validFrom"] = time_text(world.draw_time(-20 * DAY, 20 * DAY))
    earlier = [fact for fact in world.facts(7) if fact.entry.subjects == (party,)]
    if earlier and world.chance(0.35):
        members |= world.supersedes(world.pick(earlier), correction=0.8)
    everything = list(world.registry.facts.values())
    if world.chance(0.2):
        members["inputs"] = sorted({world.pick(everything).ident.hex() for _ in range(2)})
    return world.draft(7, PREFIX + "secretariat", world.by_role("secretariat"), **members)


def accreditation(world: World, auditor: str | None = None) -> Draft | None:
    rng = world.rng
    auditor = auditor or world.party("auditor")
    if not auditor:
        return None
    chain = world.registry.chains.get((8, auditor, 0), [])
    numbers = [1, 2, 3, 63] if world.chance(0.75) else sorted(rng.sample((1, 2, 3, 63), 2))
    members = {
        "auditor": auditor, "principles": numbers, "accreditedBy": "The board",
        "schemes": [] if world.chance(0.6) else sorted(rng.sample(SCHEMES, 2)),
        **world.interval(-10 * DAY, 15 * DAY if chain else -1, 60 * DAY, 900 * DAY),
    }  # fmt: skip
    if world.chance(0.12) and (member := world.party("member")):
        members["notFor"] = [member]
    if chain and not world.chance(0.05):
        members |= world.supersedes(chain[-1] if not world.chance(0.08) else rng.choice(chain))
    return world.draft(8, PREFIX + "secretariat", world.by_role("secretariat"), **members)


# --- claims --------------------------------------------------------------------------------------------------------------------------


def commitment(world: World) -> Draft | None:
    rng, registry, sets = world.rng, world.registry, world.facts(2)
    member = world.party("member")
    if not member or not sets:
        return None
    named = registry.principle_set(world.now, registry.size) if not world.chance(0.2) else rng.choice(sets)
    principle = rng.choice(named.entry.principles)
    chain = registry.chains.get((16, member, principle), [])
    longest = (named.predicate.get("maxCommitmentDays") or 730) * DAY
    members = {
        "principleSet": named.ident.hex(), "principle": principle, "scope": {"products": ["cloud"], "exclusions": []},
        **world.interval(-30 * DAY, 20 * DAY, min(90 * DAY, longest), longest),
    }  # fmt: skip
    if world.chance(0.1):
        begin = world.now
        members |= {"validFrom": time_text(begin), "validUntil": time_text(begin + longest + rng.choice((0, 0, 1)))}
    if world.chance(0.3):
        members |= {"level": "gold", "contact": "trust@example.com", "measures": {"en": "What is done", "sv-SE": "Det som görs"}}
    if chain and not world.chance(0.05):
        members |= world.supersedes(chain[-1] if not world.chance(0.06) else rng.choice(chain))
    return world.draft(16, member, world.by(member), **members)


def flowdown(world: World) -> Draft | None:
    registry = world.registry
    retracted = [registry.facts[ident] for ident in registry.retractions if registry.facts[ident].entry.kind == 16]
    target = world.pick(retracted if retracted and world.chance(0.5) else world.facts(16))
    if not target:
        return None
    member = target.entry.issuer
    members = {
        "commitment": target.ident.hex(), "principle": target.entry.principles[0], "requirementTitle": "Clauses", "supplierCount": 3,
        "tier": 1, "disclosureRoot": world.hex(), "disclosureCount": 7, "acknowledged": world.rng.choice((0, 7)),
        "instrument": "contract", **world.interval(-DAY, DAY, DAY, 300 * DAY),
    }  # fmt: skip
    earlier = [fact for fact in world.facts(17) if fact.entry.issuer == member]
    if earlier and world.chance(0.4):
        members |= world.supersedes(world.pick(earlier))
    return world.draft(17, member, world.by(member), **members)


def commitments_of(world: World, member: str) -> list[Fact]:
    """Some heads of the member's chains."""
    heads = [chain[-1] for key, chain in world.registry.chains.items() if key[:2] == (16, member)]
    return world.rng.sample(heads, world.rng.randint(1, len(heads))) if heads else []


def engagement(world: World) -> Draft | None:
    auditor, member = world.party("auditor"), world.party("member")
    targets = commitments_of(world, member) if member else []
    if not auditor or not targets:
        return None
    older = world.pick([fact for fact in world.facts(18) if world.chance(0.2)])
    if older:
        auditor, member = older.entry.issuer, older.entry.subjects[0]
        targets = [world.registry.facts[ident] for rel, ident in older.entry.refs if rel == 4]
    members = {
        "member": member, "principles": sorted({fact.entry.principles[0] for fact in targets}),
        "commitments": [fact.ident.hex() for fact in targets], "scopeSha256": world.hex(),
        **world.interval(-10 * DAY, 10 * DAY, 1, 120 * DAY, ("startedAt", "resultDueBy")),
    }  # fmt: skip
    if older:
        members |= world.supersedes(older, correction=0.25)
    signers = world.by(auditor)
    if world.chance(0.2):
        members["declinedByMember"] = True
        signers += world.by(member) if world.chance(0.1) else []
    else:
        signers += world.by(member)
        members |= {"declinedByMember": False} if world.chance(0.1) else {}
    return world.draft(18, auditor, signers, **members)


def result(world: World) -> Draft | None:
    rng, registry = world.rng, world.registry
    base = world.pick(world.facts(18))
    if not base:
        return None
    auditor, member = base.entry.issuer, base.entry.subjects[0]
    targets = [registry.facts[ident] for rel, ident in base.entry.refs if rel == 4]
    if world.chance(0.3):  # the newest links of their chains instead
        targets = [registry.chains[16, member, fact.entry.principles[0]][-1] for fact in targets]
    targets = list({fact.ident: fact for fact in targets}.values())
    in_force = registry.principle_set(world.now, registry.size)
    longest = (in_force.predicate.get("maxResultDays") or 400) * DAY
    members = {
        "engagement": base.ident.hex(), "member": member, "principles": sorted({fact.entry.principles[0] for fact in targets}),
        "commitments": [fact.ident.hex() for fact in targets], "criteria": [{"scheme": rng.choice(SCHEMES), "version": "2020"}],
        "assurance": "reasonable", "outcome": rng.choices([*OUTCOMES, UNDECLARED], (6, 4, 1, 2, 1))[0],
        "performedAt": time_text(world.now), **world.interval(-10 * DAY, 5 * DAY, min(30 * DAY, longest), longest),
        "findings": [{"no": 1, "severity": "minor", "state": "open"}] if world.chance(0.3) else [],
    }  # fmt: skip
    if world.chance(0.06):
        members |= {"validFrom": time_text(world.now), "validUntil": time_text(world.now + longest + rng.choice((0, 1)))}
    if len(targets) > 1 and world.chance(0.08):  # a principle without its commitment
        members["commitments"].pop()
    earlier = [fact for fact in world.facts(19) if (fact.entry.issuer, fact.entry.subjects) == (auditor, (member,))]
    if earlier and world.chance(0.4):
        members |= world.supersedes(world.pick(earlier))
    if world.chance(0.2) and (proof := world.pick(world.facts(23))):
        members["inputs"] = [proof.ident.hex()]
    return world.draft(19, auditor, world.by(auditor), **members)


def remediation(world: World) -> Draft | None:
    target = world.pick(world.facts(19))
    if not target:
        return None
    member, by_member = target.entry.subjects[0], world.chance(0.6)
    issuer = member if by_member else target.entry.issuer
    members = {
        "target": target.ident.hex(), "about": [member], "finding": 1,
        "state": world.rng.choice(("planned", "claimed") if by_member else ("closed", "reopened")),
    }  # fmt: skip
    earlier = [fact for fact in world.facts(20) if (fact.entry.issuer, fact.entry.subjects) == (issuer, (member,))]
    if earlier and world.chance(0.3):
        members |= world.supersedes(world.pick(earlier))
    if world.chance(0.2) and (proof := world.pick(world.facts(23))):
        members["inputs"] = [proof.ident.hex()]
    return world.draft(20, issuer, world.by(issuer), **members)


def retraction(world: World) -> Draft | None:
    target = world.pick(world.facts(16, 17, 18, 19, 20, 22, 23))
    if not target:
        return None
    issuer = PREFIX + "secretariat" if world.chance(0.2) else target.entry.issuer
    members = {"target": target.ident.hex(), "about": list(target.entry.subjects), "reason": world.rng.choice(("error", "cancelled"))}
    if world.chance(0.7):
        members["validFrom"] = time_text(world.draw_time(-20 * DAY, 120 * DAY))
    return world.draft(21, issuer, world.by_issuer(issuer), **members)


def objection(world: World) -> Draft | None:
    party = world.party("member", "auditor", "observer", "monitor")
    judging = world.facts(16, 19, 7, 21, 5, 6)
    target = world.pick(judging if judging and world.chance(0.8) else list(world.registry.facts.values()))
    if not party or not target:
        return None
    about = list(target.entry.subjects)
    return world.draft(22, party, world.by(party), target=target.ident.hex(), about=about, ground="facts-wrong")


def evidence(world: World) -> Draft | None:
    issuer = PREFIX + "secretariat" if world.chance(0.15) else world.party("member", "auditor", "observer", "monitor")
    about = sorted({urn for _ in range(2) if (urn := world.party("member", "auditor"))})
    if not issuer or not about:
        return None
    members = {"about": about, "form": world.rng.choice(("sbom", "vsa", "other")), "mediaType": "application/json"}
    if world.chance(0.4):
        members["principles"] = [1, 3]
    if world.chance(0.4) and (target := world.pick(world.facts(16, 17, 18, 19, 20))):
        members["supports"] = [target.ident.hex()]
    if world.chance(0.3):
        members["foreignSubjects"] = [{"sha256": world.hex()}, {"name": "image", "sha256": world.hex()}]
    if world.chance(0.3):
        members |= world.interval(-DAY, DAY, 1, 90 * DAY)
    earlier = [fact for fact in world.facts(23) if (fact.entry.issuer, list(fact.entry.subjects)) == (issuer, about)]
    if earlier and world.chance(0.5):
        members |= world.supersedes(world.pick(earlier))
    return world.draft(23, issuer, world.by_issuer(issuer), **members)


# --- the log's own -------------------------------------------------------------------------------------------------------------------


def erasure_notice(world: World) -> Draft | None:
    registry = world.registry
    withheld = [registry.facts[ident] for _, ident in registry.withheld if ident in registry.facts]
    target = world.pick(withheld if withheld and world.chance(0.8) else world.facts(*range(16, 24)))
    if not target:
        return None
    index = target.index if not world.chance(0.08) else target.index + 1
    signers = world.by_role("operator") + world.by_role("secretariat")
    return world.draft(32, PREFIX + "operator", signers, target=target.ident.hex(), index=index, legalBasis="gdpr-17",
                       decidedAt=time_text(world.now))  # fmt: skip


def index_head(world: World) -> Draft | None:
    """Mostly with a root that is not the true one: admission looks at form and growth only."""
    registry, rng = world.registry, world.rng
    if not registry.size:
        return None
    size = rng.choice((registry.size, registry.size, registry.size - 1, registry.size + 1, registry.largest_covered, 1))
    size = max(size, 1)
    root = rng.randbytes(32)
    draft = world.draft(33, PREFIX + "operator", world.by_role("operator"), coversSize=size, mapRoot=root.hex(),
                        indexFunction="trustlog-index/1")  # fmt: skip
    seed = b"trustlog-index-head/v1\n" + size.to_bytes(8, "big") + root
    draft.predicate["nonce"] = base64.urlsafe_b64encode(hashlib.sha256(seed).digest()[:16]).decode().rstrip("=")
    draft.predicate["issuedAt"] = time_text(registry.times[min(size, registry.size) - 1] // 1000)
    return draft


def endorsement(world: World) -> Draft | None:
    monitors = world.parties("monitor")
    left = [urn for urn in monitors if urn in world.registry.withdrawals or urn in world.registry.statuses]
    monitor = world.rng.choice(left or monitors) if monitors else None
    target = world.pick(world.facts(33))
    if not monitor or not target:
        return None
    word = world.rng.choice(("equal", "different"))
    return world.draft(34, monitor, world.by(monitor), target=target.ident.hex(), result=word, mapRoot=world.hex())


def log_event(world: World, event: str | None = None) -> Draft:
    event = event or world.rng.choice(("note", "key-change"))
    members = {"event": event, "validFrom": time_text(world.now)}
    if event == "key-change":
        members["vkeys"] = ["log.example/histories+00000000+AAAA"]
    if event == "freeze" and world.chance(0.5):
        members["successor"] = {"origin": "log.example/next", "vkey": "log.example/next+00000000+AAAA"}
    return world.draft(35, PREFIX + "operator", world.by_role("operator"), **members)


MOVES: dict[Callable, int] = {
    genesis: 1, role_change: 4, principle_set: 4, admission: 4, key_registration: 8, key_revocation: 6, withdrawal: 2,
    status_change: 8, accreditation: 5, commitment: 24, flowdown: 4, engagement: 18, result: 44, remediation: 6, retraction: 7,
    objection: 9, evidence: 7, erasure_notice: 4, index_head: 7, endorsement: 8, log_event: 1,
}  # fmt: skip
