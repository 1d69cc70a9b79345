"""Keeps wrk from sleeping where it has a processor to itself. To wake it, the server that answers sends its processor an
interrupt, which in a virtual machine takes ten to thirty microseconds of the server's time. Clients on other machines cost
no server that, and here only the slower ones would pay: wrk never sleeps while a fast one answers."""

import os
import shutil
import subprocess
from pathlib import Path

from harness.settings import WORK

SOURCE = Path(__file__).with_suffix(".c")


def environment() -> dict:
    """For a program that is not to sleep while it waits for sockets."""
    library = WORK / "polling.so"
    if not library.exists() or library.stat().st_mtime < SOURCE.stat().st_mtime:
        if not shutil.which("cc"):
            raise SystemExit("cc was not found: apt-get install gcc libc6-dev")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE)], check=True)
    return os.environ | {"LD_PRELOAD": str(library)}
