"""The servers that are measured: how each is started, and the tables that it works on."""

from dataclasses import dataclass
from pathlib import Path

from harness import tokens
from harness.schema import PEERS, Schema
from harness.settings import BENCH, POOL, WORK


@dataclass(frozen=True)
class Command:
    """How a server is started."""

    arguments: list
    env: dict
    cwd: Path = WORK


def schema(name: str, builder) -> Schema | None:
    """The tables of this server; `None` when it has no database."""
    if name == "bare":
        return None
    if name == "baseline":
        return Schema(name, builder.get("baseline"))
    if name in ("taskbridge", "rls"):
        return Schema("taskbridge", builder.get("taskbridge"))
    return PEERS


def taskbridge(program: Path, port: int, url: str, **more: str) -> Command:
    """Ours, as in production: in development it reads each body once more, for a hint in the log. Limits and the access log are
    off, as none of the peers has them."""
    env = {
        "APP_ENV": "production",
        "BETTER_AUTH_SECRET": tokens.SECRET,
        "BETTER_AUTH_URL": tokens.ORIGIN,
        "DATABASE_URL": url,
        "DATABASE_MAX_CONNECTIONS": str(POOL),
        "PORT": str(port),
        "RATE_LIMIT_PER_MINUTE": "0",
        "AUTH_FAILURES_PER_MINUTE": "0",
        "RUST_LOG": "warn",
        **more,
    }
    return Command([program], env)


def bare(program: Path, port: int, answers: Path) -> Command:
    """Bare actix-web: no authentication and no database."""
    return Command([program, port, answers], {})


def _peer(port: int, url: str) -> dict:
    return {
        "JWT_SECRET": tokens.SECRET,
        "JWT_ORIGIN": tokens.ORIGIN,
        "DATABASE_URL": url,
        "PORT": str(port),
        "POOL": str(POOL),
    }


def axum(program: Path, port: int, url: str, tuned: bool) -> Command:
    """axum and sqlx, as they come or tuned."""
    return Command([program], _peer(port, url) | {"TUNED": str(int(tuned))})


def fastapi(python: Path, port: int, url: str) -> Command:
    """Two workers, one for each processor. uvloop and httptools are named, so that uvicorn cannot quietly take slower ones."""
    arguments = [python, "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", port, "--workers", 2]
    arguments += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    return Command(arguments, _peer(port, url), BENCH / "peers" / "fastapi")


def fastify(folder: Path, port: int, url: str) -> Command:
    """One process."""
    return Command(["node", "server.js"], _peer(port, url) | {"NODE_ENV": "production"}, folder)
