#!/usr/bin/env python3
"""What `make bench-replica` makes of its figures. `scripts/test` runs it."""

import unittest

import replica


class Replica(unittest.TestCase):
    """What a replica brings follows from what each request costs where."""

    PRIMARY = {"list": 30.0, "get": 12.0, "unchanged": 10.0, "create": 40.0, "toggle": 40.0}
    REPLAYED = {"create": 0.0, "toggle": 0.0}

    def gain(self, mix: dict, look_up: float, **of_writes: float) -> float:
        return replica.gain(mix, self.PRIMARY, self.REPLAYED | of_writes, look_up)

    def test_reads_that_leave_nothing_to_the_primary_are_doubled(self):
        self.assertAlmostEqual(self.gain({"list": 1}, look_up=0), 2, places=1)

    def test_a_look_up_that_costs_as_much_as_the_read_brings_nothing(self):
        self.assertAlmostEqual(self.gain({"unchanged": 1}, look_up=10), 1)

    def test_writes_stay_on_the_primary(self):
        self.assertAlmostEqual(self.gain({"create": 1, "toggle": 1}, look_up=0), 1)

    def test_what_is_replayed_is_not_free_for_reads(self):
        free, replayed = (self.gain(replica.MIXES["mixed"], look_up=10, create=cost) for cost in (0, 40))
        self.assertGreater(free, replayed)

    def test_every_mix_is_of_requests_that_are_measured(self):
        for mix in replica.MIXES.values():
            self.assertLessEqual(set(mix), set(replica.READS + replica.WRITES))


if __name__ == "__main__":
    unittest.main()
