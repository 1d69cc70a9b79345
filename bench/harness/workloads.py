"""The requests of each workload, ready to be sent, in a file that both load generators read.

Each is a line `LENGTH STATUS TASKS USER ID`, which says what the answer must be (ID 0: any), and LENGTH bytes.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path

from harness import rows, tokens
from harness.settings import USERS, WORK

# More of them would only fill the processor's cache.
MOST_REQUESTS = 20_000

BODY = json.dumps({"title": rows.TITLE, "description": rows.DESCRIPTION}, separators=(",", ":"))
LIST = "/tasks?limit=10"


@dataclass(frozen=True)
class Request:
    """What is sent, below `/api/{user}`, and how many tasks of which id the answer holds."""

    method: str
    path: str
    status: int = 200
    tasks: int = 1
    id: int = 0
    body: str = ""
    header: str = ""

    def text(self, user: str, token: str) -> bytes:
        """The bytes to send."""
        lines = [
            f"{self.method} /api/{user}{self.path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Bearer {token}",
        ]
        if self.header:
            lines.append(self.header)
        if self.body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", self.body]).encode()


def listing() -> Request:
    """A user's ten newest tasks."""
    return Request("GET", LIST, tasks=10)


def unchanged() -> Request:
    """The same, of a client that has it."""
    return Request("GET", LIST, status=304, tasks=0, header=f"If-None-Match: {rows.LIST_TAG}")


def reading(task: int) -> Request:
    """One task by its id."""
    return Request("GET", f"/tasks/{task}", id=task)


def creating() -> Request:
    """A new task, answered when it is durable."""
    return Request("POST", "/tasks", status=201, body=BODY)


def toggling(task: int) -> Request:
    """Flips whether a task is done, answered when it is durable."""
    return Request("PATCH", f"/tasks/{task}/complete", id=task)


def of_user(workload: str, tasks: list) -> list:
    """All requests of this workload that one user may send. `mixed` is what an app does: of ten requests five lists, three
    single tasks, one new task and one toggle."""
    kinds = {
        "list": lambda: [listing()],
        "unchanged": lambda: [unchanged()],
        "get": lambda: [reading(task) for task in tasks],
        "create": lambda: [creating()],
        "toggle": lambda: [toggling(task) for task in tasks],
        "mixed": lambda: [
            *([listing()] * 5),
            *(reading(task) for task in tasks[5:8]),
            creating(),
            toggling(tasks[9]),
        ],
    }
    return kinds[workload]()


def file(workload: str, users: int = USERS, among: int = USERS) -> Path:
    """The file of a workload. The users stand evenly among all there are; each sends its share of the requests, one at least,
    in an order that is the same for every server and every run."""
    path = WORK / f"requests-{workload}-{users}-{among}.txt"
    chance = random.Random(7)
    share, step = max(1, MOST_REQUESTS // users), among // users
    made = []
    for index in range(0, users * step, step):
        name = rows.user(index)
        token = tokens.hs256(name)
        possible = of_user(workload, list(rows.task_ids(index, among)))
        for request in chance.sample(possible, min(share, len(possible))):
            made.append((request, name, token))
    chance.shuffle(made)
    write(path, made)
    return path


def write(path: Path, made: list) -> None:
    """Writes requests, each with its user and token."""
    with open(path, "wb") as output:
        for request, user, token in made:
            text = request.text(user, token)
            output.write(f"{len(text)} {request.status} {request.tasks} {user} {request.id}\n".encode())
            output.write(text)
