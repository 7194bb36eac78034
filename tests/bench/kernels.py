#!/usr/bin/env python3
"""Runs hash_bench and prints what the SHA-256 kernels gain, each beside its comparator in one run, rounds interleaved at random.

  kernels.py HASH_BENCH [--rounds N] [--out FILE]

One line a goal: ID RATIO, then both sides as medians, the rounds, and the least and greatest ratio of a round. P4 is another process
in which OpenSSL may not use SHA-NI. Nothing passes or fails on a time.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

NO_SHA_NI = ":~0x20000000"  # OPENSSL_ia32cap(3): bit 29 of the second word


def measure(program, works, rounds, environment=None):
    """{benchmark: items a second, by round} of the benchmarks named, and the preferred kernel."""
    command = [program, "--benchmark_format=json", f"--benchmark_repetitions={rounds}", "--benchmark_min_time=0.1",
               "--benchmark_enable_random_interleaving=true", f"--benchmark_filter=^({'|'.join(works)})(/real_time)?$"]
    output = subprocess.run(command, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    report = json.loads(output.stdout)
    figures = {}
    for run in report["benchmarks"]:
        if run["run_type"] == "iteration":
            name = run["run_name"].removesuffix("/real_time")
            figures.setdefault(name, {})[run["repetition_index"]] = run["items_per_second"]
    return {name: [by_round[i] for i in sorted(by_round)] for name, by_round in figures.items()}, report["context"]["preferred_kernel"]


def preferred_kernel(program):
    return measure(program, ["nodes/portable"], 1)[1]


def goal(identifier, what, figures, base, ours):
    ratios = [b / a for a, b in zip(figures[base], figures[ours], strict=True)]
    medians = [statistics.median(figures[name]) for name in (base, ours)]
    return {"id": identifier, "what": what, "ratio": medians[1] / medians[0], "base": base, "basePerSecond": medians[0], "ours": ours,
            "oursPerSecond": medians[1], "rounds": len(ratios), "least": min(ratios), "greatest": max(ratios),
            "baseByRound": figures[base], "oursByRound": figures[ours]}


def measure_all(program, rounds):
    """Every comparison that this CPU can make."""
    best = preferred_kernel(program)
    pairs = [("P1", "interior nodes", "nodes/naive", f"nodes/{best}"),
             ("P2", "leaves of 300 bytes", "leaves300/naive", f"leaves300/{best}"),
             ("P2a", "leaves of 64 bytes", "leaves64/naive", f"leaves64/{best}"),
             ("P2b", "leaves of 1,024 bytes", "leaves1024/naive", f"leaves1024/{best}"),
             ("P2c", "leaves of 100 to 1,000 bytes", "leaves_mixed/naive", f"leaves_mixed/{best}"),
             ("P3", "tree of 1 M on 2 threads, naive on 1", "tree1/naive", f"tree2/{best}"),
             ("P3a", "tree of 1 M on 1 thread", "tree1/naive", f"tree1/{best}")]
    figures, _ = measure(program, sorted({name for pair in pairs for name in pair[2:]}), rounds)
    goals = [goal(identifier, what, figures, base, ours) for identifier, what, base, ours in pairs]
    masked = [("P4", "nodes, OpenSSL without SHA-NI", "nodes/portable", "nodes/avx2"),
              ("P4a", "leaves of 300 bytes, the same", "leaves300/portable", "leaves300/avx2")]
    figures, _ = measure(program, [name for pair in masked for name in pair[2:]], rounds, {"OPENSSL_ia32cap": NO_SHA_NI})
    goals += [goal(identifier, what, figures, base, ours) for identifier, what, base, ours in masked if ours in figures]
    return goals


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out")
    arguments = parser.parse_args()
    goals = measure_all(arguments.program, arguments.rounds)
    for line in goals:
        print(f"{line['id']:<4}{line['ratio']:6.2f}  {line['what']}: {line['base']} {line['basePerSecond'] / 1e6:.2f} M/s, "
              f"{line['ours']} {line['oursPerSecond'] / 1e6:.2f} M/s, {line['rounds']} rounds, {line['least']:.2f} to {line['greatest']:.2f}")
    if arguments.out:
        with open(arguments.out, "w", encoding="utf-8") as file:
            json.dump(goals, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
