"""Tables in Markdown."""

import tomllib
from statistics import median

from harness.figures import Results, Spread
from harness.settings import BENCH

NAMES = {
    "taskbridge": "**Taskbridge**",
    "bare": "bare actix-web",
    "verify": "bare actix-web + our authentication",
    "fastapi-1": "FastAPI, 1 worker",
    "fastapi-2": "FastAPI, 2 workers",
    "fastify": "Fastify",
    "database": "the database alone",
    "baseline": "Taskbridge before",
}


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _three(found: Spread | None) -> str:
    return " / ".join(_number(v) for v in (found.low, found.middle, found.high)) if found else "–"


def _one(found: Spread | None, form: str = ".3f") -> str:
    return format(found.middle, form) if found else "–"


def title(cell: dict) -> str:
    """What was asked."""
    users = "1 user" if cell["users"] == 1 else f"{cell['users']:,} users"
    width = "1 connection" if cell["connections"] == 1 else f"{cell['connections']} connections"
    return f"{cell['workload']}, {cell['algorithm']}, {users}, {width}"


def comparison(results: Results, database: str) -> str:
    """Everything that was measured on one database."""
    lines = []
    for cell in results.cells(database=database):
        lines += ["", f"**{title(cell)}**", ""]
        lines.append("| | requests/s (min / median / max) | of bare | p50 ms | p99 ms | CPU ms/request | times ours |")
        lines.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        for server in results.servers(cell):
            lines.append(_row(results, cell, server))
    return "\n".join(lines[1:])


def _row(results: Results, cell: dict, server: str) -> str:
    rate = results.figure(cell, server, "per_second")
    if rate is None:
        return f"| {NAMES[server]} | void: {results.voids(cell, server)[0][:80]} | | | | | |"
    cpu = _three(results.figure(cell, server, "cpu_ms"))
    behind = results.figure(cell, server, "database_cpu_ms")
    if behind and behind.middle > 0 and server not in ("bare", "verify"):
        cpu += f" + {_number(behind.middle)}"
    times = results.ratio(cell, server, "taskbridge", "cpu_ms") if server != "taskbridge" else None
    bare = results.ratio(cell, server, "bare") if server != "bare" else None
    p50, p99 = (_one(results.figure(cell, server, name), ".2f") for name in ("p50_ms", "p99_ms"))
    return f"| {NAMES[server]} | {_three(rate)} | {_one(bare)} | {p50} | {p99} | {cpu} | {_one(times, '.1f')} |"


def memory(found: list) -> str:
    """Memory and start-up of Taskbridge."""
    lines = ["| database | idle | after | requests | first list after (min / median / max) |"]
    lines.append("| --- | ---: | ---: | ---: | ---: |")
    for entry in found:
        start = entry["start_ms"]
        times = f"{min(start):.0f} / {median(start):.0f} / {max(start):.0f} ms"
        sizes = f"{entry['idle_mb']:.1f} MB | {entry['after_mb']:.1f} MB"
        lines.append(f"| {entry['database']} | {sizes} | {entry['requests']:,} of {entry['users']:,} users | {times} |")
    return "\n".join(lines)


def resident(results: Results) -> str:
    """Memory of all servers, before and after the load of a round."""
    lines = ["| | database | idle MB | after its round MB | first answer ms |", "| --- | --- | ---: | ---: | ---: |"]
    entries = [entry for entry in results.memory if entry["algorithm"] == "HS256"]
    for database, server in dict.fromkeys((e["database"], e["server"]) for e in entries):
        here = [e for e in entries if (e["database"], e["server"]) == (database, server)]
        values = [f"{median(e[name] for e in here):.0f}" for name in ("idle_mb", "after_mb", "start_ms")]
        lines.append(f"| {NAMES[server]} | {database} | {' | '.join(values)} |")
    return "\n".join(lines)


def growth(found: dict) -> str:
    """CPU milliseconds per request by the number of rows."""
    sizes, records = found["about"]["sizes"], found["records"]
    lines = ["| | " + " | ".join(f"{size:,}" for size in sizes) + " | largest / smallest |"]
    lines.append("| --- |" + " ---: |" * (len(sizes) + 1))
    for database, workload in dict.fromkeys((r["database"], r["workload"]) for r in records):
        values = [grown(records, database, workload, size) for size in sizes]
        cells = " | ".join(f"{value:.4f}" for value in values)
        lines.append(f"| {database}, {workload} | {cells} | {values[-1] / values[0]:.2f} |")
    return "\n".join(lines)


def grown(records: list, database: str, workload: str, size: int) -> float:
    """CPU milliseconds of server and database, the median of the rounds."""
    here = [r for r in records if (r["database"], r["workload"], r["rows"]) == (database, workload, size)]
    return median(r["cpu_ms"] + r["database_cpu_ms"] for r in here)


def instructions() -> str:
    """The budget."""
    budget = tomllib.loads((BENCH / "budget.toml").read_text())["instructions"]
    lines = ["| operation | instructions |", "| --- | ---: |"]
    return "\n".join(lines + [f"| {name} | {count:,} |" for name, count in budget.items()])
