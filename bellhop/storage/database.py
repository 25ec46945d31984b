"""How bellhop.db is opened and asked: one object, transactions, and what can go wrong with it.

What it holds is said in storage/models.py and `migrations/`.
"""

from __future__ import annotations

import contextlib
import logging
import operator
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from peewee import SqliteDatabase

from bellhop.base.errors import NO_ROOM, PASSING

BUSY_TIMEOUT_S = 20
CUT_TIMEOUT_MS = 10
TURN_TIMEOUT_S = 1.0
MOST_TOLD = 1000
INCREMENTAL = 2  # PRAGMA auto_vacuum
UNAVAILABLE = (
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
)  # fmt: skip


# A text that is no UTF-8 shows that, and spoils no answer about other rows.
_text: Callable[[bytes], str] = operator.methodcaller("decode", "utf-8", "replace")


def _row(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row as it is read everywhere: no column of ours holds bytes, so those are texts too."""
    if bytes not in map(type, row):
        return row
    return tuple(_text(value) if isinstance(value, bytes) else value for value in row)


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

    path = Path()
    # Raises where a connection leads to another file than the one that is looked after.
    check_opened: Callable[[], None] = staticmethod(lambda: None)

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._connect()  # type: ignore[misc]
        connection.text_factory, connection.row_factory = _text, _row
        try:
            self.check_opened()
        except sqlite3.OperationalError:
            connection.close()
            raise
        return connection

    def rollback(self) -> None:
        # A full disk has ended the transaction already, and must be what the caller hears of.
        if self.connection().in_transaction:  # type: ignore[no-untyped-call]
            super().rollback()


log = logging.getLogger("bellhop.models")
# Deferred transactions that read before they write fail at once under load, whatever
# the timeout; immediate ones queue.
database = Database(None, lock_type="immediate")
_kept_open: list[sqlite3.Connection] = []
_told: set[str] = set()


@database.func("fold")
def fold(text: bytes | None) -> str:
    """A text, as a BLOB, as a search sees it: letters are the same small and capital."""
    return _text(text or b"").casefold()


@contextlib.contextmanager
def apart(row: str) -> Iterator[None]:
    """A transaction about one row: what is wrong with that is logged once, and ends only this."""
    try:
        with database.atomic():
            yield
    except Exception as error:
        if will_pass(error):
            raise
        if row not in _told and len(_told) < MOST_TOLD:
            _told.add(row)
            log.exception("%s cannot be changed, and is left as it is", row)


def is_disk_full(error: Exception) -> bool:
    """Whether something could not be written because there is no room for it."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    return _sqlite_code(error) == sqlite3.SQLITE_FULL


def is_busy(error: Exception) -> bool:
    """Whether somebody kept the database to themselves for longer than `BUSY_TIMEOUT_S`."""
    return _sqlite_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_unavailable(error: Exception) -> bool:
    """Whether the file of the database is not there, or cannot be used."""
    return _sqlite_code(error) in UNAVAILABLE


def will_pass(error: Exception) -> bool:
    """Whether what could not be done now for want of room, memory or locks can be later."""
    if isinstance(error, OSError):
        return error.errno in PASSING
    # What SQLite says of a quota, or of a full disk at an fsync or in its shared memory.
    unsure = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
    return is_disk_full(error) or is_busy(error) or _sqlite_code(error) in unsure


def _sqlite_code(error: Exception) -> int:
    """SQLite's primary result code; 0 when it is none of its errors."""
    said = getattr(error, "orig", error)  # in peewee's own
    return (getattr(said, "sqlite_errorcode", None) or 0) & 0xFF


def bind(path: Path) -> None:
    """Use the database at `path` in this process; nothing is opened yet, and never created."""
    # WAL with NORMAL may forget the last moment after a power cut, never corrupt;
    # what accepts jobs asks for more, see `make_durable`.
    pragmas = {"foreign_keys": 1, "synchronous": "normal"}
    database.path = path
    address = f"{path.absolute().as_uri()}?mode=rw"
    database.init(address, uri=True, pragmas=pragmas, timeout=BUSY_TIMEOUT_S)


def bind_to_look(path: Path) -> None:
    """Use the database at `path` in this process, which may not write; it is never created."""
    database.path = path
    database.init(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)


def stay_open() -> None:
    """Keep one idle connection until this process ends.

    The last connection to leave a WAL database checkpoints, syncs and deletes the WAL, and
    the next makes it anew: some milliseconds for each request to an idle Bellhop.
    """
    connection = sqlite3.connect(database.database, uri=True, check_same_thread=False)
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
        return os.stat(f"{os.path.realpath(database.path)}-wal").st_size
    except FileNotFoundError:
        return 0


def database_bytes() -> int:
    """Size of the database without its write-ahead log."""
    return _bytes_of("page_count")


def unused_bytes() -> int:
    """What of the database is free for new rows."""
    return _bytes_of("freelist_count")


def _bytes_of(count: str) -> int:
    return int(query(f"PRAGMA {count}")[0][0] * query("PRAGMA page_size")[0][0])


def is_shrinkable() -> bool:
    """Whether the file can give unused pages back to the disk, which `make_shrinkable` decides."""
    return query("PRAGMA auto_vacuum") == [(INCREMENTAL,)]


def make_shrinkable() -> None:
    """Let the file give unused pages back from now on; one with tables is written anew for it."""
    query(f"PRAGMA auto_vacuum = {INCREMENTAL}")
    if database_bytes():
        query("VACUUM")


def shrink(most_pages: int) -> int:
    """Give up to so many unused pages back to the disk in one transaction; what is left, in bytes.

    The file is shorter after the next `checkpoint`.
    """
    with database.atomic():
        for _ in range(most_pages):
            query("PRAGMA incremental_vacuum(1)")  # of more, Python's sqlite3 does only the first
    return unused_bytes()


def make_durable() -> None:
    """Let the commits of the current connection, and all earlier ones, survive a power cut."""
    query("PRAGMA synchronous = full")


def query(sql: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """All rows of one statement; never a half-read cursor, which would hold the WAL."""
    return send(sql, values or {}).fetchall()


def named(sql: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """All rows of one statement, by the names of their columns."""
    cursor = send(sql, values or {})
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def is_json(text: str) -> bool:
    """Whether a text is JSON; SQLite looks, which lets all other threads run meanwhile."""
    return bool(query("SELECT json_valid(:text)", {"text": text})[0][0])


def write_many(sql: str, rows: list[dict[str, Any]]) -> None:
    """One statement for each of `rows`, inside the caller's transaction."""
    send(sql, rows)


def send(sql: str, values: dict[str, Any] | list[dict[str, Any]]) -> sqlite3.Cursor:
    """Everything that is asked of the database, or written, goes through here."""
    connection: sqlite3.Connection = database.connection()  # type: ignore[no-untyped-call]
    if isinstance(values, list):
        return connection.executemany(sql, values)
    return connection.execute(sql, values)
