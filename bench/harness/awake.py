"""Keeps a processor from falling asleep while the load waits for an answer, where others use it too (see polling.py for
the rest). In a virtual machine waking it costs the server that answers ten microseconds and more, which are none of its
doing, and a fast server never pays."""

import contextlib
import subprocess
from pathlib import Path

# It ends with its parent. The scheduler gives it what nobody else wants.
SPIN = "while kill -0 $PPID 2>/dev/null; do i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done"


@contextlib.contextmanager
def kept(processor: str | None):
    """Keeps the processor awake, and gives the process that does; `None` for any, and then none."""
    if processor is None:
        yield
        return
    spinning = subprocess.Popen(
        ["taskset", "-c", processor, "chrt", "--idle", "0", "sh", "-c", SPIN], start_new_session=True
    )
    # Linux shares a processor among sessions first, whatever their processes want, and PostgreSQL has a session for
    # each connection. One that holds wrk as well would get its share of idling too.
    share = Path(f"/proc/{spinning.pid}/autogroup")
    with contextlib.suppress(FileNotFoundError):
        share.write_text("19")
    try:
        yield spinning.pid
    finally:
        spinning.kill()
        spinning.wait()
