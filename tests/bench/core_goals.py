"""P1 to P6, P11, P13, P14: hashing and the log core in process, and Tessera in process."""
import json
import shutil

import kernels
import programs
from lines import Line
from plan import TESSERA, column, median, middle
from programs import BUILD, Skip, say

KERNEL_GOALS = {"P1": 12, "P2": 5, "P3": 25, "P4": 1.5}
TEN_MILLION = 10_000_000  # the size that P6, P11 and P13 speak of; at another one they are only told


def measure_kernels(plan):
    if not plan.wants(*KERNEL_GOALS):
        return []
    say("P1-P4: SHA-256 kernels")
    lines = []
    for found in kernels.measure_all(str(BUILD / "tests" / "hash_bench"), max(plan.rounds, 5)):
        least = KERNEL_GOALS.get(found["id"])
        lines.append(Line(found["id"], found["what"], f">= {least}" if least else "-", found["oursByRound"], found["baseByRound"], least=least,
                          comparator=found["base"], note=found["ours"]))
    if not any(line.id == "P4" for line in lines):
        lines.append(Line("P4", "nodes, OpenSSL without SHA-NI", ">= 1.5", skipped="this CPU has no AVX2"))
    return lines


def measure_core(plan):
    if not plan.wants("P5"):
        return []
    say("P5: the log core beside bare SQLite")
    entries = 100_000 if plan.quick else 500_000
    rows = plan.keep("core", programs.core("--goal", "p5", "--rounds", plan.rounds, "--entries", entries, "--folder", plan.folder))
    shutil.rmtree(plan.folder / "p5-log")
    (plan.folder / "p5-bare.db").unlink()
    note = (f"published {median(rows, 'publishedRate'):,.0f}/s; {median(rows, 'writtenPerEntryByte'):.2f} bytes written a byte of entry; "
            f"WAL {rows[-1]['walBytes'] / 2**20:,.0f} MiB at the end")
    return [Line("P5", "log core in process, durable, integrated, exact dedupe, batches of 4,096", ">= 0.5", column(rows, "rate"),
                 column(rows, "bareRate"), least=0.5, comparator="bare SQLite, same bundles and tiles", note=note)]


def measure_growth(plan):
    if not plan.wants("P6", "P11", "P13"):
        return []
    say(f"P6, P11, P13: the core grows to {plan.entries:,} entries")
    rows = plan.keep("growth", programs.core("--goal", "p6", "--entries", plan.entries, "--rounds", plan.rounds, "--folder", plan.folder))
    growth = [row for row in rows if row["kind"] == "growth"]
    text = "".join(json.dumps(row) + "\n" for row in growth)
    (programs.ROOT / "build" / "bench-growth.jsonl").write_text(text, encoding="utf-8")
    shutil.rmtree(plan.folder / "p6-small")
    starts = [plan.keep("starts", programs.core("--start", "--folder", plan.folder / "p6-large"))[0] for _ in range(3)]
    shutil.rmtree(plan.folder / "p6-large")
    return [growth_line(growth, [row for row in rows if row["kind"] == "p6"]), memory_line(growth), start_line(starts)]


def growth_line(growth, pairs):
    size, seconds, written = pairs[0]["largeSize"], sum(column(growth, "seconds")), sum(column(growth, "writtenBytes"))
    note = (f"grown in {seconds:.0f} s at {growth[0]['rate']:,.0f}/s (first million) to {growth[-1]['rate']:,.0f}/s (last), "
            f"{written / 1e9:.1f} GB written, WAL {growth[-1]['walBytes'] / 2**20:,.0f} MiB")
    return Line("P6", f"the core at {size:,} entries / at a million", ">= 0.8", column(pairs, "largeRate"), column(pairs, "smallRate"),
                least=0.8 if size >= TEN_MILLION else None, comparator="a smaller log in the same process", note=note)


def memory_line(growth):
    first, last = growth[0], growth[-1]
    mb = last["residentBytes"] / 2**20
    an_entry = (last["residentBytes"] - first["residentBytes"]) / max(last["size"] - first["size"], 1)
    return Line("P11", f"resident memory of the core at {last['size']:,} entries, feeder included", "<= 600 MB, < 24 B/entry", [mb], unit="MB",
                met=mb <= 600 and an_entry < 24 if last["size"] >= TEN_MILLION else None, note=f"{an_entry:.1f} B more an entry since {first['size']:,}")


def start_line(starts):
    size, seconds = starts[0]["size"], column(starts, "seconds")
    return Line("P13", f"start-up of the core at {size:,} entries", "<= 5 s", seconds, unit="s",
                met=max(seconds) <= 5 if size >= TEN_MILLION else None, note=f"{middle(column(starts, 'residentBytes')) / 2**20:.0f} MB resident then")


def measure_peer_in_process(plan):
    """Leaves a log of Tessera's in the folder, for its fsck."""
    if not plan.wants("P14", "P12"):
        return []
    what = "log core in process, exact dedupe / Tessera's POSIX driver, "
    try:
        peers = plan.peers()
    except Skip as reason:
        return [Line("P14", what + "persistent dedupe", ">= 10", skipped=str(reason)), Line("P14b", what + "no dedupe", ">= 6", skipped=str(reason))]
    say("P14: the core beside Tessera's POSIX driver")
    best = ["-seconds", f"{plan.seconds}s", "-flight", 32_768, "-batch", 16_384, "-age", "250ms"]
    ours, deduped, plain = [], [], []
    for _ in range(plan.rounds if plan.wants("P14") else 1):
        plain.append(plan.keep("tessera", peers.call("add", "-folder", plan.folder / "tessera", *best)))
        if plan.wants("P14"):
            ours += plan.keep("coreBesideTessera", programs.core("--append", int(plan.seconds * 150_000), "--folder", plan.folder / "core"))
            deduped.append(plan.keep("tesseraDedupe", peers.call("add", "-folder", plan.folder / "tessera-dedupe", *best, "-dedupe")))
    if not ours:
        return []
    for name in ("core", "tessera-dedupe"):
        shutil.rmtree(plan.folder / name)
    rates, comparator = column(ours, "rate"), f"{TESSERA}, batches of 16,384, 32,768 in flight"
    return [Line("P14", what + "persistent dedupe", ">= 10", rates, column(deduped, "rate"), least=10,
                 comparator=comparator + ", its dedupe best effort with its own pushback"),
            Line("P14b", what + "no dedupe", ">= 6", rates, column(plain, "rate"), least=6, comparator=comparator)]
