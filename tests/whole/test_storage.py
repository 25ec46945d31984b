"""The bug Bellhop was born from cannot come back: web and consumer on different stores.

Real processes and a real Valkey that is up, down, or comes and goes in between.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bellhop.client import RequestFailed
from tests.support.running import Running, Valkey, running, valkey, wait_for
from tests.support.suspending import suspended


@pytest.fixture
def server() -> Iterator[Valkey]:
    """A Valkey that is not started yet."""
    with valkey() as made:
        yield made


@pytest.fixture
def bellhop(tmp_path: Path, server: Valkey) -> Iterator[Running]:
    with running(tmp_path, BELLHOP_HUEY_REDIS_URL=server.url) as made:
        yield made


def wants(bellhop: Running, storage: str) -> None:
    bellhop.environment["BELLHOP_HUEY_STORAGE"] = storage


def recorded(bellhop: Running) -> str:
    return str(json.loads((bellhop.data / "installation.json").read_text())["storage"])


def started(bellhop: Running, half: str) -> subprocess.Popen[str]:
    """Start one half and wait until it has agreed on a store."""
    before = count_agreed(bellhop)
    process = bellhop.start(half)
    wait_for(lambda: count_agreed(bellhop) > before or process.poll() is not None)
    return process


def count_agreed(bellhop: Running) -> int:
    return bellhop.log().count("bellhop.installation queue storage: ")


def stores_in_log(bellhop: Running) -> set[str]:
    lines = [line for line in bellhop.log().splitlines() if " queue storage: " in line]
    return {line.split(" queue storage: ")[1].split()[0] for line in lines}


@pytest.mark.parametrize("order", [("web", "consumer"), ("consumer", "web")])
@pytest.mark.parametrize(
    ("is_up_first", "is_up_second"), [(True, True), (True, False), (False, True), (False, False)]
)
def test_it_never_ends_up_on_two_stores(
    bellhop: Running,
    server: Valkey,
    order: tuple[str, str],
    is_up_first: bool,
    is_up_second: bool,
) -> None:
    """Under auto: whatever the first found is what the second uses."""
    wants(bellhop, "auto")
    if is_up_first:
        server.start()
    started(bellhop, order[0])
    if is_up_first and not is_up_second:
        server.stop()
    elif is_up_second and not is_up_first:
        server.start()
    started(bellhop, order[1])
    wait_for(bellhop.is_ready)
    expected = "redis" if is_up_first else "sqlite"
    assert recorded(bellhop) == expected
    assert stores_in_log(bellhop) == {expected}
    # And the job runs, also while Redis is away: the rows are looked at without a bell.
    assert bellhop.final(bellhop.texts("a")["job_id"])["status"] == "completed"


def test_it_refuses_redis_without_a_server_in_one_line(bellhop: Running) -> None:
    wants(bellhop, "redis")
    for command in ([], ["web"], ["consumer"]):
        refused = bellhop.run(*command)
        assert refused.returncode == 1
        lines = refused.stderr.strip().splitlines()
        assert "Traceback" not in refused.stderr
        assert len(lines) == 1 and "does not answer" in lines[0], refused.stderr


@pytest.mark.parametrize("half", ["web", "consumer"])
def test_it_refuses_a_half_that_would_use_another_store(bellhop: Running, half: str) -> None:
    wants(bellhop, "sqlite")
    started(bellhop, "web" if half == "consumer" else "consumer")
    wants(bellhop, "redis")
    refused = bellhop.run(half)
    last = refused.stderr.strip().splitlines()[-1]
    assert refused.returncode == 1
    assert "redis" in last and "sqlite" in last


def test_it_restarts_a_consumer_on_the_recorded_store_while_redis_is_down(
    bellhop: Running, server: Valkey
) -> None:
    """Under auto it neither refuses nor falls back: it waits, and says so."""
    wants(bellhop, "auto")
    server.start()
    started(bellhop, "web")
    consumer = started(bellhop, "consumer")
    wait_for(bellhop.is_ready)
    consumer.terminate()
    assert consumer.wait(20) == 0
    server.stop()
    again = started(bellhop, "consumer")
    wait_for(bellhop.is_ready)
    assert stores_in_log(bellhop) == {"redis"}
    wait_for(lambda: bellhop.client().get("/health")["queue"]["bell"] != "ok")
    assert again.poll() is None
    server.start()
    wait_for(lambda: bellhop.final(bellhop.texts("a")["job_id"]))
    wait_for(lambda: bellhop.client().get("/health")["queue"]["bell"] == "ok")


def test_it_says_once_that_the_bell_is_broken(bellhop: Running, server: Valkey) -> None:
    wants(bellhop, "redis")
    server.start()
    bellhop.serve()
    server.stop()
    for _ in range(3):
        assert bellhop.final(bellhop.texts("a")["job_id"])["status"] == "completed"
    warnings = [line for line in bellhop.log().splitlines() if "does not work" in line]
    assert 1 <= len(warnings) <= 2  # one of the web, one of the consumer
    assert "Traceback" not in bellhop.log()


@pytest.mark.parametrize(("before", "after"), [("sqlite", "redis"), ("redis", "sqlite")])
def test_it_runs_waiting_jobs_after_the_store_was_switched(
    bellhop: Running, server: Valkey, before: str, after: str
) -> None:
    server.start()
    wants(bellhop, before)
    web = started(bellhop, "web")
    job_id = bellhop.texts("a")["job_id"]
    web.terminate()
    assert web.wait(20) == 0
    wants(bellhop, after)
    bellhop.serve()
    assert recorded(bellhop) == after
    assert bellhop.final(job_id)["status"] == "completed"


def test_it_answers_while_the_server_of_the_bell_hangs(bellhop: Running, server: Valkey) -> None:
    """A stopped Redis holds up the first requests for a moment, and no later one."""
    wants(bellhop, "redis")
    server.start()
    bellhop.serve()
    with suspended(server.pid):
        bellhop.texts("a")
        started = time.monotonic()
        jobs = [bellhop.texts("a")["job_id"] for _ in range(10)]
        assert time.monotonic() - started < 2
        assert all(bellhop.final(job)["status"] == "completed" for job in jobs)


def test_it_keeps_two_installations_on_one_redis_apart(
    bellhop: Running, server: Valkey, tmp_path: Path
) -> None:
    wants(bellhop, "redis")
    server.start()
    (tmp_path / "second").mkdir()
    with running(
        tmp_path / "second", BELLHOP_HUEY_STORAGE="redis", BELLHOP_HUEY_REDIS_URL=server.url
    ) as other:
        bellhop.serve()
        other.serve()
        for each in (bellhop, other):
            assert each.final(each.texts("a")["job_id"])["status"] == "completed"
        assert len(other.client().get("/api/v1/jobs")["jobs"]) == 1


def gone(path: Path) -> None:
    path.rename(path.with_name("away"))


def replaced(path: Path) -> None:
    shutil.copy(path, path.with_name("other"))
    path.with_name("other").rename(path)


def cut(path: Path) -> None:
    os.truncate(path, 8192)


@pytest.mark.sqlite("its file")
@pytest.mark.parametrize("change", [gone, replaced, cut])
def test_it_accepts_nothing_without_its_database(
    bellhop: Running, change: Callable[[Path], None]
) -> None:
    """Neither is a job accepted that is lost, nor does a restart begin anew."""
    wants(bellhop, "sqlite")
    server = bellhop.serve()
    bellhop.final(bellhop.texts("a")["job_id"])
    change(bellhop.data / "bellhop.db")
    time.sleep(2)
    for ask in (bellhop.texts, lambda: bellhop.client().get("/ready"),
                lambda: bellhop.client().get("/health")):  # fmt: skip
        with pytest.raises(RequestFailed) as refused:
            ask()
        assert (refused.value.status, refused.value.code) == (503, "database-unavailable")
    if change is gone:
        bellhop.data.joinpath("away").rename(bellhop.data / "bellhop.db")
        wait_for(bellhop.is_ready)
        assert bellhop.final(bellhop.texts("b")["job_id"])["status"] == "completed"
        gone(bellhop.data / "bellhop.db")
    server.terminate()
    server.wait(20)
    if change is not replaced:  # that one is whole, and this installation's own
        refused_start = bellhop.run()
        assert refused_start.returncode == 1
        assert "restore a backup" in refused_start.stderr.splitlines()[-1]
