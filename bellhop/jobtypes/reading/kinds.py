"""Which kind of file this is: its content decides, never its name."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from pathlib import Path

from bellhop.jobtypes.reading.archives import DAMAGE
from bellhop.jobtypes.reading.refusals import (
    damaged,
    empty_file,
    password_protected,
    unsupported_type,
)
from bellhop.jobtypes.reading.text import is_blank

HEAD_BYTES = 4096
ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
# How a person calls each kind.
NAMES = {
    "binary": "binary data", "bmp": "a BMP image", "doc": "a file of the old Office format",
    "docx": "a Word document", "gif": "a GIF image", "gzip": "a gzip archive",
    "html": "an HTML page", "jpeg": "a JPEG image", "ods": "an OpenDocument spreadsheet",
    "odt": "an OpenDocument text", "parquet": "a Parquet file", "pdf": "a PDF document",
    "png": "a PNG image", "pptx": "a PowerPoint presentation", "rar": "a RAR archive",
    "rtf": "an RTF document", "seven_zip": "a 7-Zip archive", "sqlite": "an SQLite database",
    "text": "a text file", "tiff": "a TIFF image", "webp": "a WebP image",
    "xls": "an old Excel workbook (.xls)", "xlsb": "a binary Excel workbook (.xlsb)",
    "xlsx": "an Excel workbook", "xml": "an XML document", "zip": "a ZIP archive",
}  # fmt: skip
MAGIC = {
    b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"BM": "bmp",
    b"II*\0": "tiff", b"MM\0*": "tiff", b"II+\0": "tiff", b"MM\0+": "tiff",
    b"\x1f\x8b": "gzip", b"7z\xbc\xaf": "seven_zip", b"Rar!": "rar", b"PAR1": "parquet",
    b"SQLite format 3": "sqlite", b"{\\rtf": "rtf",
}  # fmt: skip
MARKUP = {b"<!doctype html": "html", b"<html": "html", b"<?xml": "xml"}
# A member that only this kind of ZIP archive has.
MEMBERS = {
    "xl/workbook.xml": "xlsx", "xl/workbook.bin": "xlsb", "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
}  # fmt: skip
OPEN_DOCUMENTS = {
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.text": "odt",
}


def require_kind(file: Path, accepted: Collection[str]) -> str:
    """The kind of `file`, one of `accepted`.

    Raises BadInput: empty_file, password_protected, corrupt_file, unsupported_type.
    """
    kind = kind_of(file)
    if kind not in accepted:
        names = [NAMES[name].partition(" ")[2].partition(" (")[0] for name in accepted]
        raise unsupported_type(NAMES[kind], f"Send one of these: {', '.join(names)}.")
    return kind


def kind_of(file: Path) -> str:
    """A key of `NAMES`. Raises BadInput: empty_file, password_protected, corrupt_file."""
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES and is_blank(head):
        raise empty_file()
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_archive(file)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return _kind_of_old_office(file)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    # Producers may write some bytes before the mark of a PDF (ISO 32000-1, annex H).
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if found := next((MAGIC[magic] for magic in MAGIC if head.startswith(magic)), None):
        return found
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if found := next((MARKUP[magic] for magic in MARKUP if start.startswith(magic)), None):
        return "html" if b"<html" in start else found
    return "text" if _is_text(head) else "binary"


def _is_text(head: bytes) -> bool:
    """Whether these bytes are text: in UTF-16 every second of them may be zero."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head.count(0) > len(head) // 4:
        even, odd = head[::2].count(0), head[1::2].count(0)
        return min(even, odd) * 20 < max(even, odd, 1) or head.startswith(
            (b"\xff\xfe", b"\xfe\xff")
        )
    return sum(byte < 32 and byte not in b"\t\r\n\f\x1a" for byte in head) <= 4


def _kind_of_archive(file: Path) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if names and names[0] == "mimetype":
                with archive.open("mimetype") as stream:
                    return OPEN_DOCUMENTS.get(stream.read(100).strip(), "zip")
    except (*DAMAGE, RuntimeError) as error:  # RuntimeError: the part is encrypted
        raise damaged(error) from error
    return next((MEMBERS[name] for name in MEMBERS if name in names), "zip")


def _kind_of_old_office(file: Path) -> str:
    """Of the container that holds old Office files and encrypted new ones."""
    content = file.read_bytes()
    if ENCRYPTED_OFFICE in content:
        raise password_protected()
    is_workbook = any(name.encode("utf-16-le") in content for name in ("Workbook", "Book"))
    return "xls" if is_workbook else "doc"
