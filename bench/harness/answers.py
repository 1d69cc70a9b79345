"""The bytes that bare actix-web answers: those of Taskbridge for the first user."""

import json
import time
from pathlib import Path

from harness import rows
from harness.settings import WORK


def file() -> Path:
    """A file with a list of ten tasks on its first line and a single one on its second."""
    made = [task_json(row) for row in rows.tasks(1)]
    path = WORK / "answers.txt"
    path.write_text(f"[{','.join(reversed(made))}]\n{made[0]}\n")
    return path


def task_json(row: tuple) -> str:
    """A task as the API writes it."""

    def moment(micros):
        return micros and time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(micros // 1_000_000)) + ".123456Z"

    user, number, _, title, description, completed, priority, _, due, created, updated = row
    task = {
        "id": number,
        "user_id": user,
        "title": title,
        "description": description,
        "completed": bool(completed),
        "priority": ("low", "medium", "high")[priority],
        "tags": [],
        "due_date": moment(due),
        "created_at": moment(created),
        "updated_at": moment(updated),
    }
    return json.dumps(task, separators=(",", ":"))
