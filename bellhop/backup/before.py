"""The rows as they were before a migration, which Bellhop keeps by itself in the data folder.

So an older Bellhop can go on with them. The files of jobs are not copied: no migration touches
them. A name tells to which schema its rows were brought, of which they were, and when.
"""

from __future__ import annotations

import logging
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bellhop.backup.dump import Dump, NoPrograms, schema_of_tables
from bellhop.backup.rows import copy_rows, remove_copy
from bellhop.base.errors import StartRefused, said_of
from bellhop.base.killpoint import die_at
from bellhop.base.times import now
from bellhop.database import schema
from bellhop.storage.installation import Installation
from bellhop.stores.filesystem import sync

KEPT = 3
STAMP = "%Y-%m-%dT%H%M%S.%fZ"
NAME = re.compile(r"before-schema-\d+-from-(\d+)-([\dT.-]+Z)\.(db|dump)(\.part)?")
log = logging.getLogger("bellhop.backup")


@contextmanager
def kept(here: Installation, version: int) -> Iterator[None]:
    """Keep the rows, which are of a schema, while and after the block brings them to this one.

    StartRefused, and nothing is changed, where they cannot be kept. If the block fails, none stay.
    On a server without `pg_dump` only a warning says so.
    """
    target = len(schema.migrations())
    name = f"before-schema-{target}-from-{version}-{now().strftime(STAMP)}"
    path = here.folder / f"{name}.{'dump' if here.rows else 'db'}"
    is_kept = _keep(here, path)
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if is_kept:
        _remove_older(here.folder, path)
        log.warning(
            "the rows were brought from schema %d to %d, and those from before are in %s; to go "
            "back, stop Bellhop, install the version from before, and %s",
            version, target, path, _way_back(here, path),
        )  # fmt: skip


def too_new(here: Installation, refusal: schema.TooNew) -> schema.TooNew:
    """A refusal that says which Bellhop is needed, or how this one goes on without it."""
    usable = [path for path in _whole(here.folder) if _schema_of(path) <= len(schema.MIGRATIONS)]
    otherwise = "restore a backup"
    if usable:
        lost = "continue with the rows from before it, without the jobs since"
        otherwise = f"{lost}: {_way_back(here, usable[-1])}"
    return schema.TooNew(refusal.what, refusal.version, here.version, otherwise)


def _keep(here: Installation, path: Path) -> bool:
    """Write the rows of now to a file, whole and on the disk; whether that can be done here."""
    draft = path.with_name(f"{path.name}.part")
    for left in _named(here.folder, ".part"):
        remove_copy(left)
    _remove_older(here.folder)  # of migrations that were killed, again and again
    try:
        if here.rows:
            Dump.of_server().write(draft)
        else:
            copy_rows(here.database, draft, lambda what, done, of: None)
        sync(draft)
        die_at("before-written")
        os.rename(draft, path)
        sync(path.parent)
    except NoPrograms as error:
        log.warning("the rows are not saved before their migration: %s", error)
        return False
    except (StartRefused, OSError) as error:
        remove_copy(draft)
        said = said_of(error) if isinstance(error, OSError) else error
        raise StartRefused(
            f"the rows need a migration, but cannot be saved before it: {said}; nothing was changed"
        ) from None
    die_at("before-kept")
    return True


def _remove_older(folder: Path, newest: Path | None = None) -> None:
    """Keep so many; `newest` is the newest of them, whatever the clock said before."""
    others = [path for path in _whole(folder) if path != newest]
    most = KEPT - 1 if newest else KEPT
    for old in others[:-most]:
        old.unlink(missing_ok=True)


def _way_back(here: Installation, path: Path) -> str:
    """What a person does so that an older Bellhop goes on with what was kept."""
    file = shlex.quote(str(path))
    if here.rows:
        schema = shlex.quote(schema_of_tables())
        command = f"pg_restore --no-owner --no-privileges --schema={schema}"
        new = "create an empty database, name it in [storage] database"
        return f"{new}, and type: {command} --dbname=URL {file}"
    rows = shlex.quote(str(here.database))
    return f"type: rm -f {rows}-wal {rows}-shm && mv {file} {rows}"


def _schema_of(path: Path) -> int:
    found = NAME.fullmatch(path.name)
    return int(found[1]) if found else 0


def _whole(folder: Path) -> list[Path]:
    """Those that are whole, the oldest first."""
    return _named(folder, None)


def _named(folder: Path, part: str | None) -> list[Path]:
    found = [match for name in os.listdir(folder) if (match := NAME.fullmatch(name))]
    return [
        folder / match[0] for match in sorted(found, key=lambda each: each[2]) if match[4] == part
    ]
