"""What rows on PostgreSQL cost compared with rows on SQLite, and how their tables grow.

Both run here, with fsync, and PostgreSQL is reached over loopback with TLS: a network adds its
round trip to each statement. One process makes the moves, one a transaction, in turns on each.
Then: what a table takes after many moves, compared with what its rows need.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import serving
from report import Figure, of_rounds

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bellhop.database import schema, server  # noqa: E402
from bellhop.database.database import bind, bind_server, database, query  # noqa: E402
from bellhop.jobs import lifecycle  # noqa: E402
from bellhop.jobs.newjob import NewItem, NewJob  # noqa: E402
from tests.support import single  # noqa: E402
from tests.support.postgres import Postgres  # noqa: E402

QUEUE, WORKER = "default", "c1/1"
STEPS = {"submit": "submits", "move": "moves of items", "read": "reads of a status"}
TABLES = ("item", "job", "counter")
ITEMS, BITES = 10, 10  # of a job; in which the moves are made
MOVES_OF_JOB = 2 * ITEMS
GROWN = """
    SELECT pg_total_relation_size(relid), n_tup_upd, n_tup_hot_upd
    FROM pg_stat_user_tables WHERE relname = '{table}'"""
Rates = dict[str, float]


def measure(*, quick: bool) -> list[Figure]:
    """Rates on PostgreSQL next to those on SQLite, round by round, and the growth of tables."""
    rounds, jobs = (1, 20) if quick else (5, 400)
    with serving.folder() as home, Postgres() as postgres:
        path, url = home / "bellhop.db", postgres.new_database("bench")
        open_either: tuple[Callable[[], None], ...] = (
            lambda: _open_sqlite(path),
            lambda: bind_server(url),
        )
        server.migrate(url, alone=True)
        found = [[_of(use, jobs) for use in open_either] for _ in range(rounds)]
        figures = [
            of_rounds(f"{name}, PostgreSQL / SQLite", [on[step] / off[step] for off, on in found],
                      "times")
            for step, name in STEPS.items()
        ]  # fmt: skip
        return [*figures, *_growth(postgres, moves=200 if quick else 100_000)]


def _open_sqlite(path: Path) -> None:
    if not path.exists():
        schema.migrate(path, alone=True)
    bind(path)


def _of(use: Callable[[], None], jobs: int) -> Rates:
    """Jobs, moves and reads per second."""
    use()
    with database.connection_context():
        database.make_durable()
        ids = [f"{time.monotonic_ns():020x}" for _ in range(jobs)]
        with _rate(jobs) as submit:
            for job_id in ids:
                _submit(job_id, 1)
        with _rate(2 * jobs) as move:
            _run(jobs)
        with _rate(jobs) as read:
            for job_id in ids:
                query("SELECT status FROM job WHERE job_id = :job_id", {"job_id": job_id})
    return {"submit": submit[0], "move": move[0], "read": read[0]}


@contextlib.contextmanager
def _rate(count: int) -> Iterator[list[float]]:
    found: list[float] = []
    began = time.perf_counter()
    yield found
    found.append(count / (time.perf_counter() - began))


def _submit(job_id: str, items: int) -> None:
    given = [NewItem("a", {"text": "a"})] * items
    lifecycle.submit(
        NewJob(job_id=job_id, type="noop", name="a", params={}, queue=QUEUE, max_attempts=4,
               items=given)
    )  # fmt: skip


def _run(items: int) -> None:
    for _ in range(items):
        claim = single.claim(QUEUE, WORKER)
        assert claim is not None
        assert single.complete(claim, data="{}", files="[]", warnings="[]")


def _growth(postgres: Postgres, *, moves: int) -> list[Figure]:
    """How fast the last moves are, and what the tables take, with the server as it comes."""
    jobs = moves // MOVES_OF_JOB // BITES
    url = postgres.new_database("growth")
    server.migrate(url, alone=True)
    bind_server(url)
    rates = []
    with database.connection_context():
        for bite in range(BITES):
            for number in range(jobs):
                _submit(f"{bite * jobs + number:020x}", ITEMS)
            with _rate(jobs * 2 * ITEMS) as rate:
                _run(jobs * ITEMS)
            rates += rate
    grown = {table: _state(postgres, table) for table in TABLES}
    for table in TABLES:
        postgres.psql(f"VACUUM FULL {table}", "growth")
    figures = [Figure(name="last tenth of the moves / second", measured=rates[-1] / rates[1],
                      unit="times")]  # fmt: skip
    for table, (size, updates, in_page) in grown.items():
        ratio = size / _state(postgres, table)[0]
        figures.append(Figure(name=f"table {table}, size / needed", measured=ratio, unit="times"))
        part = 100 * in_page / max(updates, 1)
        figures.append(
            Figure(name=f"table {table}, updates without index", measured=part, unit="%")
        )
    database.close_all()
    return figures


def _state(postgres: Postgres, table: str) -> list[int]:
    """Bytes with indexes, updates, and those of them that wrote no index."""
    (row,) = postgres.psql(GROWN.format(table=table), "growth")
    return [int(value) for value in row.split("|")]
