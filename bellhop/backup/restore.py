"""Puts a backup into an empty data folder, or into a folder of its own to look at it.

While files are written, a mark says that the folder is nobody's: Bellhop does not start there, and
another restore begins anew. The record comes last, and makes the folder an installation.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bellhop.backup import archive
from bellhop.backup.archive import CHUNK_BYTES, About, Member, Reader
from bellhop.backup.rows import Tell, remove_copy
from bellhop.base.errors import NO_ROOM, StartRefused, said_of
from bellhop.base.killpoint import die_at
from bellhop.database import schema
from bellhop.database.database import bind, database
from bellhop.machines import members
from bellhop.settings.settings import Settings
from bellhop.storage.files import write_atomically
from bellhop.storage.installation import (
    DATABASE,
    FOLDERS,
    RECORD,
    RESTORING,
    Installation,
    make_folder,
    rows_location,
    take_start_lock,
)
from bellhop.stores.filesystem import KINDS, sync
from bellhop.stores.folders import remove_tree
from bellhop.system.locks import take_lock

# What may be in an empty data folder: what a disk has of itself, and what is made anew anyway.
BARE = ("lost+found", "types.json", "types.json.lock")


@dataclass(frozen=True)
class Restored:
    about: About
    files: int


def restore(settings: Settings, path: Path, tell: Tell) -> Restored:
    """Let an empty data folder be what a backup holds; StartRefused, and it stays empty."""
    with archive.opened(path) as reader, _empty_folder(settings) as folder:
        record, files = unpack(reader, folder, tell)
        die_at("restore-files")
        with _cleanly(folder):
            record = _placed(settings, folder, record, tell)
        write_atomically(folder / RECORD, record)
        (folder / RESTORING).unlink()
        sync(folder)
    return Restored(reader.about, files)


def unpack(reader: Reader, folder: Path, tell: Tell) -> tuple[bytes, int]:
    """Write the files of a backup below `folder`, on the disk; its record, and how many they are.

    StartRefused where they are not as they were written, or there is no room; none stays then.
    """
    with _cleanly(folder):
        (folder / RESTORING).touch()
        sync(folder)
        wipe(folder)
        return _unpack(reader, folder, tell)


@contextlib.contextmanager
def _cleanly(folder: Path) -> Iterator[None]:
    """Leave nothing of a restore that fails."""
    try:
        yield
    except BaseException as error:
        wipe(folder)
        (folder / RESTORING).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        hint = "; make room" if error.errno in NO_ROOM else ""
        said = f"{folder} cannot be written ({said_of(error)}){hint}"
        raise StartRefused(f"nothing was restored: {said}") from None


def _placed(settings: Settings, folder: Path, record: bytes, tell: Tell) -> bytes:
    """The record, after the rows came to where the settings want them."""
    known: dict[str, Any] = json.loads(record)
    here = Installation(folder, known["id"], known["storage"], known["redis"])
    rows = rows_location(settings)
    if rows:
        from bellhop.backup import onserver  # an extra

        schema.migrate(here.database, alone=True, may_create=False, mark=here.mark)
        database.close_all()
        onserver.put_rows(settings.storage.database, here.database, here.mark, tell)
        remove_copy(here.database)
    elif known.get("rows"):
        known["machine"] = ""
        _forget_machines(here)
    return json.dumps({**known, "rows": rows}).encode()


def _forget_machines(here: Installation) -> None:
    """SQLite is of one machine; the others join again if the rows move to a server."""
    bind(here.database)
    with database.connection_context(), database.atomic():
        for member in members.every():
            if not member.is_home:
                members.remove(member.id)
    database.close_all()


def is_unfinished(folder: Path) -> bool:
    """Whether all that is in a folder is of a restore that did not end."""
    return (folder / RESTORING).exists() and not (folder / RECORD).exists()


def wipe(folder: Path) -> None:
    """Remove what a restore wrote."""
    for kind in KINDS:
        for name in os.listdir(folder / kind) if (folder / kind).is_dir() else ():
            if name not in BARE:
                remove_tree(folder / kind / name)
    remove_copy(folder / DATABASE)


def _unpack(reader: Reader, folder: Path, tell: Tell) -> tuple[bytes, int]:
    record, files, done, size = b"", 0, 0, reader.path.stat().st_size
    for member in reader.members():
        if member.name == RECORD:
            record = member.content.read(CHUNK_BYTES)
        else:
            _write(member, folder / member.name)
            files += member.name != DATABASE
        done += member.size
        tell(f"restore files: {files:,}", done, size)
    if not (record and (folder / DATABASE).exists()):
        raise StartRefused(f"{reader.path} is damaged (it has no database); use another backup")
    os.sync()  # a wait for each file would take minutes
    return record, files


def _write(member: Member, path: Path) -> None:
    """Write a file; an upload that had not arrived as a whole may come once more."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb" if path.parent.name == ".parts" else "xb") as file:
        while data := member.content.read(CHUNK_BYTES):
            file.write(data)
    os.utime(path, (member.changed_at, member.changed_at))


@contextlib.contextmanager
def _empty_folder(settings: Settings) -> Iterator[Path]:
    """The data folder, which is empty and in which nobody can start; as it was after a refusal."""
    is_new = not os.path.lexists(settings.data_dir)
    _require_empty(settings.data_dir)
    folder = make_folder(settings)
    start = take_start_lock(folder)
    alive = take_lock(folder / "alive.lock", fcntl.LOCK_EX)
    try:
        if alive is None:
            raise StartRefused(f"Bellhop runs in {folder}; stop it first")
        _require_empty(folder)
        yield folder
    except StartRefused:
        if is_new:
            remove_tree(folder)
        raise
    finally:
        os.close(start)
        if alive is not None:
            os.close(alive)


def _require_empty(folder: Path) -> None:
    if not os.path.lexists(folder) or (folder.is_dir() and is_unfinished(folder)):
        return
    if not folder.is_dir():
        raise StartRefused(f"the data folder {folder} is not a folder")
    if left := [name for name in os.listdir(folder) if not _is_bare(folder / name)]:
        is_alive = "alive.lock" in os.listdir(folder) and _is_alive(folder)
        said = "Bellhop runs in it; stop it first, and" if is_alive else f"it has {min(left)};"
        raise StartRefused(
            f"the data folder {folder} is not empty: {said} move it away (mv {folder} {folder}.old)"
        )


def _is_bare(path: Path) -> bool:
    """Whether something in a data folder is there without any job."""
    if path.name in FOLDERS and path.is_dir():
        return all(_is_nothing(path / name) for name in os.listdir(path))
    return path.name in BARE or path.suffix == ".lock"


def _is_nothing(path: Path) -> bool:
    return path.name in BARE or (path.name == ".parts" and not os.listdir(path))


def _is_alive(folder: Path) -> bool:
    lock = take_lock(folder / "alive.lock", fcntl.LOCK_EX, wait_s=0)
    if lock is not None:
        os.close(lock)
    return lock is None
