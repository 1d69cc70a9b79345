"""Our server. Limits and the access log are off, as none of the peers has them."""

from pathlib import Path

from harness import tokens
from harness.servers import Command, Placement, Task
from harness.settings import POOL


def command(program: Path, task: Task, placement: Placement) -> Command:
    """One worker for each processor that it may use: with one processor one worker."""
    keys = {"JWKS_URL": task.jwks_url} if task.algorithm == "EdDSA" else {"BETTER_AUTH_SECRET": tokens.SECRET}
    env = {
        **keys,
        "BETTER_AUTH_URL": tokens.ORIGIN,
        "DATABASE_URL": task.url,
        "DATABASE_MAX_CONNECTIONS": str(POOL),
        "PORT": str(task.port),
        "RATE_LIMIT_PER_MINUTE": "0",
        "AUTH_FAILURES_PER_MINUTE": "0",
        "RUST_LOG": "warn",
    }
    return Command([str(program)], env, task.folder, placement.server)
