#!/usr/bin/env python3
"""Copies what a log serves into plain files, as any web server can serve it: mirror_files.py URL SIZE FOLDER.

What the log sends compressed to whoever takes that lies beside each file as FILE.gz, so that the same bytes are sent by both.
"""
import pathlib
import sys
import urllib.request


def number(index):
    groups = []
    while True:
        groups.append(f"{index % 1000:03}")
        index //= 1000
        if index == 0:
            return "/".join(["x" + group for group in reversed(groups[1:])] + [groups[0]])


def paths(size):
    yield "checkpoint"
    level, nodes = 0, size
    while nodes > 0:
        kinds = [str(level)] + (["entries", "statements"] if level == 0 else [])
        for kind in kinds:
            for index in range(nodes // 256):
                yield f"tile/{kind}/{number(index)}"
            if nodes % 256:
                yield f"tile/{kind}/{number(nodes // 256)}.p/{nodes % 256}"
        level, nodes = level + 1, nodes // 256


def size_of(folder):
    """Of the log whose checkpoint lies in `folder`."""
    return int((pathlib.Path(folder) / "checkpoint").read_bytes().split(b"\n")[1])


def mirror(url, size, folder):
    url, folder = url.rstrip("/"), pathlib.Path(folder)
    for path in paths(size):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(f"{url}/{path}") as answer:
            target.write_bytes(answer.read())
        request = urllib.request.Request(f"{url}/{path}", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            if answer.headers["Content-Encoding"] == "gzip":
                target.with_name(target.name + ".gz").write_bytes(answer.read())


def main():
    mirror(sys.argv[1], int(sys.argv[2]), sys.argv[3])


if __name__ == "__main__":
    main()
