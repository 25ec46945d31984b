"""Connections to PostgreSQL that are cut, silent or lost, and commits that nobody answers."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import psycopg.waiting
import pytest
from psycopg.pq import TransactionStatus

from bellhop.base.errors import StartRefused
from bellhop.database import connection, postgresql
from bellhop.database import database as interface
from bellhop.database.database import (
    bind_server,
    certain,
    database,
    is_busy,
    is_unavailable,
    own_part,
    query,
    refusing,
    waited_out,
    will_pass,
)
from bellhop.database.faults import InDoubt
from bellhop.storage.models import Counter
from tests.support.postgres import Postgres, unused_port
from tests.support.proxy import Proxy

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
# A writer that was cut off keeps the others waiting for no longer.
MOST_HELD_UP_S = 6.0
COUNT = "UPDATE counter SET value = value + 1 WHERE name = 'change' RETURNING value"


@pytest.fixture
def proxy(rows: str, postgres: Postgres) -> Iterator[Proxy]:
    with Proxy(postgres.port) as proxy:
        bind_server(postgres.url("tables", proxy.port, tls=False))
        yield proxy
        proxy.heal()
        database.close_all()


def counted() -> int:
    return int(query("SELECT value FROM counter WHERE name = 'change'")[0][0])


def is_counted() -> bool:
    return counted() == 1


def held() -> Any:
    return database.obj.connection()


def rest(count: int) -> list[Any]:
    """So many connections that rest, of threads that have ended."""
    barrier, found = threading.Barrier(count), []

    def use() -> None:
        found.append(held())
        query("SELECT 1")
        barrier.wait()
        database.close()

    threads = [threading.Thread(target=use) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_it_makes_a_new_connection_for_one_that_ended_while_it_rested(proxy: Proxy) -> None:
    query("SELECT 1")
    proxy.reset()
    assert query("SELECT 2") == [(2,)]


def test_it_writes_over_a_new_connection_for_one_that_ended_while_it_rested(proxy: Proxy) -> None:
    query("SELECT 1")
    proxy.reset()
    with database.atomic():
        query(COUNT)
    assert counted() == 1


def test_it_drops_all_that_rest_when_one_is_lost(proxy: Proxy) -> None:
    query("SELECT 1")
    resting = rest(3)
    proxy.swallow_commit_answer()
    with pytest.raises(InDoubt), database.atomic():
        query(COUNT)
    assert all(connection.closed for connection in resting)


def test_it_uses_no_connection_again_that_can_only_read(proxy: Proxy, postgres: Postgres) -> None:
    query("SET default_transaction_read_only = on")
    with pytest.raises(psycopg.Error) as refused, database.atomic():
        query(COUNT)
    assert is_unavailable(refused.value)
    with database.atomic():
        query(COUNT)
    assert counted() == 1


def test_it_makes_no_second_connection_inside_a_transaction(proxy: Proxy) -> None:
    """What was written before would be missing, and what follows be committed without it."""
    with pytest.raises(psycopg.Error) as lost, database.atomic():
        query(COUNT)
        proxy.reset()
        with contextlib.suppress(psycopg.Error):
            query(COUNT)
        query(COUNT)
    assert will_pass(lost.value)
    assert counted() == 0


def test_it_commits_nothing_over_another_connection(proxy: Proxy) -> None:
    with pytest.raises(InDoubt), database.atomic():
        query(COUNT)
        proxy.reset()
    assert counted() == 0


def test_it_calls_no_commit_a_success_after_a_statement_failed(proxy: Proxy) -> None:
    with pytest.raises(psycopg.errors.InFailedSqlTransaction), database.atomic():
        query(COUNT)
        with contextlib.suppress(psycopg.Error):
            query("SELECT 1/0")
    assert counted() == 0
    assert held().pgconn.transaction_status == TransactionStatus.IDLE


def test_it_says_of_a_lost_commit_that_it_is_in_doubt(proxy: Proxy) -> None:
    proxy.swallow_commit_answer()
    with pytest.raises(InDoubt) as doubt, database.atomic():
        query(COUNT)
    assert is_unavailable(doubt.value) and will_pass(doubt.value)
    assert counted() == 1


def test_it_knows_of_a_commit_that_was_made_and_not_answered(proxy: Proxy) -> None:
    proxy.swallow_commit_answer()
    with certain(is_counted), database.atomic():
        query(COUNT)
    assert proxy.swallowed == 1


def test_it_knows_of_a_commit_that_never_arrived(proxy: Proxy) -> None:
    with pytest.raises(psycopg.Error), certain(is_counted), database.atomic():
        query(COUNT)
        proxy.reset()


@pytest.mark.parametrize("is_made", [True, False])
def test_it_looks_for_a_commit_when_it_cannot_be_made_any_more(rows: str, is_made: bool) -> None:
    """The COMMIT may still be on its way when the connection is lost."""
    with connection.connect(rows) as other:
        other.execute(postgresql.BEGIN, prepare=False)
        other.execute(COUNT)
        thread = threading.Timer(0.3, other.commit if is_made else other.rollback)
        thread.start()
        found = contextlib.nullcontext() if is_made else pytest.raises(psycopg.OperationalError)
        with found, certain(is_counted):
            raise InDoubt(psycopg.OperationalError("lost"), "lost")
        thread.join()
    assert counted() == is_made


def test_it_says_that_nobody_can_tell(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interface, "LOOK_FOR_S", 0.3)
    with pytest.raises(InDoubt), certain(is_counted), database.atomic():
        query(COUNT)
        proxy.server_port = unused_port()
        proxy.reset()


def test_it_holds_up_no_writer_for_long_when_one_is_cut_off(
    proxy: Proxy, postgres: Postgres, tables: str
) -> None:
    with pytest.raises(psycopg.Error), database.atomic():
        query(COUNT)
        proxy.cut()
        began = time.monotonic()
        with connection.connect(tables) as other:
            other.execute(postgresql.BEGIN, prepare=False)
            assert time.monotonic() - began < MOST_HELD_UP_S
            other.rollback()
        proxy.heal()
        query(COUNT)
    assert counted() == 0


def test_it_gives_up_to_wait_for_another_writer(
    proxy: Proxy, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = connection.connect
    options = {**connection.OPTIONS, "lock_timeout": "100ms"}
    monkeypatch.setattr(postgresql, "connect", partial(connect, options=options))
    with connect(tables) as other:
        other.execute(postgresql.BEGIN, prepare=False)
        with pytest.raises(psycopg.Error) as busy, database.atomic():
            query(COUNT)
        other.rollback()
    assert is_busy(busy.value)


def test_it_ends_a_statement_that_takes_too_long(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {**connection.OPTIONS, "statement_timeout": "100ms"}
    monkeypatch.setattr(postgresql, "connect", partial(connection.connect, options=options))
    with pytest.raises(psycopg.Error) as slow:
        query("SELECT pg_sleep(5)")
    assert is_busy(slow.value)


def test_it_waits_for_no_answer_that_does_not_come(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine between the two may keep a connection open whose server is gone."""
    monkeypatch.setattr(connection, "ANSWER_S", 0.3)
    query("SELECT 1")
    proxy.cut()
    with pytest.raises(psycopg.Error) as silent:
        query("SELECT 1")
    assert is_unavailable(silent.value)
    proxy.heal()
    assert query("SELECT 2") == [(2,)]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Each wait for an answer that did not come."""
    monkeypatch.setattr(connection, "ANSWER_S", 0.3)
    found, wait = list[Exception](), psycopg.waiting.wait

    def waiting(*arguments: Any, **options: Any) -> Any:
        try:
            return wait(*arguments, **options)
        except psycopg.OperationalError as error:
            found.extend([error] if "timeout" in str(error) else [])
            raise

    monkeypatch.setattr(psycopg.waiting, "wait", waiting)
    return found


def test_it_waits_once_for_the_answer_to_a_commit(proxy: Proxy, waits: list[Exception]) -> None:
    with pytest.raises(InDoubt), database.atomic():
        query(COUNT)
        query("UPDATE counter SET value = value + 1 WHERE name = 'change'")
        proxy.cut()
    assert len(waits) == 1


def test_it_uses_no_connection_again_that_did_not_answer_a_part(
    proxy: Proxy, waits: list[Exception]
) -> None:
    with pytest.raises(psycopg.OperationalError), database.atomic(), own_part():
        query(COUNT)
        query("UPDATE counter SET value = value + 1 WHERE name = 'change'")
        proxy.cut()
    assert len(waits) == 1
    proxy.heal()
    with database.atomic():
        query(COUNT)
    assert counted() == 1


def test_it_waits_for_no_connection_that_does_not_come(proxy: Proxy) -> None:
    proxy.cut()
    began = time.monotonic()
    with pytest.raises(Exception) as silent:
        query("SELECT 1")
    assert is_unavailable(silent.value)
    assert time.monotonic() - began < connection.CONNECT_S + 1


def test_it_says_the_same_to_who_asks_through_a_model(proxy: Proxy) -> None:
    """peewee wraps its own error there: no connection can be made for a statement."""
    database.close_all()
    proxy.server_port = unused_port()
    proxy.reset()
    with pytest.raises(Exception) as away:
        Counter.get_or_none(Counter.name == "change")
    assert is_unavailable(away.value) and will_pass(away.value)
    assert "PostgreSQL: it cannot be reached now" in interface.reason_of(away.value)


def test_it_asks_the_next_host_where_one_does_not_answer(proxy: Proxy, postgres: Postgres) -> None:
    proxy.cut()
    ports = (unused_port(), proxy.port, postgres.port)
    bind_server(postgres.url("tables", *ports, tls=False))
    assert query("SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    "name, wanted",
    [
        ("lock_timeout", "20s"),
        ("statement_timeout", "30s"),
        ("idle_in_transaction_session_timeout", "5s"),
        ("tcp_user_timeout", "2500"),
        ("tcp_keepalives_idle", "1"),
        ("synchronous_commit", "on"),
    ],
)
def test_it_sets_on_the_server(rows: str, name: str, wanted: str) -> None:
    assert query(f"SHOW {name}") == [(wanted,)]


@pytest.mark.parametrize(
    "option, wanted",
    [
        (socket.TCP_USER_TIMEOUT, 10_000),
        (socket.TCP_KEEPIDLE, 5),
        (socket.TCP_KEEPINTVL, 2),
        (socket.TCP_KEEPCNT, 3),
    ],
)
def test_it_sets_on_its_side(rows: str, option: int, wanted: int) -> None:
    with socket.fromfd(held().fileno(), socket.AF_INET, socket.SOCK_STREAM) as ours:
        assert ours.getsockopt(socket.IPPROTO_TCP, option) == wanted


def test_it_lets_who_moves_all_rows_read_them_slowly(rows: str) -> None:
    with database.moving():
        assert query("SHOW tcp_user_timeout") == [("0",)]
    assert query("SHOW tcp_user_timeout") == [("2500",)]


def test_it_lets_only_what_is_fleeting_be_forgotten(rows: str) -> None:
    shown = []
    for transaction in (database.fleeting, database.atomic):
        with transaction():
            shown += query("SHOW synchronous_commit")
    assert shown == [("off",), ("on",)]


def test_it_waits_a_database_out_and_says_so_once(
    proxy: Proxy,
    postgres: Postgres,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(interface, "AGAIN_S", 0.02)
    query("SELECT 1")
    proxy.server_port = unused_port()
    proxy.reset()
    tries = []

    def look() -> int:
        tries.append(1)
        if len(tries) == 3:
            proxy.server_port = postgres.port
        return counted()

    assert waited_out(look, "the test") == 0
    waits, goes_on = caplog.messages
    assert waits.startswith("the test waits: the database is not available (")
    assert goes_on.startswith("the test continues")


def test_it_ends_a_command_with_one_line(proxy: Proxy) -> None:
    proxy.server_port = unused_port()
    with pytest.raises(StartRefused) as refused, refusing():
        query("SELECT 1")
    said = str(refused.value)
    assert said.startswith("the database is not available (") and "\n" not in said
    assert "secret" not in said


def test_it_comes_back_when_sessions_are_ended(rows: str, postgres: Postgres) -> None:
    query("SELECT 1")
    ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'tables'"
    postgres.psql(ended)
    assert query("SELECT 1") == [(1,)]


def test_it_ends_each_block_of_a_connection_that_was_lost_in_it(proxy: Proxy) -> None:
    with database.connection_context():
        with database.connection_context():
            query("SELECT 1")
            proxy.reset()
            query("SELECT 1")
        assert not database.is_closed()
        query("SELECT 1")
    assert database.is_closed()
