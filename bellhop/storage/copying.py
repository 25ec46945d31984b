"""Copies of files whose writer is not trusted: bounded in time and room, and on the disk."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator

# What is copied, and put on the disk, at a time.
CHUNK_BYTES = 64 << 20
LEAST_CHUNK_BYTES = 1 << 20
BLOCK_BYTES = 512  # of st_blocks, stat(2)
FICLONE = 0x40049409  # ioctl_ficlone(2)


class Torn(Exception):
    """A file is partly in one place and partly in another; whoever wrote it has to do so again."""


def copy(
    source: int, target: int, free_bytes: Callable[[], int], on_chunk: Callable[[], object]
) -> None:
    """Fill the empty file `target` with `source`, both descriptors, and put it on the disk.

    As a clone where the file system can; else holes stay holes. Not more is read than `source` held
    at first. `on_chunk` is called every `CHUNK_BYTES`.

    Where the disk has no room for both, the end of `source` goes first and is cut off once it is
    copied. If it has another name, which may not lose it, or there is no room even for that,
    nothing is written and OSError with ENOSPC is raised. `Torn` when that fails half-way.
    """
    if _clone(source, target):
        return os.fsync(target)
    status, free = os.fstat(source), free_bytes()
    os.truncate(target, status.st_size)
    if min(status.st_blocks * BLOCK_BYTES, status.st_size) <= free:
        for start in range(0, max(status.st_size, 1), CHUNK_BYTES):
            on_chunk()
            end = min(start + CHUNK_BYTES, status.st_size)
            _copy_chunk(source, target, start, end, is_last=end == status.st_size)
        return None
    step = min(free // 2, CHUNK_BYTES)
    if step < LEAST_CHUNK_BYTES or status.st_nlink > 1:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return _move(source, target, range(0, status.st_size, step), on_chunk)


def _move(source: int, target: int, starts: range, on_chunk: Callable[[], object]) -> None:
    """Copy what begins at each of `starts`, the last one first, and cut it off `source`."""
    os.fchmod(source, 0o600)
    end = starts.stop
    try:
        for start in reversed(starts):
            on_chunk()
            _copy_chunk(source, target, start, end, is_last=end == starts.stop)
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


def _copy_chunk(source: int, target: int, start: int, end: int, *, is_last: bool) -> None:
    """Copy what is between `start` and `end`; a hole, except the last one, needs no fsync."""
    needs_sync = is_last
    for first, last in _data(source, start, end):
        needs_sync = True
        os.lseek(target, first, os.SEEK_SET)
        while first < last:
            sent = os.sendfile(target, source, first, last - first)
            if not sent:
                break  # somebody cut it meanwhile
            first += sent
    if needs_sync:
        os.fsync(target)


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
