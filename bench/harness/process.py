"""A process tree: started, watched through /proc, ended by its id."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that is free right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command: list, log: Path, env: dict, cwd: Path | None = None) -> subprocess.Popen:
    """Starts a command in a process group of its own; its output goes to `log`."""
    with open(log, "ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )


def wait_for(url: str, child: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    """Waits until the URL answers 200."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        if child.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{child.args} did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.005)


def stop(child: subprocess.Popen, seconds: float = 5) -> None:
    """SIGTERM, then SIGKILL to what is left of the group that we started."""
    for name, most in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5)):
        try:
            os.killpg(child.pid, name)
        except ProcessLookupError:
            break
        try:
            child.wait(most)
        except subprocess.TimeoutExpired:
            continue
        break


def tree(pid: int) -> list:
    """The process and all that descend from it."""
    pids = [pid]
    for parent in pids:
        try:
            tasks = Path(f"/proc/{parent}/task").iterdir()
            pids += [int(child) for task in tasks for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return pids


def cpu_seconds(pid: int | None) -> float:
    """User and system time of the tree, to the microsecond; of processes that have ended and were waited for, to the tick.
    No time of no process."""
    seconds = 0.0
    for each in tree(pid) if pid else ():
        try:
            # The CPU clock of another process, as clock_getcpuclockid(3) names it.
            seconds += time.clock_gettime((~each << 3) | 2)
            stat = Path(f"/proc/{each}/stat").read_text()
        except (OSError, ProcessLookupError):
            continue
        # The name may hold blanks; the fields we want stand after it.
        seconds += sum(int(number) for number in stat.rpartition(")")[2].split()[13:15]) / TICK
    return seconds


def resident_megabytes(pid: int) -> float:
    """Resident memory of the tree; pages that several processes share count once (PSS) where there are several."""
    pids = tree(pid)
    name = "Rss" if len(pids) == 1 else "Pss"
    kilobytes = 0
    for each in pids:
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
    return kilobytes / 1024
