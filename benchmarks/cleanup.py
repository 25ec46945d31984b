"""Whether a large clean-up is felt: 100,000 expired jobs go while somebody works."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import api
import million
import serving
from report import Figure, percentile
from serving import Server

MOST_REQUEST_MS = 100.0
# A day, in the setting; the rows are made so that they ended long before.
DAYS = "1"
LIMIT_S = 600.0
# Python loads this first. A Bellhop deletes by age an hour after its start, this one at once.
PRELOADED = """from bellhop.system import clock
clock.DOUBT_S = 0.0
"""


def measure(*, quick: bool) -> list[Figure]:
    """The longest of all requests while the jobs go, and how long that takes."""
    count = 1_000 if quick else 100_000
    with serving.folder() as home:
        with api.web(home):
            pass  # makes the database
        _fill(home, count, files=count // 50)
        preload = home / "preload"
        preload.mkdir()
        (preload / "sitecustomize.py").write_text(PRELOADED)
        settings = {
            "BELLHOP_LIFETIME_RESULTS_DAYS": DAYS,
            "PYTHONPATH": os.pathsep.join(map(str, (preload, serving.ROOT))),
        }
        with serving.serving(home, **settings) as server:
            began = time.perf_counter()
            times = _work_until_gone(server, look_every=30 if quick else 300)
            took_s = time.perf_counter() - began
    name = f"longest request while {count:,} jobs expire"
    return [
        Figure(name=name, measured=max(times), unit="ms", at_most=MOST_REQUEST_MS),
        Figure(name="  p99", measured=percentile(times, 99), unit="ms"),
        Figure(name="  clean-up", measured=took_s, unit="s"),
    ]


def _fill(home: Path, count: int, files: int) -> None:
    """Final jobs that ended long ago, some of them with files."""
    database = home / "data" / "bellhop.db"
    million.fill(database, count)
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("DELETE FROM job WHERE status = 'queued'")
        connection.execute("DELETE FROM item WHERE status = 'queued'")
        connection.execute("UPDATE job SET completed_at = '2020-01-01T00:00:00.000000Z'")
    connection.close()
    for number in range(1, files + 1):
        folder = home / "data" / "results" / f"{number:020x}"
        folder.mkdir(parents=True)
        (folder / "result.txt").write_text("a result")


def _work_until_gone(server: Server, look_every: int) -> list[float]:
    """The time of each request in ms: a status, a list and a small job in turns."""
    times: list[float] = []
    connection = server.connect()
    deadline = time.monotonic() + LIMIT_S
    job_id = server.submit(1, over=connection)["job_id"]
    asks: tuple[Callable[[], object], ...] = (
        lambda: server.call("GET", f"/jobs/{job_id}", over=connection),
        lambda: server.call("GET", "/jobs?limit=30", over=connection),
        lambda: server.submit(1, over=connection),
    )
    while time.monotonic() < deadline:
        for ask in asks:
            began = time.perf_counter()
            ask()
            times.append((time.perf_counter() - began) * 1000)
        if len(times) % look_every == 0 and not _old_jobs(server):
            return times
    raise TimeoutError(f"the clean-up did not end within {LIMIT_S:g} s")


def _old_jobs(server: Server) -> int:
    """How many of the expired jobs are still there."""
    stats = server.call("GET", "/jobs/stats")
    return sum(sum(counts.values()) for name, counts in stats["by_type"].items() if name != "noop")
