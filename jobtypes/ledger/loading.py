"""From the bytes of a file to its sheets of cells; what the file is, its content decides.

Called first. Must never trust the extension, let the library open an archive that was not
checked, nor import the library for a text file: that is read without it.
"""

import csv
import html
import io
import re
import zipfile
import zlib
from collections import Counter
from functools import reduce
from pathlib import Path

from jobtypes import BadInput
from jobtypes.ledger.model import Row, Sheet
from jobtypes.ledger.refusals import refusal, unsupported
from jobtypes.ledger.table import best_header

MAX_TEXT_BYTES = 20_000_000
MAGIC = {
    b"%pdf": "a PDF document", b"\x89png": "a PNG image", b"\xff\xd8\xff": "a JPEG image",
    b"gif8": "a GIF image", b"ii*\0": "a TIFF image", b"mm\0*": "a TIFF image",
    b"\x1f\x8b": "a gzip archive", b"7z\xbc\xaf": "a 7-Zip archive", b"rar!": "a RAR archive",
    b"par1": "a Parquet file", b"sqlite format 3": "an SQLite database",
    b"{\\rtf": "an RTF document", b"<!doctype html": "an HTML page", b"<html": "an HTML page",
    b"<?xml": "an XML document",
}  # fmt: skip
MAX_UNPACKED_BYTES = 200_000_000
MAX_RATIO = 200
MAX_CELLS = 4_000_000
KINDS = {
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "xl/workbook.bin": "a binary Excel workbook (.xlsb)",
    "content.xml": "an OpenDocument file",
}
CELL = re.compile(rb'<(?:\w+:)?c\s([^>]*?r="([A-Z]{1,3})(\d{1,7})"[^>]*)>')

BadCells = dict[tuple[int, int], str]


def load(file: Path) -> list[Sheet]:
    """The sheets of `file`.

    Raises BadInput: empty_file, unsupported_type, password_protected, corrupt_file,
    too_large, missing_extra.
    """
    with file.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return load_workbook(file)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise old_office(file)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if kind := next((MAGIC[magic] for magic in MAGIC if start.startswith(magic)), None):
        raise unsupported(kind)
    size_bytes = file.stat().st_size
    if size_bytes > MAX_TEXT_BYTES:
        text = f"The text is {size_bytes:,} bytes; the limit is {MAX_TEXT_BYTES:,}."
        raise refusal("too_large", text)
    return [split_text(decode(file.read_bytes()))]


def old_office(file: Path) -> BadInput:
    """Of the container that holds old Office files and encrypted new ones."""
    with file.open("rb") as stream:
        content = stream.read(MAX_TEXT_BYTES)
    if "EncryptedPackage".encode("utf-16-le") in content:
        return refusal("password_protected", "The file is protected by a password.")
    return unsupported("a file of the old Office format (such as .xls)")


def decode(content: bytes) -> str:
    """The text in `content`: UTF-8, UTF-16 with or without its mark, else Windows-1252."""
    if not content.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise refusal("empty_file", "The file is empty.")
    sample = content[:4000]
    encodings = ["utf-8-sig", "cp1252", "latin-1"]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif sample.count(0) > len(sample) // 4:
        encodings = ["utf-16-be" if sample[::2].count(0) > len(sample) // 4 else "utf-16-le"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise unsupported("binary data")
    if sum(character < " " and character not in "\t\r\n\f" for character in text[:4000]) > 4:
        raise unsupported("binary data")
    return text


def split_text(text: str) -> Sheet:
    """Split delimited text with the delimiter under which it reads most like a table."""
    declared = re.match(r"sep=(.)\r?\n", text)
    delimiter = declared[1] if declared else max(",;\t|", key=lambda mark: fit(text[:20000], mark))
    rows: list[Row] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(cell.count("\n") > 20 for cell in record):
                message = f"A quotation mark that opens in row {len(rows) + 1} never closes."
                raise refusal("corrupt_file", message)
            rows.append(record)
    except csv.Error as error:
        message = f"The text cannot be split into cells ({error})."
        raise refusal("corrupt_file", message) from error
    return Sheet("", [[], *rows[1:]] if declared else rows)


def fit(text: str, delimiter: str) -> tuple[int, int]:
    try:
        rows: list[Row] = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return 0, 0
    widths = Counter(len(row) for row in rows if len(row) > 1)
    return best_header(Sheet("", rows))[0], max(widths.values(), default=0)


def load_workbook(file: Path) -> list[Sheet]:
    """The visible worksheets. Raises BadInput: too_large, password_protected,
    unsupported_type, corrupt_file, missing_extra."""
    try:
        with zipfile.ZipFile(file) as archive:
            check_archive(archive, file.stat().st_size)
            return load_xlsx(file, archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise refusal("corrupt_file", f"The workbook is damaged ({error}).") from error


def check_archive(archive: zipfile.ZipFile, size_bytes: int) -> None:
    """Refuse bombs, passwords, other kinds, damage and XML that declares entities."""
    parts = archive.infolist()
    total = sum(part.file_size for part in parts)
    if total > MAX_UNPACKED_BYTES or total > MAX_RATIO * size_bytes:
        raise refusal(
            "too_large",
            f"The workbook unpacks to {total:,} bytes; the limits are {MAX_UNPACKED_BYTES:,} "
            f"bytes and {MAX_RATIO} times its size.",
        )
    if any(part.flag_bits & 1 for part in parts):
        raise refusal("password_protected", "The file is protected by a password.")
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise unsupported(next((KINDS[name] for name in KINDS if name in names), "a ZIP archive"))
    # Reading every part also finds a part that unpacks to more than it declares.
    if broken := archive.testzip():
        raise refusal("corrupt_file", f"The workbook is damaged in {broken}.")
    for name in names:
        if name.endswith((".xml", ".rels")) and declares_entities(archive, name):
            text = f"The workbook declares XML entities in {name}, which is not allowed."
            raise refusal("corrupt_file", text)


def declares_entities(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether a part has a document type; Office never writes one."""
    with archive.open(name) as stream:
        return b"<!DOCTYPE" in stream.read(8192).replace(b"\0", b"").upper()


def load_xlsx(file: Path, archive: zipfile.ZipFile) -> list[Sheet]:
    """The visible worksheets; one that would fill the memory is refused unread."""
    try:
        # Late: CSV works without it.
        from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum
    except ImportError as error:
        text = "Reading XLSX needs python-calamine, which is not installed."
        raise refusal("missing_extra", text) from error
    bad = {name: bad_cells(archive.read(part)) for name, part in sheet_parts(archive).items()}
    try:
        with CalamineWorkbook.from_path(file) as book:
            shown = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible]
            grids = ((n, book.get_sheet_by_name(n)) for n in shown if n in bad)
            return [Sheet(n, grid.to_python(skip_empty_area=False), bad[n]) for n, grid in grids]
    except CalamineError as error:
        raise refusal("corrupt_file", f"The workbook cannot be read ({error}).") from error


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive that holds each worksheet, by the sheet's name."""
    names = set(archive.namelist())
    if "xl/_rels/workbook.xml.rels" not in names:
        raise refusal("corrupt_file", "The workbook does not list its sheets.")
    targets = {}
    for tag in xml_tags(archive.read("xl/_rels/workbook.xml.rels"), "Relationship"):
        target = tag.get("Target", "")
        targets[tag.get("Id")] = target[1:] if target.startswith("/") else f"xl/{target}"
    tags = xml_tags(archive.read("xl/workbook.xml"), "sheet")
    found = {tag.get("name", ""): targets.get(tag.get("r:id"), "") for tag in tags}
    return {name: part for name, part in found.items() if part in names and "worksheet" in part}


def xml_tags(xml: bytes, name: str) -> list[dict[str, str]]:
    """The attributes of each element called `name`."""
    tags = re.findall(rf"<(?:\w+:)?{name}\s([^>]*)>", xml.decode("utf-8", "replace"))
    return [
        {key: html.unescape(value) for key, value in re.findall(r'([\w:]+)="([^"]*)"', tag)}
        for tag in tags
    ]


def bad_cells(xml: bytes) -> BadCells:
    """The cells whose value is missing from the file, which the library shows as blank.

    Raises BadInput (too_large) for a sheet whose used area would not fit in memory.
    """
    bad: BadCells = {}
    height, columns, search = 0, set(), b"<f" in xml or b't="e"' in xml
    for cell in CELL.finditer(xml):
        row, name = int(cell[3]), cell[2]
        height = max(height, row)
        columns.add(name)
        if search and (problem := missing_value(xml, cell)):
            bad[row - 1, column_index(name)] = problem
    width = max(map(column_index, columns), default=-1) + 1
    if height * width > MAX_CELLS:
        text = f"A sheet spans {height * width:,} cells; the limit is {MAX_CELLS:,}."
        raise refusal("too_large", text)
    return bad


def missing_value(xml: bytes, cell: re.Match[bytes]) -> str | None:
    """What stands in a cell that has an Excel error or a formula without its result."""
    if cell[1].endswith(b"/"):
        return None
    following = CELL.search(xml, cell.end())
    inner = xml[cell.end() : following.start() if following else len(xml)]
    value = re.search(rb"<(?:\w+:)?v>([^<]+)<", inner)
    if b't="e"' in cell[1]:
        return value[1].decode("utf-8", "replace") if value else "#ERROR"
    return "a formula that was never calculated" if b"<f" in inner and not value else None


def column_index(letters: bytes) -> int:
    return reduce(lambda index, letter: index * 26 + letter - 64, letters, 0) - 1
