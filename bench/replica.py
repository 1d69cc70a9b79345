#!/usr/bin/env python3
"""`make bench-replica`: what a read replica could bring at most. A client reads its own writes only if the primary says how
far they have come, so each read that goes to a replica leaves a look-up of the user's row to the primary, and each write is
replayed on the replica. CPU time of primary and replica per request, and what follows from it for reads and for a mix."""

import argparse
import os
import shutil
import tempfile
from pathlib import Path
from statistics import median

from growth import save
from harness import database, fleet, load, process, settings, work, workloads
from harness.settings import WORK, Load

READS = ("list", "get", "unchanged")
WRITES = ("create", "toggle")
ROUNDS = 5
SECONDS = 2.0
CONNECTIONS = 32

# What clients send, as numbers of requests. `mixed` is that of the other benchmarks; in `followed` four of five lists have
# not changed, as for a client that sends `If-None-Match`.
MIXES = {
    "lists of ten tasks": {"list": 1},
    "single tasks": {"get": 1},
    "unchanged lists": {"unchanged": 1},
    "mixed": {"list": 5, "get": 3, "create": 1, "toggle": 1},
    "mixed, followed": {"list": 1, "unchanged": 4, "get": 3, "create": 1, "toggle": 1},
}


class Replica:
    """A standby of this cluster that follows it by streaming replication, asynchronously."""

    def __init__(self, primary: database.Postgres):
        self.port = process.free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="bench-replica-", dir="/tmp"))
        if primary.user:
            shutil.chown(self.folder, "postgres", "postgres")
        data = self.folder / "data"
        primary._run("pg_basebackup", "-h", "127.0.0.1", "-p", primary.port, "-U", "bench", "-D", data, "-R", "-c", "fast")
        options = [part for name, value in database.OPTIONS.items() for part in ("-c", f"{name}={value}")]
        command = [*primary.user, primary.programs / "postgres", "-D", data, "-p", self.port, *options]
        self.child = process.start(command, WORK / "replica.log", dict(os.environ), Path("/"))
        self.pid = self.child.pid
        self._primary = primary

    def wait(self) -> None:
        """Until it has replayed what the primary has written."""
        behind = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()"
        while self._primary.sql("postgres", behind) != "1":
            if self.child.poll() is not None:
                raise SystemExit(f"the replica ended:\n{(WORK / 'replica.log').read_text()[-2000:]}")

    def close(self) -> None:
        """Ends it and removes its folder."""
        process.stop(self.child)
        shutil.rmtree(self.folder, ignore_errors=True)


def one(builder, running, primary, replica, workload: str) -> dict:
    """CPU microseconds of one request, on the primary and, for what is written, on the replica."""
    replica.wait()
    before = process.cpu_seconds(replica.pid)
    file = workloads.file(workload)
    found = load.run(builder.get("load"), running, file, Load(CONNECTIONS), SECONDS, primary.pid)
    replica.wait()
    replayed = 1e6 * (process.cpu_seconds(replica.pid) - before) / found["requests"]
    return {"workload": workload, "primary_us": found["database_cpu_us"], "replica_us": replayed}


def gain(mix: dict, primary: dict, replayed: dict, look_up: float) -> float:
    """How many times as many requests of this mix two servers can answer as one, at the best share of reads for the replica."""
    written = sum(count * primary[name] for name, count in mix.items() if name in WRITES)
    replays = sum(count * replayed[name] for name, count in mix.items() if name in WRITES)
    read = sum(count * primary[name] for name, count in mix.items() if name in READS)
    looked_up = look_up * sum(count for name, count in mix.items() if name in READS)
    shares = (step / 100 for step in range(101))
    busiest = min(max(written + (1 - x) * read + x * looked_up, x * read + replays) for x in shares)
    return (written + read) / busiest


def report(records: list) -> str:
    """The medians, and what follows."""
    middle = lambda key, name: median(found[key] for found in records if found["workload"] == name)
    primary = {name: middle("primary_us", name) for name in READS + WRITES}
    replayed = {name: middle("replica_us", name) for name in WRITES}
    lines = ["| request | CPU of the primary, µs | of the replica that replays it, µs |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {primary[name]:.1f} | {replayed.get(name, 0):.1f} |" for name in READS + WRITES]
    lines += ["", "| requests | with one replica, at most |", "| --- | ---: |"]
    lines += [f"| {name} | × {gain(mix, primary, replayed, primary['unchanged']):.2f} |" for name, mix in MIXES.items()]
    return "\n".join(lines)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="See bench/README.md.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    asked.sizes = (settings.USERS,)
    work.claim()
    builder, records = fleet.Builder(), []
    primary = database.of("postgres")
    try:
        running = fleet.start(builder, "taskbridge", primary)
        replica = Replica(primary)
        try:
            # Reads first: what is created makes the tag of a list another one.
            for names in (READS, WRITES):
                for name in names:
                    load.warm(builder.get("load"), running, workloads.file(name))
                for number in range(asked.rounds):
                    records += [{"round": number} | one(builder, running, primary, replica, name) for name in names]
        finally:
            process.stop(running.child)
            replica.close()
    finally:
        primary.close()
    save("replica", asked, records)
    print(report(records))


if __name__ == "__main__":
    main()
