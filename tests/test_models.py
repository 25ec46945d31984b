"""The database file: migrated forward only, and the classes true to its tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import models
from errors import StartRefused
from models import TABLES, database, query


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    database.close()


def test_it_runs_each_migration_once(tmp_path: Path) -> None:
    path = tmp_path / "bellhop.db"
    models.migrate(path, alone=True)
    models.migrate(path, alone=False)
    assert query("PRAGMA user_version") == [(len(models.MIGRATIONS),)]


def test_it_has_classes_true_to_its_tables(tmp_path: Path) -> None:
    models.migrate(tmp_path / "bellhop.db", alone=True)
    for table in TABLES:
        columns = {row[1] for row in query(f"PRAGMA table_info({table._meta.table_name})")}
        assert columns == set(table._meta.columns), table


def test_it_has_every_column_that_later_versions_sort_and_fence_by(tmp_path: Path) -> None:
    models.migrate(tmp_path / "bellhop.db", alone=True)
    names = {row[1] for table in ("job", "item") for row in query(f"PRAGMA table_info({table})")}
    assert names >= {
        "owner", "step", "turn", "change", "attempt", "failures", "crashes", "interruptions",
        "worker", "lease_until", "not_before", "input_sha256", "expires_at",
    }  # fmt: skip


def test_it_refuses_a_database_of_a_newer_version(tmp_path: Path) -> None:
    path = tmp_path / "bellhop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StartRefused, match="newer version"):
        models.migrate(path, alone=True)


def test_it_refuses_to_migrate_while_another_process_lives(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="stop every other"):
        models.migrate(tmp_path / "bellhop.db", alone=False)


def test_it_refuses_a_damaged_database(tmp_path: Path) -> None:
    path = tmp_path / "bellhop.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StartRefused, match="restore"):
        models.migrate(path, alone=True)


def test_it_leaves_the_old_version_when_a_migration_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bellhop.db"
    models.migrate(path, alone=True)
    steps = [*models.migrations(), "CREATE TABLE extra (a); CREATE TABLE extra (a)"]
    monkeypatch.setattr(models, "migrations", lambda: steps)
    with pytest.raises(StartRefused):
        models.migrate(path, alone=True)
    assert query("PRAGMA user_version") == [(len(models.MIGRATIONS),)]
    assert query("SELECT 1 FROM sqlite_master WHERE name = 'extra'") == []


def test_it_writes_times_that_sort_as_text() -> None:
    times = [models.timestamp(seconds) for seconds in (-1, 0, 0.000001, 1, 86400)]
    assert times == sorted(times)
    assert all(len(time) == 27 and time.endswith("Z") for time in times)


def test_it_asks_the_claim_of_its_own_index(tmp_path: Path) -> None:
    """The claim must never sort or scan: it runs for each item."""
    import lifecycle

    models.migrate(tmp_path / "bellhop.db", alone=True)
    plan = query(f"EXPLAIN QUERY PLAN {lifecycle.NEXT_DUE}", {"queue": "parsing"})
    words = " ".join(str(row) for row in plan)
    assert "item_due" in words and "TEMP B-TREE" not in words
