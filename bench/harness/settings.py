"""What is measured: servers, databases, workloads and loads, and which of them make a run."""

import os
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
WORK = BENCH / ".work"
RESULTS = BENCH / "results"

WORKLOADS = ("list", "get", "create", "toggle", "mixed")
WRITES = ("create", "toggle", "mixed")
DATABASES = ("postgres", "sqlite")
SERVERS = ("taskbridge", "axum-tuned", "axum", "fastify", "fastapi", "bare", "database")

# Measured when they are asked for: another build of ours, and ours with row-level security on PostgreSQL.
EXTRA = ("baseline", "rls")

# A closed loop on so many connections, and a fixed rate.
CONNECTIONS = (1, 32, 256)
RATES = (2000,)
RATE_CONNECTIONS = 32

# Users are named PREFIX and a number from FIRST on: 32 characters, as Better Auth makes them, of one width.
PREFIX = "BetterAuthUserOfTheBench00"
FIRST = 100_000
USERS = 10_000
TASKS = 10

# Every server gets as many connections to its database as Taskbridge has by default.
POOL = 10

ROUNDS = {"quick": 1, "default": 5}

# Of one measurement. Longer ones say less than another round does.
SECONDS = 1.0


@dataclass(frozen=True)
class Load:
    """How requests come: in a closed loop, or at a fixed rate."""

    connections: int
    rate: int = 0

    @property
    def name(self) -> str:
        """As it stands in reports."""
        if self.rate:
            return f"{self.rate:,}/s"
        return f"{self.connections} connection" + ("s" if self.connections > 1 else "")


@dataclass(frozen=True)
class Cell:
    """One thing to measure, on every server named."""

    workload: str
    database: str
    load: Load
    servers: tuple

    @property
    def name(self) -> str:
        """As it is printed."""
        return f"{self.workload}, {self.database}, {self.load.name}"

    def key(self) -> dict:
        """How the results name it."""
        return {
            "workload": self.workload,
            "database": self.database,
            "connections": self.load.connections,
            "rate": self.load.rate,
        }


def loads(connections: tuple, rates: tuple) -> list:
    """Closed loops, then fixed rates."""
    return [Load(count) for count in connections] + [Load(RATE_CONNECTIONS, rate) for rate in rates]


def servers_of(workload: str, database: str, load: Load, asked: tuple | None, baseline: bool) -> tuple:
    """Which servers are measured here: those that were asked for, or else those whose figure the goals speak of."""
    if asked is None:
        wanted = set(SERVERS) | ({"baseline"} if baseline else set())
        if load.connections == max(CONNECTIONS):
            wanted &= {"taskbridge", "baseline", "axum-tuned", "bare"}
        # It answers the same without a database, whatever it is asked.
        if (workload, database) != ("list", "sqlite"):
            wanted -= {"bare"}
    else:
        wanted = set(asked)
    # There is no way to ask the database alone at a fixed rate, and SQLite has no row-level security.
    if load.rate:
        wanted -= {"database"}
    if database == "sqlite":
        wanted -= {"rls"}
    return tuple(server for server in (*SERVERS, *EXTRA) if server in wanted)


def plan(
    databases: tuple = DATABASES,
    workloads: tuple = WORKLOADS,
    connections: tuple = CONNECTIONS,
    rates: tuple = RATES,
    servers: tuple | None = None,
    baseline: bool = False,
) -> list:
    """The cells of a run in their order: what only reads comes before what writes."""
    cells = [
        Cell(workload, database, load, servers_of(workload, database, load, servers, baseline))
        for database in databases
        for workload in WORKLOADS
        if workload in workloads
        for load in loads(connections, rates)
    ]
    return [cell for cell in cells if cell.servers]


def baseline() -> str | None:
    """Another build of ours: a program, or a revision to build."""
    return os.environ.get("BENCH_BASELINE")
