"""How soon an idle Bellhop starts a job, and what being that ready costs.

The two belong together: whoever looks for work more often starts sooner and burns more
CPU. Huey on SQLite as it comes backs off to 10 s; Bellhop is woken instead.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Sequence

import celery_app
import processes
import serving
from report import Figure, percentile
from serving import Server

FIRST_IDLE_S = 3.0
# The pauses differ so that they cannot fall in step with anything that runs each second.
PAUSE_S = (0.4, 0.9)
IDLE_WATCH_S = 30.0
MOST_PICKUP_MS = 10.0
MOST_TIMES_REDIS = 1.2
MOST_CPU_S_PER_MINUTE = 0.3


def measure(*, quick: bool) -> list[Figure]:
    """Pick-up and whole time of single no-ops with either bell, then the CPU of an idle Bellhop."""
    with serving.folder() as home, celery_app.valkey() as port, contextlib.ExitStack() as running:
        (home / "redis").mkdir()
        redis = {"HUEY_STORAGE": "redis", "HUEY_REDIS_URL": f"redis://127.0.0.1:{port}/0"}
        settings = {f"BELLHOP_{name}": value for name, value in redis.items()}
        ours = running.enter_context(serving.serving(home))
        theirs = running.enter_context(serving.serving(home / "redis", **settings))
        times, others = _pickups([ours, theirs], 3 if quick else 60)
    with serving.folder() as home, serving.serving(home) as server:
        time.sleep(FIRST_IDLE_S)
        cpu = _idle_cpu(server, 1.0 if quick else IDLE_WATCH_S)
    pickup, whole = zip(*times, strict=True)
    slowest = percentile(pickup, 99)
    of_redis = percentile([picked for picked, _ in others], 99)
    return [
        Figure(name="pick-up from idle, p50", measured=percentile(pickup, 50), unit="ms"),
        Figure(name="pick-up from idle, p99", measured=slowest, unit="ms", at_most=MOST_PICKUP_MS),
        Figure(name="  the same / with the bell on Redis",
               measured=slowest / of_redis, unit="times", at_most=MOST_TIMES_REDIS),
        Figure(name="request to completed, p50", measured=percentile(whole, 50), unit="ms"),
        Figure(name="request to completed, p99", measured=percentile(whole, 99), unit="ms"),
        Figure(name="CPU, idle", measured=cpu, unit="s/min", at_most=MOST_CPU_S_PER_MINUTE),
    ]  # fmt: skip


def _pickups(servers: Sequence[Server], count: int) -> list[list[tuple[float, float]]]:
    """(accepted to claimed, request to completed) in ms for each of `count` jobs, of each server.

    They take turns, so that what disturbs one disturbs the others.
    """
    for server in servers:
        server.final(server.submit(1)["job_id"])  # from now on its job process is warm
    time.sleep(FIRST_IDLE_S)
    chance = random.Random(1)
    times: list[list[tuple[float, float]]] = [[] for _ in servers]
    for _ in range(count):
        for server, own in zip(servers, times, strict=True):
            own.append(_one(server))
            time.sleep(chance.uniform(*PAUSE_S))
    return times


def _one(server: Server) -> tuple[float, float]:
    """Both times of one job, by the times that Bellhop recorded itself.

    `created_at` is taken before the job is committed, so the fsync of the commit counts.
    """
    sent = time.time()
    job = server.final(server.submit(1)["job_id"], poll_s=0.05)
    claimed = serving.seconds(job["started_at"]) - serving.seconds(job["created_at"])
    return 1000 * claimed, 1000 * (serving.seconds(job["completed_at"]) - sent)


def _idle_cpu(server: Server, watch_s: float) -> float:
    """CPU seconds per minute of all three processes while nobody asks for anything."""
    before, since = _cpu_s(server), time.monotonic()
    time.sleep(watch_s)
    return 60 * (_cpu_s(server) - before) / (time.monotonic() - since)


def _cpu_s(server: Server) -> float:
    return sum(processes.cpu_s(pid) for pid in server.pids.values())
