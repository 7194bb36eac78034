"""What goes wrong in generated histories (see histories.py): changes to a draft of moves.py that a rule of records.md 6.4 forbids,
or that stand exactly at its border and are allowed. Two of them on one draft ask for the order of the checks.
"""

import json
from typing import Callable

import schema
from moves import DAY, ORIGIN, PREFIX, START, TYPE_BASE, Draft, World, pool_key
from state_text import time_text
from statement import seconds
from tle1 import KINDS

URN_MEMBERS = ("party", "auditor", "member")
ID_MEMBERS = ("principleSet", "commitment", "engagement", "target")
ID_LISTS = ("commitments", "inputs", "supports")
HEAVY = 1024


# --- one statement alone -----------------------------------------------------------------------------------------------------------


def another_log(world: World, draft: Draft) -> None:
    draft.predicate["logOrigin"] = ORIGIN + "/2"


def issued_at_the_border(world: World, draft: Draft) -> None:
    oldest = world.now - (world.registry.max_age_days or 366) * DAY
    when = world.rng.choice((world.now + 300, world.now + 301, oldest, oldest - 1))
    draft.predicate["issuedAt"] = time_text(world.in_years(when))


def inverted(world: World, draft: Draft) -> None:
    for begin, end in (("validFrom", "validUntil"), ("startedAt", "resultDueBy")):
        if schema.time(draft.predicate.get(begin), PREFIX):
            draft.predicate[end] = time_text(world.in_years(seconds(draft.predicate[begin]) - world.rng.choice((0, 0, 1, -1))))


def member_lost(world: World, draft: Draft) -> None:
    draft.predicate.pop(world.rng.choice(list(draft.predicate)))


def member_of_another_form(world: World, draft: Draft) -> None:
    wrong = world.rng.choice((None, "", 0, -1, 64, [], {}, "A", "2026-02-30T00:00:00Z", True, "x" * 300, ["x", "x"], "\u0001", "1" * 64))
    draft.predicate[world.rng.choice(list(draft.predicate))] = wrong


def unknown_member(world: World, draft: Draft) -> None:
    """Ignored."""
    draft.predicate["x-note"] = world.rng.choice((None, 7, {"a": []}))


def document_lost(world: World, draft: Draft) -> None:
    draft.documents.clear()


def key_of_another_form(world: World, draft: Draft) -> None:
    key = draft.predicate.get("key")
    if draft.kind in (0, 1):
        authority = draft.predicate.get("authority")
        key = authority["operator"]["keys"][0] if isinstance(authority, dict) and "operator" in authority else None
    if isinstance(key, dict):
        key["alg"] = "ecdsa-p256-sha256-der" if key.get("alg") != "ecdsa-p256-sha256-der" else "ed25519"
        if world.chance(0.4):  # points of small order
            key |= {"alg": "ed25519", "spki": "MCowBQYDK2VwAyEA" + world.rng.choice(("A" * 43, "AQ" + "A" * 41)) + "="}


def too_much(world: World, draft: Draft) -> None:
    """An entry over 8,192 bytes, or over 64 artifacts."""
    if draft.kind == 2:
        draft.documents = [world.rng.randbytes(32) for _ in range(16)]
        draft.predicate["principles"] = [{"no": n, "title": {"en": "P"}, "textSha256": world.hex()} for n in range(1, 64)]
    else:
        draft.signers = (draft.signers + [world.rng.randbytes(32) for _ in range(8)])[:8]
        draft.predicate["heavy"] = 1


STATEMENT_TRICKS = {
    another_log: 2, issued_at_the_border: 5, inverted: 3, member_lost: 2, member_of_another_form: 3, unknown_member: 1,
    document_lost: 1, key_of_another_form: 2, too_much: 2,
}  # fmt: skip


# --- against the state -----------------------------------------------------------------------------------------------------------------


def unknown_key(world: World, draft: Draft) -> None:
    stranger = pool_key(world.fresh[0])[0] if world.fresh and world.chance(0.5) else world.rng.randbytes(32)
    draft.signers = (draft.signers[: world.rng.randrange(2)] + [stranger] + draft.signers)[:8]


def key_twice(world: World, draft: Draft) -> None:
    draft.signers = (draft.signers * 2)[:8]


def signer_lost(world: World, draft: Draft) -> None:
    if len(draft.signers) > 1:
        draft.signers.remove(world.rng.choice(draft.signers))


def any_signer(world: World, draft: Draft) -> None:
    """Added, or in the place of one: former role keys, revoked, expired, of others, of the wrong purpose."""
    keys = [key for key in world.registry.keys.values() if not world.chance(0.5) or key.revocations]
    if keys:
        signer = world.rng.choice(keys).key_id
        draft.signers = list(dict.fromkeys([signer, *draft.signers[world.rng.randrange(2) :]]))[:8]


def key_of_the_issuer(world: World, draft: Draft) -> None:
    """Any key of the issuer alone."""
    keys = world.registry.keys_of_owner.get(draft.predicate.get("issuer"), [])
    if keys and draft.kind != 4:
        draft.signers = [world.rng.choice(keys)]


def another_issuer(world: World, draft: Draft) -> None:
    issuer = draft.predicate.get("issuer")
    if not isinstance(issuer, str):
        return
    role = issuer.removeprefix(PREFIX).split(":")[0]
    others = world.parties(role) or [PREFIX + "secretariat"]
    if world.chance(0.35):
        others = [f"{PREFIX}{role}:nobody", f"urn:other:{role}:x", PREFIX + "operator"]
    draft.predicate["issuer"] = world.rng.choice(others)


def another_subject(world: World, draft: Draft) -> None:
    everybody = [*world.registry.parties, PREFIX + "member:nobody", PREFIX + "auditor:nobody"]
    for name in URN_MEMBERS:
        if name in draft.predicate:
            draft.predicate[name] = world.rng.choice(everybody)
    about = draft.predicate.get("about")
    if isinstance(about, list):
        draft.predicate["about"] = sorted({*about, world.rng.choice(everybody)}) if world.chance(0.5) else about[1:]


def some_id(world: World) -> str:
    """Of nothing, of a void record, of a corrected or retracted one, of any."""
    registry, rng = world.registry, world.rng
    pools = [list(registry.facts), world.void_ids, list(registry.corrected), list(registry.retractions), list(registry.superseded)]
    pools = [pool for pool in pools if pool]
    return rng.choice(rng.choice(pools)).hex() if pools and not world.chance(0.1) else world.hex()


def another_ref(world: World, draft: Draft) -> None:
    """The same kind of record twice as often as any other."""
    for name in ID_MEMBERS:
        if isinstance(draft.predicate.get(name), str):
            facts = world.registry.facts.get(bytes.fromhex(draft.predicate[name])) if len(draft.predicate[name]) == 64 else None
            same = world.facts(facts.entry.kind) if facts else []
            draft.predicate[name] = world.rng.choice(same).ident.hex() if same and world.chance(0.6) else some_id(world)
    for name in ID_LISTS:
        if isinstance(ids := draft.predicate.get(name), list):
            more = {*ids[world.rng.randrange(2) :], some_id(world)}
            draft.predicate[name] = sorted(more, key=str)


def another_supersedes(world: World, draft: Draft) -> None:
    change = world.rng.choice(("renewal", "correction"))
    if world.chance(0.25):
        draft.predicate.pop("supersedes", None)
    else:
        same = world.facts(draft.kind)
        target = world.rng.choice(same).ident.hex() if same and world.chance(0.7) else some_id(world)
        draft.predicate["supersedes"] = {"id": target, "change": change}


def other_principles(world: World, draft: Draft) -> None:
    if "principle" in draft.predicate:
        draft.predicate["principle"] = world.rng.choice((1, 2, 3, 7, 63))
    elif draft.kind != 2 and "principles" in draft.predicate:
        draft.predicate["principles"] = sorted(world.rng.sample((1, 2, 3, 7, 63), world.rng.randint(1, 4)))


def other_scheme(world: World, draft: Draft) -> None:
    if "criteria" in draft.predicate:
        draft.predicate["criteria"] = [{"scheme": "home-made", "version": "1"}]


def times_at_the_border(world: World, draft: Draft) -> None:
    for name in ("validFrom", "validUntil"):
        if name in draft.predicate and world.chance(0.6):
            near = (world.now, world.now + 1, START, *world.times[-3:])
            draft.predicate[name] = time_text(world.in_years(world.rng.choice(near)))


def version_moved(world: World, draft: Draft) -> None:
    if isinstance(draft.predicate.get("authority"), dict):
        draft.predicate["authority"]["version"] = world.rng.choice((1, 2, 3, world.registry.version))


STATE_TRICKS = {
    unknown_key: 2, key_twice: 2, signer_lost: 3, any_signer: 5, key_of_the_issuer: 3, another_issuer: 3, another_subject: 4,
    another_ref: 7, another_supersedes: 4, other_principles: 4, other_scheme: 1, times_at_the_border: 3, version_moved: 1,
}  # fmt: skip
TRICKS: dict[Callable, int] = {trick: 2 * weight for trick, weight in STATE_TRICKS.items()} | STATEMENT_TRICKS


# --- the text ----------------------------------------------------------------------------------------------------------------------------


def spoil_text(world: World, root: dict, text: str) -> str:
    """Statements that no schema is asked about: checks 7 to 10, and their borders."""
    rng, kind = world.rng, world.rng.choice(list(KINDS.values()))
    another_type = rng.choice((f"{TYPE_BASE}/promise/v1", f"{TYPE_BASE}/{kind}/v2", f"https://other.example/{kind}/v1", kind, "", 7))
    subject = rng.choice(([], {}, [{}], [{"digest": {}}], [{"digest": {"sha256": "ab"}}], [{"name": "x" * 201, "digest": {"a": "b"}}],
                          [{"name": None, "digest": {"sha256": "0" * 64}}], [{"digest": {"sha512": 7}}]))  # fmt: skip
    return rng.choice((
        lambda: text + rng.choice((" \n", "x", "{}")),
        lambda: text[:-1],
        lambda: text.replace("{", '{"a":1,"a":2,', 1),
        lambda: text.replace('"predicate":{', '"predicate":{"nonce":"x",', 1),
        lambda: text.replace("{", '{"a":1,"\\u0061":2,', 1) + rng.choice(("", "]")),
        lambda: text.replace("{", '{"n":' + rng.choice(("1.0", "1e2", "-0", "01", "9007199254740991", "9007199254740992", "NaN")) + ",", 1),
        lambda: text.replace("{", '{"deep":' + "[" * (depth := rng.choice((31, 32))) + "]" * depth + ",", 1),
        lambda: text.replace("{", '{"s":"' + rng.choice(("\\ud800", "\\u0000", "\\ud83d\\ude00", "\t", "x" * 4097, "x" * 4096)) + '",', 1),
        lambda: text.replace("{", '{"many":' + json.dumps([0] * rng.choice((1024, 1025))) + ",", 1),
        lambda: json.dumps(root | {"predicateType": another_type}),
        lambda: json.dumps(root | {"subject": subject}),
        lambda: json.dumps(root | {"_type": "https://in-toto.io/Statement/v0.1"}),
        lambda: json.dumps(root | {"predicate": []}),
    ))()  # fmt: skip
