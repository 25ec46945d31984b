"""Copies of files: onto another disk too, bounded in time and room though nobody trusts the writer.

Whatever Bellhop copies, it copies here: what a rename or a link could not do because the folders
lie on several disks (EXDEV), what a job gets to change, and what a job wrote.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

# What is copied, and put on the disk, at a time.
CHUNK_BYTES = 64 << 20
LEAST_CHUNK_BYTES = 1 << 20
BLOCK_BYTES = 512  # of st_blocks, stat(2)
FICLONE = 0x40049409  # ioctl_ficlone(2)


class Torn(Exception):
    """A file is partly in one place and partly in another; whoever wrote it has to do so again."""


def free_bytes(place: int | str | Path) -> int:
    """What is left to Bellhop of the disk of a path or a descriptor."""
    disk = os.statvfs(place)
    return disk.f_bavail * disk.f_frsize


def copy(
    source: int,
    target: int,
    on_chunk: Callable[[], object] = lambda: None,
    *,
    is_lasting: bool = True,
) -> None:
    """Fill the empty file `target` with `source`, both descriptors; `is_lasting`: on the disk.

    As a clone where the file system can; else holes stay holes. Not more is read than `source` held
    at first. `on_chunk` is called every `CHUNK_BYTES`.
    """
    if _clone(source, target):
        if is_lasting:
            os.fsync(target)
        return
    size = os.fstat(source).st_size
    os.truncate(target, size)
    for start in range(0, max(size, 1), CHUNK_BYTES):
        on_chunk()
        end = min(start + CHUNK_BYTES, size)
        needs_sync = _copy_data(source, target, start, end) or end == size
        if is_lasting and needs_sync:  # a hole, except the last one, needs none
            os.fsync(target)


def move(source: int, target: int, on_chunk: Callable[[], object]) -> None:
    """Copy what its writer gives up onto the disk; see `copy`.

    Where one disk has no room for both, the end of `source` goes first and is cut off once it is
    copied. If it has another name, which may not lose it, lies on another disk, which would gain
    nothing, or there is no room even for that, nothing is written and OSError with ENOSPC is
    raised. `Torn` when that fails half-way.
    """
    status, free = os.fstat(source), free_bytes(target)
    if min(status.st_blocks * BLOCK_BYTES, status.st_size) <= free:
        return copy(source, target, on_chunk)
    if _clone(source, target):
        return os.fsync(target)
    step = min(free // 2, CHUNK_BYTES)
    is_elsewhere = status.st_dev != os.fstat(target).st_dev
    if step < LEAST_CHUNK_BYTES or status.st_nlink > 1 or is_elsewhere:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.truncate(target, status.st_size)
    return _move_last_first(source, target, range(0, status.st_size, step), on_chunk)


def _move_last_first(
    source: int, target: int, starts: range, on_chunk: Callable[[], object]
) -> None:
    """Copy what begins at each of `starts`, the last one first, and cut it off `source`."""
    os.fchmod(source, 0o600)
    end = starts.stop
    try:
        for start in reversed(starts):
            on_chunk()
            _copy_data(source, target, start, end)
            os.fsync(target)
            os.truncate(f"/proc/self/fd/{source}", start)
            end = start
    except Exception as error:
        if end == starts.stop:
            raise
        raise Torn(f"a file could be moved in part only: {error}") from error


def _clone(source: int, target: int) -> bool:
    try:
        fcntl.ioctl(target, FICLONE, source)
    except OSError:  # another disk, or one that has no clones
        return False
    return True


def _copy_data(source: int, target: int, start: int, end: int) -> bool:
    """Copy what is between `start` and `end`; whether it is more than a hole."""
    has_data = False
    for first, last in _data(source, start, end):
        has_data = True
        os.lseek(target, first, os.SEEK_SET)
        while first < last:
            sent = os.sendfile(target, source, first, last - first)
            if not sent:
                break  # somebody cut it meanwhile
            first += sent
    return has_data


def _data(source: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where a file holds data between `start` and `end` (lseek(2))."""
    while start < end:
        try:
            first = os.lseek(source, start, os.SEEK_DATA)
            start = min(os.lseek(source, first, os.SEEK_HOLE), end)
        except OSError as error:
            if error.errno != errno.ENXIO:  # no more data
                raise
            return
        if first < start:
            yield first, start
