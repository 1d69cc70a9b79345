"""The limit: bare actix-web (`bare`), and the same behind our authentication (`verify`)."""

from pathlib import Path

from harness import tokens
from harness.servers import Command, Placement, Task


def bare(program: Path, task: Task, placement: Placement, answers: Path) -> Command:
    """No authentication and no database."""
    return Command([str(program), str(task.port), str(answers)], {}, None, placement.server)


def verify(program: Path, task: Task, placement: Placement, answers: Path) -> Command:
    """Authentication and no database."""
    keys = {"BENCH_JWKS_URL": task.jwks_url} if task.algorithm == "EdDSA" else {"BENCH_SECRET": tokens.SECRET}
    env = {**keys, "BENCH_ORIGIN": tokens.ORIGIN}
    return Command([str(program), str(task.port), str(answers)], env, None, placement.server)
