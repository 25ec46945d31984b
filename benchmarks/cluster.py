"""How much more several machines do, on a network as far apart as machines in one building are.

Each machine has a network namespace of its own, and all of them the two cores of this one. So items
of 100 ms sleep, and what of the cores was busy is a figure too: above 90 % the cores are what is
measured. It needs root.
"""

from __future__ import annotations

import contextlib
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import serving
from report import Figure, of_rounds, percentile

sys.path.insert(0, str(serving.ROOT))
from tests.support.cluster import Cluster
from tests.support.network import Host, Network
from tests.support.postgres import Postgres, unused_port
from tests.support.running import FINAL, wait_for

# A round trip of 0.4 ms, with what the way takes itself.
DELAY_S = 0.00013
WORKERS, MACHINES = 8, (1, 2, 4)
ITEM_MS = 100
LEAST_OF_LINEAR, LEAST_NOOPS, MOST_PICKUP_MS = 0.85, 500.0, 25.0
ROUNDS = 3
PICKUPS = 200  # of fewer, the p99 would be the slowest one alone
IDLE_S, PAUSE_S = 3.0, (0.4, 0.9)


def measure(*, quick: bool) -> list[Figure]:
    """Nothing in a quick run: to start five machines takes longer than that."""
    if quick:
        return []
    with serving.folder() as folder, _running(folder) as cluster:
        slept = {count: _slept(cluster, count) for count in MACHINES}
        noops, busy = _noops(cluster)
        pickups = _pickups(cluster)
        trip_ms = cluster.listed()["machine-1"]["facts"]["round_trip_ms"]
    one = slept[MACHINES[0]][0]
    figures = [
        Figure(
            name=f"items of {ITEM_MS} ms: {count} machines / linear",
            measured=rate / (count * one), unit="times", at_least=LEAST_OF_LINEAR,
        )
        for count, (rate, _) in slept.items() if count > 1
    ]  # fmt: skip
    figures += [
        Figure(name=f"  {count} machines of {WORKERS} workers (cores {used:.0%} busy)",
               measured=rate, unit="items/s")
        for count, (rate, used) in slept.items()
    ]  # fmt: skip
    return [
        *figures,
        of_rounds(f"no-ops, 4 machines of {WORKERS} workers (cores {busy:.0%} busy)", noops,
                  "items/s", at_least=LEAST_NOOPS),
        Figure(name="pick-up from idle on the right machine, p50",
               measured=percentile(pickups, 50), unit="ms"),
        Figure(name="pick-up from idle on the right machine, p99",
               measured=percentile(pickups, 99), unit="ms", at_most=MOST_PICKUP_MS),
        Figure(name="  round trip to the database", measured=trip_ms, unit="ms"),
    ]  # fmt: skip


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[Cluster]:
    """A home that runs nothing, and no machine yet."""
    for name in ("shared", "out"):
        (folder / name).mkdir()
    with Network() as network, contextlib.ExitStack() as stack:
        servers = network.host("servers")
        rows = stack.enter_context(Postgres(host=servers))
        rows.new_database("bellhop")
        rows.psql("ALTER ROLE bellhop CREATEROLE")
        yield stack.enter_context(
            Cluster(
                network, folder, rows=rows.url("bellhop", _distant(servers, rows.port)),
                files=str(folder / "shared"), types=serving.TYPES, writable=folder / "out",
                settings={
                    "BELLHOP_QUEUE_PARSING_WORKERS": "0",
                    "BELLHOP_QUEUE_AI_WORKERS": "0",
                    "BELLHOP_SERVER_MAX_ITEMS": "100000",
                },
            )
        )  # fmt: skip


def _distant(servers: Host, port: int) -> int:
    """Another port of the database, which is as far as another machine of a LAN."""
    far = unused_port()
    words = ("-m", "tests.support.distance", servers.address, str(far), str(port), str(DELAY_S))
    servers.start(sys.executable, *words, cwd=serving.ROOT)
    return far


def _slept(cluster: Cluster, machines: int) -> tuple[float, float]:
    """Items of 100 ms per second on so many machines, and how much of the cores was busy."""
    while len(cluster.machines) < machines:
        name = f"machine-{len(cluster.machines) + 1}"
        # One has a queue more, so that a job can mean this machine.
        cluster.add(name, {"parsing": WORKERS} | ({"ai": 1} if name == "machine-1" else {}))
    # Each worker has a process that runs by now.
    _one_job(cluster, "pause", 5 * WORKERS * machines, seconds=ITEM_MS / 1000)
    busy, since = _busy_s(), time.monotonic()
    rate = _one_job(
        cluster, "pause", 120 * WORKERS * machines, since="started_at", seconds=ITEM_MS / 1000
    )
    return rate, _share(busy, since)


def _noops(cluster: Cluster) -> tuple[list[float], float]:
    """No-op items per second in rounds, and how much of the cores was busy."""
    busy, since = _busy_s(), time.monotonic()
    rounds = [_one_job(cluster, "noop", 4000) for _ in range(ROUNDS)]
    return rounds, _share(busy, since)


def _pickups(cluster: Cluster) -> list[float]:
    """From accepted to claimed, in ms, of jobs that one of the machines serves."""
    chance, found = random.Random(1), []
    _one_job(cluster, "elsewhere", 1)
    time.sleep(IDLE_S)
    for _ in range(PICKUPS):
        job = _final(cluster, _submitted(cluster, "elsewhere", 1), poll_s=0.05)
        claimed = serving.seconds(job["started_at"]) - serving.seconds(job["created_at"])
        found.append(1000 * claimed)
        time.sleep(chance.uniform(*PAUSE_S))
    return found


def _one_job(
    cluster: Cluster, type: str, count: int, *, since: str = "created_at", **params: Any
) -> float:
    """Items per second of one job, from its acceptance, or its first claim, to its end."""
    job = _final(cluster, _submitted(cluster, type, count, **params), poll_s=0.25)
    took_s = serving.seconds(job["completed_at"]) - serving.seconds(job[since])
    return count / took_s


def _submitted(cluster: Cluster, type: str, count: int, **params: Any) -> str:
    items = [{"text": f"item {number}"} for number in range(count)]
    document = {"type": type, "items": items, "params": params}
    return str(cluster.home.client().post("/api/v1/jobs", document)["job_id"])


def _final(cluster: Cluster, job_id: str, poll_s: float) -> dict[str, Any]:
    def found() -> Any:
        job = cluster.home.client().get(f"/api/v1/jobs/{job_id}")
        time.sleep(0 if job["status"] in FINAL else poll_s)
        return job if job["status"] in FINAL else None

    job = wait_for(found, serving.FINAL_LIMIT_S)
    if job["status"] != "completed":
        raise RuntimeError(f"job {job_id}: {job['error']}")
    return dict(job)


def _busy_s() -> float:
    """CPU seconds that all cores have worked."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _, _, irq, softirq = map(int, fields[:7])
    return (user + nice + system + irq + softirq) / 100


def _share(busy: float, since: float) -> float:
    cores = sum(line.startswith("cpu") for line in Path("/proc/stat").read_text().splitlines()) - 1
    return (_busy_s() - busy) / (time.monotonic() - since) / cores
