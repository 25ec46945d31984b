"""Connections to the file that nobody uses are used again, by whichever thread asks next."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import pytest
from peewee import OperationalError

from bellhop.database.database import database, query
from bellhop.database.sqlite import BUSY_TIMEOUT_S, Sqlite
from bellhop.storage import presence
from bellhop.storage.installation import Installation

pytestmark = pytest.mark.sqlite("connections to its file")


@pytest.fixture
def kept(here: Installation) -> None:
    database.close()
    database.obj.stay_open()


def in_a_thread(act: Callable[[], Any]) -> Any:
    """What `act` gives on a connection of a thread of its own."""
    found: list[Any] = []

    def run() -> None:
        with database.connection_context():
            found.append(act())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def connection() -> int:
    query("SELECT count(*) FROM job")
    return id(database.obj.connection())


def test_it_gives_one_that_nobody_uses_to_the_next_thread(kept: None) -> None:
    assert in_a_thread(connection) == in_a_thread(connection)


def test_it_gives_no_connection_to_two_threads(kept: None) -> None:
    with database.connection_context():
        assert connection() != in_a_thread(connection)


def test_it_keeps_a_few(kept: None) -> None:
    until = threading.Barrier(9)
    threads = [
        threading.Thread(target=lambda: in_a_thread(lambda: (connection(), until.wait())))
        for _ in range(9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(database.obj._idle) == 4


def test_it_forgets_what_one_thread_asked_of_its_commits(kept: None) -> None:
    def how_durable() -> Any:
        return query("PRAGMA synchronous")

    before = in_a_thread(how_durable)
    in_a_thread(lambda: (database.make_durable(), None))
    assert in_a_thread(how_durable) == before


def test_it_lets_each_thread_wait_for_a_lock_after_a_checkpoint_that_failed(
    kept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Sqlite._ask

    def fail_at_checkpoint(self: Sqlite, sql: str) -> Any:
        if "checkpoint" in sql:
            raise sqlite3.OperationalError("disk I/O error")
        return ask(self, sql)

    monkeypatch.setattr(Sqlite, "_ask", fail_at_checkpoint)
    with database.connection_context(), pytest.raises(sqlite3.OperationalError):
        database.checkpoint()
    assert in_a_thread(lambda: query("PRAGMA busy_timeout")) == [(BUSY_TIMEOUT_S * 1000,)]


def test_it_keeps_none_with_a_transaction_that_nobody_ended(kept: None) -> None:
    in_a_thread(lambda: query("BEGIN IMMEDIATE"))
    assert not database.obj._idle
    in_a_thread(lambda: query("DELETE FROM job"))


def test_it_keeps_the_log_of_a_database_that_is_elsewhere(kept: None, here: Installation) -> None:
    """The last to close it would remove the log, and what is in it."""
    presence.watch(here)
    in_a_thread(lambda: query("DELETE FROM job"))
    log = here.database.with_name("bellhop.db-wal")
    elsewhere = here.database.rename(here.folder / "elsewhere.db")
    with pytest.raises(OperationalError, match="not the database"):
        database.connect()
    assert log.exists()
    elsewhere.rename(here.database)
    assert in_a_thread(connection)
