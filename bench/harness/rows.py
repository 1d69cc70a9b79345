"""The seeded rows: the same for every server and both databases, made by the database without chance."""

import sqlite3

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


def insert(users: int) -> str:
    """The statement that makes all rows, on both databases: one user after another. In time they take turns:
    everybody's first task, then the second."""
    moment = f"({START} + (turn * {users} + i) * 1000000)"
    return f"""
        WITH RECURSIVE number (n) AS (
            VALUES (CAST(0 AS BIGINT)) UNION ALL SELECT n + 1 FROM number WHERE n + 1 < {users * TASKS}
        ), task (i, turn) AS (SELECT n / {TASKS}, n % {TASKS} FROM number)
        INSERT INTO tasks ({COLUMNS})
        SELECT '{PREFIX}' || ({FIRST} + i), ({FIRST} + i) * {TASKS} + turn, 1,
            'Task ' || (turn + 1) || ' of the benchmark', 'A description as long as people usually write one.',
            turn % 3 = 0, turn % 3, '[]', CASE WHEN turn % 2 = 0 THEN {moment} + 86400000000 END, {moment}, {moment}
        FROM task"""


def tasks(users: int) -> list:
    """The same rows, for who has no database."""
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE tasks ({COLUMNS})")
    connection.execute(insert(users))
    found = connection.execute("SELECT * FROM tasks ORDER BY user_id, id").fetchall()
    connection.close()
    return found
