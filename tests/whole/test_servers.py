"""The servers that the tests use do what the tests believe of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.support import postgres as programs
from tests.support.bouncer import Bouncer
from tests.support.places import ROOT
from tests.support.postgres import Postgres
from tests.support.running import wait_for

# Starts a server, says where its data is, and is killed.
KILLED = """
import sys
from tests.support.postgres import Postgres
server = Postgres(fast=True)
server.start()
print(server.data, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server() -> Iterator[Postgres]:
    """One that the test may stop and kill; it keeps what it committed."""
    with Postgres(max_connections=20) as server:
        yield server


def rows(url: str, sql: str) -> list[tuple]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql).fetchall()


def write(url: str, sql: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(sql)


def test_it_encrypts_and_proves_who_it_is(empty_database: str) -> None:
    assert "sslmode=verify-full" in empty_database
    used = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    assert rows(empty_database, used) == [(True, "TLSv1.3")]


def test_it_has_its_name_and_its_address_in_its_certificate(empty_database: str) -> None:
    assert rows(empty_database.replace("127.0.0.1", "localhost"), "SELECT 1") == [(1,)]


def test_it_asks_for_the_password(empty_database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(empty_database.replace(":secret@", ":wrong@"))


def test_it_gives_a_role_that_owns_its_database_and_nothing_else(empty_database: str) -> None:
    rights = "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication FROM pg_roles"
    assert rows(empty_database, f"{rights} WHERE rolname = current_user") == [(False,) * 4]
    write(empty_database, "CREATE TABLE mine (id bigint)")


def test_it_sorts_text_otherwise_than_its_bytes(empty_database: str) -> None:
    sorted_text = "SELECT x FROM (VALUES ('B'), ('a'), ('ä')) AS t (x) ORDER BY x"
    assert rows(empty_database, sorted_text) == [("a",), ("ä",), ("B",)]
    assert rows(empty_database, f'{sorted_text} COLLATE "C"') == [("B",), ("a",), ("ä",)]
    assert rows(empty_database, "SHOW server_encoding") == [("UTF8",)]


@pytest.mark.parametrize("_", range(2))
def test_it_gives_each_test_an_empty_database(empty_database: str, _: int) -> None:
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert rows(empty_database, tables) == [(0,)]
    write(empty_database, "CREATE TABLE left_behind (id bigint)")


def test_it_copies_a_database(postgres: Postgres) -> None:
    write(postgres.new_database("made"), "CREATE TABLE kept AS SELECT 7 AS id")
    url = postgres.new_database("copy", template="made")
    assert rows(url, "SELECT id FROM kept") == [(7,)]
    write(url, "DROP TABLE kept")
    for name in ("made", "copy"):
        postgres.drop_database(name)


def test_it_syncs_unless_it_is_to_be_fast(server: Postgres, postgres: Postgres) -> None:
    assert server.psql("SHOW fsync") == ["on"]
    assert server.psql("SHOW max_connections") == ["20"]
    assert postgres.psql("SHOW fsync") == ["off"]


@pytest.mark.parametrize("end", ["stop", "stop immediate", "kill"])
def test_it_keeps_what_it_committed_and_its_address(server: Postgres, end: str) -> None:
    url = server.new_database("jobs")
    write(url, "CREATE TABLE kept AS SELECT 7 AS id")
    method, *mode = end.split()
    getattr(server, method)(*mode)
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(url)
    server.start()
    assert rows(url, "SELECT id FROM kept") == [(7,)]


def test_it_dies_at_once_with_open_sessions_and_recovers(server: Postgres) -> None:
    url = server.new_database("jobs")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE begun (id bigint)")
        connection.execute("BEGIN")
        connection.execute("INSERT INTO begun VALUES (1)")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("COMMIT")
    server.start()
    assert rows(url, "SELECT id FROM begun") == []
    assert "automatic recovery in progress" in server.log()


def test_it_restarts_in_one_step(server: Postgres) -> None:
    server.psql("ALTER SYSTEM SET max_connections = 12")
    server.restart()
    assert server.psql("SHOW max_connections") == ["12"]


def test_it_loses_nothing_that_a_synchronous_standby_has(server: Postgres) -> None:
    url = server.new_database("jobs")
    standby = server.standby(synchronous=True)
    write(url, "CREATE TABLE kept AS SELECT 7 AS id")
    server.kill()
    standby.promote()
    both = server.url("jobs", server.port, standby.port)
    assert rows(both, "SELECT id FROM kept") == [(7,)]
    write(both, "INSERT INTO kept VALUES (8)")


def test_it_waits_for_a_synchronous_standby(server: Postgres) -> None:
    url = server.new_database("jobs")
    server.standby(synchronous=True).stop()
    with ThreadPoolExecutor() as pool:
        written = pool.submit(write, url, "CREATE TABLE kept (id bigint)")
        waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        wait_for(lambda: server.psql(f"SELECT 1 {waiting}"))
        assert not written.done()
        server.psql(f"SELECT pg_cancel_backend(pid) {waiting}")
        written.result(30)


def test_it_does_not_wait_for_an_asynchronous_standby(server: Postgres) -> None:
    url = server.new_database("jobs")
    standby = server.standby(synchronous=False)
    standby.stop()
    write(url, "CREATE TABLE kept AS SELECT 7 AS id")
    assert rows(url, "SELECT id FROM kept") == [(7,)]


def test_it_writes_where_writes_are_accepted(server: Postgres) -> None:
    server.new_database("jobs")
    standby = server.standby(synchronous=False)
    both = server.url("jobs", standby.port, server.port)
    assert rows(both, "SELECT pg_is_in_recovery()") == [(False,)]
    alone = standby.url("jobs")
    wait_for(lambda: rows(alone, "SELECT pg_is_in_recovery()") == [(True,)])


def test_it_pools_connections_for_a_transaction_at_a_time(
    empty_database: str, postgres: Postgres
) -> None:
    with Bouncer(postgres) as bouncer:
        url = postgres.url("empty", bouncer.port)
        with psycopg.connect(url) as one, psycopg.connect(url) as other:
            served = []
            for connection in (one, other, one):
                served += connection.execute("SELECT pg_backend_pid()").fetchall()
                connection.commit()
    assert served[0] == served[1] == served[2]


def test_it_ends_with_the_process_of_the_tests() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert process.stdin and process.stdout
    with process.stdin, process.stdout:
        data = Path(process.stdout.readline().strip())
        assert working_in(data)
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_for(lambda: not data.parent.exists())
    assert working_in(data) == []


def working_in(folder: Path) -> list[str]:
    return [p for p in os.listdir("/proc") if p.isdigit() and _cwd(p) == str(folder)]


def _cwd(pid: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def test_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "OLDEST", 99)
    programs.program.cache_clear()  # a failure is not remembered
    with pytest.raises(pytest.fail.Exception, match="apt-get install postgresql"):
        programs.program("initdb")


def test_it_says_that_the_pooler_is_missing(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.bouncer.shutil.which", lambda *_, **__: None)
    with pytest.raises(pytest.fail.Exception, match="apt-get install pgbouncer"), Bouncer(postgres):
        pass
