"""`move-to` with real processes: killed between each two steps, cut off, and running afterwards."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.killpoints import TO_POSTGRESQL, TO_SQLITE, WITH_FILES
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy
from tests.support.running import Running, running, wait_for


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    """The data folder of an installation on SQLite, and what it says of its jobs.

    One is completed, one waits.
    """
    with running(tmp_path_factory.mktemp("original"), BELLHOP_STORAGE_DATABASE="") as made:
        made.serve()
        assert made.final(made.texts("a", "b")["job_id"])["status"] == "completed"
        made.client().post("/api/v1/queues/parsing/pause", {})
        made.texts("later")
        made.stop()
        made.serve()
        listed = jobs(made)
        made.stop()
        yield made.data, listed


@pytest.fixture
def bellhop(original: tuple[Path, Any], tmp_path: Path) -> Iterator[Running]:
    """A copy of it, which is not running."""
    with running(tmp_path, BELLHOP_STORAGE_DATABASE="") as copied:
        copied.take(original[0])
        yield copied


@pytest.fixture
def before(original: tuple[Path, Any]) -> Any:
    """What it says of its jobs before anything is moved."""
    return original[1]


def jobs(bellhop: Running) -> Any:
    """What a running Bellhop says of all jobs."""
    listed = bellhop.client().get("/api/v1/jobs")["jobs"]
    return [{**job, "results": results(bellhop, job)} for job in listed]


def results(bellhop: Running, job: dict[str, Any]) -> Any:
    if job["status"] != "completed":
        return None
    return bellhop.client().get(f"/api/v1/jobs/{job['job_id']}/result")["items"]


def moved(bellhop: Running, place: str) -> str:
    """Move to a place, where Bellhop finds its jobs from then on; what was printed."""
    done = bellhop.run("move-to", place)
    assert done.returncode == 0, done.stderr
    uses(bellhop, place)
    return done.stdout


def uses(bellhop: Running, place: str) -> None:
    bellhop.environment["BELLHOP_STORAGE_DATABASE"] = "" if place == "sqlite" else place


def killed(bellhop: Running, place: str, point: str, *more: str) -> None:
    bellhop.environment["BELLHOP_DIE_AT"] = point
    done = bellhop.run("move-to", place, *more)
    del bellhop.environment["BELLHOP_DIE_AT"]
    assert done.returncode == -signal.SIGKILL, done.stderr


def refused(bellhop: Running, place: str, said: str) -> None:
    done = bellhop.run("move-to", place)
    lines = [line for line in done.stderr.splitlines() if line.startswith("bellhop: ")]
    assert done.returncode == 1 and len(lines) == 1 and said in lines[0], done.stderr
    assert "Traceback" not in done.stderr


def test_it_runs_there_and_back_with_all_that_it_had(
    bellhop: Running, before: Any, empty_database: str
) -> None:
    for place in (empty_database, "sqlite"):
        assert "all counts and hashes are equal" in moved(bellhop, place)
        bellhop.serve()
        assert jobs(bellhop) == before
        bellhop.stop()
    bellhop.serve()
    bellhop.client().post("/api/v1/queues/parsing/resume", {})
    for job in before:
        assert bellhop.final(job["job_id"])["status"] == "completed"


@pytest.mark.parametrize("point", TO_POSTGRESQL)
def test_it_ends_right_when_it_is_repeated(
    bellhop: Running, before: Any, empty_database: str, point: str
) -> None:
    killed(bellhop, empty_database, point)
    moved(bellhop, empty_database)
    bellhop.serve()
    assert jobs(bellhop) == before
    bellhop.stop()
    assert [p.name.startswith("bellhop.db.moved-") for p in bellhop.data.glob("bellhop.db*")] == [
        True
    ]


@pytest.mark.parametrize("point", TO_SQLITE)
def test_it_comes_back_when_it_is_repeated(
    bellhop: Running, before: Any, empty_database: str, point: str
) -> None:
    moved(bellhop, empty_database)
    killed(bellhop, "sqlite", point)
    moved(bellhop, "sqlite")
    bellhop.serve()
    assert jobs(bellhop) == before
    bellhop.stop()
    assert not [*bellhop.data.glob("bellhop.db.moving*")]


@pytest.mark.parametrize("point", WITH_FILES)
def test_it_moves_the_files_too_when_it_is_repeated(
    bellhop: Running, before: Any, empty_database: str, tmp_path: Path, point: str
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    killed(bellhop, empty_database, point, "--files", str(shared))
    done = bellhop.run("move-to", empty_database, "--files", str(shared))
    assert done.returncode == 0, done.stderr
    uses(bellhop, empty_database)
    bellhop.environment["BELLHOP_STORAGE_FILES"] = str(shared)
    bellhop.serve()
    assert jobs(bellhop) == before


@pytest.mark.parametrize("point", [*TO_POSTGRESQL][:-1])
def test_it_goes_on_where_it_was_after_a_move_that_was_killed(
    bellhop: Running, before: Any, empty_database: str, point: str
) -> None:
    killed(bellhop, empty_database, point)
    bellhop.serve()
    assert jobs(bellhop) == before


@pytest.mark.parametrize("half", ["web", "consumer"])
def test_it_refuses_while_a_half_runs(bellhop: Running, empty_database: str, half: str) -> None:
    process = bellhop.start(half)
    if half == "web":
        assert bellhop.url
    else:
        wait_for(lambda: [*(bellhop.data / "consumers").iterdir()])
    refused(bellhop, empty_database, "Bellhop runs in")
    assert process.poll() is None


def test_it_refuses_a_start_with_the_settings_of_before(
    bellhop: Running, empty_database: str
) -> None:
    assert bellhop.run("move-to", empty_database).returncode == 0
    done = bellhop.run("prepare")
    assert done.returncode == 1 and "names SQLite" in done.stderr.splitlines()[-1]


def test_it_finds_a_commit_whose_answer_was_lost(
    bellhop: Running, empty_database: str, postgres: Postgres
) -> None:
    with Proxy(postgres.port) as proxy:
        url = postgres.url("empty", proxy.port, tls=False)
        proxy.swallow_commit_answer()
        refused(bellhop, url, "cannot be used")
        assert proxy.swallowed == 1
        assert json.loads((bellhop.data / "installation.json").read_text())["rows"] == ""
        moved(bellhop, url)
        bellhop.serve()
        assert len(jobs(bellhop)) == 2
        bellhop.stop()


def test_it_changes_nothing_when_the_server_goes_in_between(
    bellhop: Running, empty_database: str, postgres: Postgres
) -> None:
    postgres.psql(
        "CREATE FUNCTION goes() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); END $$;"
        " CREATE EVENT TRIGGER gone ON ddl_command_end WHEN TAG IN ('ALTER TABLE')"
        " EXECUTE FUNCTION goes();",
        "empty",
    )
    refused(bellhop, empty_database, "cannot be used")
    postgres.psql("DROP EVENT TRIGGER gone", "empty")
    moved(bellhop, empty_database)


def test_it_needs_the_package_of_postgresql(
    bellhop: Running, empty_database: str, tmp_path: Path
) -> None:
    (tmp_path / "psycopg.py").write_text("raise ImportError('no psycopg')")
    bellhop.environment["PYTHONPATH"] = str(tmp_path)
    refused(bellhop, empty_database, "[storage] database needs psycopg")
    (bellhop.data / "installation.json").unlink()
    (bellhop.data / "bellhop.db").unlink()
    uses(bellhop, empty_database)
    done = bellhop.run("prepare")
    assert "needs psycopg" in done.stderr and "Traceback" not in done.stderr
