"""The arithmetic of docs/SCALE.md: from what was measured, with assumptions that are named, to what breaks first."""

import re
from pathlib import Path

from harness.settings import ROOT

PAGE = ROOT / "docs" / "SCALE.md"
PERFORMANCE = ROOT / "docs" / "PERFORMANCE.md"

DAY = 86_400

# Of a user who is active on a day. Change them and run `make bench-scale`.
ASSUMED = {
    "requests": (60, "requests to the API a day, of which a fifth write (the mix of the benchmark)"),
    "peak": (5, "times the mean of the day, in its busiest minute"),
    "online": (0.1, "of the day's users have a page open in that minute, each with an event stream"),
    "tokens": (4, "API tokens a day, one for every quarter of an hour with a page open"),
    "pages": (4, "pages of the web app a day"),
    "sign_ins": (0.15, "sign-ins a day: a session lasts a week"),
    "registered": (5, "registered users for each that is active on a day"),
    "tasks": (50, "tasks of a registered user, finished ones included"),
    "busy": (0.5, "of a processor is used in the peak, so that there is room for a second one"),
}

WRITES = 0.2

# The default of RATE_LIMIT_PER_MINUTE.
USER_LIMIT_PER_SECOND = 10.0

STEPS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)


def assumed(name: str) -> float:
    """The figure without its words."""
    return ASSUMED[name][0]


def peak_per_second(users: float, each: float | None = None) -> float:
    """What comes in a second of the peak when each user of the day does so many."""
    each = assumed("requests") if each is None else each
    return users * each * assumed("peak") / DAY


def cell(text: str) -> float:
    """The first number of a cell of a table."""
    return float(re.search(r"\d[\d,]*(?:\.\d+)?", text)[0].replace(",", ""))


def performance() -> dict:
    """From docs/PERFORMANCE.md: CPU in µs of a request of the mix, one at a time as at 2,000/s, and the most toggles a second."""
    page, found = PERFORMANCE.read_text(), {}
    for database, heading in (("postgres", "PostgreSQL"), ("sqlite", "SQLite")):
        part = page.split(f"<!-- bench:{database} -->")[1].split(f"<!-- /bench:{database} -->")[0]
        row = re.search(r"\*\*mixed, 2,000/s\*\*.*?\| \*\*Taskbridge\*\* \| ([^\n]*)", part, re.DOTALL)[1].split(" | ")
        found[f"{database}_cpu_us"], found[f"{database}_database_cpu_us"] = cell(row[4]), cell(row[5])
        toggles = re.search(rf"\n\| {heading}, toggle \| ([\d,]+)", page)[1]
        found[f"{database}_toggles"] = cell(toggles)
    found["stream_kib"] = cell(re.search(r"memory of one stream, connection included \| ([\d.]+)", page)[1])
    return found


# The rows of the measured table, in its order: name, words, unit.
MEASURED = (
    ("task_bytes", "a task", "bytes"),
    ("user_bytes", "a user's own row", "bytes"),
    ("create_bytes", "log of a new task", "bytes"),
    ("toggle_bytes", "log of a toggled task", "bytes"),
    ("first_create_bytes", "log of a new task, its pages for the first time after a checkpoint", "bytes"),
    ("first_toggle_bytes", "log of a toggled task, its pages for the first time after a checkpoint", "bytes"),
    ("disk_bytes", "written to the disk for each write, checkpoints included", "bytes"),
    ("connection_kib", "memory of a connection to the database", "KiB"),
)

WEB = (
    ("token_ms", "an API token"),
    ("page_ms", "the page of the tasks"),
    ("sign_in_ms", "a sign-in with a password"),
)


def measured_tables(measured: dict) -> dict:
    """What was measured, as tables. `None` is a figure that this database does not have."""

    def figure(database: str, key: str) -> str:
        value = measured[database].get(key)
        return "–" if value is None else f"{value:,.0f}"

    lines = ["| of | unit | SQLite | PostgreSQL |", "| --- | --- | ---: | ---: |"]
    lines += [f"| {text} | {unit} | {figure('sqlite', key)} | {figure('postgres', key)} |" for key, text, unit in MEASURED]
    web = ["| of | CPU ms of the web app |", "| --- | ---: |"]
    web += [f"| {text} | {measured['web'][key]:.1f} |" for key, text in WEB]
    return {"measured": "\n".join(lines), "web": "\n".join(web)}


def read_measured(page: str) -> dict:
    """The figures of the tables on the page."""
    found = {"sqlite": {}, "postgres": {}, "web": {}}
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    by_text = {row[0]: row for row in rows}
    for key, text, _ in MEASURED:
        for database, column in (("sqlite", 2), ("postgres", 3)):
            if by_text[text][column] != "–":
                found[database][key] = cell(by_text[text][column])
    for key, text in WEB:
        found["web"][key] = cell(by_text[text][1])
    return found


def web_cores(users: float, web: dict) -> float:
    """Processors that the web app keeps busy in the peak."""
    parts = (("tokens", "token_ms"), ("pages", "page_ms"), ("sign_ins", "sign_in_ms"))
    return sum(peak_per_second(users, assumed(kind)) * web[key] / 1000 for kind, key in parts)


def steps(measured: dict, speed: dict) -> str:
    """What each size needs, on PostgreSQL."""
    head = "| users a day | requests/s | writes/s | event streams | API, processors | PostgreSQL, processors | web app, processors | tasks, GB | log a day, GB |"
    lines = [head, "| ---: " * 9 + "|"]
    here = measured["postgres"]
    for users in STEPS:
        peak = peak_per_second(users)
        stored = users * assumed("registered")
        size = stored * (assumed("tasks") * here["task_bytes"] + here["user_bytes"]) / 1e9
        log = users * assumed("requests") * WRITES * (here["first_create_bytes"] + here["first_toggle_bytes"]) / 2 / 1e9
        cores = [
            peak * speed["postgres_cpu_us"] / 1e6,
            peak * speed["postgres_database_cpu_us"] / 1e6,
            web_cores(users, measured["web"]),
        ]
        figures = [f"{users:,}", f"{peak:,.0f}", f"{peak * WRITES:,.0f}", f"{users * assumed('online'):,.0f}"]
        figures += [f"{core:,.2f}" for core in cores] + [f"{size:,.1f}", f"{log:,.2f}"]
        lines.append(f"| {' | '.join(figures)} |")
    return "\n".join(lines)


def limits(measured: dict, speed: dict) -> list:
    """What ends where: the number of users a day, the limit, and what helps."""
    per_user = peak_per_second(1)
    busy = assumed("busy")
    tasks = assumed("registered") * assumed("tasks")
    gigabytes = (tasks * measured["postgres"]["task_bytes"] + assumed("registered") * measured["postgres"]["user_bytes"]) / 1e9
    # 8 processors of one machine for the database alone, and what its API instances hold of connections.
    return sorted(
        [
            (2_000 / assumed("online"), "`MAX_EVENT_STREAMS` of one instance, 2,000 by default", "raise it, or a second instance"),
            (
                busy / web_cores(1, measured["web"]),
                "one process of the web app",
                "several processes, on `AUTH_DATABASE_URL=postgres://…`",
            ),
            (
                10_000 / (2 * assumed("online")),
                "`MAX_CONNECTIONS` of one instance, 10,000, if each user online holds two",
                "raise it with `ulimit -n`, or a second instance",
            ),
            (
                busy * speed["sqlite_toggles"] / (per_user * WRITES),
                "the one writer of SQLite on this machine",
                "PostgreSQL",
            ),
            (
                busy * 2e6 / (per_user * (speed["postgres_cpu_us"] + speed["postgres_database_cpu_us"])),
                "two processors for the API and PostgreSQL together",
                "more processors",
            ),
            (1e6 / (speed["stream_kib"] * assumed("online")), "1 GB of memory for event streams", "more memory, or more instances"),
            (1_000 / gigabytes, "1 TB of disk for tasks on PostgreSQL", "a larger disk, or shards"),
            (
                busy * 8e6 / (per_user * speed["postgres_database_cpu_us"]),
                "eight processors for PostgreSQL alone",
                "shards",
            ),
        ]
    )


def limits_table(measured: dict, speed: dict) -> str:
    """As it stands on the page: to two digits, because no more is known."""
    lines = ["| users a day | what is used up | what helps |", "| ---: | --- | --- |"]
    for users, limit, remedy in limits(measured, speed):
        digits = 10 ** (len(str(int(users))) - 2)
        lines.append(f"| {round(users / digits) * digits:,} | {limit} | {remedy} |")
    return "\n".join(lines)


def assumptions() -> str:
    """As a list."""
    return "\n".join(f"- **{figure:g}** {text}" for figure, text in ASSUMED.values())


def derived(measured: dict) -> dict:
    """The parts of the page that follow from what was measured."""
    speed = performance()
    return {
        "assumed": assumptions(),
        "limits": limits_table(measured, speed),
        "steps": steps(measured, speed),
    }


def part(page: str, name: str) -> str:
    """What stands between the markers of this name."""
    return page.split(f"<!-- scale:{name} -->\n")[1].split(f"\n<!-- /scale:{name} -->")[0]


def write(parts: dict, path: Path = PAGE) -> None:
    """Replaces what stands between the markers."""
    page = path.read_text()
    for name, text in parts.items():
        begin, end = f"<!-- scale:{name} -->\n", f"<!-- /scale:{name} -->"
        before, rest = page.split(begin)
        page = f"{before}{begin}{text}\n{end}{rest.split(end)[1]}"
    path.write_text(page)
