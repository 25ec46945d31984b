"""The rows are kept before a migration, and an older Bellhop goes on with them."""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bellhop.backup import before, rows
from bellhop.backup.dump import Dump, schema_of_tables
from bellhop.base.errors import StartRefused
from bellhop.cli import start
from bellhop.database import schema
from bellhop.database.database import bind_server, database, query
from bellhop.database.schema import TooNew
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, read_record
from tests.support.disks import disk_at, fill
from tests.support.killpoints import BEFORE, dies
from tests.support.postgres import PASSWORD
from tests.support.programs import ADDS, Later, later
from tests.support.wsgi import WsgiClient

FAILS = "CREATE TABLE weather (id INTEGER); CREATE TABLE weather (id INTEGER);"
NOW = len(schema.MIGRATIONS)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Later:
    return later(monkeypatch)


@pytest.fixture
def started(loaded: Settings, here: Installation) -> Iterator[Settings]:
    """An installation that this program has started on, with a job."""
    start.prepare(loaded)
    yield loaded
    database.close_all()


@pytest.fixture
def job(started: Settings, web: WsgiClient) -> str:
    return str(web.upload(("a.txt", b"words")).json["job_id"])


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.startswith("before-"))


def jobs() -> list[str]:
    return [name for (name,) in query("SELECT job_id FROM job")]


@pytest.mark.sqlite("the way back is a file that is moved")
def test_it_lets_an_older_bellhop_go_on_with_what_was_kept(
    started: Settings, job: str, program: Later, caplog: pytest.LogCaptureFixture
) -> None:
    program(ADDS)
    start.prepare(started)
    query("DELETE FROM item")
    (said,) = [line for line in caplog.messages if "to go back" in line]
    (file,) = kept(started.data_dir)
    assert f"from schema {NOW} to {NOW + 1}" in said and str(file) in said
    program()
    with pytest.raises(TooNew, match=str(file)) as refusal:
        start.prepare(started)
    database.close_all()
    for line in (said, str(refusal.value)):
        subprocess.run(line.partition("type: ")[2], shell=True, check=line is said)
    assert start.prepare(started).has_database
    assert jobs() == [job] and query("SELECT count(*) FROM item") == [(1,)]
    assert not kept(started.data_dir)


def test_it_names_the_version_that_is_needed(
    started: Settings, program: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(ADDS)
    monkeypatch.setattr(start, "__version__", "7.8.9")
    start.prepare(started)
    monkeypatch.undo()
    with pytest.raises(TooNew, match=r"install Bellhop 7\.8\.9 or newer, or") as refusal:
        start.prepare(started)
    assert "\n" not in str(refusal.value)
    recorded = read_record(started.data_dir)
    assert recorded and recorded.version == "7.8.9"


def test_it_keeps_nothing_where_nothing_changes(started: Settings) -> None:
    start.prepare(started)
    assert not kept(started.data_dir)


def test_it_keeps_the_newest(started: Settings, program: Later) -> None:
    for number in range(1, before.KEPT + 3):
        program(*(ADDS.replace("weather", f"weather{n}") for n in range(number)))
        start.prepare(started)
    names = [path.name for path in kept(started.data_dir)]
    assert [name.partition("-from")[0] for name in names] == [
        f"before-schema-{NOW + number}" for number in (3, 4, 5)
    ]


def earlier(folder: Path, number: int, year: int) -> None:
    for day in range(1, number + 1):
        name = f"before-schema-{NOW}-from-{NOW - 1}-{year}-01-0{day}T000000.000000Z"
        (folder / f"{name}.db").touch()


def test_it_keeps_so_many_also_of_migrations_that_never_end(
    started: Settings, program: Later
) -> None:
    """As where each start is killed for want of memory, and a service begins again."""
    earlier(started.data_dir, before.KEPT + 3, 2026)
    program(FAILS)
    with pytest.raises(StartRefused):
        start.prepare(started)
    assert len(kept(started.data_dir)) == before.KEPT


def test_it_keeps_the_last_one_whatever_the_clock_said_before(
    started: Settings, program: Later, caplog: pytest.LogCaptureFixture
) -> None:
    earlier(started.data_dir, before.KEPT, 2042)
    program(ADDS)
    start.prepare(started)
    (said,) = [line for line in caplog.messages if "to go back" in line]
    assert [path for path in kept(started.data_dir) if str(path) in said]
    assert len(kept(started.data_dir)) == before.KEPT


@pytest.mark.sqlite("the file of SQLite")
@pytest.mark.parametrize("point", BEFORE)
def test_it_can_be_killed_at_any_time(
    started: Settings, job: str, program: Later, point: str
) -> None:
    program(ADDS)
    dies(lambda: start.prepare(started), point)
    whole = [path for path in kept(started.data_dir) if path.suffix == ".db"]
    for path in whole:
        with closing(sqlite3.connect(path)) as found:
            assert found.execute("SELECT job_id FROM job").fetchall() == [(job,)]
    with closing(sqlite3.connect(started.data_dir / "bellhop.db")) as found:
        assert found.execute("PRAGMA user_version").fetchall() == [(NOW,)]
    start.prepare(started)
    assert jobs() == [job]
    assert len(kept(started.data_dir)) == len(whole) + 1


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_it_changes_nothing_if_the_migration_fails(
    started: Settings, job: str, program: Later
) -> None:
    program(ADDS, FAILS)
    with pytest.raises(StartRefused):
        start.prepare(started)
    assert not kept(started.data_dir)
    program()
    start.prepare(started)
    assert jobs() == [job]


def refused(settings: Settings, said: str) -> None:
    """A start says no in one line, and leaves the rows as they were, and nothing beside them."""
    with pytest.raises(StartRefused, match=f"{said}.*; nothing was changed") as refusal:
        start.prepare(settings)
    assert "\n" not in str(refusal.value)
    assert not kept(settings.data_dir)
    with closing(sqlite3.connect(settings.data_dir / "bellhop.db")) as found:
        assert found.execute("PRAGMA user_version").fetchall() == [(NOW,)]


@pytest.mark.sqlite("the file of SQLite")
@pytest.mark.parametrize("is_seen", [True, False])
def test_it_changes_nothing_on_a_disk_that_is_full(
    started: Settings,
    program: Later,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_seen: bool,
) -> None:
    program(ADDS)
    database.close_all()
    with disk_at(tmp_path / "disk", 4) as disk:
        shutil.copytree(started.data_dir, disk, dirs_exist_ok=True)
        fill(disk, 200_000)
        if not is_seen:
            monkeypatch.setattr(rows, "free_bytes", lambda path: 1 << 40)
        refused(replace(started, data_dir=disk), "make room" if is_seen else "full")
        database.close_all()


@pytest.mark.sqlite("the file of SQLite")
def test_it_changes_nothing_where_it_cannot_write(
    started: Settings, job: str, program: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(ADDS)

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.rename", fail)
    refused(started, "cannot be saved before it: Input/output error")


on_server = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture
def lost(started: Settings, program: Later) -> Iterator[None]:
    """Afterwards the database is as this program knows it, for the next test."""
    yield
    bind_server(started.storage.database)
    query("DROP TABLE IF EXISTS weather")
    query(f"UPDATE about SET version = {NOW}")


@on_server
def test_it_keeps_the_rows_of_a_server_as_a_dump(
    started: Settings,
    job: str,
    program: Later,
    lost: None,
    empty_database: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    program(ADDS)
    start.prepare(started)
    (file,) = kept(started.data_dir)
    (said,) = [line for line in caplog.messages if "to go back" in line]
    typed = said.partition("type: ")[2].replace("URL", shlex.quote(empty_database))
    assert str(file) in typed
    subprocess.run(typed, shell=True, check=True)
    database.close_all()
    program()
    here = start.prepare(with_rows(started, empty_database))
    assert here.rows.endswith("/empty") and jobs() == [job]
    database.close_all()


@on_server
def test_it_dumps_a_schema_of_any_name(
    started: Settings, empty_database: str, tmp_path: Path
) -> None:
    database.close_all()
    for statement in (
        'CREATE SCHEMA "Our Jobs"',
        'ALTER DATABASE empty SET search_path = "Our Jobs"',
        "CREATE TABLE fact (id INTEGER)",
    ):
        bind_server(empty_database)
        query(statement)
        database.close_all()
    bind_server(empty_database)
    Dump.of_server().write(tmp_path / "dump")
    listed = ["pg_restore", "--list", "--schema", schema_of_tables(), str(tmp_path / "dump")]
    assert "TABLE Our Jobs fact" in subprocess.run(listed, capture_output=True, text=True).stdout
    database.close_all()


def with_rows(settings: Settings, url: str) -> Settings:
    return replace(settings, storage=replace(settings.storage, database=url))


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for."""
    (folder := tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def written(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)


@on_server
@pytest.mark.parametrize("version", [0, 14])
def test_it_says_that_no_program_can_save_the_rows(
    started: Settings,
    program: Later,
    lost: None,
    programs: Path,
    caplog: pytest.LogCaptureFixture,
    version: int,
) -> None:
    if version:
        written(programs / "pg_dump", f"echo 'pg_dump (PostgreSQL) {version}.2 (Debian)'")
    program(ADDS)
    start.prepare(started)
    said = f"is of PostgreSQL {version}, and the server of" if version else "is missing"
    assert [
        line
        for line in caplog.messages
        if f"not saved before their migration: pg_dump {said}" in line
    ]
    assert not kept(started.data_dir)


@on_server
def test_it_changes_nothing_if_the_rows_of_a_server_cannot_be_saved(
    started: Settings, program: Later, lost: None, programs: Path
) -> None:
    """And nobody sees the password in the list of processes."""
    seen = programs / "seen"
    text = "echo 'pg_dump (PostgreSQL) 99'; echo \"$@\" > %s; echo $PGPASSWORD > %s.word; "
    text += "[ $1 = --version ] || { echo 'pg_dump: error: no  luck' >&2; exit 1; }"
    written(programs / "pg_dump", text % (seen, seen))
    program(ADDS)
    with pytest.raises(StartRefused, match=r"pg_dump failed .*no luck.*; nothing was changed"):
        start.prepare(started)
    assert query("SELECT version FROM about") == [(NOW,)]
    assert (
        PASSWORD not in seen.read_text()
        and seen.with_suffix(".word").read_text() == f"{PASSWORD}\n"
    )
