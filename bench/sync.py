#!/usr/bin/env python3
"""`make bench-sync`: a list that has not changed beside the same list with its body and beside Fastify's, and the feed of
a user with 10,000 tasks beside a list of as many, on both databases."""

import argparse
import json

import growth
from harness import database, fleet, load, process, rows, settings, tokens, work, workloads
from harness.settings import WORK, Load
from harness.workloads import Request
from large import Client
from reporting import tables
from run import some_of

# Rows of other users beside the one with 10,000 tasks.
OTHERS = 1_000

# Pages that are one body in both, whatever the tasks.
PAGE = 50

CONNECTIONS = 32
SECONDS = 1.0


def arguments() -> argparse.Namespace:
    """What can be chosen."""
    parser = argparse.ArgumentParser(description="See bench/README.md.")
    parser.add_argument("--database", type=some_of(settings.DATABASES), default=settings.DATABASES)
    parser.add_argument("--rounds", type=int, default=growth.ROUNDS)
    parser.set_defaults(sizes=(OTHERS,), server=("taskbridge",))
    return parser.parse_args()


def walk_list(client: Client) -> list:
    """The requests for all pages of the list."""
    found, path = [], f"/tasks?limit={PAGE}"
    while path:
        body, following = client.ask(path)
        found.append(Request("GET", path, tasks=len(json.loads(body))))
        path = following
    return found


def walk_feed(client: Client) -> tuple:
    """The requests for all pages of the feed, and the one of a client that knows everything."""
    found, since = [], None
    while True:
        path = f"/changes?limit={PAGE}"
        header = f"Changes-Since: {since}" if since else ""
        page = json.loads(client.ask(f"{path}&since={since}" if since else path)[0])
        found.append(Request("GET", path, tasks=len(page["changed"]), header=header))
        since = page["next"]
        if not page["more"]:
            return found, Request("GET", path, tasks=0, header=f"Changes-Since: {since}")


def lists(here, builder, asked: argparse.Namespace) -> list:
    """Of 10,000 users with ten tasks each."""
    records, running = [], {}
    try:
        for name in ("taskbridge", "fastify"):
            running[name] = fleet.start(builder, name, here)
        series = [("list", "taskbridge"), ("unchanged", "taskbridge"), ("list", "fastify")]
        for number in range(-1, asked.rounds):
            for workload, server in series:
                file = workloads.file(workload)
                if number < 0:
                    load.warm(builder.get("load"), running[server], file)
                    continue
                found = load.run(builder.get("load"), running[server], file, Load(CONNECTIONS), SECONDS, here.pid)
                second = load.wrk(running[server], file, Load(CONNECTIONS), SECONDS, here.pid)
                cell = {"database": here.name, "series": f"{workload}, {server}", "requests_of_all": 1}
                records.append({"round": number} | cell | found | {"wrk": second})
    finally:
        for name, one in running.items():
            process.stop(one.child)
            here.drop(name)
    return records


def feed(here, builder, asked: argparse.Namespace) -> list:
    """Of the user with 10,000 tasks."""
    records, server, token = [], "taskbridge", tokens.hs256(rows.LARGE)
    url = growth.fill(here, builder, server, OTHERS, lambda numbered: rows.with_large(OTHERS, numbered))
    running = fleet.start_on(builder, server, url)
    try:
        client = Client(running.port)
        pages, known = walk_feed(client)
        series = {"10,000 tasks in lists": walk_list(client), "10,000 tasks in changes": pages, "no changes": [known]}
        for number in range(-1, asked.rounds):
            for index, (name, requests) in enumerate(series.items()):
                file = WORK / f"sync-{index}.txt"
                workloads.write(file, [(request, rows.LARGE, token) for request in requests])
                found = load.run(builder.get("load"), running, file, Load(1), SECONDS, here.pid)
                if number >= 0:
                    cell = {"database": here.name, "series": name, "requests_of_all": len(requests)}
                    records.append({"round": number} | cell | found)
    finally:
        process.stop(running.child)
        here.drop(f"{server}-{OTHERS}")
    return records


def main() -> None:
    """See the module."""
    asked = arguments()
    work.claim()
    builder, records = fleet.Builder(), []
    for name in asked.database:
        here = database.of(name)
        try:
            records += lists(here, builder, asked)
            records += feed(here, builder, asked)
        finally:
            here.close()
    print(tables.sync(growth.save("sync", asked, records)))


if __name__ == "__main__":
    main()
