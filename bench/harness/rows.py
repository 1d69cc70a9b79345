"""The seeded rows: the same for every server and both databases, made without chance."""

from harness.settings import FIRST, PREFIX, TASKS

COLUMNS = (
    "user_id, id, version, title, description, completed, priority, tags, due_date, created_at, updated_at"
)

# 2026-01-01T00:00:00Z in microseconds; the tasks follow each other by a second.
START = 1_767_225_600_000_000


def user(index: int) -> str:
    """The id of the user with this index, from 0 on."""
    return f"{PREFIX}{FIRST + index}"


def task_ids(index: int) -> range:
    """The ids of the user's tasks."""
    first = (FIRST + index) * TASKS
    return range(first, first + TASKS)


def tasks(users: int):
    """All rows, one user after another. In time they take turns: everybody's first task, then the second."""
    for index in range(users):
        for turn in range(TASKS):
            moment = START + (turn * users + index) * 1_000_000
            number = task_ids(index)[turn]
            yield (
                user(index),
                number,
                1,
                f"Task {turn + 1} of the benchmark",
                "A description as long as people usually write one.",
                turn % 3 == 0,
                turn % 3,
                "[]",
                None if turn % 2 else moment + 86_400_000_000,
                moment,
                moment,
            )
