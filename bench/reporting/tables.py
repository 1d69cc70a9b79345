"""Tables in Markdown."""

import tomllib
from statistics import median

from harness.figures import Results, Spread, spread
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
        lines.append("| | requests/s (min / median / max) | of bare | p50 ms | p99 ms | CPU ms/request | times ours | busy |")
        lines.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        for server in results.servers(cell):
            lines.append(_row(results, cell, server))
    return "\n".join(lines[1:])


def _row(results: Results, cell: dict, server: str) -> str:
    rate = results.figure(cell, server, "per_second")
    if rate is None:
        return f"| {NAMES[server]} | void: {results.voids(cell, server)[0][:80]} | | | | | | |"
    cpu = _three(results.figure(cell, server, "cpu_ms"))
    behind = results.figure(cell, server, "database_cpu_ms")
    if behind and behind.middle > 0 and server not in ("bare", "verify"):
        cpu += f" + {_number(behind.middle)}"
    times = results.ratio(cell, server, "taskbridge", "cpu_ms") if server != "taskbridge" else None
    bare = results.ratio(cell, server, "bare") if server != "bare" else None
    p50, p99 = (_one(results.figure(cell, server, name), ".2f") for name in ("p50_ms", "p99_ms"))
    rest = f"{p50} | {p99} | {cpu} | {_one(times, '.1f')} | {_one(results.busy(cell, server), '.0%')} |"
    return f"| {NAMES[server]} | {_three(rate)} | {_one(bare)} | {rest}"


def floors(results: Results) -> str:
    """How many times the CPU time of ours the peers take, and how many times that of bare actix-web and the database alone."""
    lines = ["| | FastAPI by ours | FastAPI by bare + database | Fastify by ours | Fastify by bare + database |"]
    lines.append("| --- | ---: | ---: | ---: | ---: |")
    for cell in results.cells():
        peers = ("fastapi-1", "fastify")
        if not all(results.by_floor(cell, peer) for peer in peers):
            continue
        found = []
        for peer in peers:
            found += [results.ratio(cell, peer, "taskbridge", "cpu_ms"), results.by_floor(cell, peer)]
        lines.append(f"| {cell['database']}, {cell['workload']} | {' | '.join(_one(one, '.1f') for one in found)} |")
    return "\n".join(lines)


def speed(results: Results) -> str:
    """Microseconds of one verification."""
    lines = ["| | the crypto library alone | jsonwebtoken | ours, a new token | ours, a known token | crypto / new |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for algorithm, name in (("hs256", "HS256"), ("eddsa", "EdDSA")):
        times = (
            spread([one[algorithm][kind] / 1000 for one in results.speed])
            for kind in ("library_ns", "decoded_ns", "fresh_ns", "repeated_ns")
        )
        ratio = library_by_new(results, algorithm)
        lines.append(f"| {name} | {' | '.join(map(_three, times))} | {_one(ratio, '.2f')} |")
    return "\n".join(lines)


def library_by_new(results: Results, algorithm: str) -> Spread | None:
    """How much of our time for a new token the crypto library takes."""
    return spread([one[algorithm]["library_ns"] / one[algorithm]["fresh_ns"] for one in results.speed])


def memory(found: dict) -> str:
    """Memory and start-up of Taskbridge."""
    lines = ["| database | idle | after | requests | first list after (min / median / max) |"]
    lines.append("| --- | ---: | ---: | ---: | ---: |")
    for entry in found["records"]:
        start = entry["start_ms"]
        times = f"{min(start):.0f} / {median(start):.0f} / {max(start):.0f} ms"
        sizes = f"{entry['idle_mb']:.1f} MB | {entry['after_mb']:.1f} MB"
        requests = f"{entry['requests']:,} of {found['about']['users']:,} users"
        lines.append(f"| {entry['database']} | {sizes} | {requests} | {times} |")
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
    for (database, name), points in grown(records).items():
        cells = " | ".join(f"{points[size]:.4f}" if size in points else "–" for size in sizes)
        lines.append(f"| {database}, {name} | {cells} | {largest_by_smallest(points):.2f} |")
    return "\n".join(lines)


def grown(records: list) -> dict:
    """CPU milliseconds of server and database by rows, for each database and series: medians of the rounds."""
    found = {}
    for record in records:
        series = found.setdefault((record["database"], f"{record['workload']}, {record['users']:,} users"), {})
        series.setdefault(record["rows"], []).append(record["cpu_ms"] + record["database_cpu_ms"])
    return {key: {size: median(values) for size, values in series.items()} for key, series in found.items()}


def largest_by_smallest(points: dict) -> float:
    """What a request costs on the largest table by what it costs on the smallest."""
    return points[max(points)] / points[min(points)]


def instructions() -> str:
    """The budget."""
    budget = tomllib.loads((BENCH / "budget.toml").read_text())["instructions"]
    lines = ["| operation | instructions |", "| --- | ---: |"]
    return "\n".join(lines + [f"| {name} | {count:,} |" for name, count in budget.items()])
