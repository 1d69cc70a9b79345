"""Tables in Markdown."""

import tomllib
from statistics import median

from harness.figures import Results, Spread
from harness.load import FIGURES
from harness.settings import BENCH, Load

NAMES = {
    "taskbridge": "**Taskbridge**",
    "baseline": "Taskbridge before",
    "rls": "Taskbridge, DATABASE_RLS=on",
    "axum-tuned": "axum + sqlx, tuned",
    "axum": "axum + sqlx",
    "fastify": "Fastify",
    "fastapi": "FastAPI",
    "bare": "bare actix-web",
    "database": "the database alone",
}
DATABASES = {"postgres": "PostgreSQL", "sqlite": "SQLite"}

# Those that answer the same requests.
COMPARED = ("taskbridge", "baseline", "axum-tuned", "axum", "fastify", "fastapi")


def number(value: float) -> str:
    """Three digits, or a whole number."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def loaded(cell: dict) -> str:
    """How requests came."""
    return Load(cell["connections"], cell["rate"]).name


def both(results: Results, cell: dict, server: str, name: str) -> str:
    """The median of a figure, in brackets the same from wrk, with ≠ where they differ by more than a quarter."""
    first, second = results.figure(cell, server, name), results.second(cell, server, name)
    if not second:
        return number(first.middle)
    mark = "≠ " if results.apart(cell, server, name) else ""
    return f"{number(first.middle)} ({mark}{number(second.middle)})"


def summary(results: Results, connections: int = 32) -> str:
    """One line for each workload: requests/s · p50 / p99 in ms · CPU µs of server + database."""
    cells = results.cells(connections=connections, rate=0)
    servers = [server for server in COMPARED if any(server in results.servers(cell) for cell in cells)]
    lines = ["| | " + " | ".join(NAMES[server] for server in servers) + " |", "| --- |" + " --- |" * len(servers)]
    for cell in cells:
        found = " | ".join(_short(results, cell, server) for server in servers)
        lines.append(f"| {DATABASES[cell['database']]}, {cell['workload']} | {found} |")
    return "\n".join(lines)


def _short(results: Results, cell: dict, server: str) -> str:
    values = [results.figure(cell, server, name) for name in FIGURES]
    if not all(values):
        return "–"
    rate, p50, p99, cpu, database = (value.middle for value in values)
    beside = f"+{number(database)}" if database else ""
    return f"{number(rate)} · {number(p50)} / {number(p99)} · {number(cpu)}{beside}"


def comparison(results: Results, database: str) -> str:
    """Everything that was measured on one database."""
    lines = []
    for cell in results.cells(database=database):
        lines += ["", f"**{cell['workload']}, {loaded(cell)}**", ""]
        lines.append("| | requests/s | min – max | p50 ms | p99 ms | server CPU µs | database CPU µs | busy |")
        lines.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        lines += [_row(results, cell, server) for server in results.servers(cell)]
    return "\n".join(lines[1:])


def _row(results: Results, cell: dict, server: str) -> str:
    rate = results.figure(cell, server, "per_second")
    if rate is None:
        return f"| {NAMES[server]} | void: {results.voids(cell, server)[0][:80]} | | | | | | |"
    first, *rest = (both(results, cell, server, name) for name in FIGURES)
    busy = f"{results.busy(cell, server).middle:.2f}"
    return f"| {NAMES[server]} | {first} | {number(rate.low)} – {number(rate.high)} | {' | '.join(rest)} | {busy} |"


def three(found: Spread | None) -> str:
    """Smallest, median, largest."""
    return " / ".join(f"{value:.2f}" for value in (found.low, found.middle, found.high)) if found else "–"


def memory(found: dict) -> str:
    """Memory and start-up of Taskbridge, and of the build before."""
    lines = ["| | database | idle | after | requests | first list after (min / median / max) |"]
    lines.append("| --- | --- | ---: | ---: | ---: | ---: |")
    for entry in found["records"]:
        start = entry["start_ms"]
        times = f"{min(start):.0f} / {median(start):.0f} / {max(start):.0f} ms"
        sizes = f"{entry['idle_mb']:.1f} MB | {entry['after_mb']:.1f} MB"
        server = NAMES[entry["server"]]
        lines.append(f"| {server} | {DATABASES[entry['database']]} | {sizes} | {entry['requests']:,} | {times} |")
    return "\n".join(lines)


def resident(results: Results) -> str:
    """Memory of all servers, before and after the load of a round."""
    lines = ["| | database | idle MB | after its round MB | first answer ms |", "| --- | --- | ---: | ---: | ---: |"]
    for database, server in dict.fromkeys((e["database"], e["server"]) for e in results.memory):
        here = [e for e in results.memory if (e["database"], e["server"]) == (database, server)]
        values = [f"{median(e[name] for e in here):.0f}" for name in ("idle_mb", "after_mb", "start_ms")]
        lines.append(f"| {NAMES[server]} | {DATABASES[database]} | {' | '.join(values)} |")
    return "\n".join(lines)


def growth(found: dict) -> str:
    """CPU microseconds per request by the number of rows."""
    sizes = found["about"]["sizes"]
    lines = ["| | " + " | ".join(f"{size:,}" for size in sizes) + " | largest / smallest |"]
    lines.append("| --- |" + " ---: |" * (len(sizes) + 1))
    for (database, name), points in grown(found["records"]).items():
        cells = " | ".join(number(points[size]) if size in points else "–" for size in sizes)
        lines.append(f"| {DATABASES[database]}, {name} | {cells} | {largest_by_smallest(points):.2f} |")
    return "\n".join(lines)


def grown(records: list) -> dict:
    """CPU microseconds of server and database by rows, for each database and series: medians of the rounds."""
    found = {}
    for record in records:
        series = found.setdefault((record["database"], record["series"]), {})
        series.setdefault(record["rows"], []).append(record["cpu_us"] + record["database_cpu_us"])
    return {key: {size: median(values) for size, values in series.items()} for key, series in found.items()}


def largest_by_smallest(points: dict) -> float:
    """What a request costs on the largest table by what it costs on the smallest."""
    return points[max(points)] / points[min(points)]


def large(found: dict) -> str:
    """CPU milliseconds per request of a user with 10,000 tasks, on the smallest and the largest table."""
    lines = ["| request | " + " | ".join(f"{DATABASES[d]}: smallest / largest table, ms" for d in DATABASES) + " |"]
    lines.append("| --- |" + " ---: |" * len(DATABASES))
    series = grown(found["records"])
    for name in dict.fromkeys(name for _, name in series):
        cells = []
        for database in DATABASES:
            points = series.get((database, name))
            cells.append(" / ".join(f"{points[at(points)] / 1000:.2f}" for at in (min, max)) if points else "–")
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def sync(found: dict) -> str:
    """Requests per second, and CPU of server and database for all requests of a series."""
    lines = ["| database | what | requests | requests/s (wrk) | p50 / p99 ms | CPU of all, server + database, ms |"]
    lines.append("| --- | --- | ---: | ---: | ---: | ---: |")
    records = found["records"]
    for database, name in dict.fromkeys((e["database"], e["series"]) for e in records):
        here = [e for e in records if (e["database"], e["series"]) == (database, name)]
        middle = {figure: median(e[figure] for e in here) for figure in FIGURES}
        second = [e["wrk"]["per_second"] for e in here if "wrk" in e]
        count = here[0]["requests_of_all"]
        rate = number(middle["per_second"]) + (f" ({number(median(second))})" if second else "")
        cpu = " + ".join(number(count * middle[figure] / 1000) for figure in ("cpu_us", "database_cpu_us"))
        times = f"{number(middle['p50_ms'])} / {number(middle['p99_ms'])}"
        lines.append(f"| {DATABASES[database]} | {name} | {count:,} | {rate} | {times} | {cpu} |")
    return "\n".join(lines)


def instructions() -> str:
    """The budget."""
    budget = tomllib.loads((BENCH / "budget.toml").read_text())["instructions"]
    lines = ["| operation | instructions |", "| --- | ---: |"]
    return "\n".join(lines + [f"| {name} | {count:,} |" for name, count in budget.items()])
