"""The databases: made by `taskbridge migrate`, seeded once, copied for every server of every round."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

from harness import process, rows
from harness.settings import USERS, WORK


def _migrate(program: Path, url: str) -> None:
    command = [str(program), "migrate"]
    env = {"DATABASE_URL": url, "RUST_LOG": "warn"}
    done = subprocess.run(command, env=env, cwd=WORK, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"taskbridge migrate failed: {done.stderr}")


class Sqlite:
    """Files. Write-ahead log and `synchronous=FULL` are each server's own duty."""

    name = "sqlite"
    pid = None

    def __init__(self, program: Path, users: int = USERS):
        self.program = program
        self.seed = WORK / "seed.db"
        self.fill("seed", users)

    def fill(self, name: str, users: int) -> str:
        """Makes a database with ten tasks for each of so many users, and returns its URL."""
        self.drop(name)
        path = WORK / f"{name}.db"
        _migrate(self.program, f"sqlite://{path}")
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA cache_size = -500000")
        connection.execute(rows.insert(users))
        connection.execute("ANALYZE")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return f"sqlite://{path}"

    def fresh(self, name: str) -> str:
        """The URL of a new copy."""
        path = WORK / f"{name}.db"
        self.drop(name)
        shutil.copyfile(self.seed, path)
        # Otherwise writing the copy out would fall into somebody's measurement.
        with open(path, "rb") as copy:
            os.fsync(copy.fileno())
        return f"sqlite://{path}"

    def count(self, name: str) -> int:
        """How many tasks are stored."""
        connection = sqlite3.connect(WORK / f"{name}.db")
        try:
            return connection.execute("SELECT count(*) FROM tasks").fetchone()[0]
        finally:
            connection.close()

    def settle(self) -> None:
        """Nothing is left undone behind a file."""

    def drop(self, name: str) -> None:
        """Removes the copy."""
        for old in WORK.glob(f"{name}.db*"):
            old.unlink()

    def close(self) -> None:
        """Removes the seed."""
        self.drop("seed")


def _server_programs() -> Path:
    asked = shutil.which("pg_config")
    found = []
    if asked:
        found.append(Path(subprocess.run([asked, "--bindir"], capture_output=True, text=True).stdout.strip()))
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "pgbench").exists():
            return folder
    raise SystemExit("PostgreSQL's server programs and pgbench were not found: apt-get install postgresql")


# Durable as delivered (fsync, synchronous_commit, full_page_writes are on). What would disturb single runs is
# put off: checkpoints happen between runs, and nothing is vacuumed while somebody is measured.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
}


class Postgres:
    """A cluster of its own, in a folder that goes away."""

    name = "postgres"

    def __init__(self, program: Path, cpus: str | None, users: int = USERS):
        self.program = program
        self.programs = _server_programs()
        self.folder = Path(tempfile.mkdtemp(prefix="bench-postgres-", dir="/tmp"))
        self.port = process.free_port()
        self.log = WORK / "postgres.log"
        self.log.write_text("")
        # initdb refuses to run as root.
        self.user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self.user:
            shutil.chown(self.folder, "postgres", "postgres")
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        command = [*self.user, self.programs / "postgres", "-D", data, "-p", self.port, *options]
        self.child = process.start([str(part) for part in command], cpus, self.log, dict(os.environ), Path("/"))
        self._wait()
        self.pid = int((data / "postmaster.pid").read_text().split()[0])
        self.fill("seed", users)

    def fill(self, name: str, users: int) -> str:
        """Makes a database with ten tasks for each of so many users, and returns its URL."""
        self.drop(name)
        self.sql("postgres", f'CREATE DATABASE "{name}"')
        _migrate(self.program, self.url(name))
        self.sql(name, rows.insert(users))
        self.sql(name, "VACUUM ANALYZE")
        return self.url(name)

    def _run(self, program: str, *arguments) -> None:
        command = [*self.user, self.programs / program, *arguments]
        done = subprocess.run([str(part) for part in command], cwd="/", capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{program} failed: {done.stderr}")

    def _wait(self) -> None:
        ready = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        for _ in range(600):
            if subprocess.run(ready).returncode == 0:
                return
            time.sleep(0.1)
        raise SystemExit(f"PostgreSQL did not start:\n{self.log.read_text()}")

    def url(self, name: str) -> str:
        """Where this database is."""
        return f"postgres://bench@127.0.0.1:{self.port}/{name}"

    def _psql(self, name: str) -> list:
        return [str(self.programs / "psql"), "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", self.url(name)]

    def sql(self, name: str, statement: str) -> str:
        """Runs one statement and returns what it prints."""
        done = subprocess.run([*self._psql(name), "-c", statement], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{statement}: {done.stderr}")
        return done.stdout.strip()

    def fresh(self, name: str) -> str:
        """The URL of a new copy."""
        self.drop(name)
        self.sql("postgres", f'CREATE DATABASE "{name}" TEMPLATE seed STRATEGY file_copy')
        return self.url(name)

    def count(self, name: str) -> int:
        """How many tasks are stored."""
        return int(self.sql(name, "SELECT count(*) FROM tasks"))

    def settle(self) -> None:
        """Writes out what the last run left, so that it does not fall into the next."""
        self.sql("postgres", "CHECKPOINT")

    def drop(self, name: str) -> None:
        """Removes the copy."""
        self.sql("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def close(self) -> None:
        """Ends the cluster and removes its folder."""
        process.stop(self.child)
        shutil.rmtree(self.folder, ignore_errors=True)
