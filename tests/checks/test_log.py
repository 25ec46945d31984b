"""What `check` says of a write-ahead log that cannot be cut: who reads, and how to end that."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from bellhop.checks import log
from bellhop.checks.answers import Failed
from bellhop.database.sqlite import Sqlite
from bellhop.storage.installation import Installation
from tests.support.postgres import Postgres

ON_POSTGRESQL = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
READER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("BEGIN")
connection.execute("SELECT count(*) FROM job").fetchall()
print("reads", flush=True)
sys.stdin.read()
"""


@contextmanager
def reading(here: Installation) -> Iterator[int]:
    """Another program reads the database and does not end; its pid."""
    command = [sys.executable, "-c", READER, str(here.database)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as reader:  # type: ignore[call-overload]
        assert reader.stdout.readline() == b"reads\n"
        yield reader.pid
        reader.stdin.close()


def lengthen_log(here: Installation) -> None:
    with closing(sqlite3.connect(here.database)) as connection, connection:
        connection.execute("CREATE TABLE long (text)")
        connection.execute("INSERT INTO long VALUES (zeroblob(9000000))")


@pytest.mark.sqlite("its write-ahead log")
def test_it_names_who_keeps_the_write_ahead_log_from_being_cut(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "CUT_LIMIT_S", 0.0)
    with closing(sqlite3.connect(here.database)), reading(here) as pid:
        lengthen_log(here)
        with pytest.raises(Failed) as failed:
            log.log_is_short(here)
    (text,) = failed.value.args
    assert text.startswith("it has 8 MiB and does not get shorter")
    assert f"({pid})" in text and text.endswith(f"; end them: kill {pid}")


@pytest.mark.sqlite("its write-ahead log")
def test_it_waits_for_the_keeper_to_cut_the_log(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = iter([9 << 20, 9 << 20, 4096])
    monkeypatch.setattr(Sqlite, "log_bytes", lambda self: next(sizes))
    assert log.log_is_short(here) == ["4 KiB"]


@ON_POSTGRESQL
def test_it_names_a_transaction_on_the_server_that_stands_still(
    here: Installation, rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "LONG_READ_S", 0)
    with psycopg.connect(rows) as reader:
        reader.execute("SELECT count(*) FROM job")
        (text,) = failed(here).args
        pid = reader.info.backend_pid
    assert text.startswith("a transaction of ") and "has been open for 0 minutes" in text
    assert text.endswith(f"; end it: SELECT pg_terminate_backend({pid})")
    assert log.log_is_short(here) == ["nobody keeps the server from cutting it"]


@ON_POSTGRESQL
def test_it_names_a_replication_slot_that_nobody_reads(
    here: Installation, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MOST_KEPT_BYTES", -1)
    postgres.psql("SELECT pg_create_physical_replication_slot('lost', true)")
    try:
        (text,) = failed(here).args
    finally:
        postgres.psql("SELECT pg_drop_replication_slot('lost')")
    assert "MiB for the replication slot lost, which nobody reads; start that standby" in text


def failed(here: Installation) -> Failed:
    with pytest.raises(Failed) as raised:
        log.log_is_short(here)
    return raised.value
