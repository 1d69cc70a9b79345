#!/usr/bin/env python3
"""What can break in the benchmark without anybody measuring: its plan, its goals, its page and its rows.
`scripts/test` runs it; it needs neither a build nor a load generator, and takes a second."""

import json
import os
import sqlite3
import tempfile
import tomllib
import unittest
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

import check
import report
from growth import SERIES, SIZES
from harness import awake, rows, settings
from harness.figures import Results

PEERS = settings.BENCH / "peers"


def plan(form: str, **environment: str) -> list:
    """The cells of a form under these variables and no others."""
    with mock.patch.dict(os.environ, environment, clear=True):
        return settings.read(form).cells


def made_up(cells: list) -> dict:
    """Results as a run writes them, of two rounds."""
    record = {"requests": 1000, "per_second": 500.0, "p50_ms": 1.0, "p99_ms": 4.0, "cpu_ms": 0.5, "database_cpu_ms": 0.1}
    records = [
        {"round": number, "cell": {n: v for n, v in vars(cell).items() if n != "servers"}, "server": server, **record}
        for number in range(2)
        for cell in cells
        for server in cell.servers
    ]
    speed = {"library_ns": 9.0, "decoded_ns": 9.5, "fresh_ns": 10.0, "repeated_ns": 1.0}
    machine = {"processors": 2, "model": "a processor", "kernel": "6.1", "load_before": 0.0, "commit": "abc1234"}
    return {
        "about": {"form": "default", "rounds": 2, "seconds": 1, "pinned": True, "pool": 10, "machine": machine},
        "records": records,
        "memory": [
            {"server": s, "database": "sqlite", "algorithm": "HS256", "idle_mb": 1, "after_mb": 2, "start_ms": 3}
            for s in settings.SERVERS
        ],
        "speed": [{"hs256": speed, "eddsa": speed}] * 2,
    }


def grown() -> dict:
    """Results of `make bench-growth`."""
    one = {"cpu_ms": 0.1, "database_cpu_ms": 0.0}
    records = [
        {"database": database, "workload": workload, "users": users, "rows": size, **one}
        for database in settings.DATABASES
        for workload, users in SERIES
        for size in SIZES
    ]
    return {"about": {"sizes": SIZES}, "records": records}


def remembered() -> dict:
    """Results of `make bench-memory`."""
    one = {"start_ms": [1, 2], "idle_mb": 10.0, "requests": 1000, "after_mb": 20.0}
    return {"about": {"users": 10}, "records": [{"database": name, **one} for name in settings.DATABASES]}


class Page(unittest.TestCase):
    """From results to docs/PERFORMANCE.md."""

    def setUp(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(made_up(plan("default")), file)
            file.flush()
            self.results = Results(Path(file.name))

    def test_the_default_plan_measures_every_goal(self):
        table = report.tables_of(self.results, remembered(), grown())["goals"]
        self.assertNotIn("not measured", table)
        for goal in range(1, 8):
            self.assertIn(f"| {goal} ", table)

    def test_a_goal_is_reached_by_its_figure_alone(self):
        table = report.tables_of(self.results, remembered(), grown())["goals"]
        verdict = {line.split("|")[1].strip(): line.split("|")[4].strip() for line in table.splitlines()}
        self.assertEqual(verdict["1 EdDSA, new tokens, by the crypto library alone"], "yes")
        self.assertEqual(verdict["4 CPU of fastify by ours, sqlite, closest: list"], "**no**")

    def test_no_server_takes_less_than_bare_and_the_database_together(self):
        table = report.tables_of(self.results, remembered(), grown())["floors"]
        self.assertIn("| sqlite, mixed | 1.0 | 0.5 | 1.0 | 0.5 |", table)

    def test_every_part_has_its_place_on_the_page(self):
        page = report.PAGE.read_text()
        for name, text in report.tables_of(self.results, remembered(), grown()).items():
            page = report.fill(page, name, text)

    def test_every_chart_is_on_the_page_and_well_formed(self):
        for name, drawing in report.charts_of(self.results, grown()).items():
            ElementTree.fromstring(drawing)
            self.assertIn(f"(performance/{name})", report.PAGE.read_text())


class Plan(unittest.TestCase):
    """What is measured."""

    def test_the_full_plan_holds_the_default_one(self):
        def names(form):
            return {(cell.name, server) for cell in plan(form) for server in cell.servers}

        self.assertLessEqual(names("default"), names("full"))

    def test_variables_choose(self):
        cells = plan("quick", BENCH_ONLY="get", BENCH_DB="postgres", BENCH_CONNECTIONS="1", BENCH_SERVERS="bare")
        self.assertEqual([(c.workload, c.database, c.connections, c.servers) for c in cells], [("get", "postgres", 1, ("bare",))])

    def test_every_workload_has_its_script(self):
        for cell in plan("full"):
            self.assertTrue((settings.BENCH / "workloads" / f"{cell.workload}.lua").exists())

    def test_the_budget_holds_what_is_counted(self):
        budget = tomllib.loads(check.BUDGET.read_text())["instructions"]
        self.assertEqual(tuple(budget), check.NAMES)


class Budget(unittest.TestCase):
    """When `make bench-check` fails."""

    def test_five_percent_more_is_allowed_and_six_are_not(self):
        self.assertEqual(check.over_budget({"a": 1049, "b": 1060, "c": 900}, {"a": 1000, "b": 1000, "c": 1000}), ["b"])

    def test_what_has_no_budget_is_over_it(self):
        self.assertEqual(check.over_budget({"new": 1}, {}), ["new"])


class Rows(unittest.TestCase):
    """The rows fit into the tables that the migrations make, and are those that the load asks for."""

    def test_everybody_has_the_tasks_that_are_asked_for(self):
        connection = sqlite3.connect(":memory:")
        for script in sorted((settings.ROOT / "migrations" / "sqlite").glob("*/up.sql")):
            connection.executescript(script.read_text())
        connection.execute(rows.insert(3))
        for index in range(3):
            found = connection.execute("SELECT id FROM tasks WHERE user_id = ? ORDER BY id", [rows.user(index)])
            self.assertEqual([number for (number,) in found], list(rows.task_ids(index)))


class Peers(unittest.TestCase):
    """A run a year from now measures the same peers."""

    def test_every_version_is_pinned(self):
        lines = (PEERS / "fastapi" / "requirements.txt").read_text().splitlines()
        self.assertEqual([line for line in lines if "==" not in line and not line.startswith("#")], [])
        asked = json.loads((PEERS / "fastify" / "package.json").read_text())["dependencies"]
        self.assertEqual([version for version in asked.values() if not version[0].isdigit()], [])


class Awake(unittest.TestCase):
    """What keeps a processor awake must not take it from anybody."""

    def test_it_gets_only_what_nobody_else_wants(self):
        with awake.kept(str(min(os.sched_getaffinity(0)))) as process:
            self.assertEqual(os.getsid(process), process)
            share = Path(f"/proc/{process}/autogroup")
            # A kernel without sessions' shares has no such file, and needs none.
            self.assertTrue(not share.exists() or share.read_text().endswith("nice 19\n"))


if __name__ == "__main__":
    unittest.main()
