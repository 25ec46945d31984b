"""How much memory an idle Bellhop takes: parent, web and consumer, just after the start."""

from __future__ import annotations

import time

import processes
import serving
from report import Figure

SETTLE_S = 3.0
MOST_MB = 100.0


def measure(*, quick: bool) -> list[Figure]:
    """PSS of each process and their sum; no job process lives before the first job."""
    with serving.folder() as home, serving.serving(home) as server:
        time.sleep(SETTLE_S)
        sizes = {name: processes.pss_mb(pid) for name, pid in server.pids.items()}
    each = [Figure(name=f"  {name}", measured=size, unit="MB") for name, size in sizes.items()]
    total = sum(sizes.values())
    return [Figure(name="memory, idle", measured=total, unit="MB", at_most=MOST_MB), *each]
