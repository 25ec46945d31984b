"""A copy of the rows in SQLite, as they are at one moment, while Bellhop reads and writes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bellhop.base.errors import StartRefused
from bellhop.database import schema
from bellhop.stores.copying import free_bytes

PAGES_AT_ONCE = 2048
BUSY_S = 20
LOGS = ("", "-wal", "-shm", "-journal")  # what SQLite has beside a database

# Hears what happens, and how many bytes of how many are done.
Tell = Callable[[str, int, int], object]


def copy_rows(source: Path, target: Path, tell: Tell) -> int:
    """Copy a database; the version of its schema.

    StartRefused where it is damaged, of a newer Bellhop, or there is no room for the copy.
    """
    if not source.exists():
        raise StartRefused(f"{source} is missing; {schema.RESTORE}")
    try:
        _require_room(source, target)
        with closing(_connected(source, "rw")) as live, closing(_connected(target, "rwc")) as copy:
            _copy(live, copy, tell)
            return _settled(copy, source)
    except sqlite3.Error as error:
        raise StartRefused(f"{source} cannot be copied ({error})") from None


def copy_finished(target: Path) -> None:
    """Let a copy be one file, that nobody has open."""
    with closing(_connected(target, "rw")) as copy:
        copy.execute("PRAGMA journal_mode = delete").fetchall()


def remove_copy(target: Path) -> None:
    for suffix in LOGS:
        target.with_name(target.name + suffix).unlink(missing_ok=True)


def damage(connection: sqlite3.Connection, check: str) -> str | None:
    """What a `check` of SQLite, quick_check or integrity_check, finds first, if anything."""
    # A row that is spoiled fails alone (see base/documents.py); here it is about the file.
    connection.execute("PRAGMA ignore_check_constraints = 1")
    ((found,),) = connection.execute(f"PRAGMA {check}(1)").fetchall()
    return None if found == "ok" else " ".join(str(found).split())


def _require_room(source: Path, target: Path) -> None:
    needed, free = source.stat().st_size, free_bytes(target.parent)
    if needed > free:
        raise StartRefused(
            f"the disk of {target.parent} has {free >> 20} MiB, but a copy of the database needs "
            f"{needed >> 20} MiB; make room"
        )


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None)


def _copy(live: sqlite3.Connection, copy: sqlite3.Connection, tell: Tell) -> None:
    """All pages in one transaction that only reads: no writer waits, nor lets it begin again."""
    ((page_bytes,),) = live.execute("PRAGMA page_size").fetchall()
    copy.execute("PRAGMA synchronous = off")  # whoever needs it again makes a new one
    live.execute("BEGIN")
    live.execute("SELECT count(*) FROM sqlite_schema").fetchall()

    def told(status: int, left: int, pages: int) -> None:
        tell("copy the database", (pages - left) * page_bytes, pages * page_bytes)

    live.backup(copy, pages=PAGES_AT_ONCE, progress=told)
    live.execute("ROLLBACK")


def _settled(copy: sqlite3.Connection, source: Path) -> int:
    """Let the copy be one file, and look whether it is whole; its schema."""
    copy.execute("PRAGMA journal_mode = delete").fetchall()
    if found := damage(copy, "quick_check"):
        raise StartRefused(f"{source} is damaged ({found}); {schema.RESTORE}")
    ((version,),) = copy.execute("PRAGMA user_version").fetchall()
    if version > len(schema.MIGRATIONS):
        raise schema.TooNew(source, version)
    return int(version)
