"""Nothing outside the data folder changes: watched while it happens, and compared at the end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Event of the interpreter: where in its arguments the paths stand, and after them the folders
# (descriptors, or -1) that these are relative to.
CHANGES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "os.chmod": ((0,), (2,)),
    "os.chown": ((0,), (3,)),
    "os.link": ((0, 1), (2, 3)),
    "os.mkdir": ((0,), (2,)),
    "os.remove": ((0,), (1,)),
    "os.rename": ((0, 1), (2, 3)),
    "os.rmdir": ((0,), (1,)),
    "os.symlink": ((1,), (2,)),
    "os.truncate": ((0,), ()),
    "os.utime": ((0,), (3,)),
    "sqlite3.connect": ((0,), ()),
}
_active: dict[int, Watch] = {}


class Watch:
    """Notes each file outside `folder` that a block of this thread makes, changes or removes.

    It sees what Python does, so also what is put right again before anybody looks.
    """

    def __init__(self, folder: Path):
        self._folder = os.path.realpath(folder)
        self.seen: list[str] = []

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.get_ident()
        _active[thread] = self
        try:
            yield
        finally:
            del _active[thread]

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        for path in _changed(event, arguments):
            # What the last name stands for is not followed: it is the name that changes.
            parent, name = os.path.split(path)
            where = os.path.join(os.path.realpath(parent), name)
            if os.path.commonpath([self._folder, where]) != self._folder and where != os.devnull:
                self.seen.append(f"{event} {where}")


def _changed(event: str, arguments: tuple[Any, ...]) -> Iterator[str]:
    """The paths that an event of the interpreter changes."""
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & WRITING and not isinstance(path, int):
            yield os.path.abspath(os.fsdecode(path))
        return
    if event == "sqlite3.connect" and str(arguments[0]).endswith("?mode=ro"):
        return
    paths, folders = CHANGES.get(event, ((), ()))
    for number, place in enumerate(paths):
        path = arguments[place]
        if isinstance(path, int):
            continue  # of a descriptor, whose opening was seen
        folder = arguments[folders[number]] if number < len(folders) else -1
        base = f"/proc/self/fd/{folder}" if isinstance(folder, int) and folder >= 0 else ""
        name = os.fsdecode(path)
        if event == "sqlite3.connect":
            name = unquote(name.removeprefix("file:").partition("?")[0])
        yield os.path.abspath(os.path.join(os.path.realpath(base), name))


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if (event == "open" or event in CHANGES) and (
        watch := _active.pop(threading.get_ident(), None)
    ):
        try:
            watch.note(event, arguments)
        finally:
            _active[threading.get_ident()] = watch


# It stays for the life of the process, as every such hook does, and does nothing between blocks.
sys.addaudithook(_hook)


def tree(folder: Path, but: Path) -> dict[str, tuple[Any, ...]]:
    """What is in a folder, with one folder left out: kinds, rights, times and contents."""
    found = {}
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if Path(parent, name) != but]
        for path in (Path(parent), *(Path(parent, name) for name in names)):
            status = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            # A folder's own time is that of what is in it, and `but` may lie in this one.
            time_ns = 0 if path.is_dir() else status.st_mtime_ns
            found[str(path)] = (status.st_mode, time_ns, content)
    return found
