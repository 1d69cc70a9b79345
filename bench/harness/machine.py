"""What can be said of the machine without naming it."""

import os
import platform
import subprocess
from pathlib import Path

from harness.settings import ROOT


def facts() -> dict:
    """Processors, kernel, the load that others make (so ask before), and the commit that is measured."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    models = [line.partition(":")[2].strip() for line in cpuinfo.splitlines() if line.startswith("model name")]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    return {
        "processors": os.cpu_count(),
        "model": models[0] if models else platform.machine(),
        "kernel": ".".join(platform.release().split(".")[:2]),
        "load_before": os.getloadavg()[0],
        "commit": commit.stdout.strip(),
    }
