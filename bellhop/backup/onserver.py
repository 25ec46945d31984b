"""The rows of a PostgreSQL as a file of SQLite, and back: so a backup has one form.

It is verified without a server, what was removed meanwhile is taken out of it, and it can be
restored to either database. Imported only where the rows are, or shall be, on a server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bellhop.backup.rows import Tell, copy_finished
from bellhop.base.errors import StartRefused
from bellhop.base.killpoint import die_at
from bellhop.database import schema, server, versions
from bellhop.database.connection import PostgresError
from bellhop.database.database import bind_server, database, query
from bellhop.database.faults import said_by
from bellhop.database.moving import Move, NotMoved
from bellhop.database.sqlite import Sqlite
from bellhop.settings.settings import postgresql_location
from bellhop.storage.models import TABLES
from bellhop.stores.copying import free_bytes

NAMES = [table._meta.table_name for table in TABLES]


def copy_rows(url: str, target: Path, tell: Tell) -> int:
    """Copy all rows of a server, as they are at one moment, to a new file; their schema.

    Nobody waits for it. StartRefused where they cannot be read, or are of another schema than that
    of this program, or there is no room for the copy.
    """
    where = f"PostgreSQL at {postgresql_location(url)}"
    schema.migrate(target, alone=True)
    copy: Sqlite = database.obj
    with _refusing(url):
        server.require_usable(url)
        bind_server(url, may_write=False)
        source = database.obj
        with source.snapshot(), copy.moving():
            _require_same_schema(where)
            move = Move(source, copy, NAMES)
            _require_room(move, target.parent)
            _transfer(move, tell, "copy the rows", f"nothing was saved of {where}")
    copy.close_all()
    copy_finished(target)
    return len(schema.MIGRATIONS)


def put_rows(url: str, source: Path, mark: int, tell: Tell) -> None:
    """Let an empty database on a server have all rows of a file, which must have been migrated.

    All or none. One that has them already stays as it is. StartRefused for any other.
    """
    where = f"PostgreSQL at {postgresql_location(url)}"
    rows = Sqlite(source)
    with _refusing(url):
        server.require_usable(url)
        bind_server(url)
        target = database.obj
        with rows.moving(), target.moving():
            server.bring_up(where, alone=True, may_create=True, mark=mark)
            move = Move(rows, target, NAMES)
            _transfer(move, tell, "restore the rows", f"nothing was restored to {where}")
            target.run("ANALYZE")
        rows.close_all()
        die_at("restore-rows")


def _require_same_schema(where: str) -> None:
    ((version, _),) = query(versions.KNOWN)
    if version > len(schema.MIGRATIONS):
        raise schema.TooNew(where, version)
    if version < len(schema.MIGRATIONS):
        raise StartRefused(
            f"the rows in {where} are of an older Bellhop (schema {version}, this one writes "
            f"{len(schema.MIGRATIONS)}); save them with that version, or start this one first"
        )


def _require_room(move: Move, folder: Path) -> None:
    needed, free = move.sqlite_bytes(), free_bytes(folder)
    if needed > free:
        raise StartRefused(
            f"the disk of {folder} has {free >> 20} MiB, but a copy of the rows needs about "
            f"{needed >> 20} MiB; make room"
        )


def _transfer(move: Move, tell: Tell, what: str, refused: str) -> None:
    """Let the target have what the source has, or find that it does; compare both."""
    total, done = 2 * sum(move.counted.values()), 0

    def told(table: str, rows: int) -> None:
        nonlocal done
        done += rows
        tell(what, done, total)

    move.tell = told
    is_new = move.is_target_empty()
    try:
        move.compare(move.copy() if is_new else move.read())
    except NotMoved as refusal:
        said = (
            refusal if is_new else "it is not empty; name an empty database in [storage] database"
        )
        raise StartRefused(f"{refused}: {said}") from None


@contextmanager
def _refusing(url: str) -> Iterator[None]:
    """One line for what the server says; nothing was changed then."""
    try:
        yield
    except Exception as error:
        said = said_by(error)
        if not isinstance(said, PostgresError):
            raise
        raise server.refused(url, said) from None
