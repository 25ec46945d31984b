"""The bytes of uploads: files that grow, on the disk on which jobs keep theirs.

uploads/.parts/ID     an upload; hidden, so nobody takes it for the folder of a job
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from pathlib import Path

from bellhop.stores.filesystem import link_or_copy, sync


class Part:
    """What one request adds to an upload, from `start` on.

    The thread of the sockets writes while another may `cut` it off: a client whose connection broke
    comes back before the old one is known to be dead. What it wrote until then stays.
    """

    def __init__(self, path: Path, start: int):
        self.path, self.start, self.offset = path, start, start
        self._file = path.open("r+b", buffering=0)
        self._file.truncate(start)  # what lay behind it, a power cut may have spoiled
        self._file.seek(start)
        self._lock = threading.Lock()
        self.is_cut, self._is_whole = False, False

    def write(self, chunk: bytes | bytearray) -> bool:
        """Add to it; false when it was cut off."""
        with self._lock:
            if self.is_cut:
                return False
            left = memoryview(chunk)
            while left:  # a disk that is nearly full takes a part and says nothing
                written = self._file.write(left)
                self.offset += written
                left = left[written:]
            return True

    def seal(self) -> bool:
        """From now on nobody cuts it off; false when somebody has."""
        with self._lock:
            self._is_whole = not self.is_cut
            return self._is_whole

    def cut(self) -> bool:
        """End it where it is, so that another may begin; false when all of it has arrived."""
        with self._lock:
            if not self._is_whole and not self.is_cut:
                self.is_cut = True
                self._file.close()
            return self.is_cut

    def withdraw(self) -> None:
        """Take out again what it wrote."""
        self._file.truncate(self.start)
        self.offset = self.start

    def sync(self) -> None:
        """Put it on the disk for good."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


class Parts:
    """The folder of one installation with the files of its uploads."""

    def __init__(self, data: Path):
        self._folder = data / "uploads" / ".parts"

    def path(self, upload_id: str) -> Path:
        return self._folder / upload_id

    def size(self, upload_id: str) -> int:
        """Bytes; FileNotFoundError when it is gone."""
        return self.path(upload_id).stat().st_size

    def add(self, upload_id: str, content: Path | None) -> None:
        """A new file on the disk, empty or with the content of another one."""
        self._folder.mkdir(exist_ok=True)
        if content:
            link_or_copy(content, self.path(upload_id))
        else:
            self.path(upload_id).open("xb").close()
        sync(self._folder)

    def remove(self, upload_id: str) -> None:
        self.path(upload_id).unlink(missing_ok=True)

    def older_than(self, age_s: float) -> list[str]:
        """The uploads of which nothing has changed for so long, by their files."""
        found, oldest = [], time.time() - age_s
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                # Not the time of its content, which a link has from the file that was before it.
                found += [path.name] if path.lstat().st_ctime < oldest else []
        return found

    def is_there(self) -> bool:
        """Whether the folder is, as it must be once there was an upload."""
        return self._folder.is_dir()


def sha256_of(path: Path) -> str:
    """In hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
