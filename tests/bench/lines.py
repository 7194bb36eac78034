"""What the benchmarks print: one Line a goal, as a table, as markdown and as JSON. No measuring here."""
import dataclasses
import datetime
import os
import statistics


@dataclasses.dataclass
class Line:
    """One comparison. `ours` and `theirs` are figures by round, in `unit`; the ratio is of medians, the spread of the rounds."""
    id: str
    what: str
    goal: str = "-"  # as people read it; "-": printed for the reader, nothing is asked of it
    ours: list = dataclasses.field(default_factory=list)
    theirs: list = dataclasses.field(default_factory=list)
    unit: str = "/s"
    least: float | None = None  # the ratio that the goal asks for
    met: bool | None = None  # None: by the ratio, if `least` says which
    higher: bool = True  # more is better; else the ratio is theirs / ours
    comparator: str = ""
    note: str = ""
    skipped: str = ""

    def goal_id(self):
        return "P" + "".join(c for c in self.id if c.isdigit())

    def ratio(self):
        if not self.ours or not self.theirs:
            return None
        return self._divide(statistics.median(self.ours), statistics.median(self.theirs))

    def spread(self):
        ratios = [self._divide(a, b) for a, b in zip(self.ours, self.theirs)]
        ratios = [r for r in ratios if r is not None]
        return (min(ratios), max(ratios)) if ratios else None

    def _divide(self, ours, theirs):
        above, below = (ours, theirs) if self.higher else (theirs, ours)
        return above / below if below else None

    def verdict(self):
        if self.skipped:
            return "SKIP"
        if self.met is not None:
            return "met" if self.met else "not met"
        if self.least is None or self.ratio() is None:
            return "-"
        return "met" if self.ratio() >= self.least else "not met"

    def sides(self):
        if self.skipped:
            return self.skipped
        text = figure(statistics.median(self.ours), self.unit) if self.ours else ""
        if self.theirs:
            text += f" beside {figure(statistics.median(self.theirs), self.unit)}"
        if self.comparator:
            text += f" ({self.comparator})"
        rounds = len(self.ours)
        if self.theirs and rounds > 1:
            text += "; {} rounds, {:.2f} to {:.2f}".format(rounds, *self.spread())
        elif rounds > 1:
            text += f"; {rounds} rounds, {figure(min(self.ours), self.unit)} to {figure(max(self.ours), self.unit)}"
        return "; ".join(part for part in (text, self.note) if part)

    def members(self):
        spread = self.spread()
        return {"id": self.id, "what": self.what, "goal": self.goal, "verdict": self.verdict(), "ratio": self.ratio(), "unit": self.unit,
                "ours": statistics.median(self.ours) if self.ours else None, "theirs": statistics.median(self.theirs) if self.theirs else None,
                "rounds": len(self.ours), "least": spread and spread[0], "greatest": spread and spread[1], "oursByRound": self.ours,
                "theirsByRound": self.theirs, "comparator": self.comparator, "note": self.note, "skipped": self.skipped}


def figure(value, unit):
    if unit == "/s":
        if value >= 1e6:
            return f"{value / 1e6:.2f} M/s"
        return f"{value:,.0f}/s"
    if value >= 100:
        return f"{value:,.0f} {unit}"
    return f"{value:.3g} {unit}"


def machine():
    with open("/proc/cpuinfo", encoding="ascii") as file:
        fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in file)}
    flags = set(fields.get("flags", "").split())
    features = [name for flag, name in (("sha_ni", "SHA-NI"), ("avx2", "AVX2"), ("avx512f", "AVX-512")) if flag in flags]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cpu": fields.get("model name", "unknown"), "family": f"{fields.get('cpu family')}/{fields.get('model')}", "features": features,
            "cores": os.cpu_count(), "memoryGiB": round(memory, 1), "date": datetime.date.today().isoformat(),
            "loadBefore": round(os.getloadavg()[0], 1)}


def describe(of):
    """`loadBefore` is what others did with the machine when the run began: above a fraction of the cores it spoils every figure."""
    return (f"{of['cpu']} (family/model {of['family']}), {of['cores']} cores, {', '.join(of['features']) or 'no SHA-NI, no AVX2'}, "
            f"{of['memoryGiB']} GiB, load average {of['loadBefore']} before, {of['date']}")


def ordered(lines):
    return sorted(lines, key=lambda line: (int(line.goal_id()[1:]), line.id))


def number(ratio):
    if ratio is None:
        return "-"
    return f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}"


def as_text(lines):
    shape = "{:<5} {:>7}  {:<27} {:<8} {}\n"
    text = shape.format("id", "ratio", "goal", "verdict", "what; under it both sides")
    for line in ordered(lines):
        text += shape.format(line.id, number(line.ratio()), line.goal, line.verdict(), line.what) + " " * 52 + line.sides() + "\n"
    return text


def as_markdown(lines, command, of):
    text = f"`{command}` on {describe(of)}; medians, each ratio of one run, its sides turn by turn; load program and server share the cores.\n\n"
    text += "| | what | ratio | goal | | both sides |\n|---|---|---|---|---|---|\n"
    for line in ordered(lines):
        cells = [line.id, line.what, number(line.ratio()), line.goal, line.verdict(), line.sides()]
        text += "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
    return text
