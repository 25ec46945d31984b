"""Brings the database to the schema of this program: the SQL of `migrations/`, in order."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from peewee import DatabaseError

from bellhop.base import program
from bellhop.base.errors import StartRefused
from bellhop.database.database import bind, database, query, will_pass

CHECK_S = 1.0
MOST_REWRITTEN_BYTES = 64 << 20  # in less than a second
RESTORE = "restore a backup as docs/operating.md describes; Bellhop changed nothing"
MISSING = (
    "{path} is empty or missing, but there are files of jobs, or there was a database; " + RESTORE
)
MIGRATIONS = (
    "0001_first", "0002_traceback_and_drain", "0003_whole_job_model", "0004_lighter_events",
    "0005_accounts", "0006_bounds", "0007_waits", "0008_partial", "0009_pages",
    "0010_machines", "0011_upkeep",
)  # fmt: skip
# Those of them that a program from before cannot live with, as it would misread or spoil rows; see
# versions.py. Several machines, and so several versions at once, are there since the first.
BREAKING = frozenset(("0010_machines",))


def migrations() -> list[str]:
    """The SQL of each migration, in order; the schema version is how many were run."""
    return [program.asset(f"database/migrations/{name}.sql").decode() for name in MIGRATIONS]


# Keeps the rows of a schema while, and after, its block brings them to this program's.
Keep = Callable[[int], contextlib.AbstractContextManager[None]]


class TooNew(StartRefused):
    """The rows are of a newer schema: of Bellhop `program`, where that is known."""

    def __init__(
        self, what: object, version: int, program: str = "", otherwise: str = "restore a backup"
    ):
        self.what, self.version = what, version
        by = f" ({program})" if program else ""
        needed = f"Bellhop {program} or newer" if program else "that version"
        super().__init__(
            f"{what} is from a newer version of Bellhop{by} (schema {version}, this one knows "
            f"{len(MIGRATIONS)}); install {needed}, or {otherwise}"
        )


def keep_nothing(version: int) -> contextlib.AbstractContextManager[None]:
    """For rows that nobody else needs."""
    return contextlib.nullcontext()


def require_nothing() -> None:
    """For rows of which nothing is asked but their schema."""


def migrate(
    path: Path,
    *,
    alone: bool,
    may_create: bool = True,
    mark: int = 0,
    may_adopt: bool = True,
    keep: Keep = keep_nothing,
    require: Callable[[], object] = require_nothing,
) -> None:
    """Bring the database to this program's schema, or change nothing; called under `start.lock`.

    `mark` tells the database of this installation from those of others, 0 to mark none;
    `may_adopt`: one with another mark becomes its own; `keep` is around the migrations of one that
    has rows, and what `require` refuses of the new ones undoes them. Raises StartRefused when it is
    from a newer version or another installation, damaged, missing where it must be (`may_create`
    false), or in use by another process (`alone` false) while a migration is due.
    """
    _require_file(path, may_create=may_create)
    bind(path)
    steps = migrations()
    try:
        with database.connection_context():
            (version,) = query("PRAGMA user_version")[0]
            if version > len(steps):
                raise TooNew(path, version)
            if version == 0 and not may_create:
                raise StartRefused(MISSING.format(path=path))
            ((found,),) = query("PRAGMA application_id")
            if mark and found not in (0, mark) and not may_adopt:
                raise StartRefused(f"{path} is the database of another installation; {RESTORE}")
            if version < len(steps) and not alone:
                raise StartRefused(f"{path} needs a migration; stop every other Bellhop first")
            if alone:
                _refuse_damage(path)
                _let_it_shrink()
            query("PRAGMA journal_mode = wal")
            if version < len(steps):
                with keep(version) if version else contextlib.nullcontext(), database.atomic():
                    _run_migrations(version, steps)
                    if version:
                        require()
            if mark and found != mark and alone:
                query(f"PRAGMA application_id = {mark}")
                database.checkpoint()  # so that it stands in the file itself
    except (sqlite3.DatabaseError, DatabaseError) as error:
        hint = "check that its disk has space and is writable" if will_pass(error) else RESTORE
        raise StartRefused(f"{path} cannot be used ({error}); {hint}") from None


def _require_file(path: Path, *, may_create: bool) -> None:
    if not path.exists() or not path.stat().st_size:
        if not may_create:
            raise StartRefused(MISSING.format(path=path))
        path.touch()


def _let_it_shrink() -> None:
    """Let it give unused pages back; a large one is written anew only by who has the time."""
    if database.is_shrinkable() or database.size_bytes() > MOST_REWRITTEN_BYTES:
        return
    try:
        database.make_shrinkable()
    except (sqlite3.DatabaseError, DatabaseError) as error:
        if not will_pass(error):  # without room it stays as it is
            raise


def _refuse_damage(path: Path) -> None:
    """Nothing may be built on a damaged file; a large one is looked through for a second only."""
    connection: sqlite3.Connection = database.connection()
    # A row that is spoiled fails alone (see base/documents.py); here it is about the file.
    query("PRAGMA ignore_check_constraints = 1")
    until = time.monotonic() + CHECK_S
    connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
    try:
        ((found,),) = query("PRAGMA quick_check(1)")
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        found = "ok"
    finally:
        connection.set_progress_handler(None, 0)
        query("PRAGMA ignore_check_constraints = 0")
    if found != "ok":
        raise StartRefused(f"{path} is damaged ({' '.join(found.split())}); {RESTORE}")


def _run_migrations(before: int, steps: list[str]) -> None:
    for version, sql in enumerate(steps[before:], before + 1):
        _run_migration(version, sql)


def _run_migration(version: int, sql: str) -> None:
    statement = ""
    for part in re.sub(r"--.*", "", sql).strip().removesuffix(";").split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement):  # else it is inside a trigger
            query(statement)
            statement = ""
    query(f"PRAGMA user_version = {version}")
