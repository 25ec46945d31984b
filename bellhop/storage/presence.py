"""Whether the database at its path still is the one that this process opened.

SQLite goes on with a file that was moved, replaced or cut, and answers from what it remembers:
what it accepts then is lost. So who answers or claims asks here first. A database that is missing
or may not be written is used again when it is back; one that was replaced, cut or robbed of its
write-ahead log only after a restart, which looks at all of it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from bellhop.base.errors import StartRefused
from bellhop.database.database import database
from bellhop.storage.installation import RECORD, Installation, read_record

LOOK_EVERY_S = 0.5
CUT_LOOKS, CUT_PAUSE_S = 10, 0.05
# A write-ahead log above this is cut by the keeper, as soon as nobody reads.
LONG_LOG_BYTES = 8 << 20
# https://www.sqlite.org/fileformat.html#the_database_header
HEADER_BYTES, MAGIC = 100, b"SQLite format 3\0"
Identity = tuple[int, int]


class Unavailable(sqlite3.OperationalError):
    """The database at its path is not the one that was opened; the text says why."""

    sqlite_errorcode = sqlite3.SQLITE_CANTOPEN


class Guard(NamedTuple):
    """A condition in SQL with its values, and what Unavailable says where it does not hold.

    For a statement that is sent anyway: asking first would cost a round trip to a server.
    """

    sql: str = "1 = 1"
    values: Mapping[str, Any] = MappingProxyType({})
    refusal: str = ""


UNGUARDED = Guard()


class Record:
    """Looks after the record of an installation, from now on; a server looks after its database."""

    def __init__(self, here: Installation):
        self._here = here
        self._look_at = 0.0
        # A size that one thread saw must not be compared with a later one that another saw.
        self._lock = threading.Lock()
        self._record = _identity_at(here.folder / RECORD)
        self.is_closed = here.is_closed

    def require(self) -> None:
        """Raise Unavailable while the database is not the one that was opened."""
        with self._lock:
            problem = self._problem()
        if problem:
            raise Unavailable(problem)

    def _problem(self) -> str | None:
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY_S
            self._look()
        return None

    def _look(self) -> None:
        """What needs not be asked for each request."""
        recorded = _identity_at(self._here.folder / RECORD)
        if recorded not in (None, self._record):
            self._record = recorded
            try:
                known = read_record(self._here.folder)
            except StartRefused:
                return  # it is said at the next start
            self.is_closed = known.is_closed if known else self.is_closed


class Presence(Record):
    """Looks after the record and the file of the database as well."""

    def __init__(self, here: Installation):
        super().__init__(here)
        self._path = here.database
        # Never closed: that would drop the locks that SQLite holds in this process on the file.
        self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        self._opened = _identity(os.fstat(self._file))
        self._size = os.fstat(self._file).st_size
        self._beside = {path: found for path in self._logs() if (found := _identity_at(path))}
        self._lost: str | None = None

    def _problem(self) -> str | None:
        if self._lost:
            return self._lost
        try:
            found = os.stat(self._path)
        except OSError as error:
            return f"{self._path} cannot be reached ({error.strerror})"
        if _identity(found) != self._opened:
            self._lost = f"{self._path} was replaced; restart Bellhop"
        elif found.st_size < self._size and self._stays_cut():
            self._lost = f"{self._path} was cut or overwritten; restart Bellhop"
        elif not os.access(self._path, os.W_OK):
            return f"{self._path} cannot be written"
        self._size = found.st_size
        super()._problem()
        return self._lost

    def _look(self) -> None:
        if self._is_cut(self._size):
            self._lost = f"{self._path} was cut or overwritten; restart Bellhop"
        for path, identity in self._beside.items():
            if _identity_at(path) != identity:
                self._lost = f"{path} was removed while Bellhop runs; restart Bellhop"
        super()._look()

    def _stays_cut(self) -> bool:
        """Whether it is shorter than its header says, and not for a moment only.

        The keeper gives pages back, and a checkpoint that grows the file again writes the header
        first.
        """
        for _ in range(CUT_LOOKS):
            if not self._is_cut(os.fstat(self._file).st_size):
                return False
            time.sleep(CUT_PAUSE_S)
        return True

    def _is_cut(self, size: int) -> bool:
        """Whether the file is shorter than its header says, or has none of this installation."""
        header = os.pread(self._file, HEADER_BYTES, 0)
        page = int.from_bytes(header[16:18], "big")
        pages, mark = (int.from_bytes(header[at : at + 4], "big") for at in (28, 68))
        is_ours = header.startswith(MAGIC) and mark in (0, self._here.mark)
        # A page of 65,536 bytes is written as 1. While a checkpoint grows the file, the header
        # may be ahead of it; that this process knows the file longer says that it was cut.
        is_whole = size >= min(pages * (65536 if page == 1 else page), self._size)
        return not (is_ours and is_whole)

    def _logs(self) -> list[Path]:
        database = os.path.realpath(self._path)  # SQLite has them beside what a link leads to
        return [Path(f"{database}-wal"), Path(f"{database}-shm")]

    def require_opened(self) -> None:
        """Raise Unavailable where a connection that was just made leads to another file."""
        if _identity_at(self._path) != self._opened:
            raise Unavailable(f"{self._path} is not the database that Bellhop opened")


_present: Record | None = None


def watch(here: Installation) -> None:
    """Look after the database from now on, which this process keeps open."""
    global _present
    if here.rows:
        _present = Record(here)
        return
    _present = found = Presence(here)
    database.obj.check_opened = found.require_opened


def require() -> None:
    """Raise Unavailable while the database is not the one that was opened."""
    if _present:
        _present.require()


def is_closed() -> bool:
    """Whether the record says that a login is needed, whatever the database says."""
    return _present is not None and _present.is_closed


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino


def _identity_at(path: Path) -> Identity | None:
    try:
        return _identity(os.stat(path))
    except OSError:
        return None
