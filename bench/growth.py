#!/usr/bin/env python3
"""`make bench-growth`: what a request costs as the table grows from a thousand rows to five million, on both
databases. Sizes are measured in turn, round after round, so that a slow moment of the machine meets all."""

import json
import os
import time

from harness import awake, fleet, keys, load, machine, process, settings, work
from harness.database import Postgres, Sqlite
from harness.settings import RESULTS, TASKS, USERS
from reporting import tables
from run import placement

SIZES = (1_000, 10_000, 100_000, 1_000_000, 5_000_000)

# What is asked, and by how many users. As many as the smallest table has, so that sizes differ in nothing else;
# and lists of many more where the table has them, which find fewer pages in the processor's caches.
SERIES = (("list", 100), ("get", 100), ("create", 100), ("list", USERS))
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
    alone = where.load is not None and database.pid is None
    return load.run(workload, server.port, users, CONNECTIONS, SECONDS, where.load, size, pids, alone).as_dict()


def main() -> None:
    """See the module."""
    work.claim()
    where = placement(True)
    builder = fleet.Builder(settings.read("quick"))
    program = builder.get("taskbridge")
    sizes = wanted("BENCH_SIZES", SIZES, int)
    records, about = [], {"connections": CONNECTIONS, "sizes": sizes, "machine": machine.facts()}
    for name in wanted("BENCH_DB", settings.DATABASES, str):
        database = Sqlite(program, 1) if name == "sqlite" else Postgres(program, where.database, 1)
        servers, users = {}, {}
        try:
            for size in sizes:
                began, among = time.monotonic(), size // TASKS
                url = database.fill(f"grown-{size}", among)
                print(f"{name}: {size} rows made in {time.monotonic() - began:.0f} s", flush=True)
                for count in {count for _, count in SERIES if count <= among}:
                    users[size, count] = keys.users_file("HS256", count, among)
                servers[size] = fleet.start_on(builder, "taskbridge", url, name, "HS256", "", where, None)
            # The tasks that create makes count to no size, so it comes last.
            with awake.kept(where.load):
                for workload, count in sorted(SERIES, key=lambda one: one[0] == "create"):
                    # The first two turns read from the disk what all others find in memory, and count for nothing.
                    for number in range(-2, int(os.environ.get("BENCH_ROUNDS", ROUNDS))):
                        for size in (size for size in sizes if (size, count) in users):
                            found = measure(servers[size], users[size, count], workload, where, database)
                            cell = {"database": name, "workload": workload, "users": count, "rows": size}
                            if number >= 0:
                                records.append({"round": number} | cell | found)
        finally:
            for server in servers.values():
                process.stop(server.child)
            for size in sizes:
                database.drop(f"grown-{size}")
            database.close()
    path = RESULTS / f"growth-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps({"about": about, "records": records}, indent=1))
    print(tables.growth({"about": about, "records": records}))


if __name__ == "__main__":
    main()
