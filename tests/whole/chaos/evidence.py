"""What the checker and the figures go by: rows read from outside, and the journal.

The SQL here is its own and read-only; nothing of Bellhop's code is asked about its state.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

PATIENCE_S = 10.0
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
        """How many items have one of `statuses`, of any kind or one of `kinds`."""
        where = f"status IN ({_listed(statuses)})"
        if kinds:
            where += f" AND type IN ({_listed(kinds)})"
        return int(self.query(f"SELECT count(*) FROM item WHERE {where}")[0][0])

    def last_event(self) -> int:
        return int(self.query("SELECT coalesce(max(id), 0) FROM event")[0][0])

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._address, uri=True, timeout=PATIENCE_S)


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


class ItemRow(NamedTuple):
    """One item; `key` is the id its job type is told."""

    key: str
    job_id: str
    kind: str
    status: str
    attempt: int
    filename: str
    sha256: str | None
    worker: str | None
    data: dict[str, Any] | None


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
        filename, input_sha256, worker, data
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
            [ItemRow(*row)._replace(data=_read(row[-1])) for row in database.query(ITEMS)],
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
