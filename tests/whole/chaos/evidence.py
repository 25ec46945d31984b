"""What the checker and the figures go by: rows read from outside, and the journal.

The SQL here is its own and read-only; nothing of Bellhop's code is asked about its state.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

PATIENCE_S = 10.0
SERVER_PATIENCE_S = 60.0
FINAL = ("completed", "failed", "cancelled")
UNFINISHED = ("pending", "queued", "running")


class Database:
    """bellhop.db while others write it."""

    def __init__(self, path: Path):
        self._address = f"{path.as_uri()}?mode=ro"

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows; for a moment nobody can read: while it is being recovered, or made."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                with contextlib.closing(self._connect()) as connection:
                    return connection.execute(sql, values).fetchall()
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def count(self, *statuses: str, kinds: Collection[str] = ()) -> int:
        """How many items have one of `statuses`, of any kind or one of `kinds`.

        One that waits for the step before it does not count.
        """
        where = f"status IN ({_listed(statuses)}) AND coalesce(waits_for, '') != 'step'"
        if kinds:
            where += f" AND type IN ({_listed(kinds)})"
        return int(self.query(f"SELECT count(*) FROM item WHERE {where}")[0][0])

    def last_event(self) -> int:
        return int(self.query("SELECT coalesce(max(id), 0) FROM event")[0][0])

    def unsound(self) -> list[str]:
        """What the database says is wrong with itself."""
        asked: list[tuple[str, list[Any]]]
        asked = [("integrity_check", [("ok",)]), ("foreign_key_check", [])]
        answers = [(name, self.query(f"PRAGMA {name}"), good) for name, good in asked]
        return [f"{name} says {json.dumps(said)}" for name, said, good in answers if said != good]

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._address, uri=True, timeout=PATIENCE_S)


class ServerDatabase(Database):
    """The same rows on PostgreSQL, at `address()`, which leads past every broken network."""

    def __init__(self, address: Callable[[], str]):
        self._at = address
        self._mine = threading.local()
        self._opened: list[psycopg.Connection[Any]] = []

    def close(self) -> None:
        """Close the connections of all threads, which use it no more."""
        for connection in self._opened:
            connection.close()

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows; for a while nobody can read: while it is restarted, or another takes over."""
        deadline = time.monotonic() + SERVER_PATIENCE_S
        while True:
            try:
                return self._connection().execute(sql.replace("?", "%s"), values).fetchall()
            except psycopg.OperationalError:
                self._mine.connection = None
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def unsound(self) -> list[str]:
        """Nothing: PostgreSQL holds what it was told, and says so in its log where it cannot."""
        return []

    def _connection(self) -> psycopg.Connection[Any]:
        """Of this thread, to where the rows are now."""
        address = self._at()
        found: psycopg.Connection[Any] | None = getattr(self._mine, "connection", None)
        if found is None or self._mine.address != address:
            found = psycopg.connect(address, autocommit=True, connect_timeout=5)
            self._mine.connection, self._mine.address = found, address
            self._opened.append(found)
        return found


class JobRow(NamedTuple):
    job_id: str
    kind: str
    status: str
    progress_points: int
    total_items: int
    completed_items: int
    failed_items: int
    cancelled_items: int
    attempt: int
    started_at: str | None
    completed_at: str | None
    depends_on: str = "[]"

    @property
    def needs(self) -> list[str]:
        """The ids of the jobs that must complete first."""
        return list(json.loads(self.depends_on))


class ItemRow(NamedTuple):
    """One step of an item; `key` is the id its job type is told, JOB-INDEX-STEP."""

    key: str
    job_id: str
    kind: str
    status: str
    attempt: int
    filename: str
    sha256: str | None
    worker: str | None
    data: dict[str, Any] | None
    waits_for: str | None = None
    cached_from: str | None = None

    @property
    def number(self) -> int:
        return int(self.key.rsplit("-", 2)[1])

    @property
    def step(self) -> int:
        return int(self.key.rsplit("-", 1)[1])


class EventRow(NamedTuple):
    """One move of the item `key`, or of the job when that is None; `at` in epoch seconds."""

    id: int
    job_id: str
    key: str | None
    at: float
    attempt: int
    move: str
    code: str | None
    text: str | None


class Line(NamedTuple):
    """One line of the journal."""

    at: float
    key: str
    attempt: int
    what: str
    pid: int


ITEMS = """
    SELECT job_id || '-' || "index" || '-' || step, job_id, item.type, item.status, item.attempt,
        filename, input_sha256, worker, data, waits_for, cached_from
    FROM item JOIN job ON job.id = item.job LEFT JOIN result ON result.item = item.id
    ORDER BY item.id"""
EVENTS = """
    SELECT event.id, job_id, job_id || '-' || item || '-' || step, at, event.attempt, move, code,
        text FROM event JOIN job ON job.id = event.job ORDER BY event.id"""


@dataclass(frozen=True)
class Records:
    """Everything that is recorded at the end of a run."""

    jobs: list[JobRow]
    items: list[ItemRow]
    events: list[EventRow]

    @classmethod
    def read(cls, database: Database) -> Records:
        columns = ", ".join("type" if name == "kind" else name for name in JobRow._fields)
        return cls(
            [JobRow(*row) for row in database.query(f"SELECT {columns} FROM job ORDER BY id")],
            [ItemRow(*row)._replace(data=_read(row[8])) for row in database.query(ITEMS)],
            [EventRow(*row)._replace(at=epoch(row[3])) for row in database.query(EVENTS)],
        )

    @cached_property
    def by_job(self) -> dict[str, list[ItemRow]]:
        """The items of each job."""
        found: dict[str, list[ItemRow]] = defaultdict(list)
        for item in self.items:
            found[item.job_id].append(item)
        return found

    @cached_property
    def needs(self) -> dict[str, list[str]]:
        """The ids of the jobs that each job depends on."""
        return {job.job_id: job.needs for job in self.jobs}

    @cached_property
    def by_key(self) -> dict[str, ItemRow]:
        return {item.key: item for item in self.items}

    @cached_property
    def moves(self) -> dict[str, list[EventRow]]:
        """The events of each item, in the order they were written."""
        found: dict[str, list[EventRow]] = defaultdict(list)
        for event in self.events:
            if event.key:
                found[event.key].append(event)
        return found

    @cached_property
    def asked(self) -> dict[str, list[EventRow]]:
        """The recorded wishes to cancel each job."""
        found: dict[str, list[EventRow]] = defaultdict(list)
        for event in self.events:
            if event.move == "cancel_asked":
                found[event.job_id].append(event)
        return found


def _read(data: str | None) -> dict[str, Any] | None:
    return dict(json.loads(data)) if data else None


def _listed(names: Collection[str]) -> str:
    return ", ".join(repr(name) for name in names)


def epoch(at: str) -> float:
    """A time of the database in seconds since 1970, as the journal has it."""
    return datetime.fromisoformat(at).timestamp()


def rfc3339(at: float) -> str:
    """Epoch seconds as the database writes a time."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def read_journal(path: Path) -> list[Line]:
    """The whole journal; a line that is not whole raises ValueError."""
    return [_line(text) for text in path.read_text().splitlines()]


def newest_lines(path: Path, most_bytes: int = 1 << 16) -> list[Line]:
    """The end of the journal while it is written."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - most_bytes))
        whole = file.read().decode().rpartition("\n")[0].split("\n")
    return [_line(text) for text in whole[1:]]


def _line(text: str) -> Line:
    at, key, attempt, what, pid = text.split()
    return Line(float(at), key, int(attempt), what, int(pid))
