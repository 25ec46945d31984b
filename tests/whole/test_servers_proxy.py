"""The network of the tests cuts, delays and breaks exactly what it is told to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import psycopg
import pytest

from tests.support.postgres import Postgres
from tests.support.proxy import Direction, Proxy
from tests.support.running import wait_for

SOON_S = 0.4  # what has not arrived by then does not arrive


@pytest.fixture
def proxy(postgres: Postgres) -> Iterator[Proxy]:
    with Proxy(postgres.port) as proxy:
        yield proxy


@pytest.fixture
def plain(empty_database: str, postgres: Postgres, proxy: Proxy) -> str:
    """The URL of an empty database behind the proxy, without TLS, with the table `kept`."""
    postgres.psql("CREATE TABLE kept (id bigint); GRANT ALL ON kept TO PUBLIC", "empty")
    return postgres.url("empty", proxy.port, tls=False)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def kept(postgres: Postgres) -> list[str]:
    return postgres.psql("SELECT id FROM kept ORDER BY id", "empty")


@pytest.mark.parametrize("tls", [True, False])
def test_it_forwards(empty_database: str, postgres: Postgres, proxy: Proxy, tls: bool) -> None:
    with psycopg.connect(postgres.url("empty", proxy.port, tls=tls)) as connection:
        text = "ä" * 3_000_000
        assert connection.execute("SELECT %s", (text,)).fetchone() == (text,)


def test_it_ends_a_connection_with_its_client(plain: str, postgres: Postgres) -> None:
    psycopg.connect(plain).close()
    others = "SELECT 1 FROM pg_stat_activity WHERE datname = 'empty' AND pid <> pg_backend_pid()"
    wait_for(lambda: not postgres.psql(others))


def test_it_ends_a_connection_with_its_server(plain: str, postgres: Postgres) -> None:
    with psycopg.connect(plain) as connection:
        connection.execute("SELECT 1")
        postgres.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                      "WHERE datname = 'empty' AND pid <> pg_backend_pid()")  # fmt: skip
        with pytest.raises(psycopg.errors.AdminShutdown):
            connection.execute("SELECT 1")


def test_it_refuses_what_the_server_refuses(plain: str, proxy: Proxy) -> None:
    proxy.server_port = 1
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(plain)


@pytest.mark.parametrize("way", ["both", "to server", "to client"])
def test_it_holds_back_what_is_sent_until_it_heals(
    plain: str, proxy: Proxy, pool: ThreadPoolExecutor, way: Literal["both"] | Direction
) -> None:
    with psycopg.connect(plain, autocommit=True) as connection:
        proxy.cut() if way == "both" else proxy.cut_one_way(way)
        answer = pool.submit(connection.execute, "SELECT 7")
        time.sleep(SOON_S)
        assert not answer.done()
        proxy.heal()
        assert answer.result(10).fetchone() == (7,)


@pytest.mark.parametrize(("way", "arrived"), [("to server", []), ("to client", ["7"])])
def test_it_cuts_one_way(
    plain: str,
    proxy: Proxy,
    postgres: Postgres,
    pool: ThreadPoolExecutor,
    way: Direction,
    arrived: list[str],
) -> None:
    with psycopg.connect(plain, autocommit=True) as connection:
        proxy.cut_one_way(way)
        answer = pool.submit(connection.execute, "INSERT INTO kept VALUES (7)")
        time.sleep(SOON_S)
        assert kept(postgres) == arrived
        proxy.heal()
        answer.result(10)


def test_it_lets_new_connections_wait_while_cut(plain: str, proxy: Proxy) -> None:
    proxy.cut()
    with pytest.raises(psycopg.errors.ConnectionTimeout):
        psycopg.connect(plain, connect_timeout=2)
    proxy.heal()
    psycopg.connect(plain).close()


def test_it_hides_the_death_of_the_server_while_cut(
    plain: str, proxy: Proxy, postgres: Postgres, pool: ThreadPoolExecutor
) -> None:
    with psycopg.connect(plain, autocommit=True) as connection:
        proxy.cut()
        postgres.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                      "WHERE datname = 'empty' AND pid <> pg_backend_pid()")  # fmt: skip
        answer = pool.submit(connection.execute, "SELECT 7")
        time.sleep(SOON_S)
        assert not answer.done()
        proxy.heal()
        with pytest.raises(psycopg.OperationalError):
            answer.result(10)


def test_it_resets_both_sides(plain: str, proxy: Proxy, postgres: Postgres) -> None:
    with psycopg.connect(plain) as connection:
        connection.execute("INSERT INTO kept VALUES (7)")
        seen = len(postgres.log())
        proxy.reset()
        with pytest.raises(psycopg.OperationalError, match=r"reset by peer|closed the connection"):
            connection.execute("SELECT 1")
    wait_for(lambda: "Connection reset by peer" in postgres.log()[seen:])
    psycopg.connect(plain).close()


def test_it_resets_a_connection_that_waits(
    plain: str, proxy: Proxy, pool: ThreadPoolExecutor
) -> None:
    with psycopg.connect(plain) as connection:
        answer = pool.submit(connection.execute, "SELECT pg_sleep(60)")
        time.sleep(SOON_S)
        proxy.reset()
        with pytest.raises(psycopg.OperationalError):
            answer.result(10)


def test_it_delays_each_way(plain: str, proxy: Proxy) -> None:
    with psycopg.connect(plain, autocommit=True) as connection:
        proxy.delay_s = 0.15
        start = time.monotonic()
        connection.execute("SELECT 1")
        assert time.monotonic() - start >= 0.3


def simple(connection: psycopg.Connection) -> None:
    connection.commit()


def several(connection: psycopg.Connection) -> None:
    connection.execute("SELECT 'a; commit'; /* ; COMMIT */ INSERT INTO kept VALUES (8); end")


def extended(connection: psycopg.Connection) -> None:
    connection.execute("COMMIT", binary=True)


def prepared(connection: psycopg.Connection) -> None:
    connection.execute("commit work", prepare=True)


def pipelined(connection: psycopg.Connection) -> None:
    with connection.pipeline():
        connection.execute("INSERT INTO kept VALUES (%s)", (8,))
        connection.commit()


@pytest.mark.parametrize("commit", [simple, several, extended, prepared, pipelined])
def test_it_loses_the_answer_to_a_commit(
    plain: str, proxy: Proxy, postgres: Postgres, commit: object
) -> None:
    assert callable(commit)
    with psycopg.connect(plain) as connection:
        connection.execute("INSERT INTO kept VALUES (7)")
        proxy.swallow_commit_answer()
        with pytest.raises(psycopg.OperationalError):
            commit(connection)
    assert proxy.swallowed == 1
    assert kept(postgres)[0] == "7"


def test_it_loses_the_answer_to_the_commit_that_it_is_told(plain: str, proxy: Proxy) -> None:
    proxy.swallow_commit_answer(3)
    with psycopg.connect(plain) as connection:
        for _ in range(2):
            connection.execute("SELECT 'COMMIT'")
            connection.commit()
        connection.execute("INSERT INTO kept VALUES (7)")
        connection.rollback()
        connection.execute("SELECT 1")
        assert proxy.swallowed == 0
        with pytest.raises(psycopg.OperationalError):
            connection.commit()
    with psycopg.connect(plain) as connection:
        connection.execute("SELECT 1")
        connection.commit()
    assert proxy.swallowed == 1


def test_it_loses_the_answer_to_a_commit_that_fails(
    plain: str, proxy: Proxy, postgres: Postgres
) -> None:
    unique = "ALTER TABLE kept ADD UNIQUE (id) DEFERRABLE INITIALLY DEFERRED"
    postgres.psql(unique, "empty")
    with psycopg.connect(plain) as connection:
        connection.execute("INSERT INTO kept VALUES (7), (7)")
        proxy.swallow_commit_answer()
        with pytest.raises(psycopg.OperationalError) as failed:
            connection.commit()
        assert not isinstance(failed.value, psycopg.errors.UniqueViolation)
    assert (proxy.swallowed, kept(postgres)) == (1, [])


def test_it_is_silent_after_a_lost_answer(
    plain: str, proxy: Proxy, postgres: Postgres, pool: ThreadPoolExecutor
) -> None:
    with psycopg.connect(plain) as connection:
        connection.execute("INSERT INTO kept VALUES (7)")
        proxy.swallow_commit_answer(then="silence")
        answer = pool.submit(connection.commit)
        wait_for(lambda: proxy.swallowed)
        psycopg.connect(plain).close()  # others are served
        assert kept(postgres) == ["7"]
        assert not answer.done()
        proxy.heal()
        with pytest.raises(psycopg.OperationalError):
            answer.result(10)


def test_it_moves_an_address_to_another_server(plain: str, proxy: Proxy) -> None:
    with Postgres(fast=True) as other:
        other.new_database("empty")
        proxy.server_port = other.port
        with psycopg.connect(plain) as connection:
            found = connection.execute("SELECT inet_server_port()").fetchone()
        assert found == (other.port,)
