"""Office files are ZIP archives; one is opened only after its list of contents was checked."""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from bellhop.jobtypes.reading.refusals import corrupt_file, damaged, password_protected, too_large

MAX_UNPACKED_BYTES = 200_000_000
MAX_RATIO = 200
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)


@contextlib.contextmanager
def open_archive(file: Path) -> Iterator[zipfile.ZipFile]:
    """`file` as an archive in which nothing is a bomb, encrypted, damaged or declares entities.

    Raises BadInput: too_large, password_protected, corrupt_file.
    """
    try:
        archive = zipfile.ZipFile(file)
    except DAMAGE as error:
        raise damaged(error) from error
    with archive:
        try:
            _check(archive, file.stat().st_size)
        except DAMAGE as error:
            raise damaged(error) from error
        yield archive


def _check(archive: zipfile.ZipFile, size_bytes: int) -> None:
    parts = archive.infolist()
    total = sum(part.file_size for part in parts)
    if total > MAX_UNPACKED_BYTES or total > MAX_RATIO * size_bytes:
        raise too_large(
            f"The file unpacks to {total:,} bytes; the limits are {MAX_UNPACKED_BYTES:,} bytes "
            f"and {MAX_RATIO} times its size.",
            "Keep only the part of the file that is needed.",
        )
    if any(part.flag_bits & 1 for part in parts):
        raise password_protected()
    # Reading every part also finds a part that unpacks to more than it declares.
    if broken := archive.testzip():
        raise corrupt_file(f"The file is damaged in {broken}.")
    for name in archive.namelist():
        if name.endswith((".xml", ".rels")) and _declares_entities(archive, name):
            raise corrupt_file(f"The file declares XML entities in {name}, which is not allowed.")


def _declares_entities(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether a part has a document type; Office never writes one."""
    with archive.open(name) as stream:
        return b"<!DOCTYPE" in stream.read(8192).replace(b"\0", b"").upper()
