"""Writes a backup of a data folder, whose Bellhop may run.

First the rows, as they are at one moment, then the files that these name: Bellhop writes files
before the rows that name them, and does not change them. Where some were gone by then, as those of
a job that ran again, the rows are copied once more, and the files that only these name: until no
other file is missing than before. What is removed after that is taken out of the copy of the rows,
which goes into the backup last. Until that is whole, it is `FILE.part`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from bellhop import __version__
from bellhop.backup import archive
from bellhop.backup.archive import FORMAT, About, Hashed, Writer
from bellhop.backup.rows import Tell, copy_rows, remove_copy
from bellhop.base.errors import NO_ROOM, StartRefused, said_of
from bellhop.base.killpoint import die_at
from bellhop.base.times import timestamp
from bellhop.database.database import bind, database, fault_of, line_of
from bellhop.database.schema import MIGRATIONS
from bellhop.jobs import lifecycle, queries
from bellhop.rotation import rotation
from bellhop.schedules import schedules
from bellhop.settings.settings import Settings
from bellhop.storage.files import PLACES
from bellhop.storage.installation import (
    DATABASE,
    RECORD,
    Installation,
    bind_rows,
    make_folder,
    read_record,
    require_agreement,
)
from bellhop.stores.contents import Content, content_of
from bellhop.stores.copying import free_bytes
from bellhop.stores.filesystem import KINDS, OWN_NAME, FolderStore, sync
from bellhop.system.locks import take_lock
from bellhop.uploads import uploads

COPY, PARTS = "backup.db", "uploads/.parts/"
# How often the rows are copied: each time, there is less to do, and less can change meanwhile.
MOST_COPIES = 5


@dataclass(frozen=True)
class Saved:
    """What a backup has: `files` of jobs and uploads, `size` bytes in all.

    `lacking` are output files of its jobs that were not there any more.
    """

    about: About
    jobs: int
    files: int
    size: int
    lacking: list[str]


def save(settings: Settings, path: Path, tell: Tell) -> Saved:
    """Write a backup to `path`, which is new; StartRefused, and nothing is written, if it cannot.

    Binds the database of this process to a copy of the rows.
    """
    here = installation(settings)
    _require_place(path, here.folder)
    copy = here.folder / COPY
    with _only_one(here), _removing(copy), contextlib.ExitStack() as stack:
        rotation.remove_unfinished(settings, here)
        at, record = timestamp(), (here.folder / RECORD).read_bytes()
        copy_again = partial(_copy_rows, settings, here, copy, tell)
        schema = copy_again()
        die_at("backup-rows")
        if is_older := schema < len(MIGRATIONS):
            stack.enter_context(_alone(here))
        about = About(FORMAT, __version__, schema, at, here.id, here.files)
        with _refusing(path), _written(path) as file, archive.written(file, about) as writer:
            found = _Found(settings, here, copy, copy_again, is_older=is_older)
            jobs = found.write(writer, path, tell)
            with copy.open("rb") as rows:
                writer.add(DATABASE, Hashed(rows), copy.stat().st_size)
            writer.add_bytes(RECORD, record)
    rotation.note(here, at, path.absolute())
    return Saved(about, jobs, found.count, path.stat().st_size, found.lacking)


def installation(settings: Settings) -> Installation:
    """What can be saved; StartRefused where that is nothing, or is not here."""
    here = read_record(settings.data_dir)
    if here is None or not here.has_database:
        raise StartRefused(f"there is no Bellhop in {settings.data_dir}")
    if here.rows:
        require_agreement(settings, here)
    make_folder(settings)
    return here


def _copy_rows(settings: Settings, here: Installation, copy: Path, tell: Tell) -> int:
    if not here.rows:
        return copy_rows(here.database, copy, tell)
    from bellhop.backup import onserver  # an extra

    return onserver.copy_rows(settings.storage.database, copy, tell)


def _require_place(path: Path, folder: Path) -> None:
    if os.path.lexists(path):
        raise StartRefused(f"{path} exists; name a new file, or remove it")
    above = Path(os.path.realpath(path.parent))
    if not above.is_dir():
        raise StartRefused(f"there is no folder {path.parent}")
    for place in (folder, *(folder / name for name in PLACES)):
        if above.is_relative_to(os.path.realpath(place)):
            raise StartRefused(f"{path} is in the data folder; name a file elsewhere")


@contextlib.contextmanager
def _only_one(here: Installation) -> Iterator[None]:
    lock = take_lock(here.folder / "backup.lock", fcntl.LOCK_EX, wait_s=0)
    if lock is None:
        raise StartRefused(f"another backup of {here.folder} is being written; try again later")
    try:
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def _alone(here: Installation) -> Iterator[None]:
    """Let no Bellhop run: this program does not know what one of an earlier version removes."""
    lock = take_lock(here.folder / "alive.lock", fcntl.LOCK_EX, wait_s=0)
    if lock is None:
        raise StartRefused("an earlier version of Bellhop runs; restart it, or stop it")
    try:
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def _removing(copy: Path) -> Iterator[None]:
    """Remove the copy of the rows after the block, and what one that was killed left before it."""
    remove_copy(copy)
    try:
        yield
    finally:
        if database.obj is not None:
            database.close_all()
        remove_copy(copy)


@contextlib.contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    """A file that becomes `path` when the block ends, on the disk for good; else none stays."""
    draft = path.with_name(f"{path.name}.part")
    draft.unlink(missing_ok=True)
    try:
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        die_at("backup-written")
        os.rename(draft, path)
        sync(path.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hint = "; make room" if error.errno in NO_ROOM else ""
        raise StartRefused(f"{path} cannot be written ({said_of(error)}){hint}") from None
    except Exception as error:
        if fault_of(error) is None:
            raise
        raise StartRefused(f"the jobs cannot be read ({line_of(error)})") from error


@contextlib.contextmanager
def _reading(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StartRefused(f"{key} cannot be read ({said_of(error)}); nothing was saved") from None


class _Found:
    """The files that belong to the rows of a copy, and what became of them meanwhile."""

    def __init__(
        self,
        settings: Settings,
        here: Installation,
        copy: Path,
        copy_again: Callable[[], object],
        *,
        is_older: bool,
    ):
        self._settings, self._here = settings, here
        self._copy, self._copy_again, self._is_older = copy, copy_again, is_older
        self._store = FolderStore(here.folder)
        self._missing: dict[str, int] = {}
        # The keys of what the backup has, with their bytes.
        self._written: dict[str, int] = {}
        self.lacking: list[str] = []

    def write(self, writer: Writer, path: Path, tell: Tell) -> int:
        """Write them, and let the copy be as it must be with them; how many jobs it has."""
        jobs, before = self._write_new(writer, path, tell), set[str]()
        for _ in range(MOST_COPIES - 1):
            if self._is_older or self._missing.keys() <= before:
                break
            before = set(self._missing)
            database.close_all()
            remove_copy(self._copy)
            self._copy_again()
            jobs = self._write_new(writer, path, tell)
        die_at("backup-files")
        return len(jobs) if self._is_older else self._settle(jobs)

    def _write_new(self, writer: Writer, path: Path, tell: Tell) -> list[str]:
        """Write the files of the copied rows that the backup does not have; the ids of the jobs."""
        bind(self._copy)
        with database.connection_context():
            jobs = queries.every_job()
            named = self._every() if self._is_older else self._named(jobs)
        planned = {key: size for key, size in named.items() if not self._has(key, size)}
        _require_room(path, sum(planned.values()) + self._copy.stat().st_size)
        self._missing = {}
        self._write(writer, planned, tell)
        return jobs

    def _has(self, key: str, size: int) -> bool:
        """Whether the backup has a file; of an upload, more may have arrived."""
        known = self._written.get(key)
        return known is not None and (known >= size or not key.startswith(PARTS))

    @property
    def count(self) -> int:
        return len(self._written)

    def _named(self, jobs: list[str]) -> dict[str, int]:
        """The files that the rows name, and their bytes: those first that go soonest."""
        found = dict(uploads.every_file())
        if self._here.files:
            return found
        found.update(queries.result_files())
        for job in filter(OWN_NAME.fullmatch, jobs):
            for kind in ("uploads", "logs"):
                with contextlib.suppress(FileNotFoundError):  # removed while it is looked at
                    sizes = self._store.sizes(f"{kind}/{job}")
                    found.update((f"{kind}/{job}/{name}", size) for name, size in sizes.items())
        return found

    def _every(self) -> dict[str, int]:
        """All files of a data folder that nobody uses."""
        parts = self._here.folder / PARTS
        found = {
            f"{PARTS}{path.name}": path.stat().st_size
            for path in (parts.iterdir() if parts.is_dir() else ())
        }
        if not self._here.files:
            found.update(each for kind in KINDS for each in self._store.keys(kind))
        return found

    def _write(self, writer: Writer, planned: dict[str, int], tell: Tell) -> None:
        total, done = sum(planned.values()), 0
        for number, (key, size) in enumerate(planned.items(), 1):
            if content := self._opened(key):
                # More of an upload than its row knows may be withdrawn while it is read.
                most = min(size, content.size) if key.startswith(PARTS) else content.size
                with contextlib.closing(content.part(0, most)) as file:
                    writer.add(
                        key, Hashed(file, partial(_reading, key)), most, int(content.changed_at)
                    )
                self._written[key] = most
            else:
                self._missing[key] = size
            done += size
            tell(f"copy files: {number:,} of {len(planned):,}", done, total)

    def _opened(self, key: str) -> Content | None:
        with contextlib.suppress(FileNotFoundError), _reading(key):
            return content_of(self._store.open(key))
        return None

    def _settle(self, jobs: list[str]) -> int:
        """Take out of the copy what was removed from the installation meanwhile."""
        bind_rows(self._settings, self._here, may_write=False)
        with database.connection_context():
            left, schedules_left = {*queries.every_job()}, {*schedules.every_id()}
        database.close_all()
        bind(self._copy)
        with database.connection_context():
            lifecycle.settle_copy(job for job in jobs if job not in left)
            schedules.keep_only(schedules_left)
            for key, size in self._missing.items():
                kind, job, _ = key.split("/", 2)
                if kind == "uploads" and job in left:  # they expired, and count no more
                    lifecycle.hold_bytes(job, -size)
                if kind == "results" and job in left:
                    self.lacking.append(key)
        database.close_all()
        return len(left.intersection(jobs))


def _require_room(path: Path, needed: int) -> None:
    free = free_bytes(path.parent)
    if needed > free:
        raise StartRefused(
            f"the disk of {path} has {free >> 20} MiB, but the backup needs about "
            f"{needed >> 20} MiB; make room"
        )
