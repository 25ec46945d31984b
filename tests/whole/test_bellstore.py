"""A bell that is lost, doubled, forged or hangs, rung for real processes."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from bellhop.bell.store import MOST_UNHEARD, UNHEARD_S, WaitingRedisStorage
from tests.support.running import Running, Valkey, running, valkey, wait_for
from tests.support.suspending import suspended


@pytest.fixture
def server() -> Iterator[Valkey]:
    with valkey() as made:
        made.start()
        yield made


@pytest.fixture(params=["sqlite", "redis"])
def bellhop(request: pytest.FixtureRequest, tmp_path: Path, server: Valkey) -> Iterator[Running]:
    chosen = {"BELLHOP_HUEY_STORAGE": request.param, "BELLHOP_HUEY_REDIS_URL": server.url}
    with running(tmp_path, **chosen) as made:
        made.serve()
        yield made


def runs(bellhop: Running) -> bool:
    return bool(bellhop.final(bellhop.texts("a")["job_id"])["status"] == "completed")


def forge(bellhop: Running, server: Valkey, messages: list[bytes]) -> None:
    """Put messages into the queue as somebody else would."""
    if bellhop.environment["BELLHOP_HUEY_STORAGE"] == "sqlite":
        with contextlib.closing(sqlite3.connect(bellhop.data / "queue.db")) as connection:
            name = f"bellhop_{id_of(bellhop)}"
            connection.executemany(
                "INSERT INTO task (queue, data) VALUES (?, ?)",
                [(name, message) for message in messages],
            )
            connection.commit()
        return
    with Redis(port=server.port) as redis:
        redis.lpush(f"huey.redis.bellhop_{id_of(bellhop)}.parsing", *messages)


def id_of(bellhop: Running) -> str:
    return str(json.loads((bellhop.data / "installation.json").read_text())["id"])


def test_it_runs_nothing_twice_for_bells_that_are_doubled_forged_or_garbage(
    bellhop: Running, server: Valkey
) -> None:
    pickled = b"\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94"
    forge(bellhop, server, [b"1"] * 500 + [b"", b"\xff\x00", b"{}" * 10_000, pickled] * 20)
    job_id = bellhop.texts(*map(str, range(50)))["job_id"]
    job = bellhop.final(job_id)
    assert (job["completed_items"], job["attempt"]) == (50, 1)
    assert "Traceback" not in bellhop.log()


def test_it_runs_jobs_whose_bells_were_lost(bellhop: Running, server: Valkey) -> None:
    """All of the queue is gone at the moment in which the job is there."""
    if bellhop.environment["BELLHOP_HUEY_STORAGE"] == "redis":
        with Redis(port=server.port) as redis:
            redis.flushall()
    else:
        (bellhop.data / "queue.db").unlink()
        (bellhop.data / "bell.fifo").unlink()
    assert runs(bellhop)
    assert "Traceback" not in bellhop.log()


def test_it_says_once_that_the_key_of_the_bell_holds_something_else(
    tmp_path: Path, server: Valkey
) -> None:
    chosen = {"BELLHOP_HUEY_STORAGE": "redis", "BELLHOP_HUEY_REDIS_URL": server.url}
    with running(tmp_path, **chosen) as bellhop:
        bellhop.serve()
        key = f"huey.redis.bellhop_{id_of(bellhop)}.parsing"
        with Redis(port=server.port) as redis:
            redis.delete(key)
            redis.set(key, "a text")
        wait_for(lambda: "does not work" in bellhop.log())
        # Workers that waited already end their wait in peace, and believe in the bell once more.
        assert all(runs(bellhop) for _ in range(2))
        said = bellhop.log().count("does not work")
        assert all(runs(bellhop) for _ in range(4))
        assert bellhop.log().count("does not work") == said
        assert "Traceback" not in bellhop.log()


def test_it_answers_within_a_second_while_redis_hangs_and_the_job_runs(
    tmp_path: Path, server: Valkey
) -> None:
    chosen = {"BELLHOP_HUEY_STORAGE": "redis", "BELLHOP_HUEY_REDIS_URL": server.url}
    with running(tmp_path, **chosen) as bellhop:
        bellhop.serve()
        with suspended(server.pid):
            began = time.monotonic()
            job_id = bellhop.texts("a")["job_id"]
            assert time.monotonic() - began < 1
            assert bellhop.final(job_id)["status"] == "completed"


def test_it_wakes_all_workers_within_seconds_when_every_bell_is_lost(
    tmp_path: Path, server: Valkey
) -> None:
    """Each look wakes as many workers as there are items and free slots, not one."""
    chosen = {"BELLHOP_HUEY_STORAGE": "redis", "BELLHOP_HUEY_REDIS_URL": server.url}
    with running(tmp_path, **chosen, BELLHOP_QUEUE_PARSING_WORKERS="8") as bellhop:
        bellhop.serve()
        server.stop()
        wait_for(lambda: "does not work" in bellhop.log())
        job_id = bellhop.texts(*"abcdefgh", type="slow", seconds=20)["job_id"]
        path = f"/api/v1/jobs/{job_id}/items?status=running"
        wait_for(lambda: len(bellhop.client().get(path)["items"]) == 8, limit_s=6)


def store(server: Valkey, **served: int) -> WaitingRedisStorage:
    made = WaitingRedisStorage("bellhop_test", server.url)
    made.served = lambda: served
    return made


def test_it_takes_no_bell_of_a_queue_that_it_does_not_serve(server: Valkey) -> None:
    ours, other, web = store(server, ai=1), store(server, ocr=1, parsing=1), store(server)
    web.ring({"ai": 1, "parsing": 1})
    assert other.wait_for_bell() == b"1"
    assert other.wait_for_bell() is None
    assert ours.wait_for_bell() == b"1"


def test_it_keeps_no_more_bells_of_a_queue_than_wake_everybody(server: Valkey) -> None:
    web, ours = store(server), store(server, ai=1)
    for _ in range(3):
        web.ring({"ai": 1000})
    assert ours.queue_size() == MOST_UNHEARD


def test_it_forgets_bells_of_a_queue_that_nobody_serves(server: Valkey) -> None:
    web = store(server)
    web.ring({"gone": 1})
    assert 0 < web.conn.ttl(web.key("gone")) <= UNHEARD_S
