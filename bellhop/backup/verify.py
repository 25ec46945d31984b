"""Looks whether a backup can be restored: it is, into a folder beside it, and compared."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bellhop.backup import archive, restore
from bellhop.backup.archive import About
from bellhop.backup.rows import Tell, damage
from bellhop.base.errors import StartRefused, said_of
from bellhop.database import schema
from bellhop.database.database import database, refusing
from bellhop.jobs import queries
from bellhop.storage.installation import DATABASE
from bellhop.stores.folders import remove_tree


@dataclass(frozen=True)
class Verified:
    """What was restored; `lacking` are files that rows name, and the backup does not have."""

    about: About
    jobs: int
    files: int
    lacking: list[str]


def verify(path: Path, tell: Tell) -> Verified:
    """Restore a backup beside it, compare, and remove what was restored.

    StartRefused for what cannot be restored. Binds the database of this process.
    """
    with archive.opened(path) as reader, _beside(path) as folder:
        _, files = restore.unpack(reader, folder, tell)
        database_path = folder / DATABASE
        with refusing():
            schema.migrate(database_path, alone=True, may_create=False)
            with database.connection_context():
                if found := damage(database.connection(), "integrity_check"):
                    raise StartRefused(f"the database in {path} is damaged ({found})")
                jobs = len(queries.every_job())
                lacking = [] if reader.about.files else _lacking(folder)
            database.close_all()
    return Verified(reader.about, jobs, files, lacking)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A new folder beside a file, which is removed after the block."""
    folder = path.with_name(f"{path.name}.verify")
    if os.path.lexists(folder) and not (folder.is_dir() and restore.is_unfinished(folder)):
        raise StartRefused(f"{folder} is in the way; remove it")
    try:
        folder.mkdir(0o700, exist_ok=True)
    except OSError as error:
        raise StartRefused(f"{folder} cannot be made ({said_of(error)})") from None
    try:
        yield folder
    finally:
        remove_tree(folder)


def _lacking(folder: Path) -> list[str]:
    lacking = [key for key, size in queries.result_files() if _size(folder / key) != size]
    return lacking + [key for key in queries.needed_uploads() if _size(folder / key) is None]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
