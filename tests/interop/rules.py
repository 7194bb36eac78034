"""The checks of a record against the state before it: records.md 6.3, 6.5 and checks 19 to 27 of 6.4, in their order.

Part of the independent checker (see verify_log.py). Each function raises Refusal with the reason of the first rule broken.
`parsed` is None where the statement is withheld; then the rules that need it are left out.
"""

import base64
import hashlib
from typing import TYPE_CHECKING, Callable, NamedTuple

from statement import Parsed, hash32, key_id_of, seconds
from tle1 import Entry

if TYPE_CHECKING:
    from registry import Fact, Registry

ONE_CHAIN = {2, 8, 16}
RETRACTABLE = {16, 17, 18, 19, 20, 22, 23}
UNRETRACTABLE_BY_SECRETARIAT = {19, 22}


class Refusal(Exception):
    def __init__(self, reason: str, detail: str = ""):
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


def refuse(reason: str, detail: str = ""):
    raise Refusal(reason, detail)


def chain_key(entry: Entry) -> tuple:
    """What a chain is of: (kind, subject, principle)."""
    if entry.kind == 2:
        return 2, "-", 0
    return entry.kind, entry.subjects[0], entry.principles[0] if entry.kind == 16 else 0


def check(registry: "Registry", entry: Entry, parsed: Parsed | None) -> None:
    check_parties(registry, entry)
    check_signers(registry, entry, parsed)
    check_active(registry, entry)
    check_auditor(registry, entry, parsed)
    check_refs(registry, entry)
    check_supersedes(registry, entry)
    if rule := OWN_RULES.get(entry.kind):
        rule(registry, entry, parsed.predicate if parsed else None)
    check_length(registry, entry)


def check_parties(registry: "Registry", entry: Entry) -> None:
    """Check 19."""
    roles = {registry.role_urn(role) for role in registry.roles}
    for urn in (entry.issuer, *(entry.subjects if entry.kind != 3 else ())):
        if urn not in registry.parties and urn not in roles and entry.kind != 0:
            refuse("PARTY_UNKNOWN", urn)


# --- who may sign (6.3) ----------------------------------------------------------------------------------------------------------


class Slot(NamedTuple):
    holds: Callable[[bytes], bool]  # whether a key can serve here
    need: int


def of_owner(registry: "Registry", owner: str, need: int = 1) -> Slot:
    """Keys of a party or a role, former ones of a role included (they fail as revoked)."""
    return Slot(lambda key_id: key_id in registry.keys and registry.keys[key_id].owner == owner, need)


def of_role(registry: "Registry", role: str) -> Slot:
    return of_owner(registry, registry.role_urn(role), registry.roles[role].threshold)


def in_statement(authority: dict) -> Slot:
    """The root keys that a statement names."""
    ids = {hash32(key_id_of(key["spki"])) for key in authority["root"]["keys"]}
    return Slot(ids.__contains__, authority["root"]["threshold"])


def slots_of(registry: "Registry", entry: Entry, parsed: Parsed | None) -> list[Slot]:
    kind, issuer = entry.kind, entry.issuer
    if kind == 0:
        return [in_statement(parsed.predicate["authority"])]
    if kind == 1:
        # A key of the new root serves whatever it is now: a key may move from role to role.
        new = parsed.predicate["authority"]
        ids, present = {hash32(key_id_of(key["spki"])) for key in new["root"]["keys"]}, registry.roles["root"]
        changed = ids != present.keys or new["root"]["threshold"] != present.threshold
        return [of_role(registry, "root")] + ([in_statement(new)] if changed else [])
    if kind in (2, 3, 7, 8):
        return [of_role(registry, "secretariat")]
    if kind == 32:
        return [of_role(registry, "operator"), of_role(registry, "secretariat")]
    if kind in (33, 35):
        return [of_role(registry, "operator")]
    if kind == 18 and entry.code != "declined":
        return [of_owner(registry, issuer), of_owner(registry, entry.subjects[0])]
    if issuer == registry.role_urn("secretariat"):  # kinds 5, 21, 23
        return [of_role(registry, "secretariat")]
    return [of_owner(registry, issuer)]


def check_signers(registry: "Registry", entry: Entry, parsed: Parsed | None) -> None:
    """Checks 20 and 21."""
    if entry.kind == 4:
        check_registration_signers(registry, entry, hash32(key_id_of(parsed.predicate["key"]["spki"])))
        return
    slots = slots_of(registry, entry, parsed)
    # The key that revokes itself is the issuer's: a key of another party has no slot here.
    himself = hash32(parsed.predicate["keyId"]) if entry.kind == 5 else None
    signers = [key_id for key_id, _ in entry.signatures]
    for key_id in signers:
        if not any(slot.holds(key_id) for slot in slots):
            refuse("ISSUER_MISMATCH")
        check_key(registry, key_id, entry, key_id != himself)
    for slot in slots:
        if sum(map(slot.holds, signers)) < slot.need:
            refuse("THRESHOLD_NOT_MET")


def check_key(registry: "Registry", key_id: bytes, entry: Entry, asks_purpose: bool = True) -> None:
    key, now = registry.keys.get(key_id), entry.logged_at_ms // 1000
    if not key:
        return  # a key that this very statement of kind 0 or 1 brings in
    if key.revocations:
        refuse("KEY_REVOKED")
    if now < key.valid_from or 0 < key.valid_until <= now:
        refuse("KEY_EXPIRED")
    purpose = "admin" if entry.kind in (4, 5, 6) else "sign"
    if asks_purpose and key.is_party_key and purpose not in key.purposes:
        refuse("KEY_PURPOSE")


def check_registration_signers(registry: "Registry", entry: Entry, new: bytes) -> None:
    """Kind 4. The new key's signature shows possession and nothing else, also where it is known already (KEY_EXISTS comes later)."""
    party, secretariat = of_owner(registry, entry.issuer), of_role(registry, "secretariat")
    signers = [key_id for key_id, _ in entry.signatures]
    others = [key_id for key_id in signers if key_id != new]
    for key_id in others:
        if not party.holds(key_id) and not secretariat.holds(key_id):
            refuse("ISSUER_MISMATCH")
        check_key(registry, key_id, entry)
    if new not in signers or not (any(map(party.holds, others)) or sum(map(secretariat.holds, others)) >= secretariat.need):
        refuse("THRESHOLD_NOT_MET")


def authorising_keys(registry: "Registry", entry: Entry, new: bytes) -> tuple[bytes, ...]:
    """Of an admitted key registration: the admin keys, or none where the secretariat's threshold is there."""
    others = [key_id for key_id, _ in entry.signatures if key_id != new]
    secretariat = of_role(registry, "secretariat")
    if sum(map(secretariat.holds, others)) >= secretariat.need:
        return ()
    return tuple(filter(of_owner(registry, entry.issuer).holds, others))


# --- who may speak -----------------------------------------------------------------------------------------------------------------


def check_active(registry: "Registry", entry: Entry) -> None:
    """Check 22."""
    if entry.kind not in (6, 16, 17, 18, 23, 34) or entry.issuer not in registry.parties:
        return
    now, size = entry.logged_at_ms // 1000, registry.size
    if registry.withdrawal(entry.issuer, now, size) or registry.status_effect(entry.issuer, now, size) == "ended":
        refuse("MEMBER_NOT_ACTIVE")


def check_auditor(registry: "Registry", entry: Entry, parsed: Parsed | None) -> None:
    """Check 23."""
    auditor = registry.parties.get(entry.issuer)
    if entry.kind not in (18, 19, 20) or not auditor or auditor.role != "auditor":
        return
    now, size = entry.logged_at_ms // 1000, registry.size
    accreditation = registry.accreditation(entry.issuer, now, size)
    if (
        not accreditation
        or registry.withdrawal(entry.issuer, now, size)
        or registry.status_effect(entry.issuer, now, size) == "ended"
    ):
        refuse("NOT_ACCREDITED")
    if not set(entry.principles) <= set(accreditation.entry.principles):
        refuse("ACCREDITATION_SCOPE")
    if entry.kind == 20:
        return
    schemes = accreditation.predicate["schemes"]
    if entry.kind == 19 and parsed and schemes and any(row["scheme"] not in schemes for row in parsed.predicate["criteria"]):
        refuse("ACCREDITATION_SCOPE")
    member = registry.parties.get(entry.subjects[0])
    common_group = member and member.group and member.group == auditor.group
    if common_group or entry.subjects[0] in accreditation.predicate.get("notFor", ()):
        refuse("NOT_INDEPENDENT")


# --- references (6.5) --------------------------------------------------------------------------------------------------------------


def wanted_kinds(rel: int, kind: int) -> set[int] | range | None:
    """Of the target; None: any."""
    if rel <= 2:
        return {kind}
    if rel in (3, 4, 5):
        return {{3: 2, 4: 16, 5: 18}[rel]}
    if rel == 7:
        return None if kind == 7 else {23}
    return {20: {19}, 21: RETRACTABLE, 22: None, 23: range(16, 21), 32: range(16, 32), 34: {33}}[kind]


def kind_fits(rel: int, kind: int, target: int) -> bool:
    if rel == 6 and kind == 22:
        return target != 22
    wanted = wanted_kinds(rel, kind)
    return wanted is None or target in wanted


def party_fits(registry: "Registry", rel: int, entry: Entry, target: Entry) -> bool:
    kind, issuer = entry.kind, entry.issuer
    same_subjects = entry.subjects == target.subjects
    if rel in (1, 2, 5):
        return issuer == target.issuer and same_subjects
    if rel == 4:
        return entry.subjects == (target.issuer,)
    if rel != 6 or kind not in (20, 21, 22):
        return True
    if kind == 20:
        by_auditor = registry.parties[issuer].role == "auditor"
        return same_subjects and (issuer == target.issuer if by_auditor else issuer in target.subjects)
    if kind == 21:
        by_secretariat = issuer == registry.role_urn("secretariat") and target.kind not in UNRETRACTABLE_BY_SECRETARIAT
        return same_subjects and (issuer == target.issuer or by_secretariat)
    return same_subjects


def principle_fits(rel: int, entry: Entry, target: Entry) -> bool:
    if rel <= 2:
        return entry.kind not in (16, 17) or entry.principles == target.principles
    if rel in (3, 5):
        return set(entry.principles) <= set(target.principles)
    return rel != 4 or target.principles[0] in entry.principles


def is_retracted(registry: "Registry", rel: int, entry: Entry, target: bytes) -> bool:
    if rel == 4 and entry.kind == 17:
        return registry.retraction(target, entry.logged_at_ms // 1000, registry.size) is not None
    return rel == 6 and entry.kind == 21 and target in registry.retractions


def check_refs(registry: "Registry", entry: Entry) -> None:
    """Check 24."""
    covered = set()
    for rel, ident in entry.refs:
        fact = registry.facts.get(ident)
        if not fact:
            refuse("REF_NOT_FOUND", ident.hex())
        target = fact.entry
        if not kind_fits(rel, entry.kind, target.kind):
            refuse("REF_WRONG_KIND", ident.hex())
        if not party_fits(registry, rel, entry, target):
            refuse("REF_WRONG_PARTY", ident.hex())
        if not principle_fits(rel, entry, target):
            refuse("PRINCIPLE_UNKNOWN", ident.hex())
        if is_retracted(registry, rel, entry, ident):
            refuse("REF_RETRACTED", ident.hex())
        if rel == 4:
            covered.add(target.principles[0])
    if entry.kind in (18, 19) and not covered >= set(entry.principles):
        refuse("PRINCIPLE_UNKNOWN", "a principle without a commitment")


def check_supersedes(registry: "Registry", entry: Entry) -> None:
    """Check 25."""
    older = [ident for rel, ident in entry.refs if rel <= 2]
    if any(ident in registry.superseded for ident in older):
        refuse("SUPERSEDES_NOT_HEAD")
    if entry.kind in ONE_CHAIN and (chain := registry.chains.get(chain_key(entry))) and older != [chain[-1].ident]:
        refuse("SUPERSEDES_NOT_HEAD")


# --- own rules (6.6) ---------------------------------------------------------------------------------------------------------------


def role_change(registry: "Registry", entry: Entry, predicate: dict) -> None:
    authority = predicate["authority"]
    if authority["version"] != registry.version + 1:
        refuse("VERSION_NOT_NEXT")
    present = {key_id for role in registry.roles.values() for key_id in role.keys}
    for role in registry.roles:
        for key in authority[role]["keys"]:
            key_id = hash32(key_id_of(key["spki"]))
            if known := registry.keys.get(key_id):
                if key_id not in present or known.alg != key["alg"]:
                    refuse("KEY_EXISTS")


def party_admission(registry: "Registry", entry: Entry, predicate: dict) -> None:
    if predicate["party"] in registry.parties:
        refuse("PARTY_EXISTS")


def key_registration(registry: "Registry", entry: Entry, predicate: dict) -> None:
    if hash32(key_id_of(predicate["key"]["spki"])) in registry.keys:
        refuse("KEY_EXISTS")
    if "replaces" in predicate:
        old = registry.keys.get(hash32(predicate["replaces"]["keyId"]))
        if not old or old.owner != entry.issuer:
            refuse("KEY_UNKNOWN")
        if old.revocations:
            refuse("KEY_REVOKED")


def key_revocation(registry: "Registry", entry: Entry, predicate: dict) -> None:
    key = registry.keys.get(hash32(predicate["keyId"]))
    if not key or not key.is_party_key:
        refuse("KEY_UNKNOWN")
    if key.owner != predicate["party"]:
        refuse("REF_WRONG_PARTY")
    if key.revocations and (predicate["reason"] != "compromised" or key.compromised):
        refuse("KEY_REVOKED")


def status_change(registry: "Registry", entry: Entry, predicate: dict) -> None:
    """6.6 names this rule below its table, so it is taken as an own rule (check 26) and not as part of the schema (check 12)."""
    if any(rel == 1 for rel, _ in entry.refs):
        refuse("SCHEMA_VIOLATION", "a status is corrected, not renewed")


def commitment(registry: "Registry", entry: Entry, predicate: dict | None) -> None:
    if any(rel == 2 for rel, _ in entry.refs):
        return
    in_force = registry.principle_set(entry.logged_at_ms // 1000, registry.size)
    if named_set(registry, entry).index < in_force.index:  # one chain: later in it is later in the log
        refuse("PRINCIPLE_SET_NOT_CURRENT")


def named_set(registry: "Registry", entry: Entry) -> "Fact":
    return registry.facts[next(ident for rel, ident in entry.refs if rel == 3)]


def erasure_notice(registry: "Registry", entry: Entry, predicate: dict) -> None:
    if predicate["index"] != registry.facts[hash32(predicate["target"])].index:
        refuse("REF_NOT_FOUND")


def index_head(registry: "Registry", entry: Entry, predicate: dict) -> None:
    """Of the payload's form only issuedAt and nonce are asked for, as 6.6 says; white space and further members are let pass."""
    size = predicate["coversSize"]
    if not registry.largest_covered < size <= registry.size:
        refuse("INDEX_HEAD_NOT_NEWER")
    seed = b"trustlog-index-head/v1\n" + size.to_bytes(8, "big") + bytes.fromhex(predicate["mapRoot"])
    nonce = base64.urlsafe_b64encode(hashlib.sha256(seed).digest()[:16]).decode().rstrip("=")
    if seconds(predicate["issuedAt"]) != registry.times[size - 1] // 1000 or predicate["nonce"] != nonce:
        refuse("SCHEMA_VIOLATION")


OWN_RULES: dict[int, Callable] = {
    1: role_change, 3: party_admission, 4: key_registration, 5: key_revocation, 7: status_change, 16: commitment,
    32: erasure_notice, 33: index_head,
}  # fmt: skip


def check_length(registry: "Registry", entry: Entry) -> None:
    """Check 27."""
    if entry.kind == 16:
        days = named_set(registry, entry).predicate.get("maxCommitmentDays")
    elif entry.kind == 19:
        in_force = registry.principle_set(entry.logged_at_ms // 1000, registry.size)
        days = in_force.predicate.get("maxResultDays")
    else:
        return
    if days is not None and entry.valid_until - entry.valid_from > days * 86400:
        refuse("VALIDITY_TOO_LONG")
