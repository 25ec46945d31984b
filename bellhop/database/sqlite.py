"""SQLite behind the interface of database.py: the file, its write-ahead log, and its errors."""

from __future__ import annotations

import contextlib
import operator
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peewee import OperationalError, SqliteDatabase

from bellhop.database.faults import Fault, InDoubt, said_by

if TYPE_CHECKING:
    from bellhop.database.shape import Shape

BUSY_TIMEOUT_S = 20
CUT_TIMEOUT_MS = 10
TURN_TIMEOUT_S = 1.0
INCREMENTAL = 2  # PRAGMA auto_vacuum
MOST_IDLE = 4  # each of which remembers up to 2 MB of the file
FAULTS = {
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_BUSY: Fault.BUSY,
    sqlite3.SQLITE_LOCKED: Fault.BUSY,
    sqlite3.SQLITE_CONSTRAINT: Fault.REFUSED,
    # What SQLite says of a quota, or of a full disk at an fsync or in its shared memory, too.
    sqlite3.SQLITE_IOERR: Fault.UNREACHABLE,
    sqlite3.SQLITE_CANTOPEN: Fault.UNREACHABLE,
    sqlite3.SQLITE_READONLY: Fault.UNUSABLE,
    sqlite3.SQLITE_CORRUPT: Fault.UNUSABLE,
    sqlite3.SQLITE_NOTADB: Fault.UNUSABLE,
}


# A text that is no UTF-8 shows that, and spoils no answer about other rows.
_text: Callable[[bytes], str] = operator.methodcaller("decode", "utf-8", "replace")


def _row(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row as it is read everywhere: no column of ours holds bytes, so those are texts too."""
    if bytes not in map(type, row):
        return row
    return tuple(_text(value) if isinstance(value, bytes) else value for value in row)


class Replaced(str):
    """A text that is not UTF-8, as it is shown."""


def _as_stored(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return Replaced(_text(text))


def fold(text: bytes | None) -> str:
    """A text, as a BLOB, as a search sees it: letters are the same small and capital."""
    return _text(text or b"").casefold()


class Sqlite(SqliteDatabase):
    """The database at `path`, which is opened late, and never created; `may_write` or only look."""

    _turns = threading.Lock()
    # Raises where a connection leads to another file than the one that is looked after.
    check_opened: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, path: Path, *, may_write: bool = True):
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._idle_lock = threading.Lock()
        self._most_idle = 0
        # WAL with NORMAL may forget the last moment after a power cut, never corrupt;
        # what accepts jobs asks for more, see `make_durable`.
        pragmas = {"foreign_keys": 1, "synchronous": "normal"} if may_write else None
        address = f"{path.absolute().as_uri()}?mode={'rw' if may_write else 'ro'}"
        # Deferred transactions that read before they write fail at once under load, whatever
        # the timeout; immediate ones queue.
        super().__init__(
            address,
            lock_type="immediate",
            uri=True,
            pragmas=pragmas,
            timeout=BUSY_TIMEOUT_S,
            check_same_thread=False,  # one that nobody uses goes to the next thread
        )
        self.register_function(fold, "fold")

    @contextlib.contextmanager
    def atomic(self) -> Iterator[None]:  # type: ignore[override]
        """A transaction that may write; one inside another is a part of that.

        The threads of a process take turns. SQLite alone would let who finds it locked sleep for
        milliseconds, thousands of times a minute. Who waits for long tries it all the same, to
        hear from SQLite what is wrong.
        """
        if self.in_transaction():
            yield
            return
        is_mine = self._turns.acquire(timeout=TURN_TIMEOUT_S)
        try:
            with super().atomic():
                yield
        finally:
            if is_mine:
                self._turns.release()

    def _connect(self) -> sqlite3.Connection:
        if self._idle:
            self.check_opened()  # while it is elsewhere, none of them may be the last to close
        with self._idle_lock:
            idle = self._idle.pop() if self._idle else None
        if not idle:
            return self._open()
        idle.execute("PRAGMA synchronous = normal")  # only: others forget prepared statements
        return idle

    def _open(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._connect()  # type: ignore[misc]
        connection.text_factory, connection.row_factory = _text, _row
        try:
            self.check_opened()
        except sqlite3.OperationalError:
            connection.close()
            raise
        return connection

    def _close(self, connection: sqlite3.Connection) -> None:
        with self._idle_lock:
            if len(self._idle) < self._most_idle and not connection.in_transaction:
                self._idle.append(connection)
                return
        connection.close()

    def close_all(self) -> None:
        """Close the connection of this thread, and those that nobody uses."""
        self._most_idle = 0
        self.close()
        while self._idle:
            self._idle.pop().close()

    def commit(self) -> None:
        """Raises InDoubt when the disk fails, which may be after it was written."""
        try:
            super().commit()
        except OperationalError as error:
            if self.fault_of(said := said_by(error)) is Fault.UNREACHABLE:
                raise InDoubt(said, str(said)) from error
            raise

    def rollback(self) -> None:
        # A full disk has ended the transaction already, and must be what the caller hears of.
        if self.connection().in_transaction:  # type: ignore[no-untyped-call]
            super().rollback()

    def has_failed(self) -> bool:
        """False: each statement fails at once, and alone."""
        return False

    def send(self, sql: str, values: dict[str, Any]) -> sqlite3.Cursor:
        """One statement."""
        connection: sqlite3.Connection = self.connection()  # type: ignore[no-untyped-call]
        return connection.execute(sql, values)

    def write_many(self, sql: str, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows, one after the other."""
        connection: sqlite3.Connection = self.connection()  # type: ignore[no-untyped-call]
        connection.executemany(sql, rows)

    def rows_of(self, statements: Sequence[tuple[str, dict[str, Any]]]) -> list[list[Any]]:
        """The rows of several statements, made one after the other."""
        return [self.send(sql, values).fetchall() for sql, values in statements]

    @contextlib.contextmanager
    def streamed(self, sql: str, values: dict[str, Any]) -> Iterator[sqlite3.Cursor]:
        """The rows of one statement, which are read one by one."""
        with contextlib.closing(self.send(sql, values)) as cursor:
            yield cursor

    @staticmethod
    def fault_of(error: Exception) -> Fault | None:
        """What SQLite says is wrong; None when it is none of its errors."""
        code = getattr(error, "sqlite_errorcode", None)
        return None if code is None else FAULTS.get(code & 0xFF, Fault.OTHER)

    def stay_open(self) -> None:
        """Keep connections that nobody uses until this process ends, and use them again.

        The last connection to leave a WAL database checkpoints, syncs and deletes the WAL, and
        the next makes it anew: some milliseconds for each request to an idle Bellhop. Each new
        one reads the schema.
        """
        self._most_idle = MOST_IDLE
        self.connect(reuse_if_open=True)
        self.send("SELECT count(*) FROM sqlite_schema", {}).fetchall()
        self.close()

    def make_durable(self) -> None:
        """Let the commits of the current connection, and all earlier ones, survive a power cut."""
        self._ask("PRAGMA synchronous = full")

    def checkpoint(self) -> bool:
        """Bring the write-ahead log back into the file and cut it to nothing; whether it could."""
        # It holds the write lock while it waits for readers, so it must not wait for long.
        self._ask(f"PRAGMA busy_timeout = {CUT_TIMEOUT_MS}")
        try:
            return not self._ask("PRAGMA wal_checkpoint(truncate)")[0][0]  # whether it is held up
        finally:
            self._ask(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000}")

    @contextlib.contextmanager
    def fleeting(self) -> Iterator[None]:
        """A transaction of which the last moment may be forgotten in a power cut."""
        with self.atomic():
            yield

    def log_bytes(self) -> int:
        """Size of the write-ahead log."""
        try:
            return os.stat(f"{os.path.realpath(self.path)}-wal").st_size
        except FileNotFoundError:
            return 0

    def size_bytes(self) -> int:
        """Size of the database without its write-ahead log."""
        return self._bytes_of("page_count")

    def unused_bytes(self) -> int:
        """What of the database is free for new rows."""
        return self._bytes_of("freelist_count")

    def _bytes_of(self, count: str) -> int:
        return int(self._ask(f"PRAGMA {count}")[0][0] * self._ask("PRAGMA page_size")[0][0])

    def is_shrinkable(self) -> bool:
        """Whether the file can give unused pages back, which `make_shrinkable` decides."""
        return self._ask("PRAGMA auto_vacuum") == [(INCREMENTAL,)]

    def make_shrinkable(self) -> None:
        """Let the file give unused pages back from now on; one with tables is written anew."""
        self._ask(f"PRAGMA auto_vacuum = {INCREMENTAL}")
        if self.size_bytes():
            self._ask("VACUUM")

    def shrink(self, most_pages: int) -> int:
        """Give up to so many unused pages back to the disk at once; what is left, in bytes.

        The file is shorter after the next `checkpoint`.
        """
        with self.atomic():
            for _ in range(most_pages):
                # Of more, Python's sqlite3 does only the first.
                self._ask("PRAGMA incremental_vacuum(1)")
        return self.unused_bytes()

    @contextlib.contextmanager
    def moving(self) -> Iterator[None]:
        """A transaction that sees and keeps all rows as they are, for as long as it takes."""
        with self.connection_context(), self.atomic():
            yield

    def untriggered(self) -> contextlib.AbstractContextManager[None]:
        """Triggers run all the same; what they write is replaced."""
        return contextlib.nullcontext()

    def walk(self, shape: Shape) -> Iterator[tuple[Any, ...]]:
        """All rows of a table as they are stored: a BLOB as bytes, no UTF-8 as `Replaced`."""
        connection: sqlite3.Connection = self.connection()  # type: ignore[no-untyped-call]
        connection.text_factory, connection.row_factory = _as_stored, None
        try:
            yield from connection.execute(shape.selection)
        finally:
            connection.text_factory, connection.row_factory = _text, _row

    def fill(self, shape: Shape, rows: list[tuple[Any, ...]]) -> None:
        """Write new rows of a table."""
        connection: sqlite3.Connection = self.connection()  # type: ignore[no-untyped-call]
        connection.executemany(shape.insertion, rows)

    def last_id(self, shape: Shape) -> int:
        """The highest id that a table ever gave to a row, as far as the database knows."""
        last = f"""SELECT max(coalesce((SELECT max(id) FROM "{shape.name}"), 0),
            coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = :table), 0))"""
        return int(self.send(last, {"table": shape.name}).fetchone()[0])

    def set_last_id(self, shape: Shape, last: int) -> None:
        """Give no id up to `last` to a new row, where the table keeps ids."""
        if shape.keeps_ids:
            table = {"table": shape.name, "last": last}
            self.send("DELETE FROM sqlite_sequence WHERE name = :table", table)
            self.send("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)", table)

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.send(sql, {}).fetchall()
