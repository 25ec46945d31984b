"""A zip of files, made while it is sent: no byte of it is written, and its length is known before.

The files are stored as they are: most outputs are small, or compressed already. The zipfile of
Python writes the archive, as to a pipe: the CRC-32 of each file stands behind it. Only the length
is ours. zipstream-ng tells that too, but 76 bytes too few for 65,535 files (1.9.3); it dates every
file by the download, and has the LGPL, where all else in the single file has permissive licences.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bellhop.stores.contents import Opened, content_of

NO_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
RIGHTS = 0o100600 << 16
FIRST_DATE = (1980, 1, 1, 0, 0, 0)
PIECE_BYTES = 1 << 16
# What stands before and behind a file, lists it, and ends the archive (APPNOTE 4.3), beside names;
# and what each of them has more where a size, an offset or the number of files needs ZIP64.
HEAD, TAIL, LISTED, END = 30, 16, 46, 22
HEAD_64, TAIL_64, LISTED_64, NUMBER_64, END_64 = 20, 8, 4, 8, 56 + 20


def safe_name(text: str) -> str:
    """A text as the name of a file or folder on every system."""
    return NO_NAME.sub("_", text)[:80].strip(" .") or "_"


@dataclass(frozen=True)
class Entry:
    """A file of the archive; `open` gives its `size` bytes."""

    name: str
    size: int
    open: Callable[[], Opened]

    @property
    def is_large(self) -> bool:
        return self.size > zipfile.ZIP64_LIMIT


class Archive(io.RawIOBase):
    """The archive as a file to read; closing it closes the file that is open.

    It is read in its order, and goes back only within what was read last.
    """

    def __init__(self, entries: Sequence[Entry], at: datetime):
        self.length = _length(entries)
        self._pieces = _pieces(entries, at)
        self._piece, self._start, self._at = b"", 0, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, (0, self._at, self.length)[whence] + offset)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes; OSError when a file is not there any more as it was."""
        if self._at >= self.length:
            return b""
        if self._at == self._start + len(self._piece):
            self._start, self._piece = self._at, next(self._pieces)
        begin = self._at - self._start
        end = None if size is None or size < 0 else begin + size
        data = self._piece[begin:end]
        self._at += len(data)
        return data

    def all(self) -> Generator[bytes]:
        """The whole archive, for who does not read it otherwise."""
        return self._pieces

    def close(self) -> None:
        self._pieces.close()
        super().close()


class _Pipe(io.RawIOBase):
    """Keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self.held_bytes = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._written.append(data)
        self.held_bytes += len(data)
        return len(data)

    def take(self) -> bytes:
        taken, self._written, self.held_bytes = b"".join(self._written), [], 0
        return taken


def _pieces(entries: Sequence[Entry], at: datetime) -> Generator[bytes]:
    """The archive in its order, none of them empty."""
    pipe, date = _Pipe(), max(FIRST_DATE, at.timetuple()[:6])
    with zipfile.ZipFile(pipe, "w") as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, date)
            info.external_attr = RIGHTS
            with archive.open(info, "w", force_zip64=entry.is_large) as file:
                for data in _content(entry):
                    file.write(data)
                    if pipe.held_bytes >= PIECE_BYTES:
                        yield pipe.take()
    yield pipe.take()


def _content(entry: Entry) -> Generator[bytes]:
    """The bytes that the file had when it was stored, whatever came behind them."""
    content = content_of(entry.open())
    try:
        yield from content.chunks(0, entry.size)
    finally:
        content.close()


def _length(entries: Sequence[Entry]) -> int:
    """How many bytes the archive has."""
    files = listed = 0
    for entry in entries:
        name, large = len(entry.name.encode()), 2 if entry.is_large else 0
        large += files > zipfile.ZIP64_LIMIT
        listed += LISTED + name + (LISTED_64 + large * NUMBER_64 if large else 0)
        files += HEAD + name + entry.size + TAIL + (HEAD_64 + TAIL_64 if entry.is_large else 0)
    most = zipfile.ZIP64_LIMIT
    is_large = len(entries) > zipfile.ZIP_FILECOUNT_LIMIT or files > most or listed > most
    return files + listed + END + (END_64 if is_large else 0)
