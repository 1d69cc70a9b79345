#!/usr/bin/env python3
"""Turns results into tables and charts: `report.py --print FILE` for a terminal, `report.py` to fill
docs/PERFORMANCE.md and docs/performance/ from the newest results of each kind (`report.py FILE` names those of the
comparison). The prose of the page is written by hand; tables stand between markers."""

import json
import re
import sys
from pathlib import Path

from harness.figures import Results
from harness.settings import RESULTS, ROOT
from reporting import charts, goals, tables, terminal

PAGE = ROOT / "docs" / "PERFORMANCE.md"
CHARTS = ROOT / "docs" / "performance"


def newest(pattern: str) -> Path | None:
    """The newest result of a kind."""
    return max(RESULTS.glob(pattern), default=None)


def load(pattern: str):
    """The newest result of a kind, parsed."""
    path = newest(pattern)
    return json.loads(path.read_text()) if path else None


def about(results: Results) -> str:
    """What the figures were measured with."""
    facts, machine = results.about, results.about["machine"]
    before = f", beside `{Path(facts['baseline']).name}`" if facts["baseline"] else ""
    return (
        f"{facts['rounds']} rounds of {facts['seconds']:g} s, {facts['pool']} database connections, commit "
        f"`{machine['commit']}`{before}, {machine['processors']} × {machine['model']}, Linux {machine['kernel']}, load "
        f"average before the run {machine['load_before']:.1f}."
    )


def fill(page: str, name: str, text: str) -> str:
    """Replaces what stands between the markers of this name."""
    pattern = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- /bench:{name} -->)", re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"{PAGE} has no markers for {name}")
    return pattern.sub(lambda match: f"{match[1]}{text}\n{match[2]}", page)


def tables_of(
    results: Results, memory: dict | None, growth: dict | None, large: dict | None, sync: dict | None
) -> dict:
    """What stands between the markers of the page. Parts that were not measured keep what they have."""
    parts = {
        "about": about(results),
        "summary": tables.summary(results),
        "goals": goals.table(results, memory, growth, large),
        "sqlite": tables.comparison(results, "sqlite"),
        "postgres": tables.comparison(results, "postgres"),
        "resident": tables.resident(results),
        "instructions": tables.instructions(),
    }
    if memory:
        parts["memory"] = tables.memory(memory)
    if growth:
        parts["growth"] = tables.growth(growth)
    if large:
        parts["large"] = tables.large(large)
    if sync:
        parts["sync"] = tables.sync(sync)
    return parts


def charts_of(results: Results, growth: dict | None) -> dict:
    """The charts by the name of their file."""
    drawn = {"throughput.svg": charts.throughput(results)}
    for database in dict.fromkeys(record["database"] for record in growth["records"]) if growth else ():
        drawn[f"growth-{database}.svg"] = charts.growth(growth, database)
    return drawn


def write(path: Path | None) -> None:
    """Fills the page and draws the charts."""
    if not path:
        raise SystemExit("There are no results yet: make bench")
    results, memory = Results(path), load("memory-*.json")
    growth, large, sync = load("growth-*.json"), load("large-*.json"), load("sync-*.json")
    CHARTS.mkdir(exist_ok=True)
    for name, drawing in charts_of(results, growth).items():
        (CHARTS / name).write_text(drawing)
    page = PAGE.read_text()
    for name, text in tables_of(results, memory, growth, large, sync).items():
        page = fill(page, name, text)
    PAGE.write_text(page)
    print(f"{PAGE.relative_to(ROOT)} and {CHARTS.relative_to(ROOT)}/ are filled from {path.relative_to(ROOT)}")


def main() -> None:
    """See the module."""
    if sys.argv[1:2] == ["--print"]:
        terminal.show(Results(Path(sys.argv[2])))
        return
    write(Path(sys.argv[1]).resolve() if sys.argv[1:] else newest("default-*.json"))


if __name__ == "__main__":
    main()
