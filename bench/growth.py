#!/usr/bin/env python3
"""`make bench-growth`: what a request costs as the table grows from a thousand rows to five million, on both
databases. Sizes are measured in turn, round after round, so that a slow moment of the machine meets all."""

import json
import os
import time
from statistics import median

from harness import fleet, keys, load, process, settings
from harness.database import Postgres, Sqlite
from harness.settings import RESULTS, TASKS, USERS, WORK
from run import placement

SIZES = (1_000, 10_000, 100_000, 1_000_000, 5_000_000)
WORKLOADS = ("list", "get", "create")
ROUNDS = 3
SECONDS = 2
CONNECTIONS = 8


def wanted(name: str, default: tuple, kind) -> tuple:
    """A list from the environment."""
    text = os.environ.get(name)
    return tuple(kind(part) for part in text.split(",")) if text else default


def measure(server, users, workload: str, where, database) -> dict:
    """One workload on one size."""
    database.settle()
    size = load.check(workload, server.port, users, where.load, False)
    pids = (server.pid, database.pid)
    return load.run(workload, server.port, users, CONNECTIONS, SECONDS, where.load, size, pids).as_dict()


def main() -> None:
    """See the module."""
    WORK.mkdir(exist_ok=True)
    RESULTS.mkdir(exist_ok=True)
    where = placement(True)
    builder = fleet.Builder(settings.read("quick"))
    program = builder.get("taskbridge")
    sizes = wanted("BENCH_SIZES", SIZES, int)
    records = []
    for name in wanted("BENCH_DB", settings.DATABASES, str):
        database = Sqlite(program, 1) if name == "sqlite" else Postgres(program, where.database, 1)
        servers, users = {}, {}
        try:
            for size in sizes:
                began, among = time.monotonic(), size // TASKS
                url = database.fill(f"grown-{size}", among)
                print(f"{name}: {size} rows made in {time.monotonic() - began:.0f} s", flush=True)
                users[size] = keys.users_file("HS256", min(among, USERS), among)
                servers[size] = fleet.start_on(builder, "taskbridge", url, name, "HS256", "", where, None)
            for number in range(int(os.environ.get("BENCH_ROUNDS", ROUNDS))):
                for workload in WORKLOADS:
                    for size, server in servers.items():
                        found = measure(server, users[size], workload, where, database)
                        records.append({"round": number, "database": name, "workload": workload, "rows": size} | found)
        finally:
            for server in servers.values():
                process.stop(server.child)
            for size in sizes:
                database.drop(f"grown-{size}")
            database.close()
    path = RESULTS / f"growth-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps({"about": {"connections": CONNECTIONS, "sizes": sizes}, "records": records}, indent=1))
    show(records, sizes)


def show(records: list, sizes: tuple) -> None:
    """CPU milliseconds per request, server and database together, medians of the rounds."""
    print(f"{'':<18}" + "".join(f"{size:>12}" for size in sizes))
    for name in dict.fromkeys(record["database"] for record in records):
        for workload in WORKLOADS:
            line = f"{name:<10}{workload:<8}"
            for size in sizes:
                here = [r for r in records if (r["database"], r["workload"], r["rows"]) == (name, workload, size)]
                line += f"{median(r['cpu_ms'] + r['database_cpu_ms'] for r in here):>12.4f}"
            print(line)


if __name__ == "__main__":
    main()
