"""What people run today: FastAPI under uvicorn, and Fastify."""

from pathlib import Path

from harness import tokens
from harness.servers import Command, Placement, Task
from harness.settings import BENCH, POOL


def _env(task: Task) -> dict:
    keys = {"JWKS_URL": task.jwks_url} if task.algorithm == "EdDSA" else {"JWT_SECRET": tokens.SECRET}
    return {**keys, "JWT_ORIGIN": tokens.ORIGIN, "DATABASE_URL": task.url, "POOL": str(POOL)}


def fastapi(python: Path, task: Task, placement: Placement, workers: int) -> Command:
    """uvloop and httptools named, so that uvicorn cannot quietly take slower ones. Two workers get both processors."""
    arguments = [str(python), "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(task.port)]
    arguments += ["--workers", str(workers), "--loop", "uvloop", "--http", "httptools"]
    arguments += ["--no-access-log", "--log-level", "warning"]
    cpus = placement.server if workers == 1 else placement.all
    return Command(arguments, _env(task), BENCH / "peers" / "fastapi", cpus)


def fastify(folder: Path, task: Task, placement: Placement) -> Command:
    """One process."""
    env = {**_env(task), "PORT": str(task.port), "NODE_ENV": "production"}
    return Command(["node", "server.js"], env, folder, placement.server)
