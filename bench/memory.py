#!/usr/bin/env python3
"""`make bench-memory`: resident memory idle and after a million requests of 10,000 users, and the time from the
start of the process to its first answer with a task in it, on a database that exists already."""

import json
import os
import socket
import time
from statistics import median

from harness import fleet, keys, load, machine, process, settings, work
from harness.database import Postgres, Sqlite
from harness.requests import request
from harness.servers import Task
from harness.settings import RESULTS, USERS, WORK
from run import placement

STARTS = 10
REQUESTS = 1_000_000


def first_answer(builder, url: str, kind: str, where, wanted: bytes) -> float:
    """Milliseconds from the start of the process to the first list."""
    port = process.free_port()
    task = Task(port, kind, url, "HS256", "", WORK)
    command = builder.command("taskbridge", task, where, None)
    began = time.perf_counter()
    child = process.start(command.arguments, command.cpus, WORK / "start.log", command.env, command.cwd)
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


def under_load(server, users, where, total: int) -> tuple:
    """Requests made, and resident memory after them: some of all kinds, the rest lists."""
    made, workload = 0, "mixed"
    while made < total:
        size = load.check(workload, server.port, users, where.load, False)
        made += load.run(workload, server.port, users, 32, 10, where.load, size, (server.pid, None), False).requests
        workload = "list"
    return made, process.resident_megabytes(server.pid)


def main() -> None:
    """See the module."""
    work.claim()
    where = placement(True)
    builder = fleet.Builder(settings.read("quick"))
    program = builder.get("taskbridge")
    users = keys.users_file("HS256", USERS)
    name, token, _ = users.read_text().partition("\n")[0].split("\t")
    total = int(os.environ.get("BENCH_REQUESTS", REQUESTS))
    found, about = [], {"users": USERS, "machine": machine.facts()}
    for kind in os.environ.get("BENCH_DB", "sqlite,postgres").split(","):
        database = Sqlite(program) if kind == "sqlite" else Postgres(program, where.database)
        try:
            url, wanted = database.fresh("memory"), request("GET", "/tasks?limit=10", name, token)
            starts = [first_answer(builder, url, kind, where, wanted) for _ in range(STARTS)]
            server = fleet.start_on(builder, "taskbridge", url, kind, "HS256", "", where, None)
            try:
                time.sleep(1)
                idle = process.resident_megabytes(server.pid)
                made, after = under_load(server, users, where, total)
            finally:
                process.stop(server.child)
        finally:
            database.drop("memory")
            database.close()
        found.append(
            {"database": kind, "start_ms": starts, "idle_mb": idle, "requests": made, "after_mb": after}
        )
        print(
            f"{kind}: first answer after {min(starts):.0f} / {median(starts):.0f} / {max(starts):.0f} ms,"
            f" {idle:.1f} MB idle, {after:.1f} MB after {made} requests",
            flush=True,
        )
    path = RESULTS / f"memory-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps({"about": about, "records": found}, indent=1))


if __name__ == "__main__":
    main()
