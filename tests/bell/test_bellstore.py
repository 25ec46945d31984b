"""The bell may fail in every way there is: it repairs itself, and jobs never need it."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bellhop.base.trouble import Trouble
from bellhop.bell import store as store_module
from bellhop.bell.store import WakingSqliteStorage
from tests.support.nobody import as_nobody

Damage = Callable[[Path], object]


def store(folder: Path) -> WakingSqliteStorage:
    return WakingSqliteStorage("b", folder / "bell.fifo", most=9, filename=str(folder / "queue.db"))


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
    assert len([line for line in caplog.messages if "aside" in line]) == 1


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


def test_it_waits_no_more_when_its_consumer_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "WAIT_S", 60.0)
    consumer = store(tmp_path)
    consumer.stopping = threading.Event()
    with ThreadPoolExecutor() as pool:
        workers = [pool.submit(consumer.wait_for_bell) for _ in range(3)]
        time.sleep(0.1)  # one listens, the others stand in line
        consumer.stopping.set()
        consumer.stop_waiting()
        assert [worker.result(10) for worker in workers] == [None] * 3


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
