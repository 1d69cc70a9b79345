"""The report of a run at a terminal."""

from harness.figures import Results
from harness.load import FIGURES
from reporting.tables import both, loaded

HEAD = ("requests/s", "p50 ms", "p99 ms", "server CPU µs", "database CPU µs")


def show(results: Results) -> None:
    """Medians of the rounds, wrk's in brackets, ≠ where the two differ by more than a quarter."""
    print(f"\nMedians of {results.about['rounds']} rounds; in brackets from wrk, with ≠ where it differs by more than a quarter")
    for cell in results.cells():
        print(f"\n{cell['workload']}, {cell['database']}, {loaded(cell)}")
        print(f"  {'':<12}" + "".join(f"{name:<22}" for name in HEAD) + "of ours")
        for server in results.servers(cell):
            if voids := results.voids(cell, server):
                print(f"  {server:<12}VOID: {voids[0][:100]}")
            if not results.figure(cell, server, "per_second"):
                continue
            ratio = results.ratio(cell, server, "taskbridge")
            figures = "".join(f"{both(results, cell, server, name):<22}" for name in FIGURES)
            print(f"  {server:<12}{figures}" + (f"{ratio.middle:.2f}" if ratio and server != "taskbridge" else ""))
