"""What one run measures, and what it keeps; shared by the files of goals."""
import dataclasses
import pathlib

import programs
from programs import Skip

TESSERA = "Tessera 1.0.4"


@dataclasses.dataclass
class Plan:
    wanted: set  # of ids
    rounds: int
    seconds: float
    entries: int  # of the large log of the core
    served: int  # of the log that the server starts with
    quick: bool
    folder: pathlib.Path
    raw: dict = dataclasses.field(default_factory=dict)  # figures as measured, for the JSON
    _peers: object = None

    def wants(self, *ids):
        return bool(self.wanted & set(ids))

    def peers(self):
        if self._peers is None:
            try:
                self._peers = programs.Peers()
            except Skip as reason:
                self._peers = reason
        if isinstance(self._peers, Skip):
            raise self._peers
        return self._peers

    def keep(self, name, value):
        self.raw.setdefault(name, []).append(value)
        return value


def column(rows, name):
    return [row[name] for row in rows]


def middle(values):
    return sorted(values)[len(values) // 2]


def median(rows, name):
    return middle(column(rows, name))


class Batches:
    """1,000 statements a call, 16 in flight; each with a signature of its own, or all of a call signed together."""

    def __init__(self, together):
        self.together = together
        self.options = ["--items", 1000, "--wait", "durable", *(["--signed-together", 1000] if self.together else [])]
        self.ahead = 60_000 if self.together else 20_000  # statements a second that a machine might take

    def run(self, log, seconds, most_ahead=3_000_000):
        return log.submit("batch", *self.options, ahead=min(seconds * self.ahead, most_ahead), clients=16, seconds=seconds)
