"""The bell may fail in every way there is: it repairs itself, and jobs never need it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from bellhop.base.trouble import Trouble
from bellhop.bell.store import WakingSqliteStorage
from tests.conftest import as_nobody
from tests.running import Running, Valkey, running, valkey, wait_for

Damage = Callable[[Path], object]


def store(folder: Path) -> WakingSqliteStorage:
    return WakingSqliteStorage("b", folder / "bell.fifo", filename=str(folder / "queue.db"))


def overwrite(path: Path) -> None:
    """Garbage over all pages, in place, as a bad disk leaves it."""
    path.write_bytes(os.urandom(path.stat().st_size))


def replace_by_database(path: Path) -> None:
    path.unlink()
    sqlite3.connect(path).close()


def replace_by_text(path: Path) -> None:
    path.unlink()
    path.write_text("not a database" * 100)


DAMAGES: dict[str, Damage] = {
    "deleted": Path.unlink,
    "garbage": overwrite,
    "replaced by another": replace_by_database,
    "replaced by a text": replace_by_text,
    "emptied": lambda path: os.truncate(path, 0),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_it_rings_again_after_its_file_was_lost(tmp_path: Path, damage: Damage) -> None:
    """Both sides, each with the old file open, find the new one without a restart."""
    web, consumer = store(tmp_path), store(tmp_path)
    web.enqueue(b"1")
    assert consumer.wait_for_bell() == b"1"
    with contextlib.closing(sqlite3.connect(tmp_path / "queue.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(truncate)")
    damage(tmp_path / "queue.db")
    web.enqueue(b"1")
    assert consumer.wait_for_bell() == b"1"
    assert web.queue_size() == 0


def test_it_sets_one_damaged_file_aside_for_whoever_wants_to_look(tmp_path: Path) -> None:
    bell = store(tmp_path)
    for _ in range(3):
        bell.enqueue(b"1")
        bell.close()
        (tmp_path / "queue.db").write_text("rubbish" * 1000)
        for rest in ("-wal", "-shm"):
            (tmp_path / f"queue.db{rest}").unlink(missing_ok=True)
        assert bell.queue_size() == 0
    assert (tmp_path / "queue.db.damaged").read_text() == "rubbish" * 1000


def test_it_says_once_that_it_began_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bell = store(tmp_path)
    bell.enqueue(b"1")
    bell.close()
    overwrite(tmp_path / "queue.db")
    for _ in range(5):
        bell.enqueue(b"1")
    assert len([line for line in caplog.messages if "set aside" in line]) == 1


def test_it_replaces_a_file_that_it_may_only_read(ours: Path) -> None:
    def ring_in_a_file_we_may_only_read() -> bool:
        bell = store(ours)
        bell.enqueue(b"1")
        bell.close()
        (ours / "queue.db").chmod(0o400)
        bell.enqueue(b"1")
        return bell.queue_size() == 1 and (ours / "queue.db.damaged").exists()

    assert as_nobody(ring_in_a_file_we_may_only_read)


@pytest.mark.parametrize("other", [None, "a plain file"])
def test_it_makes_a_fifo_that_was_removed_anew(tmp_path: Path, other: str | None) -> None:
    web, consumer = store(tmp_path), store(tmp_path)
    consumer.wait_for_bell()
    (tmp_path / "bell.fifo").unlink()
    if other:
        (tmp_path / "bell.fifo").write_text(other)
    web.enqueue(b"1")
    assert (tmp_path / "bell.fifo").is_fifo()
    assert consumer.wait_for_bell() == b"1"
    consumer.wait_for_bell()  # hears the ring of what it has already
    began = time.monotonic()
    assert consumer.wait_for_bell() is None
    assert time.monotonic() - began > 0.5, "it waits and does not spin"


def test_it_keeps_a_file_that_is_only_busy(tmp_path: Path) -> None:
    bell = store(tmp_path)
    bell._timeout = 0.1
    bell.enqueue(b"1")
    bell.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "queue.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            bell.enqueue(b"1")
        other.rollback()
    assert bell.queue_size() == 1
    assert not (tmp_path / "queue.db.damaged").exists()


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
        redis.lpush(f"huey.redis.bellhop_{id_of(bellhop)}", *messages)


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
        key = f"huey.redis.bellhop_{id_of(bellhop)}"
        with Redis(port=server.port) as redis:
            redis.delete(key)
            redis.set(key, "a text")
        wait_for(lambda: "does not ring" in bellhop.log())
        # Workers that waited already end their wait in peace, and believe in the bell once more.
        assert all(runs(bellhop) for _ in range(2))
        said = bellhop.log().count("does not ring")
        assert all(runs(bellhop) for _ in range(4))
        assert bellhop.log().count("does not ring") == said
        assert "Traceback" not in bellhop.log()


def test_it_answers_within_a_second_while_redis_hangs_and_the_job_runs(
    tmp_path: Path, server: Valkey
) -> None:
    chosen = {"BELLHOP_HUEY_STORAGE": "redis", "BELLHOP_HUEY_REDIS_URL": server.url}
    with running(tmp_path, **chosen) as bellhop:
        bellhop.serve()
        server.signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            job_id = bellhop.texts("a")["job_id"]
            assert time.monotonic() - began < 1
            assert bellhop.final(job_id)["status"] == "completed"
        finally:
            server.signal(signal.SIGCONT)


def test_it_wakes_all_workers_within_seconds_when_every_bell_is_lost(
    tmp_path: Path, server: Valkey
) -> None:
    """Each look wakes as many workers as there are items and free slots, not one."""
    chosen = {"BELLHOP_HUEY_STORAGE": "redis", "BELLHOP_HUEY_REDIS_URL": server.url}
    with running(tmp_path, **chosen, BELLHOP_QUEUE_PARSING_WORKERS="8") as bellhop:
        bellhop.serve()
        server.stop()
        wait_for(lambda: "does not ring" in bellhop.log())
        job_id = bellhop.texts(*"abcdefgh", type="slow", seconds=20)["job_id"]
        path = f"/api/v1/jobs/{job_id}/items?status=running"
        wait_for(lambda: len(bellhop.client().get(path)["items"]) == 8, limit_s=6)


def test_it_takes_no_late_success_for_the_end_of_the_trouble(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trouble = Trouble(logging.getLogger("bellhop.test"), "broken: %s", "mended")
    before = time.monotonic()
    trouble.note("it is gone")
    trouble.note(None, before)
    trouble.note("it is gone")
    assert caplog.text.count("broken") == 1
    trouble.note(None, time.monotonic())
    assert trouble.reason is None
