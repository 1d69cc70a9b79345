#!/usr/bin/env python3
"""`make bench-streams`: 2,000 open event streams of 2,000 users on one of two instances, 200 writes a second through
both. How late hints are on either side, what a stream costs in memory, and what ordinary requests pay."""

import argparse
import asyncio
import json
import os
import time

from harness import database, fleet, machine, process, rows, servers, settings, tokens, work
from harness.settings import RESULTS, WORK
from harness.schema import Schema

STREAMS = 2_000
WRITES = 200
SECONDS = 20


def quantile(values: list, share: float) -> float:
    """By rank; in milliseconds."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def request(method: str, path: str, user: str, body: str = "") -> bytes:
    """One request on a connection that stays open."""
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKENS[user]}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n{body}".encode()


TOKENS: dict = {}


class Stream:
    """One listener: when its newest hint came."""

    def __init__(self, user: str):
        self.user, self.came, self.hints = user, asyncio.Event(), 0

    async def open(self, port: int) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.writer.write(request("GET", f"/api/{self.user}/events", self.user))
        await self.hint()
        self.task = asyncio.create_task(self.follow())

    async def hint(self) -> None:
        while True:
            line = await self.reader.readline()
            if not line:
                raise ConnectionError(self.user)
            if line.startswith(b"data: {"):
                return

    async def follow(self) -> None:
        while True:
            await self.hint()
            self.hints += 1
            self.came.set()


class Client:
    """A connection for ordinary requests, one after the other."""

    async def open(self, port: int) -> "Client":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.turn = asyncio.Lock()
        return self

    async def send(self, wanted: bytes, status: bytes) -> float:
        """Seconds from now to the end of the answer."""
        began = time.perf_counter()
        async with self.turn:
            self.writer.write(wanted)
            head = await self.reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 " + status):
                raise SystemExit(head.decode())
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await self.reader.readexactly(int(length.split(b":")[1]))
        return time.perf_counter() - began


async def reads(port: int, users: list, seconds: float) -> list:
    """200 lists a second, evenly, on ten connections."""
    clients = [await Client().open(port) for _ in range(10)]
    took, jobs, began = [], [], time.perf_counter()

    async def one(client, user):
        took.append(await client.send(request("GET", f"/api/{user}/tasks?limit=10", user), b"200"))

    for turn in range(int(WRITES * seconds)):
        await asyncio.sleep(max(0.0, began + turn / WRITES - time.perf_counter()))
        jobs.append(asyncio.create_task(one(clients[turn % 10], users[turn % len(users)])))
    await asyncio.gather(*jobs)
    return took


async def writes(ports: list, streams: list, seconds: float) -> dict:
    """200 creates a second, through both instances in turn; how long after its answer each hint came."""
    clients = {port: [await Client().open(port) for _ in range(10)] for port in ports}
    late: dict = {port: [] for port in ports}
    jobs, began = [], time.perf_counter()

    async def one(port, client, stream):
        stream.came.clear()
        await client.send(request("POST", f"/api/{stream.user}/tasks", stream.user, '{"title": "a"}'), b"201")
        answered = time.perf_counter()
        if not stream.came.is_set():
            await asyncio.wait_for(stream.came.wait(), 10)
        late[port].append(time.perf_counter() - answered)

    for turn in range(int(WRITES * seconds)):
        await asyncio.sleep(max(0.0, began + turn / WRITES - time.perf_counter()))
        port = ports[turn % 2]
        client = clients[port][turn // 2 % 10]
        jobs.append(asyncio.create_task(one(port, client, streams[turn % len(streams)])))
    await asyncio.gather(*jobs)
    return late


async def measure(running: list, users: list, seconds: float) -> dict:
    """Everything on one database; streams are on the first instance."""
    here, there = (instance.port for instance in running)
    before = process.resident_megabytes(running[0].pid)
    alone = await reads(here, users, seconds)
    idle = process.resident_megabytes(running[0].pid)
    streams = [Stream(user) for user in users]
    for some in range(0, len(streams), 100):
        await asyncio.gather(*(stream.open(here) for stream in streams[some : some + 100]))
    await asyncio.sleep(2)
    opened = process.resident_megabytes(running[0].pid)
    beside, late = await asyncio.gather(reads(here, users, seconds), writes([here, there], streams, seconds))
    for stream in streams:
        stream.task.cancel()
    return {
        "rss_mb": [before, idle, opened],
        "kib_per_stream": 1024 * (opened - idle) / len(streams),
        "hint_ms_same": [quantile(late[here], share) for share in (0.5, 0.99, 1)],
        "hint_ms_other": [quantile(late[there], share) for share in (0.5, 0.99, 1)],
        "list_ms_alone": [quantile(alone, share) for share in (0.5, 0.99)],
        "list_ms_with_streams_and_writes": [quantile(beside, share) for share in (0.5, 0.99)],
        "hints": sum(stream.hints for stream in streams),
    }


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="See bench/README.md.")
    parser.add_argument("--streams", type=int, default=STREAMS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    chosen = parser.parse_args()
    work.claim()
    builder, found = fleet.Builder(), []
    users = [rows.user(index) for index in range(chosen.streams)]
    TOKENS.update((user, tokens.hs256(user)) for user in users)
    for name in settings.DATABASES:
        here, running = database.of(name), []
        try:
            url = here.fresh("taskbridge", Schema("taskbridge", builder.get("taskbridge")))
            for _ in range(2):
                port = process.free_port()
                command = servers.taskbridge(builder.get("taskbridge"), port, url, TRUSTED_PROXIES="127.0.0.1")
                env = {"PATH": os.environ["PATH"], **command.env}
                log = WORK / "streams.log"
                child = process.start(command.arguments, log, env, command.cwd)
                running.append(fleet.Running("taskbridge", port, child, 0, 0))
                process.wait_for(f"http://127.0.0.1:{port}/health/ready", child, log)
            figures = asyncio.run(measure(running, users, chosen.seconds))
            print(here.name, json.dumps(figures, indent=1), flush=True)
            found.append({"database": here.name} | figures)
        finally:
            for instance in running:
                process.stop(instance.child)
            here.close()
    path = RESULTS / f"streams-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps({"about": {"machine": machine.facts()}, "records": found}, indent=1))


if __name__ == "__main__":
    main()
