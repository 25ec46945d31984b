"""A store of files in folders: those of the data folder, or of one that several machines share.

`Files` speaks to a store of one of two kinds, this and objects.py, in the same calls. A key is a
path such as uploads/JOB/0.csv. Whatever is put there is whole: nobody sees half of it.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from bellhop.base.errors import NO_ROOM, StartRefused, StoreAway, said_of
from bellhop.stores.contents import Opened
from bellhop.stores.copying import copy, free_bytes, move
from bellhop.stores.folders import (
    folder_beneath,
    open_beneath,
    open_file,
    open_folder,
    remove_tree,
)
from bellhop.stores.publishing import sizes_below

# The folders with a folder for each job, and all that may lie on disks of their own.
KINDS = ("uploads", "results", "logs")
# What names the installation whose files a store has.
MARK = "bellhop-installation"
# A second wall: whatever is removed lies in a folder of its own. What is called otherwise, such as
# the `lost+found` of a disk, is not ours.
OWN_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# What a folder of another machine says while that is away.
AWAY = (
    errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH,
    errno.ECONNREFUSED, errno.ECONNRESET, errno.ENODEV, errno.EREMOTEIO, errno.EROFS, errno.EACCES,
)  # fmt: skip


class Store(Protocol):
    """Where the files of jobs are. All raise StoreAway while it cannot be reached.

    `is_own`: it is in the data folder, which no other machine reads or writes. `where`: for people.
    """

    is_own: bool
    where: str

    def put(self, source: Path, key: str) -> None:
        """Keep a copy of a local file, or the same bytes; `settle` makes it last."""

    def move_in(self, folder: Path, prefix: str) -> None:
        """Keep the files of a local folder so that they survive a power cut; all, or nothing."""

    def take(self, source: int, key: str, on_chunk: Callable[[], object]) -> int:
        """Keep what its writer gives up, a descriptor, so that it lasts; its size in bytes."""

    def settle(self, prefix: str, names: Iterable[str]) -> None:
        """Let files below `prefix` survive a power cut."""

    def open(self, key: str) -> Opened:
        """FileNotFoundError for what is not there, and for a key that leads elsewhere."""

    def copy(self, key: str, to: str) -> None:
        """Give a file another key too; FileNotFoundError when it is gone."""

    def remove(self, *prefixes: str) -> None:
        """Remove files, or all below folders; what resists stays, and the log says why."""

    def sizes(self, prefix: str) -> dict[str, int]:
        """The files below a folder by their paths from there; none where it is not there."""

    def jobs(self, kind: str, chore: str = "") -> Iterator[tuple[str, float]]:
        """The jobs that have files of a kind, and when those changed last, in s since the epoch.

        Where there are too many for one look, each chore goes on where it stopped.
        """

    def keys(self, kind: str) -> Iterator[tuple[str, int]]:
        """Every file of a kind by its key, with its bytes; however many there are."""

    def free_bytes(self) -> float:
        """What is left for uploads; infinity where nobody knows."""

    def prepare(self) -> None:
        """Try whether it can be used; StartRefused with the reason."""

    def is_empty(self) -> bool:
        """Whether nothing is where the files of jobs would be."""

    def mark(self) -> str:
        """The id of the installation whose files these are, "" for none; StartRefused."""

    def set_mark(self, installation: str) -> None:
        """From now on it is that of this installation; "": of none."""


class FolderStore:
    def __init__(self, root: Path, *, is_own: bool = True):
        self.root, self.is_own, self.where = root, is_own, f"the folder {root}"

    def path(self, key: str) -> Path:
        return Path(f"{self.root}/{key}")

    def put(self, source: Path, key: str) -> None:
        target = self.path(key)
        with self._reached():
            self._require()
            target.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(source, target)

    def move_in(self, folder: Path, prefix: str) -> None:
        place = self.path(prefix)
        sync(folder)
        with self._reached():
            self._require()
            try:
                os.rename(folder, place)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                _copy_files(folder, place)
            sync(place.parent)

    def take(self, source: int, key: str, on_chunk: Callable[[], object]) -> int:
        target = self.path(key)
        place = self.path("/".join(key.split("/", 3)[:3]))
        with self._reached():
            self._require()
            target.parent.mkdir(parents=True, exist_ok=True)
            return _bring(source, place.with_name(f"{place.name}.part"), target, on_chunk)

    def settle(self, prefix: str, names: Iterable[str]) -> None:
        """Sync every folder on the way to them, or a row may be left without its file."""
        place = self.path(prefix)
        inner = {above for name in names for above in PurePosixPath(name).parents}
        above = [self.path(str(way)) for way in PurePosixPath(prefix).parents][:-1]
        with self._reached():
            for folder in (*(place / name for name in sorted(inner)), *above):
                sync(folder)

    def open(self, key: str) -> int:
        kind, _, path = key.partition("/")
        with self._reached():
            return open_beneath(self.root / kind, path)

    def copy(self, key: str, to: str) -> None:
        """As a link to the same bytes, or a copy where the disk has no links, or no more."""
        kind, _, path = key.partition("/")
        target = self.path(to)
        with self._reached(), folder_beneath(self.root / kind, path) as (dir_fd, name):
            source = open_file(name, dir_fd)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(name, target, src_dir_fd=dir_fd, follow_symlinks=False)
            except OSError as error:
                if error.errno == errno.ENOENT or error.errno in NO_ROOM:
                    raise
                with target.open("xb") as file:
                    copy(source, file.fileno())
            finally:
                os.close(source)

    def remove(self, *prefixes: str) -> None:
        for prefix in prefixes:
            remove_tree(f"{self.root}/{prefix}")

    def sizes(self, prefix: str) -> dict[str, int]:
        try:
            with self._reached():
                folder = open_folder(self.path(prefix))
        except FileNotFoundError:
            return {}
        try:
            return sizes_below(folder)
        finally:
            os.close(folder)

    def jobs(self, kind: str, chore: str = "") -> Iterator[tuple[str, float]]:
        with self._reached():
            found = own_entries(self.root / kind)
        return ((entry.name, _changed_at(entry)) for entry in found)

    def keys(self, kind: str) -> Iterator[tuple[str, int]]:
        for job in own_entries(self.root / kind):
            for folder, _, names in os.walk(job.path):
                for path in (Path(folder, name) for name in names):
                    if path.is_file() and not path.is_symlink():
                        yield str(path.relative_to(self.root)), path.stat().st_size

    def free_bytes(self) -> int:
        with self._reached():
            return free_bytes(self.root / "uploads")

    def prepare(self) -> None:
        """Make the folders of a shared place, which has to be there and take a file."""
        if self.is_own:
            return
        try:
            for kind in KINDS:
                (self.root / kind).mkdir(exist_ok=True)
                probe = self.root / kind / f".probe-{os.getpid()}"
                probe.write_bytes(b"Bellhop")
                is_same = probe.read_bytes() == b"Bellhop"
                probe.unlink()
                if not is_same:
                    raise OSError("what was written cannot be read again")
        except OSError as error:
            raise self._refused(error) from None

    def is_empty(self) -> bool:
        return not any(
            (self.root / kind).exists() and own_entries(self.root / kind) for kind in KINDS
        )

    def mark(self) -> str:
        try:
            return (self.root / MARK).read_text()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._refused(error) from None

    def set_mark(self, installation: str) -> None:
        if installation:
            (self.root / MARK).write_text(installation)
            sync(self.root / MARK)
        else:
            (self.root / MARK).unlink(missing_ok=True)
        sync(self.root)

    def _refused(self, error: OSError) -> StartRefused:
        said = error.strerror or str(error)
        return StartRefused(f"[storage] files: {self.where} cannot be used: {said}")

    def _require(self) -> None:
        """Raise StoreAway where nothing is mounted: what is written there would be nowhere."""
        if not (self.is_own or (self.root / MARK).exists()):
            raise StoreAway(f"{self.where} is not there, or not mounted")

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        """Let what a shared folder says while it is away be StoreAway."""
        try:
            yield
        except OSError as error:
            if self.is_own or isinstance(error, StoreAway):
                raise
            self._require()
            if error.errno in AWAY:
                raise StoreAway(f"{self.where}: {said_of(error)}") from error
            raise


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file another name, or a copy of it where the disk has no links."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EEXIST, *NO_ROOM):
            raise
        with source.open("rb") as given, target.open("xb") as file:
            copy(given.fileno(), file.fileno())


def own_entries(folder: Path) -> list[os.DirEntry[str]]:
    """What Bellhop made in one of its folders."""
    return [entry for entry in os.scandir(folder) if OWN_NAME.fullmatch(entry.name)]


def sync(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk for good."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _bring(source: int, draft: Path, target: Path, on_chunk: Callable[[], object]) -> int:
    """Put a copy of `source` in place, on the disk and whole; its size."""
    draft.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    copied = os.open(draft, flags, 0o600)
    try:
        move(source, copied, on_chunk)
        size = os.fstat(copied).st_size
        os.rename(draft, target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    finally:
        os.close(copied)
    return size


def _copy_files(folder: Path, place: Path) -> None:
    """A copy of a folder of files, on the disk and whole, or nothing of it."""
    place.mkdir()
    try:
        for path in folder.iterdir():
            with path.open("rb") as source, (place / path.name).open("xb") as target:
                copy(source.fileno(), target.fileno())
        sync(place)
    except BaseException:
        remove_tree(place)
        raise


def _changed_at(entry: os.DirEntry[str]) -> float:
    """Seconds since the epoch; of what was removed meanwhile, infinity."""
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return math.inf
