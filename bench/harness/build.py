"""Builds what is measured, and holds the limits to the versions that the program is locked to."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from harness import settings
from harness.settings import BENCH, ROOT, WORK

PEERS = BENCH / "peers"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
VENV = BENCH / ".venv"


def _run(command: list, cwd: Path, **env: str) -> None:
    if subprocess.run([str(part) for part in command], cwd=cwd, env=os.environ | env).returncode:
        raise SystemExit(f"failed: {' '.join(map(str, command))} (in {cwd})")


def _cargo(folder: Path, target: Path, *more: str) -> Path:
    """The folder of a package's release programs."""
    _run(["cargo", "build", "--release", "--locked", "--quiet", *more], folder, CARGO_TARGET_DIR=str(target))
    return target / "release"


def taskbridge() -> Path:
    """The release program of this tree, or the one that BENCH_TASKBRIDGE names."""
    named = os.environ.get("BENCH_TASKBRIDGE")
    if named:
        return Path(named).resolve()
    return _cargo(ROOT, TARGET, "--bin", "taskbridge") / "taskbridge"


def baseline() -> Path:
    """The program that BENCH_BASELINE names, or the one that is built from the revision of this name."""
    named = settings.baseline()
    if not named:
        raise SystemExit("BENCH_BASELINE names no program and no revision")
    if os.access(named, os.X_OK) and Path(named).is_file():
        return Path(named).resolve()
    asked = ["git", "rev-parse", "--verify", "--quiet", f"{named}^{{commit}}"]
    revision = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    if not revision:
        raise SystemExit(f"BENCH_BASELINE: {named} is neither a program nor a revision")
    program = WORK / f"taskbridge-{revision[:12]}"
    if not program.exists():
        print(f"Building {named}", flush=True)
        source = WORK / "baseline"
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir()
        archive = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x"], cwd=source, input=archive, check=True)
        shutil.copyfile(_cargo(source, TARGET / "bench-baseline", "--bin", "taskbridge") / "taskbridge", program)
        program.chmod(0o755)
    return program


def load() -> Path:
    """The load generator."""
    return _cargo(BENCH / "load", TARGET / "bench-peers") / "taskbridge-bench-load"


def axum() -> Path:
    """The axum peer."""
    return _cargo(PEERS / "axum", TARGET / "bench-peers") / "taskbridge-bench-axum"


def _locked(lock: Path, package: str) -> set:
    return set(re.findall(rf'name = "{package}"\nversion = "([^"]+)"', lock.read_text()))


def limits() -> Path:
    """The folder of `bare` and `sqlite`."""
    folder = BENCH / "limits"
    for package in ("actix-web", "libsqlite3-sys"):
        ours, theirs = _locked(ROOT / "Cargo.lock", package), _locked(folder / "Cargo.lock", package)
        if ours != theirs:
            raise SystemExit(
                f"{package} is {theirs} in bench/limits and {ours} in the program: "
                f"run cargo update -p {package} --precise VERSION in bench/limits"
            )
    return _cargo(folder, TARGET / "bench-peers")


def verify() -> Path:
    """`bench/verify` in release form. Cargo tells where it put it, and the server that it builds besides."""
    command = ["cargo", "build", "--release", "--locked", "--bench", "verify", "--message-format=json"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode:
        raise SystemExit(f"failed: {' '.join(command)}")
    told = [json.loads(line) for line in built.stdout.splitlines()]
    return next(Path(one["executable"]) for one in told if one.get("target", {}).get("name") == "verify")


def python() -> Path:
    """The interpreter of the FastAPI peer, with exactly the packages of its requirements.txt."""
    requirements = PEERS / "fastapi" / "requirements.txt"
    mark = VENV / "installed.txt"
    if not mark.exists() or mark.read_text() != requirements.read_text():
        print("Installing the FastAPI peer", flush=True)
        _run(["python3", "-m", "venv", "--clear", VENV], BENCH)
        _run([VENV / "bin" / "pip", "install", "--quiet", "-r", requirements], BENCH)
        mark.write_text(requirements.read_text())
    return VENV / "bin" / "python"


def node() -> Path:
    """The folder of the Fastify peer, with exactly the packages of its lock file."""
    folder = PEERS / "fastify"
    mark = folder / "node_modules" / "installed.json"
    lock = folder / "package-lock.json"
    if not mark.exists() or mark.read_text() != lock.read_text():
        print("Installing the Fastify peer; better-sqlite3 compiles for some minutes", flush=True)
        _run(["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"], folder)
        mark.write_text(lock.read_text())
    return folder
