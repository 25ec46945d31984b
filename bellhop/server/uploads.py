"""Uploads on their way: their bytes count before a job holds them.

An upload is judged by its headers, and minutes pass until it is there. Without a record of what
has been promised meanwhile, each of ten uploads gets the room that is left for one.
"""

from __future__ import annotations

import threading
from collections import Counter

# A body is kept whole, and then again file by file.
COPIES = 2


class Upload:
    """One of `owner`, written `copies` times; in chunks its length is not known, and grows."""

    def __init__(self, owner: str, length: int, copies: int = COPIES):
        self.owner, self._length, self._copies = owner, length, copies
        self.received_bytes = 0
        self.is_arriving = True

    @property
    def bytes(self) -> int:
        """What it will hold, as far as one knows."""
        return max(self._length, self.received_bytes)

    @property
    def coming_bytes(self) -> int:
        """What it will still take of the disk."""
        return self._copies * self.bytes - self.received_bytes


class Uploads:
    """What is promised to uploads that no job holds yet, in the one web of an installation."""

    def __init__(self) -> None:
        self._open: set[Upload] = set()
        self._lock = threading.Lock()

    def begin(self, owner: str, length: int, copies: int = COPIES) -> Upload:
        """Promise `length` bytes; until `end`, which every upload comes to in any case."""
        upload = Upload(owner, length, copies)
        with self._lock:
            self._open.add(upload)
        return upload

    def end(self, upload: Upload) -> None:
        with self._lock:
            self._open.discard(upload)

    def of(self, owner: str) -> list[Upload]:
        with self._lock:
            return [upload for upload in self._open if upload.owner == owner]

    def coming_bytes(self, owner: str, free_bytes: int) -> int:
        """What of the disk is not for a further upload of `owner`.

        All that they have begun, and of each other account a quarter of what is free at most: who
        promises much and sends little must not keep the disk from the others.
        """
        coming: Counter[str] = Counter()
        with self._lock:
            for upload in self._open:
                coming[upload.owner] += upload.coming_bytes
        most = free_bytes // 4
        return sum(n if who == owner else min(n, most) for who, n in coming.items())
