"""What is measured: read from the environment, with a plan for each form of the benchmark."""

import os
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
WORK = BENCH / ".work"
RESULTS = BENCH / "results"

WORKLOADS = ("list", "get", "create", "toggle", "mixed")
SERVERS = ("taskbridge", "bare", "fastapi-1", "fastapi-2", "fastify", "database")
DATABASES = ("sqlite", "postgres")
ALGORITHMS = ("HS256", "EdDSA")

# Users are named PREFIX and a number from FIRST on: 32 characters, as Better Auth makes them, of one width.
PREFIX = "BetterAuthUserOfTheBench00"
FIRST = 100_000
USERS = 10_000
TASKS = 10

# More tokens than the server remembers: sent in turn, nearly every one is a new one. Only `auth` has so many.
STRANGERS = 100_000

# Every server gets as many connections to its database as Taskbridge has by default.
POOL = 10


@dataclass(frozen=True)
class Cell:
    """One thing to measure, on every server named."""

    workload: str
    database: str
    algorithm: str = "HS256"
    users: int = USERS
    connections: int = 32
    servers: tuple = SERVERS

    @property
    def name(self) -> str:
        users = f"{self.users} user" + ("s" if self.users != 1 else "")
        return f"{self.workload}, {self.database}, {self.algorithm}, {users}, {self.connections} connections"


@dataclass
class Settings:
    """One run of the benchmark."""

    form: str
    rounds: int
    seconds: int
    cells: list
    pinned: bool
    taskbridge: str | None
    baseline: str | None


# What can be asked for, by variable.
KNOWN = {
    "BENCH_ONLY": WORKLOADS + ("auth",),
    "BENCH_SERVERS": SERVERS + ("baseline", "verify"),
    "BENCH_DB": DATABASES,
    "BENCH_ALG": ALGORITHMS,
}


def _list(name: str, default: tuple) -> tuple:
    text = os.environ.get(name, "")
    chosen = tuple(part.strip() for part in text.split(",") if part.strip()) or default
    unknown = [part for part in chosen if part not in KNOWN[name]]
    if unknown:
        raise SystemExit(f"{name}: {', '.join(unknown)} is unknown; choose from {', '.join(KNOWN[name])}")
    return chosen


def _numbers(name: str) -> tuple:
    text = os.environ.get(name, "")
    return tuple(int(part) for part in text.split(",") if part.strip())


def read(form: str) -> Settings:
    """The settings of `quick`, `default` or `full`, with the caller's wishes applied."""
    rounds = {"quick": 1, "default": 5, "full": 5}[form]
    seconds = {"quick": 2, "default": 2, "full": 3}[form]
    chosen = any(os.environ.get(n) for n in ("BENCH_ONLY", "BENCH_DB", "BENCH_ALG", "BENCH_USERS", "BENCH_CONNECTIONS"))
    servers = _list("BENCH_SERVERS", ("taskbridge", "bare") if form == "quick" else (*SERVERS, "verify"))
    baseline = os.environ.get("BENCH_BASELINE")
    if baseline and "baseline" not in servers:
        servers += ("baseline",)
    if form == "default" and not chosen:
        cells = _default_cells(servers)
    else:
        cells = _product(form, servers)
    if form != "quick" and not chosen:
        cells += _auth_cells(servers)
    return Settings(
        form=form,
        rounds=int(os.environ.get("BENCH_ROUNDS", rounds)),
        seconds=int(os.environ.get("BENCH_SECONDS", seconds)),
        cells=[cell for cell in cells if cell.servers],
        pinned=os.environ.get("BENCH_PIN", "on") != "off",
        taskbridge=os.environ.get("BENCH_TASKBRIDGE"),
        baseline=baseline,
    )


def _product(form: str, servers: tuple) -> list:
    full = form == "full"
    databases = _list("BENCH_DB", DATABASES if form != "quick" else ("sqlite",))
    algorithms = _list("BENCH_ALG", ALGORITHMS if full else ("HS256",))
    users = _numbers("BENCH_USERS") or ((1, USERS) if full else (USERS,))
    connections = _numbers("BENCH_CONNECTIONS") or ((1, 32, 256) if full else (32,))
    workloads = _list("BENCH_ONLY", WORKLOADS)
    return [
        Cell(workload, database, algorithm, count, width, fitting(servers, workload, algorithm))
        for database in databases
        for algorithm in algorithms
        for count in users
        for width in connections
        for workload in workloads
    ]


def fitting(servers: tuple, workload: str, algorithm: str) -> tuple:
    """The database alone knows no tokens; only two peers know `auth`."""
    if workload == "auth":
        return tuple(s for s in ("bare", "verify") if s in servers)
    return tuple(s for s in servers if s != "verify" and not (s == "database" and algorithm != "HS256"))


def _default_cells(servers: tuple) -> list:
    """Everything that the goals speak of, and one glance at each other dimension."""
    cells = []

    def add(workload: str, database: str, only: tuple = SERVERS, **rest) -> None:
        wanted = tuple(s for s in servers if s in only or s == "baseline")
        wanted = fitting(wanted, workload, rest.get("algorithm", "HS256"))
        cells.append(Cell(workload, database, servers=wanted, **rest))

    ours = ("taskbridge", "bare")
    one_worker = tuple(s for s in SERVERS if s != "fastapi-2")
    for database in DATABASES:
        for workload in WORKLOADS:
            add(workload, database, one_worker if workload in ("get", "toggle") else SERVERS)
        add("create", database, (*ours, "database"), connections=256)
        add("list", database, ours, connections=1)
        add("list", database, ours, connections=256)
    add("list", "sqlite", ours, users=1)
    add("list", "sqlite", (*ours, "fastapi-1", "fastify"), algorithm="EdDSA")
    return cells


def _auth_cells(servers: tuple) -> list:
    """What a token costs: met again in turn with others, met for the first time, and always the same.

    The strangers come after the users: a server lives through all cells of its algorithm, and would else meet the users with
    a memory that strangers have filled.
    """
    kinds = (("HS256", USERS), ("HS256", STRANGERS), ("EdDSA", USERS), ("EdDSA", 1))
    return [Cell("auth", "sqlite", kind, users, 32, fitting(servers, "auth", kind)) for kind, users in kinds]
