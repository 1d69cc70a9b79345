"""Instructions counted by callgrind: of a program that ends by itself, or of a server that is asked over one
connection. What is counted is the difference between a run and one of twice the length, without the start."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

from harness import process
from harness.settings import WORK

# Threads take turns in the order they ask, so that two runs count alike.
VALGRIND = ("valgrind", "--tool=callgrind", "--fair-sched=yes")


def _command(name: str) -> list:
    if not shutil.which("valgrind"):
        raise SystemExit("valgrind was not found: apt-get install valgrind")
    return [*VALGRIND, f"--callgrind-out-file={WORK}/callgrind.{name}.out"]


def _collected(text: str) -> int:
    found = re.findall(r"Collected : (\d+)", text)
    if not found:
        raise SystemExit(f"callgrind counted nothing:\n{text[-2000:]}")
    return int(found[-1])


def of_program(name: str, command: list) -> int:
    """All instructions of a program."""
    done = subprocess.run([*_command(name), *map(str, command)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    return _collected(done.stderr)


def of_server(name: str, program: Path, env: dict, requests: list) -> int:
    """All instructions of a server that starts, answers these requests one after another, and ends."""
    port = process.free_port()
    log = WORK / f"callgrind.{name}.log"
    log.write_text("")
    env = {"PATH": os.environ["PATH"], "PORT": str(port), **env}
    # On one processor, so that there is one worker.
    pinned = ["taskset", "-c", min(os.sched_getaffinity(0))]
    child = process.start([*pinned, *_command(name), program], log, env, WORK)
    try:
        process.wait_for(f"http://127.0.0.1:{port}/health", child, log, 120)
        with socket.create_connection(("127.0.0.1", port)) as connection:
            answers = connection.makefile("rb")
            for text, status in requests:
                connection.sendall(text)
                _expect(answers, status)
    finally:
        process.stop(child, 60)
    return _collected(log.read_text(errors="replace"))


def _expect(answers, status: int) -> None:
    """Reads one answer with a Content-Length."""
    line = answers.readline()
    if line.split()[1:2] != [str(status).encode()]:
        raise SystemExit(f"{line!r} instead of {status}")
    length = 0
    while (field := answers.readline().strip()):
        name, _, value = field.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    answers.read(length)
