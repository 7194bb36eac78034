#!/usr/bin/env python3
"""Seeded histories of a registry, legal and illegal, with what they come to: for another implementation to replay and compare.

    histories.py SEED COUNT DIRECTORY     # writes <n>.json and <n>.expected for n below COUNT
    histories.py --replay FILE            # prints the text of one history

The format stands in README.md, "Texts that two replays compare". A history is made step by step against the replay itself: each
move of moves.py is drawn from the state reached so far, some are spoiled by mischief.py, and some are logged whatever the rules
say. Signatures are junk bytes: arithmetic is not asked for at this level. The same seed gives the same files.
"""

import argparse
import hashlib
import json
import random
import sys
from itertools import accumulate
from pathlib import Path

import mischief
import moves
from moves import DAY, ORIGIN, PREFIX, TYPE_BASE, Draft, World
from registry import Duplicate, Registry, statement_id
from rules import Refusal
from state_text import digest, state_text, time_text, verdict_line
from statement import StatementError, derive_parsed, parse, seconds
from tle1 import CLAIMS, KINDS

MODES = ("submit", "forced", "withheld")
MOVES, MOVE_WEIGHTS = list(moves.MOVES), list(accumulate(moves.MOVES.values()))
TRICKS, TRICK_WEIGHTS = list(mischief.TRICKS), list(accumulate(mischief.TRICKS.values()))
PAUSES = (0, 0, 1, 1000, 60_000, 3_600_000, DAY * 1000, 3 * DAY * 1000, 20 * DAY * 1000)


# --- replay ----------------------------------------------------------------------------------------------------------------------


def play(registry: Registry, number: int, step: dict) -> str:
    """Takes one step; its `refused` or `duplicate` line, or nothing."""
    payload, mode = step["payload"].encode(), step["mode"]
    signatures = [(bytes.fromhex(key_id), bytes.fromhex(signature)) for key_id, signature in step["signatures"]]
    if mode == "submit":
        try:
            registry.submit(step["t"], payload, signatures)
        except Refusal as refusal:
            return f"refused {number} {refusal.reason}\n"
        except Duplicate as duplicate:
            return f"duplicate {number} {duplicate.index}\n"
        return ""
    parsed = parse(payload)
    entry = derive_parsed(parsed, statement_id(payload))
    entry = entry._replace(logged_at_ms=step["t"], signatures=tuple(sorted(signatures)))
    registry.log(entry, b"" if mode == "withheld" else payload, parsed, withheld=mode == "withheld")
    return ""


def text_of(registry: Registry, lines: list[str], questions: list[dict]) -> str:
    """What <n>.expected holds: the text and its digest."""
    verdicts = [verdict_line(registry, q["member"], q["principle"], seconds(q["date"]), q["size"]) for q in questions]
    text = "".join([state_text(registry), *lines, *verdicts])
    return f"{text}digest {digest(text)}\n"


def replay(history: dict) -> str:
    registry = Registry(history["origin"])
    lines = [play(registry, number, step) for number, step in enumerate(history["steps"])]
    return text_of(registry, lines, history["questions"])


# --- making ------------------------------------------------------------------------------------------------------------------------


class History:
    """One history in the making."""

    def __init__(self, seed: int, number: int):
        self.rng = random.Random(f"trustlog history {seed} {number}")
        self.world = World(self.rng)
        self.registry = self.world.registry
        self.lines: list[str] = []
        self.questions: list[dict] = []
        self.freezes = self.rng.random() < 0.25

    def make(self) -> "History":
        length = self.rng.randint(20, 80)
        self.begin(length)
        while len(self.world.steps) < length:
            if self.freezes and len(self.world.steps) >= length - 4 and not self.registry.frozen:
                self.take(moves.log_event(self.world, "freeze"), spoilt=0.0)
            self.pass_time()
            if (mute := self.mute_parties()) and self.world.chance(0.5):
                self.take(moves.key_registration(self.world, self.rng.choice(mute)), spoilt=0.05)
            move = self.rng.choices(MOVES, cum_weights=MOVE_WEIGHTS)[0]
            if draft := move(self.world):
                self.take(draft)
        self.ask()
        return self

    def begin(self, length: int) -> None:
        """Genesis, principles, parties with keys, accreditations: what a log of an alliance begins with. Some of it is spoiled."""
        world, rng = self.world, self.rng
        if world.chance(0.05):
            self.take(moves.admission(world))  # GENESIS_ORDER
        while not self.registry.size:
            self.take(moves.genesis(world), spoilt=0.2, forced=0.0)
        self.take(moves.principle_set(world), spoilt=0.05)
        small = length < 35
        for role, count in (("member", 1 if small else rng.randint(1, 3)), ("auditor", 1 if small else rng.randint(1, 2)),
                            ("monitor", not world.chance(0.3)), ("observer", rng.randint(0, 1))):  # fmt: skip
            for _ in range(count):
                self.take(moves.admission(world, role), spoilt=0.03)
                for owner in world.parties(role)[-1:]:
                    self.take(moves.key_registration(world, owner), spoilt=0.03)
                    if role == "auditor":
                        self.take(moves.accreditation(world, owner), spoilt=0.03)

    def mute_parties(self) -> list[str]:
        """Those without a key to speak with."""
        return [urn for urn in self.registry.parties if not self.world.sound_keys(urn, "sign")]

    def pass_time(self) -> None:
        """Sometimes to the very second that a record names, or one before it."""
        world, pause = self.world, self.rng.choice(PAUSES)
        near = [when for when in world.times if world.now < when < world.now + 60 * DAY] if world.chance(0.15) else []
        if near:
            world.clock = (self.rng.choice(near) - self.rng.choice((0, 0, 1))) * 1000 + self.rng.randrange(1000)
        else:
            world.clock += self.rng.randint(0, pause)
        last = self.registry.times[-1] if self.registry.times else 0
        world.clock = max(world.clock, last)

    def take(self, draft: Draft | None, spoilt: float = 0.28, forced: float = 0.16) -> None:
        """Signs, perhaps spoils, and plays a draft."""
        if not draft:
            return
        world, rng = self.world, self.rng
        if world.chance(spoilt):
            for trick in rng.choices(TRICKS, cum_weights=TRICK_WEIGHTS, k=1 if world.chance(0.65) else 2):
                trick(world, draft)
        payload, signatures = self.text_of(draft, spoilt), self.signatures_of(draft)
        if world.payloads and world.chance(0.025):
            payload, signatures = rng.choice(world.payloads)
        mode = self.mode_of(payload, signatures) if world.chance(forced) else "submit"
        clock = world.clock
        if mode != "submit" and world.chance(0.12):
            clock -= rng.choice((1, 1000, 90_000))
        step = {"t": clock, "payload": payload, "signatures": signatures, "mode": mode}
        world.payloads.append((payload, signatures))
        void_before = len(self.registry.void)
        self.lines.append(play(self.registry, len(world.steps), step))
        world.steps.append(step)
        if len(self.registry.void) > void_before:
            world.void_ids.append(statement_id(payload.encode()))
        elif not self.lines[-1]:
            entry = next(reversed(self.registry.facts.values())).entry
            world.remember(entry.logged_at_ms // 1000, entry.valid_from, entry.valid_until)

    def text_of(self, draft: Draft, spoilt: float) -> str:
        issuer = draft.predicate.get("issuer")
        name = ORIGIN if draft.kind == 0 or draft.kind > 31 or not isinstance(issuer, str) else issuer
        subjects = [{"name": "document.pdf", "digest": {"sha256": document.hex()}} for document in draft.documents]
        subjects = subjects or [{"name": name, "digest": {"sha256": hashlib.sha256(name.encode()).hexdigest()}}]
        root = {
            "_type": "https://in-toto.io/Statement/v1", "subject": subjects, "predicateType": f"{TYPE_BASE}/{KINDS[draft.kind]}/v1",
            "predicate": draft.predicate,
        }  # fmt: skip
        text = json.dumps(root, separators=(",", ":"), ensure_ascii=self.rng.random() < 0.5)
        return mischief.spoil_text(self.world, root, text) if self.rng.random() < spoilt / 12 else text

    def signatures_of(self, draft: Draft) -> list[list[str]]:
        length = mischief.HEAVY if "heavy" in draft.predicate else 8
        signers = draft.signers or [self.rng.randbytes(32)]
        signers = self.rng.sample(signers, len(signers))[:8]
        return [[key_id.hex(), self.rng.randbytes(length).hex()] for key_id in signers]

    def mode_of(self, payload: str, signatures: list) -> str:
        """`forced` and `withheld` only for what checks 7 to 16 let pass, 11 and 16 left aside: an entry must come out of it."""
        if len({key_id for key_id, _ in signatures}) < len(signatures):
            return "submit"
        try:
            parsed = parse(payload.encode())
            self.registry.parse(payload.encode(), parsed)
            pairs = [(bytes.fromhex(key_id), bytes.fromhex(signature)) for key_id, signature in signatures]
            self.registry.entry_of(parsed, b"", 0, pairs)
        except StatementError:
            return "submit"
        except Refusal as refusal:
            if refusal.reason != "GENESIS_ORDER" or not self.registry.size:
                return "submit"
            # A second genesis: its further checks were not reached above.
            return "forced" if self.is_sound_genesis(payload) else "submit"
        return "withheld" if parsed.kind in CLAIMS and self.rng.random() < 0.45 else "forced"

    @staticmethod
    def is_sound_genesis(payload: str) -> bool:
        try:
            parsed = Registry(ORIGIN).parse(payload.encode())
            return bool(Registry(ORIGIN).entry_of(parsed, b"", 0, []))
        except Refusal:
            return False

    def ask(self) -> None:
        """Every member on every principle now, and some at borders and at former sizes."""
        world, rng = self.world, self.rng
        members = world.parties("member") or [PREFIX + "member:nobody"]
        chains = [key[1:] for key in self.registry.chains if key[0] == 16]
        asked = [*chains, *((rng.choice(members), rng.choice((1, 2, 3, 63))) for _ in range(3))]
        asked += [rng.choice(chains) for _ in range(10)] if chains else []
        asked.append((rng.choice([PREFIX + "member:nobody", *world.parties("auditor")]), 1))
        for fact in world.facts(19)[-3:]:  # where a result begins and ends to count
            for border in (fact.entry.valid_from, fact.entry.valid_until):
                date = time_text(world.in_years(border - rng.choice((0, 0, 1))))
                principle = rng.choice(fact.entry.principles)
                question = {"member": fact.entry.subjects[0], "principle": principle, "date": date, "size": self.registry.size}
                self.questions.append(question)
        for number, (member, principle) in enumerate(asked):
            border = rng.choice(world.times) + rng.choice((-1, 0, 0, 1))
            date = world.now if number < len(chains) or world.chance(0.4) else world.in_years(border)
            size = self.registry.size if number < len(chains) or world.chance(0.5) else rng.randint(0, self.registry.size)
            self.questions.append({"member": member, "principle": principle, "date": time_text(date), "size": size})

    def as_json(self) -> dict:
        return {"origin": ORIGIN, "steps": self.world.steps, "questions": self.questions}

    def expected(self) -> str:
        return text_of(self.registry, self.lines, self.questions)


def write(seed: int, count: int, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        history = History(seed, number).make()
        (directory / f"{number}.json").write_text(json.dumps(history.as_json()), encoding="utf-8")
        (directory / f"{number}.expected").write_text(history.expected(), encoding="ascii")


def main() -> int:
    parser = argparse.ArgumentParser(description="Generates histories of a registry, or replays one.")
    parser.add_argument("arguments", nargs="*", metavar="SEED COUNT DIRECTORY")
    parser.add_argument("--replay", metavar="FILE")
    options = parser.parse_args()
    if options.replay:
        print(replay(json.loads(Path(options.replay).read_text(encoding="utf-8"))), end="")
        return 0
    if len(options.arguments) != 3 or not all(argument.isdigit() for argument in options.arguments[:2]):
        parser.error("SEED COUNT DIRECTORY, or --replay FILE")
    write(int(options.arguments[0]), int(options.arguments[1]), Path(options.arguments[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
