"""What is said of a PostgreSQL server: what it is, what it lacks, and what a failover loses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from bellhop.base.times import clock_problem
from bellhop.database import condition
from bellhop.database.condition import Condition
from bellhop.database.database import bind_server, database
from tests.support.postgres import PASSWORD, ROLE, Postgres
from tests.support.proxy import Proxy
from tests.support.running import wait_for

Change = Callable[..., None]
RESERVED = 3  # superuser_reserved_connections as it comes


def looked_at(url: str) -> Condition:
    bind_server(url)
    try:
        with database.connection_context():
            return condition.look()
    finally:
        database.close_all()


def warning(found: Condition, begin: str) -> str:
    """The one warning that begins so."""
    (text,) = [text for text in found.warnings if text.startswith(begin)]
    return text


@pytest.fixture(scope="module")
def primary() -> Iterator[Postgres]:
    """A server with a standby and as durable as it comes."""
    with Postgres(max_connections=20) as server:
        server.new_database("bench")
        server.standby(synchronous=False)
        yield server


@pytest.fixture
def change(primary: Postgres) -> Iterator[Change]:
    """Change one setting of the primary for the length of a test."""
    changed = []

    def set(name: str, value: str) -> None:
        changed.append(name)
        primary.psql(f"ALTER SYSTEM SET {name} = '{value}'")
        primary.psql("SELECT pg_reload_conf()")
        wait_for(lambda: primary.psql(f"SHOW {name}") == [value])

    yield set
    for name in changed:
        primary.psql(f"ALTER SYSTEM RESET {name}")
    primary.psql("SELECT pg_reload_conf()")


@pytest.fixture
def monitor(primary: Postgres) -> Iterator[None]:
    """The role of Bellhop can see the standbys."""
    primary.psql(f"GRANT pg_monitor TO {ROLE}")
    yield
    # A commit would wait for a standby that a test made up.
    primary.psql(f"SET synchronous_commit = local; REVOKE pg_monitor FROM {ROLE}")


def url_of(primary: Postgres) -> str:
    return primary.url("bench")


def awaited(primary: Postgres, state: str) -> None:
    wait_for(lambda: primary.psql("SELECT sync_state FROM pg_stat_replication") == [state])


# What it is.


def test_it_names_the_version_of_the_server(postgres: Postgres, empty_database: str) -> None:
    (version,) = postgres.psql("SHOW server_version")
    assert looked_at(empty_database).version == version.partition(" ")[0]


def test_it_says_that_a_connection_is_encrypted(empty_database: str) -> None:
    assert looked_at(empty_database).encryption == "TLSv1.3"


def test_it_warns_of_a_connection_over_a_network_without_encryption(
    postgres: Postgres, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.url("empty", tls=False)
    assert not [text for text in looked_at(url).warnings if "encrypted" in text]
    ask = condition.named  # type: ignore[attr-defined]

    def elsewhere(sql: str) -> list[dict[str, Any]]:
        changed = {"is_local": False} if sql == condition.SERVER else {}
        return [{**row, **changed} for row in ask(sql)]

    monkeypatch.setattr(condition, "named", elsewhere)
    assert "sslmode=verify-full" in warning(looked_at(url), "the connection is not encrypted")


def test_it_counts_the_free_connections(primary: Postgres) -> None:
    alone = looked_at(url_of(primary)).free_connections
    assert alone == 20 - RESERVED - 1
    with psycopg.connect(url_of(primary)), psycopg.connect(url_of(primary)):
        wait_for(lambda: looked_at(url_of(primary)).free_connections == alone - 2)


@pytest.mark.parametrize("limited", [f"ROLE {ROLE}", "DATABASE bench"])
def test_it_counts_no_more_connections_than_the_role_and_the_database_may_have(
    primary: Postgres, limited: str
) -> None:
    primary.psql(f"ALTER {limited} CONNECTION LIMIT 4")
    try:
        found = looked_at(url_of(primary))
    finally:
        primary.psql(f"ALTER {limited} CONNECTION LIMIT -1")
    assert found.free_connections == 3
    assert "max_connections" in warning(found, "3 connections are free")


def test_it_warns_of_a_long_way_to_the_server(postgres: Postgres, empty_database: str) -> None:
    with Proxy(postgres.port) as proxy:
        url = postgres.url("empty", proxy.port)
        near = looked_at(url)
        proxy.delay_s = 0.004
        far = looked_at(url)
    assert near.round_trip_ms < far.round_trip_ms
    assert "closer to the server" in warning(far, "a round trip takes")


@pytest.mark.parametrize(("ahead_s", "way"), [(-3, "behind"), (3, "ahead of")])
def test_it_warns_when_the_clocks_differ(
    empty_database: str, monkeypatch: pytest.MonkeyPatch, ahead_s: float, way: str
) -> None:
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + ahead_s)
    said = warning(looked_at(empty_database), f"the clock of this machine is 3.0 s {way}")
    assert said == clock_problem()


@pytest.mark.parametrize("ahead_s", [-0.5, 0.5])
def test_it_does_not_mind_clocks_that_differ_by_little(
    empty_database: str, monkeypatch: pytest.MonkeyPatch, ahead_s: float
) -> None:
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + ahead_s)
    assert not [text for text in looked_at(empty_database).warnings if "clock" in text]


# What it loses.


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_it_warns_of_a_server_that_a_power_cut_can_destroy(
    empty_database: str, setting: str
) -> None:
    assert "power cut" in warning(looked_at(empty_database), f"{setting} is off")


def test_it_has_no_warning_of_a_server_as_it_comes(primary: Postgres) -> None:
    found = looked_at(url_of(primary))
    assert [text for text in found.warnings if "asynchronous" not in text] == []


@pytest.mark.parametrize("level", condition.LOSSES)
@pytest.mark.parametrize("whose", [f"ROLE {ROLE}", "DATABASE empty"])
def test_it_warns_of_commits_that_are_not_waited_for(
    postgres: Postgres, empty_database: str, whose: str, level: str
) -> None:
    postgres.psql(f"ALTER {whose} SET synchronous_commit = {level}")
    try:
        found = looked_at(empty_database)
    finally:
        postgres.psql(f"ALTER {whose} RESET synchronous_commit")
    assert "loses accepted jobs" in warning(found, f"synchronous_commit is {level}")


@pytest.mark.parametrize("level", ["on", "remote_apply"])
def test_it_does_not_mind_commits_that_are_safe(
    postgres: Postgres, empty_database: str, level: str
) -> None:
    postgres.psql(f"ALTER DATABASE empty SET synchronous_commit = {level}")
    assert not [t for t in looked_at(empty_database).warnings if "synchronous_commit" in t]


# Which standbys it has.


def test_it_says_that_there_is_no_standby(empty_database: str) -> None:
    found = looked_at(empty_database)
    assert (found.standby, found.standbys) == ("none", [])


def test_it_warns_of_an_asynchronous_standby_also_without_rights(primary: Postgres) -> None:
    found = looked_at(url_of(primary))
    assert found.standby == "asynchronous"
    assert "loses accepted jobs" in warning(found, "the standby is asynchronous")


def test_it_names_an_asynchronous_standby(primary: Postgres, monitor: None) -> None:
    found = looked_at(url_of(primary))
    assert (found.standby, len(found.standbys)) == ("asynchronous", 1)


def test_it_says_which_right_it_lacks_to_see_a_synchronous_standby(
    primary: Postgres, change: Change
) -> None:
    change("synchronous_standby_names", "*")
    awaited(primary, "sync")
    found = looked_at(url_of(primary))
    assert found.standby == "unknown"
    assert f'GRANT pg_monitor TO "{ROLE}"' in warning(found, "this role cannot see")


def test_it_names_a_synchronous_standby(primary: Postgres, change: Change, monitor: None) -> None:
    change("synchronous_standby_names", "*")
    awaited(primary, "sync")
    found = looked_at(url_of(primary))
    assert (found.standby, len(found.standbys)) == ("synchronous", 1)
    assert (found.warnings, found.problems) == ([], [])


def test_it_names_a_quorum(primary: Postgres, change: Change, monitor: None) -> None:
    change("synchronous_standby_names", "ANY 1 (*)")
    awaited(primary, "quorum")
    found = looked_at(url_of(primary))
    assert (found.standby, len(found.standbys)) == ("quorum", 1)


@pytest.mark.parametrize("names", ["another", "FIRST 2 (*)", "ANY 2 (*)", "2 (*)"])
def test_it_says_that_commits_wait_for_a_standby_that_is_not_there(
    primary: Postgres, change: Change, monitor: None, names: str
) -> None:
    change("synchronous_standby_names", names)
    wanted = "async" if names == "another" else "quorum" if "ANY" in names else "sync"
    awaited(primary, wanted)
    found = looked_at(url_of(primary))
    assert found.standby == "missing"
    (said,) = found.problems
    assert f"synchronous_standby_names is {names}" in said
    assert "every write waits" in said


def test_it_shows_no_password(empty_database: str) -> None:
    assert PASSWORD not in repr(looked_at(empty_database))
