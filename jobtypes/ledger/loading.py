"""From the bytes of a file to its sheets of cells; what the file is, its content decides.

Called first. Must never trust the extension, let the library open an archive that was not
checked, nor import the library for a text file: that is read without it.
"""

import csv
import html
import io
import re
import zipfile
from collections import Counter
from functools import reduce
from pathlib import Path

from jobtypes.ledger.model import Row, Sheet
from jobtypes.ledger.refusals import refusal
from jobtypes.ledger.table import best_header
from jobtypes.reading.archives import open_archive
from jobtypes.reading.kinds import require_kind
from jobtypes.reading.text import read_text

MAX_CELLS = 4_000_000
CELL = re.compile(rb'<(?:\w+:)?c\s([^>]*?r="([A-Z]{1,3})(\d{1,7})"[^>]*)>')

BadCells = dict[tuple[int, int], str]


def load(file: Path) -> list[Sheet]:
    """The sheets of `file`.

    Raises BadInput: empty_file, unsupported_type, password_protected, corrupt_file,
    too_large, missing_extra.
    """
    if require_kind(file, ("text", "xlsx")) == "text":
        return [split_text(read_text(file))]
    with open_archive(file) as archive:
        return load_xlsx(file, archive)


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
