"""Nothing that an item started outlives it, however it tries and however the item ends."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bellhop.client import RequestFailed
from tests.support.places import STUBBORN_TYPES
from tests.support.running import Family, Running, is_alive, job_processes_of, running, wait_for

ESCAPES = ("daemon", "unadopted", "hops", "ignores", "closes", "unguarded")
GONE_S = 2


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    """A data folder whose consumer can run every escape at once; nothing started."""
    with running(tmp_path, BELLHOP_JOBTYPES_FOLDER=str(STUBBORN_TYPES)) as server:
        server.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "0.2"
        server.environment["BELLHOP_QUEUE_PARSING_WORKERS"] = str(len(ESCAPES))
        trace_of(server).touch()
        yield server
        trace_of(server).unlink()


def trace_of(bellhop: Running) -> Path:
    """Where what forks and exits all the time writes: looking for it seldom finds it."""
    return bellhop.data.parent / "trace"


def is_quiet(bellhop: Running) -> bool:
    size = trace_of(bellhop).stat().st_size
    time.sleep(0.1)
    return trace_of(bellhop).stat().st_size == size


def submit_all(bellhop: Running, ending: str, escapes: Sequence[str] = ESCAPES) -> list[str]:
    """A job for each way to escape."""
    options = {"type": "runaway", "trace": str(trace_of(bellhop)), "ending": ending}
    return [str(bellhop.texts(how, **options)["job_id"]) for how in escapes]


def let_all_escape(
    bellhop: Running, escapes: Sequence[str] = ESCAPES
) -> tuple[list[str], list[int]]:
    """The jobs once they have escaped, and the pids of all that runs for them."""
    jobs = submit_all(bellhop, "hang", escapes)
    wait_for(lambda: all(bellhop.client().job(job)["current_step"] for job in jobs))
    return jobs, job_processes_of(bellhop.data)


def test_it_ends_all_at_a_return_a_crash_a_limit_and_a_cancel(bellhop: Running) -> None:
    bellhop.serve()
    for ending in ("return", "crash", "hang"):
        for job in submit_all(bellhop, ending):
            bellhop.final(job)
        wait_for(lambda: job_processes_of(bellhop.data) == [] and is_quiet(bellhop), GONE_S)
    for job in let_all_escape(bellhop)[0]:
        with contextlib.suppress(RequestFailed):  # it has ended by itself, on a busy machine
            bellhop.client().post(f"/api/v1/jobs/{job}/cancel", {})
    wait_for(lambda: job_processes_of(bellhop.data) == [] and is_quiet(bellhop), GONE_S)


def test_it_ends_all_at_a_stop(bellhop: Running) -> None:
    server = bellhop.serve()
    let_all_escape(bellhop)
    server.terminate()
    assert server.wait(20) == 0
    assert job_processes_of(bellhop.data) == [] and is_quiet(bellhop)


def test_it_ends_all_when_its_parent_is_killed(bellhop: Running) -> None:
    server = bellhop.serve()
    _, escaped = let_all_escape(bellhop)
    server.kill()
    server.wait()
    wait_for(lambda: not any(map(is_alive, escaped)) and is_quiet(bellhop), GONE_S)


def test_it_ends_all_when_a_consumer_without_a_parent_is_killed(bellhop: Running) -> None:
    """The guard does it: there is nobody else."""
    bellhop.start("web")
    consumer = bellhop.start("consumer")
    _, escaped = let_all_escape(bellhop, ("daemon", "hops", "ignores", "closes"))
    consumer.kill()
    consumer.wait()
    wait_for(lambda: not any(map(is_alive, escaped)) and is_quiet(bellhop), GONE_S)


def test_it_ends_all_when_its_consumer_is_killed(bellhop: Running) -> None:
    family = Family(bellhop.serve().pid)
    _, escaped = let_all_escape(bellhop)
    (consumer,) = [pid for pid, line in family.commands.items() if "app.py consumer" in line]
    os.kill(consumer, signal.SIGKILL)
    wait_for(lambda: not any(map(is_alive, escaped)) and is_quiet(bellhop), GONE_S)
