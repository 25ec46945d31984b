"""The database file: migrated forward only, and the classes true to its tables."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import OperationalError

from bellhop.base.errors import StartRefused
from bellhop.base.times import timestamp
from bellhop.database import schema
from bellhop.database.database import database, is_disk_full, query, will_pass, write_many
from bellhop.database.sqlite import BUSY_TIMEOUT_S
from bellhop.jobs.lifecycle import claims
from bellhop.storage.models import TABLES

# Columns that nothing reads or writes any more; a migration only adds.
OF_NO_MEANING = {"job": {"expires_at"}}


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    if not database.deferred:  # a test may need none, and be the first of its process
        database.close()


def test_it_runs_each_migration_once(tmp_path: Path) -> None:
    path = tmp_path / "bellhop.db"
    schema.migrate(path, alone=True)
    schema.migrate(path, alone=False)
    assert query("PRAGMA user_version") == [(len(schema.MIGRATIONS),)]


def test_it_has_a_class_for_each_table(tmp_path: Path) -> None:
    schema.migrate(tmp_path / "bellhop.db", alone=True)
    tables = query("""SELECT name FROM sqlite_master
        WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'""")
    assert sorted(table._meta.table_name for table in TABLES) == sorted(name for (name,) in tables)


def test_it_has_classes_true_to_its_tables(tmp_path: Path) -> None:
    schema.migrate(tmp_path / "bellhop.db", alone=True)
    for table in TABLES:
        name = table._meta.table_name
        columns = {row[1] for row in query(f"PRAGMA table_info({name})")}
        assert columns - OF_NO_MEANING.get(name, set()) == set(table._meta.columns), table


def test_it_reads_each_table_by_its_class(tmp_path: Path) -> None:
    schema.migrate(tmp_path / "bellhop.db", alone=True)
    rows = {table.__name__: len(table.select()) for table in TABLES}
    assert rows == {**dict.fromkeys(rows, 0), "Counter": 2}


def test_it_has_every_column_that_later_versions_sort_and_fence_by(tmp_path: Path) -> None:
    schema.migrate(tmp_path / "bellhop.db", alone=True)
    names = {row[1] for table in ("job", "item") for row in query(f"PRAGMA table_info({table})")}
    assert names >= {
        "owner", "step", "turn", "change", "attempt", "failures", "crashes", "interruptions",
        "worker", "lease_until", "not_before", "input_sha256",
    }  # fmt: skip


def test_it_refuses_a_database_of_a_newer_version(tmp_path: Path) -> None:
    path = tmp_path / "bellhop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StartRefused, match="newer version"):
        schema.migrate(path, alone=True)


def test_it_refuses_to_migrate_while_another_process_lives(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="stop every other"):
        schema.migrate(tmp_path / "bellhop.db", alone=False)


def test_it_refuses_a_damaged_database(tmp_path: Path) -> None:
    path = tmp_path / "bellhop.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StartRefused, match="restore"):
        schema.migrate(path, alone=True)


def test_it_leaves_the_old_version_when_a_migration_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bellhop.db"
    schema.migrate(path, alone=True)
    steps = [*schema.migrations(), "CREATE TABLE extra (a); CREATE TABLE extra (a)"]
    monkeypatch.setattr(schema, "migrations", lambda: steps)
    with pytest.raises(StartRefused):
        schema.migrate(path, alone=True)
    assert query("PRAGMA user_version") == [(len(schema.MIGRATIONS),)]
    assert query("SELECT 1 FROM sqlite_master WHERE name = 'extra'") == []


def test_it_writes_times_that_sort_as_text() -> None:
    times = [timestamp(seconds) for seconds in (-1, 0, 0.000001, 1, 86400)]
    assert times == sorted(times)
    assert all(len(time) == 27 and time.endswith("Z") for time in times)


def test_it_asks_the_claim_of_its_own_index(tmp_path: Path) -> None:
    """The claim must never sort or scan: it runs for each item."""
    schema.migrate(tmp_path / "bellhop.db", alone=True)
    plan = query(
        f"EXPLAIN QUERY PLAN {claims.NEXT_DUE}",
        {"queue": "parsing", "consumer": "c1", "most": 1, "passed_over": 0},
    )
    words = " ".join(str(row) for row in plan)
    assert "item_due" in words and "TEMP B-TREE" not in words


def test_it_refuses_a_database_with_one_damaged_page(tmp_path: Path) -> None:
    path = tmp_path / "bellhop.db"
    schema.migrate(path, alone=True)
    database.close()
    with path.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"x" * 4096)
    before = path.read_bytes()
    with pytest.raises(StartRefused, match=r"is damaged .* restore a backup"):
        schema.migrate(path, alone=True)
    database.close()
    assert path.read_bytes() == before


def test_it_looks_through_a_large_database_for_a_second_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bellhop.db"
    schema.migrate(path, alone=True)
    with database.atomic():
        query("CREATE TABLE large (x)")
        write_many("INSERT INTO large VALUES (:x)", [{"x": str(n)} for n in range(50_000)])
    database.close()
    monkeypatch.setattr(schema, "CHECK_S", 0)
    schema.migrate(path, alone=True)
    assert query("SELECT count(*) FROM large") == [(50_000,)]


def test_it_makes_no_new_database_where_one_must_be(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="empty or missing, but there are files of jobs"):
        schema.migrate(tmp_path / "bellhop.db", alone=True, may_create=False)


def test_it_brings_a_database_of_the_first_version_along(tmp_path: Path) -> None:
    path = tmp_path / "bellhop.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(schema.migrations()[0] + "PRAGMA user_version = 1;")
        connection.execute("INSERT INTO consumer VALUES ('c', 1, '2026', '[]', NULL)")
    connection.close()
    schema.migrate(path, alone=True)
    assert query("SELECT id, draining FROM consumer") == [("c", 0)]


def test_it_tells_of_a_full_disk_that_ended_the_transaction(tmp_path: Path) -> None:
    """SQLite has rolled back by itself, and a second roll-back must not hide the reason."""
    schema.migrate(tmp_path / "bellhop.db", alone=True)
    query("CREATE TABLE large (x)")
    query("PRAGMA max_page_count = 60")
    said: list[str] = []
    with pytest.raises(sqlite3.OperationalError) as raised, database.atomic():
        database.after_commit(lambda: said.append("committed"))
        write_many("INSERT INTO large VALUES (:x)", [{"x": "x" * 500_000}])
    assert is_disk_full(raised.value)
    with database.atomic():
        query("INSERT INTO large VALUES (1)")
    assert said == [], "nothing is said of what was not committed"


def test_it_waits_for_no_reader_when_it_cuts_the_log(tmp_path: Path) -> None:
    """It holds the write lock meanwhile, and a backup reads for as long as it takes."""
    path = tmp_path / "bellhop.db"
    schema.migrate(path, alone=True)
    with contextlib.closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM job").fetchall()
        query("INSERT INTO counter VALUES ('x', 1)")
        began = time.monotonic()
        assert not database.checkpoint()
        assert time.monotonic() - began < BUSY_TIMEOUT_S / 2
    assert query("PRAGMA busy_timeout") == [(BUSY_TIMEOUT_S * 1000,)]
    assert database.checkpoint()


@pytest.mark.parametrize(
    ("code", "is_full", "passes"),
    [
        (sqlite3.SQLITE_FULL, True, True),
        (sqlite3.SQLITE_BUSY, False, True),
        (sqlite3.SQLITE_IOERR_FSYNC, False, True),
        (sqlite3.SQLITE_CANTOPEN, False, True),
        (sqlite3.SQLITE_CORRUPT, False, False),
        (sqlite3.SQLITE_CONSTRAINT, False, False),
    ],
)
def test_it_tells_what_will_pass_from_what_will_not(code: int, is_full: bool, passes: bool) -> None:
    error = sqlite3.OperationalError("said by SQLite")
    error.sqlite_errorcode = code
    for told in (error, OperationalError(error)):  # its own, and as peewee passes it on
        assert (is_disk_full(told), will_pass(told)) == (is_full, passes)
