"""What an attempt printed: kept while it runs, and never more than a fixed size."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from bellhop.base.texts import shown
from bellhop.storage.folders import open_beneath

APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT
HEAD_BYTES = TAIL_BYTES = 128 * 1024
# Of the last line: how far it is looked for, and how much of it is shown.
END_BYTES, MOST_SHOWN = 4096, 200


class ItemLog:
    """The first and the last `HEAD_BYTES` and `TAIL_BYTES` of a stream, in the file at `path`.

    The beginning is written as it comes, so that a person can read it while the item
    runs and a crash leaves it; the end is added by `close`. A disk that is full costs
    the log, never the item.
    """

    def __init__(self, path: Path | str):
        self._path = path
        self._written = self._left_out = 0
        self._tail = bytearray()

    def write(self, chunk: bytes) -> None:
        head, rest = chunk[: HEAD_BYTES - self._written], chunk[HEAD_BYTES - self._written :]
        if head:
            self._append(head)
            self._written += len(head)
        if rest:
            self._tail += rest
            excess = max(0, len(self._tail) - TAIL_BYTES)
            self._left_out += excess
            del self._tail[:excess]

    def close(self) -> None:
        if self._left_out:
            self._append(b"\n[... %d bytes left out ...]\n" % self._left_out)
        if self._tail:
            self._append(bytes(self._tail))

    def last_line(self) -> str:
        """What was printed last, of a long line the beginning; empty where nothing was.

        Any thread may ask. A progress bar begins its line anew.
        """
        end = bytes(self._tail[-END_BYTES:]) or self._end_of_file()
        lines = map(str.strip, end.decode("utf-8", "replace").splitlines())
        return next((shown(line)[:MOST_SHOWN] for line in reversed([*lines]) if line), "")

    def _end_of_file(self) -> bytes:
        place = Path(self._path)
        with contextlib.suppress(OSError):
            path = f"{place.parent.name}/{place.name}"
            with os.fdopen(open_beneath(place.parent.parent, path), "rb") as file:
                file.seek(max(0, self._written - END_BYTES))
                return file.read()
        return b""

    def _append(self, content: bytes) -> None:
        with contextlib.suppress(OSError):
            # Most attempts print nothing and get no file.
            place = Path(self._path)
            folder = place.parent
            folder.mkdir(exist_ok=True)
            path = f"{folder.name}/{place.name}"
            with os.fdopen(open_beneath(folder.parent, path, APPENDING), "ab") as file:
                file.write(content)
