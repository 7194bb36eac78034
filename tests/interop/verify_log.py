#!/usr/bin/env python3
"""verify_log: the independent checker of a trustlog log, from outside.

Written from records.md, protocols.md, reliability.md and the C2SP texts, without a look at the C++: a disagreement with
`trustlog fsck` is a bug in one of the two. Python standard library and the `openssl` command only. It fetches everything the log
serves, hashes it anew, reads every entry and statement, and holds what it found against the ledgers of a test run. Checks are
named as in reliability.md section 2.

    verify_log.py URL VKEY [--acks FILE]... [--signatures FILE]... [--store FILE.db]
                           [--seed N] [--sample N] [--wait SECONDS] [--jobs N] [--json]

Prints a line for each check: `ok`, `FAILED` (with the first failure) or `skipped` (with the reason); then `registry` and the digest
of README.md, "Texts that two replays compare". Exit 0: none failed; 1: some failed; 2: wrong usage, or the log cannot be reached.
"""

import argparse
import json
import random
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import ledgers
import signatures
import state_text
import statement
import tle1
from ledgers import Answer, Signed
from note import Checkpoint, Note, NoteError, Vkey
from reader import LogReader, Unreachable
from registry import Registry
from signatures import Key, Verifier
from tree import TILE_WIDTH, Tree, join_bundle, leaf_hash, root_from_path, split_bundle, tile_path, tiles_of

CHECKS = {  # name -> what `ok` stands for, where a check has nothing more to say
    "checkpoint": "three lines, origin = key name, signed by the log",
    "roots": "one size has one root, and it is that of the entries",
    "growth": "sizes never fall, every released checkpoint is a prefix of the entries",
    "tiles": "hash tiles, partial widths, nothing above the published size",
    "bytes": "entries decode and re-encode; statements hash to their ids or are withheld under a notice",
    "genesis": "genesis at index 0 and nowhere else",
    "derive": "every entry is what its statement derives",
    "dups": "no statement id twice, no statement of another log",
    "times": "logged_at_ms never falls",
    "signatures": "a sample of entries verifies under keys the log announced",
    "acks": "every promise is kept, at the index told",
    "proofs": "every proof that was handed out verifies",
    "heads": "one row of history a batch",
    "witness": "",
    "quorum": "",
    "index": "",
    "admission": "",
}
SKIPPED = {
    "witness": "the store of a witness role is not read here",
    "quorum": "no policy is read here",
    "index": "the map comes with the verifiable index",
}
MISSPELLED = ["tile/0/0", "tile/00/000", "tile/0/x000/000", "tile/0/000.p/0", "tile/0/000.p/01", "tile/0/000.p/256", "tile/0/00%30",
              "tile/64/000", "tile/entries/0", "tile/statements/000.p/0"]  # fmt: skip
MAX_MESSAGES = 20


class Report:
    """What each check found, in the order of CHECKS."""

    def __init__(self):
        self.failures: dict[str, list[str]] = {name: [] for name in CHECKS}
        self.details: dict[str, str] = {}
        self.skipped: dict[str, str] = dict(SKIPPED)

    def fail(self, name: str, message: str) -> None:
        self.failures[name].append(message)

    def expect(self, name: str, condition: bool, message: str) -> None:
        if not condition:
            self.fail(name, message)

    def say(self, name: str, detail: str) -> None:
        self.details[name] = detail

    def skip(self, name: str, why: str) -> None:
        self.skipped[name] = why

    def rows(self) -> list[tuple[str, str, str]]:
        """(name, result, detail); a failure outweighs a skip."""
        rows = []
        for name, promise in CHECKS.items():
            if failures := self.failures[name]:
                more = f" (+{len(failures) - 1} more)" if len(failures) > 1 else ""
                rows.append((name, "FAILED", failures[0] + more))
            elif name in self.skipped:
                rows.append((name, "skipped", self.skipped[name]))
            else:
                rows.append((name, "ok", self.details.get(name, promise)))
        return rows

    @property
    def verified(self) -> bool:
        return not any(self.failures.values())


@dataclass
class Log:
    """What was fetched at one published size, and what was read out of it. None: missing or unreadable; b"": withheld."""

    checkpoint: Checkpoint
    entries: list[bytes | None] = field(default_factory=list)
    statements: list[bytes | None] = field(default_factory=list)
    decoded: list[tle1.Entry | None] = field(default_factory=list)
    parsed: list[statement.Parsed | None] = field(default_factory=list)
    tree: Tree | None = None  # None where an entry is missing
    registry: str = ""  # digest of the replayed registry

    @property
    def size(self) -> int:
        return self.checkpoint.size


@dataclass
class Run:
    """One run: where to look, what to hold against it, where findings go."""

    reader: LogReader
    vkey: Vkey
    verifier: Verifier
    report: Report
    rng: random.Random
    sample: int
    jobs: int
    answers: list[Answer]
    signed: list[Signed]

    def __post_init__(self):
        self.fail, self.expect, self.say = self.report.fail, self.report.expect, self.report.say

    def some(self, items: list) -> list:
        """A seeded sample of at most `sample`, in the order of `items`."""
        if len(items) <= self.sample:
            return items
        return [items[i] for i in sorted(self.rng.sample(range(len(items)), self.sample))]


# --- fetching ------------------------------------------------------------------------------------------------------------------


def check_log_note(run: Run, data: bytes) -> tuple[Note, Checkpoint]:
    """NoteError unless `data` is a checkpoint of this log with its Ed25519 signature (A1-A7)."""
    note, checkpoint = ledgers.open_note(data)
    if checkpoint.origin != run.vkey.name:
        raise NoteError(f"origin {checkpoint.origin!r} is not the key name {run.vkey.name!r}")
    ours = note.by(run.vkey)
    if not ours:
        raise NoteError("no signature by the log's key")
    if not all(run.verifier.verify_note(run.vkey.key, note.text, signature) for signature in ours):
        raise NoteError("the log's signature does not verify")
    return note, checkpoint


def fetch_checkpoint(run: Run, wait: float) -> Checkpoint | None:
    """The served checkpoint; waits up to `wait` seconds until it covers the promises in the ledger. None: FAILED is reported."""
    promised = max((answer.index for answer in run.answers if answer.promised), default=-1)
    deadline = time.monotonic() + wait
    while True:
        status, body = run.reader.get("checkpoint")
        if status != 200:
            raise Unreachable(f"GET /checkpoint answers {status}")
        try:
            _, checkpoint = check_log_note(run, body)
        except NoteError as error:
            run.fail("checkpoint", str(error))
            return None
        if checkpoint.size > promised or time.monotonic() >= deadline:
            run.say("checkpoint", f"{CHECKS['checkpoint']} {run.vkey.key_id.hex()}, size {checkpoint.size}")
            return checkpoint
        time.sleep(0.2)


def fetch_bundles(run: Run, kind: str, size: int) -> list[bytes | None]:
    """All entries or statements below `size`; a bundle that is missing or has a wrong width is reported and gives None items."""
    items: list[bytes | None] = []
    tiles = tiles_of(size)
    for (number, width), (status, body) in zip(tiles, run.reader.get_all([tile_path(kind, *tile) for tile in tiles])):
        try:
            if status != 200:
                raise ValueError(f"answers {status}")
            bundle = split_bundle(body)
            if len(bundle) != width:
                raise ValueError(f"holds {len(bundle)} items")
            items += bundle
        except ValueError as error:
            run.fail("bytes", f"/{tile_path(kind, number, width)}: {error}")
            items += [None] * width
    return items


def read_log(run: Run, checkpoint: Checkpoint) -> Log:
    log = Log(checkpoint)
    log.entries = fetch_bundles(run, "entries", log.size)
    log.statements = fetch_bundles(run, "statements", log.size)
    if None not in log.entries:
        log.tree = Tree([leaf_hash(entry) for entry in log.entries])
    log.decoded = [decode_entry(run.report, index, entry) for index, entry in enumerate(log.entries)]
    log.parsed = [parse_statement(run.report, index, payload) for index, payload in enumerate(log.statements)]
    return log


def decode_entry(report: Report, index: int, entry: bytes | None) -> tle1.Entry | None:
    try:
        return None if entry is None else tle1.decode(entry)
    except tle1.EntryError as error:
        report.fail("bytes", f"entry {index}: {error}")
        return None


def parse_statement(report: Report, index: int, payload: bytes | None) -> statement.Parsed | None:
    try:
        return statement.parse(payload) if payload else None
    except ValueError as error:
        report.fail("derive", f"statement {index}: {error}")
        return None


# --- the tree ------------------------------------------------------------------------------------------------------------------


def check_tiles(run: Run, log: Log) -> None:
    """[tiles]: each hash tile against the entries, narrower widths, absence above the published size (A10-A13, I12)."""
    tiles = [(level, n, width) for level in range(8) for n, width in tiles_of(log.size >> (8 * level))]
    bodies = {}
    for tile, (status, body) in zip(tiles, run.reader.get_all([tile_path(*tile) for tile in tiles])):
        bodies[tile] = body
        run.expect(
            "tiles", status == 200 and len(body) == 32 * tile[2], f"/{tile_path(*tile)}: answers {status}, {len(body)} bytes"
        )
        if status == 200 and log.tree:
            level, number, width = tile
            want = log.tree.tile_row(level)[TILE_WIDTH * number :][:width]
            wrong = [i for i, hash_ in enumerate(want) if body[32 * i : 32 * i + 32] != hash_]
            run.expect(
                "tiles", not wrong, f"/{tile_path(*tile)}: {len(wrong)} hashes are not those of the entries, first at {wrong[:1]}"
            )
    narrow = check_narrower(run, log, bodies)
    absent = check_absence(run, log)
    run.say("tiles", f"{len(tiles)} hash tiles, {narrow} narrower ones, {absent} paths that must be absent")


def check_narrower(run: Run, log: Log, bodies: dict) -> int:
    """A seeded sample of narrower widths: each a prefix of the whole tile or bundle. Asked for by gzip (A16)."""
    wide = list(bodies) + [(kind, *tile) for kind in ("entries", "statements") for tile in tiles_of(log.size)]
    narrow = [(kind, n, run.rng.randrange(1, width)) for kind, n, width in run.some([tile for tile in wide if tile[2] > 1])]
    widths = {(kind, n): width for kind, n, width in wide}
    for (kind, n, width), (status, body) in zip(narrow, run.reader.get_all([tile_path(*tile) for tile in narrow], "gzip")):
        if isinstance(kind, int):
            want = bodies[kind, n, widths[kind, n]][: 32 * width]
        else:
            items = (log.entries if kind == "entries" else log.statements)[TILE_WIDTH * n :][:width]
            want = None if None in items else join_bundle(items)
            if kind == "statements" and want not in (None, body):  # one may have been withheld since
                again = run.reader.get(tile_path(kind, n, widths[kind, n]))[1]
                want = again if again.startswith(body) else want
        run.expect("tiles", status == 200, f"/{tile_path(kind, n, width)}: answers {status}")
        run.expect("tiles", status != 200 or want in (None, body), f"/{tile_path(kind, n, width)}: not a prefix of the wider one")
    return len(narrow)


def check_absence(run: Run, log: Log) -> int:
    """404 for what no published size needs and for other spellings of a path. Where the log grew meanwhile, the new size counts."""
    needs = {path: None for path in MISSPELLED}
    for kind in [*range(8), "entries", "statements"]:
        unit = 256 ** kind if isinstance(kind, int) else 1
        number, width = divmod(log.size // unit, TILE_WIDTH)
        for n, w in {(number, TILE_WIDTH), (number, min(width + 1, TILE_WIDTH)), (number + 1, 1)}:
            needs[tile_path(kind, n, w)] = (TILE_WIDTH * n + w) * unit
    served = [(path, status) for path, (status, _) in zip(needs, run.reader.get_all(list(needs))) if status != 404]
    published = newer_size(run, log) if served else log.size
    for path, status in served:
        grown = needs[path] is not None and needs[path] <= published
        run.expect("tiles", grown, f"/{path}: answers {status} at published size {published}, 404 is due")
    return len(needs)


def newer_size(run: Run, log: Log) -> int:
    """The size published now. It never falls, and an equal size has the root seen before [growth]."""
    status, body = run.reader.get("checkpoint")
    try:
        _, now = check_log_note(run, body if status == 200 else b"")
    except NoteError as error:
        run.fail("checkpoint", f"asked again ({status}): {error}")
        return log.size
    run.expect("growth", now.size >= log.size, f"published size fell from {log.size} to {now.size}")
    run.expect("roots", now.size != log.size or now.root == log.checkpoint.root, f"size {now.size} was published with two roots")
    return now.size


def check_roots(run: Run, log: Log) -> None:
    """[roots] [growth]: the served checkpoint and everything in the ledgers against roots recomputed from the entries (I1-I3)."""
    released = [("served checkpoint", log.checkpoint.size, log.checkpoint.root)]
    released += [(row.where, row.size, row.root) for row in run.signed]
    for source in (run.answers, run.signed):
        released += [(row.where, c.size, c.root) for row in source if (c := checkpoint_of(row.note))]
    seen: dict[int, bytes] = {}
    beyond = 0
    for where, size, root in released:
        run.expect("roots", seen.setdefault(size, root) == root, f"{where}: a second root at size {size}")
        if size > log.size:
            beyond += 1
        elif log.tree and log.tree.root(size) != root:
            run.fail("roots", f"{where}: root at size {size} is not that of the entries")
            if where != "served checkpoint":
                run.fail("growth", f"{where}: size {size} is no prefix of the published tree")
    if not log.tree:
        run.fail("roots", "cannot be recomputed: entries are missing")
    run.say(
        "roots", f"{len(seen)} sizes, each with one root, recomputed from the entries ({beyond} signed above the published size)"
    )
    newest: dict[str, int] = {}
    for row in sorted(run.signed, key=lambda row: row.at):
        before = newest.setdefault(row.node, row.size)
        run.expect("growth", row.size >= before, f"{row.where}: node {row.node} signed size {row.size} after {before}")
        newest[row.node] = max(before, row.size)
    newer_size(run, log)
    run.say("growth", f"{CHECKS['growth']} ({len(newest)} signers)")


def checkpoint_of(note: bytes) -> Checkpoint | None:
    """The checkpoint inside a note of a ledger, if it has that form; that it must have it is said by [acks] and [roots]."""
    try:
        return ledgers.open_note(note)[1]
    except NoteError:
        return None


# --- entries and statements ------------------------------------------------------------------------------------------------------


def check_bytes(run: Run, log: Log) -> None:
    """[bytes]: statement ids, and a notice for whatever is withheld (I5, E12). Decoding was reported while reading."""
    notices = {
        target: index
        for index, entry in enumerate(log.decoded)
        if entry and entry.kind == 32
        for rel, target in entry.refs
        if rel == 6
    }
    withheld = 0
    for index, (entry, payload) in enumerate(zip(log.decoded, log.statements)):
        if entry is None or payload is None:
            continue
        if payload:
            run.expect(
                "bytes",
                statement.statement_id(payload) == entry.statement_id,
                f"statement {index} does not hash to its statement_id",
            )
            continue
        withheld += 1
        run.expect("bytes", entry.kind in tle1.CLAIMS, f"statement {index} is withheld, and kind {entry.kind} never may be")
        run.expect(
            "bytes",
            notices.get(entry.statement_id, -1) > index,
            f"statement {index} is withheld without a notice (STATEMENT_MISSING)",
        )
    run.say("bytes", f"{log.size} entries and statements, {withheld} withheld under a notice")


def check_genesis(run: Run, log: Log) -> None:
    for index, entry in enumerate(log.decoded):
        if entry:
            run.expect("genesis", (entry.kind == 0) == (index == 0), f"entry {index} is of kind {entry.kind}")


def check_derive(run: Run, log: Log) -> None:
    """[derive]: records.md 3.2 for every statement that is there, and the names fixed by genesis."""
    genesis = log.parsed[0].predicate if log.parsed and log.parsed[0] else {}
    type_base, urn_prefix = genesis.get("typeBase"), str(genesis.get("urnPrefix"))
    derived = 0
    for index, (entry, parsed) in enumerate(zip(log.decoded, log.parsed)):
        if not (entry and parsed):
            continue
        derived += 1
        run.expect(
            "derive", parsed.type_base == type_base, f"statement {index}: type base {parsed.type_base} is not that of genesis"
        )
        try:
            want = statement.derive_parsed(parsed, entry.statement_id)
        except ValueError as error:
            run.fail("derive", f"statement {index}: {error}")
            continue
        if want != entry.derived():
            names = [name for name, a, b in zip(want._fields, want, entry.derived()) if a != b]
            run.fail("derive", f"entry {index} differs from its statement in {', '.join(names)}")
        strangers = [urn for urn in (entry.issuer, *entry.subjects) if not urn.startswith(urn_prefix)]
        run.expect("derive", not strangers, f"entry {index} names {strangers} outside {urn_prefix}")
    run.say("derive", f"{derived} entries recomputed from their statements")


def check_dups(run: Run, log: Log) -> None:
    """[dups]: I6 and I17, from the entries and from what writers were told."""
    first: dict[bytes, int] = {}
    for index, (entry, parsed) in enumerate(zip(log.decoded, log.parsed)):
        if entry:
            run.expect(
                "dups",
                first.setdefault(entry.statement_id, index) == index,
                f"entry {index} repeats the statement of entry {first[entry.statement_id]}",
            )
        if parsed:
            origin = parsed.predicate.get("logOrigin")
            run.expect("dups", origin == log.checkpoint.origin, f"statement {index} is for log {origin!r}")
    fresh: dict[bytes, str] = {}
    for answer in run.answers:
        if answer.promised and not answer.duplicate:
            where = fresh.setdefault(answer.ident, answer.where)
            run.expect(
                "dups", where == answer.where, f"{answer.where}: a repetition was not called duplicate (first told at {where})"
            )


def check_times(run: Run, log: Log) -> None:
    before = 0
    for index, entry in enumerate(log.decoded):
        if entry:
            run.expect("times", entry.logged_at_ms >= before, f"entry {index}: {entry.logged_at_ms} after {before}")
            before = max(before, entry.logged_at_ms)


def collect_keys(run: Run, log: Log) -> dict[bytes, Key]:
    """key_id -> key, of all that genesis, role changes and key registrations announce; the first announcement counts."""
    keys: dict[bytes, Key] = {}
    for index, parsed in enumerate(log.parsed):
        try:
            for alg, spki in statement.announced_keys(parsed) if parsed else []:
                key = Key(alg, spki, index)
                signatures.check_key(key)
                keys.setdefault(key.key_id, key)
        except ValueError as error:
            run.fail("signatures", f"statement {index}: {error}")
    return keys


def check_signatures(run: Run, log: Log) -> None:
    """[signatures]: every signature of a seeded sample of entries, under keys announced at or below the entry."""
    keys = collect_keys(run, log)

    def check(index: int) -> tuple[int, list[bool | None], list[str]]:
        verdicts, problems = [], []
        for key_id, signature in log.decoded[index].signatures:
            key, name = keys.get(key_id), f"entry {index}, key {key_id.hex()[:12]}"
            if not key or key.index > index:
                problems.append(f"{name}: not announced in the log so far")
                continue
            try:
                verdicts.append(
                    run.verifier.statement_signature(key, signature, log.decoded[index].statement_id, log.statements[index])
                )
                if verdicts[-1] is False:
                    problems.append(f"{name}: the signature does not verify")
            except ValueError as error:
                problems.append(f"{name}: {error}")
        return index, verdicts, problems

    readable = [i for i in range(log.size) if log.decoded[i] and log.statements[i] is not None]
    with ThreadPoolExecutor(run.jobs) as pool:
        results = list(pool.map(check, run.some(readable)))
    for message in (message for _, _, problems in results for message in problems):
        run.fail("signatures", message)
    verdicts = [verdict for _, some, _ in results for verdict in some]
    blind = verdicts.count(None)
    run.say(
        "signatures",
        f"{len(verdicts) - blind} signatures of {len(results)} entries, {blind} not checkable (withheld), {len(keys)} keys",
    )


def check_admission(run: Run, log: Log) -> None:
    """[admission]: the registry replayed over the whole log (records.md 6.4): nothing void, no time that fell, nothing withheld
    without a notice. Signature arithmetic is left to [signatures]."""
    unread = [i for i in range(log.size) if log.decoded[i] is None or log.statements[i] is None]
    if unread:
        run.report.skip("admission", f"entry or statement {unread[0]} could not be read")
        return
    registry = Registry(log.checkpoint.origin)
    for entry, payload, parsed in zip(log.decoded, log.statements, log.parsed):
        registry.log(entry, payload, parsed, withheld=not payload)
    findings = [(index, f"entry {index} is void: {reason}") for index, reason in registry.void.items()]
    findings += [(index, f"entry {index}: TIME_FELL") for index in registry.time_fell]
    findings += [(index, f"entry {index} is withheld without a notice (STATEMENT_MISSING)") for index in registry.missing()]
    for _, message in sorted(findings):
        run.fail("admission", message)
    log.registry = state_text.log_digest(registry)
    run.say("admission", f"{log.size} records admitted as the rules ask, {len(registry.parties)} parties, {len(registry.keys)} keys")


# --- ledgers and store -----------------------------------------------------------------------------------------------------------


def check_acks(run: Run, log: Log) -> None:
    """[acks] [proofs]: what writers were promised (I4, I6, I15)."""
    index_of: dict[bytes, Answer] = {}
    owner_of: dict[int, Answer] = {}
    for answer in (answer for answer in run.answers if answer.promised):
        first, owner = index_of.setdefault(answer.ident, answer), owner_of.setdefault(answer.index, answer)
        run.expect(
            "acks", first.index == answer.index, f"{answer.where}: index {answer.index}, at {first.where} it was {first.index}"
        )
        run.expect(
            "acks",
            owner.ident == answer.ident,
            f"{answer.where}: index {answer.index} was given to another statement at {owner.where}",
        )
        if not 0 <= answer.index < log.size:
            run.fail("acks", f"{answer.where}: index {answer.index} is not below the published size {log.size}")
        elif (entry := log.decoded[answer.index]) is None or entry.statement_id != answer.ident:
            run.fail("acks", f"{answer.where}: entry {answer.index} does not hold the statement {answer.ident.hex()[:12]}")
    published = [answer for answer in run.answers if answer.result == "published"]
    for answer in published:
        check_published(run, log, answer)
    notes = run.some(sorted({row.note for row in (*published, *run.signed) if row.note}))
    with ThreadPoolExecutor(run.jobs) as pool:
        for error in filter(None, pool.map(lambda note: note_error(run, note), notes)):
            run.fail("acks", f"a checkpoint in a ledger: {error}")
    for row in run.signed:
        checkpoint = checkpoint_of(row.note)
        same = checkpoint is not None and (checkpoint.size, checkpoint.root) == (row.size, row.root)
        run.expect("roots", not row.note or same, f"{row.where}: the note is not of the row's size and root")
    promised = sum(answer.promised for answer in run.answers)
    run.say(
        "acks",
        f"{promised} promises ({len(published)} published) for {len(index_of)} statements, {len(notes)} checkpoints verified",
    )
    run.say("proofs", f"{len(published)} inclusion proofs verify against their checkpoints")


def note_error(run: Run, note: bytes) -> str:
    try:
        check_log_note(run, note)
        return ""
    except NoteError as error:
        return str(error)


def check_published(run: Run, log: Log, answer: Answer) -> None:
    """A published answer: its checkpoint covers the index and is covered by the present one; its proof leads to its root."""
    checkpoint = checkpoint_of(answer.note)
    if checkpoint is None:
        run.fail("acks", f"{answer.where}: published without a checkpoint")
        return
    run.expect(
        "acks",
        answer.index < checkpoint.size,
        f"{answer.where}: checkpoint of size {checkpoint.size} does not cover index {answer.index}",
    )
    run.expect(
        "acks",
        answer.size in (None, checkpoint.size),
        f"{answer.where}: size {answer.size} beside a checkpoint of size {checkpoint.size}",
    )
    run.expect("growth", checkpoint.size <= log.size, f"{answer.where}: size {checkpoint.size} was published, now {log.size} is")
    if log.tree and 0 <= answer.index < log.size:
        try:
            root = root_from_path(answer.index, checkpoint.size, log.tree.levels[0][answer.index], answer.proof)
            run.expect(
                "proofs", root == checkpoint.root, f"{answer.where}: the proof of index {answer.index} leads to another root"
            )
        except ValueError as error:
            run.fail("proofs", f"{answer.where}: {error}")


def check_heads(run: Run, log: Log, store: str) -> None:
    """[heads]: table `heads` of the store (protocols.md section 8): known roots, and a row for whatever was signed (I10)."""
    try:
        with closing(sqlite3.connect(f"{Path(store).resolve().as_uri()}?mode=ro", uri=True)) as database:
            rows = dict(database.execute("SELECT size, root FROM heads ORDER BY size"))
    except sqlite3.Error as error:
        run.fail("heads", f"{store}: {error}")
        return
    for size, root in rows.items():
        if log.tree and size <= log.size:
            run.expect("heads", log.tree.root(size) == root, f"head {size}: root is not that of the entries")
    run.expect("heads", log.size in rows, f"no row for the published size {log.size}")
    for row in run.signed:
        run.expect("heads", row.size in rows, f"{row.where}: no row for the signed size {row.size}")
    # A batch has one T (records.md 6.2): two times below one row mean a lost row, or a store that was restored.
    sizes = [size for size in sorted(rows) if size <= log.size]
    mixed = sum(len({e.logged_at_ms for e in log.decoded[a:b] if e}) > 1 for a, b in zip([0, *sizes], sizes))
    run.say("heads", f"{len(rows)} rows, {mixed} of them cover entries of several times")


# --- one run -------------------------------------------------------------------------------------------------------------------


def verify(run: Run, wait: float, store: str | None) -> Log | None:
    """Runs every check; None where there is no checkpoint to go by."""
    checkpoint = fetch_checkpoint(run, wait)
    if not checkpoint:
        for name in CHECKS:
            run.report.skipped.setdefault(name, "no checkpoint to go by")
        return None
    log = read_log(run, checkpoint)
    check_bytes(run, log)
    check_tiles(run, log)
    check_roots(run, log)
    for check in (check_genesis, check_derive, check_dups, check_times, check_signatures, check_admission):
        check(run, log)
    check_acks(run, log)
    if not run.answers:
        run.report.skip("acks", "no acknowledgement ledger given (--acks FILE)")
    if not any(answer.result == "published" for answer in run.answers):
        run.report.skip("proofs", "no published answer in the ledgers given")
    if store:
        check_heads(run, log, store)
    else:
        run.report.skip("heads", "no store given (--store FILE.db)")
    return log


def print_report(run: Run, url: str, log: Log | None, as_json: bool) -> None:
    rows = run.report.rows()
    if not as_json:
        for name, result, detail in rows:
            print(f"{result:<7} [{name}] {detail}")
        if log and log.registry:
            print(f"registry {log.registry}")
        return
    head = {"size": str(log.size), "root": log.checkpoint.root.hex()} if log else {}
    checks = [{"name": name, "result": result, "detail": detail} for name, result, detail in rows]
    for check in checks:
        if failures := run.report.failures[check["name"]]:
            check |= {"failures": str(len(failures)), "messages": failures[:MAX_MESSAGES]}
    if log and log.registry:
        head["registry"] = log.registry
    print(json.dumps({"verified": run.report.verified, "url": url, "origin": run.vkey.name, **head, "checks": checks}))


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="verify_log.py", description="Checks a trustlog log from outside.")
    parser.add_argument("url", help="base URL of the log")
    parser.add_argument("vkey", help="the log's Ed25519 verifier key")
    parser.add_argument("--acks", action="append", default=[], metavar="FILE", help="acknowledgement ledger")
    parser.add_argument("--signatures", action="append", default=[], metavar="FILE", help="signature ledger")
    parser.add_argument("--store", metavar="FILE.db", help="SQLite store, for its head history")
    parser.add_argument("--seed", type=int, default=1, help="of every sample")
    parser.add_argument(
        "--sample", type=int, default=200, help="entries, widths and ledger checkpoints looked at where not all are"
    )
    parser.add_argument("--wait", type=float, default=10, help="seconds to wait until every promised index is published")
    parser.add_argument("--jobs", type=int, default=8, help="connections and openssl processes at once")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parsed = parser.parse_args(arguments)
    if parsed.jobs < 1 or parsed.sample < 1:
        parser.error("--jobs and --sample are at least 1")
    return parsed


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    try:
        vkey, reader = Vkey.parse(options.vkey), LogReader(options.url, options.jobs)
        answers = [answer for path in options.acks for answer in ledgers.read_acknowledgements(path)]
        signed = [row for path in options.signatures for row in ledgers.read_signatures(path)]
    except (ValueError, OSError) as error:
        print(f"verify_log: {error}", file=sys.stderr)
        return 2
    with reader, Verifier() as verifier:
        run = Run(reader, vkey, verifier, Report(), random.Random(options.seed), options.sample, options.jobs, answers, signed)
        try:
            log = verify(run, options.wait, options.store)
        except Unreachable as error:
            print(f"verify_log: {error}", file=sys.stderr)
            return 2
    print_report(run, options.url, log, options.json)
    return 0 if run.report.verified else 1


if __name__ == "__main__":
    sys.exit(main())
