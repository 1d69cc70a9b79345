#!/usr/bin/env python3
"""Turns results into tables and charts: `report.py --print FILE` for people at a terminal, `report.py` to
fill docs/PERFORMANCE.md and docs/performance/ from the newest results of each kind."""

import sys
from pathlib import Path

from harness.figures import Results


def print_summary(results: Results) -> None:
    """One line for each cell and server: medians over the rounds, ratios within them."""
    print(f"\n{'':<62} {'per second':>28} {'of bare':>8} {'CPU ms':>9} {'of ours':>8} {'p99/p50':>8}")
    for cell in results.cells():
        users = "1 user" if cell["users"] == 1 else f"{cell['users']} users"
        title = f"{cell['workload']} {cell['database']} {cell['algorithm']} {users} {cell['connections']} conn."
        for server in results.servers(cell):
            rate = results.figure(cell, server, "per_second")
            if rate is None:
                print(f"{title:<50} {server:<11} VOID {results.voids(cell, server)[0][:60]}")
                continue
            of_bare = results.ratio(cell, server, "bare")
            cpu = results.figure(cell, server, "cpu_ms")
            of_ours = results.ratio(cell, server, "taskbridge", "cpu_ms")
            p50, p99 = results.figure(cell, server, "p50_ms"), results.figure(cell, server, "p99_ms")
            rates = f"{rate.low:.0f} / {rate.middle:.0f} / {rate.high:.0f}"
            tail = p99.middle / p50.middle if p50.middle else 0
            print(
                f"{title:<50} {server:<11} {rates:>28} {of_bare.middle if of_bare else 0:>8.3f} {cpu.middle:>9.4f}"
                f" {of_ours.middle if of_ours else 0:>8.2f} {tail:>8.1f}"
            )
            title = ""
    for entry in results.memory:
        print(
            f"memory {entry['server']:<11} {entry['database']:<9} idle {entry['idle_mb']:.1f} MB, after"
            f" {entry['after_mb']:.1f} MB, first answer after {entry['start_ms']:.0f} ms"
        )


def main() -> None:
    """See the module."""
    if sys.argv[1:2] == ["--print"]:
        print_summary(Results(Path(sys.argv[2])))
        return
    raise SystemExit("usage: report.py [--print FILE]")


if __name__ == "__main__":
    main()
