"""Keeps a processor from falling asleep while the load waits for an answer. In a virtual machine waking it costs the
server that answers ten microseconds and more, which are none of its doing, and a fast server never pays."""

import contextlib
import os
import subprocess

from harness import process

# It ends with its parent. The scheduler gives it what nobody else wants.
SPIN = "while kill -0 $PPID 2>/dev/null; do i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done"


@contextlib.contextmanager
def kept(processor: str | None):
    """Keeps the processor awake; `None` for any, and then none."""
    if processor is None:
        yield
        return
    spinning = subprocess.Popen(
        ["taskset", "-c", processor, "chrt", "--idle", "0", "sh", "-c", SPIN], env=os.environ, start_new_session=True
    )
    try:
        yield
    finally:
        process.stop(spinning)
