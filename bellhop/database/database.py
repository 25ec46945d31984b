"""How the rows are reached: one object, transactions, and what can go wrong with them.

Every statement of Bellhop is the same text for SQLite and PostgreSQL, with `:name` for a value;
what differs between the two stands in sqlite.py and postgresql.py. What the rows hold is said in
storage/models.py and `migrations/`.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from peewee import Proxy

from bellhop.base import times
from bellhop.base.errors import NO_ROOM, PASSING, StartRefused
from bellhop.base.trouble import Trouble
from bellhop.database.faults import Fault, InDoubt, said_by
from bellhop.database.sqlite import Sqlite

MOST_TOLD = 1000
# How long a commit is looked for of which nobody knows whether it was made.
LOOK_FOR_S, LOOK_EVERY_S = 10.0, 0.25
AGAIN_S = 0.5
Done = TypeVar("Done")
log = logging.getLogger("bellhop.models")
# The engine of this process, once it is bound.
database: Any = Proxy()
_told: set[str] = set()


def own_part() -> contextlib.AbstractContextManager[Any]:
    """A transaction, or a part of one, that can fail without the rest of it."""
    begin = database.savepoint if database.in_transaction() else database.atomic
    part: contextlib.AbstractContextManager[None] = begin()
    return part


@contextlib.contextmanager
def apart(row: str) -> Iterator[None]:
    """A transaction about one row: what is wrong with that is logged once, and ends only this."""
    try:
        with own_part():
            yield
    except Exception as error:
        if ends_all(error):
            raise
        if row not in _told and len(_told) < MOST_TOLD:
            _told.add(row)
            log.exception("%s cannot be changed, and Bellhop skips it", row)


def fault_of(error: Exception) -> Fault | None:
    """What is wrong with a database; None when it is none of their errors."""
    said = said_by(error)
    # The bell may live in SQLite where the rows do not.
    return Sqlite.fault_of(said) or (database.obj and database.fault_of(said))


def is_disk_full(error: Exception) -> bool:
    """Whether something could not be written because there is no room for it."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    return fault_of(error) is Fault.FULL


def is_busy(error: Exception) -> bool:
    """Whether somebody kept the database to themselves for longer than this one waits."""
    return fault_of(error) is Fault.BUSY


def is_refused(error: Exception) -> bool:
    """Whether the database refuses what a row would hold."""
    return fault_of(error) is Fault.REFUSED


def is_unavailable(error: Exception) -> bool:
    """Whether the database is not there, or cannot be used."""
    return fault_of(error) in (Fault.UNREACHABLE, Fault.UNUSABLE)


def will_pass(error: Exception) -> bool:
    """Whether what could not be done now for want of room, memory or locks can be later."""
    if isinstance(error, OSError):
        return error.errno in PASSING
    return fault_of(error) in (Fault.FULL, Fault.BUSY, Fault.UNREACHABLE)


def ends_all(error: Exception) -> bool:
    """Whether an error in a part of a transaction is one of all of it."""
    return will_pass(error) or database.has_failed()


def reason_of(error: Exception) -> str:
    """What is wrong with the database, for everybody: nothing of the address of a server."""
    fault, is_of_file = fault_of(error), Sqlite.fault_of(said_by(error))
    return str(error) if fault is None or is_of_file else f"PostgreSQL: {fault.value}"


def line_of(error: Exception) -> str:
    """All that the database said, in one line, for its operator."""
    return " ".join(str(error).split())


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Around a command: a database that cannot be used ends it with one line (StartRefused)."""
    try:
        yield
    except Exception as error:
        if not is_unavailable(error):
            raise
        hint = "look whether it was done" if isinstance(error, InDoubt) else "try again later"
        raise StartRefused(f"the database is not available ({line_of(error)}); {hint}") from error


def waited_out(act: Callable[[], Done], who: str) -> Done:
    """What `act` gives, also when the database is away for a while: the log says `who` waits."""
    again = f"{who} continues: the database is available again"
    trouble = Trouble(log, f"{who} waits: the database is not available (%s)", again)
    while True:
        try:
            done = act()
            trouble.note(None)
            return done
        except Exception as error:
            if not will_pass(error):
                raise
            trouble.note(line_of(error))
        time.sleep(AGAIN_S)


@contextlib.contextmanager
def certain(is_there: Callable[[], bool]) -> Iterator[None]:
    """Around a transaction: where its commit is in doubt, `is_there` looks for what it wrote.

    Without an error it was made, and with one it was not; only InDoubt says that nobody can tell.
    """
    try:
        yield
    except InDoubt as doubt:
        if not _was_made(doubt, is_there):
            raise doubt.orig from doubt


def _was_made(doubt: InDoubt, is_there: Callable[[], bool]) -> bool:
    """Look for a while, in transactions that may write.

    There is one writer at a time: once it is our turn, the other has ended, and is not made later.
    """
    until = time.monotonic() + LOOK_FOR_S
    while True:
        try:
            with database.atomic():
                return is_there()
        except Exception as error:
            if not will_pass(error) or time.monotonic() >= until:
                raise doubt from error
        time.sleep(LOOK_EVERY_S)


def bind(path: Path, *, may_write: bool = True) -> None:
    """Use the SQLite database at `path` in this process; nothing is opened yet."""
    times.follow_none()
    _bind(Sqlite(path, may_write=may_write))


def bind_server(url: str, *, may_write: bool = True) -> None:
    """Use the PostgreSQL database at `url` in this process; nothing is opened yet."""
    from bellhop.database.postgresql import Postgres  # an extra

    _bind(Postgres(url, may_write=may_write))


def at_once() -> Any:
    """What asks a PostgreSQL database without waiting for anybody (at_once.py)."""
    from bellhop.database.at_once import AtOnce  # an extra

    return AtOnce(database.url)


def _bind(engine: Any) -> None:
    if database.obj is not None:
        database.close_all()
    database.initialize(engine)


def query(sql: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """All rows of one statement; never a half-read cursor, which would hold the WAL."""
    rows: list[tuple[Any, ...]] = send(sql, values or {}).fetchall()
    return rows


def together(*statements: tuple[str, dict[str, Any]]) -> list[list[tuple[Any, ...]]]:
    """All rows of each of these statements, made one after the other; a server is asked once."""
    rows: list[list[tuple[Any, ...]]] = database.rows_of(statements)
    return rows


def named(sql: str, values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """All rows of one statement, by the names of their columns."""
    cursor = send(sql, values or {})
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def is_json(text: str) -> bool:
    """Whether a text is JSON; the database looks, which lets all other threads run meanwhile."""
    return bool(query("SELECT json_valid(:text)", {"text": text})[0][0])


def write_many(sql: str, rows: list[dict[str, Any]]) -> None:
    """Write many rows, by a statement that writes one, of values called as its columns.

    Inside the caller's transaction. No two of them may be the same row of the table.
    """
    if rows:
        database.write_many(sql, rows)


def send(sql: str, values: dict[str, Any]) -> Any:
    """One statement; a cursor."""
    return database.send(sql, values)
