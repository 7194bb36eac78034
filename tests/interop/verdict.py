"""The verdict about a member, a principle and a date at a size (records.md section 7), and the lists of 7.4.

Part of the independent checker (see verify_log.py). evaluate() follows 7.2 line by line.
"""

from typing import NamedTuple

from registry import Fact, Registry

VERDICTS = ("NONE", "SELF_ATTESTED", "AUDITED", "AUDITED_QUALIFIED", "NEGATIVE", "LAPSED", "SUSPENDED", "DISPUTED")


class Answer(NamedTuple):
    verdict: str
    deciding: list[tuple[int, str]]  # (index, role), ascending


def answer(verdict: str, **facts) -> Answer:
    """`facts`: role -> a fact, a list of facts, or a set of indices."""
    pairs = set()
    for role, value in facts.items():
        for item in value if isinstance(value, (list, set)) else [value]:
            pairs.add((item.index if isinstance(item, Fact) else item, role))
    return Answer(verdict, sorted(pairs))


def evaluate(registry: Registry, member: str, principle: int, date: int, size: int) -> Answer:
    party = registry.parties.get(member)
    if not party or party.index >= size:  # 1
        return answer("NONE")
    status, effect = registry.status(member, date, size), registry.status_effect(member, date, size)
    if effect in ("negative", "ended"):  # 2
        return answer("SUSPENDED", status=status)
    chain = (16, member, principle)
    commitments = [fact for fact in registry.chains.get(chain, ()) if fact.index < size]
    if not commitments:  # 3
        return answer("NONE")
    commitment = registry.chain(chain, date, size)
    if not commitment:  # 4
        return answer("NONE" if all(never_began(registry, fact, date, size) for fact in commitments) else "LAPSED")
    if withdrawal := registry.withdrawal(member, date, size):  # 5
        return answer("LAPSED", withdrawal=withdrawal, commitment=commitment)
    if retraction := registry.retraction(commitment.ident, date, size):
        return answer("LAPSED", retraction=retraction, commitment=commitment)
    if date >= commitment.entry.valid_until:
        return answer("LAPSED", commitment=commitment)
    if taints := registry.taints(commitment, size):  # 6
        return answer("DISPUTED", commitment=commitment, revocation=taints)
    return by_results(registry, commitment, results_in_force(registry, commitment, principle, date, size), status, effect, size)


def never_began(registry: Registry, fact: Fact, date: int, size: int) -> bool:
    retraction = registry.retractions.get(fact.ident)
    from_the_start = retraction is not None and retraction.index < size and retraction.entry.valid_from == 0
    return registry.is_dead(fact.ident, size) or from_the_start or fact.entry.valid_from > date


def results_in_force(registry: Registry, commitment: Fact, principle: int, date: int, size: int) -> list[Fact]:
    """7: of each auditor the one with the highest index."""
    newest: dict[str, Fact] = {}
    for fact in registry.results_on.get(commitment.ident, ()):
        entry = fact.entry
        if (
            fact.index < size
            and principle in entry.principles
            and entry.subjects == commitment.entry.subjects
            and not registry.is_dead(fact.ident, size)
            and not registry.retraction(fact.ident, date, size)
            and entry.valid_from <= date < entry.valid_until
        ):
            newest[entry.issuer] = fact
    return list(newest.values())


def by_results(registry: Registry, commitment: Fact, results: list[Fact], status: Fact | None, effect: str, size: int) -> Answer:
    """8 to 13."""

    def is_shaky(fact: Fact) -> bool:
        judged = registry.status_effect(fact.entry.issuer, fact.time, size)
        return bool(registry.taints(fact, size)) or judged in ("negative", "ended")

    sound: dict[str, list[Fact]] = {}
    shaky: dict[str, list[Fact]] = {}
    for fact in results:
        e = registry.effect("outcomes", fact.entry.code, fact.time, size)
        (shaky if is_shaky(fact) else sound).setdefault(e, []).append(fact)
    if negative := sound.get("negative"):  # 8
        return answer("NEGATIVE", commitment=commitment, result=negative)
    if negative := shaky.get("negative"):  # 9
        return answer("DISPUTED", commitment=commitment, result=negative)
    positive = sound.get("positive")
    if qualified := sound.get("qualified"):  # 10
        return answer("AUDITED_QUALIFIED", commitment=commitment, result=qualified)
    if positive and effect == "qualified":
        return answer("AUDITED_QUALIFIED", commitment=commitment, result=positive, status=status)
    if positive:  # 11
        return answer("AUDITED", commitment=commitment, result=positive)
    if doubtful := shaky.get("positive", []) + shaky.get("qualified", []):  # 12
        return answer("DISPUTED", commitment=commitment, result=doubtful)
    return answer("SELF_ATTESTED", commitment=commitment)  # 13


def notes(registry: Registry, deciding: list[tuple[int, str]], member: str, principle: int, date: int, size: int) -> list:
    """(index, role): objections against deciding entries, overdue engagements of the member on the principle."""
    indices = {index for index, _ in deciding}
    pairs = {
        (fact.index, "objection")
        for target, facts in registry.objections.items()
        if registry.facts[target].index in indices
        for fact in facts
        if fact.index < size
    }
    for fact in overdue(registry, date, size):
        if fact.entry.subjects == (member,) and principle in fact.entry.principles:
            pairs.add((fact.index, "engagement"))
    return sorted(pairs)


# --- lists (7.4) -----------------------------------------------------------------------------------------------------------------


def late_engagements(registry: Registry, date: int, size: int) -> list[Fact]:
    """The newest link of each engagement chain whose date has come and that has no result, retracted ones included."""
    late = []
    for fact in registry.by_kind.get(18, ()):
        newer = registry.superseded.get(fact.ident)
        if fact.index >= size or (newer and newer.index < size) or fact.entry.valid_until > date:
            continue
        if not any(has_result(registry, link, size) for link in links_of(registry, fact)):
            late.append(fact)
    return late


def links_of(registry: Registry, fact: Fact):
    """The record and those it supersedes, newest first."""
    while fact:
        yield fact
        fact = next((registry.facts[ident] for rel, ident in fact.entry.refs if rel <= 2), None)


def has_result(registry: Registry, engagement: Fact, size: int) -> bool:
    results = registry.results_of.get(engagement.ident, ())
    return any(fact.index < size and not registry.is_dead(fact.ident, size) for fact in results)


def overdue(registry: Registry, date: int, size: int) -> list[Fact]:
    return [fact for fact in late_engagements(registry, date, size) if not registry.retraction(fact.ident, date, size)]


def cancelled(registry: Registry, date: int, size: int) -> list[tuple[Fact, str]]:
    """Engagements that would be overdue but for their retraction, with its reason."""
    late = late_engagements(registry, date, size)
    return [(fact, found.entry.code) for fact in late if (found := registry.retraction(fact.ident, date, size))]


def expiring(registry: Registry, begin: int, end: int, date: int, size: int) -> list[Fact]:
    """Commitments and results whose valid_until lies in [begin, end). 7.4 names no date for "not retracted": `date` is asked for."""
    found = []
    for kind in (16, 19):
        for fact in registry.by_kind.get(kind, ()):
            until, newer = fact.entry.valid_until, registry.superseded.get(fact.ident)
            renewed = newer and newer.index < size and (1, fact.ident) in newer.entry.refs and newer.entry.valid_from <= until
            if (
                fact.index < size
                and begin <= until < end
                and not renewed
                and not registry.is_dead(fact.ident, size)
                and not registry.retraction(fact.ident, date, size)
            ):
                found.append(fact)
    return sorted(found, key=lambda fact: fact.index)
