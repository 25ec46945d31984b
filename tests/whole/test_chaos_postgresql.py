"""A short storm on PostgreSQL: the promises hold while it fails, with all that uses it.

The long one, with the figures of the promises, is `make chaos ROWS=postgresql`. The second half
shows that what it does to PostgreSQL is what it says, and that what it counts is what there was.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.support.running import wait_for
from tests.whole.chaos.cluster import IN_STEP, NAME, Cluster
from tests.whole.chaos.run import Plan, run
from tests.whole.chaos.storm import KILLS, OF_DATABASE

ITEMS, SEED, PAUSE_S, CUTS_S, LOOK_PAUSE_S = 200, 1, (0.3, 1.0), (1, 2), (0.1, 0.4)
# Ceilings for a busy machine; the long run holds the figures to their bars.
FIRST_CLAIM_LIMIT_S = RECOVERY_LIMIT_S = 10.0


def test_it_keeps_every_promise_while_the_database_fails(tmp_path: Path) -> None:
    faults = len(KILLS) + len(OF_DATABASE)  # each once
    plan = Plan("postgresql", ITEMS, faults, SEED, PAUSE_S, CUTS_S, RECOVERY_LIMIT_S, LOOK_PAUSE_S)
    verdict = run(plan, tmp_path)
    assert not verdict.findings, "\n".join(verdict.findings)
    figures = verdict.figures
    assert figures.database and {*figures.kills} == {*KILLS, *OF_DATABASE}, figures.table()
    assert not any(count for _, count in figures.counted()), figures.table()
    assert not figures.database.after_promotion.p99 > FIRST_CLAIM_LIMIT_S, figures.table()
    assert not figures.database.after_restart.p99 > FIRST_CLAIM_LIMIT_S, figures.table()


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    with Cluster() as cluster:
        cluster.primary.psql("CREATE TABLE kept (id bigint); GRANT ALL ON kept TO PUBLIC", NAME)
        yield cluster


@pytest.fixture
def cluster(running: Cluster) -> Iterator[Cluster]:
    """A cluster in order, without rows."""
    running.mend()
    running.primary.psql("TRUNCATE kept", NAME)
    yield running


def insert(cluster: Cluster, number: int) -> None:
    with psycopg.connect(f"{cluster.url}&application_name=bellhop") as connection:
        connection.execute("INSERT INTO kept VALUES (%s)", (number,))


def kept(cluster: Cluster) -> list[str]:
    return cluster.primary.psql("SELECT id FROM kept ORDER BY id", NAME)


def test_it_reaches_the_primary_by_tls(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url) as connection:
        sql = "SELECT ssl, NOT pg_is_in_recovery() FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert connection.execute(sql).fetchall() == [(True, True)]


@pytest.mark.parametrize("is_planned", [True, False])
def test_it_promotes_a_standby_that_has_all(cluster: Cluster, is_planned: bool) -> None:
    before = cluster.primary
    insert(cluster, 1)
    cluster.promote(is_planned=is_planned)
    insert(cluster, 2)
    cluster.mend()
    assert kept(cluster) == ["1", "2"]
    assert (cluster.standby, cluster.primary.psql(IN_STEP)) == (before, ["1"])


def test_it_loses_the_answer_to_a_commit(cluster: Cluster) -> None:
    before = cluster.swallowed
    with ThreadPoolExecutor() as pool:
        lost = pool.submit(cluster.swallow_commits)
        with psycopg.connect(cluster.url) as connection, pytest.raises(psycopg.OperationalError):
            number = 0
            while True:
                number += 1
                connection.execute("INSERT INTO kept VALUES (%s)", (number,))
                connection.commit()
        lost.result()
    assert cluster.swallowed == before + 1
    assert kept(cluster)[-1:] and str(number) in kept(cluster)


def test_it_cuts_the_network_for_a_while(cluster: Cluster) -> None:
    with ThreadPoolExecutor() as pool, psycopg.connect(cluster.url) as connection:
        cut = pool.submit(cluster.cut, 1)
        wait_for(lambda: cluster.is_cut)
        connection.execute("SELECT 1")
        assert not cluster.is_cut
        cut.result()


def test_it_ends_every_session_with_one(cluster: Cluster) -> None:
    with psycopg.connect(f"{cluster.url}&application_name=bellhop") as connection:
        cluster.kill_session()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    insert(cluster, 1)


def test_it_counts_a_deadlock_also_after_a_crash(cluster: Cluster) -> None:
    before = cluster.deadlocks()
    insert(cluster, 1)
    insert(cluster, 2)
    update = "UPDATE kept SET id = id WHERE id = %s"
    with (
        ThreadPoolExecutor() as pool,
        psycopg.connect(cluster.url) as one,
        psycopg.connect(cluster.url) as other,
    ):
        one.execute(update, (1,))
        other.execute(update, (2,))
        waiting = pool.submit(one.execute, update, (2,))
        with contextlib.suppress(psycopg.errors.DeadlockDetected):
            other.execute(update, (1,))
        other.rollback()
        with contextlib.suppress(psycopg.errors.DeadlockDetected):
            waiting.result()
    cluster.kill(0)
    assert cluster.deadlocks() == before + 1
