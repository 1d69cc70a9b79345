"""Load, in two ways: the generator of `bench/load`, which checks every answer, and plain wrk. Both send the same requests;
nothing is pinned to a processor and nothing keeps one awake."""

import json
import shutil
import subprocess
from pathlib import Path

from harness import process
from harness.settings import BENCH, Load

# What figures are compared in both ways.
FIGURES = ("per_second", "p50_ms", "p99_ms", "cpu_us", "database_cpu_us")

# A just-in-time compiler needs longer.
WARM_SECONDS = {"fastify": 1}
WARM_SECONDS_OF_OTHERS = 0.3
WARM_CONNECTIONS = 32


class Void(Exception):
    """An answer was not what it must be: the run counts for nothing."""


def _timed(command: list, pids: tuple) -> tuple:
    """What a program prints, and the CPU seconds that server and database took meanwhile."""
    before = [process.cpu_seconds(pid) for pid in pids]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    after = [process.cpu_seconds(pid) for pid in pids]
    if done.returncode:
        raise Void(f"{command[0]}: {done.stdout}{done.stderr}".strip())
    return done.stdout, [end - begin for begin, end in zip(before, after, strict=True)]


def _figures(per_second: float, p50: float, p99: float, requests: int, cpu: list) -> dict:
    """Rates, milliseconds, and microseconds of CPU per request."""
    micros = [1e6 * seconds / requests for seconds in cpu]
    return dict(zip(FIGURES, (per_second, p50 / 1000, p99 / 1000, *micros), strict=True))


def run(program: Path, running, file: Path, load: Load, seconds: float, database_pid: int | None = None) -> dict:
    """The first way."""
    owned = "any" if running.name == "bare" else "owned"
    command = [program, running.port, file, load.connections, load.rate, seconds, owned]
    output, cpu = _timed(command, (running.pid, database_pid))
    found = json.loads(output)
    if found["wrong"] or not found["requests"]:
        raise Void(f"{found['wrong']} wrong of {found['requests']} answers; {found['first_wrong']}")
    figures = _figures(found["per_second"], found["p50"], found["p99"], found["requests"], cpu)
    as_wrk = {f"{name}_ms": value / 1000 for name, value in found["as_wrk"].items()}
    return figures | {"requests": found["requests"], "bytes": found["bytes"], "as_wrk": as_wrk}


def warm(program: Path, running, file: Path) -> None:
    """Lets a server find its pace; what it answers is checked and not counted."""
    seconds = WARM_SECONDS.get(running.name, WARM_SECONDS_OF_OTHERS)
    run(program, running, file, Load(WARM_CONNECTIONS), seconds)


def wrk(running, file: Path, load: Load, seconds: float, database_pid: int | None = None) -> dict:
    """The second way. wrk takes whole seconds. A fixed rate is a pause of each connection between an answer and its next
    request, a millisecond shorter because both ends of it are rounded up; so the rate is somewhat lower when answers are slow."""
    if not shutil.which("wrk"):
        raise SystemExit("wrk was not found: apt-get install wrk")
    pause = 1000 * load.connections // load.rate - 1 if load.rate else 0
    command = ["wrk", "-t1", f"-c{load.connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"]
    command += ["-s", BENCH / "load" / "wrk.lua", f"http://127.0.0.1:{running.port}", "--"]
    output, cpu = _timed([*command, file, load.connections, pause], (running.pid, database_pid))
    told = next((line for line in output.splitlines() if line.startswith("RESULT ")), None)
    found = json.loads(told.removeprefix("RESULT ")) if told else {}
    if not found.get("requests") or found["wrong"] or found["errors"]:
        raise Void(f"wrk: {output}")
    per_second = 1e6 * found["requests"] / found["microseconds"]
    return _figures(per_second, found["p50"], found["p99"], found["requests"], cpu)
