"""Which watch has which folder, and which folders are Bellhop's own, whatever path leads to them.

Links and mounts give a folder further paths. So each is known by the disk that it is on, and the
path on this disk; one that several shares lead to, by its mark.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from functools import cached_property
from pathlib import Path

from bellhop.settings import apart
from bellhop.settings.apart import Place
from bellhop.settings.settings import Settings
from bellhop.system.proctree import read
from bellhop.watch.shares import Folder, Held

MOUNT_ID = re.compile(rb"^mnt_id:\s*(\d+)", re.MULTILINE)


class Places:
    """The folders in use, in one process; a watch takes its own at each look.

    A thread asks about its own folder alone: that of another may be on a share that hangs.
    """

    def __init__(self, settings: Settings):
        self._settings = settings
        self._watched: dict[str, Place] = {}
        self._marks: dict[str, str] = {}
        self._locking = threading.Lock()

    @cached_property
    def _own(self) -> list[Place]:
        return [*apart.of_bellhop(self._settings, located)]

    def take(self, name: str, path: str, folder: int) -> None:
        """Note where the folder of a watch is, which is open; Held when it is in use."""
        place, own = apart.watched(name, location(folder)), self._own
        with self._locking:
            watched = [of for other, of in self._watched.items() if other != name]
            if why := apart.why_not(place, [*own, *watched]):
                raise Held(f"{path} {why}; name another one")
            self._watched[name] = place

    def look(self, name: str, path: str) -> None:
        """The same by a path, whose folder may be missing."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                self.take(name, path, folder)
            finally:
                os.close(folder)

    def take_mark(self, name: str, folder: Folder) -> None:
        """The same by its mark, which is found on whatever share."""
        if (other := self._marks.setdefault(folder.mark, name)) != name:
            place = apart.watched(other, Path())
            raise Held(f"{folder.path} shares files with {place.said}; name another one")


def located(path: Path) -> Path:
    """Where a folder is, or would be created."""
    try:
        folder = os.open(path, os.O_PATH)
    except OSError:
        return located(path.parent) / path.name if path != path.parent else path
    try:
        return location(folder)
    finally:
        os.close(folder)


def location(folder: int) -> Path:
    """`/DISK/PATH` of an open folder, the same whichever mount it was reached through.

    Where no /proc tells, its number: then only the same folder is the same place.
    """
    with contextlib.suppress(OSError):
        path = os.readlink(f"/proc/self/fd/{folder}".encode())
        number = MOUNT_ID.search(read(f"/proc/self/fdinfo/{folder}"))
        for mount in read("/proc/self/mountinfo").splitlines():  # proc_pid_mountinfo(5)
            found, _, disk, root, point, *_ = map(_plain, mount.split(b" "))
            if number and found == number[1]:
                below = os.path.relpath(path, point)
                return Path(os.fsdecode(os.path.normpath(b"/" + disk + root + b"/" + below)))
    status = os.fstat(folder)
    return Path(f"/{status.st_dev}/{status.st_ino}")


def _plain(field: bytes) -> bytes:
    return re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), field)
