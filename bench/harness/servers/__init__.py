"""The servers that are measured: how each is started. All speak to their own copy of the same database."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Placement:
    """Which processors who may use; None for all."""

    server: str | None
    load: str | None
    database: str | None
    all: str | None


@dataclass(frozen=True)
class Task:
    """What a server is started for."""

    port: int
    database: str
    url: str
    algorithm: str
    jwks_url: str
    folder: Path


@dataclass(frozen=True)
class Command:
    """How a server is started."""

    arguments: list
    env: dict
    cwd: Path | None = None
    cpus: str | None = None
