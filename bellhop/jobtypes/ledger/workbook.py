"""From a workbook (XLSX, XLS, ODS) to its visible sheets of cells.

Called once its kind is known and, of an archive, its contents were checked. Must never show a
cell whose value the file does not hold as blank: those are the `bad` cells of a sheet. What only
the style of a cell says is put into the cell (`styles`).
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
from bellhop.jobtypes.ledger.styles import (
    Look,
    Style,
    apply_look,
    ods_styles,
    side_in,
    xlsx_styles,
)
from bellhop.jobtypes.ledger.xlsbad import MAX_CELLS, read_xls
from bellhop.jobtypes.reading.refusals import (
    corrupt_file,
    missing_extra,
    password_protected,
    too_large,
)

PIP_LINE = "pip install python-calamine==0.9.1"
CELL = re.compile(rb'<(?:\w+:)?c\s([^>]*?r="([A-Z]{1,3})(\d{1,7})"[^>]*)>')
STYLE = re.compile(rb'\bs="(\d+)"')
ODS_TAG = re.compile(
    rb"<(/?)table:(table-row|table-cell|covered-table-cell|table)(?=[\s/>])([^>]*)>"
)
ODS_STYLE_NAME = re.compile(rb'table:style-name="([^"]*)"')
ODS_REPEATED = re.compile(rb'number-(?:columns|rows)-repeated="(\d+)"')

ROW = re.compile(rb'<(?:\w+:)?row\s[^>]*?\br="(\d{1,7})"[^>]*?\boutlineLevel="(\d)"')

BadCells = dict[tuple[int, int], str]
Known = tuple[BadCells, Look]  # of a sheet: what its library does not tell


def load_xlsx(file: Path, archive: zipfile.ZipFile) -> list[Sheet]:
    """The visible worksheets; one that would fill the memory is refused unread."""
    styles = {}
    if "xl/styles.xml" in archive.namelist():
        styles = xlsx_styles(archive.read("xl/styles.xml"))
    known = {
        name: read_cells(archive.read(part), styles) for name, part in sheet_parts(archive).items()
    }
    return read_sheets(file, lambda name: known.get(name))


def load_ods(file: Path, archive: zipfile.ZipFile) -> list[Sheet]:
    """The visible sheets of an OpenDocument spreadsheet."""
    if "content.xml" not in archive.namelist():
        raise corrupt_file("The spreadsheet has no content.")
    known = read_ods_cells(archive.read("content.xml"))
    return read_sheets(file, lambda name: known.get(name))


def load_xls(file: Path) -> list[Sheet]:
    """The visible sheets of an old Excel workbook."""
    try:
        bad, looks = read_xls(file.read_bytes())
    except OverflowError as error:
        raise _too_many_cells(error.args[0]) from error
    except ValueError as error:
        raise _unreadable(error) from error
    return read_sheets(file, lambda name: (bad.get(name, {}), looks.get(name, Look())))


def read_sheets(file: Path, known: Callable[[str], Known | None]) -> list[Sheet]:
    """The visible sheets that are `known`, read by calamine.

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
                own = known(sheet.name) if sheet.typ == SheetTypeEnum.WorkSheet else None
                if shown and own is not None:
                    grid = book.get_sheet_by_name(sheet.name)
                    require_size(grid.total_height, grid.total_width)
                    sheets.append(Sheet(sheet.name, rows_of(grid), own[0]))
                    apply_look(sheets[-1].rows, own[1])
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


def read_cells(xml: bytes, styles: dict[bytes, Style]) -> Known:
    """The cells whose value is missing from the file, which the library shows as blank, and what
    the sheet looks like.

    Raises BadInput (too_large) for a sheet whose used area would not fit in memory.
    """
    bad: BadCells = {}
    look = Look()
    height, columns, search = 0, set(), b"<f" in xml or b't="e"' in xml
    for cell in CELL.finditer(xml):
        row, name = int(cell[3]), cell[2]
        height = max(height, row)
        columns.add(name)
        if search and (problem := missing_value(xml, cell)):
            bad[row - 1, column_index(name)] = problem
        if styles and (own := STYLE.search(cell[1])) and own[1] in styles:
            look.styles[row - 1, column_index(name)] = styles[own[1]]
    require_size(height, max(map(column_index, columns), default=-1) + 1)
    if b"outlineLevel=" in xml:
        look.outline = {int(row[1]) - 1: int(row[2]) for row in ROW.finditer(xml)}
    return bad, look


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


def read_ods_cells(xml: bytes) -> dict[str, Known]:
    """By sheet, the cells with an error or with a formula that was never calculated, and what the
    sheet looks like.

    Raises BadInput (too_large) for a sheet whose used area would not fit in memory: a cell or
    row may say that it is repeated a million times.
    """
    found: dict[str, Known] = {}
    bad, look, styles = BadCells(), Look(), ods_styles(xml)
    row = column = repeat = width = 0
    for tag in ODS_TAG.finditer(xml):
        closes, kind, attributes = tag[1], tag[2], tag[3]
        count = int(match[1]) if (match := ODS_REPEATED.search(attributes)) else 1
        if kind == b"table" and not closes:
            name = re.search(rb'table:name="([^"]*)"', attributes)
            title = html.unescape(name[1].decode("utf-8", "replace")) if name else ""
            bad, look = found.setdefault(title, ({}, Look()))
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
                look_at(look, row, column, shown_ods(xml, tag), attributes, styles)
            column += count
    return found


def look_at(
    look: Look, row: int, column: int, shown: str, attributes: bytes, styles: dict[bytes, Style]
) -> None:
    """Note what an OpenDocument cell looks like."""
    if b'value-type="float"' in attributes or b'value-type="currency"' in attributes:
        if side_in(shown):
            look.shown[row, column] = shown
    elif (name := ODS_STYLE_NAME.search(attributes)) and name[1] in styles:
        look.styles[row, column] = styles[name[1]]


def shown_ods(xml: bytes, tag: re.Match[bytes]) -> str:
    """The text of an OpenDocument cell as it is shown."""
    shown = b"" if tag[3].endswith(b"/") else xml[tag.end() : xml.find(b"</table:", tag.end())]
    return re.sub(rb"<[^>]*>", b"", shown).decode("utf-8", "replace").strip()


def missing_ods_value(xml: bytes, tag: re.Match[bytes]) -> str | None:
    """What stands in an OpenDocument cell that holds no value of its own."""
    attributes = tag[3]
    text = shown_ods(xml, tag)
    if b'value-type="error"' in attributes or re.fullmatch(r"#[A-Z/0!?]+|Err:\d+", text):
        return html.unescape(text) or "#ERROR"
    missing = b"table:formula=" in attributes and b"office:value-type" not in attributes
    return "a formula that was never calculated" if missing and not text else None
