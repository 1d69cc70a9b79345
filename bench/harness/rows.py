"""The rows that a database is seeded with: the same for every server, in the order in which the users would have created
them: the first task of each user, then the second of each. Written in SQL that both databases understand."""

from harness.settings import FIRST, PREFIX, TASKS

# 2026-01-01T00:00:00Z in microseconds; the tasks follow each other by a second.
START = 1_767_225_600_000_000

# Of the list of every user with ten tasks: epoch, `seq` and format.
LIST_TAG = f'"{START}-{TASKS}-a"'

# The user of `large.py`.
LARGE = "BetterAuthUserWithALotOfTasks000"
LARGE_TASKS = 10_000

TITLE = "A task made by the benchmark"
DESCRIPTION = "What it is about"


def user(index: int) -> str:
    """The id of the user with this index, from 0 on."""
    return f"{PREFIX}{FIRST + index}"


def task_ids(index: int, users: int) -> range:
    """The ids of this user's tasks among so many users."""
    return range(index + 1, users * TASKS + 1, users)


def _numbers(total: int) -> str:
    """A table `number (n)` from 0 on."""
    return f"""WITH RECURSIVE number (n) AS (
        VALUES (CAST(0 AS BIGINT)) UNION ALL SELECT n + 1 FROM number WHERE n + 1 < {total})"""


def _values(users: int) -> dict:
    """What each column of ours holds in the row with number n."""
    turn, moment = f"(n / {users})", f"({START} + n * 1000000)"
    return {
        "user_id": f"'{PREFIX}' || ({FIRST} + n % {users})",
        "id": "n + 1",
        "title": f"'Task ' || ({turn} + 1) || ' of the benchmark'",
        "description": "'A description as long as people usually write one.'",
        "completed": f"{turn} % 3 = 0",
        "priority": f"{turn} % 3",
        "tags": "'[]'",
        "due_date": f"CASE WHEN {turn} % 2 = 0 THEN {moment} + 86400000000 END",
        "created_at": moment,
        "updated_at": moment,
    }


def _statement(values: dict, total: int) -> str:
    return f"INSERT INTO tasks ({', '.join(values)}) {_numbers(total)} SELECT {', '.join(values.values())} FROM number"


# Of every user who has a task.
OWNERS = f"""INSERT INTO owners (user_id, seq, last_id, tasks, epoch)
    SELECT user_id, max(seq), max(id), count(*), {START} FROM tasks GROUP BY user_id"""


def ours(users: int, numbered: bool) -> list:
    """The statements for Taskbridge's tables; `numbered` when tasks have a `seq` and users a row in `owners`, and not each
    task a `version`."""
    values = _values(users)
    if numbered:
        return [_statement(values | {"seq": f"n / {users} + 1"}, users * TASKS), OWNERS]
    return [_statement(values | {"version": "1"}, users * TASKS)]


def with_large(others: int, numbered: bool) -> list:
    """The statements for a table with so many rows of other users, and among them, evenly spread over time, those of a user
    with 10,000 tasks that have words, tags and dates to look for."""
    users, total = max(1, others // TASKS), others + LARGE_TASKS
    count = f"((n + 1) * {LARGE_TASKS} / {total})"
    is_large = f"{count} > n * {LARGE_TASKS} / {total}"
    mixed = "(n * 7919 % 1000003)"
    large = {
        "user_id": f"'{LARGE}'",
        "title": f"'Item ' || {mixed} || ': call the plumber again, Tuesday'",
        "description": f"'What has to be done before the end of the month, and why it was not done so far: see page ' || {mixed} || '.'",
        "completed": f"{mixed} % 3 = 0",
        "priority": f"{mixed} % 3",
        "tags": f"""'["home","area' || ({mixed} % 7) || '","week' || ({mixed} % 52) || '"]'""",
        "due_date": f"CASE WHEN {mixed} % 4 <> 0 THEN {START} + {mixed} * 1000000 END",
    }
    values = _values(users)
    values |= {name: f"CASE WHEN {is_large} THEN {value} ELSE {values[name]} END" for name, value in large.items()}
    if numbered:
        numbers = {"seq": f"CASE WHEN {is_large} THEN {count} ELSE n / {users} + 1 END"}
        return [_statement(values | numbers, total), OWNERS]
    return [_statement(values | {"version": "1"}, total)]


def peers(users: int, database: str) -> list:
    """The statements for the table of the peers."""
    values = _values(users)
    moment = {
        "postgres": lambda value: f"to_timestamp(({value}) / 1000000)",
        "sqlite": lambda value: f"strftime('%Y-%m-%d %H:%M:%f', ({value}) / 1000000, 'unixepoch')",
    }[database]
    values |= {name: moment(values[name]) for name in ("due_date", "created_at", "updated_at")}
    values["priority"] = f"CASE {values['priority']} WHEN 0 THEN 'low' WHEN 1 THEN 'medium' ELSE 'high' END"
    if database == "postgres":
        values["tags"] = "'[]'::jsonb"
        return [_statement(values, users * TASKS), "SELECT setval('tasks_id_seq', max(id)) FROM tasks"]
    return [_statement(values, users * TASKS)]
