"""A database that is missing, replaced or cut is noticed, and nothing is created in its place."""

from __future__ import annotations

import itertools
import json
import logging
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from peewee import OperationalError

from bellhop.accounts import accounts
from bellhop.base.errors import Problem, StartRefused
from bellhop.cli import start
from bellhop.cli.main import main
from bellhop.database import schema
from bellhop.database.database import database, query
from bellhop.settings.settings import Settings
from bellhop.storage import presence
from bellhop.storage.installation import (
    Installation,
    bind_rows,
    make_folder,
    read_record,
    write_record,
)
from bellhop.storage.presence import Presence, Record, Unavailable
from bellhop.web import door
from tests.support.once import descriptions
from tests.support.programs import ADDS, later

Change = Callable[[Path], object]
OF_ITS_FILE = pytest.mark.sqlite(
    "whether its file was replaced or cut; a server looks after its own"
)


@pytest.fixture(autouse=True)
def as_loud_as_before() -> Iterator[None]:
    """The console's commands log less, also in the process of the tests."""
    log = logging.getLogger("bellhop")
    level = log.level
    yield
    log.setLevel(level)


@pytest.fixture
def installed(loaded: Settings) -> Iterator[Installation]:
    """An installation after its first start."""
    (make_folder(loaded) / "types.json").write_bytes(descriptions())
    yield start.prepare(loaded)
    database.close()


@pytest.fixture
def watched(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    """Its database while a process has it open, which looks closely each time it is asked."""
    monkeypatch.setattr(presence, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(database.obj, "check_opened", lambda: None, raising=False)
    database.stay_open()
    found = Record(installed) if installed.rows else Presence(installed)
    monkeypatch.setattr(presence, "_present", found)
    yield found
    if isinstance(found, Presence):
        os.close(found._file)


@OF_ITS_FILE
def test_it_takes_no_database_that_grows_for_one_that_was_cut(
    watched: Presence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one thread saw before it grew is not held against what another saw since."""
    stat, path = os.stat, watched._path
    asked = threading.Event()

    def slow(place: Any, **options: Any) -> os.stat_result:
        found = stat(place, **options)
        if place == path and threading.current_thread() is not threading.main_thread():
            asked.set()
            time.sleep(0.2)
        return found

    monkeypatch.setattr(os, "stat", slow)
    problems: list[Exception] = []

    def ask() -> None:
        try:
            watched.require()
        except Unavailable as error:
            problems.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    asked.wait()
    query("CREATE TABLE more (text)")
    query("INSERT INTO more VALUES (zeroblob(1000000))")
    query("PRAGMA wal_checkpoint(truncate)")
    watched.require()
    thread.join()
    assert problems == []


def replaced(path: Path) -> None:
    shutil.copy(path, path.with_name("other"))
    path.with_name("other").rename(path)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 4096)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(200))


def of_another(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(68)
        file.write(b"\1\2\3\4")


def without_log(path: Path) -> None:
    Path(f"{path}-wal").unlink()


def moved_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


CHANGES = [replaced, cut, emptied, overwritten, of_another, without_log, Path.unlink, moved_folder]


@OF_ITS_FILE
def test_it_finds_a_database_that_is_as_it_was(watched: Presence) -> None:
    watched.require()
    query("CREATE TABLE more (text)")
    query("INSERT INTO more VALUES (hex(zeroblob(1000000)))")
    query("PRAGMA wal_checkpoint(truncate)")
    watched.require()
    query("DROP TABLE more")
    query("VACUUM")
    query("PRAGMA wal_checkpoint(truncate)")
    watched.require()


@OF_ITS_FILE
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_it_accepts_nothing_where_the_database_is_not_the_one_it_opened(
    watched: Presence, installed: Installation, change: Change
) -> None:
    change(installed.database)
    with pytest.raises(Problem) as refused:
        door.connect()
    assert (refused.value.code, refused.value.status) == ("database-unavailable", 503)


@OF_ITS_FILE
def test_it_goes_on_when_the_database_is_back(watched: Presence, installed: Installation) -> None:
    away = installed.database.with_name("away")
    installed.database.rename(away)
    with pytest.raises(Unavailable):
        watched.require()
    away.rename(installed.database)
    watched.require()


@OF_ITS_FILE
@pytest.mark.parametrize("change", [replaced, cut])
def test_it_wants_a_restart_after_another_file_was_there(
    watched: Presence, installed: Installation, change: Change
) -> None:
    kept = installed.database.with_name("kept")
    os.link(installed.database, kept)
    change(installed.database)
    for _ in range(2):
        with pytest.raises(Unavailable, match="restart Bellhop"):
            watched.require()
        kept.replace(installed.database) if kept.exists() else None


@OF_ITS_FILE
def test_it_takes_no_connection_to_another_file(
    watched: Presence, installed: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.obj, "check_opened", watched.require_opened)
    database.close()
    replaced(installed.database)
    with pytest.raises(OperationalError, match="not the database that Bellhop opened"):
        database.connect()
    assert database.is_closed()


@OF_ITS_FILE
def test_it_makes_no_database_by_opening_one(installed: Installation) -> None:
    database.close()
    installed.database.unlink()
    with pytest.raises(Exception, match="unable to open"):
        query("SELECT 1")
    assert not installed.database.exists()


@OF_ITS_FILE
@pytest.mark.parametrize("change", [Path.unlink, emptied, of_another])
def test_it_starts_on_no_other_database(
    installed: Installation, loaded: Settings, change: Change
) -> None:
    database.close()
    change(installed.database)
    was = installed.database.read_bytes() if installed.database.exists() else None
    with pytest.raises(StartRefused, match="restore a backup"):
        start.prepare(loaded)
    assert was == (installed.database.read_bytes() if installed.database.exists() else None)


@OF_ITS_FILE
def test_it_starts_on_no_empty_database_of_sqlite(
    installed: Installation, loaded: Settings
) -> None:
    database.close()
    installed.database.unlink()
    with sqlite3.connect(installed.database) as connection:
        connection.execute("CREATE TABLE x (y)")
    with pytest.raises(StartRefused, match="restore a backup"):
        start.prepare(loaded)


def test_it_starts_again_when_it_died_between_its_record_and_its_database(
    loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def died(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(start, "_migrate", died)
        with pytest.raises(KeyboardInterrupt):
            start.prepare(loaded)
    assert read_record(loaded.data_dir) is not None
    assert start.prepare(loaded).has_database
    database.close()


@pytest.mark.sqlite("a folder of before PostgreSQL")
def test_it_takes_a_folder_of_an_earlier_version(installed: Installation, loaded: Settings) -> None:
    query("PRAGMA application_id = 0")
    database.close()
    old = {"id": installed.id, "storage": "sqlite", "redis": ""}
    (installed.folder / "installation.json").write_text(json.dumps(old))
    assert start.prepare(loaded) == installed
    database.close()


@pytest.mark.sqlite("its file lies in the folder; on a server it may be of another installation")
def test_it_takes_the_database_of_a_backup_without_a_record(
    installed: Installation, loaded: Settings
) -> None:
    database.close()
    (installed.folder / "installation.json").unlink()
    again = start.prepare(loaded)
    assert again.id != installed.id
    assert query("PRAGMA application_id") == [(again.mark,)]
    database.close()


def add_account(monkeypatch: pytest.MonkeyPatch, loaded: Settings) -> None:
    monkeypatch.setenv("BELLHOP_CONFIG", str(loaded.config_path))
    assert main(["user", "add", "anna", "--role", "admin"]) == 0


def test_it_stays_closed_whatever_the_database_says(
    installed: Installation, loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_account(monkeypatch, loaded)
    recorded = read_record(loaded.data_dir)
    assert recorded is not None and recorded.is_closed
    query("UPDATE counter SET value = 0 WHERE name = 'closed'")
    database.close()
    where = f"PostgreSQL at {installed.rows}" if installed.rows else str(installed.database)
    with pytest.raises(StartRefused, match="user reset --open") as refused:
        start.prepare(loaded)
    assert str(refused.value).startswith(where)
    assert main(["user", "reset", "--open"]) == 0
    assert not start.prepare(loaded).is_closed
    database.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_a_start_that_is_refused_leaves_the_rows_to_the_version_before(
    loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it cannot let in it says before anything is migrated for good."""
    (make_folder(loaded) / "types.json").write_bytes(descriptions())
    here = start.prepare(loaded)
    database.close_all()
    write_record(replace(here, is_closed=True))
    with monkeypatch.context() as newer:
        later(newer)(ADDS)
        with pytest.raises(StartRefused, match="user reset --open"):
            start.prepare(loaded)
    bind_rows(loaded, here)
    told = "SELECT version FROM about" if here.rows else "PRAGMA user_version"
    with database.connection_context():
        assert query(told) == [(len(schema.MIGRATIONS),)]
    assert not list(here.folder.glob("before-schema-*"))
    database.close_all()


def test_it_needs_a_login_where_the_database_does_not_say_no(installed: Installation) -> None:
    assert not accounts.is_closed()
    query("DELETE FROM counter WHERE name = 'closed'")
    assert accounts.is_closed()


def test_it_hears_from_the_record_that_it_was_closed(
    watched: Presence, installed: Installation
) -> None:
    assert not accounts.is_closed()
    write_record(replace(installed, is_closed=True))
    watched.require()
    assert accounts.is_closed()


@OF_ITS_FILE
def test_it_takes_no_database_that_gave_room_back_for_one_that_was_cut(
    watched: Presence, installed: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint that grows it again writes the header, which tells its size, first."""
    query("CREATE TABLE more (text)")
    query("INSERT INTO more VALUES (zeroblob(3000000))")
    query("PRAGMA wal_checkpoint(truncate)")
    watched.require()
    query("DELETE FROM more")
    database.shrink(10_000)
    query("PRAGMA wal_checkpoint(truncate)")
    small = installed.database.stat().st_size
    query("INSERT INTO more VALUES (zeroblob(2000000))")
    query("PRAGMA wal_checkpoint(truncate)")
    whole = installed.database.stat()
    looks = itertools.count()

    def growing(asked: Any, **options: Any) -> os.stat_result:
        found = stat(asked, **options)
        is_early = found.st_ino == whole.st_ino and next(looks) < 3
        return os.stat_result((*found[:6], small, *found[7:])) if is_early else found

    stat = os.stat
    monkeypatch.setattr(os, "stat", growing)
    monkeypatch.setattr(os, "fstat", growing)
    watched.require()
    assert next(looks) > 3
