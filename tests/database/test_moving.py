"""All rows of one database are copied into the other and compared, or nothing is."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bellhop.database import schema, server
from bellhop.database.database import bind_server, database
from bellhop.database.moving import Move, NotMoved
from bellhop.database.postgresql import Postgres
from bellhop.database.sqlite import Sqlite
from bellhop.storage.models import TABLES

NAMES = [table._meta.table_name for table in TABLES]
# A row in every table, with what the two databases could see otherwise.
ROWS = """
INSERT INTO job (id, job_id, type, name, params, owner, queue, status, change, total_items,
    max_attempts, created_at, started_at, attempt, bytes)
    VALUES (3, 'j3', 'noop', 'ä€😀' || char(1) || '\t\\N', '{"a": "\\u0000"}', 'anna', 'q',
        'running', 7, 1, 4, '2026', '2026', 1, 5),
        (7, 'j7', 'noop', '', '{}', 'anna', 'q', 'queued', 8, 1, 4, '2026', NULL, 0, 6),
        (9, 'j9', 'noop', '', '{}', 'bert', 'q', 'queued', 9, 1, 4, '2026', NULL, 0, 0);
INSERT INTO item (id, job, "index", type, queue, owner, turn, status, filename, input, worker,
    lease_until, attempt, wait_s, partial)
    VALUES (4, 3, 0, 'noop', 'q', 'anna', 9007199254740993, 'running', 'f', '{}', 'c/1', '2026', 1,
        0.1, ''), (8, 7, 0, 'noop', 'q', 'anna', 1, 'queued', '', '{}', NULL, NULL, 0, 1e300, NULL);
INSERT INTO result VALUES (4, '{"x": 1.50}', '[]', '[]');
INSERT INTO event (id, job, at, move) VALUES (12, 3, '2026', 'claimed');
INSERT INTO consumer (id, pid, started_at, queues) VALUES ('c', 1, '2026', '[]');
INSERT INTO turn VALUES ('q', '', 1), ('q', 'anna', 2), ('q', 'Anna', 3), ('q', 'ärger', 4);
INSERT INTO gone (change, job_id, owner) VALUES (2, 'j1', 'anna');
INSERT INTO schedule (name, owner, cron, timezone, job, next_at, created_at)
    VALUES ('s', 'anna', '* * * * *', 'UTC', '{}', '2026', '2026');
UPDATE counter SET value = 9 WHERE name = 'change';
INSERT INTO dependency VALUES (7, 'j3', 0);
INSERT INTO content VALUES (3, 'abc');
INSERT INTO idempotency VALUES ('anna', 'k', 'f', 3, '2026');
INSERT INTO queue VALUES ('q', 1, NULL, 'anna', '2026', '2026');
INSERT INTO tally VALUES (300, 'anna', 'noop', 'completed', 0, 2, 9007199254740993);
INSERT INTO failure VALUES (300, 'anna', 'noop', 'bad_input', 'no "…"', 1, '2026', '2026 j3 ärger');
INSERT INTO total VALUES ('job_run', 'noop', '', '', 25, 9007199254740993, 0.30000000000000004);
INSERT INTO cache VALUES ('k', 'noop', 'anna', 4, 1, '2026', '2026');
INSERT INTO cache_count VALUES ('noop', 1, 2);
INSERT INTO duration VALUES ('noop', 0, 2), ('noop', 1, 0.30000000000000004);
INSERT INTO webhook_secret VALUES ('anna', 's');
INSERT INTO upload VALUES ('u', 'carl', 'ä.txt', '', 10, 3, 'b', NULL, '2026');
INSERT INTO webhook_disabled VALUES ('anna', 'http://localhost', '2026');
INSERT INTO account (name, role, created_at) VALUES ('anna', 'admin', '2026');
INSERT INTO session (hash, account, address, agent, created_at, used_at)
    VALUES ('h', 'anna', '', '', '2026', '2026');
INSERT INTO token (hash, account, name, scope, created_at) VALUES ('h', 'anna', '', 'all', '2026');
INSERT INTO known_browser (hash, account, network, used_at) VALUES ('h', 'anna', '', '2026');
INSERT INTO one_time_link (hash, kind, account, role, made_by, created_at, expires_at)
    VALUES ('h', 'reset', 'anna', 'admin', 'x', '2026', '2026');
INSERT INTO totp VALUES ('anna', 'S', 5, '2026');
INSERT INTO recovery_code VALUES ('h', 'anna');
INSERT INTO sso_identity VALUES ('https://a.example', 's', 'anna', '2026');
INSERT INTO login_failure VALUES ('as x', 1, '2026', '2026');
INSERT INTO refusal VALUES ('x', '', 'login', '2026', 1);
INSERT INTO share VALUES ('anna', 3);
INSERT INTO search VALUES (3, 0, 'ä€😀'), (3, 4, 'ärger');
INSERT INTO machine VALUES ('m', 'gpu-1', 0, '{"ai": 2}', '1', 'p', '{}', '2026', '2026');
INSERT INTO join_token VALUES ('h', 'gpu-2', '{}', 'anna', '2026', NULL);
INSERT INTO served VALUES ('m', 'noop', 'c', '{}', 'ärger');
INSERT INTO published VALUES ('needs', '10');
INSERT INTO watch VALUES ('scans', '/srv/scans', 'm', '{}');
INSERT INTO watched VALUES ('t', 'm', 'j3', 'done/%C3%A4', 'ärger');
INSERT INTO notice_wish VALUES ('anna', 'a@example.org', 'every');
INSERT INTO notice (at, owner, address, kind, name, status, error)
    VALUES ('2026', 'anna', '', 'trouble', 'ärger', 'begun', '{"a": "ä"}');
INSERT INTO notice_sent (at, owner, address, job_id, count) VALUES ('2026', 'anna', '', 'j3', 2);
INSERT INTO trouble VALUES ('disk', 'ärger', '2026', NULL, 1);
INSERT INTO audit (at, who, address, action, target) VALUES ('2026', 'x', '', 'x', 'x');
DELETE FROM job WHERE id = 9;
"""


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Path]:
    """A SQLite database with a row in every table."""
    path = tmp_path / "source.db"
    schema.migrate(path, alone=True)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(ROWS)
    yield path
    database.close_all()


def spoil(path: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = 1")
        connection.execute(sql)


def to_server(path: Path, url: str) -> Move:
    """Move all rows of a SQLite database into an empty one of a server."""
    source, target = Sqlite(path), _bound(url)
    with source.moving(), target.moving():
        server.bring_up("there", alone=True, may_create=True, mark=1)
        move = Move(source, target, NAMES)
        assert move.is_target_empty()
        move.compare(move.copy())
    return move


def to_file(url: str, path: Path) -> None:
    """Move all rows of a server into a new SQLite database."""
    schema.migrate(path, alone=True)
    source, target = Postgres(url), Sqlite(path)
    with source.moving(), target.moving():
        move = Move(source, target, NAMES)
        assert move.is_target_empty()
        move.compare(move.copy())


def _bound(url: str) -> Postgres:
    bind_server(url)
    engine: Postgres = database.obj
    return engine


def dumped(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        names = [*NAMES, "sqlite_sequence"]
        return {n: sorted(connection.execute(f'SELECT * FROM "{n}"'), key=repr) for n in names}


def test_it_has_a_row_in_every_table(source: Path) -> None:
    assert all(dumped(source).values())


def test_it_brings_every_value_there_and_back(
    source: Path, empty_database: str, tmp_path: Path
) -> None:
    to_server(source, empty_database)
    to_file(empty_database, tmp_path / "back.db")
    assert dumped(tmp_path / "back.db") == dumped(source)


def test_it_says_how_many_rows_it_has_read(source: Path, empty_database: str) -> None:
    told: list[tuple[str, int]] = []
    engine, target = Sqlite(source), _bound(empty_database)
    with engine.moving(), target.moving():
        server.bring_up("there", alone=True, may_create=True, mark=1)
        move = Move(engine, target, NAMES)
        move.tell = lambda table, rows: told.append((table, rows))
        move.compare(move.copy())
    assert sum(rows for _, rows in told) == 2 * sum(move.counted.values())
    assert sum(rows for table, rows in told if table == "turn") == 2 * 4


def test_it_gives_no_id_a_second_time(source: Path, empty_database: str) -> None:
    to_server(source, empty_database)
    with database.connection_context():
        new = """INSERT INTO job (job_id, type, name, params, owner, queue, status, change,
            total_items, max_attempts, created_at) VALUES ('new', 'noop', '', '{}', 'anna', 'q',
            'queued', 10, 1, 4, '2026') RETURNING id"""
        assert database.send(new, {}).fetchall() == [(10,)]  # 9 was deleted
        event = "INSERT INTO event (job, at, move) VALUES (3, '2026', 'x') RETURNING id"
        assert database.send(event, {}).fetchall() == [(13,)]


def test_it_keeps_what_owners_hold_true_after_the_move(source: Path, empty_database: str) -> None:
    to_server(source, empty_database)
    use = "SELECT bytes FROM storage_use WHERE owner = 'anna'"
    with database.connection_context():
        assert database.send(use, {}).fetchall() == [(11,)]
        database.send("UPDATE job SET bytes = 20 WHERE id = 3", {})
        assert database.send(use, {}).fetchall() == [(26,)]


@pytest.mark.parametrize(
    ("garbage", "shown"),
    [
        ("CAST(x'61ff' AS TEXT)", "a\ufffd"),
        ("x'61ff'", "a\ufffd"),
        ("'a' || char(0) || 'b'", "a\ufffdb"),
    ],
)
@pytest.mark.parametrize(("table", "column"), [("job", "name"), ("webhook_secret", "owner")])
def test_it_brings_texts_that_are_none_as_they_are_shown(
    source: Path, empty_database: str, garbage: str, shown: str, table: str, column: str
) -> None:
    spoil(source, f"UPDATE {table} SET {column} = {garbage} WHERE rowid = 3" if table == "job"
          else f"UPDATE {table} SET {column} = {garbage}")  # fmt: skip
    move = to_server(source, empty_database)
    with database.connection_context():
        found = database.send(f"SELECT {column} FROM {table}", {}).fetchall()
    assert (shown,) in found
    assert [name.startswith(table) and name.endswith(column) for name in move.mended] == [True]


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("UPDATE job SET attempt = 'many' WHERE id = 3", "job 3 attempt"),
        ("UPDATE job SET attempt = x'00' WHERE id = 3", "job 3 attempt"),
        ("UPDATE job SET attempt = 1.5 WHERE id = 3", "job 3 attempt"),
        ("UPDATE job SET change = 1e300 WHERE id = 7", "job 7 change"),
        ("UPDATE duration SET seconds = 'long' WHERE slot = 1", "duration noop 1 seconds"),
        ("UPDATE job SET params = '{' WHERE id = 7", "job 7 .*job_params_check"),
        ("UPDATE result SET data = ''", "result 4 .*result_data_check"),
        ("UPDATE job SET status = 'lost' WHERE id = 3", "job 3 .*job_status_check"),
        ("UPDATE item SET job = 5 WHERE id = 8", "item 8 .*item_job_fkey"),
    ],
)
def test_it_names_what_the_other_cannot_hold(
    source: Path, empty_database: str, sql: str, named: str
) -> None:
    spoil(source, sql)
    with pytest.raises(NotMoved, match=named) as refusal:
        to_server(source, empty_database)
    assert str(refusal.value).count("job ") <= 1  # nothing of what refers to it
    with database.connection_context():
        assert database.send("SELECT to_regclass('job')", {}).fetchall() == [(None,)]


def test_it_names_every_one_of_them(source: Path, empty_database: str) -> None:
    spoil(source, "UPDATE job SET params = '{', attempt = 'x' WHERE id = 3")
    spoil(source, "UPDATE job SET params = '{' WHERE id = 7")
    with pytest.raises(NotMoved, match=r"job 3 attempt .*, job 7 |job 7 .*, job 3 attempt"):
        to_server(source, empty_database)


def test_it_refuses_a_number_that_is_none(
    source: Path, empty_database: str, tmp_path: Path
) -> None:
    to_server(source, empty_database)
    with database.connection_context():
        database.send("UPDATE duration SET seconds = 'NaN' WHERE slot = 1", {})
    with pytest.raises(NotMoved, match="duration noop 1 seconds"):
        to_file(empty_database, tmp_path / "back.db")


def test_it_takes_a_negative_zero_for_zero(
    source: Path, empty_database: str, tmp_path: Path
) -> None:
    to_server(source, empty_database)
    with database.connection_context():
        database.send("UPDATE duration SET seconds = '-0' WHERE slot = 1", {})
    to_file(empty_database, tmp_path / "back.db")
    assert ("noop", 1, 0.0) in dumped(tmp_path / "back.db")["duration"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE job SET name = 'other' WHERE id = 7",
        "UPDATE item SET wait_s = 0.2 WHERE id = 4",
        "DELETE FROM audit WHERE id = 1",
        "INSERT INTO turn VALUES ('q', 'x', 1)",
        "UPDATE sqlite_sequence SET seq = 99 WHERE name = 'job'",
    ],
)
def test_it_notices_whatever_differs(source: Path, empty_database: str, change: str) -> None:
    to_server(source, empty_database)
    spoil(source, "DROP TRIGGER audit_kept")
    spoil(source, change)
    engine, target = Sqlite(source), _bound(empty_database)
    with engine.moving(), target.moving():
        move = Move(engine, target, NAMES)
        assert not move.is_target_empty()
        with pytest.raises(NotMoved, match="it has other rows"):
            move.compare(move.read())


def test_it_finds_what_was_moved_already(source: Path, empty_database: str) -> None:
    to_server(source, empty_database)
    engine, target = Sqlite(source), _bound(empty_database)
    with engine.moving(), target.moving():
        move = Move(engine, target, NAMES)
        move.compare(move.read())


def test_it_knows_about_how_large_the_file_becomes(
    source: Path, empty_database: str, tmp_path: Path
) -> None:
    spoil(source, "UPDATE result SET data = '\"' || hex(zeroblob(5000000)) || '\"'")
    to_server(source, empty_database)
    target = tmp_path / "back.db"
    to_file(empty_database, target)
    engine, draft = Postgres(empty_database), Sqlite(target)
    with engine.moving(), draft.moving():
        needed = Move(engine, draft, NAMES).sqlite_bytes()
    assert 10_000_000 < needed < 20_000_000
