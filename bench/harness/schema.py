"""The tables that a server works on: those of Taskbridge, as a build of it makes them or as its migrations are written, or
that of the peers. Each fills them with the same tasks."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness import rows
from harness.settings import BENCH, ROOT, WORK


@dataclass(frozen=True)
class Schema:
    """`program` runs its migrations; without one the scripts in `folder` are run."""

    name: str
    program: Path | None = None
    folder: str = ""

    def make(self, database, name: str) -> None:
        """Makes the tables in an empty database."""
        if self.program:
            command = [str(self.program), "migrate"]
            env = {"DATABASE_URL": database.url(name), "RUST_LOG": "warn"}
            done = subprocess.run(command, env=env, cwd=WORK, capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"{' '.join(command)} failed: {done.stderr}")
        else:
            for script in sorted(Path(self.folder).glob(f"{database.name}.sql")) or sorted(
                Path(self.folder).glob(f"{database.name}/*/up.sql")
            ):
                database.script(name, script.read_text())

    def rows(self, database, name: str, users: int) -> list:
        """The statements that fill these tables."""
        if self is PEERS:
            return rows.peers(users, database.name)
        return rows.ours(users, database.has_column(name, "tasks", "seq"))


# What the tutorials of the peers teach: an id that counts up, and an index on the user.
PEERS = Schema("peers", folder=str(BENCH / "peers" / "schema"))

# Ours, without a program.
ALONE = Schema("alone", folder=str(ROOT / "migrations"))
