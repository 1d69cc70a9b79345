#!/usr/bin/env python3
"""Measures Taskbridge beside its peers: `run.py quick|default|full`. See docs/PERFORMANCE.md.

Rounds are the outermost loop and servers the innermost: what the machine does besides meets all alike, and
every figure of the report is a ratio within one round.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import groupby
from pathlib import Path

from harness import answers, awake, fleet, keys, limits, load, machine, process, settings, work
from harness.database import Postgres, Sqlite
from harness.servers import Placement
from harness.settings import RESULTS, WORK

# What must be built or installed for whom.
NEEDED = (
    ("bare", "peers"),
    ("database", "peers"),
    ("verify", "verify"),
    ("fastapi-1", "python"),
    ("fastapi-2", "python"),
    ("fastify", "node"),
    ("baseline", "baseline"),
)

WRITES = ("create", "toggle", "mixed")


def placement(pinned: bool) -> Placement:
    """One processor for the server, the other for the load and the database."""
    processors = sorted(os.sched_getaffinity(0))
    if not pinned or len(processors) < 2:
        return Placement(None, None, None, None)
    first, second = str(processors[0]), str(processors[1])
    return Placement(first, second, second, f"{first},{second}")


class Run:
    """A whole run: databases, programs and what was found."""

    def __init__(self, chosen: settings.Settings):
        self.settings = chosen
        self.path = RESULTS / f"{chosen.form}-{time.strftime('%Y%m%d-%H%M%S')}.json"
        self.machine = machine.facts()
        self.placement = placement(chosen.pinned)
        self.builder = fleet.Builder(chosen)
        self.answers = answers.file()
        self.key_server = keys.KeyServer()
        self.users = {}
        self.databases = {}
        self.sizes = {}
        self.records = []
        self.memory = []
        self.speed = []

    def prepare(self) -> None:
        """Builds what the plan names and makes the databases."""
        names = {name for cell in self.settings.cells for name in cell.servers}
        for name, thing in NEEDED:
            if name in names:
                self.builder.get(thing)
        program = self.builder.get("taskbridge")
        for cell in self.settings.cells:
            key = (cell.algorithm, cell.users)
            if key not in self.users:
                self.users[key] = keys.users_file(*key)
            if cell.database not in self.databases:
                print(f"Seeding {cell.database}", flush=True)
                make = {"sqlite": lambda: Sqlite(program), "postgres": lambda: Postgres(program, self.placement.database)}
                self.databases[cell.database] = make[cell.database]()

    def round(self, number: int) -> None:
        """Every cell once; the order of the servers turns with the round."""
        def group(cell):
            return (cell.database, cell.algorithm)

        for (name, algorithm), cells in groupby(sorted(self.settings.cells, key=group), key=group):
            cells = list(cells)
            database = self.databases[name]
            wanted = [s for s in (*settings.SERVERS, "baseline", "verify") if any(s in c.servers for c in cells)]
            running = {}
            try:
                for server in wanted:
                    if server != "database":
                        running[server] = fleet.start(
                            self.builder, server, database, algorithm, self.key_server.url, self.placement, self.answers
                        )
                    else:
                        database.fresh("database")
                for cell in cells:
                    turn = number % len(cell.servers)
                    for server in cell.servers[turn:] + cell.servers[:turn]:
                        self.measure(cell, server, running.get(server), database, number)
                for server in running.values():
                    self.remember(server, name, algorithm, number)
            finally:
                for server in running.values():
                    process.stop(server.child)
                for server in wanted:
                    database.drop(server)
        if any("verify" in cell.servers for cell in self.settings.cells):
            self.speed.append(limits.verification(self.builder.get("verify"), self.placement) | {"round": number})

    def measure(self, cell, server: str, running, database, number: int) -> None:
        """One cell on one server."""
        if cell.workload in WRITES:
            database.settle()
        if server == "database":
            found = limits.measure(cell, database, self.builder.get("peers"), self.settings.seconds, self.placement)
        else:
            stored = database.count(server) if self.counts(cell, server) else 0
            try:
                found = self.load(cell, server, running, database.pid)
            except load.Void as fault:
                return self.void(cell, server, str(fault), number)
            if self.counts(cell, server) and database.count(server) - stored < found["requests"]:
                return self.void(cell, server, f"{found['requests']} tasks answered, fewer stored", number)
        self.record(cell, server, number, **found)
        print(
            f"{number + 1}  {cell.name:<58} {server:<11} {found['per_second']:>9.0f}/s  p50 {found['p50_ms']:>7.2f}"
            f"  p99 {found['p99_ms']:>7.2f} ms  CPU {found['cpu_ms']:.4f} + {found['database_cpu_ms']:.4f} ms",
            flush=True,
        )

    def load(self, cell, server: str, running, database_pid) -> dict:
        """Answers are compared in full before the first count of each kind; programs do not change after."""
        users, cpus = self.users[cell.algorithm, cell.users], self.placement.load
        key = (cell.workload, cell.database, cell.algorithm, cell.users, server)
        if key not in self.sizes:
            constant = server in ("bare", "verify")
            self.sizes[key] = load.check(cell.workload, running.port, users, cpus, constant)
        size, pids = self.sizes[key], (running.pid, database_pid)
        seconds = self.settings.seconds
        # PostgreSQL is beside the load, and of two workers one.
        alone = cpus is not None and database_pid is None and server != "fastapi-2"
        return load.run(cell.workload, running.port, users, cell.connections, seconds, cpus, size, pids, alone).as_dict()

    def record(self, cell, server: str, number: int, **found) -> None:
        """Keeps what one run found."""
        what = {name: value for name, value in vars(cell).items() if name != "servers"}
        self.records.append({"round": number, "cell": what, "server": server, **found})

    def void(self, cell, server: str, why: str, number: int) -> None:
        """Keeps that a run does not count and the server's log, which the next start overwrites, and says so at once and
        in the report."""
        self.record(cell, server, number, void=why)
        log = self.path.with_suffix(f".{server}-{number + 1}.log")
        shutil.copyfile(WORK / f"{server}.log", log)
        print(f"VOID  {cell.name}, {server}: {why} (its log: {log})", flush=True)

    @staticmethod
    def counts(cell, server: str) -> bool:
        """Whether what was answered must now be stored."""
        return cell.workload == "create" and server not in ("bare", "verify")

    def remember(self, server, database: str, algorithm: str, number: int) -> None:
        """Memory, before and after the load."""
        self.memory.append(
            {
                "round": number,
                "server": server.name,
                "database": database,
                "algorithm": algorithm,
                "idle_mb": server.idle_mb,
                "after_mb": process.resident_megabytes(server.pid),
                "start_ms": server.start_ms,
            }
        )

    def save(self, rounds: int) -> None:
        """Writes what was found so far, after each round: who ends a run early keeps those that were whole."""
        about = {
            "form": self.settings.form,
            "rounds": rounds,
            "seconds": self.settings.seconds,
            "pinned": self.placement.server is not None,
            "pool": settings.POOL,
            "machine": self.machine,
        }
        found = {"about": about, "records": self.records, "memory": self.memory, "speed": self.speed}
        self.path.write_text(json.dumps(found, indent=1))

    def close(self) -> None:
        """Removes everything but the results."""
        for database in self.databases.values():
            database.close()
        self.key_server.close()


def main() -> None:
    """See the module."""
    form = sys.argv[1] if len(sys.argv) > 1 else "default"
    if form not in ("quick", "default", "full"):
        raise SystemExit("usage: bench/run.py quick|default|full")
    work.claim()
    # Ends like an error, so that the servers are ended as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    chosen = settings.read(form)
    run = Run(chosen)
    began = time.monotonic()
    try:
        run.prepare()
        with awake.kept(run.placement.load):
            for number in range(chosen.rounds):
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
