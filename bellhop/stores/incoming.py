"""Files that arrive: what a user sends, written with its hash computed on the way."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass
class IncomingFile:
    """One file of an upload while it is written: its hash is computed on the way.

    `field` is the field of the form that it came in.
    """

    path: Path
    filename: str
    field: str

    def __post_init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._file = self.path.open("xb", buffering=0)

    def write(self, chunk: bytes | bytearray) -> None:
        self._hash.update(chunk)
        self.size += len(chunk)
        write_all(self._file, chunk)

    def finish(self) -> str:
        """Put it on the disk for good; its SHA-256 in hex."""
        os.fsync(self._file.fileno())
        self._file.close()
        return self._hash.hexdigest()

    def close(self) -> None:
        self._file.close()


def write_all(file: io.FileIO, data: bytes | bytearray) -> None:
    left = memoryview(data)
    while left:  # a disk that is nearly full takes a part and says nothing
        left = left[file.write(left) :]
