"""The file of a backup: a tar, which any tar reads, and which nobody seeks in.

    bellhop-backup.json              what wrote it and when, and of which installation
    uploads/.parts/ID                files that arrive in parts, and those of schedules
    uploads/JOB/…  logs/JOB/…  results/JOB/…
    bellhop.db                       the rows
    installation.json
    SHA256SUMS                       of all of these, in their order, as sha256sum(1) reads it

The sums come last: a file that has them was written to its end.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import IO, Protocol

from bellhop.base.errors import StartRefused, said_of
from bellhop.database.schema import MIGRATIONS, TooNew
from bellhop.storage.installation import DATABASE, RECORD
from bellhop.stores.filesystem import KINDS
from bellhop.stores.folders import parts_of

FORMAT = 1
ABOUT, SUMS = "bellhop-backup.json", "SHA256SUMS"
MOST_ABOUT_BYTES = 64 << 10
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class About:
    """What a backup is of: the `bellhop` that wrote it, the schema of its rows, and when that was.

    `files` is where the files of jobs are that are not in it; empty: they are in it.
    """

    format: int
    bellhop: str
    schema: int
    at: str
    installation: str
    files: str


class Readable(Protocol):
    def read(self, size: int, /) -> bytes | None: ...


class Hashed:
    """Hashes what is read of a file, and counts its bytes; `reading` is around each read."""

    def __init__(
        self, file: Readable, reading: Callable[[], AbstractContextManager[None]] = nullcontext
    ):
        self._file, self._reading = file, reading
        self._hash, self.count = hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        with self._reading():
            data = self._file.read(size) or b""
        self._hash.update(data)
        self.count += len(data)
        return data

    def line(self, name: str) -> bytes:
        """Its line in `SUMS`."""
        plain = os.fsencode(name)
        escaped = plain.replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
        mark = b"\\" if escaped != plain else b""
        return mark + self._hash.hexdigest().encode() + b"  " + escaped + b"\n"


@dataclass(frozen=True)
class Member:
    """A file of a backup, whose `content` is read to its end before the next one comes."""

    name: str
    size: int
    changed_at: int
    content: Hashed


class Writer:
    """Writes the members of a backup, one after the other."""

    def __init__(self, tar: tarfile.TarFile, sums: IO[bytes]):
        self._tar, self._sums = tar, sums
        tar.copybufsize = CHUNK_BYTES  # type: ignore[attr-defined]

    def add(self, name: str, content: Hashed, size: int, changed_at: int = 0) -> None:
        """Write `size` bytes of a content, of which there are no fewer."""
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = size, changed_at, 0o600
        self._tar.addfile(info, content)
        self._tar.members = []  # type: ignore[attr-defined]  # else it remembers each
        self._sums.write(content.line(name))

    def add_bytes(self, name: str, content: bytes) -> None:
        self.add(name, Hashed(BytesIO(content)), len(content))

    def add_sums(self) -> None:
        """Write what comes last."""
        size = self._sums.tell()
        self._sums.seek(0)
        self.add(SUMS, Hashed(self._sums), size)


class Reader:
    """Reads a backup from its beginning to its end, once."""

    def __init__(self, path: Path, tar: tarfile.TarFile, sums: IO[bytes]):
        self.path, self._tar, self._sums = path, tar, sums
        self.about = self._about()

    def _about(self) -> About:
        try:
            member = self._next()
            if member is None or member.name != ABOUT or member.size > MOST_ABOUT_BYTES:
                raise ValueError
            told = json.loads(member.content.read())
            about = About(**{field.name: told[field.name] for field in fields(About)})
            is_newer, schema = about.format > FORMAT, int(about.schema)
            self._note(member)
        except (ValueError, TypeError, KeyError, tarfile.TarError):
            raise StartRefused(f"{self.path} is not a backup of Bellhop") from None
        if is_newer or schema > len(MIGRATIONS):
            raise TooNew(self.path, schema, str(about.bellhop))
        return about

    def members(self) -> Iterator[Member]:
        """Each file but the first; StartRefused in the end, unless all are as they were written."""
        while (member := self._next()) and member.name != SUMS:
            self._require_own(member.name)
            yield member
            self._note(member)
        self._compare(member)

    def _next(self) -> Member | None:
        with self._reading():
            info = self._tar.next()
            content = self._tar.extractfile(info) if info and info.isreg() else None
        if info is None:
            return None
        self._tar.members = []  # type: ignore[attr-defined]  # else it remembers each
        if content is None:
            raise self._damaged(f"{info.name} is not a file")
        return Member(info.name, info.size, int(info.mtime), Hashed(content, self._reading))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Around whatever reads the file of the backup."""
        try:
            yield
        except tarfile.TarError:
            raise self._damaged("it is cut off") from None
        except OSError as error:
            raise StartRefused(f"{self.path} cannot be read ({said_of(error)})") from None

    def _note(self, member: Member) -> None:
        if member.content.count < member.size:
            raise self._damaged("it is cut off")
        self._sums.write(member.content.line(member.name))

    def _require_own(self, name: str) -> None:
        """Refuse a name that leads out of the data folder, or to what no backup has."""
        try:
            kind, *below = parts_of(name)
        except FileNotFoundError:
            kind, below = "", []
        is_known = kind in KINDS and len(below) > 1
        if not is_known and name not in (DATABASE, RECORD):
            raise self._damaged(f"it has a file {name!r}")

    def _compare(self, member: Member | None) -> None:
        """What was read must be what the sums say, line by line."""
        if member is None:
            raise self._damaged("it is cut off")
        self._sums.seek(0)
        for line in self._sums:
            if member.content.read(len(line)) != line:
                name = line.rstrip(b"\n").partition(b"  ")[2].decode("utf-8", "replace")
                raise self._damaged(f"{name} is not what was written")
        if member.content.read(1):
            raise self._damaged("files of it are missing")

    def _damaged(self, why: str) -> StartRefused:
        return StartRefused(f"{self.path} is damaged ({why}); use another backup")


@contextmanager
def written(file: IO[bytes], about: About) -> Iterator[Writer]:
    """A backup in an open file, which is whole when the block ends."""
    form = tarfile.PAX_FORMAT
    with tempfile.TemporaryFile() as sums, tarfile.open(None, "w", file, format=form) as tar:
        writer = Writer(tar, sums)
        writer.add_bytes(ABOUT, json.dumps(asdict(about), indent=1).encode())
        yield writer
        writer.add_sums()


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """A backup; StartRefused for what is none, or is of a newer Bellhop."""
    if not path.is_file():
        raise StartRefused(f"{path} " + ("is not a file" if path.exists() else "does not exist"))
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            tar = stack.enter_context(tarfile.open(None, "r|", file, CHUNK_BYTES))
        except tarfile.TarError:
            raise StartRefused(f"{path} is not a backup of Bellhop") from None
        except OSError as error:
            raise StartRefused(f"{path} cannot be read ({said_of(error)})") from None
        yield Reader(path, tar, stack.enter_context(tempfile.TemporaryFile()))
