"""The charts of docs/PERFORMANCE.md."""

from harness.figures import Results
from reporting.svg import Bar, Line, bars, lines
from reporting.tables import COMPARED, DATABASES, grown, number

LABELS = {
    "taskbridge": "Taskbridge",
    "baseline": "Taskbridge before",
    "axum-tuned": "axum + sqlx, tuned",
    "axum": "axum + sqlx",
    "fastify": "Fastify",
    "fastapi": "FastAPI",
}


def throughput(results: Results) -> str:
    """Requests per second at 32 connections as a share of Taskbridge's."""
    groups = []
    for cell in results.cells(connections=32, rate=0):
        bars_here = [bar for server in COMPARED if (bar := _bar(results, cell, server))]
        if bars_here:
            groups.append((f"{DATABASES[cell['database']]}, {cell['workload']}", bars_here))
    return bars("Requests per second at 32 connections, as a share of Taskbridge's", groups)


def _bar(results: Results, cell: dict, server: str) -> Bar | None:
    share, rate = results.ratio(cell, server, "taskbridge"), results.figure(cell, server, "per_second")
    if not share or not rate:
        return None
    kind = {"taskbridge": "ours", "baseline": "limit"}.get(server, "bar")
    return Bar(LABELS[server], share.low, share.middle, share.high, f"{number(rate.middle)}/s", kind)


def growth(found: dict, database: str) -> str:
    """CPU microseconds per request by the number of rows."""
    here = {name: points for (where, name), points in grown(found["records"]).items() if where == database}
    series = [Line(name, sorted(points.items()), kind) for kind, (name, points) in zip("abcd", here.items(), strict=False)]
    return lines(f"CPU µs per request as the table grows, {DATABASES[database]}", series, "µs")
