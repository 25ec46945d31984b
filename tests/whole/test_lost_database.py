"""Bellhop on a PostgreSQL that ends and starts again under it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bellhop.client import RequestFailed
from tests.support.postgres import Postgres
from tests.support.running import Running, running, wait_for

# How soon an item is claimed and done once the database is there again: a ceiling for a busy
# machine, as the storm holds the figure to its bar.
FIRST_CLAIM_LIMIT_S = 10.0


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture
def bellhop(server: Postgres, tmp_path: Path) -> Iterator[Running]:
    url = server.new_database("lost")
    with running(tmp_path, BELLHOP_STORAGE_DATABASE=url) as bellhop:
        bellhop.serve()
        yield bellhop
    server.drop_database("lost")


def end(server: Postgres, how: str) -> None:
    server.kill() if how == "killed" else server.stop(how)


@pytest.mark.parametrize("how", ["fast", "immediate", "killed"])
def test_it_survives_a_server_that_ends_and_starts_again(
    bellhop: Running, server: Postgres, how: str
) -> None:
    job = bellhop.texts("a", type="slow", seconds=2)["job_id"]
    wait_for(lambda: bellhop.client().job(job)["status"] == "running")
    end(server, how)
    for ask in (lambda: bellhop.texts(), lambda: bellhop.client().get("/ready")):
        with pytest.raises(RequestFailed) as refused:
            ask()
        assert (refused.value.status, refused.value.code) == (503, "database-unavailable")
    time.sleep(2.5)  # the item ends meanwhile
    server.start()
    began = time.monotonic()
    wait_for(bellhop.is_ready)
    next_job = bellhop.texts("next")["job_id"]
    assert bellhop.final(next_job)["status"] == "completed"
    assert time.monotonic() - began < FIRST_CLAIM_LIMIT_S
    done = bellhop.final(job)
    assert (done["status"], done["attempt"]) == ("completed", 1)
    assert bellhop.query("SELECT max(attempt), max(interruptions) FROM item") == [(1, 0)]
    assert "Traceback" not in bellhop.log()
