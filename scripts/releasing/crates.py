"""The crates of Cargo.lock, from cargo itself; nothing is built and nothing downloaded that is there already."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What a release is built for.
TARGETS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"]


# Needed for the build only, and yet what it brings is in the program.
EMBEDDED = {"utoipa-swagger-ui-vendored"}


def cargo(*arguments):
    result = subprocess.run(["cargo", *arguments, "--locked"], cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"cargo {arguments[0]} failed:\n{result.stderr.strip()}")
    return result.stdout


def used():
    """Every package that the program, its tests or its build need."""
    return _along("normal,build,dev")


def linked():
    """The packages whose code is in the program: no tool of the build, nothing for tests only, no macro."""
    embedded = [package for package in used() if package["name"] in EMBEDDED]
    if len(embedded) != len(EMBEDDED):
        raise SystemExit(f"{EMBEDDED} in {__file__} names a package that is no longer used.")
    return _sorted(_along("normal,no-proc-macro") + embedded)


def _along(edges):
    """The packages along these edges, as `cargo metadata` describes them, by name.

    `cargo metadata` alone also lists optional packages that no feature switches on, as Cargo.lock does.
    """
    targets = [f"--target={target}" for target in TARGETS]
    lines = cargo("tree", f"--edges={edges}", "--prefix=none", "--format={p}", *targets).splitlines()
    names = {tuple(line.split()[:2]) for line in lines if line.strip()}
    platforms = [f"--filter-platform={target}" for target in TARGETS]
    described = json.loads(cargo("metadata", "--format-version=1", *platforms))["packages"]
    found = [it for it in described if it["source"] and (it["name"], "v" + it["version"]) in names]
    if len(found) < 50 or len(found) != len(names) - 1:
        raise SystemExit(f"cargo tree names {len(names)} packages, cargo metadata describes {len(found)} of them.")
    return _sorted(found)


def _sorted(found):
    return sorted(found, key=lambda it: (it["name"], it["version"]))


def folder(package):
    return Path(package["manifest_path"]).parent
