"""How much memory an idle Bellhop takes: parent, web and consumer, just after the start."""

from __future__ import annotations

import time

import processes
import serving
from report import Figure

SETTLE_S = 3.0
MOST_MB = 100.0


def measure(*, quick: bool) -> list[Figure]:
    """PSS of each process and their sum; no job process lives before the first job.

    As it is installed by default: peewee imports each driver of a database that it finds, and that
    of PostgreSQL needs 8 MB of each process, on SQLite too.
    """
    with serving.folder() as home:
        without = home / "without"
        without.mkdir()
        (without / "psycopg.py").write_text("raise ImportError")
        with serving.serving(home, PYTHONPATH=str(without)) as server:
            time.sleep(SETTLE_S)
            sizes = {name: processes.pss_mb(pid) for name, pid in server.pids.items()}
    each = [Figure(name=f"  {name}", measured=size, unit="MB") for name, size in sizes.items()]
    total = sum(sizes.values())
    return [Figure(name="memory, idle", measured=total, unit="MB", at_most=MOST_MB), *each]
