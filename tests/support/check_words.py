#!/usr/bin/env python3
"""The repository speaks of the product alone: no paths of one machine, no hosts of package registries, nothing left for later without a reason."""
import re
import subprocess
import sys

FORBIDDEN = [
    (re.compile(r"(^|[^A-Za-z0-9_.])/(wo" + "rk|fa" + r"rm)/"), "a path of one machine"),
    (re.compile("deb" + r"\.debian\.org|registry\.npm" + "js|proxy\\.golang" + "|py" + r"pi\.org|crates" + r"\.io"), "a package registry's host"),
    (re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b"), "something left for later"),
]
LONGEST = 600


def main():
    files = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    bad = 0
    for path in filter(None, files):
        if path.endswith((".json", "LICENSE")) or path.startswith(("tests/fuzz/corpus/", "proto/google/")):
            continue
        try:
            lines = open(path, encoding="utf-8").read().split("\n")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        for number, line in enumerate(lines, 1):
            for pattern, what in FORBIDDEN:
                if pattern.search(line):
                    print(f"{path}:{number}: {what}: {line.strip()[:100]}")
                    bad += 1
        if path.endswith((".cc", ".h")) and not path.startswith("tests/") and len(lines) > LONGEST:
            print(f"{path}: {len(lines)} lines")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
