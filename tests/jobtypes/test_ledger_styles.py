"""What a workbook says by the style of its cells: sides in number formats, indents, bold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from openpyxl.styles import Alignment, Font

from bellhop.jobtypes.ledger.styles import side_of
from tests.support.sheets import Rows, ods
from tests.support.trial_balances import change_part, codes, figures, refused, run

# Cash 700, machine 500, supplier 300, capital 400, sales 900, rent 250, wages 150.
AMOUNTS = {
    "Cash": 700.5, "Machinery": 500, "Accounts payable": -300, "Share capital": -400,
    "Sales": -900.5, "Rent": 250, "Wages": 150,
}  # fmt: skip
FIGURES = ("1600.50", "1600.50", "500.50", "1200.50", "300.00")
Cell = tuple[Any, dict[str, Any]]


def xlsx(folder: Path, rows: Iterable[list[Any]], outline: dict[int, int] | None = None) -> Path:
    """A workbook; a cell is a value, or one with the attributes to set."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for place, row in enumerate(rows, 1):
        for column, cell in enumerate(row, 1):
            value, style = cell if isinstance(cell, tuple) else (cell, {})
            at = sheet.cell(place, column, value)
            for name, own in style.items():
                setattr(at, name, own)
    for number, level in (outline or {}).items():
        sheet.row_dimensions[number].outlineLevel = level
    path = folder / "file.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("code", "value", "side"),
    [
        ('#,##0.00" Cr"', 5, (-1, False)),
        ('#,##0.00\\ "Dr."', 5, (1, False)),
        (r"0.00\ \C\r", 5, (-1, False)),
        ('"Cr "0.00', -5, (-1, True)),
        ('0.00 "Dr";0.00 "Cr"', -5, (-1, False)),
        ('0.00 "Dr";0.00 "Cr";"-"', 0, None),
        ('[Red][<0]0.00" H";0.00" S"', -5, (-1, True)),
        ('[<0]0.00" H";0.00" S"', 5, (1, False)),
        ('_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_)', 5, None),
        ('"EUR "0.00', 5, None),
        ("yyyy-mm-dd", 5, None),
        ("General", 5, None),
    ],
)
def test_it_finds_the_side_that_a_number_format_shows(
    code: str, value: float, side: tuple[int, bool] | None
) -> None:
    assert side_of(code, value) == side


@pytest.mark.parametrize(
    ("debit", "credit", "sign"),
    [
        ('#,##0.00 "Dr";#,##0.00 "Cr"', '#,##0.00 "Dr";#,##0.00 "Cr"', -1),
        ('[$€-407] #,##0.00" S"', '[$€-407] #,##0.00" H"', 1),
        (r"0.00\ \D\b", r"0.00\ \C\r", 1),
    ],
)
def test_it_reads_the_side_of_an_amount_from_its_number_format(
    tmp_path: Path, debit: str, credit: str, sign: int
) -> None:
    rows: list[list[Any]] = [["Account", "Balance"]]
    for name, amount in AMOUNTS.items():
        style = {"number_format": debit if amount > 0 else credit}
        rows.append([name, (abs(amount) * (1 if amount > 0 else sign), style)])
    result = run(xlsx(tmp_path, rows))
    assert figures(result) == FIGURES and codes(result) == []


def test_it_reads_formats_with_sides_in_columns_of_sides(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Account", "Debit", "Credit"]]
    for name, amount in AMOUNTS.items():
        cell = abs(amount), {"number_format": '0.00" Dr"' if amount > 0 else '0.00" Cr"'}
        rows.append([name, cell, None] if amount > 0 else [name, None, cell])
    assert figures(run(xlsx(tmp_path, rows))) == FIGURES


def test_it_reads_the_side_of_an_amount_of_an_old_workbook(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("TB")
    sheet.write(0, 0, "Account")
    sheet.write(0, 1, "Balance")
    for row, (name, amount) in enumerate(AMOUNTS.items(), 1):
        sheet.write(row, 0, name)
        mark = '0.00" Dr"' if amount > 0 else '0.00" Cr"'
        sheet.write(row, 1, abs(amount), xlwt.easyxf(num_format_str=mark))
    path = tmp_path / "a.xls"
    book.save(str(path))
    assert figures(run(path)) == FIGURES


def test_it_reads_the_side_of_an_amount_of_an_opendocument_sheet(tmp_path: Path) -> None:
    """The file holds each number as it is shown, too."""
    rows: Rows = [["Account", "Balance"], *([n, abs(a)] for n, a in AMOUNTS.items())]
    path = ods(tmp_path / "a.ods", rows)

    def shown(xml: bytes) -> bytes:
        for amount in AMOUNTS.values():
            text = str(abs(amount)).encode()
            mark = b" Dr" if amount > 0 else b" Cr"
            xml = xml.replace(b"<text:p>" + text + b"</", b"<text:p>" + text + mark + b"</", 1)
        return xml

    assert figures(run(change_part(path, "content.xml", shown))) == FIGURES


INDENTED = [
    (0, "Assets", 1200.5), (1, "Cash", 700.5), (1, "Machinery", 500), (0, "Liabilities", -300),
    (1, "Accounts payable", -300), (0, "Equity", -400), (1, "Share capital", -400),
    (0, "Income", -900.5), (1, "Sales", -900.5), (0, "Expenses", 400), (1, "Rent", 250),
    (1, "Wages", 150),
]  # fmt: skip
HEAD = ["Account", "Balance"]


def test_it_reads_the_indent_of_a_cell_as_a_level(tmp_path: Path) -> None:
    rows = [[(name, {"alignment": Alignment(indent=3 * n)}), a] for n, name, a in INDENTED]
    assert figures(run(xlsx(tmp_path, [HEAD, *rows]))) == FIGURES


def test_it_reads_bold_as_a_level(tmp_path: Path) -> None:
    rows = [[(name, {"font": Font(bold=not n)}), a] for n, name, a in INDENTED]
    result = run(xlsx(tmp_path, [HEAD, *rows]))
    assert figures(result) == FIGURES
    assert result["extracted_data"]["skipped"]["group"] == "2, 5, 7, 9, 11"


def test_it_reads_the_indent_of_a_bold_group_beside_accounts_of_the_same_indent(
    tmp_path: Path,
) -> None:
    rows: list[list[Any]] = [HEAD]
    for level, name, amount in (
        (0, "Assets", 1200.5), (1, "Liquid", 700.5), (2, "Till", 200.5), (2, "Bank", 500),
        (1, "Machinery", 500), (0, "Rest", -1200.5), (1, "Accounts payable", -300),
        (1, "Share capital", -900.5),
    ):  # fmt: skip
        bold = name in ("Assets", "Liquid", "Rest")
        style = {"alignment": Alignment(indent=2 * level), "font": Font(bold=bold)}
        rows.append([(name, style), amount])
    result = run(xlsx(tmp_path, rows))
    assert figures(result)[:2] == ("1200.50", "1200.50")
    assert codes(result) == []


def test_it_reads_the_outline_of_rows_as_a_level(tmp_path: Path) -> None:
    """Here each group stands below its accounts."""
    rows = [[name, amount] for _, name, amount in reversed(INDENTED)]
    outline = {place: n for place, (n, _, _) in enumerate(reversed(INDENTED), 2) if n}
    result = run(xlsx(tmp_path, [HEAD, *rows], outline))
    assert figures(result)[:2] == FIGURES[:2]
    assert len(result["extracted_data"]["accounts"]) == 7


def test_it_counts_the_accounts_of_a_file_with_some_bold_names(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[name, amount] for name, amount in AMOUNTS.items()]
    rows[1][0] = rows[1][0], {"font": Font(bold=True)}
    assert figures(run(xlsx(tmp_path, [HEAD, *rows]))) == FIGURES


def test_it_reads_the_indent_of_a_cell_of_an_old_workbook(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("TB")
    sheet.write(0, 0, "Account")
    sheet.write(0, 1, "Balance")
    for row, (level, name, amount) in enumerate(INDENTED, 1):
        sheet.write(row, 0, name, xlwt.easyxf(f"alignment: indent {2 * level}"))
        sheet.write(row, 1, amount)
    path = tmp_path / "a.xls"
    book.save(str(path))
    assert figures(run(path)) == FIGURES


def test_it_reads_the_indent_of_a_cell_of_an_opendocument_sheet(tmp_path: Path) -> None:
    path = ods(tmp_path / "a.ods", [HEAD, *([name, amount] for _, name, amount in INDENTED)])
    style = (
        b'<office:automatic-styles><style:style style:name="ce0"/><style:style style:name="ce1" '
        b'style:family="table-cell"><style:paragraph-properties fo:margin-left="0.35cm"/>'
        b"</style:style></office:automatic-styles>"
    )

    def styled(xml: bytes) -> bytes:
        names = b' xmlns:style="urn:s" xmlns:fo="urn:f" xmlns:text='
        xml = xml.replace(b" xmlns:text=", names, 1)
        xml = xml.replace(b"<office:body>", style + b"<office:body>")
        for level, name, _ in INDENTED:
            cell = b'<table:table-cell office:value-type="string"><text:p>' + name.encode()
            own = cell.replace(b"-cell ", b'-cell table:style-name="ce%d" ' % level, 1)
            xml = xml.replace(cell + b"<", own + b"<")
        return xml

    assert figures(run(change_part(path, "content.xml", styled))) == FIGURES


def test_it_refuses_a_workbook_whose_styles_are_damaged(tmp_path: Path) -> None:
    path = change_part(xlsx(tmp_path, [HEAD]), "xl/styles.xml", lambda xml: xml[:200])
    assert refused(run, path).code == "corrupt_file"
