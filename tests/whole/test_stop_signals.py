"""A stop may reach every process: what runs keeps its grace, and what dies of it counts nothing."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import ROOT, STUBBORN_TYPES
from tests.support.running import Family, Running, readline, running, wait_for

# A hangup is one where there is a terminal, which the test below closes; else see test_reload.py.
STOPS = [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT]
HALTS = ["helper", "blamed helper", "lost helper", "raises", "leaves", "dies", "pool"]
TYPES = "/api/v1/types"
GIVEN_BACK = ("queued", 0, 0, 0)
IN_TIME_S = 20


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    """A data folder of its own, with types that a stop makes fail; nothing started."""
    with running(tmp_path, BELLHOP_JOBTYPES_FOLDER=str(STUBBORN_TYPES)) as server:
        server.environment["BELLHOP_QUEUE_PARSING_WORKERS"] = str(len(HALTS))
        yield server


def at_work(bellhop: Running, *texts: str, type: str = "halting") -> str:
    """A job once its items are at work."""
    wait_for(lambda: type in {known["type"] for known in bellhop.client().get(TYPES)["types"]})
    job = bellhop.texts(*texts, type=type)
    path = f"/api/v1/jobs/{job['job_id']}/items?status=running"

    def all_run() -> bool:
        items = bellhop.client().get(path)["items"]
        return len([item for item in items if item["current_step"]]) == len(texts)

    wait_for(all_run)
    return str(job["job_id"])


def signal_all(pids: list[int], number: int) -> None:
    """What `systemctl stop` does to a control group, and a terminal to its processes."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def counters(bellhop: Running) -> set[tuple[Any, ...]]:
    """How the items stand: status, interruptions, failures, crashes."""
    return set(bellhop.query("SELECT status, interruptions, failures, crashes FROM item"))


def attempts(bellhop: Running) -> int:
    ((attempt,),) = bellhop.query("SELECT attempt FROM item")
    return int(attempt)


@pytest.mark.parametrize("number", STOPS, ids=lambda number: number.name)
def test_it_lets_items_finish_when_a_stop_reaches_every_process(
    bellhop: Running, number: signal.Signals
) -> None:
    server = bellhop.serve()
    at_work(bellhop, "2", type="enduring")
    signal_all(list(Family(server.pid).commands), number)
    assert server.wait(IN_TIME_S) == 0
    assert counters(bellhop) == {("completed", 0, 0, 0)}


@pytest.mark.parametrize("is_parent_first", [True, False])
def test_it_counts_nothing_that_fails_by_a_stop(bellhop: Running, is_parent_first: bool) -> None:
    bellhop.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "3"
    server = bellhop.serve()
    job_id = at_work(bellhop, *HALTS)
    pids = list(Family(server.pid).commands)
    signal_all(pids if is_parent_first else pids[::-1], signal.SIGTERM)
    assert server.wait(IN_TIME_S) == 0
    assert counters(bellhop) == {GIVEN_BACK}
    bellhop.serve()
    assert bellhop.final(job_id)["status"] == "completed"


def test_it_survives_any_number_of_stops_of_every_process(bellhop: Running) -> None:
    """The third crash would fail an item for good."""
    bellhop.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "0.2"
    for attempt in range(1, 5):
        server = bellhop.serve()
        if attempt == 1:
            at_work(bellhop, "1000", type="enduring")
        wait_for(lambda: attempts(bellhop) == attempt)  # noqa: B023 - asked at once
        signal_all(list(Family(server.pid).commands), signal.SIGTERM)
        assert server.wait(IN_TIME_S) == 0
    assert counters(bellhop) == {GIVEN_BACK}


def test_it_counts_nothing_when_a_stop_takes_longer_than_it_may(bellhop: Running) -> None:
    """systemd sends SIGKILL to every process that is left after TimeoutStopSec."""
    bellhop.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "60"
    server = bellhop.serve()
    job_id = at_work(bellhop, "1000", type="enduring")
    pids = list(Family(server.pid).commands)
    signal_all(pids, signal.SIGTERM)
    wait_for(lambda: bellhop.query("SELECT 1 FROM consumer WHERE draining = 1"))
    signal_all(pids, signal.SIGKILL)
    server.wait()
    bellhop.serve()
    wait_for(lambda: bellhop.query("SELECT 1 FROM item WHERE attempt = 2"))
    assert counters(bellhop) == {("running", 0, 0, 0)}
    bellhop.client().post(f"/api/v1/jobs/{job_id}/cancel", {})


def test_it_counts_nothing_when_it_is_asked_twice(bellhop: Running) -> None:
    bellhop.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "60"
    server = bellhop.serve()
    at_work(bellhop, "1000", type="enduring")
    server.terminate()
    wait_for(lambda: not (bellhop.data / "address").exists())
    server.terminate()
    assert server.wait(IN_TIME_S) == 0
    assert counters(bellhop) == {GIVEN_BACK}


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_it_takes_what_comes_at_once_for_one_stop(bellhop: Running, second: signal.Signals) -> None:
    """timeout(1) signals a process and its group, systemd may hang up after SIGTERM."""
    server = bellhop.serve()
    at_work(bellhop, "2", type="enduring")
    server.send_signal(signal.SIGTERM)
    server.send_signal(second)
    assert server.wait(IN_TIME_S) == 0
    assert counters(bellhop) == {("completed", 0, 0, 0)}


def test_it_is_not_hurried_by_a_hangup(bellhop: Running) -> None:
    server = bellhop.serve()
    at_work(bellhop, "2", type="enduring")
    server.send_signal(signal.SIGTERM)
    wait_for(lambda: not (bellhop.data / "address").exists())
    server.send_signal(signal.SIGHUP)
    assert server.wait(IN_TIME_S) == 0
    assert counters(bellhop) == {("completed", 0, 0, 0)}


def test_it_stops_in_good_order_when_its_terminal_is_closed(bellhop: Running) -> None:
    bellhop.know_types()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, str(ROOT / "app.py")], bellhop.environment)
    wait_for(bellhop.is_ready)
    at_work(bellhop, "2", type="enduring")
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert counters(bellhop) == {("completed", 0, 0, 0)}


def test_it_outlives_a_hangup_that_it_was_started_to_ignore(bellhop: Running) -> None:
    """nohup(1)"""
    bellhop.know_types()
    with (bellhop.data.parent / "log").open("a") as log:
        server = subprocess.Popen(
            ["nohup", sys.executable, str(ROOT / "app.py")],
            stdout=subprocess.PIPE, stderr=log, env=bellhop.environment, text=True,
        )  # fmt: skip
    bellhop.processes.append(server)
    assert readline(server)
    job_id = at_work(bellhop, "0.5", type="enduring")
    signal_all(list(Family(server.pid).commands), signal.SIGHUP)
    assert bellhop.final(job_id)["status"] == "completed"
    assert server.poll() is None


@pytest.mark.parametrize("number", STOPS, ids=lambda number: number.name)
def test_it_stops_with_status_0_while_it_starts(bellhop: Running, number: signal.Signals) -> None:
    server = bellhop.start()
    wait_for(lambda: Family(server.pid).has("app.py prepare"))
    signal_all(list(Family(server.pid).commands), number)
    assert server.wait(IN_TIME_S) == 0


@pytest.mark.parametrize("number", STOPS, ids=lambda number: number.name)
def test_it_stops_a_consumer_alone_in_good_order(bellhop: Running, number: signal.Signals) -> None:
    bellhop.start("web")
    consumer = bellhop.start("consumer")
    wait_for(bellhop.is_ready)
    at_work(bellhop, "2", type="enduring")
    signal_all(list(Family(consumer.pid).commands), number)
    assert consumer.wait(IN_TIME_S) == 0
    assert counters(bellhop) == {("completed", 0, 0, 0)}


def test_it_stops_a_consumer_alone_at_once_when_asked_again(bellhop: Running) -> None:
    bellhop.environment["BELLHOP_SERVER_STOP_GRACE_S"] = "60"
    bellhop.start("web")
    consumer = bellhop.start("consumer")
    wait_for(bellhop.is_ready)
    at_work(bellhop, "1000", type="enduring")
    consumer.send_signal(signal.SIGINT)
    wait_for(lambda: bellhop.query("SELECT 1 FROM consumer WHERE draining = 1"))
    time.sleep(1.2)  # what comes at once is one stop
    consumer.send_signal(signal.SIGINT)
    assert consumer.wait(IN_TIME_S) == 0
    assert counters(bellhop) == {GIVEN_BACK}
