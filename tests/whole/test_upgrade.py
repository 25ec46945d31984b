"""A data folder of the version before, with thousands of jobs that wait, is started by this one.

`UPGRADE_JOBS=100000` says how many wait.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bellhop.backup.before import STAMP
from bellhop.database import schema, server
from bellhop.database.database import bind, bind_server, database, query
from bellhop.database.moving import Move
from bellhop.database.sqlite import Sqlite
from bellhop.jobs.lifecycle.interruptions import NOT_BEGUN
from bellhop.settings.settings import postgresql_location
from bellhop.storage.installation import FOLDERS, Installation, write_record
from bellhop.storage.models import TABLES
from tests.support.programs import earlier
from tests.support.running import Running, running, wait_for

JOBS = int(os.environ.get("UPGRADE_JOBS", "500"))
BEFORE = 10  # the schema of 0.1.0
MOST_S = 60.0 + JOBS / 20
FILL = (
    """WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
    INSERT INTO job (job_id, type, name, params, owner, queue, status, change, total_items,
        max_attempts, created_at)
    SELECT printf('%020x', n), 'noop', 'text ' || n, '{}', 'local', 'parsing', 'queued', n, 1, 4,
        strftime('%Y-%m-%dT%H:%M:%S.000000Z', 'now') FROM numbers""",
    """INSERT INTO item (job, "index", type, queue, owner, turn, status, filename, input)
    SELECT id, 0, type, queue, owner, id, 'queued', name, json_object('text', name) FROM job""",
    "INSERT INTO search (job, item, text) SELECT id, 0, name FROM job",
    "UPDATE counter SET value = :count WHERE name = 'change'",
)
pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def bellhop(tmp_path: Path, engine: str) -> Iterator[Running]:
    with running(tmp_path, BELLHOP_QUEUE_PARSING_WORKERS="4") as made:
        yield made


def fill(bellhop: Running, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Make a data folder as the version before left it, with jobs that wait."""
    url = bellhop.environment["BELLHOP_STORAGE_DATABASE"]
    rows = postgresql_location(url) if url else ""
    here = Installation(bellhop.data, "0123456789abcdef", "sqlite", "", rows=rows)
    for name in FOLDERS:
        (bellhop.data / name).mkdir(0o700, parents=True)
    with monkeypatch.context() as before:
        earlier(before, BEFORE)
        schema.migrate(here.database, alone=True, mark=here.mark)
        with database.atomic():
            for sql in FILL:
                query(sql, {"count": JOBS} if ":count" in sql else {})
        database.close_all()
        if url:
            _move(here, url)
    write_record(here)
    return here


def _move(here: Installation, url: str) -> None:
    server.migrate(url, alone=True, mark=here.mark)
    source, target = Sqlite(here.database), database.obj
    with source.moving(), target.moving():
        known = {name for (name,) in source.send("SELECT name FROM sqlite_schema", {})}
        names = [t._meta.table_name for t in TABLES if t._meta.table_name in known]
        move = Move(source, target, names)
        move.compare(move.copy())
    source.close_all()
    here.database.unlink()


def test_it_runs_each_job_of_the_version_before_once(
    bellhop: Running, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = fill(bellhop, monkeypatch)
    began = time.time()
    bellhop.serve()
    ready = time.time()
    assert len(list(bellhop.client().jobs(limit=50))) == 50
    listed = time.time()
    print(f"{JOBS:,} jobs on {engine}: {kept(bellhop)}, ready {ready - began:.1f} s after the "
          f"start, a page of jobs in {listed - ready:.2f} s")  # fmt: skip
    assert bellhop.client().stats()["total"] == JOBS
    wait_for(lambda: completed(bellhop) == JOBS, MOST_S)
    bellhop.stop()
    first, last, *counts = counted(bellhop, here)
    assert counts == [JOBS, JOBS, JOBS]
    print(f"the first completed after {first - began:.1f} s, the last after {last - began:.1f} s")


def kept(bellhop: Running) -> str:
    """What was kept of the rows before, which are all there, and how long it took."""
    (path,) = bellhop.data.glob(f"before-schema-{len(schema.MIGRATIONS)}-from-{BEFORE}-*")
    if path.suffix == ".db":
        with closing(sqlite3.connect(path)) as rows:
            told = "SELECT count(*) FROM item WHERE status = 'queued'"
            assert rows.execute(told).fetchall() == [(JOBS,)]
    began = datetime.strptime(path.stem.split(f"-from-{BEFORE}-")[1], STAMP).replace(tzinfo=UTC)
    ended = path.stat().st_mtime
    (said,) = [line for line in bellhop.log().splitlines() if "the rows were brought from" in line]
    migrated = datetime.strptime(said[:23], "%Y-%m-%d %H:%M:%S,%f").astimezone()
    return (
        f"{path.stat().st_size / 2**20:,.1f} MiB saved in {ended - began.timestamp():.1f} s, "
        f"migrated in {migrated.timestamp() - ended:.1f} s"
    )


def completed(bellhop: Running) -> int:
    """How many there are, asked seldom enough that it costs nothing."""
    time.sleep(JOBS / 100_000)
    return int(bellhop.client().stats()["by_status"]["completed"])


def counted(bellhop: Running, here: Installation) -> tuple[float, ...]:
    """When the first and the last item completed; how many did, their results, and runs."""
    if here.rows:
        bind_server(bellhop.environment["BELLHOP_STORAGE_DATABASE"])
    else:
        bind(here.database)
    # A worker gives back what it has claimed ahead and another one can begin sooner.
    ((*counts, first, last),) = query(
        """SELECT (SELECT count(*) FROM item WHERE status = 'completed'),
            (SELECT count(*) FROM result),
            (SELECT count(*) FROM event WHERE move = 'claimed')
            - (SELECT count(*) FROM event WHERE move = 'requeued' AND text = :not_begun),
            (SELECT min(completed_at) FROM item), (SELECT max(completed_at) FROM item)""",
        {"not_begun": NOT_BEGUN.message},
    )
    database.close_all()
    return tuple([datetime.fromisoformat(each).timestamp() for each in (first, last)] + counts)
