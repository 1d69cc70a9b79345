#!/usr/bin/env python3
"""Measures Taskbridge beside its peers: `run.py quick|default`, or a part of it: `run.py --help`. See bench/README.md.

Rounds are the outermost loop and servers the innermost: what the machine does besides meets all alike, and
every ratio of the report is taken within one round.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from itertools import groupby

from harness import database, fleet, limits, load, machine, process, schema, settings, work, workloads
from harness.settings import RESULTS, WORK


class Run:
    """A whole run: databases, programs and what was found."""

    def __init__(self, asked: argparse.Namespace):
        self.cells, self.rounds, self.seconds, self.form = asked.cells, asked.rounds, asked.seconds, asked.form
        self.path = RESULTS / f"{asked.form}-{time.strftime('%Y%m%d-%H%M%S')}.json"
        self.machine = machine.facts()
        self.builder = fleet.Builder()
        self.files = {}
        self.databases = {}
        self.records = []
        self.memory = []

    def prepare(self) -> None:
        """Builds what the plan names, and makes databases and requests."""
        needed = {"fastapi": "python", "fastify": "node", "axum-tuned": "axum", "bare": "limits", "database": "limits"}
        for name in dict.fromkeys(server for cell in self.cells for server in cell.servers):
            self.builder.get({"rls": "taskbridge"}.get(name, needed.get(name, name)))
        self.builder.get("load")
        for cell in self.cells:
            if cell.workload not in self.files:
                self.files[cell.workload] = workloads.file(cell.workload)
            if cell.database not in self.databases:
                self.databases[cell.database] = database.of(cell.database)

    def round(self, number: int) -> None:
        """Every cell once; the order of the servers turns with the round."""
        for name, cells in groupby(self.cells, key=lambda cell: cell.database):
            cells, here = list(cells), self.databases[name]
            wanted = list(dict.fromkeys(server for cell in cells for server in cell.servers))
            running = {}
            try:
                for server in wanted:
                    if server == "database":
                        here.fresh(server, schema.ALONE)
                    else:
                        running[server] = fleet.start(self.builder, server, here)
                here.settle()
                warmed = set()
                for cell in cells:
                    turn = number % len(cell.servers)
                    for server in cell.servers[turn:] + cell.servers[:turn]:
                        self.measure(cell, server, running.get(server), here, number, warmed)
                self.remember(running, name, number)
            finally:
                for server in running.values():
                    process.stop(server.child)
                for server in wanted:
                    here.drop(server)

    def measure(self, cell, name: str, running, here, number: int, warmed: set) -> None:
        """One cell on one server."""
        if name == "database":
            found = limits.measure(cell, here, self.builder.get("limits"), self.seconds)
        else:
            try:
                if (name, cell.workload) not in warmed:
                    load.warm(self.builder.get("load"), running, self.files[cell.workload])
                    warmed.add((name, cell.workload))
                found = self.load(cell, running, here)
            except load.Void as fault:
                return self.void(cell, name, str(fault), number)
        self.record(cell, name, number, **found)
        second = found.get("wrk", {})
        text = [f"{found[figure]:.4g}" + (f" ({second[figure]:.4g})" if second else "") for figure in load.FIGURES]
        print(f"{number + 1}  {cell.name:<34} {name:<10} " + "  ".join(f"{part:<17}" for part in text), flush=True)

    def load(self, cell, running, here) -> dict:
        """Both ways. What was answered 201 must be stored."""
        file, alone = self.files[cell.workload], running.name == "bare"
        counts, pid = cell.workload == "create" and not alone, None if alone else here.pid
        stored = here.count(running.name) if counts else 0
        found = load.run(self.builder.get("load"), running, file, cell.load, self.seconds, pid)
        if counts and here.count(running.name) - stored < found["requests"]:
            raise load.Void(f"{found['requests']} tasks answered, fewer stored")
        return found | {"wrk": load.wrk(running, file, cell.load, self.seconds, pid)}

    def record(self, cell, server: str, number: int, **found) -> None:
        """Keeps what one run found."""
        self.records.append({"round": number, "cell": cell.key(), "server": server, **found})

    def void(self, cell, server: str, why: str, number: int) -> None:
        """Keeps that a run does not count and the server's log, which the next start overwrites, and says so at once and
        in the report."""
        self.record(cell, server, number, void=why)
        log = self.path.with_suffix(f".{server}-{number + 1}.log")
        shutil.copyfile(WORK / f"{server}.log", log)
        print(f"VOID  {cell.name}, {server}: {why} (its log: {log})", flush=True)

    def remember(self, running: dict, name: str, number: int) -> None:
        """Memory, before and after the load."""
        for server in running.values():
            self.memory.append(
                {
                    "round": number,
                    "server": server.name,
                    "database": name,
                    "idle_mb": server.idle_mb,
                    "after_mb": process.resident_megabytes(server.pid),
                    "start_ms": server.start_ms,
                }
            )

    def save(self, rounds: int) -> None:
        """Writes what was found so far, after each round: a run that is ended early keeps the rounds that were whole."""
        about = {
            "form": self.form,
            "rounds": rounds,
            "seconds": self.seconds,
            "pool": settings.POOL,
            "baseline": settings.baseline(),
            "machine": self.machine,
        }
        self.path.write_text(json.dumps({"about": about, "records": self.records, "memory": self.memory}, indent=1))

    def close(self) -> None:
        """Removes everything but the results."""
        for each in self.databases.values():
            each.close()


def some_of(known: tuple):
    """A list of known names, or of numbers."""

    def parse(text: str) -> tuple:
        parts = tuple(part.strip() for part in text.split(",") if part.strip())
        if isinstance(known[0], int):
            return tuple(int(part) for part in parts)
        if unknown := [part for part in parts if part not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is unknown; choose from {', '.join(known)}")
        return parts

    return parse


def arguments(given: list | None = None) -> argparse.Namespace:
    """What is to be measured. Connections without rates mean no fixed rate, and the other way round."""
    parser = argparse.ArgumentParser(description="Measures Taskbridge beside its peers; see bench/README.md.")
    parser.add_argument("form", nargs="?", choices=settings.ROUNDS, default="default", help="one round, or five")
    parser.add_argument("--server", type=some_of((*settings.SERVERS, *settings.EXTRA)), help="which servers")
    parser.add_argument("--database", type=some_of(settings.DATABASES), default=settings.DATABASES)
    parser.add_argument("--workload", type=some_of(settings.WORKLOADS), default=settings.WORKLOADS)
    parser.add_argument("--connections", type=some_of(settings.CONNECTIONS), help="of closed loops, as 1,32")
    parser.add_argument("--rate", type=some_of(settings.RATES), help="of requests per second, as 2000")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, default=settings.SECONDS, help="of one measurement")
    asked = parser.parse_args(given)
    asked.rounds = asked.rounds or settings.ROUNDS[asked.form]
    if asked.connections is None and asked.rate is None:
        asked.connections, asked.rate = settings.CONNECTIONS, settings.RATES
    asked.cells = settings.plan(
        asked.database, asked.workload, asked.connections or (), asked.rate or (), asked.server, bool(settings.baseline())
    )
    return asked


def main() -> None:
    """See the module."""
    asked = arguments()
    work.claim()
    # Ends like an error, so that the servers are ended as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    run = Run(asked)
    began = time.monotonic()
    try:
        run.prepare()
        print("round, cell, server; requests/s, p50 ms, p99 ms, CPU µs of server and of database (from wrk)")
        for number in range(asked.rounds):
            run.round(number)
            run.save(number + 1)
    finally:
        run.close()
    print(f"{len(run.records)} runs in {time.monotonic() - began:.0f} s; {run.path.relative_to(settings.ROOT)}")
    subprocess.run([sys.executable, str(settings.BENCH / "report.py"), "--print", str(run.path)], check=True)
    if any("void" in record for record in run.records):
        raise SystemExit("Some runs are void: a server gave wrong answers or errors; see VOID above.")


if __name__ == "__main__":
    main()
