"""All servers of a round: started beside each other, each on its own copy of the data."""

import os
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from harness import build, process
from harness.servers import Placement, Task, actix, peers, taskbridge
from harness.settings import WORK, Settings


@dataclass
class Running:
    """A server that answers."""

    name: str
    port: int
    child: object
    idle_mb: float
    start_ms: float

    @property
    def pid(self) -> int:
        """The process, and so the root of its tree."""
        return self.child.pid


class Builder:
    """Builds each program at most once, when it is first wanted."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self._made = {}

    def get(self, name: str):
        """What `harness.build` made under this name."""
        if name not in self._made:
            make = {
                "taskbridge": lambda: build.taskbridge(self.settings),
                "baseline": lambda: build.baseline(self.settings),
                "peers": build.peers,
                "verify": lambda: build.bench_program("verify"),
                "python": build.python,
                "node": build.node,
            }[name]
            self._made[name] = make()
        return self._made[name]

    def command(self, name: str, task: Task, placement: Placement, answers: Path):
        """How the server of this name is started."""
        if name in ("taskbridge", "baseline"):
            return taskbridge.command(self.get(name), task, placement)
        if name == "bare":
            return actix.bare(self.get("peers") / "bare", task, placement, answers)
        if name == "verify":
            return actix.verify(self.get("verify"), task, placement, answers)
        if name == "fastify":
            return peers.fastify(self.get("node"), task, placement)
        return peers.fastapi(self.get("python"), task, placement, int(name.removeprefix("fastapi-")))


def start(builder: Builder, name: str, database, algorithm: str, jwks_url: str, placement: Placement, answers: Path):
    """Starts one server on a new copy of the data and waits until it answers."""
    url = database.fresh(name) if name not in ("bare", "verify") else ""
    return start_on(builder, name, url, database.name, algorithm, jwks_url, placement, answers)


def start_on(builder, name: str, url: str, kind: str, algorithm: str, jwks_url: str, placement, answers) -> Running:
    """Starts one server on this database and waits until it answers."""
    task = Task(process.free_port(), kind, url, algorithm, jwks_url, WORK)
    command = builder.command(name, task, placement, answers)
    log = WORK / f"{name}.log"
    log.write_text("")
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **command.env}
    began = perf_counter()
    child = process.start(command.arguments, command.cpus, log, env, command.cwd)
    process.wait_for(f"http://127.0.0.1:{task.port}/health", child, log)
    start_ms = 1000 * (perf_counter() - began)
    return Running(name, task.port, child, process.resident_megabytes(child.pid), start_ms)
