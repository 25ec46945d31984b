"""The files that come with a trial balance: what a spreadsheet makes of them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bellhop.jobtypes.ledger.xlsxfile import Number, Sheet, write_workbook
from tests.support.trial_balances import HEADER, SOUND, run_in

SHEETS = ["Accounts", "Income statement", "Balance sheet", "Anomalies"]


def written(folder: Path, content: str) -> tuple[list[list[str]], Any]:
    """The rows of the CSV file and the workbook."""
    source = folder / "source.csv"
    source.write_text(content, "utf-8")
    run_in(folder, source, None)
    with (folder / "trial_balance.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream)), openpyxl.load_workbook(folder / "trial_balance.xlsx")


def column(book: Any, sheet: str, letter: str) -> list[Any]:
    return [cell.value for cell in book[sheet][letter]]


def test_it_writes_the_accounts_as_csv(tmp_path: Path) -> None:
    rows, _ = written(tmp_path, SOUND)
    assert rows[0] == ["Row", "Code", "Account", "Type", "Debit", "Credit", "Anomalies"]
    assert rows[1] == ["2", "1000", "Cash", "asset", "735.00", "0.00", ""]
    assert rows[-1][2:6] == ["Total", "", "735.00", "735.00"]


def test_it_writes_both_statements_into_the_workbook(tmp_path: Path) -> None:
    _, book = written(tmp_path, SOUND)
    assert book.sheetnames == SHEETS
    income = dict(book["Income statement"].iter_rows(values_only=True))
    balance = dict(book["Balance sheet"].iter_rows(values_only=True))
    assert income["Net income"] == 485
    assert (balance["Total assets"], balance["Total liabilities"]) == (735, 250)
    assert (balance["Total equity"], balance["Difference"]) == (485, 0)


def test_it_writes_amounts_as_numbers_and_codes_as_texts(tmp_path: Path) -> None:
    _, book = written(tmp_path, SOUND.replace("735", "735.10").replace("485", "485.10"))
    sheet = book["Accounts"]
    assert (sheet["E2"].value, sheet["E2"].number_format) == (735.1, "#,##0.00;-#,##0.00")
    assert (sheet["B2"].value, sheet["A2"].value, sheet["F2"].value) == ("1000", 2, None)


EVIL = ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "=HYPERLINK(1)", "\t=1", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("name", EVIL)
def test_it_writes_no_formula(tmp_path: Path, name: str) -> None:
    rows, book = written(tmp_path, f'{HEADER}"{name}",5,\nSales,,5\n')
    assert rows[1][2] == f"'{name.strip()}" and not rows[1][2].startswith(("=", "+", "-", "@"))
    cell = book["Accounts"]["C2"]
    assert (cell.data_type, cell.value) == ("s", name.strip())
    for sheet in book:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_it_writes_the_anomalies_beside_their_accounts(tmp_path: Path) -> None:
    rows, book = written(tmp_path, HEADER + "Cash,100,\nSuspense account,,100\n")
    assert rows[2][6] == "warning: The suspense account still has a balance."
    assert column(book, "Accounts", "G")[2] == rows[2][6]
    assert column(book, "Anomalies", "C") == ["Code", "suspense_account"]


def test_it_writes_texts_that_xml_does_not_allow(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, [Sheet("A & B", (9,), [(("a<b>&\x01\ud800 x", Number("1.50")), 0, 1)])])
    book = openpyxl.load_workbook(path)
    assert [cell.value for cell in book["A & B"][1]] == ["a<b>&\ufffd\ufffd x", 1.5]
