"""The body of a request that goes on with an upload, written straight to where it stays.

So a server that is killed in the middle of it has what had arrived, and every byte is written once.
"""

from __future__ import annotations

from bellhop.base.errors import Problem
from bellhop.database.database import is_disk_full
from bellhop.storage.models import Upload
from bellhop.uploads.parts import Part
from bellhop.uploads.uploads import Uploads

CUT_OFF = Problem("upload-locked", "Another request continues this upload; this one has ended.")
NO_ROOM = Problem("disk-full", "The disk is full. What arrived before that stays: continue later.")


class Landing:
    """Takes a body as Waitress's receivers do; the application finds it as `wsgi.input`."""

    completed = False
    error: Problem | None = None

    def __init__(self, uploads: Uploads, upload: Upload, part: Part, length: int):
        self._uploads, self.upload, self.part, self._left = uploads, upload, part, length

    def received(self, data: bytes) -> int:
        """How many bytes it took; `error` says why it takes no more."""
        taken = data[: self._left]
        try:
            if not self.part.write(taken):
                self.error = CUT_OFF
        except OSError as error:
            if not is_disk_full(error):
                raise
            self.error = NO_ROOM
        self._left -= len(taken)
        if not self._left and not self.part.seal():
            self.error = CUT_OFF
        self.completed = not self._left
        return len(taken)

    def getfile(self) -> Landing:
        return self

    def getbuf(self) -> Landing:
        return self

    def close(self) -> None:
        """The request has ended, or its connection."""
        self._uploads.end(self.part)
