#!/usr/bin/env python3
"""`make bench-memory`: resident memory idle and after a million requests of 10,000 users, and the time from the
start of the process to its first answer with a task in it, on a database that exists already. With BENCH_BASELINE of
both builds."""

import argparse
import json
import os
import socket
import time
from statistics import median

from harness import database, fleet, load, machine, process, rows, servers, settings, tokens, work, workloads
from harness.settings import RESULTS, WORK, Load

STARTS = 10
REQUESTS = 1_000_000
SECONDS = 10


def first_answer(builder, server: str, url: str, wanted: bytes) -> float:
    """Milliseconds from the start of the process to the first list."""
    port = process.free_port()
    command = builder.command(server, port, url)
    env = {"PATH": os.environ["PATH"], **command.env}
    began = time.perf_counter()
    child = process.start(command.arguments, WORK / "start.log", env, command.cwd)
    try:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as connection:
                    connection.sendall(wanted)
                    answer = connection.recv(64)
                    if answer.startswith(b"HTTP/1.1 200"):
                        return 1000 * (time.perf_counter() - began)
                    raise SystemExit(f"{answer!r} instead of 200")
            except ConnectionError:
                if child.poll() is not None or time.perf_counter() - began > 30:
                    raise SystemExit(f"no answer; see {WORK / 'start.log'}") from None
                time.sleep(0.0005)
    finally:
        process.stop(child)


def under_load(builder, running, total: int) -> tuple:
    """Requests made, and resident memory after them: some of all kinds, the rest lists."""
    made, workload = 0, "mixed"
    while made < total:
        found = load.run(builder.get("load"), running, workloads.file(workload), Load(32), SECONDS)
        made, workload = made + found["requests"], "list"
    return made, process.resident_megabytes(running.pid)


def measure(here, builder, server: str, total: int) -> dict:
    """One build on one database."""
    url = here.fresh(server, servers.schema(server, builder))
    user = rows.user(0)
    wanted = workloads.listing().text(user, tokens.hs256(user))
    starts = [first_answer(builder, server, url, wanted) for _ in range(STARTS)]
    running = fleet.start_on(builder, server, url)
    try:
        time.sleep(1)
        idle = process.resident_megabytes(running.pid)
        made, after = under_load(builder, running, total)
    finally:
        process.stop(running.child)
        here.drop(server)
    print(
        f"{here.name}, {server}: first answer after {min(starts):.0f} / {median(starts):.0f} / {max(starts):.0f} ms,"
        f" {idle:.1f} MB idle, {after:.1f} MB after {made:,} requests",
        flush=True,
    )
    found = {"start_ms": starts, "idle_mb": idle, "requests": made, "after_mb": after}
    return {"database": here.name, "server": server} | found


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="See bench/README.md.")
    parser.add_argument("--requests", type=int, default=REQUESTS)
    total = parser.parse_args().requests
    work.claim()
    builder, found = fleet.Builder(), []
    for name in settings.DATABASES:
        here = database.of(name)
        try:
            for server in ("taskbridge", "baseline") if settings.baseline() else ("taskbridge",):
                found.append(measure(here, builder, server, total))
        finally:
            here.close()
    path = RESULTS / f"memory-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps({"about": {"machine": machine.facts()}, "records": found}, indent=1))


if __name__ == "__main__":
    main()
