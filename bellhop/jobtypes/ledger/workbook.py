"""From a workbook (XLSX, XLS, ODS) to its visible sheets of cells.

Called once its kind is known and, of an archive, its contents were checked. Must never show a
cell whose value the file does not hold as blank: those are the `bad` cells of a sheet.
"""

import html
import re
import zipfile
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

from bellhop import BadInput
from bellhop.jobtypes.ledger.model import Sheet
from bellhop.jobtypes.ledger.xlsbad import MAX_CELLS, ErrorCells, error_cells
from bellhop.jobtypes.reading.refusals import (
    corrupt_file,
    missing_extra,
    password_protected,
    too_large,
)

PIP_LINE = "pip install python-calamine==0.9.1"
CELL = re.compile(rb'<(?:\w+:)?c\s([^>]*?r="([A-Z]{1,3})(\d{1,7})"[^>]*)>')
ODS_TAG = re.compile(
    rb"<(/?)table:(table-row|table-cell|covered-table-cell|table)(?=[\s/>])([^>]*)>"
)
ODS_REPEATED = re.compile(rb'number-(?:columns|rows)-repeated="(\d+)"')

BadCells = dict[tuple[int, int], str]


def load_xlsx(file: Path, archive: zipfile.ZipFile) -> list[Sheet]:
    """The visible worksheets; one that would fill the memory is refused unread."""
    bad = {name: bad_cells(archive.read(part)) for name, part in sheet_parts(archive).items()}
    return read_sheets(file, lambda name: bad.get(name))


def load_ods(file: Path, archive: zipfile.ZipFile) -> list[Sheet]:
    """The visible sheets of an OpenDocument spreadsheet."""
    if "content.xml" not in archive.namelist():
        raise corrupt_file("The spreadsheet has no content.")
    bad = bad_ods_cells(archive.read("content.xml"))
    return read_sheets(file, lambda name: bad.get(name))


def load_xls(file: Path) -> list[Sheet]:
    """The visible sheets of an old Excel workbook."""
    try:
        bad: ErrorCells = error_cells(file.read_bytes())
    except OverflowError as error:
        raise _too_many_cells(error.args[0]) from error
    except ValueError as error:
        raise _unreadable(error) from error
    return read_sheets(file, lambda name: bad.get(name, {}))


def read_sheets(file: Path, bad: Callable[[str], BadCells | None]) -> list[Sheet]:
    """The visible sheets that `bad` knows, read by calamine.

    Raises BadInput: corrupt_file, password_protected, too_large, missing_extra.
    """
    try:
        # Late: CSV works without it.
        from python_calamine import (
            CalamineError,
            CalamineWorkbook,
            PasswordError,
            SheetTypeEnum,
            SheetVisibleEnum,
        )
    except ImportError as error:
        text = "Reading workbooks needs python-calamine, which is not installed."
        raise missing_extra(text, PIP_LINE) from error
    sheets = []
    try:
        with file.open("rb") as stream, CalamineWorkbook.from_filelike(stream) as book:
            for sheet in book.sheets_metadata:
                shown = sheet.visible == SheetVisibleEnum.Visible
                cells = bad(sheet.name) if sheet.typ == SheetTypeEnum.WorkSheet else None
                if shown and cells is not None:
                    grid = book.get_sheet_by_name(sheet.name)
                    require_size(grid.total_height, grid.total_width)
                    sheets.append(Sheet(sheet.name, rows_of(grid), cells))
    except PasswordError as error:
        raise password_protected("workbook") from error
    except BaseException as error:
        # A panic of the library is no Exception; it means the same.
        if not isinstance(error, CalamineError) and type(error).__name__ != "PanicException":
            raise
        raise _unreadable(error) from error
    return sheets


def rows_of(grid: Any) -> list[list[Any]]:
    rows: list[list[Any]] = grid.to_python(skip_empty_area=False)
    return rows


def require_size(height: int, width: int) -> None:
    if height * width > MAX_CELLS:
        raise _too_many_cells(height * width)


def _too_many_cells(cells: int) -> BadInput:
    text = f"A sheet spans {cells:,} cells; the limit is {MAX_CELLS:,}."
    return too_large(text, "Keep only the sheet with the trial balance.")


def _unreadable(error: BaseException) -> BadInput:
    return corrupt_file(f"The workbook cannot be read ({error}).")


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive that holds each worksheet, by the sheet's name."""
    names = set(archive.namelist())
    if "xl/_rels/workbook.xml.rels" not in names:
        raise corrupt_file("The workbook does not list its sheets.")
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
    require_size(height, max(map(column_index, columns), default=-1) + 1)
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
    # A text that is empty is a result; programs that do not calculate write none.
    computed = value or b't="str"' in cell[1]
    return "a formula that was never calculated" if b"<f" in inner and not computed else None


def column_index(letters: bytes) -> int:
    return reduce(lambda index, letter: index * 26 + letter - 64, letters, 0) - 1


def bad_ods_cells(xml: bytes) -> dict[str, BadCells]:
    """By sheet, the cells with an error or with a formula that was never calculated.

    Raises BadInput (too_large) for a sheet whose used area would not fit in memory: a cell or
    row may say that it is repeated a million times.
    """
    found: dict[str, BadCells] = {}
    bad: BadCells = {}
    row = column = repeat = width = 0
    for tag in ODS_TAG.finditer(xml):
        closes, kind, attributes = tag[1], tag[2], tag[3]
        count = int(match[1]) if (match := ODS_REPEATED.search(attributes)) else 1
        if kind == b"table" and not closes:
            name = re.search(rb'table:name="([^"]*)"', attributes)
            title = html.unescape(name[1].decode("utf-8", "replace")) if name else ""
            bad = found.setdefault(title, {})
            row = width = 0
        elif kind == b"table-row" and not closes:
            column, repeat = 0, count
            if attributes.endswith(b"/"):
                row += repeat
        elif kind == b"table-row":
            row += repeat
        elif not closes:
            if b"value" in attributes or b"formula" in attributes or not attributes.endswith(b"/"):
                width = max(width, column + count)
                require_size(row + repeat, width)
                if problem := missing_ods_value(xml, tag):
                    bad[row, column] = problem
            column += count
    return found


def missing_ods_value(xml: bytes, tag: re.Match[bytes]) -> str | None:
    """What stands in an OpenDocument cell that holds no value of its own."""
    attributes = tag[3]
    shown = b"" if attributes.endswith(b"/") else xml[tag.end() : xml.find(b"</table:", tag.end())]
    text = re.sub(rb"<[^>]*>", b"", shown).decode("utf-8", "replace").strip()
    if b'value-type="error"' in attributes or re.fullmatch(r"#[A-Z/0!?]+|Err:\d+", text):
        return html.unescape(text) or "#ERROR"
    missing = b"table:formula=" in attributes and b"office:value-type" not in attributes
    return "a formula that was never calculated" if missing and not text else None
