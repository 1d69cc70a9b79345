#!/usr/bin/env python3
"""`make bench-large`: the CPU time of any list, filter, sort or search of a user with 10,000 tasks, on both databases,
and whether it stays the same as the rows of other users grow from a thousand to five million."""

import http.client
import re

import growth
from harness import database, fleet, load, process, rows, tokens, work, workloads
from harness.settings import WORK, Load
from harness.workloads import Request
from reporting import tables

SIZES = (1_000, 100_000, 5_000_000)
SECONDS = 0.5

QUERIES = (
    "",
    "limit=200",
    "include_total=true",
    "sort=title",
    "sort=-title&limit=200",
    "sort=-updated_at",
    "sort=due_date",
    "sort=priority&include_total=true",
    "status=pending",
    "status=completed&include_total=true",
    "priority=high&sort=due_date",
    "tag=area3",
    "tag=home&tag=area3&tag=week17&include_total=true",
    "due_before=2026-01-03&sort=-due_date",
    "search=plumber",
    "search=no-such-word",
    "search=page+12&sort=title&include_total=true",
    "status=pending&priority=low&tag=home&due_after=2026-01-03&search=tuesday&sort=title&include_total=true",
)

# Of these also the fiftieth page.
DEEP = ("", "sort=title")
PAGES = 50


class Client:
    """Asks as the user with 10,000 tasks."""

    def __init__(self, port: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.token = tokens.hs256(rows.LARGE)

    def ask(self, path: str) -> tuple:
        """The body of the answer, and the path of the next page."""
        self.connection.request("GET", f"/api/{rows.LARGE}{path}", headers={"Authorization": f"Bearer {self.token}"})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:300]!r}")
        link = re.search(rf"/api/{rows.LARGE}(/tasks\?[^>]*)>", answer.headers.get("Link", ""))
        return body, link and link[1]

    def tasks(self, path: str) -> int:
        """How many tasks the answer holds."""
        return self.ask(path)[0].count(b'"user_id":"')

    def requests(self) -> dict:
        """What is asked, by its name in the report."""
        found = {}
        for query in QUERIES:
            path = f"/tasks?{query}" if query else "/tasks"
            found[query or "newest first"] = Request("GET", path, tasks=self.tasks(path))
        for query in DEEP:
            path = f"/tasks?{query}" if query else "/tasks"
            for _ in range(PAGES - 1):
                path = self.ask(path)[1]
            found[f"{query or 'newest first'}, page {PAGES}"] = Request("GET", path, tasks=self.tasks(path))
        return found


def measure(here, builder, asked, server: str) -> list:
    """One database."""
    running, files, records, token = {}, {}, [], tokens.hs256(rows.LARGE)
    try:
        for size in asked.sizes:
            url = growth.fill(here, builder, server, size, lambda numbered, size=size: rows.with_large(size, numbered))
            running[size] = fleet.start_on(builder, server, url)
            for number, (name, request) in enumerate(Client(running[size].port).requests().items()):
                file = WORK / f"large-{size}-{number}.txt"
                workloads.write(file, [(request, rows.LARGE, token)])
                files.setdefault(name, {})[size] = file
        for name, by_size in files.items():
            # The first turn does not count.
            for number in range(-1, asked.rounds):
                for size, file in by_size.items():
                    found = load.run(builder.get("load"), running[size], file, Load(1), SECONDS, here.pid)
                    if number >= 0:
                        cell = {"database": here.name, "series": name, "rows": size}
                        records.append({"round": number, "server": server} | cell | found)
    finally:
        for size, one in running.items():
            process.stop(one.child)
            here.drop(f"{server}-{size}")
    return records


def main() -> None:
    """See the module."""
    asked = growth.arguments(SIZES)
    work.claim()
    builder, records = fleet.Builder(), []
    for name in asked.database:
        here = database.of(name)
        try:
            for server in asked.server:
                records += measure(here, builder, asked, server)
        finally:
            here.close()
    print(tables.large(growth.save("large", asked, records)))


if __name__ == "__main__":
    main()
