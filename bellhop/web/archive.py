"""A zip of files, made while it is sent: no byte of it is written, and its length is known before.

The files are stored as they are: most outputs are small, or compressed already. The CRC-32 of each
stands behind it (APPNOTE 4.4.4, bit 3), as in an archive that is written to a pipe.
"""

from __future__ import annotations

import bisect
import io
import os
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import accumulate

# A size or offset that only the fields of ZIP64 can hold.
LARGE = 0xFFFFFFFF
# The CRC follows the data, and the name is UTF-8; made on Unix by version 4.5.
FLAGS, VERSION, MADE_BY = 0x0808, 45, 0x032D
RIGHTS = 0o100600 << 16
NO_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')


def safe_name(text: str) -> str:
    """A text as the name of a file or folder on every system."""
    return NO_NAME.sub("_", text)[:80].strip(" .") or "_"


@dataclass
class Entry:
    """A file of the archive; `open` gives a descriptor of its `size` bytes."""

    name: str
    size: int
    open: Callable[[], int]
    offset: int = 0
    crc: int = 0
    # Up to where the CRC counts; a part may be read twice.
    _seen: int = 0
    _descriptor: int | None = field(default=None)

    @property
    def is_large(self) -> bool:
        return self.size >= LARGE

    def head(self, at: bytes) -> bytes:
        """The local header, without what stands behind the data."""
        name, size = self.name.encode(), LARGE if self.is_large else 0
        extra = struct.pack("<HHQQ", 1, 16, 0, 0) if self.is_large else b""
        return b"PK\3\4" + struct.pack(
            "<HHH4sIIIHH", VERSION, FLAGS, 0, at, 0, size, size, len(name), len(extra)
        ) + name + extra  # fmt: skip

    def read(self, at: int, size: int) -> bytes:
        """Bytes of the file; OSError when it is not there any more as it was."""
        if self._descriptor is None:
            self._descriptor = self.open()
        data = os.pread(self._descriptor, min(size, self.size - at), at)
        if not data:
            raise OSError(f"{self.name} has become shorter")
        if at <= self._seen < at + len(data):
            self.crc = zlib.crc32(data[self._seen - at :], self.crc)
            self._seen = at + len(data)
        if at + len(data) == self.size:
            self.close()
        return data

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def tail(self) -> bytes:
        """The data descriptor, once all of the data was read."""
        sizes = "<4sIQQ" if self.is_large else "<4sIII"
        return struct.pack(sizes, b"PK\7\x08", self.crc, self.size, self.size)

    def listed(self, at: bytes) -> bytes:
        """Its entry in the central directory."""
        name, large = self.name.encode(), [n for n in (self.size,) * 2 if self.is_large]
        large += [self.offset] if self.offset >= LARGE else []
        extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        size = min(self.size, LARGE)
        return b"PK\1\2" + struct.pack(
            "<HHHH4sIIIHHHHHII", MADE_BY, VERSION, FLAGS, 0, at, self.crc, size, size, len(name),
            len(extra), 0, 0, 0, RIGHTS, min(self.offset, LARGE),
        ) + name + extra  # fmt: skip


class Archive(io.RawIOBase):
    """The archive as a file to read; closing it closes what is open of its entries."""

    def __init__(self, entries: Sequence[Entry], at: datetime):
        self._entries, self._time, self._at = entries, _dos_time(at), 0
        # Each part with its length; what is no data is made when it is read.
        parts: list[tuple[int, Callable[[int, int], bytes]]] = []
        offset = 0
        for entry in entries:
            entry.offset = offset
            head, tail = entry.head(self._time), len(entry.tail())
            parts += [(len(head), _of(partial(entry.head, self._time))), (entry.size, entry.read)]
            parts += [(tail, _of(entry.tail))]
            offset += len(head) + entry.size + tail
        parts += [(len(self._directory(offset)), _of(partial(self._directory, offset)))]
        self._parts = [part for part in parts if part[0]]
        self._ends = list(accumulate(length for length, _ in self._parts))

    @property
    def length(self) -> int:
        return self._ends[-1]

    def _directory(self, offset: int) -> bytes:
        """The central directory, which begins at `offset`, and the end of the archive."""
        listed = b"".join(entry.listed(self._time) for entry in self._entries)
        count, size = len(self._entries), len(listed)
        end = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, MADE_BY, VERSION, 0, 0, count, count,
                          size, offset)  # fmt: skip
        end += struct.pack("<4sIQI", b"PK\6\7", 0, offset + size, 1)
        is_large = count >= 0xFFFF or offset + size >= LARGE
        counts = min(count, 0xFFFF), min(count, 0xFFFF), min(size, LARGE), min(offset, LARGE)
        return listed + (end if is_large else b"") + struct.pack(
            "<4sHHHHIIH", b"PK\5\6", 0, 0, *counts, 0
        )  # fmt: skip

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, (0, self._at, self.length)[whence] + offset)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes, of one part; parts must be read in their order."""
        if self._at >= self.length:
            return b""
        place = bisect.bisect_right(self._ends, self._at)
        length, part = self._parts[place]
        inside = self._at - (self._ends[place] - length)
        left = length - inside
        data = part(inside, left if size is None or size < 0 else min(size, left))
        self._at += len(data)
        return data

    def close(self) -> None:
        for entry in self._entries:
            entry.close()
        super().close()


def _of(made: Callable[[], bytes]) -> Callable[[int, int], bytes]:
    """Reads a part of a few bytes."""
    return lambda at, size: made()[at : at + size]


def _dos_time(at: datetime) -> bytes:
    """Time and date in steps of two seconds, from 1980 on (APPNOTE 4.4.6)."""
    day = max(0, at.year - 1980) << 9 | at.month << 5 | at.day
    return struct.pack("<HH", at.hour << 11 | at.minute << 5 | at.second // 2, day)
