"""The goals this server sets itself, and what was measured of each."""

from harness.figures import Results, Spread, spread
from harness.settings import STRANGERS, USERS
from reporting.tables import grown, largest_by_smallest, library_by_new


def _row(goal: str, wanted: str, found: str, reached: bool | None) -> str:
    verdict = {True: "yes", False: "**no**", None: "not measured"}[reached]
    return f"| {goal} | {wanted} | {found} | {verdict} |"


def _at_least(goal: str, least: float, found: Spread | None) -> str:
    if not found:
        return _row(goal, f"≥ {least:g}", "–", None)
    text = f"{found.low:.2f} / {found.middle:.2f} / {found.high:.2f}"
    return _row(goal, f"≥ {least:g}", text, found.middle >= least)


def _cell(results: Results, **wanted):
    return next(iter(results.cells(**wanted)), None)


def _ratio(results: Results, server: str, other: str, **wanted) -> Spread | None:
    cell = _cell(results, **({"users": USERS} | wanted))
    return results.ratio(cell, server, other) if cell else None


def _cpu(results: Results, server: str, database: str) -> tuple:
    """The workload where the peer comes closest, and by what factor it costs more."""
    found = []
    for cell in results.cells(database=database, algorithm="HS256", users=USERS, connections=32):
        times = results.ratio(cell, server, "taskbridge", "cpu_ms")
        if times:
            found.append((times.middle, cell["workload"], times))
    return min(found, default=(0, "", None), key=lambda one: one[0])[1:]


def _throughput(results: Results) -> list:
    sqlite = {"database": "sqlite", "algorithm": "HS256"}
    postgres = {"database": "postgres", "algorithm": "HS256"}
    narrow, wide = {"connections": 32}, {"connections": 256}
    auth = {"workload": "auth", "database": "sqlite", **narrow}
    listed, made = {"workload": "list"}, {"workload": "create"}

    def row(goal, least, server, other, **wanted):
        return _at_least(goal, least, _ratio(results, server, other, **wanted))

    return [
        row("1 HS256, new tokens, by bare actix", 0.90, "verify", "bare", **auth, algorithm="HS256", users=STRANGERS),
        row("1 HS256, 10,000 users in turn, by bare actix", 0.90, "verify", "bare", **auth, algorithm="HS256"),
        row("1 EdDSA, a repeated token, by bare actix", 0.85, "verify", "bare", **auth, algorithm="EdDSA", users=1),
        row("1 EdDSA, 10,000 users in turn, by bare actix", 0.85, "verify", "bare", **auth, algorithm="EdDSA"),
        _at_least("1 EdDSA, new tokens, by the crypto library alone", 0.90, library_by_new(results, "eddsa")),
        row("2 list, SQLite, by bare actix", 0.40, "taskbridge", "bare", **sqlite, **listed, **narrow),
        row("2 list, PostgreSQL, by bare actix", 0.20, "taskbridge", "bare", **postgres, **listed, **narrow),
        row("2 list, PostgreSQL, by pgbench", 0.80, "taskbridge", "database", **postgres, **listed, **narrow),
        row("3 create, SQLite, 256 connections, by bare actix", 0.35, "taskbridge", "bare", **sqlite, **made, **wide),
        row("3 create, PostgreSQL, by pgbench", 0.90, "taskbridge", "database", **postgres, **made, **wide),
    ]


def _tails(results: Results) -> list:
    lines = []
    for database in ("sqlite", "postgres"):
        cell = _cell(results, workload="mixed", database=database, connections=32, algorithm="HS256", users=USERS)
        found = results.tail(cell, "taskbridge") if cell else None
        text = f"{found.low:.1f} / {found.middle:.1f} / {found.high:.1f}" if found else "–"
        goal = f"6 p99 by p50, mixed, {database}, 32 connections"
        lines.append(_row(goal, "≤ 5", text, found.middle <= 5 if found else None))
    return lines


def _memory(found: dict | None) -> list:
    lines = []
    for entry in found["records"] if found else []:
        start = spread(entry["start_ms"]).middle
        sizes = f"{entry['idle_mb']:.1f} MB, {entry['after_mb']:.1f} MB, {start:.0f} ms"
        reached = entry["idle_mb"] < 30 and entry["after_mb"] < 60 and start < 100
        goal = f"5 idle, after {entry['requests']:,} requests, first answer; {entry['database']}"
        lines.append(_row(goal, "< 30 MB, < 60 MB, < 100 ms", sizes, reached))
    return lines


def _growth(found: dict | None) -> list:
    if not found:
        return []
    series, sizes = grown(found["records"]), found["about"]["sizes"]
    values = {f"{name}, {database}": largest_by_smallest(points) for (database, name), points in series.items()}
    worst = max(values, key=values.get)
    text = f"at most {values[worst]:.2f} ({worst})"
    goal = f"7 CPU per request with {max(sizes):,} rows by that with {min(sizes):,}"
    return [_row(goal, "≤ 1.25", text, values[worst] <= 1.25)]


def table(results: Results, memory: dict | None, growth: dict | None) -> str:
    """One line for each goal: minimum, median and maximum of the rounds; the median decides."""
    lines = ["| goal | wanted | measured | reached |", "| --- | --- | --- | --- |", *_throughput(results)]
    for server, least in (("fastapi-1", 40), ("fastify", 5)):
        for database in ("sqlite", "postgres"):
            workload, found = _cpu(results, server, database)
            lines.append(_at_least(f"4 CPU of {server} by ours, {database}, closest: {workload}", least, found))
    return "\n".join([*lines, *_memory(memory), *_tails(results), *_growth(growth)])
