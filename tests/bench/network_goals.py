"""P7 to P9, P15 to P18: calls to a running log, beside empty calls and beside Tessera behind HTTP."""
import dataclasses
import shutil

from lines import Line
from plan import TESSERA, Batches, Plan, column, median
from programs import Skip, say

SUSTAINED_SECONDS = 60
PROTOTYPE = "limit seen in a prototype without signatures: 453,000 to 543,000/s"
FRONTS = {"one": (64, [(64, "5ms"), (64, "10ms"), (64, "250ms")]), "many": (512, [(256, "250ms"), (384, "20ms"), (512, "50ms")])}


def choose_batching(plan, peers, kind):
    """The setting at which the front does most, by a second of each."""
    clients, candidates = FRONTS[kind]
    best = None
    for batch, age in candidates:
        folder = plan.folder / "front-try"
        with peers.front(folder, "-batch", batch, "-age", age) as url:
            rate = peers.call("load", "-url", url, "-clients", clients, "-seconds", "1500ms")["rate"]
        shutil.rmtree(folder)
        plan.keep("frontSettings", {"clients": clients, "batch": batch, "age": age, "rate": rate})
        if best is None or rate > best[0]:
            best = (rate, batch, age)
    return best[1:]


@dataclasses.dataclass
class Fronts:
    """Tessera behind HTTP, when it can be had: one server at a time, so that it has the machine to itself."""
    plan: Plan
    settings: dict = dataclasses.field(default_factory=dict)
    rows: dict = dataclasses.field(default_factory=lambda: {"one": [], "many": [], "await": []})
    reason: str = ""

    def prepare(self):
        try:
            peers = self.plan.peers()
        except Skip as reason:
            self.reason = str(reason)
            return
        for kind, goal in (("one", "P15"), ("many", "P16")):
            if self.plan.wants(goal):
                self.settings[kind] = (FRONTS[kind][0], *choose_batching(self.plan, peers, kind), [])
        if self.plan.wants("P17"):
            self.settings["await"] = (64, 64, "5ms", ["-await"])

    def turn(self):
        for kind, (clients, batch, age, more) in self.settings.items():
            with self.plan.peers().front(self.plan.folder / f"front-{kind}", "-batch", batch, "-age", age, *more) as url:
                row = self.plan.peers().call("load", "-url", url, "-clients", clients, "-seconds", f"{self.plan.seconds}s")
            self.rows[kind].append(self.plan.keep(f"front {kind}", row))

    def line(self, kind, identifier, what, goal, least, ours, **more):
        if self.reason:
            return Line(identifier, what, goal, skipped=self.reason)
        clients, batch, age, _ = self.settings[kind]
        comparator = f"{TESSERA} behind HTTP, no signatures, no dedupe, {clients} in flight, batches of {batch} or {age}"
        return Line(identifier, what, goal, column(ours, "entriesPerSecond"), column(self.rows[kind], "rate"), least=least,
                    comparator=comparator, **more)


def measure_network(plan, log):
    needs = {"calls": ("P8", "P9"), "unary": ("P8", "P15"), "published": ("P17", "P18"), "alone": ("P18",), "batch": ("P7", "P16"), "proofs": ("P9",)}
    if not any(plan.wants(*ids) for ids in needs.values()):
        return []
    fronts = Fronts(plan)
    fronts.prepare()
    batches = Batches(together=True)
    rows = {name: [] for name in [*needs, "callsAlone", "proofsAlone"]}
    signed = plan.seconds * 15_000
    turns = {
        "calls": lambda: log.bench("calls", clients=64, seconds=plan.seconds),
        "unary": lambda: log.submit("submit", "--wait", "durable", ahead=signed, clients=64, seconds=plan.seconds),
        "published": lambda: log.submit("submit", "--wait", "published", ahead=signed, clients=64, seconds=plan.seconds),
        "alone": lambda: log.submit("submit", "--wait", "published", ahead=plan.seconds * 1_000, clients=1, seconds=plan.seconds),
        "batch": lambda: batches.run(log, plan.seconds),
        "proofs": lambda: log.bench("proofs", clients=16, seconds=plan.seconds)}
    log.submit("batch", "--items", 1000, "--wait", "published", ahead=0, clients=2, seconds=1)  # something to prove
    for number in range(1, plan.rounds + 1):
        say(f"over the network: round {number} of {plan.rounds}")
        for name, turn in turns.items():
            if plan.wants(*needs[name]):
                rows[name].append(plan.keep(name, turn()))
        if plan.wants("P9"):
            for name, kind in (("callsAlone", "calls"), ("proofsAlone", "proofs")):
                rows[name].append(plan.keep(name, log.bench(kind, clients=1, seconds=plan.seconds)))
        fronts.turn()
    lines = []
    if plan.wants("P8"):
        lines.append(unary_line(rows))
    if plan.wants("P9"):
        lines += proof_lines(rows)
    if plan.wants("P7", "P16"):
        lines += batch_lines(plan, log, fronts, batches, rows["batch"])
    if plan.wants("P15"):
        lines.append(fronts.line("one", "P15", "one signed statement a call, durable, 64 in flight / Tessera's front", ">= 1.2", 1.2, rows["unary"]))
    if plan.wants("P17"):
        what = "answer with proof and checkpoint, one signed statement a call, 64 in flight / Tessera's, checkpoint awaited"
        lines.append(fronts.line("await", "P17", what, ">= 10", 10, rows["published"], note="Rekor v2 is measured elsewhere, not in this run"))
    if plan.wants("P18"):
        lines += latency_lines(rows)
    return lines


def unary_line(rows):
    unary, calls = rows["unary"], rows["calls"]
    ceilings = [1 / (1 / one["verificationsPerSecond"] + 1 / empty["entriesPerSecond"]) for one, empty in zip(unary, calls)]
    return Line("P8", "one signed statement a call, durable, 64 in flight / 1 / (verify + empty call)", ">= 0.6", column(unary, "entriesPerSecond"),
                ceilings, least=0.6, note=f"p50 {median(unary, 'p50Ms'):.1f} ms, p99 {median(unary, 'p99Ms'):.1f} ms",
                comparator=f"calls {median(calls, 'entriesPerSecond'):,.0f}/s, verify {median(unary, 'verificationsPerSecond'):,.0f}/s")


def proof_lines(rows):
    alone = Line("P9", "proof by index, one caller / empty call (median time of a call)", ">= 0.7", column(rows["proofsAlone"], "p50Ms"),
                 column(rows["callsAlone"], "p50Ms"), unit="ms", higher=False, least=0.7, comparator="grpc.health.v1 Check")
    many = Line("P9a", "proofs, 16 in flight, each verified by the load program on the same cores / empty calls, 64 in flight", "-",
                column(rows["proofs"], "entriesPerSecond"), column(rows["calls"], "entriesPerSecond"))
    return [alone, many]


def batch_lines(plan, log, fronts, batches, rows):
    lines, how = [], "batch-signed"
    burst = Line("P7", f"1,000 a call, 16 in flight, durable, {how} / one core verifying signatures (burst, {plan.seconds:g} s)",
                 ">= 150,000/s, p99 <= 250 ms", column(rows, "entriesPerSecond"), column(rows, "verificationsPerSecond"),
                 comparator="Ed25519 on one core", note=f"p50 {median(rows, 'p50Ms'):.0f} ms, p99 {median(rows, 'p99Ms'):.0f} ms; {PROTOTYPE}")
    burst.met = median(rows, "entriesPerSecond") >= 150_000 and median(rows, "p99Ms") <= 250
    if plan.wants("P7"):
        lines.append(burst)
        lines.append(sustained_line(plan, log, batches, how, rows))
    if plan.wants("P16"):
        lines.append(fronts.line("many", "P16", f"1,000 a call, {how} / Tessera's front at 512 in flight", ">= 7", 7, rows))
    return lines


def sustained_line(plan, log, batches, how, rows):
    identifier = "P7"
    what = f"the same for {SUSTAINED_SECONDS} s and more (sustained)"
    if plan.quick:
        return Line(identifier + "s", what, skipped="--quick")
    say(f"{identifier}: sustained")
    seconds, written = SUSTAINED_SECONDS + 2, log.kernel.written_bytes()
    row = plan.keep("sustained", batches.run(log, seconds, most_ahead=min(3_000_000, 1.5 * seconds * median(rows, "entriesPerSecond"))))
    written = log.kernel.written_bytes() - written
    note = (f"{how}; {row['entries']:,.0f} entries in {row['seconds']:.0f} s, {written / 1e9:.2f} GB written by the server; "
            f"p99 {row['p99Ms']:.0f} ms")
    return Line(identifier + "s", what, "-", [row["entriesPerSecond"]], [row["verificationsPerSecond"]], comparator="Ed25519 on one core", note=note)


def latency_lines(rows):
    lines = []
    for identifier, name, what, most in (("P18", "published", "64 in flight", 20), ("P18a", "alone", "one caller", 6)):
        p50, p99, rate = (median(rows[name], figure) for figure in ("p50Ms", "p99Ms", "entriesPerSecond"))
        lines.append(Line(identifier, f"answer with proof and checkpoint, {what}: p50", f"<= {most} ms", column(rows[name], "p50Ms"), unit="ms",
                          met=p50 <= most, note=f"p99 {p99:.1f} ms, {rate:,.0f}/s"))
    return lines
