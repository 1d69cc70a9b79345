"""Load: wrk with a script for each workload, first to check answers, then to count them."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness import polling, process
from harness.settings import BENCH

# wrk takes whole seconds. On a busy machine a slow peer may need longer for its first answer.
CHECK_SECONDS = (1, 4, 15)
WARM_SECONDS = 1

# By how much the mean size of the counted answers may differ from that of the checked ones.
SIZE_TOLERANCE = 0.1


class Void(Exception):
    """An answer was not what it must be: the run counts for nothing."""


@dataclass(frozen=True)
class Load:
    """What one run found."""

    requests: int
    seconds: int
    p50: float
    p99: float
    cpu: float
    database_cpu: float

    def as_dict(self) -> dict:
        """The figures of the report: rates, milliseconds and CPU milliseconds per request."""
        return {
            "requests": self.requests,
            "per_second": self.requests / self.seconds,
            "p50_ms": self.p50,
            "p99_ms": self.p99,
            "cpu_ms": 1000 * self.cpu / self.requests,
            "database_cpu_ms": 1000 * self.database_cpu / self.requests,
        }


def _wrk(workload: str, port: int, users: Path, connections: int, seconds: int, mode: str, cpus, alone: bool = False) -> dict:
    if not shutil.which("wrk"):
        raise SystemExit("wrk was not found: apt-get install wrk")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s"]
    command += ["-s", f"{workload}.lua", f"http://127.0.0.1:{port}", "--", str(users), mode]
    if cpus:
        command = ["taskset", "-c", cpus, *command]
    env = polling.environment() if alone else None
    done = subprocess.run(command, cwd=BENCH / "workloads", capture_output=True, text=True, env=env)
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            return json.loads(line.removeprefix("RESULT "))
    raise Void(f"wrk: {done.stdout}{done.stderr}")


def _faults(result: dict) -> None:
    for name in ("bad_status", "socket_errors", "timeouts", "wrong"):
        if result[name]:
            raise Void(f"{result[name]} {name} in {result['requests']} requests {result['first_wrong']}")
    if not result["requests"]:
        raise Void("no answer at all")


def check(workload: str, port: int, users: Path, cpus, constant: bool) -> float:
    """Compares every answer on one connection with what was asked; returns their mean size. Of a server
    that always answers the same, status and number of tasks."""
    mode = "check-shape" if constant else "check"
    for seconds in CHECK_SECONDS:
        result = _wrk(workload, port, users, 1, seconds, mode, cpus)
        if result["checked"]:
            break
    _faults(result)
    return result["bytes"] / result["requests"]


def run(
    workload: str, port: int, users: Path, connections: int, seconds: int, cpus, size: float, pids: tuple, alone: bool
) -> Load:
    """Warms up and measures. `pids` are the server and, where it is another, the database. `alone` says that nobody
    who is measured uses the processor of the load."""
    warm = _wrk(workload, port, users, connections, WARM_SECONDS, "measure", cpus, alone)
    if warm["requests"]:
        _faults(warm)
    before = [process.cpu_seconds(pid) if pid else 0.0 for pid in pids]
    result = _wrk(workload, port, users, connections, seconds, "measure", cpus, alone)
    after = [process.cpu_seconds(pid) if pid else 0.0 for pid in pids]
    _faults(result)
    counted = result["bytes"] / result["requests"]
    if abs(counted - size) > SIZE_TOLERANCE * size:
        raise Void(f"the answers have {counted:.0f} bytes on average, the checked ones {size:.0f}")
    return Load(
        requests=result["requests"],
        seconds=result["microseconds"] / 1e6,
        p50=result["p50"] / 1000,
        p99=result["p99"] / 1000,
        cpu=after[0] - before[0],
        database_cpu=after[1] - before[1],
    )
