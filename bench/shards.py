#!/usr/bin/env python3
"""`make bench-shards`: ten million users on 64 shards, simulated. Users are spread by a hash, as a distributed PostgreSQL does
by `user_id`; how much they do follows Zipf's law. Shows how uneven shards and nodes become, and what each remedy brings. Fills its
part of docs/SCALE.md and draws docs/images/shards.svg. Needs nothing but Python, and takes some seconds."""

import random
from array import array
from dataclasses import dataclass

from harness.settings import ROOT
from reporting import scale, svg

CHART = ROOT / "docs" / "images" / "shards.svg"

USERS = 10_000_000
SHARDS = 64
NODES = (8, 32)
SEED = 21

# The share of all requests that one user can have where a limit holds: 600 a minute of the requests of a million users a day at
# their peak.
CAPPED = scale.USER_LIMIT_PER_SECOND / scale.peak_per_second(1_000_000)

# How steep activity is, and the largest share of one user.
CASES = ((0.8, 1.0), (1.0, 1.0), (1.0, CAPPED), (1.2, CAPPED))

# So many of the most active users get a shard of their own.
ISOLATED = 8


@dataclass(frozen=True)
class Spread:
    """What is where: the load of each shard, its number of users, and the most active users with their shard and load."""

    loads: list
    users: list
    hottest: list


def activity(users: int, steepness: float, most: float) -> array:
    """The load of each user, the most active first: that of rank r is as 1 / r ** steepness, and none is above `most` of what all
    would do without a limit."""
    loads = array("d", (rank**-steepness for rank in range(1, users + 1)))
    bound = most * sum(loads)
    for rank, load in enumerate(loads):
        if load <= bound:
            break
        # What is above the limit is refused, and not done by another.
        loads[rank] = bound
    return loads


def spread(activities: array, shards: int, seed: int) -> Spread:
    """Every user on one shard, by a hash that is as good as chance."""
    places = random.Random(seed).randbytes(len(activities))
    loads, users = [0.0] * shards, [0] * shards
    for place, load in zip(places, activities, strict=True):
        loads[place % shards] += load
        users[place % shards] += 1
    first = range(min(ISOLATED, len(activities)))
    return Spread(loads, users, [(places[rank] % shards, activities[rank]) for rank in first])


def isolate(found: Spread) -> list:
    """The loads when each of the most active users has a shard of its own."""
    loads = list(found.loads)
    for shard, load in found.hottest:
        loads[shard] -= load
    return loads + [load for _, load in found.hottest]


def in_turn(loads: list, nodes: int) -> list:
    """The load of each node when shards are dealt out one by one, as they are when tables are distributed."""
    totals = [0.0] * nodes
    for shard, load in enumerate(loads):
        totals[shard % nodes] += load
    return totals


def by_load(loads: list, nodes: int) -> list:
    """The load of each node when shards are placed by what was measured: the heaviest first, each on the node with the least."""
    totals = [0.0] * nodes
    for load in sorted(loads, reverse=True):
        totals[totals.index(min(totals))] += load
    return totals


def hottest(loads: list) -> float:
    """The largest load, as a multiple of the mean."""
    return max(loads) * len(loads) / sum(loads)


def case(steepness: float, most: float, users: int = USERS) -> dict:
    """The figures of one case."""
    activities = activity(users, steepness, most)
    found = spread(activities, SHARDS, SEED)
    split = isolate(found)
    placed = {
        nodes: (in_turn(found.loads, nodes), by_load(found.loads, nodes), by_load(split, nodes)) for nodes in NODES
    }
    return {
        "name": f"s = {steepness}, {'600 a minute' if most < 1 else 'no limit'}",
        "first": activities[0] / sum(found.loads),
        "users": hottest(found.users),
        "shard": hottest(found.loads),
        "nodes": placed,
    }


def table(cases: list) -> str:
    """As it stands on the page."""
    head = "| activity | share of the first user | users of the fullest shard | load of the hottest shard |"
    lines = [head + "".join(f" of the hottest of {nodes} nodes |" for nodes in NODES), "| --- " + "| ---: " * 5 + "|"]
    for found in cases:
        nodes = [" → ".join(f"{hottest(loads):.2f}" for loads in placed) for placed in found["nodes"].values()]
        cells = [f"{100 * found['first']:.2f} %", f"{found['users']:.2f}", f"{found['shard']:.2f}", *nodes]
        lines.append(f"| {found['name']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def chart(cases: list) -> str:
    """The hottest node of each case, of as many nodes as there are at most."""
    groups = []
    for found in cases:
        bars = []
        for label, loads in zip(("dealt out", "placed by load", "and isolated"), found["nodes"][NODES[-1]], strict=True):
            mean = sum(loads) / len(loads)
            kind = "limit" if label == "dealt out" else "ours"
            bars.append(svg.Bar(label, min(loads) / mean, max(loads) / mean, max(loads) / mean, f"{max(loads) / mean:.2f}", kind))
        groups.append((found["name"], bars))
    return svg.bars(f"Load of the hottest of {NODES[-1]} nodes, by the mean; the whisker begins at the idlest", groups)


def main() -> None:
    """See the module."""
    cases = [case(*arguments) for arguments in CASES]
    scale.write({"shards": table(cases)})
    CHART.write_text(chart(cases))
    print(table(cases))


if __name__ == "__main__":
    main()
