"""From single runs to medians, to ratios between servers of the same round, and to what the second way says."""

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median

# By how much two ways to measure one figure may differ before it is marked.
APART = 1.25


@dataclass(frozen=True)
class Spread:
    """Smallest, median and largest of the rounds."""

    low: float
    middle: float
    high: float


def spread(values: list) -> Spread | None:
    """None of no values."""
    return Spread(min(values), median(values), max(values)) if values else None


class Results:
    """What a run of the benchmark found."""

    def __init__(self, path: Path):
        found = json.loads(path.read_text())
        self.about, self.memory = found["about"], found["memory"]
        self._by_cell = {}
        for record in found["records"]:
            cell = tuple(record["cell"].items())
            by_server = self._by_cell.setdefault(cell, {})
            by_server.setdefault(record["server"], {})[record["round"]] = record

    def cells(self, **wanted) -> list:
        """The cells with these values, in the order they were measured."""
        all_cells = [dict(cell) for cell in self._by_cell]
        return [cell for cell in all_cells if all(cell[name] == value for name, value in wanted.items())]

    def servers(self, cell: dict) -> list:
        """The servers that were measured in this cell."""
        return list(self._by_cell[tuple(cell.items())])

    def _rounds(self, cell: dict, server: str) -> dict:
        rounds = self._by_cell.get(tuple(cell.items()), {}).get(server, {})
        return {number: record for number, record in rounds.items() if "void" not in record}

    def voids(self, cell: dict, server: str) -> list:
        """Why runs of this server do not count."""
        rounds = self._by_cell.get(tuple(cell.items()), {}).get(server, {})
        return [record["void"] for record in rounds.values() if "void" in record]

    def figure(self, cell: dict, server: str, name: str) -> Spread | None:
        """One figure over all rounds."""
        return spread([value(record, name) for record in self._rounds(cell, server).values()])

    def second(self, cell: dict, server: str, name: str) -> Spread | None:
        """The same from wrk."""
        rounds = self._rounds(cell, server).values()
        return spread([value(record["wrk"], name) for record in rounds if "wrk" in record])

    def apart(self, cell: dict, server: str, name: str) -> bool:
        """Whether the two ways differ by more than a quarter. wrk's percentiles are compared with those that are computed as
        wrk does it; its rate is not compared where it is fixed."""
        if name == "per_second" and cell["rate"]:
            return False
        records = [record for record in self._rounds(cell, server).values() if "wrk" in record]
        firsts = [record["as_wrk"].get(name, value(record, name)) for record in records]
        seconds = [value(record["wrk"], name) for record in records]
        ratios = [second / first for first, second in zip(firsts, seconds, strict=True) if first]
        return bool(ratios) and not 1 / APART <= median(ratios) <= APART

    def busy(self, cell: dict, server: str) -> Spread | None:
        """How many processors the server keeps busy."""
        rounds = self._rounds(cell, server).values()
        return spread([record["cpu_us"] * record["per_second"] / 1e6 for record in rounds])

    def ratio(self, cell: dict, server: str, other: str, name: str = "per_second") -> Spread | None:
        """This server's figure by another's, each within its own round."""
        ours, theirs = self._rounds(cell, server), self._rounds(cell, other)
        pairs = [(value(ours[n], name), value(theirs[n], name)) for n in ours if n in theirs]
        return spread([one / two for one, two in pairs if two])

    def tail(self, cell: dict, server: str) -> Spread | None:
        """The 99th percentile by the 50th, within each round."""
        rounds = self._rounds(cell, server).values()
        return spread([record["p99_ms"] / record["p50_ms"] for record in rounds if record["p50_ms"]])


def value(record: dict, name: str) -> float:
    """A figure of a record; `all_cpu_us` is the CPU time of server and database together."""
    if name == "all_cpu_us":
        return record["cpu_us"] + record["database_cpu_us"]
    return record[name]
