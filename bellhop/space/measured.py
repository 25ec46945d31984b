"""What lies in the data folder, measured: every file is looked at, so only a command asks for it.

Bytes are those that a file takes on its disk (st_blocks), and a file with several names counts
once: it is found first in uploads, then in results.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bellhop.storage.files import BLOCK_BYTES
from bellhop.stores.filesystem import KINDS, OWN_NAME

# What of the data folder is which kind: by the name, or the start of it.
OF_NAMES = {
    "bellhop.db": "database",
    "bellhop.db-wal": "log",
    "bellhop.db-shm": "log",
    **{name: name for name in (*KINDS, "scratch", "incoming", "environments")},
}
OF_STARTS = {"before-schema-": "copies"}
PARTS, ARRIVING, BACKUPS, OTHER = ".parts", "arriving", "backups", "other"
LOOK_FOR_S = 300.0


@dataclass
class Measured:
    """What a kind takes; `is_elsewhere`: on another disk than the data folder itself."""

    bytes: int = 0
    files: int = 0
    is_elsewhere: bool = False


@dataclass
class Measure:
    """A walk through the files of an installation, `look_for_s` seconds at most.

    `shared_bytes` are those of further names of a file that was counted already. `of_jobs` has what
    was counted below each folder of a job.
    """

    look_for_s: float = LOOK_FOR_S
    kinds: dict[str, Measured] = field(default_factory=dict)
    shared_bytes: int = 0
    of_jobs: dict[str, int] = field(default_factory=dict)
    is_complete: bool = True
    _seen: set[tuple[int, int]] = field(default_factory=set)
    _apart: tuple[int, int] | None = None
    _until = 0.0
    _disk = 0

    def walk(self, folder: Path, backups: Path | None) -> None:
        """Measure the data folder, and the files in the folder of backups wherever that is."""
        self._until, self._disk = time.monotonic() + self.look_for_s, os.stat(folder).st_dev
        if backups and (found := [each for each in _entries(backups) if each.is_file()]):
            self._apart = _which(os.stat(backups))
            for entry in found:
                self._take(BACKUPS, Path(entry.path))
        order = {name: place for place, name in enumerate(KINDS)}
        for name in sorted(os.listdir(folder), key=lambda name: order.get(name, len(order))):
            if name in KINDS:
                self._take_jobs(name, folder / name)
            else:
                self._take(_kind_of(name), folder / name)

    def _take_jobs(self, kind: str, folder: Path) -> None:
        """Measure a folder that has one for each job."""
        for entry in _entries(folder):
            is_job = OWN_NAME.fullmatch(entry.name)
            size = self._take(ARRIVING if entry.name == PARTS else kind, Path(entry.path))
            if is_job:
                self.of_jobs[entry.name] = self.of_jobs.get(entry.name, 0) + size

    def _take(self, kind: str, path: Path) -> int:
        """Add what is at a path, and below it, to a kind; how much that is."""
        known, size = self.kinds.setdefault(kind, Measured()), 0
        for status in self._below(path):
            size += self._counted(known, status)
            known.is_elsewhere |= status.st_dev != self._disk
        return size

    def _counted(self, known: Measured, status: os.stat_result) -> int:
        size = status.st_blocks * BLOCK_BYTES
        if status.st_nlink > 1 and not _is_folder(status):
            if (which := _which(status)) in self._seen:
                self.shared_bytes += size
                return 0
            self._seen.add(which)
        known.bytes += size
        known.files += not _is_folder(status)
        return size

    def _below(self, path: Path) -> Iterator[os.stat_result]:
        """A file or folder, through a link to another disk, and all below it, through none."""
        with contextlib.suppress(OSError):
            status = os.stat(path)
            yield status
            folders = [str(path)] if _is_folder(status) and _which(status) != self._apart else []
            while folders and self._has_time():
                for entry in _entries(folders.pop()):
                    with contextlib.suppress(OSError):  # it may be gone meanwhile
                        status = entry.stat(follow_symlinks=False)
                        yield status
                        if _is_folder(status) and _which(status) != self._apart:
                            folders.append(entry.path)

    def _has_time(self) -> bool:
        self.is_complete = self.is_complete and time.monotonic() < self._until
        return self.is_complete


def _kind_of(name: str) -> str:
    begun = (kind for start, kind in OF_STARTS.items() if name.startswith(start))
    return OF_NAMES.get(name) or next(begun, OTHER)


def _which(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _is_folder(status: os.stat_result) -> bool:
    return stat.S_ISDIR(status.st_mode)


def _entries(folder: str | Path) -> Iterable[os.DirEntry[str]]:
    """What is in a folder; nothing of what is none, or cannot be read."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return ()
