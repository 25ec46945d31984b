"""Files and folders that job code could have replaced, reached through descriptors alone.

A path can change between two uses: a folder becomes a link, and what follows reads, changes or
removes something elsewhere. So each part is opened from the descriptor of its folder and never
through a link (openat(2), `O_NOFOLLOW`), and rights change only of what is held open.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# A pipe or a device in the place of a file holds nobody up.
PLAIN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
# What open(2) says of anything that is not a file, or is no longer there.
NO_FILE = (errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENXIO, errno.ENAMETOOLONG)
REMOVE_TRIES = 3
# What no name can hold: half surrogate pairs but those that stand for bytes (PEP 383), and NUL.
UNNAMABLE = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")
log = logging.getLogger("bellhop.storage")


def open_folder(path: str | Path, dir_fd: int | None = None) -> int:
    """A descriptor of a folder; its owner's rights are given back if they were taken away.

    Raises OSError, also for a link to a folder. A `path` of more than one part must be one that
    job code cannot change.
    """
    descriptor = _open_own(path, FOLDER, dir_fd)
    if ~os.fstat(descriptor).st_mode & stat.S_IRWXU:
        with contextlib.suppress(OSError):
            os.fchmod(descriptor, stat.S_IRWXU)
    return descriptor


def open_file(name: str, dir_fd: int) -> int:
    """A descriptor to read a regular file of a folder; its owner's rights are given back.

    Raises FileNotFoundError for everything else.
    """
    with _not_found():
        return _regular(_open_own(name, os.O_RDONLY | PLAIN, dir_fd))


def parts_of(path: str) -> list[str]:
    """The names in a path, with `/` between them, that does not leave its folder.

    Raises FileNotFoundError for every other path.
    """
    parts = path.split("/")
    if {"", ".", ".."} & {*parts} or UNNAMABLE.search(path):
        raise FileNotFoundError(errno.ENOENT, "not a path beneath its folder", path)
    return parts


@contextlib.contextmanager
def folder_beneath(folder: Path, path: str) -> Iterator[tuple[int, str]]:
    """The folder of the file `path` beneath `folder`, as a descriptor, and the file's name there.

    Job code cannot change `folder`. Raises FileNotFoundError for a `path` that leads elsewhere, or
    through a link.
    """
    *above, name = parts_of(path)
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in above:
            with _not_found():
                below = os.open(part, FOLDER, dir_fd=here)
            os.close(here)
            here = below
        yield here, name
    finally:
        os.close(here)


def open_beneath(folder: Path, path: str, flags: int = os.O_RDONLY) -> int:
    """A descriptor of the regular file `path` beneath `folder`; see `folder_beneath`."""
    with folder_beneath(folder, path) as (dir_fd, name), _not_found():
        return _regular(os.open(name, flags | PLAIN, 0o600, dir_fd=dir_fd))


def remove_tree(path: str | Path, dir_fd: int | None = None) -> None:
    """Remove a folder with all it holds, or the link or the file in its place.

    However deep it is, and whatever job code did to it and still does; nothing else is touched.
    What resists stays, and the log says why.
    """
    trouble: OSError | None = None
    for _ in range(REMOVE_TRIES):
        try:
            _remove(path, dir_fd)
        except OSError as error:
            trouble = error
        else:
            return
    log.warning("%s cannot be removed: %s", path, trouble and trouble.strerror)


def _remove(path: str | Path, dir_fd: int | None) -> None:
    """Try once; OSError when something resists."""
    try:
        os.unlink(path, dir_fd=dir_fd)
    except (FileNotFoundError, NotADirectoryError):
        return
    except (IsADirectoryError, PermissionError):  # by POSIX, a folder may say EPERM
        _remove_folder(path, dir_fd)


def empty(name: str | Path, dir_fd: int | None) -> None:
    """Remove what is in a folder; OSError when something resists. See `remove_tree`."""
    emptying = _Emptying(open_folder(name, dir_fd))
    try:
        emptying.run()
    finally:
        emptying.close()
    if emptying.trouble:
        raise emptying.trouble


def _remove_folder(path: str | Path, dir_fd: int | None) -> None:
    trouble: OSError | None = None
    try:
        empty(path, dir_fd)
    except OSError as error:
        trouble = error
    try:
        os.rmdir(path, dir_fd=dir_fd)
    except OSError as error:
        raise trouble or error from None


class _Emptying:
    """Empties a folder without recursion, and with one descriptor however deep it goes.

    The way back is `..`, which must be the folder that it came from: job code could have moved
    the one it is in.
    """

    def __init__(self, top: int):
        """`top` is closed by `close`; the first error that something resisted is `trouble`."""
        self.trouble: OSError | None = None
        self._here = top
        self._way: list[tuple[tuple[int, int], str, list[str]]] = []
        self._folders: list[str] = []

    def run(self) -> None:
        self._folders = self._remove_files()
        while self._folders or self._way:
            if self._folders:
                self._enter(self._folders.pop())
            else:
                self._leave()

    def close(self) -> None:
        os.close(self._here)

    def _remove_files(self) -> list[str]:
        """Remove what is not a folder here; the names of the folders."""
        folders = []
        with os.scandir(self._here) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                else:
                    self._try(os.unlink, entry.name)
        return folders

    def _enter(self, name: str) -> None:
        try:
            below = open_folder(name, self._here)
        except OSError:  # it is gone, or something else stands in its place
            return self._try(os.unlink, name)
        self._way.append((_identity(self._here), name, self._folders))
        self._move_to(below)
        self._folders = self._remove_files()

    def _leave(self) -> None:
        self._move_to(os.open("..", FOLDER, dir_fd=self._here))
        came_from, name, self._folders = self._way.pop()
        if _identity(self._here) != came_from:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        self._try(os.rmdir, name)

    def _move_to(self, descriptor: int) -> None:
        os.close(self._here)
        self._here = descriptor

    def _try(self, remove: Callable[..., None], name: str) -> None:
        try:
            remove(name, dir_fd=self._here)
        except FileNotFoundError:
            pass
        except OSError as error:
            self.trouble = self.trouble or error


def files_below(*folders: Path) -> Iterator[os.DirEntry[str]]:
    """Everything below these folders that is not a folder; OSError for one that resists."""
    found = [str(folder) for folder in folders]
    for folder in found:  # which grows meanwhile
        with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    found.append(entry.path)
                else:
                    yield entry


def _open_own(path: str | Path, flags: int, dir_fd: int | None) -> int:
    """Open what job code may have taken the rights from."""
    try:
        return os.open(path, flags, dir_fd=dir_fd)
    except PermissionError:
        held = os.open(path, os.O_PATH | os.O_NOFOLLOW, dir_fd=dir_fd)
        try:
            mode = os.fstat(held).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise
            # By the link of proc(5), which leads to what is held and to nothing else.
            os.chmod(f"/proc/self/fd/{held}", stat.S_IRWXU)
            return os.open(f"/proc/self/fd/{held}", flags & ~os.O_NOFOLLOW)
        finally:
            os.close(held)


@contextlib.contextmanager
def _not_found() -> Iterator[None]:
    """Let whatever is not the file or the folder that was asked for count as missing."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_FILE:
            raise FileNotFoundError(errno.ENOENT, error.strerror) from None
        raise


def _regular(descriptor: int) -> int:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, "not a regular file")
    return descriptor


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino
