"""From single runs to medians, and to ratios between servers of the same round."""

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median


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
        self.about, self.memory, self.speed = found["about"], found["memory"], found["speed"]
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
        """Who was measured in this cell."""
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
        return spread([record[name] for record in self._rounds(cell, server).values()])

    def busy(self, cell: dict, server: str) -> Spread | None:
        """The server's share of one processor. What stays below 1 without waiting for a disk or a database was
        limited by the load generator."""
        rounds = self._rounds(cell, server).values()
        return spread([record["cpu_ms"] * record["per_second"] / 1000 for record in rounds])

    def ratio(self, cell: dict, server: str, other: str, name: str = "per_second") -> Spread | None:
        """This server's figure by another's, each within its own round. The CPU time is the server's alone."""
        ours, theirs = self._rounds(cell, server), self._rounds(cell, other)
        return spread([ours[n][name] / theirs[n][name] for n in ours if n in theirs and theirs[n][name]])

    def by_floor(self, cell: dict, server: str) -> Spread | None:
        """This server's CPU time by that of bare actix-web and of the database alone together, each within its own round:
        how many times less a server can take at most that asks the database for every request."""
        peer, bare, alone = (self._rounds(cell, name) for name in (server, "bare", "database"))
        both = [number for number in peer if number in bare and number in alone]
        return spread([peer[n]["cpu_ms"] / (bare[n]["cpu_ms"] + alone[n]["cpu_ms"]) for n in both])

    def tail(self, cell: dict, server: str) -> Spread | None:
        """The 99th percentile by the 50th, within each round."""
        rounds = self._rounds(cell, server).values()
        return spread([record["p99_ms"] / record["p50_ms"] for record in rounds if record["p50_ms"]])
