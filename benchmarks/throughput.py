"""How many no-ops per second, next to Celery's bare no-op on a real Valkey.

Unequal on purpose: Celery only sends, takes and calls. Bellhop accepts over HTTP, keeps
a row and its history on the disk, runs the code in a process that may be killed at any
time, and records the result. The bar says that this costs nothing in speed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import celery_app
import serving
from report import Figure, of_rounds
from serving import Server

ROUNDS = 5
CLIENTS = 4
LEAST_RATIO = 2.0


def measure(*, quick: bool) -> list[Figure]:
    """Both in turns, two workers each, so that what disturbs one disturbs the other."""
    count, rounds = (40, 1) if quick else (2000, ROUNDS)
    most_items = {"BELLHOP_SERVER_MAX_ITEMS": str(count)}
    with (
        serving.folder() as home,
        serving.serving(home, **most_items) as server,
        celery_app.working(home) as worker,
    ):
        contenders: list[Callable[[int], float]] = [
            lambda count: _one_job(server, count),
            worker.time_batch,
            lambda count: _many_jobs(server, count),
        ]
        for contender in contenders:
            contender(20 if quick else 100)  # everything is imported and connected
        times = [[contender(count) for contender in contenders] for _ in range(rounds)]
    ours, theirs, single = ([count / s for s in column] for column in zip(*times, strict=True))
    ratios = [mine / its for mine, its in zip(ours, theirs, strict=True)]
    return [
        of_rounds("no-ops: Bellhop / Celery", ratios, "times", at_least=LEAST_RATIO),
        of_rounds("  Bellhop on SQLite, one job", ours, "items/s"),
        of_rounds("  Celery on Valkey", theirs, "tasks/s"),
        of_rounds(f"  Bellhop, jobs of one item, {CLIENTS} clients", single, "jobs/s"),
    ]


def _one_job(server: Server, count: int) -> float:
    """Seconds from sending a job of `count` items until it is final."""
    sent = time.time()
    job = server.final(server.submit(count)["job_id"])
    return serving.seconds(job["completed_at"]) - sent


def _many_jobs(server: Server, count: int) -> float:
    """Seconds from the first of `count` jobs of one item until the last is final."""
    sent = time.time()
    share = [count // CLIENTS] * CLIENTS
    clients = [threading.Thread(target=_submit_each, args=(server, n)) for n in share]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    while server.call("GET", "/jobs?status=queued,running&limit=1")["jobs"]:
        time.sleep(0.25)
    newest = server.call("GET", "/jobs?limit=50")["jobs"]
    return max(serving.seconds(job["completed_at"]) for job in newest) - sent


def _submit_each(server: Server, count: int) -> None:
    """`count` jobs, one after the other, on one connection."""
    connection = server.connect()
    for _ in range(count):
        server.submit(1, over=connection)
    connection.close()
