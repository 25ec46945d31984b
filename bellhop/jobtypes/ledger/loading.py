"""From the bytes of a file to its sheets of cells; what the file is, its content decides.

Called first. Must never trust the extension, let the library open an archive that was not
checked, nor import the library for a text file: that is read without it.
"""

import csv
import io
import re
from collections import Counter
from pathlib import Path

from bellhop.jobtypes.ledger.headers import best_header
from bellhop.jobtypes.ledger.model import Row, Sheet
from bellhop.jobtypes.ledger.pdf import load_pdf
from bellhop.jobtypes.ledger.workbook import load_ods, load_xls, load_xlsx
from bellhop.jobtypes.reading.archives import open_archive
from bellhop.jobtypes.reading.kinds import require_kind
from bellhop.jobtypes.reading.refusals import corrupt_file
from bellhop.jobtypes.reading.text import read_text

KINDS = ("text", "xlsx", "xls", "ods", "pdf")


def load(file: Path) -> list[Sheet]:
    """The sheets of `file`.

    Raises BadInput: empty_file, unsupported_type, password_protected, corrupt_file,
    too_large, no_text_layer, missing_extra.
    """
    kind = require_kind(file, KINDS)
    if kind == "text":
        return [split_text(read_text(file))]
    if kind == "pdf":
        return load_pdf(file)
    if kind == "xls":
        return load_xls(file)
    with open_archive(file) as archive:
        return load_xlsx(file, archive) if kind == "xlsx" else load_ods(file, archive)


def split_text(text: str) -> Sheet:
    """Split delimited text with the delimiter under which it reads most like a table."""
    declared = re.match(r"sep=(.)\r?\n", text)
    delimiter = declared[1] if declared else max(",;\t|", key=lambda mark: fit(text[:20000], mark))
    rows: list[Row] = []
    try:
        reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 0
        for record in reader:
            if reader.line_num > line + 20 and any(cell.count("\n") > 20 for cell in record):
                message = f"A quotation mark that opens in row {len(rows) + 1} never closes."
                raise corrupt_file(message)
            rows.append(record)
            line = reader.line_num
    except csv.Error as error:
        message = f"The text cannot be split into cells ({error})."
        raise corrupt_file(message) from error
    return Sheet("", [[], *rows[1:]] if declared else rows)


def fit(text: str, delimiter: str) -> tuple[int, int]:
    try:
        rows: list[Row] = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return 0, 0
    widths = Counter(len(row) for row in rows if len(row) > 1)
    return best_header(Sheet("", rows))[0], max(widths.values(), default=0)
