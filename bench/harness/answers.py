"""The bytes that bare actix-web answers: those of Taskbridge for the first user."""

import json
from pathlib import Path

from harness import rows
from harness.settings import TASKS, USERS, WORK


def file() -> Path:
    """A file with a list of ten tasks on its first line and a single one on its second."""
    made = [task_json(number) for number in rows.task_ids(0, USERS)]
    assert len(made) == TASKS
    path = WORK / "answers.txt"
    path.write_text(f"[{','.join(reversed(made))}]\n{made[0]}\n")
    return path


def task_json(number: int) -> str:
    """A task as the API writes it."""
    task = {
        "id": number,
        "user_id": rows.user(0),
        "title": "Task 1 of the benchmark",
        "description": "A description as long as people usually write one.",
        "completed": False,
        "priority": "medium",
        "tags": [],
        "due_date": None,
        "created_at": "2026-01-01T00:00:00.123456Z",
        "updated_at": "2026-01-01T00:00:00.123456Z",
    }
    return json.dumps(task, separators=(",", ":"))
