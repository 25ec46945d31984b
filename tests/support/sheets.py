"""Files for the tests of the trial balance: PDF, XLS and ODS, written from rows of texts."""

from __future__ import annotations

import zipfile
from html import escape
from pathlib import Path
from typing import Any

Rows = list[list[Any]]
Text = tuple[float, float, str]  # x, y and what stands there
SIZE = 9
WIDTH = 0.6 * SIZE  # of each character of Courier
A4 = (595, 842)


def pdf(path: Path, pages: list[list[Text]], drawing: str = "") -> Path:
    """A PDF with texts in Courier at their places; `drawing` goes before them on each page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    objects.append(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"
    )
    kids = []
    for texts in pages:
        drawn = "".join(
            f"BT /F1 {SIZE} Tf {x:.2f} {y:.2f} Td ({escaped(text)}) Tj ET\n" for x, y, text in texts
        )
        content = f"q {drawing}\n{drawn}Q\n"
        objects.append(f"<< /Length {len(content.encode('cp1252'))} >>\nstream\n{content}endstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {A4[0]} {A4[1]}] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    body, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    body += (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF"
    ).encode()
    path.write_bytes(body)
    return path


def escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def lines(rows: Rows, columns: list[float], top: float = 780, pitch: float = 14) -> list[Text]:
    """The texts of a table; a column with a negative place ends there instead of beginning."""
    found = []
    for number, row in enumerate(rows):
        for x, cell in zip(columns, row, strict=False):
            if cell:
                start = x if x >= 0 else -x - WIDTH * len(cell)
                found.append((start, top - number * pitch, cell))
    return found


def xls(path: Path, rows: Rows, name: str = "TB") -> Path:
    """An old Excel workbook; a text that begins with "=" is a formula without a result."""
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet(name)
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            is_formula = isinstance(cell, str) and cell.startswith("=")
            if cell is not None:
                sheet.write(place, column, xlwt.Formula(cell[1:]) if is_formula else cell)
    book.save(str(path))
    return path


NAMES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text")
)


def ods(path: Path, rows: Rows, more: str = "") -> Path:
    """An OpenDocument spreadsheet; `more` is XML of further rows."""
    body = "".join(
        f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows
    )
    content = (
        f'<?xml version="1.0"?><office:document-content{NAMES}><office:body><office:spreadsheet>'
        f'<table:table table:name="TB">{body}{more}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return path


def ods_cell(cell: Any) -> str:
    """A formula without a result, an error, a number, a text or nothing."""
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, int | float):
        shown = f'office:value-type="float" office:value="{cell}"'
        return f"<table:table-cell {shown}><text:p>{cell}</text:p></table:table-cell>"
    if cell.startswith("="):
        return f'<table:table-cell table:formula="of:{escape(cell)}"/>'
    text = f"<text:p>{escape(cell)}</text:p>"
    return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
