"""The goals this server sets itself, and what was measured of each."""

from statistics import median

from harness.figures import Results, Spread
from harness.settings import DATABASES, RATES, WRITES, Load
from reporting.tables import DATABASES as NAMES
from reporting.tables import grown, largest_by_smallest, three

# What a server is compared in, and whether more is better. CPU is that of server and database together.
COMPARED = {"per_second": True, "p50_ms": False, "p99_ms": False, "all_cpu_us": False}
WORDS = {"per_second": "requests/s", "p50_ms": "p50", "p99_ms": "p99", "all_cpu_us": "CPU"}

PEERS = ("axum-tuned", "axum", "fastify", "fastapi")
LOADS = (Load(1), Load(32), *(Load(32, rate) for rate in RATES))

# Two figures this close are level: at a fixed rate all servers make the same requests.
LEVEL = 0.02

# The owner row is work that no peer does.
ALLOWANCE = 0.1


def _row(goal: str, wanted: str, found: str, reached: bool | None) -> str:
    verdict = {True: "yes", False: "**no**", None: "not measured"}[reached]
    return f"| {goal} | {wanted} | {found} | {verdict} |"


def _at_least(goal: str, least: float, found: Spread | None) -> str:
    return _row(goal, f"≥ {least:g}", three(found), found.middle >= least if found else None)


def _at_most(goal: str, most: float, found: Spread | None) -> str:
    return _row(goal, f"≤ {most:g}", three(found), found.middle <= most if found else None)


def _cell(results: Results, workload: str, database: str, load: Load) -> dict | None:
    wanted = {"workload": workload, "database": database, "connections": load.connections, "rate": load.rate}
    return next(iter(results.cells(**wanted)), None)


def advantage(results: Results, cell: dict, peer: str, name: str) -> float | None:
    """How many times better ours is than the peer: above 1 is ahead."""
    found = results.ratio(cell, "taskbridge", peer, name)
    if not found or not found.middle:
        return None
    return found.middle if COMPARED[name] else 1 / found.middle


def _ahead(results: Results, peer: str, load: Load) -> str:
    """Every workload on both databases, in all four figures."""
    total, behind = 0, []
    for cell in results.cells(connections=load.connections, rate=load.rate):
        writes = cell["workload"] in WRITES and cell["database"] == "postgres" and load == Load(1)
        for name in COMPARED:
            times = advantage(results, cell, peer, name)
            if times is None:
                continue
            total += 1
            if times < 1 - (ALLOWANCE if writes else LEVEL):
                behind.append(f"{NAMES[cell['database']]} {cell['workload']} {WORDS[name]} {times:.2f}")
    text = f"{total - len(behind)} of {total}" + (f"; behind: {', '.join(behind)}" if behind else "")
    return _row(f"ahead of {peer}, {load.name}", "all", text if total else "–", not behind if total else None)


def _throughput(results: Results) -> list:
    def row(goal: str, least: float, other: str, workload: str, database: str) -> str:
        cell = _cell(results, workload, database, Load(32))
        return _at_least(goal, least, results.ratio(cell, "taskbridge", other) if cell else None)

    return [
        *(row(f"{w}, PostgreSQL, 32 connections, by before", 1, "baseline", w, "postgres") for w in ("create", "toggle")),
        *(row(f"{w}, PostgreSQL, 32 connections, by axum, tuned", 1.5, "axum-tuned", w, "postgres") for w in ("create", "toggle")),
        row("create, SQLite, 32 connections, by before", 2.2, "baseline", "create", "sqlite"),
        row("create, SQLite, 32 connections, by SQLite alone", 0.75, "database", "create", "sqlite"),
        row("list, SQLite, 32 connections, by before", 1.2, "baseline", "list", "sqlite"),
        row("list, PostgreSQL, 32 connections, by before", 1, "baseline", "list", "postgres"),
    ]


def _tails(results: Results) -> list:
    lines = []
    for database in DATABASES:
        cell = _cell(results, "mixed", database, Load(32))
        found = results.tail(cell, "taskbridge") if cell else None
        lines.append(_at_most(f"p99 by p50, mixed, {NAMES[database]}, 32 connections", 5, found))
    return lines


def _large(found: dict | None) -> list:
    lines = []
    for database, most in (("sqlite", 15), ("postgres", 30)):
        goal = f"CPU of any request of a user with 10,000 tasks, {NAMES[database]}, ms"
        series = grown(found["records"]) if found else {}
        worst = {name: max(points.values()) / 1000 for (where, name), points in series.items() if where == database}
        name = max(worst, key=worst.get, default=None)
        text = f"at most {worst[name]:.1f} (`{name}`)" if name else "–"
        lines.append(_row(goal, f"≤ {most}", text, worst[name] <= most if name else None))
    return lines


def _flat(kind: str, found: dict | None) -> str:
    goal = f"CPU on the largest table by that on the smallest, {kind}"
    series = grown(found["records"]) if found else {}
    values = {f"{name}, {NAMES[database]}": largest_by_smallest(points) for (database, name), points in series.items()}
    worst = max(values, key=values.get, default=None)
    text = f"at most {values[worst]:.2f} (`{worst}`)" if worst else "–"
    return _row(goal, "≤ 1.15", text, values[worst] <= 1.15 if worst else None)


def _memory(found: dict | None) -> list:
    """Not above the build before. A megabyte and a twentieth more of the time are within what two runs differ by."""
    lines = []
    entries = {(entry["database"], entry["server"]): entry for entry in found["records"]} if found else {}
    for database in DATABASES:
        ours, before = entries.get((database, "taskbridge")), entries.get((database, "baseline"))
        goal = f"idle, after load, first list; {NAMES[database]}"
        if not ours or not before:
            lines.append(_row(goal, "not above before", "–", None))
            continue
        values = [(one["idle_mb"], one["after_mb"], median(one["start_ms"])) for one in (ours, before)]
        (idle, after, start), (idle_before, after_before, start_before) = values
        reached = idle <= idle_before + 1 and after <= after_before + 1 and start <= 1.05 * start_before
        text, wanted = (f"{a:.1f} MB, {b:.1f} MB, {c:.0f} ms" for a, b, c in values)
        lines.append(_row(goal, f"≤ {wanted}", text, reached))
    return lines


def table(results: Results, memory: dict | None, growth: dict | None, large: dict | None) -> str:
    """One line for each goal: minimum, median and maximum of the rounds; the median decides."""
    lines = ["| goal | wanted | measured | reached |", "| --- | --- | --- | --- |"]
    lines += [_ahead(results, peer, load) for load in LOADS for peer in PEERS]
    lines += [*_throughput(results), *_tails(results), *_large(large)]
    lines += [_flat("users with ten tasks", growth), _flat("a user with 10,000 tasks", large), *_memory(memory)]
    return "\n".join(lines)
