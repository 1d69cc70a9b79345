"""The folder for what a run needs and leaves; one run at a time, or two would seed the same database."""

import fcntl

from harness.settings import RESULTS, WORK

_held = []


def claim() -> None:
    """Makes the folders and keeps them until the process ends."""
    WORK.mkdir(exist_ok=True)
    RESULTS.mkdir(exist_ok=True)
    lock = open(WORK / "lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit("Another benchmark is running in this folder; wait until it is done.") from None
    _held.append(lock)
