#!/usr/bin/env python3
"""Conformance ids (A1, E11, G2, K3 ...) and the tests that name them.

    ids.py            every id and its tests
    ids.py --check    exit 1 if an id that this version covers is named by no test

A test covers an id by carrying it in its name or in a comment.
"""
import pathlib
import re
import sys

RANGES = {"A": 22, "B": 15, "C": 11, "D": 9, "E": 13, "G": 12, "H": 8, "K": 12, "T": 11}
# Parts that this version does not have: witnesses, mirrors, the JSON API, several nodes, and what needs them.
LATER = {f"B{n}" for n in range(1, 16)} | {f"C{n}" for n in range(1, 12)} | {f"D{n}" for n in range(1, 10)}
LATER |= {"A18", "A20", "A21", "A22", "G8", "G12", "H4", "K10", "K11", "T4", "T7", "T8", "T9", "T10", "T11"}
# One or several in a row, as in the name A9A13NothingIsServedBeforeTheFirstPublication.
IDS = re.compile(r"(?<![A-Za-z0-9])((?:[ABCDEGHKT][0-9]{1,2})+)(?![0-9a-z])")
ID = re.compile(r"[ABCDEGHKT][0-9]{1,2}")


def main():
    root = pathlib.Path(__file__).resolve().parents[1]
    found = {}
    for path in sorted(root.rglob("*")):
        if path.suffix not in (".cc", ".py", ".go") or path.name in ("ids.py",) or "vectors" in path.parts:
            continue
        for name in set(ID.findall(" ".join(IDS.findall(path.read_text(encoding="utf-8", errors="replace"))))):
            found.setdefault(name, []).append(str(path.relative_to(root)))
    wanted = [f"{letter}{n}" for letter, last in RANGES.items() for n in range(1, last + 1)]
    missing = [name for name in wanted if name not in found and name not in LATER]
    if "--check" not in sys.argv:
        for name in wanted:
            state = ", ".join(found[name]) if name in found else ("later" if name in LATER else "MISSING")
            print(f"{name:4} {state}")
    print(f"{len(wanted) - len(missing)} of {len(wanted)} ids covered or of a later version; missing: {' '.join(missing) or 'none'}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
