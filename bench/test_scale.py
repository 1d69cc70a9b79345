#!/usr/bin/env python3
"""docs/SCALE.md and what it rests on: the simulation of shards and the arithmetic. `scripts/test` runs it; nothing is measured, and
the ten million users take six seconds of CPU."""

import unittest
from xml.etree import ElementTree

import shards
from reporting import scale


class Shards(unittest.TestCase):
    """The simulation: nothing is lost or doubled, and each remedy does what is said of it."""

    def setUp(self):
        self.activities = shards.activity(50_000, 1.0, 1.0)
        self.found = shards.spread(self.activities, 64, 1)

    def test_every_user_is_on_one_shard_and_every_load_too(self):
        self.assertEqual(sum(self.found.users), 50_000)
        self.assertAlmostEqual(sum(self.found.loads), sum(self.activities))

    def test_the_seed_decides(self):
        self.assertEqual(shards.spread(self.activities, 64, 1), self.found)
        self.assertNotEqual(shards.spread(self.activities, 64, 2).loads, self.found.loads)

    def test_activity_is_zipfs(self):
        self.assertAlmostEqual(self.activities[0] / self.activities[99], 100)
        self.assertAlmostEqual(self.activities[0] / sum(self.activities), 1 / sum(1 / n for n in range(1, 50_001)))

    def test_a_limit_bounds_the_first_users_and_leaves_the_others(self):
        bound = 0.01 * sum(self.activities)
        limited = shards.activity(50_000, 1.0, 0.01)
        self.assertEqual(max(limited), bound)
        self.assertEqual(limited[1_000:], self.activities[1_000:])
        self.assertTrue(all(load == min(before, bound) for load, before in zip(limited, self.activities, strict=True)))

    def test_isolating_takes_the_first_users_away_and_adds_nothing(self):
        split = shards.isolate(self.found)
        self.assertAlmostEqual(sum(split), sum(self.found.loads))
        self.assertEqual(len(split), 64 + shards.ISOLATED)
        self.assertTrue(all(after <= before for after, before in zip(split, self.found.loads, strict=False)))
        self.assertLess(max(split[:64]), max(self.found.loads))

    def test_placing_by_load_is_within_the_bound_of_a_greedy_placement(self):
        for nodes in (2, 8, 32):
            for loads in (self.found.loads, shards.isolate(self.found)):
                placed = shards.by_load(loads, nodes)
                self.assertAlmostEqual(sum(placed), sum(loads))
                self.assertLessEqual(max(placed), sum(loads) / nodes + (1 - 1 / nodes) * max(loads) + 1e-9)
                self.assertGreaterEqual(max(placed), max(loads))


class Scale(unittest.TestCase):
    """docs/SCALE.md says what the arithmetic and the simulation say."""

    def setUp(self):
        self.page = scale.PAGE.read_text()

    def test_the_arithmetic_on_the_page_follows_from_what_was_measured(self):
        for name, text in scale.derived(scale.read_measured(self.page)).items():
            self.assertEqual(scale.part(self.page, name), text, f"{name}: bench/capacity.py --again")

    def test_the_tables_of_what_was_measured_are_read_as_they_are_written(self):
        measured = scale.read_measured(self.page)
        for name, text in scale.measured_tables(measured).items():
            self.assertEqual(scale.part(self.page, name), text)

    def test_more_of_everything_costs_more(self):
        measured, speed = scale.read_measured(self.page), scale.performance()
        before = dict((limit, users) for users, limit, _ in scale.limits(measured, speed))
        measured["web"]["token_ms"] *= 2
        speed["postgres_cpu_us"] *= 2
        after = dict((limit, users) for users, limit, _ in scale.limits(measured, speed))
        sooner = {limit for limit in before if after[limit] < before[limit]}
        self.assertEqual(sooner, {"one process of the web app", "two processors for the API and PostgreSQL together"})

    def test_the_simulation_on_the_page_is_that_of_ten_million_users(self):
        cases = [shards.case(*arguments) for arguments in shards.CASES]
        self.assertEqual(scale.part(self.page, "shards"), shards.table(cases), "make bench-shards")
        self.assertEqual(shards.CHART.read_text(), shards.chart(cases), "make bench-shards")
        ElementTree.fromstring(shards.chart(cases))


if __name__ == "__main__":
    unittest.main()
