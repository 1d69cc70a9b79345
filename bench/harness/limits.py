"""The database's own limit: the same rows and statements without a server in between."""

import re
import resource
import subprocess
import time
from pathlib import Path

from harness import process
from harness.database import Postgres
from harness.load import FIGURES
from harness.settings import BENCH, FIRST, POOL, PREFIX, TASKS, USERS, WORK

# Of ten requests, as in harness/workloads.py.
MIX = {"list": 5, "get": 3, "create": 1, "toggle": 1}


def _parts(workload: str) -> dict:
    """What a workload consists of, and how many of each."""
    return MIX if workload == "mixed" else {workload: 1}


def measure(cell, database, programs: Path, seconds: float) -> dict:
    """SQLite through prepared statements on one thread, PostgreSQL through pgbench."""
    if isinstance(database, Postgres):
        return _pgbench(cell, database, seconds)
    return _sqlite(cell, programs, seconds)


def _sqlite(cell, programs: Path, seconds: float) -> dict:
    """A transaction of the writing workloads holds as many writes as there are connections: no server that answers after
    the commit can share a commit between more."""
    turns = ",".join(part for part, times in _parts(cell.workload).items() for _ in range(times))
    command = [programs / "sqlite", WORK / "database.db", turns, seconds, PREFIX, USERS, FIRST, TASKS]
    command.append(cell.load.connections)
    before = _children()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"sqlite: {done.stderr}")
    cpu = _children() - before
    count, took, p50, p99 = (float(part) for part in done.stdout.split())
    return _figures(count, count / took, p50 / 1000, p99 / 1000, cpu, 0.0)


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _pgbench(cell, database: Postgres, seconds: float) -> dict:
    """As many connections as a server's pool may use, never more than there are clients. pgbench takes whole seconds and
    notes every tenth transaction's time."""
    clients = min(POOL, cell.load.connections)
    variables = {"first": FIRST, "last": FIRST + USERS - 1, "tasks": TASKS, "users": USERS}
    command = ["pgbench", "-n", "-M", "prepared", "-c", clients, "-j", 1, "-T", max(1, round(seconds))]
    for part, weight in _parts(cell.workload).items():
        command += ["-f", f"{BENCH / 'workloads' / part}.pgbench.sql@{weight}"]
    command += ["-l", "--sampling-rate=0.1", "--log-prefix", WORK / "pgbench"]
    for name, value in variables.items():
        command += ["-D", f"{name}={value}"]
    command.append(database.url("database"))
    for old in WORK.glob("pgbench.*"):
        old.unlink()
    before, database_before = _children(), process.cpu_seconds(database.pid)
    others = len(process.tree(database.pid))
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    # The time of pgbench's backends is known when they have ended and PostgreSQL has noticed.
    for _ in range(200):
        if len(process.tree(database.pid)) <= others:
            break
        time.sleep(0.01)
    cpu, database_cpu = _children() - before, process.cpu_seconds(database.pid) - database_before
    rate = re.search(r"tps = ([\d.]+) \(without", done.stdout)
    count = re.search(r"actually processed: (\d+)", done.stdout)
    if done.returncode or not rate or not count:
        raise SystemExit(f"pgbench: {done.stdout}{done.stderr}")
    times = sorted(
        int(line.split()[2]) for log in WORK.glob("pgbench.*") for line in log.read_text().splitlines()
    )
    p50, p99 = (times[(len(times) - 1) * share // 100] / 1000 for share in (50, 99))
    return _figures(int(count[1]), float(rate[1]), p50, p99, cpu, database_cpu)


def _figures(count: float, per_second: float, p50: float, p99: float, cpu: float, database_cpu: float) -> dict:
    micros = (1e6 * cpu / count, 1e6 * database_cpu / count)
    return {"requests": int(count)} | dict(zip(FIGURES, (per_second, p50, p99, *micros), strict=True))
