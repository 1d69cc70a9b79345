#!/usr/bin/env python3
"""`make bench-scale`: what a user, a task, a write, a connection and a sign-in cost in bytes and CPU, on both databases; then
the arithmetic of docs/SCALE.md from there. Bytes do not depend on how busy the machine is; CPU time hardly does."""

import argparse
import http.client
import json
import os
import sqlite3
import time
from pathlib import Path

from harness import database, fleet, machine, process, rows, servers, settings, tokens, web, work
from harness.schema import Schema
from harness.settings import RESULTS, TASKS, WORK
from reporting import scale

USERS = 20_000
WRITES = 2_000
# After 400 writes the server copies SQLite's log, which then begins anew: until there its size says what was added.
GROWING = 350
# Writes that share no page, as nearly none do in tables that are large: the users of two of them stand this far apart.
FAR = 100
STRIDE = 97


def arguments() -> argparse.Namespace:
    """What can be chosen."""
    parser = argparse.ArgumentParser(description="See bench/README.md.")
    parser.add_argument("--again", action="store_true", help="measure nothing; do the arithmetic from what is on the page")
    return parser.parse_args()


def sizes(here, schema: Schema) -> dict:
    """Bytes of a task and of the row of a user, keys and free space of the pages included."""
    name = "scale-sizes"
    here.create(name)
    schema.make(here, name)
    tasks, owners = schema.rows(here, name, USERS)
    found = [size(here, name)]
    for statement in (tasks, owners):
        here.insert(name, [statement])
        found.append(size(here, name))
    here.drop(name)
    return {"task_bytes": (found[1] - found[0]) / (USERS * TASKS), "user_bytes": (found[2] - found[1]) / USERS}


def size(here, name: str) -> int:
    """All tables with their indexes, in bytes."""
    if here.name == "sqlite":
        return (WORK / f"{name}.db").stat().st_size
    return int(here.sql(name, "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname IN ('tasks', 'owners')"))


class Writer:
    """One client on one connection, a different user for each write."""

    def __init__(self, port: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.turn = 0

    def index(self) -> int:
        """The user whose turn it is."""
        return self.turn * STRIDE % settings.USERS

    def send(self, method: str, path: str, body: str, status: int) -> None:
        user = rows.user(self.index())
        headers = {"Authorization": f"Bearer {tokens.hs256(user)}", "Content-Type": "application/json"}
        self.connection.request(method, f"/api/{user}/tasks{path}", body, headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != status:
            raise SystemExit(f"{method} {path}: {answer.status}")
        self.turn += 1

    def create(self) -> None:
        """A new task."""
        self.send("POST", "", json.dumps({"title": rows.TITLE, "description": rows.DESCRIPTION}), 201)

    def toggle(self) -> None:
        """The first task of the next user."""
        first = rows.task_ids(self.index(), settings.USERS)[0]
        self.send("PATCH", f"/{first}/complete", "", 200)


def position(here, name: str) -> int:
    """How many bytes the log has had so far."""
    if here.name == "postgres":
        return int(here.sql("postgres", "SELECT pg_current_wal_lsn() - '0/0'"))
    return Path(f"{WORK / name}.db-wal").stat().st_size


def of_each(here, name: str, write, count: int = WRITES) -> float:
    """Bytes of the log for each of so many writes."""
    before = position(here, name)
    for _ in range(count):
        write()
    return (position(here, name) - before) / count


def logs(here, builder) -> dict:
    """What a write adds to the log and sends to the disk. On SQLite the log begins anew for each kind, so that it only grows."""
    found, name = {}, "taskbridge"
    for kind in ("toggle", "create"):
        running = fleet.start(builder, name, here)
        try:
            writer = Writer(running.port)
            write = getattr(writer, kind)
            write()
            here.settle()
            before = written(running.pid)
            if here.name == "postgres":
                found[f"first_{kind}_bytes"] = of_each(here, name, write, FAR)
                # Now the images of nearly all pages are in the log already.
                of_each(here, name, write)
                found[f"{kind}_bytes"] = of_each(here, name, write)
                found["connection_kib"] = connection_kib(here)
            else:
                found[f"{kind}_bytes"] = of_each(here, name, write, GROWING)
                of_each(here, name, write, WRITES - GROWING)
                checkpoint(name)
                found["disk_bytes"] = max(found.get("disk_bytes", 0), (written(running.pid) - before) / WRITES)
        finally:
            process.stop(running.child)
            here.drop(name)
    return found


def checkpoint(name: str) -> None:
    """Takes over what SQLite's log holds, as the server does sooner or later."""
    connection = sqlite3.connect(WORK / f"{name}.db", timeout=30)
    connection.execute("PRAGMA wal_checkpoint(FULL)")
    connection.close()


def written(pid: int) -> int:
    """Bytes that the server and this process have sent to the disk."""
    lines = [line.split() for one in (pid, os.getpid()) for line in Path(f"/proc/{one}/io").read_text().splitlines()]
    return sum(int(number) for name, number in lines if name == "write_bytes:")


def connection_kib(here) -> float:
    """Memory of its own that a back end has which serves the API, without the buffers that all share."""
    pids = here.sql("postgres", "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'taskbridge%'").split()
    lines = [line.split() for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(words[1]) for words in lines if words[0] == "RssAnon:") / len(pids)


def measure() -> dict:
    """Both databases and the web app."""
    work.claim()
    builder, found = fleet.Builder(), {}
    for name in ("sqlite", "postgres"):
        here = database.of(name)
        try:
            found[name] = sizes(here, servers.schema("taskbridge", builder)) | logs(here, builder)
        finally:
            here.close()
        print(name, json.dumps(found[name]), flush=True)
    found["web"] = web.measure()
    print("web", json.dumps(found["web"]), flush=True)
    path = RESULTS / f"scale-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps({"machine": machine.facts(), "measured": found}, indent=1))
    return found


def main() -> None:
    """See the module."""
    if not arguments().again:
        scale.write(scale.measured_tables(measure()))
    # From the page, so that the arithmetic is that of the figures that can be read there.
    scale.write(scale.derived(scale.read_measured(scale.PAGE.read_text())))


if __name__ == "__main__":
    main()
