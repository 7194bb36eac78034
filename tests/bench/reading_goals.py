"""P10 to P13: a log that is served, read by strangers and started again."""
import pathlib
import time

import mirror_files
import programs
from lines import Line
from plan import TESSERA, Batches, middle
from programs import Broken, Skip, say


def fill(plan, log, batches):
    while log.size() < plan.served:
        say(f"the served log: {log.size():,} of {plan.served:,} entries")
        batches.run(log, 5, most_ahead=plan.served)


def mirror(plan, log):
    folder = plan.folder / "www"
    if not folder.exists():
        mirror_files.mirror(log.url, log.size(), folder)
    return folder


def measure_tiles(plan, log):
    if not plan.wants("P10"):
        return []
    say("P10: tiles over HTTP beside nginx")
    try:
        nginx = programs.Nginx(plan.folder, mirror(plan, log))
    except Skip as reason:
        return [Line("P10", "an 8 KiB tile over HTTP / nginx with the same file", ">= 1.0", skipped=str(reason))]
    try:
        tile, reads = {"ours": [], "nginx": []}, {"ours": [], "nginx": []}
        cpu = {"ours": [], "nginx": []}
        kernel = {"ours": log.kernel, "nginx": programs.Process(worker_of(nginx.process.pid))}
        for number in range(plan.rounds):
            for side, url in (("ours", log.url), ("nginx", nginx.url))[:: 1 if number % 2 == 0 else -1]:
                begin = kernel[side].cpu_seconds()
                row = plan.keep(f"tile {side}", programs.tile_load(url.rsplit(":", 1)[1].strip("/"), "/tile/0/000", plan.seconds))
                cpu[side].append((kernel[side].cpu_seconds() - begin) / (plan.seconds + 0.3) * 1e6 / row["rate"])
                tile[side].append(row["rate"])
                reads[side].append(plan.keep(f"tiles {side}", log.bench("tiles", clients=64, seconds=plan.seconds, url=url))["entriesPerSecond"])
        note = f"server CPU {middle(cpu['ours']):.1f} µs a tile, nginx {middle(cpu['nginx']):.1f}"
        return [Line("P10", "an 8 KiB tile over HTTP, 64 connections / nginx with the same file", ">= 1.0", tile["ours"], tile["nginx"], least=1.0,
                     comparator="nginx, one worker", note=note),
                Line("P10a", "bundles and tiles, read and verified, 64 connections, entries a second / nginx with the same files", "-",
                     reads["ours"], reads["nginx"])]
    finally:
        nginx.stop()


def worker_of(master):
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == master:
            return int(status.parent.name)
    raise Broken("nginx has no worker")


def timed(call):
    begin = time.monotonic()
    call()
    return time.monotonic() - begin


def measure_verification(plan, log):
    """Of a whole log by strangers: files on this disk, as Tessera's fsck reads its own; then the register replayed over HTTP."""
    if not plan.wants("P12"):
        return []
    say("P12: verifying whole logs")
    lines = fsck_lines(plan, log)
    ours, verify = replays(plan, log)
    lines.append(Line("P12b", "monitor replay with register, one signature each, over HTTP / both cores verifying signatures", ">= 0.8", ours, verify,
                      least=0.8, comparator="Ed25519, twice one core's rate"))
    what, goal = "monitor replay with register, batch-signed, over HTTP", ">= 500,000/s"
    (plan.folder / "together").mkdir()
    other = programs.Log(plan.folder / "together")
    try:
        fill(plan, other, Batches(together=True))
        ours, _ = replays(plan, other)
    finally:
        other.stop()
    return [*lines, Line("P12a", what, goal, ours, met=middle(ours) >= 500_000)]


def fsck_lines(plan, log):
    """Hashes and tree alone (`--from` the end: no statement), then with all statements; Tessera over the same files and over its own."""
    files = mirror(plan, log)
    size = mirror_files.size_of(files)
    an_entry = sum(path.stat().st_size for path in (files / "tile" / "entries").rglob("*") if path.is_file() and path.suffix != ".gz") / size - 2
    vkey = (log.folder / "log.policy").read_text(encoding="utf-8").split("log ", 1)[1].split()[0]
    tree, whole, same, own, own_size, reason = [], [], {1: [], 4: []}, {1: [], 4: []}, 0, ""
    for _ in range(plan.rounds):
        tree.append(plan.keep("fsckTree", size / timed(lambda: log.client("fsck", "--dir", files, "--from", size))))
        whole.append(plan.keep("fsck", size / timed(lambda: log.client("fsck", "--dir", files))))
        try:
            for workers in (1, 4):
                row = plan.peers().call("fsck", "-folder", files, "-workers", workers, "-vkey", vkey)
                same[workers].append(plan.keep("tesseraFsckSame", row)["rate"])
                row = plan.peers().call("fsck", "-folder", plan.folder / "tessera", "-workers", workers)
                own[workers].append(plan.keep("tesseraFsck", row)["rate"])
                own_size = row["entries"]
        except Skip as why:
            reason = str(why)
    best = {name: max(rates.values(), key=middle) if not reason else [] for name, rates in (("same", same), ("own", own))}
    comparator = f"{TESSERA}, the better of 1 and 4 workers"
    what = f"fsck of {size:,} entries of {an_entry:.0f} B from files, hashes and tree"
    return [Line("P12", f"{what} / Tessera's fsck of the same files", ">= 2", tree, best["same"], least=2, comparator=comparator, skipped=reason),
            Line("P12c", f"{what} / Tessera's fsck of its own {own_size:,} of 300 B", "-", tree, best["own"], comparator=comparator, skipped=reason),
            Line("P12d", "fsck of the same files with every statement parsed and compared", "-", whole)]


def replays(plan, log):
    """Entries a second of a monitor that starts anew, and signatures a second that both cores verify, by round."""
    ours, verify = [], []
    for number in range(plan.rounds):
        state, size = plan.folder / f"monitor-{log.http}-{number}", log.size()
        ours.append(plan.keep("monitor", size / timed(lambda: log.client("monitor", "once", state=state))))
        verify.append(2 * log.bench("calls", clients=1, seconds=0.2)["verificationsPerSecond"])
    return ours, verify


def measure_restart(plan, log):
    if not plan.wants("P11", "P13"):
        return []
    say("P11, P13: the server started again")
    loaded = log.kernel.resident_mb()
    seconds, resident = [], []
    for _ in range(3):
        log.stop()
        log.start()
        seconds.append(log.started_seconds)
        resident.append(log.kernel.resident_mb())
    size = log.size()
    return [Line("P11a", f"resident memory of trustlogd at {size:,} entries after the load", "-", [loaded], unit="MB",
                 note=f"{middle(resident):.0f} MB after a start"),
            Line("P13a", f"start-up of trustlogd at {size:,} entries, register replayed", "-", seconds, unit="s")]
