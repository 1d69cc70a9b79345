"""The results for somebody at a terminal."""

from harness.figures import Results


def show(results: Results) -> None:
    """One line for each cell and server: medians over the rounds, ratios within them."""
    print(f"\n{'':<62} {'per second':>28} {'of bare':>8} {'CPU ms':>9} {'of ours':>8} {'p99/p50':>8} {'busy':>5}")
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
            tail = results.tail(cell, server)
            rates = f"{rate.low:.0f} / {rate.middle:.0f} / {rate.high:.0f}"
            busy = results.busy(cell, server).middle
            print(
                f"{title:<50} {server:<11} {rates:>28} {of_bare.middle if of_bare else 0:>8.3f} {cpu.middle:>9.4f}"
                f" {of_ours.middle if of_ours else 0:>8.2f} {tail.middle if tail else 0:>8.1f} {busy:>5.0%}"
            )
            title = ""
    for entry in results.memory:
        print(
            f"memory {entry['server']:<11} {entry['database']:<9} idle {entry['idle_mb']:.1f} MB, after"
            f" {entry['after_mb']:.1f} MB, first answer after {entry['start_ms']:.0f} ms"
        )
