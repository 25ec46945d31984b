"""Room that deleted rows leave in the database: the disk gets it back, and nobody waits."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop.consumer import keeper as keeper_module
from bellhop.consumer.keeper import KEPT_BYTES, Keeper
from bellhop.database import schema
from bellhop.database.database import database, query, write_many
from bellhop.database.sqlite import Sqlite
from bellhop.jobs import lifecycle
from bellhop.server.rules import Rules
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.system.locks import take_lock
from bellhop.web.site import Site
from tests.support.wsgi import WsgiClient

pytestmark = pytest.mark.sqlite("its file keeps what deleted rows leave; a server uses it again")
MEBIBYTE = 1 << 20
Submit = Callable[..., Job]


@pytest.fixture
def keeper(here: Installation, loaded: Settings) -> Keeper:
    return Keeper(here, loaded, Files(here.folder), ring=lambda times: None, each_round=[])


def delete_rows(mebibytes: int) -> None:
    """Leave so much unused in the database, between rows that stay."""
    query("CREATE TABLE IF NOT EXISTS large (x)")
    rows = [{"x": "x" * 100_000} for _ in range(10 * mebibytes)]
    with database.atomic():
        write_many("INSERT INTO large VALUES (:x)", rows)
    with database.atomic():
        query("DELETE FROM large WHERE rowid % 10")
    database.checkpoint()


def size_of(here: Installation) -> int:
    return here.database.stat().st_size


def test_it_gives_the_room_of_deleted_rows_back(keeper: Keeper, here: Installation) -> None:
    delete_rows(8)
    before = size_of(here)
    keeper.give_room_back()
    assert database.unused_bytes() <= KEPT_BYTES
    assert size_of(here) < before - 5 * MEBIBYTE
    assert query("SELECT count(*), min(length(x)) FROM large") == [(8, 100_000)]
    assert query("PRAGMA integrity_check") == [("ok",)]


def test_it_gives_back_what_a_clean_up_left(
    submit: Submit, keeper: Keeper, here: Installation
) -> None:
    jobs = [submit(params={"text": "x" * 100_000}) for _ in range(50)]
    for job in jobs:
        lifecycle.ask_cancel(job.job_id)
    database.checkpoint()
    before = size_of(here)
    lifecycle.purge([job.job_id for job in jobs])
    keeper.sweep()
    assert size_of(here) < before - 3 * MEBIBYTE


def test_it_gives_back_in_bites_between_which_others_write(
    keeper: Keeper, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_rows(4)
    waited: list[float] = []

    def pause(seconds: float) -> bool:
        assert not database.in_transaction()
        with sqlite3.connect(here.database, timeout=0) as other:
            other.execute("INSERT INTO large VALUES ('other')")
        other.close()
        waited.append(seconds)
        return False

    monkeypatch.setattr(keeper._stopping, "wait", pause)
    keeper.give_room_back()
    assert len(waited) >= 2 * MEBIBYTE // 4096 // keeper_module.SHRINK_BITE
    assert set(waited) == {keeper_module.BITE_PAUSE_S}


def test_it_goes_on_with_the_next_round(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other sweeps have their turn."""
    delete_rows(4)
    monkeypatch.setattr(keeper_module, "EXPIRE_FOR_S", 0)
    found = [database.unused_bytes()]
    for _ in range(3):
        keeper.give_room_back()
        found.append(database.unused_bytes())
    assert sorted(found, reverse=True) == found and len(set(found)) == 4


def test_it_keeps_what_the_next_rows_take(keeper: Keeper, here: Installation) -> None:
    delete_rows(1)
    before = database.unused_bytes()
    assert 0 < before <= KEPT_BYTES
    keeper.give_room_back()
    assert database.unused_bytes() == before


def test_it_gives_back_by_one_keeper_alone(keeper: Keeper, here: Installation) -> None:
    delete_rows(4)
    other = take_lock(here.folder / "keeper.lock", fcntl.LOCK_EX)
    before = database.unused_bytes()
    keeper.give_room_back()
    assert database.unused_bytes() == before
    assert other is not None
    os.close(other)


def test_it_needs_no_long_transaction(here: Installation) -> None:
    delete_rows(4)
    began = time.monotonic()
    database.shrink(keeper_module.SHRINK_BITE)
    assert time.monotonic() - began < 1


def earlier_database(path: Path, mebibytes: int = 0) -> None:
    """A database as Bellhop made it before, which gives nothing back."""
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.create_function("fold", 1, bytes.decode)  # there is nothing to fold
        connection.executescript("\n".join(schema.migrations()))
        connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS)}")
        connection.execute("INSERT INTO counter VALUES ('kept', 7)")
        connection.execute("CREATE TABLE large (x)")
        connection.execute("INSERT INTO large VALUES (zeroblob(?))", [mebibytes << 20])
    connection.close()


def test_it_lets_an_earlier_database_give_back_from_the_next_start_on(tmp_path: Path) -> None:
    path = tmp_path / "bellhop.db"
    earlier_database(path)
    schema.migrate(path, alone=True)
    assert database.is_shrinkable()
    assert query("SELECT value FROM counter WHERE name = 'kept'") == [(7,)]
    assert query("PRAGMA journal_mode") == [("wal",)]
    database.close()


@pytest.mark.parametrize("alone", [True, False])
def test_it_rewrites_no_large_database_and_none_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    """That takes long, and needs the room twice; the operator decides."""
    path = tmp_path / "bellhop.db"
    earlier_database(path, mebibytes=2)
    monkeypatch.setattr(schema, "MOST_REWRITTEN_BYTES", MEBIBYTE if alone else 1 << 40)
    schema.migrate(path, alone=alone)
    assert not database.is_shrinkable()
    database.close()


def test_it_starts_with_an_earlier_database_that_has_no_room_to_be_rewritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    path = tmp_path / "bellhop.db"
    earlier_database(path)
    monkeypatch.setattr(Sqlite, "make_shrinkable", lambda _: full())
    schema.migrate(path, alone=True)
    assert query("SELECT value FROM counter WHERE name = 'kept'") == [(7,)]
    database.close()


def test_it_leaves_a_database_alone_that_cannot_give_back(
    tmp_path: Path, loaded: Settings, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.close()
    for end in ("", "-wal", "-shm"):
        Path(f"{here.database}{end}").unlink(missing_ok=True)
    earlier_database(here.database)
    monkeypatch.setattr(schema, "MOST_REWRITTEN_BYTES", 0)
    schema.migrate(here.database, alone=True)
    delete_rows(4)
    before = database.unused_bytes()
    Keeper(here, loaded, Files(here.folder), ring=lambda times: None, each_round=[]).sweep()
    assert database.unused_bytes() >= before > 3 * MEBIBYTE


@pytest.fixture
def nearly_full(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A disk with 5 MiB less than the reserve."""
    free = (site.settings.storage.reserve_mb - 5) * MEBIBYTE
    monkeypatch.setattr(Files, "free_bytes", lambda self: free)
    return site


def problems(site: Site) -> list[str]:
    from bellhop.web.routes import make_app

    health = WsgiClient(make_app(site)).get("/api/v1/monitoring/health")
    found: list[str] = health.json["problems"]
    return found


def test_it_counts_unused_pages_as_room_for_running_jobs(nearly_full: Site) -> None:
    assert Rules(nearly_full).room_problem(0) is not None
    assert "the disk is nearly full" in problems(nearly_full)
    delete_rows(8)
    assert Rules(nearly_full).room_problem(0) is None
    assert "the disk is nearly full" not in problems(nearly_full)


def test_it_counts_no_unused_page_as_room_for_an_upload(nearly_full: Site) -> None:
    """Its bytes are files, which need room on the disk."""
    delete_rows(8)
    length = nearly_full.files.free_bytes() // 2 + MEBIBYTE
    assert Rules(nearly_full).room_problem(length) is not None
