"""Builds what is measured, and holds the peers to the versions that the program is locked to."""

import json
import os
import re
import subprocess
from pathlib import Path

from harness.settings import BENCH, ROOT, Settings

PEERS = BENCH / "peers" / "rust"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
VENV = BENCH / ".venv"


def _run(command: list, cwd: Path, **env: str) -> None:
    if subprocess.run([str(part) for part in command], cwd=cwd, env=os.environ | env).returncode:
        raise SystemExit(f"failed: {' '.join(map(str, command))} (in {cwd})")


def _locked(lock: Path, package: str) -> set:
    pattern = rf'name = "{package}"\nversion = "([^"]+)"'
    return set(re.findall(pattern, lock.read_text()))


def taskbridge(settings: Settings) -> Path:
    """The release program, or the one that BENCH_TASKBRIDGE names."""
    if settings.taskbridge:
        return _existing(settings.taskbridge, "BENCH_TASKBRIDGE")
    _run(["cargo", "build", "--release", "--locked", "--quiet", "--bin", "taskbridge"], ROOT)
    return TARGET / "release" / "taskbridge"


def _existing(text: str, name: str) -> Path:
    path = Path(text).resolve()
    if not os.access(path, os.X_OK):
        raise SystemExit(f"{name}: {path} is no program; build it first")
    return path


def baseline(settings: Settings) -> Path:
    """The program that BENCH_BASELINE names, to compare two builds in one run."""
    return _existing(settings.baseline or "", "BENCH_BASELINE")


def peers() -> Path:
    """The folder of `bare` and `sqlite`."""
    for package in ("actix-web", "libsqlite3-sys"):
        ours, theirs = _locked(ROOT / "Cargo.lock", package), _locked(PEERS / "Cargo.lock", package)
        if ours != theirs:
            raise SystemExit(
                f"{package} is {theirs} in bench/peers/rust and {ours} in the program: "
                f"run cargo update -p {package} --precise VERSION in bench/peers/rust"
            )
    target = TARGET / "bench-peers"
    _run(["cargo", "build", "--release", "--locked", "--quiet"], PEERS, CARGO_TARGET_DIR=str(target))
    return target / "release"


def bench_program(name: str) -> Path:
    """A program of `[[bench]]` in release form. Cargo tells where it put it, and the server that it builds besides."""
    command = ["cargo", "build", "--release", "--locked", "--bench", name, "--message-format=json"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode:
        raise SystemExit(f"failed: {' '.join(command)}")
    told = [json.loads(line) for line in built.stdout.splitlines()]
    return next(Path(one["executable"]) for one in told if one.get("target", {}).get("name") == name)


def python() -> Path:
    """The interpreter of the FastAPI peer, with exactly the packages of its requirements.txt."""
    requirements = BENCH / "peers" / "fastapi" / "requirements.txt"
    mark = VENV / "installed.txt"
    if not mark.exists() or mark.read_text() != requirements.read_text():
        print("Installing the FastAPI peer", flush=True)
        _run(["python3", "-m", "venv", "--clear", VENV], BENCH)
        _run([VENV / "bin" / "pip", "install", "--quiet", "-r", requirements], BENCH)
        mark.write_text(requirements.read_text())
    return VENV / "bin" / "python"


def node() -> Path:
    """The folder of the Fastify peer, with exactly the packages of its lock file."""
    folder = BENCH / "peers" / "fastify"
    mark = folder / "node_modules" / "installed.json"
    lock = folder / "package-lock.json"
    if not mark.exists() or mark.read_text() != lock.read_text():
        print("Installing the Fastify peer; better-sqlite3 compiles for some minutes", flush=True)
        _run(["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"], folder)
        mark.write_text(lock.read_text())
    return folder
