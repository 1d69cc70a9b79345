"""The charts of docs/PERFORMANCE.md."""

from harness.figures import Results
from harness.settings import USERS
from reporting.svg import Bar, Line, bars, lines
from reporting.tables import grown

LABELS = {
    "taskbridge": "Taskbridge",
    "database": "the database alone",
    "fastapi-1": "FastAPI, 1 worker",
    "fastapi-2": "FastAPI, 2 workers",
    "fastify": "Fastify",
}
DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def _kind(server: str) -> str:
    return {"taskbridge": "ours", "database": "limit"}.get(server, "bar")


def _groups(results: Results, database: str, bar) -> list:
    groups = []
    for cell in results.cells(database=database, algorithm="HS256", users=USERS, connections=32):
        members = [made for server in LABELS if (made := bar(cell, server))]
        if members:
            groups.append((cell["workload"], members))
    return groups


def throughput(results: Results, database: str) -> str:
    """Requests per second as a share of bare actix-web's."""

    def bar(cell: dict, server: str) -> Bar | None:
        share, rate = results.ratio(cell, server, "bare"), results.figure(cell, server, "per_second")
        # What needs no server reads faster than any server answers, and would dwarf them all.
        if not share or (server == "database" and share.middle > 1):
            return None
        text = f"{share.middle:.3f} ({rate.middle:,.0f}/s)"
        return Bar(LABELS[server], share.low, share.middle, share.high, text, _kind(server))

    title = f"Throughput as a share of bare actix-web, {DATABASES[database]}, 32 connections"
    return bars(title, _groups(results, database, bar))


def cpu(results: Results, database: str) -> str:
    """CPU milliseconds of the server per request."""

    def bar(cell: dict, server: str) -> Bar | None:
        found = results.figure(cell, server, "cpu_ms")
        if not found or server == "database":
            return None
        return Bar(LABELS[server], found.low, found.middle, found.high, f"{found.middle:.3g} ms", _kind(server))

    title = f"CPU time per request, {DATABASES[database]} (logarithmic)"
    return bars(title, _groups(results, database, bar), logarithmic=True)


def growth(found: dict, database: str) -> str:
    """CPU milliseconds per request by the number of rows."""
    here = {name: points for (where, name), points in grown(found["records"]).items() if where == database}
    series = [Line(name, sorted(points.items()), kind) for kind, (name, points) in zip("abcd", here.items(), strict=False)]
    title = f"CPU ms per request as the table grows, {DATABASES[database]}"
    return lines(title, series, "ms")
