"""What a person who runs Bellhop on PostgreSQL sees, and what it costs the server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bellhop.web.site import THREADS
from tests.support.postgres import PASSWORD, Postgres
from tests.support.running import Running, running

# The server's own processes, such as those of autovacuum, are there as well.
HELD = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = 'empty' AND backend_type = 'client backend'"""
# The threads of the web and the one that knows its job types, the keeper, the bell, the beats, and
# the one that looks after the consumer.
OTHERS = THREADS + 5
MOST_CLIENTS = 24


@pytest.fixture
def bellhop(tmp_path: Path, empty_database: str) -> Iterator[Running]:
    with running(tmp_path, BELLHOP_STORAGE_DATABASE=empty_database) as made:
        yield made


def test_it_checks_the_server_when_nothing_runs(bellhop: Running) -> None:
    done = bellhop.run("check", limit_s=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok      database: PostgreSQL 1" in done.stdout
    assert "TLSv1.3" in done.stdout
    assert "\nWARNING database: fsync is off" in done.stdout
    assert PASSWORD not in done.stdout + done.stderr


def test_it_fails_the_check_when_the_server_cannot_be_used(bellhop: Running) -> None:
    bellhop.serve()
    bellhop.environment["BELLHOP_STORAGE_DATABASE"] = bellhop.environment[
        "BELLHOP_STORAGE_DATABASE"
    ].replace(PASSWORD, "wrong")
    bellhop.environment["BELLHOP_URL"] = bellhop.url
    done = bellhop.run("check", limit_s=60)
    assert done.returncode == 1
    assert "FAILED  database: PostgreSQL at 127.0.0.1" in done.stdout
    assert "check the user and the password" in done.stdout


def test_it_shows_a_monitor_what_check_says(bellhop: Running) -> None:
    bellhop.serve()
    shown = bellhop.client().get("/api/v1/monitoring/health")["postgresql"]
    assert shown["address"].startswith("127.0.0.1:")
    assert (shown["encryption"], shown["standby"]) == ("TLSv1.3", "none")
    assert any(text.startswith("fsync is off") for text in shown["warnings"])
    assert PASSWORD not in str(shown)


@pytest.mark.parametrize("workers", [3, 8])
def test_it_holds_one_connection_for_each_worker_and_thirteen_more(
    tmp_path: Path, empty_database: str, postgres: Postgres, workers: int
) -> None:
    settings = {"BELLHOP_QUEUE_PARSING_WORKERS": str(workers)}
    most = 0
    with running(tmp_path, BELLHOP_STORAGE_DATABASE=empty_database, **settings) as bellhop:
        bellhop.serve()
        queues = bellhop.client().get("/api/v1/monitoring/queues")["queues"]
        jobs = [bellhop.texts(*map(str, range(40)))["job_id"] for _ in range(4)]
        with ThreadPoolExecutor(MOST_CLIENTS) as clients:
            answers = [clients.submit(bellhop.final, job) for job in jobs * MOST_CLIENTS]
            while not all(answer.done() for answer in answers):
                most = max(most, int(postgres.psql(HELD)[0]))
        assert {answer.result()["status"] for answer in answers} == {"completed"}
    every = sum(queue["workers"] for queue in queues)
    print(f"connections: {most} with {every} workers")
    assert most <= every + OTHERS
