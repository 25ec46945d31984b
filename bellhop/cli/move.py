"""The command `move-to`: the jobs leave SQLite for PostgreSQL, or come back; so do their files.

Bellhop does not run meanwhile. Until the record names the new place, all stays where it was; who
stopped in between repeats the command, which goes on from what it finds.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bellhop.backup import before
from bellhop.base.errors import StartRefused
from bellhop.base.killpoint import die_at
from bellhop.base.program import TYPED
from bellhop.cli import movefiles, start
from bellhop.cli.screen import BAR_EVERY_S, LINE_EVERY_S, Screen
from bellhop.database import schema
from bellhop.database.database import bind_server, database, is_disk_full, refusing
from bellhop.database.faults import said_by
from bellhop.database.moving import Move, NotMoved, first_of
from bellhop.database.sqlite import Sqlite
from bellhop.machines import members
from bellhop.settings.settings import Settings, postgresql_location
from bellhop.storage.installation import (
    Installation,
    alone,
    read_record,
    rows_location,
    write_record,
)
from bellhop.storage.models import TABLES
from bellhop.storage.moving import FilesMove
from bellhop.stores.copying import free_bytes
from bellhop.stores.filesystem import sync

SQLITE = "sqlite"
NAMES = [table._meta.table_name for table in TABLES]
LOGS = ("-wal", "-shm", "-journal")  # what SQLite has beside a database
# https://www.sqlite.org/fileformat.html#the_database_header
HEADER_BYTES, MARK = 100, slice(68, 72)


def run(settings: Settings, place: str, files: str | None = None) -> None:
    """Move all jobs to `place`, "sqlite" or an address; StartRefused when nothing was moved.

    Their files go to `files`, as `[storage] files` names it, if that is given; and with the jobs
    back to the data folder.
    """
    if read_record(settings.data_dir) is None:
        raise StartRefused(f"there is no Bellhop in {settings.data_dir}")
    start.require_home(settings)
    with alone(settings) as here:
        if not here.has_database:
            raise StartRefused("there are no jobs yet; set [storage] database, and start Bellhop")
        moved = FilesMove(settings, here, files or "" if place == SQLITE else files)
        with moved.claimed():
            if place == SQLITE:
                _to_sqlite(settings, here, moved)
            else:
                _to_postgresql(settings, here, place, moved)
        movefiles.finish(moved, settings)


def _to_postgresql(settings: Settings, here: Installation, url: str, files: FilesMove) -> None:
    location = postgresql_location(url)
    if here.rows == location and not (files.is_none or os.path.lexists(here.database)):
        return _move_files(settings, here, files)
    if here.rows and (here.rows != location or not os.path.lexists(here.database)):
        hint = "" if here.rows == location else f"; move them to {SQLITE} first"
        raise StartRefused(f"the jobs are in PostgreSQL at {here.rows} already{hint}")
    if not here.rows:
        with _refusals(here, url):
            _copy_to_server(here, url)
    write_record(movefiles.bring(files, replace(here, rows=location)))
    sync(here.folder)
    die_at("move-record")
    kept = _set_aside(here.database)
    print(f"The jobs are in PostgreSQL at {location}. Before you start Bellhop, write this line")
    print(f"under [storage] in {settings.config_path}, or set BELLHOP_STORAGE_DATABASE:\n")
    print(f"database = {url}\n")
    print(f"The SQLite data is now {kept}; Bellhop does not use it any more.")
    print(f"To go back, stop Bellhop and type {TYPED} move-to {SQLITE}")


def _copy_to_server(here: Installation, url: str) -> None:
    from bellhop.database import server  # an extra

    server.require_usable(url)
    schema.migrate(here.database, mark=here.mark, may_adopt=False, **_before(here))
    source = Sqlite(here.database)
    bind_server(url)
    target = database.obj
    where = f"PostgreSQL at {postgresql_location(url)}"
    with source.moving(), target.moving():
        server.bring_up(where, alone=True, may_create=True, mark=here.mark)
        die_at("move-tables")
        move = Move(source, target, NAMES)
        _transfer(move, where, "name an empty database")
        target.run("ANALYZE")
    die_at("move-commit")
    _tell(move)


def _move_files(settings: Settings, here: Installation, files: FilesMove) -> None:
    """Move the files of jobs that are where they shall be."""
    if here.rows:
        bind_server(settings.storage.database)
        with refusing(), database.connection_context():
            members.require_alone("these look for files in the place that they know")
    write_record(movefiles.bring(files, here))


def _to_sqlite(settings: Settings, here: Installation, files: FilesMove) -> None:
    url, path = settings.storage.database, here.database
    if not (here.rows or files.is_none):
        return _move_files(settings, here, files)
    if not here.rows:
        raise StartRefused("the jobs are in SQLite already")
    if rows_location(settings) != here.rows:
        raise StartRefused(
            f"[storage] database must name PostgreSQL at {here.rows} until the jobs have moved"
        )
    with _refusals(here, url):
        _copy_to_file(here, url)
    write_record(movefiles.bring(files, replace(here, rows="", machine="")))
    print(f"The jobs are in {path}. Before you start Bellhop, write this line")
    print(f"under [storage] in {settings.config_path}, or unset BELLHOP_STORAGE_DATABASE:\n")
    print("database =\n")
    print(f"PostgreSQL at {here.rows} still has the jobs as they were; nothing uses them now.")


def _copy_to_file(here: Installation, url: str) -> None:
    from bellhop.database import server  # an extra

    is_there = _is_there(here)
    server.migrate(url, mark=here.mark, **_before(here))
    source = database.obj
    with source.connection_context():
        members.require_alone()
    if is_there:
        target = Sqlite(here.database)
        with source.moving(), target.moving():
            _transfer(move := Move(source, target, NAMES), str(here.database), "move it away")
        return _tell(move)
    with _draft(here) as draft:
        with source.moving(), draft.moving():
            die_at("move-tables")
            move = Move(source, draft, NAMES)
            _require_room(move, here.folder)
            _transfer(move, str(here.database), "move it away")
        die_at("move-commit")
        _set_journal(draft, "wal")
        os.rename(draft.path, here.database)
        sync(here.folder)
    die_at("move-named")
    return _tell(move)


def _before(here: Installation) -> dict[str, Any]:
    """How rows of an older Bellhop are brought to this program's schema before they move."""
    return {"alone": True, "may_create": False, "keep": partial(before.kept, here)}


def _is_there(here: Installation) -> bool:
    """Whether a move came as far as to name its database; refuses any other that is there."""
    found = [path for path in _with_logs(here.database) if os.path.lexists(path)]
    if found == [here.database]:
        with contextlib.suppress(OSError), here.database.open("rb") as file:
            if file.read(HEADER_BYTES)[MARK] == here.mark.to_bytes(4, "big"):
                return True
    if found:
        raise StartRefused(f"{found[0]} already exists; move it away, and repeat the command")
    return False


@contextlib.contextmanager
def _draft(here: Installation) -> Iterator[Sqlite]:
    """A new database beside the place of the real one; without a name it goes again."""
    path = here.database.with_name(f"{here.database.name}.moving")
    for leftover in _with_logs(path):
        leftover.unlink(missing_ok=True)
    try:
        schema.migrate(path, alone=True, mark=here.mark)
        draft: Sqlite = database.obj
        _set_journal(draft, "delete")  # a write-ahead log would need the room twice
        yield draft
    finally:
        for leftover in _with_logs(path):
            leftover.unlink(missing_ok=True)


def _set_journal(engine: Sqlite, mode: str) -> None:
    with engine.connection_context():
        engine.send(f"PRAGMA journal_mode = {mode}", {}).fetchall()


def _require_room(move: Move, folder: Path) -> None:
    needed, free = move.sqlite_bytes(), free_bytes(folder)
    if needed > free:
        raise StartRefused(
            f"the disk of {folder} has {free >> 20} MiB, but the jobs need about "
            f"{needed >> 20} MiB in SQLite; make room"
        )


def _transfer(move: Move, where: str, instead: str) -> None:
    """Let the target, `where`, hold what the source holds, or find that it does.

    `instead` is what to do about a target that holds something else.
    """
    progress = _Progress(move.counted)
    move.tell = progress.told
    is_new = move.is_target_empty()
    try:
        with contextlib.closing(progress):
            move.compare(move.copy() if is_new else move.read())
    except NotMoved as refusal:
        said = str(refusal) if is_new else f"it is not empty, and {refusal}; {instead}"
        raise StartRefused(f"nothing was moved to {where}: {said}") from None
    die_at("move-compared")


def _tell(move: Move) -> None:
    if move.mended:
        texts = first_of(move.mended)
        print(f"Not UTF-8, or with a NUL, and now as they are shown: {texts}", file=sys.stderr)
    rows = sum(move.counted.values())
    print(f"{rows:,} rows were copied and compared: all counts and hashes are equal.")


def _set_aside(path: Path) -> Path:
    """The new name of a database that is not used any more."""
    engine = Sqlite(path)
    with engine.connection_context():
        engine.checkpoint()
    wanted = path.with_name(f"{path.name}.moved-{datetime.now(UTC):%Y-%m-%d}")
    numbered = (wanted.with_name(f"{wanted.name}-{number}") for number in itertools.count(2))
    kept = next(name for name in itertools.chain([wanted], numbered) if not os.path.lexists(name))
    # The database last: as long as it is there, a repeated command comes here again.
    for old, new in reversed([*zip(_with_logs(path), _with_logs(kept), strict=True)]):
        if os.path.lexists(old):
            os.rename(old, new)
    return kept


def _with_logs(path: Path) -> list[Path]:
    return [path, *(path.with_name(path.name + suffix) for suffix in LOGS)]


@contextlib.contextmanager
def _refusals(here: Installation, url: str) -> Iterator[None]:
    """One line for what a database says; nothing was moved then."""
    from bellhop.database import connection, server  # an extra

    try:
        yield
    except Exception as error:
        said = said_by(error)
        if isinstance(said, connection.PostgresError):
            raise server.refused(url, said) from None
        if not isinstance(said, sqlite3.Error):
            raise
        hint = "make room on its disk" if is_disk_full(said) else schema.RESTORE
        raise StartRefused(f"{here.database} cannot be used ({said}); {hint}") from None


class _Progress:
    """Says how far a move is: each row is read twice, to copy it and to compare it."""

    def __init__(self, counts: dict[str, int]):
        self._counts, self._rows = counts, sum(counts.values())
        self._screen, self._began = Screen(), time.monotonic()
        self._every_s = BAR_EVERY_S if sys.stderr.isatty() else LINE_EVERY_S
        self._told_at = -math.inf
        self._table, self._in_table, self._done = "", 0, 0

    def told(self, table: str, rows: int) -> None:
        """So many rows of a table more were read."""
        if table != self._table:
            self._table, self._in_table = table, 0
        self._in_table += rows
        self._done += rows
        now = time.monotonic()
        is_whole = rows and self._in_table == self._counts[table]
        if is_whole or now - self._told_at >= self._every_s:
            self._told_at = now
            self._show(now - self._began)

    def _show(self, took_s: float) -> None:
        left_s = took_s * (2 * self._rows - self._done) / self._done if self._done else 0
        verb = "copy" if self._done <= self._rows else "compare"
        of = f"{self._in_table:,} of {self._counts[self._table]:,} rows"
        percent = 100 * self._done // max(2 * self._rows, 1)
        self._screen.progress(percent, f"{verb} {self._table}: {of}, about {left_s:.0f} s left")

    def close(self) -> None:
        self._screen.close()
