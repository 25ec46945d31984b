"""Publishing: the files that a job wrote become copies that its code cannot reach.

Whatever it left in its output folder, and whatever a process of it still does there: each file is
opened through the descriptors of its folders, and what is published is a new file, so that nobody
who holds the old one open changes a result.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from bellhop.base.errors import PASSING
from bellhop.base.texts import HIDDEN, shown
from bellhop.stores.folders import open_file, open_folder

# Of one output folder: how deep it is read, how many names, how long the path of a file may be,
# and the JSON of all files, which becomes one row.
MOST_DEPTH = 32
MOST_NAMES = 20_000
MOST_PATH_BYTES = 1024
MOST_LIST_BYTES = 1 << 20
# How many files that were left out are named, and with how many characters.
MOST_LEFT_OUT, MOST_SHOWN = 100, 300
# What cannot be seen, half surrogate pairs (bytes that are no UTF-8) too, and backslashes.
UNSHOWABLE = re.compile(rf"[{HIDDEN}\\]")


class Found(NamedTuple):
    """What lies below a folder: its path from there, and its name in the open folder it is in."""

    path: str
    dir_fd: int
    name: str
    is_file: bool


# Keeps what a descriptor holds under a key, so that it lasts, and returns its size in bytes. Calls
# its last argument now and then.
Bring = Callable[[int, str, Callable[[], object]], int]


class Publication:
    """The output files of one attempt, on their way to where results are, below `name`.

    `files` are those that are there, by path: `{"name", "size", "path"}`, as the API lists them.
    `left_out` are the paths of the others, the first `MOST_LEFT_OUT`; None stands for more.
    """

    def __init__(self, name: str, key_of: Callable[[str], str], bring: Bring):
        self.files: dict[str, dict[str, Any]] = {}
        self.left_out: list[str | None] = []
        self._name, self._key_of, self._bring = name, key_of, bring
        self._listed_bytes = 0

    def take_up(self, sizes: Mapping[str, int]) -> None:
        """List what an earlier try brought there before the disk was full: sizes by path."""
        for path, size in sizes.items():
            self._list(path, size)

    def take(
        self, output: Path, on_file: Callable[[], object], hides: Callable[[str], bool]
    ) -> None:
        """Move what may be published out of the folder `output`, in a folder that job code changes.

        `on_file` is called before each file, and now and then while a large one is copied, as
        fsync may take its time. Nothing is published whose path `hides` says to hide.
        """
        try:
            folder = _open_output(output)
        except FileNotFoundError:
            return None  # the job removed it
        except NotADirectoryError:
            return self.leave_out(output.name)
        try:
            for found in _walk(folder):
                if found and found.is_file and _can_be_shown(found.path) and not hides(found.path):
                    on_file()
                    self._move(found, on_file)
                else:
                    self.leave_out(found and found.path)
        finally:
            os.close(folder)
        return None

    def leave_out(self, path: str | None) -> None:
        if path is not None and len(self.left_out) < MOST_LEFT_OUT:
            self.left_out.append(shown(path)[:MOST_SHOWN])
        elif self.left_out[-1:] != [None]:
            self.left_out.append(None)

    def _move(self, found: Found, on_file: Callable[[], object]) -> None:
        try:
            source = open_file(found.name, found.dir_fd)
        except OSError as error:
            if error.errno in PASSING:
                raise
            return self.leave_out(found.path)
        try:
            status = os.fstat(source)
            is_foreign = status.st_nlink > 1 and status.st_uid != os.geteuid()
            if is_foreign or not self._has_place_for(found.path, status.st_size):
                return self.leave_out(found.path)
            self._list(found.path, self._bring(source, self._key_of(found.path), on_file))
        finally:
            os.close(source)
        # At once, so that what is kept twice is one file and not all of them.
        with contextlib.suppress(OSError):
            os.unlink(found.name, dir_fd=found.dir_fd)

    def _has_place_for(self, path: str, size: int) -> bool:
        return self._listed_bytes + self._entry_bytes(path, size) <= MOST_LIST_BYTES

    def _list(self, path: str, size: int) -> None:
        self._listed_bytes += self._entry_bytes(path, size)
        self.files[path] = self._entry(path, size)

    def _entry(self, path: str, size: int) -> dict[str, Any]:
        return {"name": path, "size": size, "path": f"{self._name}/{path}"}

    def _entry_bytes(self, path: str, size: int) -> int:
        return len(json.dumps(self._entry(path, size))) + len(", ")


def sizes_below(folder: int) -> dict[str, int]:
    """The files below a folder, a descriptor, by their paths from there, sorted; in bytes."""
    return {
        found.path: os.stat(found.name, dir_fd=found.dir_fd, follow_symlinks=False).st_size
        for found in _walk(folder)
        if found
    }


def _open_output(output: Path) -> int:
    scratch = open_folder(output.parent)
    try:
        return open_folder(output.name, scratch)
    finally:
        os.close(scratch)


def _walk(top: int) -> Iterator[Found | None]:
    """What lies below the folder `top`, a descriptor, sorted; without its folders.

    A folder that cannot be read, or is too deep, is found like a file that is none. None comes
    last when there is more than `MOST_NAMES`.
    """
    left = MOST_NAMES
    levels = [(top, "", _names(top, left))]
    try:
        while levels:
            here, above, names = levels[-1]
            if not names:
                if here != top:
                    os.close(here)
                levels.pop()
                continue
            if not left:
                yield None
                return
            left -= 1
            name, is_folder, is_file = names.pop()
            below = _below(here, name) if is_folder and len(levels) < MOST_DEPTH else None
            if below is None:
                yield Found(above + name, here, name, is_file)
            else:
                inner: list[tuple[str, bool, bool]] = []
                levels.append((below, f"{above}{name}/", inner))
                inner += _names(below, left)
    finally:
        for here, _, _ in levels[1:]:
            os.close(here)


def _names(folder: int, most: int) -> list[tuple[str, bool, bool]]:
    """The names in a folder, the first one last, each with whether it is a folder or a file."""
    with os.scandir(folder) as entries:
        found = [
            (entry.name, entry.is_dir(follow_symlinks=False), entry.is_file(follow_symlinks=False))
            for entry in islice(entries, most + 1)
        ]
    return sorted(found, reverse=True)


def _below(folder: int, name: str) -> int | None:
    try:
        return open_folder(name, folder)
    except OSError as error:
        if error.errno in PASSING:
            raise
        return None


def _can_be_shown(path: str) -> bool:
    return not UNSHOWABLE.search(path) and len(os.fsencode(path)) <= MOST_PATH_BYTES
