#!/usr/bin/env python3
"""`make bench-growth`: what a request costs as the table grows from a thousand rows to five million, on both
databases. Sizes are measured in turn, round after round, so that a slow moment of the machine meets all."""

import argparse
import json
import time

from harness import database, fleet, load, machine, process, rows, servers, settings, work, workloads
from harness.settings import RESULTS, TASKS, USERS, Load
from reporting import tables
from run import some_of

SIZES = (1_000, 10_000, 100_000, 1_000_000, 5_000_000)

# What is asked, and by how many users. As many as the smallest table has, so that sizes differ in nothing else;
# and lists of many more where the table has them, which find fewer pages in the processor's caches.
SERIES = (("list", 100), ("get", 100), ("create", 100), ("list", USERS))
ROUNDS = 3
SECONDS = 1.5
CONNECTIONS = 8


def arguments(sizes: tuple) -> argparse.Namespace:
    """What can be chosen, here and in large.py."""
    parser = argparse.ArgumentParser(description="See bench/README.md.")
    parser.add_argument("--database", type=some_of(settings.DATABASES), default=settings.DATABASES)
    parser.add_argument("--sizes", type=some_of(SIZES), default=sizes, help="rows of the tables, as 1000,5000000")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--server", type=some_of(("taskbridge", "baseline")), default=("taskbridge",))
    return parser.parse_args()


def fill(here, builder, server: str, size: int, statements) -> str:
    """Makes a table of this size for this server; returns its URL."""
    began, name = time.monotonic(), f"{server}-{size}"
    url = here.fill(name, servers.schema(server, builder), lambda: statements(here.has_column(name, "tasks", "seq")))
    print(f"{here.name}: {size:,} rows made in {time.monotonic() - began:.0f} s", flush=True)
    return url


def save(kind: str, asked: argparse.Namespace, records: list) -> dict:
    """Writes what was found."""
    found = {"about": {"sizes": asked.sizes, "machine": machine.facts()}, "records": records}
    path = RESULTS / f"{kind}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps(found, indent=1))
    return found


def measure(here, builder, asked: argparse.Namespace, server: str) -> list:
    """One database."""
    running, records = {}, []
    try:
        for size in asked.sizes:
            url = fill(here, builder, server, size, lambda numbered, size=size: rows.ours(size // TASKS, numbered))
            running[size] = fleet.start_on(builder, server, url)
        here.settle()
        # The tasks that create makes count to no size, so it comes last.
        for workload, users in sorted(SERIES, key=lambda one: one[0] == "create"):
            files = {size: workloads.file(workload, users, size // TASKS) for size in asked.sizes if users * TASKS <= size}
            # The first two turns read from the disk what all others find in memory, and count for nothing.
            for number in range(-2, asked.rounds):
                for size, file in files.items():
                    found = load.run(builder.get("load"), running[size], file, Load(CONNECTIONS), SECONDS, here.pid)
                    if number >= 0:
                        cell = {"database": here.name, "series": f"{workload}, {users:,} users", "rows": size}
                        records.append({"round": number, "server": server} | cell | found)
    finally:
        for size, one in running.items():
            process.stop(one.child)
            here.drop(f"{server}-{size}")
    return records


def main() -> None:
    """See the module."""
    asked = arguments(SIZES)
    work.claim()
    builder, records = fleet.Builder(), []
    for name in asked.database:
        here = database.of(name)
        try:
            for server in asked.server:
                records += measure(here, builder, asked, server)
        finally:
            here.close()
    print(tables.growth(save("growth", asked, records)))


if __name__ == "__main__":
    main()
