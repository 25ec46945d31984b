"""Open files of jobs, wherever they lie: a descriptor where that is a folder, else a `Content`.

What a job was given, and what it made, does not change any more. So a part of it can be asked for
at any time, and a store that breaks off is asked for the rest.
"""

from __future__ import annotations

import io
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Protocol

from bellhop.base.errors import StoreAway

PIECE_BYTES = 1 << 18
# How far a stream is ahead of its reader, and how many of them there are at once.
AHEAD_BYTES, MOST_STREAMS = 1 << 20, 64
MOST_TRIES, AGAIN_S = 3, 0.5
_streams = threading.BoundedSemaphore(MOST_STREAMS)


class Content(Protocol):
    """What an open file holds: `size` bytes, since `changed_at`; `tag` is its ETag."""

    size: int
    changed_at: float
    tag: str

    def chunks(self, first: int, end: int) -> Iterator[bytes]:
        """The bytes from `first` to `end`; OSError where they are not there any more."""

    def part(self, first: int, end: int) -> io.RawIOBase:
        """The same as a file to read and to seek in; closing it closes the content."""

    def close(self) -> None: ...


# A descriptor, which belongs to whoever opened it, or a content of a store without any.
Opened = int | Content


def content_of(opened: Opened) -> Content:
    return LocalContent(opened) if isinstance(opened, int) else opened


class LocalContent:
    """A file of a folder, by its descriptor."""

    def __init__(self, descriptor: int):
        status = os.fstat(descriptor)
        self._descriptor = descriptor
        self.size, self.changed_at = status.st_size, status.st_mtime
        self.tag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'

    def chunks(self, first: int, end: int) -> Iterator[bytes]:
        while first < end:
            data = os.pread(self._descriptor, min(end - first, PIECE_BYTES), first)
            if not data:
                raise OSError("the file has become shorter")
            first += len(data)
            yield data

    def part(self, first: int, end: int) -> io.RawIOBase:
        return FilePart(self._descriptor, first, end - first)

    def close(self) -> None:
        os.close(self._descriptor)


class RemoteContent:
    """A file that a store sends, `read(first, end)` by `read(first, end)`."""

    def __init__(self, size: int, changed_at: float, read: Callable[[int, int], Iterator[bytes]]):
        self.size, self.changed_at, self._read = size, changed_at, read
        self.tag = f'"{int(changed_at * 1e6):x}-{size:x}"'

    def chunks(self, first: int, end: int) -> Generator[bytes]:
        tries = 0
        while first < end:
            try:
                for data in self._read(first, end):
                    first += len(data)
                    tries = 0
                    yield data
                if first < end:
                    raise StoreAway("the store of files broke off")
            except StoreAway:
                tries += 1
                if tries == MOST_TRIES:
                    raise
                time.sleep(AGAIN_S)

    def part(self, first: int, end: int) -> io.RawIOBase:
        return Stream(end - first, self.chunks(first, end))

    def close(self) -> None:
        pass


class _InMemory(io.RawIOBase):
    """What may be read and sought in; `_length` is that of the whole, `_at` where its reader is."""

    _length, _at = 0, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, (0, self._at, self._length)[whence] + offset)
        return self._at


class FilePart(_InMemory):
    """`length` bytes of an open file from `offset` on; closing it closes the descriptor."""

    def __init__(self, descriptor: int, offset: int, length: int):
        self._descriptor, self._offset, self._length = descriptor, offset, length

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._length - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        data = os.pread(self._descriptor, wanted, self._offset + self._at)
        self._at += len(data)
        return data

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


class Stream(_InMemory):
    """`length` bytes that a thread of its own fetches, a little ahead of whoever reads them.

    It is read in its order, and goes back only within what was read last. A server that must not
    wait sets `wake`: from then on `read` gives nothing while it `is_dry`, and what is called when
    that has changed is `wake`.
    """

    def __init__(self, length: int, chunks: Generator[bytes]):
        if not _streams.acquire(blocking=False):
            raise StoreAway("too many downloads at once")
        self._length, self._chunks = length, chunks
        self._piece, self._start = b"", 0
        self._came: deque[bytes] = deque()
        self._end: Exception | None = None
        self._changed = threading.Condition()
        self.wake: Callable[[], object] | None = None
        threading.Thread(target=self._fetch, name="stream", daemon=True).start()

    @property
    def is_dry(self) -> bool:
        """Whether what comes next has not come yet."""
        is_read = self._start + len(self._piece) <= self._at < self._length
        return is_read and not self._came and self._end is None

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes; OSError where they do not come."""
        if self._at >= self._length:
            return b""
        if self._at == self._start + len(self._piece) and not self._next():
            return b""
        begin = self._at - self._start
        data = self._piece[begin : None if size is None or size < 0 else begin + size]
        self._at += len(data)
        return data

    def _next(self) -> bool:
        """Take the next piece; false while there is none, and `wake` will tell."""
        with self._changed:
            if not self._came and self._end is None and self.wake:
                return False
            self._changed.wait_for(lambda: self._came or self._end)
            if not self._came:
                raise self._end or OSError("closed")
            self._start += len(self._piece)
            self._piece = self._came.popleft()
            self._changed.notify_all()
            return True

    def _fetch(self) -> None:
        try:
            for data in self._chunks:
                if not self._give(data):
                    break
            end: Exception = OSError("the file has become shorter")
        except Exception as error:
            end = error
        finally:
            self._chunks.close()
            _streams.release()
        with self._changed:
            self._end = end
            self._changed.notify_all()
        self._tell()

    def _give(self, data: bytes) -> bool:
        """Wait until there is room for a piece; false when nobody wants it any more."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or sum(map(len, self._came)) < AHEAD_BYTES)
            if self.closed:
                return False
            self._came.append(data)
            self._changed.notify_all()
        self._tell()
        return True

    def _tell(self) -> None:
        if self.wake:
            self.wake()

    def close(self) -> None:
        super().close()
        with self._changed:
            self._came.clear()
            self._changed.notify_all()
