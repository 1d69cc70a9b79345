"""The limit: bare actix-web (`bare`), and the same behind our authentication (`verify`)."""

from pathlib import Path

from harness import tokens
from harness.servers import Command, Placement, Task


def bare(program: Path, task: Task, placement: Placement, answers: Path) -> Command:
    """No authentication and no database."""
    return Command([str(program), str(task.port), str(answers)], {}, None, placement.server)


def verify(program: Path, task: Task, placement: Placement, answers: Path) -> Command:
    """Authentication and no database."""
    key = task.jwks_url if task.algorithm == "EdDSA" else tokens.SECRET
    return Command([str(program), str(task.port), str(answers), tokens.ORIGIN, key], {}, None, placement.server)
