#!/usr/bin/env python3
"""What can break in the benchmark while it is not run: its plan, requests, rows, goals and page.
`scripts/test` runs it; it needs neither a build nor a load generator, and takes a second."""

import json
import os
import re
import sqlite3
import subprocess
import tempfile
import time
import tomllib
import unittest
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

import check
import growth
import large
import report
import run
from harness import process, rows, settings, workloads
from harness.figures import Results
from harness.load import FIGURES
from harness.settings import BENCH, Load
from reporting import goals, tables

ALL = (*settings.SERVERS, "baseline")


def made_up(cells: list, **of_servers: dict) -> Results:
    """Results as a run writes them, of two rounds: the same figures of every server but those that are named."""
    same = dict(zip(FIGURES, (500.0, 1.0, 4.0, 50.0, 10.0), strict=True))
    records = []
    for number in range(2):
        for cell in cells:
            for server in cell.servers:
                figures = same | of_servers.get(server.replace("-", "_"), {})
                wrk = {} if server == "database" else {"wrk": same, "as_wrk": {"p50_ms": 1.0, "p99_ms": 4.0}}
                records.append({"round": number, "cell": cell.key(), "server": server, **figures, **wrk})
    machine = {"processors": 2, "model": "a processor", "kernel": "6.1", "load_before": 0.0, "commit": "abc1234"}
    about = {"form": "default", "rounds": 2, "seconds": 1, "pool": 10, "baseline": "80f712a", "machine": machine}
    memory = [
        {"server": server, "database": name, "idle_mb": 1, "after_mb": 2, "start_ms": 3}
        for server in ALL
        for name in settings.DATABASES
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"about": about, "records": records, "memory": memory}, file)
        file.flush()
        return Results(Path(file.name))


def grown(series: tuple, cpu_us: float = 100.0) -> dict:
    """Results of `make bench-growth` and `make bench-large`."""
    records = [
        {"database": database, "series": name, "rows": size, "cpu_us": cpu_us, "database_cpu_us": 0.0}
        for database in settings.DATABASES
        for name in series
        for size in growth.SIZES
    ]
    return {"about": {"sizes": growth.SIZES}, "records": records}


def remembered() -> dict:
    """Results of `make bench-memory`."""
    one = {"start_ms": [1, 2], "idle_mb": 10.0, "requests": 1000, "after_mb": 20.0}
    servers = ("taskbridge", "baseline")
    return {"records": [{"database": d, "server": s, **one} for d in settings.DATABASES for s in servers]}


def synced() -> dict:
    """Results of `make bench-sync`."""
    one = dict.fromkeys(FIGURES, 2.0)
    lists = {"series": "list, taskbridge", "requests_of_all": 1, "wrk": one, **one}
    feed = {"series": "10,000 tasks in changes", "requests_of_all": 200, **one}
    return {"records": [{"database": d, **record} for d in settings.DATABASES for record in (lists, feed)]}


def everything(results: Results) -> dict:
    """All tables."""
    growths = grown(("list, 100 users",)), grown(("sort=title",))
    return report.tables_of(results, remembered(), *growths, synced())


def verdicts(table: str) -> dict:
    """Whether each goal was reached, and what was measured."""
    cells = [[part.strip() for part in line.split(" | ")] for line in table.splitlines()[2:]]
    return {goal.lstrip("| "): (reached.rstrip(" |"), found) for goal, _, found, reached in cells}


class Page(unittest.TestCase):
    """From results to docs/PERFORMANCE.md."""

    def setUp(self):
        self.results = made_up(settings.plan(baseline=True))

    def test_the_default_plan_measures_every_goal(self):
        self.assertNotIn("not measured", everything(self.results)["goals"])

    def test_every_part_has_its_place_on_the_page(self):
        page = report.PAGE.read_text()
        parts = everything(self.results)
        for name, text in parts.items():
            page = report.fill(page, name, text)
        self.assertEqual(set(re.findall(r"<!-- bench:(\w+) -->", page)), set(parts))

    def test_every_chart_is_on_the_page_and_well_formed(self):
        drawn = report.charts_of(self.results, grown(("list, 100 users",)))
        for drawing in drawn.values():
            ElementTree.fromstring(drawing)
        self.assertEqual(set(re.findall(r"\(performance/([^)]*)\)", report.PAGE.read_text())), set(drawn))
        self.assertEqual({path.name for path in report.CHARTS.glob("*.svg")} - set(drawn), set())

    def test_a_figure_is_marked_when_the_two_ways_differ_by_more_than_a_quarter(self):
        cell = {"workload": "list", "database": "postgres", "connections": 32, "rate": 0}
        for rate, text in ((500.0, "500 (500)"), (620.0, "620 (500)"), (630.0, "630 (≠ 500)"), (390.0, "390 (≠ 500)")):
            found = made_up(settings.plan(), taskbridge={"per_second": rate})
            self.assertEqual(tables.both(found, cell, "taskbridge", "per_second"), text)


class Goals(unittest.TestCase):
    """When a goal is reached."""

    def test_one_figure_behind_one_peer_is_named(self):
        results = made_up(settings.plan(baseline=True), axum={"p99_ms": 3.5})
        found = verdicts(goals.table(results, None, None, None))
        self.assertEqual(found["ahead of axum-tuned, 32 connections"], ("yes", "40 of 40"))
        reached, text = found["ahead of axum, 32 connections"]
        self.assertEqual(reached, "**no**")
        self.assertIn("30 of 40; behind: PostgreSQL list p99 0.88, PostgreSQL get p99 0.88", text)

    def test_writes_on_postgresql_with_one_connection_may_be_a_tenth_behind(self):
        results = made_up(settings.plan(baseline=True), axum={"per_second": 550.0})
        text = verdicts(goals.table(results, None, None, None))["ahead of axum, 1 connection"][1]
        self.assertIn("PostgreSQL get requests/s", text)
        self.assertNotIn("PostgreSQL create", text)
        self.assertIn("SQLite create requests/s", text)

    def test_the_cpu_time_of_both_sides_counts(self):
        results = made_up(settings.plan(baseline=True), axum={"cpu_us": 40.0, "database_cpu_us": 25.0})
        self.assertEqual(verdicts(goals.table(results, None, None, None))["ahead of axum, 2,000/s"][0], "yes")

    def test_a_goal_is_reached_by_its_median_alone(self):
        results = made_up(settings.plan(baseline=True), axum_tuned={"per_second": 300.0}, database={"per_second": 700.0})
        found = verdicts(goals.table(results, None, None, None))
        self.assertEqual(found["create, PostgreSQL, 32 connections, by axum, tuned"][0], "yes")
        self.assertEqual(found["create, SQLite, 32 connections, by SQLite alone"], ("**no**", "0.71 / 0.71 / 0.71"))

    def test_the_worst_request_of_a_large_user_decides(self):
        for micros, reached in ((15_000.0, "yes"), (15_100.0, "**no**")):
            table = goals.table(made_up(settings.plan()), None, None, grown(("sort=title",), micros))
            self.assertEqual(verdicts(table)["CPU of any request of a user with 10,000 tasks, SQLite, ms"][0], reached)


class Plan(unittest.TestCase):
    """What is measured."""

    def cells(self, *given: str) -> list:
        with mock.patch.dict(os.environ, {}, clear=True):
            return run.arguments(list(given)).cells

    def test_every_workload_is_asked_on_every_database_under_every_load(self):
        found = {(cell.workload, cell.database, cell.load) for cell in self.cells()}
        self.assertEqual(len(found), len(settings.WORKLOADS) * len(settings.DATABASES) * 4)

    def test_a_run_can_be_restricted_to_one_question(self):
        cells = self.cells("--database", "postgres", "--workload", "create,toggle", "--connections", "32", "--server", "taskbridge,axum")
        found = [(cell.workload, cell.database, cell.load, cell.servers) for cell in cells]
        wanted = [(name, "postgres", Load(32), ("taskbridge", "axum")) for name in ("create", "toggle")]
        self.assertEqual(found, wanted)

    def test_a_rate_alone_means_no_closed_loop(self):
        self.assertEqual({cell.load for cell in self.cells("--rate", "2000")}, {Load(32, 2000)})

    def test_another_build_is_measured_wherever_ours_is(self):
        cells = settings.plan(baseline=True)
        self.assertTrue(all("baseline" in cell.servers for cell in cells if "taskbridge" in cell.servers))

    def test_the_time_of_a_whole_run_stays_below_fifty_minutes(self):
        seconds = sum(2 * settings.SECONDS + 0.5 for cell in settings.plan() for _ in cell.servers)
        self.assertLess(seconds * settings.ROUNDS["default"], 50 * 60)

    def test_the_budget_holds_what_is_counted(self):
        budget = tomllib.loads(check.BUDGET.read_text())["instructions"]
        self.assertEqual(tuple(budget), check.NAMES)


class Requests(unittest.TestCase):
    """What both load generators send."""

    def read(self, workload: str) -> list:
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(workloads, "WORK", Path(folder)):
            data = workloads.file(workload, 50, 100).read_bytes()
        found = []
        while data:
            line, _, data = data.partition(b"\n")
            fields = line.decode().split()
            found.append((fields[1:], data[: int(fields[0])].decode()))
            data = data[int(fields[0]) :]
        return found

    def test_each_request_says_what_its_answer_must_be(self):
        for (status, count, user, task), text in self.read("mixed"):
            self.assertIn(f" /api/{user}/tasks", text)
            self.assertEqual(status, "201" if text.startswith("POST") else "200")
            self.assertEqual(count, "10" if "?limit=10" in text else "1")
            self.assertEqual(task != "0", f"/tasks/{task}" in text)

    def test_the_body_is_as_long_as_the_request_says(self):
        for _, text in self.read("create"):
            head, _, body = text.partition("\r\n\r\n")
            self.assertIn(f"Content-Length: {len(body)}", head)

    def test_five_of_ten_mixed_requests_are_lists(self):
        requests = workloads.of_user("mixed", list(range(1, 11)))
        kinds = [(request.method, request.tasks) for request in requests]
        self.assertEqual([kinds.count(kind) for kind in (("GET", 10), ("GET", 1), ("POST", 1), ("PATCH", 1))], [5, 3, 1, 1])


class Rows(unittest.TestCase):
    """The rows fit into the tables, and are those that the load asks for."""

    def database(self, pattern: str) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:")
        for script in sorted(settings.ROOT.glob(pattern)):
            connection.executescript(script.read_text())
        return connection

    def ours(self) -> tuple:
        connection = self.database("migrations/sqlite/*/up.sql")
        return connection, bool(connection.execute("SELECT 1 FROM pragma_table_info('tasks') WHERE name = 'seq'").fetchone())

    def test_every_user_has_the_tasks_that_are_asked_for(self):
        connection, numbered = self.ours()
        for statement in rows.ours(3, numbered):
            connection.execute(statement)
        peers = self.database("bench/peers/schema/sqlite.sql")
        for statement in rows.peers(3, "sqlite"):
            peers.execute(statement)
        for index in range(3):
            for database in (connection, peers):
                found = database.execute("SELECT id FROM tasks WHERE user_id = ? ORDER BY id", [rows.user(index)])
                self.assertEqual([number for (number,) in found], list(rows.task_ids(index, 3)))

    def test_an_owner_row_tells_the_truth_about_its_tasks(self):
        connection, numbered = self.ours()
        if not numbered:
            self.skipTest("these tables have no owners")
        for statement in rows.with_large(1000, numbered):
            connection.execute(statement)
        wrong = """SELECT count(*) FROM owners AS o WHERE (o.seq, o.last_id, o.tasks) IS NOT
            (SELECT max(t.seq), max(t.id), count(DISTINCT t.seq) FROM tasks AS t WHERE t.user_id = o.user_id)"""
        self.assertEqual(connection.execute(wrong).fetchone(), (0,))
        self.assertEqual(connection.execute("SELECT count(*) FROM owners").fetchone(), (101,))

    def test_the_large_user_has_ten_thousand_tasks_among_the_others(self):
        connection, numbered = self.ours()
        for statement in rows.with_large(5000, numbered):
            connection.execute(statement)
        asked = "SELECT count(*), avg(length(title)), avg(length(description)), avg(json_array_length(tags)) FROM tasks WHERE user_id = ?"
        count, title, description, tags = connection.execute(asked, [rows.LARGE]).fetchone()
        self.assertEqual((count, tags), (rows.LARGE_TASKS, 3))
        self.assertTrue(35 < title < 45 and 90 < description < 110, (title, description))

    def test_the_tag_of_a_client_that_has_the_list_is_that_of_the_rows(self):
        connection, numbered = self.ours()
        for statement in rows.ours(3, numbered):
            connection.execute(statement)
        found = connection.execute("SELECT DISTINCT epoch, seq FROM owners").fetchall()
        self.assertEqual([f'"{epoch}-{seq}-a"' for epoch, seq in found], [rows.LIST_TAG])

    def test_growth_asks_for_no_more_users_than_the_smallest_table_has(self):
        self.assertGreaterEqual(min(growth.SIZES), min(users for _, users in growth.SERIES) * settings.TASKS)
        self.assertLessEqual(set(large.SIZES), set(growth.SIZES))


class Processes(unittest.TestCase):
    """What is read from /proc."""

    def test_the_cpu_time_of_a_process_and_its_children_is_counted(self):
        spinning = subprocess.Popen(["sh", "-c", "sh -c 'while :; do :; done' & while :; do :; done"], start_new_session=True)
        try:
            before, began = process.cpu_seconds(spinning.pid), time.monotonic()
            time.sleep(0.5)
            used, took = process.cpu_seconds(spinning.pid) - before, time.monotonic() - began
        finally:
            process.stop(spinning)
        self.assertEqual(process.cpu_seconds(None), 0)
        self.assertTrue(0 < used <= 2.2 * took, (used, took))


class Peers(unittest.TestCase):
    """A run a year from now measures the same peers."""

    def test_every_version_is_pinned(self):
        lines = (BENCH / "peers" / "fastapi" / "requirements.txt").read_text().splitlines()
        self.assertEqual([line for line in lines if "==" not in line and not line.startswith("#")], [])
        asked = json.loads((BENCH / "peers" / "fastify" / "package.json").read_text())["dependencies"]
        self.assertEqual([version for version in asked.values() if not version[0].isdigit()], [])
        for package in ("peers/axum", "limits", "load"):
            self.assertTrue((BENCH / package / "Cargo.lock").exists())


if __name__ == "__main__":
    unittest.main()
