"""The tables of bellhop.db: what is stored, and how it is opened.

The SQL of `migrations/` is the schema (see schema.py), with the constraints that forbid nonsense;
the classes here are how Python reads it. Nothing here changes a status: see lifecycle.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from peewee import (
    AutoField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    Model,
    SqliteDatabase,
    TextField,
)

from bellhop.base.errors import NO_ROOM

BUSY_TIMEOUT_S = 20
CUT_TIMEOUT_MS = 10
TURN_TIMEOUT_S = 1.0
PASSING_ERRNOS = (*NO_ROOM, errno.EIO, errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
FINAL = ("completed", "failed", "cancelled")
STATUSES = ("pending", "queued", "running", *FINAL)
# The items of a consumer. As a range, not LIKE, it walks the index `item_running`.
HELD_BY = "status = 'running' AND worker > :consumer || '/' AND worker < :consumer || '0'"


class Database(SqliteDatabase):
    _turns = threading.Lock()

    @contextlib.contextmanager
    def atomic(self) -> Iterator[None]:  # type: ignore[override]
        """A transaction that may write; the threads of a process take turns.

        SQLite alone would let who finds it locked sleep for milliseconds, thousands of times a
        minute. Who waits for long tries it all the same, to hear from SQLite what is wrong; and
        who is inside a transaction holds SQLite's lock already, and must not wait for a turn.
        """
        is_inside = self.in_transaction()
        is_mine = not is_inside and self._turns.acquire(timeout=TURN_TIMEOUT_S)
        try:
            with super().atomic():
                yield
        finally:
            if is_mine:
                self._turns.release()

    def rollback(self) -> None:
        # A full disk has ended the transaction already, and must be what the caller hears of.
        if self.connection().in_transaction:  # type: ignore[no-untyped-call]
            super().rollback()


log = logging.getLogger("bellhop.models")
# Deferred transactions that read before they write fail at once under load, whatever
# the timeout; immediate ones queue.
database = Database(None, lock_type="immediate")
_kept_open: list[sqlite3.Connection] = []


@database.func("fold")
def fold(text: str | None) -> str:
    """A text as a search sees it: small and capital letters of every script are the same."""
    return (text or "").casefold()


def timestamp(after_s: float = 0) -> str:
    """The time `after_s` seconds from now as RFC 3339, UTC, microseconds; it sorts as text."""
    return as_timestamp(datetime.now(UTC) + timedelta(seconds=after_s))


@functools.lru_cache(maxsize=1000)
def shifted(at: str | None, by: timedelta) -> str | None:
    """A timestamp that lies `by` later, None for none."""
    return at and as_timestamp(datetime.fromisoformat(at) + by)


def as_timestamp(at: datetime) -> str:
    """A time with a zone in the one form that is stored; OverflowError at the ends of time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def is_disk_full(error: Exception) -> bool:
    """Whether something could not be written because there is no room for it."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    return _sqlite_code(error) == sqlite3.SQLITE_FULL


def is_busy(error: Exception) -> bool:
    """Whether somebody kept the database to themselves for longer than `BUSY_TIMEOUT_S`."""
    return _sqlite_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def will_pass(error: Exception) -> bool:
    """Whether what could not be done now for want of room, memory or locks can be later."""
    if isinstance(error, OSError):
        return error.errno in PASSING_ERRNOS
    # What SQLite says of a quota, or of a full disk at an fsync or in its shared memory.
    unsure = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
    return is_disk_full(error) or is_busy(error) or _sqlite_code(error) in unsure


def _sqlite_code(error: Exception) -> int:
    """SQLite's primary result code; 0 when it is none of its errors."""
    said = getattr(error, "orig", error)  # in peewee's own
    return (getattr(said, "sqlite_errorcode", None) or 0) & 0xFF


def bind(path: Path) -> None:
    """Use the database at `path` in this process; nothing is opened yet."""
    # WAL with NORMAL may forget the last moment after a power cut, never corrupt;
    # what accepts jobs asks for more, see `make_durable`.
    pragmas = {"foreign_keys": 1, "synchronous": "normal"}
    database.init(str(path), pragmas=pragmas, timeout=BUSY_TIMEOUT_S)


def stay_open() -> None:
    """Keep one idle connection until this process ends.

    The last connection to leave a WAL database checkpoints, syncs and deletes the WAL, and
    the next makes it anew: some milliseconds for each request to an idle Bellhop.
    """
    connection = sqlite3.connect(database.database, check_same_thread=False)
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    _kept_open.append(connection)


def checkpoint() -> bool:
    """Bring the write-ahead log back into the database and cut it to nothing; whether it could."""
    # It holds the write lock while it waits for readers, so it must not wait for long.
    query(f"PRAGMA busy_timeout = {CUT_TIMEOUT_MS}")
    ((is_held_up, *_),) = query("PRAGMA wal_checkpoint(truncate)")
    query(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000}")
    return not is_held_up


def log_bytes() -> int:
    """Size of the write-ahead log."""
    try:
        return os.stat(f"{database.database}-wal").st_size
    except FileNotFoundError:
        return 0


def database_bytes() -> int:
    """Size of the database without its write-ahead log."""
    return int(query("PRAGMA page_count")[0][0] * query("PRAGMA page_size")[0][0])


def make_durable() -> None:
    """Let the commits of the current connection, and all earlier ones, survive a power cut."""
    query("PRAGMA synchronous = full")


def query(sql: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """All rows of one statement; never a half-read cursor, which would hold the WAL."""
    connection: sqlite3.Connection = database.connection()  # type: ignore[no-untyped-call]
    return connection.execute(sql, values or {}).fetchall()


def write_many(sql: str, rows: list[dict[str, Any]]) -> None:
    """One statement for each of `rows`, inside the caller's transaction."""
    connection: sqlite3.Connection = database.connection()  # type: ignore[no-untyped-call]
    connection.executemany(sql, rows)


class Table(Model):
    class Meta:
        database = database


class Job(Table):
    """What a user submitted; `job_id` is its public id."""

    id = AutoField()
    job_id = TextField(unique=True)
    type = TextField()
    name = TextField()
    params = TextField()
    owner = TextField()
    queue = TextField()
    status = TextField()
    priority = IntegerField(default=0)
    change = IntegerField(index=True)
    total_items = IntegerField()
    completed_items = IntegerField(default=0)
    failed_items = IntegerField(default=0)
    cancelled_items = IntegerField(default=0)
    progress_points = IntegerField(default=0)
    current_step = TextField(null=True)
    attempt = IntegerField(default=0)
    max_attempts = IntegerField()
    cancel_requested = BooleanField(default=False)
    error = TextField(null=True)
    created_at = TextField()
    started_at = TextField(null=True)
    completed_at = TextField(null=True)
    run_at = TextField(null=True)
    expires_at = TextField(null=True)
    steps = IntegerField(default=1)
    chain = TextField(default="[]")
    depends_on = TextField(default="[]")
    cached_items = IntegerField(default=0)
    use_cache = BooleanField(default=True)
    keep = BooleanField(default=False)
    webhook_url = TextField(null=True)
    webhook_progress = BooleanField(default=False)
    webhook_at = TextField(null=True)
    delivery_of = IntegerField(null=True)
    schedule = IntegerField(null=True)
    bytes = IntegerField(default=0)


class Item(Table):
    """One file or URL of a job, in one step of it."""

    id = AutoField()
    job = ForeignKeyField(Job, column_name="job", on_delete="CASCADE")
    item_index = IntegerField(column_name="index")  # peewee has an `index` of its own
    step = IntegerField(default=0)
    type = TextField()
    queue = TextField()
    owner = TextField()
    priority = IntegerField(default=0)
    turn = IntegerField()
    status = TextField()
    filename = TextField()
    input = TextField()
    input_sha256 = TextField(null=True)
    progress = IntegerField(default=0)
    current_step = TextField(null=True)
    attempt = IntegerField(default=0)
    failures = IntegerField(default=0)
    crashes = IntegerField(default=0)
    interruptions = IntegerField(default=0)
    worker = TextField(null=True)
    lease_until = TextField(null=True)
    not_before = TextField(null=True)
    cached = BooleanField(default=False)
    error = TextField(null=True)
    started_at = TextField(null=True)
    completed_at = TextField(null=True)
    waits_for = TextField(null=True)
    cache_key = TextField(null=True)
    was_deferred = BooleanField(default=False)
    cached_from = TextField(null=True)


class Result(Table):
    """What a completed item gave: JSON texts."""

    item = ForeignKeyField(
        Item, column_name="item", object_id_name="item_id", primary_key=True, on_delete="CASCADE"
    )
    data = TextField()
    files = TextField()
    warnings = TextField()


class Event(Table):
    """One move of one item (`item` is its index), or of the job (`item` is null)."""

    id = AutoField()
    job = ForeignKeyField(Job, column_name="job", on_delete="CASCADE")
    at = TextField()
    item = IntegerField(null=True)
    step = IntegerField(null=True)
    attempt = IntegerField(null=True)
    move = TextField()
    code = TextField(null=True)
    text = TextField(null=True)
    traceback = TextField(null=True)


class Consumer(Table):
    """A consumer process that registered; `bell` says what is wrong with its bell."""

    id = TextField(primary_key=True)
    pid = IntegerField()
    started_at = TextField()
    queues = TextField()
    bell = TextField(null=True)
    draining = BooleanField(default=False)


class Turn(Table):
    """The last turn given to `owner` in `queue`; owner '' is the queue's last claimed one."""

    queue = TextField()
    owner = TextField()
    last = IntegerField()

    class Meta:
        primary_key = CompositeKey("queue", "owner")


class Gone(Table):
    """A job that was deleted."""

    change = IntegerField(primary_key=True)
    job_id = TextField()
    owner = TextField()
    is_expired = BooleanField(default=False)


class Schedule(Table):
    """A job to submit again and again; `job` is the document that POST /jobs takes."""

    id = AutoField()
    name = TextField()
    owner = TextField()
    cron = TextField()
    timezone = TextField()
    job = TextField()
    next_at = TextField()
    last_at = TextField(null=True)
    last_job_id = TextField(null=True)
    error = TextField(null=True)
    created_at = TextField()


TABLES = (Job, Item, Result, Event, Consumer, Turn, Gone, Schedule)
