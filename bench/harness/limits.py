"""The database's own limit: the same rows and statements without a server in between."""

import json
import re
import resource
import subprocess
import time
from pathlib import Path
from statistics import median

from harness import process
from harness.settings import BENCH, FIRST, POOL, PREFIX, TASKS, WORK

# Of ten requests, as in workloads/mixed.lua.
MIX = {"list": 5, "get": 3, "create": 1, "toggle": 1}


def _parts(workload: str) -> dict:
    """What a workload consists of, and how many of each."""
    return MIX if workload == "mixed" else {workload: 1}


def measure(cell, database, peers: Path, seconds: int, placement) -> dict:
    """SQLite through prepared statements on one thread, PostgreSQL through pgbench."""
    if cell.database == "sqlite":
        return _sqlite(cell, peers, seconds, placement)
    return _pgbench(cell, database, seconds, placement)


def _sqlite(cell, peers: Path, seconds: int, placement) -> dict:
    """A transaction of the writing workloads holds as many statements as there are connections: no server that
    answers after the commit can share a commit between more."""
    file = WORK / "database.db"
    turns = ",".join(part for part, times in _parts(cell.workload).items() for _ in range(times))
    numbers = [cell.users, FIRST, TASKS, cell.connections]
    command = [peers / "sqlite", file, turns, seconds, PREFIX, *numbers]
    if placement.server:
        command = ["taskset", "-c", placement.server, *command]
    before = _children()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"sqlite: {done.stderr}")
    cpu = _children() - before
    count, took, p50, p99 = (float(part) for part in done.stdout.split())
    return _figures(count, took, p50 / 1000, p99 / 1000, cpu, 0.0)


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _pgbench(cell, database, seconds: int, placement) -> dict:
    """As many connections as a server's pool may use, never more than there are clients. pgbench notes every tenth
    transaction's time."""
    clients = min(POOL, cell.connections)
    variables = {"first": FIRST, "last": FIRST + cell.users - 1, "tasks": TASKS}
    command = ["pgbench", "-n", "-M", "prepared", "-c", clients, "-j", 1, "-T", max(1, round(seconds))]
    for part, weight in _parts(cell.workload).items():
        command += ["-f", f"{BENCH / 'workloads' / part}.pgbench.sql@{weight}"]
    command += ["-l", "--sampling-rate=0.1", "--log-prefix", WORK / "pgbench"]
    for name, value in variables.items():
        command += ["-D", f"{name}={value}"]
    command.append(database.url("database"))
    if placement.server:
        command = ["taskset", "-c", placement.server, *command]
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
    at = [times[(len(times) - 1) * share // 100] / 1000 for share in (50, 99)]
    total = int(count[1])
    return _figures(total, total / float(rate[1]), at[0], at[1], cpu, database_cpu)


def verification(program: Path, placement) -> dict:
    """Nanoseconds that the crypto library takes for a token, and ours for a new and for a known one: medians."""
    command = [str(program), "speed", "20"]
    if placement.server:
        command = ["taskset", "-c", placement.server, *command]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"verify speed: {done.stderr}")
    return {
        algorithm: {name: median(one[name] for one in batches) for name in batches[0]}
        for algorithm, batches in json.loads(done.stdout).items()
    }


def _figures(count: float, took: float, p50: float, p99: float, cpu: float, database_cpu: float) -> dict:
    return {
        "requests": int(count),
        "per_second": count / took,
        "p50_ms": p50,
        "p99_ms": p99,
        "cpu_ms": 1000 * cpu / count,
        "database_cpu_ms": 1000 * database_cpu / count,
    }
