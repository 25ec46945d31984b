"""`move-to`: what it refuses, in one line and with nothing changed, and what it leaves behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bellhop.base.errors import StartRefused
from bellhop.cli import move, start
from bellhop.cli.arguments import parser
from bellhop.database import moving, schema
from bellhop.database.database import bind_server, database
from bellhop.machines import members
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, make_folder, read_record, rows_location
from bellhop.system.locks import take_lock
from tests.support.once import descriptions
from tests.support.postgres import PASSWORD, Postgres

Config = Callable[[str], Settings]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(take_lock, "__defaults__", (0.1,))
    yield
    database.close_all()


@pytest.fixture
def rows() -> str:
    """What is moved begins in SQLite, wherever other tests have their rows."""
    return ""


@pytest.fixture
def filled(loaded: Settings) -> Installation:
    """An installation with a job."""
    (make_folder(loaded) / "types.json").write_bytes(descriptions())
    here = start.prepare(loaded)
    database.close_all()
    fill(here.database)
    return here


def fill(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO job (job_id, type, name, params, owner, queue, status, change,"
            " total_items, max_attempts, created_at)"
            " VALUES ('j', 'noop', 'n', '{}', 'local', 'parsing', 'queued', 1, 1, 4, '2026')"
        )


def contents(folder: Path) -> dict[str, bytes]:
    """The files of the data folder that hold anything, but locks."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return {path.name: path.read_bytes() for path in paths}


def refused(settings: Settings, place: str, said: str) -> None:
    """The command says no in one line, and leaves the data folder as it was."""
    before = contents(settings.data_dir)
    with pytest.raises(StartRefused, match=said) as refusal:
        move.run(settings, place)
    database.close_all()
    assert "\n" not in str(refusal.value) and PASSWORD not in str(refusal.value)
    assert contents(settings.data_dir) == before


def on_server(config: Config, url: str) -> Settings:
    """The settings once the jobs are in PostgreSQL."""
    return config(f"[storage]\ndatabase = {url}")


def test_it_moves_there_and_back(
    config: Config, loaded: Settings, filled: Installation, empty_database: str
) -> None:
    move.run(loaded, empty_database)
    there = on_server(config, empty_database)
    assert start.prepare(there).rows == rows_location(there)
    assert not filled.database.exists()
    (kept,) = loaded.data_dir.glob("bellhop.db.moved-*")
    move.run(there, "sqlite")
    assert start.prepare(loaded) == filled
    for path in (kept, filled.database):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT job_id FROM job").fetchall() == [("j",)]


def test_it_prints_the_line_that_config_ini_needs(
    config: Config,
    loaded: Settings,
    filled: Installation,
    empty_database: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    move.run(loaded, empty_database)
    (line,) = [n for n in capsys.readouterr().out.splitlines() if n.startswith("database = ")]
    there = config(f"[storage]\n{line}")
    assert there.storage.database == empty_database
    move.run(there, "sqlite")
    lines = capsys.readouterr().out.splitlines()
    assert "database =" in lines
    assert config("[storage]\ndatabase =").storage.database == ""


def test_it_keeps_every_database_that_it_puts_aside(
    config: Config, loaded: Settings, filled: Installation, postgres: Postgres, empty_database: str
) -> None:
    second = postgres.new_database("second")
    move.run(loaded, empty_database)
    move.run(on_server(config, empty_database), "sqlite")
    move.run(loaded, second)
    assert len([*loaded.data_dir.glob("bellhop.db.moved-*")]) == 2
    database.close_all()
    postgres.drop_database("second")


def test_it_refuses_a_folder_without_bellhop(loaded: Settings) -> None:
    with pytest.raises(StartRefused, match="there is no Bellhop in"):
        move.run(loaded, "sqlite")
    assert not loaded.data_dir.exists()


@pytest.mark.parametrize("lock", ["alive.lock", "start.lock"])
def test_it_refuses_while_any_process_runs(
    loaded: Settings, filled: Installation, empty_database: str, lock: str
) -> None:
    held = take_lock(loaded.data_dir / lock, fcntl.LOCK_SH)
    assert held is not None
    said = {"alive.lock": "Bellhop runs in .*; stop it first", "start.lock": "is starting"}[lock]
    refused(loaded, empty_database, said)
    os.close(held)


def test_it_lets_nobody_start_meanwhile(
    loaded: Settings,
    filled: Installation,
    empty_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    def meanwhile(point: str) -> None:
        with pytest.raises(StartRefused, match="another Bellhop is starting"):
            start.prepare(loaded)
        tried.append(point)

    monkeypatch.setattr(move, "die_at", meanwhile)
    move.run(loaded, empty_database)
    assert tried == ["move-tables", "move-compared", "move-commit", "move-record"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE TABLE theirs (x INT)", "tables of another program"),
        ("CREATE TABLE about (version BIGINT, mark BIGINT); INSERT INTO about VALUES (99, 0)",
         "from a newer version"),
        ("CREATE TABLE about (version BIGINT, mark BIGINT); INSERT INTO about VALUES (8, 5)",
         "of another installation"),
    ],
)  # fmt: skip
def test_it_refuses_a_database_that_is_not_for_it(
    loaded: Settings,
    filled: Installation,
    postgres: Postgres,
    empty_database: str,
    statement: str,
    said: str,
) -> None:
    postgres.psql(f"SET ROLE bellhop; {statement}", "empty")
    refused(loaded, empty_database, said)


def test_it_refuses_a_database_with_other_rows_of_its_own(
    config: Config, loaded: Settings, filled: Installation, empty_database: str
) -> None:
    move.run(loaded, empty_database)
    move.run(on_server(config, empty_database), "sqlite")
    with contextlib.closing(sqlite3.connect(filled.database)) as connection, connection:
        connection.execute("UPDATE job SET name = 'later'")
    refused(loaded, empty_database, r"it is not empty, and it has other rows \(job\); name an")


def test_it_takes_tables_that_hold_nothing(
    config: Config, loaded: Settings, filled: Installation, empty_database: str, postgres: Postgres
) -> None:
    move.run(loaded, empty_database)
    move.run(on_server(config, empty_database), "sqlite")
    postgres.psql("TRUNCATE job, storage_use CASCADE; UPDATE counter SET value = 0", "empty")
    move.run(loaded, empty_database)
    assert postgres.psql("SELECT job_id FROM job", "empty") == ["j"]


def test_it_refuses_a_place_where_the_jobs_are(
    config: Config, loaded: Settings, filled: Installation, empty_database: str
) -> None:
    refused(loaded, "sqlite", "the jobs are in SQLite already")
    move.run(loaded, empty_database)
    there = on_server(config, empty_database)
    refused(there, empty_database, "are in PostgreSQL at .*/empty already$")
    refused(there, empty_database.replace("/empty", "/other"), "move them to sqlite first")


def test_it_needs_the_address_of_where_the_jobs_are(
    loaded: Settings, filled: Installation, empty_database: str
) -> None:
    move.run(loaded, empty_database)
    refused(loaded, "sqlite", "must name PostgreSQL at 127.0.0.1:.*/empty until")


@pytest.mark.parametrize("name", ["bellhop.db", "bellhop.db-wal", "bellhop.db-journal"])
def test_it_overwrites_no_database_that_is_there(
    config: Config, loaded: Settings, filled: Installation, empty_database: str, name: str
) -> None:
    move.run(loaded, empty_database)
    (loaded.data_dir / name).write_bytes(b"another one" * 20)
    refused(on_server(config, empty_database), "sqlite", f"{name} already exists; move it away")


def test_it_overwrites_no_database_of_its_own_with_other_rows(
    config: Config, loaded: Settings, filled: Installation, empty_database: str, postgres: Postgres
) -> None:
    move.run(loaded, empty_database)
    (kept,) = loaded.data_dir.glob("bellhop.db.moved-*")
    kept.rename(filled.database)
    postgres.psql("UPDATE job SET name = 'later'", "empty")
    refused(on_server(config, empty_database), "sqlite", r"other rows \(job\); move it away")


def test_it_needs_room_for_the_copy(
    config: Config,
    loaded: Settings,
    filled: Installation,
    empty_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    move.run(loaded, empty_database)
    monkeypatch.setattr(move, "free_bytes", lambda folder: 1 << 20)
    refused(on_server(config, empty_database), "sqlite", "has 1 MiB, but the jobs need about 1 MiB")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda url: url.replace(PASSWORD, "wrong"), "check the user and the password"),
        (lambda url: url.replace("/empty", "/missing"), "create the database first"),
        (lambda url: url.replace(f":{urlsplit(url).port}/", ":1/"), "check that the server runs"),
        (lambda url: url.split("?")[0] + "?sslmode=verify-full", "check sslmode"),
    ],
)
def test_it_says_why_a_server_cannot_be_used(
    loaded: Settings,
    filled: Installation,
    empty_database: str,
    change: Callable[[str], str],
    said: str,
) -> None:
    refused(loaded, change(empty_database), said)


def test_it_refuses_a_role_without_rights(
    loaded: Settings, filled: Installation, empty_database: str, postgres: Postgres
) -> None:
    postgres.psql("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    as_guest = empty_database.replace(f"bellhop:{PASSWORD}@", "guest:guest@")
    refused(loaded, as_guest, "does not let this role create tables")
    postgres.psql("DROP ROLE guest")


def test_it_refuses_what_the_server_cannot_hold(
    loaded: Settings, filled: Installation, empty_database: str, postgres: Postgres
) -> None:
    with contextlib.closing(sqlite3.connect(filled.database)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = 1")
        connection.execute("UPDATE job SET params = '{', progress_points = 'x'")
    refused(loaded, empty_database, "cannot hold job 1 progress_points .*; set them right in the")
    assert postgres.psql("SELECT count(*) FROM pg_tables WHERE tablename = 'job'", "empty") == ["0"]


def test_it_names_texts_that_it_had_to_mend(
    loaded: Settings,
    filled: Installation,
    empty_database: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with contextlib.closing(sqlite3.connect(filled.database)) as connection, connection:
        connection.execute("UPDATE job SET name = x'ff'")
    move.run(loaded, empty_database)
    assert "as they are shown: job 1 name\n" in capsys.readouterr().err


def test_it_moves_a_database_of_an_earlier_version(
    loaded: Settings,
    filled: Installation,
    empty_database: str,
    postgres: Postgres,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filled.database.unlink()
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:7])
        schema.migrate(filled.database, alone=True)
    database.close_all()
    fill(filled.database)
    move.run(loaded, empty_database)
    assert postgres.psql("SELECT job_id FROM job", "empty") == ["j"]


def test_it_shows_the_rows_of_each_table_and_the_seconds_left(
    loaded: Settings,
    filled: Installation,
    empty_database: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    move.run(loaded, empty_database)
    lines = capsys.readouterr().err.splitlines()
    assert any("copy job: 1 of 1 rows, about " in line for line in lines), lines
    assert lines[-1].startswith("100% compare counter: 2 of 2 rows, about 0 s left")


def test_it_stays_within_a_bounded_memory(
    loaded: Settings,
    filled: Installation,
    empty_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with contextlib.closing(sqlite3.connect(filled.database)) as connection, connection:
        for number in range(9):
            connection.execute(
                "INSERT INTO consumer (id, pid, started_at, queues, bell)"
                " VALUES (?, 1, '2026', '[]', ?)",
                (str(number), "x" * 3_000_000),
            )
    largest = []
    as_before = moving._bites

    def noted(rows: Iterator[moving.Row]) -> Iterator[list[moving.Row]]:
        for bite in as_before(rows):
            largest.append(sum(len(str(value)) for row in bite for value in row))
            yield bite

    monkeypatch.setattr(moving, "_bites", noted)
    move.run(loaded, empty_database)
    assert 3_000_000 < max(largest) < 8_000_000


@pytest.mark.parametrize("place", ["", "mysql://host/x", "Sqlite", "sqlite://x", "bellhop.db"])
def test_it_takes_two_places(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["move-to", place])
    assert "is neither sqlite nor an address like" in capsys.readouterr().err


def test_it_says_nothing_of_a_password_that_is_misspelt(
    loaded: Settings, filled: Installation, empty_database: str
) -> None:
    for odd in ("%zz", "a/", "a?", "a#"):
        misspelt = empty_database.replace(PASSWORD, f"{odd}{PASSWORD}")
        refused(loaded, misspelt, "in a password, write / ")


def test_it_refuses_while_somebody_types_an_account(
    loaded: Settings, filled: Installation, empty_database: str
) -> None:
    start.join_from_console(loaded)
    database.close_all()
    refused(loaded, empty_database, "Bellhop runs in")


def test_it_leaves_the_record_of_a_moved_installation_otherwise_as_it_was(
    loaded: Settings, filled: Installation, empty_database: str
) -> None:
    move.run(loaded, empty_database)
    record = read_record(loaded.data_dir)
    assert record and (record.id, record.storage) == (filled.id, filled.storage)


def test_it_does_not_leave_other_machines_behind(
    config: Config, loaded: Settings, filled: Installation, empty_database: str
) -> None:
    move.run(loaded, empty_database)
    settings = on_server(config, empty_database)
    bind_server(empty_database)
    members.add("m1", "gpu-1", {"ai": 2})
    database.close_all()
    refused(settings, "sqlite", r"other machines run jobs too \(gpu-1\)")
