"""The databases: each schema is filled once, and copied for every server of every round."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

from harness import process
from harness.schema import Schema
from harness.settings import USERS, WORK


class Database:
    """What both have in common."""

    def __init__(self, users: int = USERS):
        self.users = users
        self._seeds = set()

    def seed(self, schema: Schema) -> str:
        """The name of the database that copies are made from; made and filled when it is first wanted."""
        name = f"seed-{schema.name}"
        if name not in self._seeds:
            print(f"Filling the tables of {schema.name} on {self.name}", flush=True)
            self.fill(name, schema, lambda: schema.rows(self, name, self.users))
            self._seeds.add(name)
        return name

    def fill(self, name: str, schema: Schema, statements) -> str:
        """Makes a database with the tables and rows, and returns its URL."""
        self.create(name)
        schema.make(self, name)
        self.insert(name, statements())
        return self.url(name)


class Sqlite(Database):
    """Files. Write-ahead log and `synchronous=FULL` are each server's own duty."""

    name = "sqlite"
    pid = None

    def url(self, name: str) -> str:
        """Where this database is."""
        return f"sqlite://{WORK / name}.db"

    def create(self, name: str) -> None:
        """No file is an empty database."""
        self.drop(name)

    def _connect(self, name: str) -> sqlite3.Connection:
        return sqlite3.connect(WORK / f"{name}.db")

    def script(self, name: str, text: str) -> None:
        """Runs statements."""
        connection = self._connect(name)
        connection.executescript(text)
        connection.close()

    def has_column(self, name: str, table: str, column: str) -> bool:
        """Whether the table has it."""
        connection = self._connect(name)
        found = connection.execute("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", [table, column]).fetchone()
        connection.close()
        return bool(found)

    def insert(self, name: str, statements: list) -> None:
        """Fills the tables, and leaves no log beside the file."""
        connection = self._connect(name)
        connection.execute("PRAGMA cache_size = -500000")
        for statement in statements:
            connection.execute(statement)
        connection.execute("ANALYZE")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def fresh(self, name: str, schema: Schema) -> str:
        """The URL of a new copy."""
        seed = self.seed(schema)
        self.drop(name)
        shutil.copyfile(WORK / f"{seed}.db", WORK / f"{name}.db")
        # Otherwise writing the copy out would fall into a measurement.
        with open(WORK / f"{name}.db", "rb") as copy:
            os.fsync(copy.fileno())
        return self.url(name)

    def count(self, name: str) -> int:
        """How many tasks are stored."""
        connection = self._connect(name)
        try:
            return connection.execute("SELECT count(*) FROM tasks").fetchone()[0]
        finally:
            connection.close()

    def settle(self) -> None:
        """Nothing is left to be written."""

    def drop(self, name: str) -> None:
        """Removes a database."""
        for old in WORK.glob(f"{name}.db*"):
            old.unlink()

    def close(self) -> None:
        """Removes what copies were made from."""
        for name in self._seeds:
            self.drop(name)


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
# put off: a checkpoint is made before the servers of a round are measured, and tables are not vacuumed meanwhile.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
}


class Postgres(Database):
    """A cluster of its own, in a folder that goes away."""

    name = "postgres"

    def __init__(self):
        super().__init__()
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
        self.child = process.start(command, self.log, dict(os.environ), Path("/"))
        self._wait()
        self.pid = int((data / "postmaster.pid").read_text().split()[0])

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

    def create(self, name: str) -> None:
        """An empty database."""
        self.drop(name)
        self.sql("postgres", f'CREATE DATABASE "{name}"')

    def sql(self, name: str, statement: str) -> str:
        """Runs one statement and returns what it prints."""
        psql = [str(self.programs / "psql"), "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", self.url(name)]
        done = subprocess.run([*psql, "-c", statement], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{statement}: {done.stderr}")
        return done.stdout.strip()

    script = sql

    def has_column(self, name: str, table: str, column: str) -> bool:
        """Whether the table has it."""
        where = f"table_name = '{table}' AND column_name = '{column}'"
        return self.sql(name, f"SELECT count(*) FROM information_schema.columns WHERE {where}") != "0"

    def insert(self, name: str, statements: list) -> None:
        """Fills the tables."""
        for statement in statements:
            self.sql(name, statement)
        self.sql(name, "VACUUM ANALYZE")

    def fresh(self, name: str, schema: Schema) -> str:
        """The URL of a new copy."""
        seed = self.seed(schema)
        self.drop(name)
        self.sql("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{seed}" STRATEGY file_copy')
        return self.url(name)

    def count(self, name: str) -> int:
        """How many tasks are stored."""
        return int(self.sql(name, "SELECT count(*) FROM tasks"))

    def settle(self) -> None:
        """Writes out what was changed so far, so that it does not fall into a measurement."""
        self.sql("postgres", "CHECKPOINT")

    def drop(self, name: str) -> None:
        """Removes a database."""
        self.sql("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def close(self) -> None:
        """Ends the cluster and removes its folder."""
        process.stop(self.child)
        shutil.rmtree(self.folder, ignore_errors=True)


def of(name: str) -> Database:
    """The database of this name."""
    return {"sqlite": Sqlite, "postgres": Postgres}[name]()
