"""Keeps a processor from falling asleep while the load waits for an answer, where others use it too (see polling.py for
the rest). In a virtual machine waking it costs the server that answers ten microseconds and more, which are none of its
doing, and a fast server never pays."""

import contextlib
import subprocess

# It ends with its parent. The scheduler gives it what nobody else wants.
SPIN = "while kill -0 $PPID 2>/dev/null; do i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done"


@contextlib.contextmanager
def kept(processor: str | None):
    """Keeps the processor awake; `None` for any, and then none."""
    if processor is None:
        yield
        return
    # In the session of wrk: Linux shares a processor among sessions first, and one of its own would get half of it.
    spinning = subprocess.Popen(["taskset", "-c", processor, "chrt", "--idle", "0", "sh", "-c", SPIN])
    try:
        yield
    finally:
        spinning.kill()
        spinning.wait()
