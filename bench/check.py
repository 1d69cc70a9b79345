#!/usr/bin/env python3
"""`make bench-check`: instructions per operation, which do not depend on what the machine does besides, against
bench/budget.toml. Fails when one is more than 5 % above. `BENCH_ACCEPT=1 make bench-check` writes a new budget.

Under valgrind the crypto library sees a processor with fewer extensions (no SHA instructions, no ADX, no
AVX-512) and takes other code paths: the counts compare builds with each other, not algorithms.
"""

import os
import sys
import tomllib

from harness import build, callgrind, rows, tokens, work, workloads
from harness.database import Sqlite
from harness.schema import Schema
from harness.settings import BENCH, WORK

BUDGET = BENCH / "budget.toml"
TOLERANCE = 0.05
USERS = 50

# Rounds of the shorter run; the longer one has twice as many.
VERIFY_ROUNDS = {"hs256-fresh": 400, "hs256-repeated": 400, "eddsa-fresh": 100, "eddsa-repeated": 100}
REQUESTS = 300
OF_SERVER = ("list", "create")
NAMES = (*(f"verify-{kind}" for kind in VERIFY_ROUNDS), *(f"{name}-sqlite" for name in OF_SERVER))


def of_verify(program, kind: str) -> int:
    """Instructions of one verification."""
    rounds = VERIFY_ROUNDS[kind]
    once, twice = (
        callgrind.of_program(f"verify-{kind}", [program, "count", kind, n * rounds]) for n in (1, 2)
    )
    return round((twice - once) / rounds)


def of_request(program, database: Sqlite, name: str) -> int:
    """Instructions of one request to the whole server, on SQLite, with an HS256 token of one of 50 users."""
    users = [rows.user(index) for index in range(USERS)]
    request = {"list": workloads.listing(), "create": workloads.creating()}[name]
    texts = [(request.text(user, tokens.hs256(user)), request.status) for user in users]
    counted = []
    for rounds in (REQUESTS, 2 * REQUESTS):
        env = {
            "BETTER_AUTH_SECRET": tokens.SECRET,
            "BETTER_AUTH_URL": tokens.ORIGIN,
            "DATABASE_URL": database.fresh("check", Schema("taskbridge", program)),
            # One connection is warm after one request.
            "DATABASE_MAX_CONNECTIONS": "1",
            "RATE_LIMIT_PER_MINUTE": "0",
            "AUTH_FAILURES_PER_MINUTE": "0",
            "RUST_LOG": "warn",
        }
        # The first turn of every user, and of every code path, belongs to the start.
        asked = [texts[turn % USERS] for turn in range(USERS + rounds)]
        counted.append(callgrind.of_server(name, program, env, asked))
    database.drop("check")
    return round((counted[1] - counted[0]) / REQUESTS)


def count_all() -> dict:
    """Instructions per operation."""
    server, verify = build.taskbridge(), build.verify()
    found = {f"verify-{kind}": of_verify(verify, kind) for kind in VERIFY_ROUNDS}
    database = Sqlite(USERS)
    found |= {f"{name}-sqlite": of_request(server, database, name) for name in OF_SERVER}
    database.close()
    return found


def write(found: dict) -> None:
    """The counts become the budget."""
    lines = ["# Instructions per operation, counted by `make bench-check`, which fails at 5 % more.", "[instructions]"]
    lines += [f"{name} = {count}" for name, count in found.items()]
    BUDGET.write_text("\n".join(lines) + "\n")


def over_budget(found: dict, budget: dict) -> list:
    """What takes more than it may, or is not in the budget."""
    return [name for name, count in found.items() if count > budget.get(name, 0) * (1 + TOLERANCE)]


def main() -> None:
    """See the module."""
    work.claim()
    found = count_all()
    budget = tomllib.loads(BUDGET.read_text())["instructions"] if BUDGET.exists() else {}
    print(f"{'instructions per operation':<28} {'counted':>12} {'budget':>12} {'change':>9}")
    for name, count in found.items():
        allowed = budget.get(name)
        change = f"{count / allowed - 1:+.1%}" if allowed else "-"
        print(f"{name:<28} {count:>12} {allowed or '-':>12} {change:>9}")
    if os.environ.get("BENCH_ACCEPT"):
        write(found)
        print("bench/budget.toml holds these counts now; commit it and say why.")
    elif over := over_budget(found, budget):
        print(f"Over the budget by more than 5 %, or without one: {', '.join(over)}.", file=sys.stderr)
        print(f"callgrind_annotate {WORK}/callgrind.NAME.out shows where; CARGO_PROFILE_RELEASE_STRIP=false and", file=sys.stderr)
        sys.exit("CARGO_PROFILE_RELEASE_DEBUG=1 give it names. If it is meant so: BENCH_ACCEPT=1 make bench-check")


if __name__ == "__main__":
    main()
