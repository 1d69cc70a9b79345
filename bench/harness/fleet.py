"""All servers of a round: started beside each other, each on its own copy of the data."""

import os
from dataclasses import dataclass
from time import perf_counter

from harness import answers, build, process, servers
from harness.servers import Command
from harness.settings import WORK


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

    def __init__(self):
        self._made = {}

    def get(self, name: str):
        """What `harness.build` made under this name."""
        if name not in self._made:
            self._made[name] = getattr(build, name)()
        return self._made[name]

    def command(self, name: str, port: int, url: str) -> Command:
        """How the server of this name is started."""
        make = {
            "taskbridge": lambda: servers.taskbridge(self.get("taskbridge"), port, url),
            "baseline": lambda: servers.taskbridge(self.get("baseline"), port, url),
            "rls": lambda: servers.taskbridge(self.get("taskbridge"), port, url, DATABASE_RLS="on"),
            "bare": lambda: servers.bare(self.get("limits") / "bare", port, answers.file()),
            "axum": lambda: servers.axum(self.get("axum"), port, url, False),
            "axum-tuned": lambda: servers.axum(self.get("axum"), port, url, True),
            "fastapi": lambda: servers.fastapi(self.get("python"), port, url),
            "fastify": lambda: servers.fastify(self.get("node"), port, url),
        }
        return make[name]()


def start(builder: Builder, name: str, database) -> Running:
    """Starts one server on a new copy of the data and waits until it answers."""
    schema = servers.schema(name, builder)
    return start_on(builder, name, database.fresh(name, schema) if schema else "")


def start_on(builder: Builder, name: str, url: str) -> Running:
    """Starts one server on this database and waits until it answers."""
    port = process.free_port()
    command = builder.command(name, port, url)
    log = WORK / f"{name}.log"
    log.write_text("")
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **command.env}
    began = perf_counter()
    child = process.start(command.arguments, log, env, command.cwd)
    process.wait_for(f"http://127.0.0.1:{port}/health", child, log)
    start_ms = 1000 * (perf_counter() - began)
    return Running(name, port, child, process.resident_megabytes(child.pid), start_ms)
