"""The parts of the trial balance type: files and their guards, cells, types of accounts."""

import ast
import codecs
import random
import re
import sys
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bellhop import BadInput
from bellhop.jobtypes import ledger
from bellhop.jobtypes.ledger.cells import amount_of, uses_comma
from tests.support.places import SHARED
from tests.support.trial_balances import (
    FIRST,
    HEADER,
    TB,
    change_part,
    codes,
    figures,
    read_in,
    refused,
    run,
    sources,
    workbook,
)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    return partial(read_in, tmp_path)


@pytest.mark.parametrize(
    "encoding",
    ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"],
)
def test_it_reads_an_encoding(read: Any, encoding: str) -> None:
    text = "Compte;Débit;Crédit\nTrésorerie;1.234,56;\nVentes à l'étranger;;1.234,56\n"
    result = read(text.encode(encoding))
    assert result["extracted_data"]["accounts"][0]["name"] == "Trésorerie"
    assert figures(result)[:2] == ("1234.56", "1234.56")


def test_it_reads_utf_16_big_endian_with_its_mark(read: Any) -> None:
    content = codecs.BOM_UTF16_BE + (HEADER + "Cash,5,\nSales,,5\n").encode("utf-16-be")
    assert figures(read(content))[0] == "5.00"


@pytest.mark.parametrize(
    ("cell", "comma", "value"),
    [
        ("1,234.50", False, "1234.50"),
        ("1.234,50", True, "1234.50"),
        ("1.234,50", False, "1234.50"),
        ("12,34,567.00", False, "1234567.00"),
        ("1 234,5", True, "1234.5"),
        ("1\u202f234,56", True, "1234.56"),
        ("1'234.50", False, "1234.50"),
        ("(1,234.50)", False, "-1234.50"),
        ("1,234.50-", False, "-1234.50"),
        ("\u22127", False, "-7"),
        ("$ 1,000", False, "1000"),
        ("-$5.00", False, "-5.00"),
        ("($5.00)", False, "-5.00"),
        ("EUR 12,00", True, "12.00"),
        ("500.00 Cr", False, "-500.00"),
        ("500.00 DR", False, "500.00"),
        ("-", False, "0"),
        ("\u2013", False, "0"),
        (0.1 + 0.2, False, "0.3"),
        (7, False, "7.0"),
    ],
)
def test_it_reads_an_amount(cell: Any, comma: bool, value: str) -> None:
    assert str(amount_of(cell, comma)) in (value, value.removesuffix(".0"))


@pytest.mark.parametrize("cell", ["12O.50", "n/a", "1,23", "(5", "1.2.3", "5%", True, "1e5", "="])
def test_it_does_not_guess_an_amount(cell: Any) -> None:
    with pytest.raises(ValueError):
        amount_of(cell, False)


def test_it_takes_the_decimal_mark_from_the_whole_file() -> None:
    assert uses_comma(["1.234", "5,50"])
    assert not uses_comma(["1,234", "5.50"])
    assert not uses_comma(["1,234"])
    assert uses_comma(["1.234", "12.000"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b" \r\n\t\n", "empty_file"),
        (codecs.BOM_UTF8 + b"\n", "empty_file"),
        (b",,,\n,,\n", "empty_file"),
        (b"%PDF-1.7\n...", "corrupt_file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "unsupported_type"),
        (b"<html><table></table></html>", "unsupported_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "unsupported_type"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "password_protected",
        ),
        (b"PK\x03\x04" + bytes(range(256)), "corrupt_file"),
        (bytes(range(256)) * 9, "unsupported_type"),
        (random.Random(1).randbytes(5000), "unsupported_type"),
        (b"Name,City\nAnn,Oslo\n", "not_a_trial_balance"),
        (b"Just a letter to somebody.\n", "not_a_trial_balance"),
        (HEADER.encode(), "not_a_trial_balance"),
        (HEADER.encode() + b'"Cash,1,\n' + b"x,1,\n" * 99, "corrupt_file"),
        (b"Account,Debit,Credit,Credit\nCash,5,,\nSales,,5,6\n", "ambiguous_columns"),
        (b"Account,Balance,Amount\nCash,5,5\nSales,-5,-5\n", "ambiguous_columns"),
        (b"Account,Balance\nPolly,5\nHeidi,5\n", "ambiguous_columns"),
        (b"Account,2022,2023\nCash,5,6\nSales,-5,-6\n", "multiple_periods"),
        (b"Month,Account,Debit,Credit\nJan,Cash,5,\nFeb,Cash,5,\n", "multiple_periods"),
        (b"Company,Account,Debit,Credit\nNorth,Cash,5,\nSouth,Sales,,5\n", "multiple_periods"),
    ],
)
def test_it_refuses(read: Any, content: bytes, code: str) -> None:
    assert refused(read, content).code == code


def test_it_refuses_a_text_over_the_limit_and_says_the_limit(read: Any) -> None:
    error = refused(read, HEADER.encode() + b"x,1,\n" * 4_000_001)
    assert error.code == "too_large" and "20,000,000" in error.message


def test_it_does_not_need_the_value_of_a_total_formula(read: Any) -> None:
    rows = [["Account", "Debit", "Credit"], ["Cash", 5, None], ["Sales", None, 5],
            ["Total", "=SUM(B2:B3)", "=SUM(C2:C3)"]]  # fmt: skip
    assert figures(read(rows))[:2] == ("5.00", "5.00")


def test_it_reports_a_formula_without_a_value(read: Any) -> None:
    rows = [["Account", "Debit", "Credit"], ["Cash", "=2+3", None], ["Sales", None, 5]]
    assert "unreadable_amount" in codes(read(rows))


def test_it_reports_an_error_of_the_spreadsheet(read: Any) -> None:
    rows = [["Account", "Debit", "Credit"], ["Cash", "#REF!", None], ["Rent", 5, None],
            ["Sales", None, 5]]  # fmt: skip
    found = read(rows)["reports"]["anomalies"]
    assert [(a["code"], a["row"]) for a in found] == [("unreadable_amount", 2)]
    assert "#REF!" in found[0]["message"]


def broken(path: Path, part: str, change: Callable[[bytes], bytes]) -> BadInput:
    with pytest.raises(BadInput) as caught:
        run(change_part(path, part, change))
    return caught.value


def test_it_refuses_a_workbook_that_declares_entities(tmp_path: Path) -> None:
    """Neither read from disk nor expanded."""
    declared = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    error = broken(workbook(tmp_path, {"TB": TB}), FIRST, lambda xml: declared + xml)
    assert error.code == "corrupt_file" and "entities" in error.message


def test_it_refuses_a_bomb_before_opening_it(tmp_path: Path) -> None:
    started = time.monotonic()
    error = broken(workbook(tmp_path, {"TB": TB}), "xl/media/a.bin", lambda _: bytes(50_000_000))
    assert error.code == "too_large" and "200" in error.message
    assert time.monotonic() - started < 5


def test_it_refuses_a_sheet_that_spans_too_much(tmp_path: Path) -> None:
    """Two cells in far corners would fill the memory."""
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    path = workbook(tmp_path, {"TB": TB})
    error = broken(path, FIRST, lambda xml: xml.replace(b"</sheetData>", far))
    assert error.code == "too_large" and "4,000,000" in error.message


def test_it_refuses_a_workbook_cut_in_half(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"TB": TB})
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(BadInput) as caught:
        run(path)
    assert caught.value.code == "corrupt_file"


def test_it_refuses_a_workbook_with_broken_xml(tmp_path: Path) -> None:
    error = broken(workbook(tmp_path, {"TB": TB}), FIRST, lambda xml: xml[: len(xml) // 2])
    assert error.code in ("corrupt_file", "not_a_trial_balance")


def test_it_says_what_another_archive_is(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(BadInput, match="Word document") as caught:
        run(path)
    assert caught.value.code == "unsupported_type"


def test_it_names_the_pip_line_without_calamine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(BadInput) as caught:
        run(workbook(tmp_path, {"TB": TB}))
    assert caught.value.code == "missing_extra"
    assert caught.value.hint == "pip install python-calamine==0.9.1"


def test_it_goes_by_content_not_by_extension(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"TB": TB}).rename(tmp_path / "file.csv")
    assert run(path)["reports"]["is_balanced"]


def test_it_refuses_the_hostile_workbooks_quickly() -> None:
    for path in SHARED.glob("hostile/*.xlsx"):
        started = time.monotonic()
        with pytest.raises(BadInput):
            run(path)
        assert time.monotonic() - started < 5


def test_it_reads_the_charts_of_accounts_of_other_countries(read: Any) -> None:
    """French classes and a German chart start with other digits than the common ranges."""
    french = (
        "Compte;Libellé;Débit;Crédit\n101;Capital;;40\n401;Fournisseurs;;10\n512;Banque;65;\n"
        "607;Achats;15;\n641;Salaires;20;\n707;Ventes;;50\n"
    )
    german = (
        "Konto;Bezeichnung;Soll;Haben\n0800;Kapital;;40\n1200;Bank;65;\n"
        "1600;Verbindlichkeiten;;10\n3400;Wareneingang;15;\n4120;Gehälter;20;\n8400;Erlöse;;50\n"
    )
    for content in (french, german):
        result = read(content)
        assert figures(result) == ("100.00", "100.00", "15.00", "65.00", "10.00")
        assert sources(result) == {"code"}


def test_it_reports_a_number_too_large_to_be_money(read: Any) -> None:
    content = HEADER + f"Cash,{'9' * 40},\nRent,5,\nSales,,5\n"
    assert codes(read(content)) == ["unreadable_amount"]
    assert codes(read([["Account", "Debit", "Credit"], ["Cash", 1e300, None], ["Rent", 5, None],
                       ["Sales", None, 5]])) == ["unreadable_amount"]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "side", "kind"),
    [
        ("Accrued wages", "credit", "liability"),
        ("Accrued income", "debit", "asset"),
        ("Prepaid insurance", "debit", "asset"),
        ("Insurance", "debit", "expense"),
        ("Bank service charges", "debit", "expense"),
        ("Bank loan", "credit", "liability"),
        ("Provision for depreciation", "credit", "asset"),
        ("Depreciation of vans", "debit", "expense"),
        ("Unearned revenue", "credit", "liability"),
        ("Rent", "debit", "expense"),
        ("Rent", "credit", "revenue"),
        ("Dividends", "debit", "equity"),
        ("Dividends payable", "credit", "liability"),
        ("Dividend income", "credit", "revenue"),
        ("Income tax", "debit", "expense"),
        ("Common stock", "credit", "equity"),
        ("Stock", "debit", "asset"),
        ("Gain on sale of equipment", "credit", "revenue"),
        ("Equipment", "debit", "asset"),
        ("Equipment rental", "debit", "expense"),
        ("Loan", "debit", "asset"),
        ("Loan", "credit", "liability"),
    ],
)
def test_it_tells_a_type_by_name_and_side(read: Any, name: str, side: str, kind: str) -> None:
    row = f"{name},5,\nZyx,,5\n" if side == "debit" else f"{name},,5\nZyx,5,\n"
    assert read(HEADER + row)["extracted_data"]["accounts"][0]["type"] == kind


def test_it_turns_contra_accounts_where_balances_have_no_sign(read: Any) -> None:
    """The usual sides balance only if accumulated depreciation stands in credit."""
    content = (
        "Account,Type,Balance\nVan,Asset,500\nAccumulated depreciation,Asset,100\n"
        "Mills,Liability,150\nFounders,Equity,250\n"
    )
    result = read(content)
    assert result["extracted_data"]["layout"] == "unsigned_balance"
    assert figures(result) == ("500.00", "500.00", "0.00", "400.00", "150.00")


def test_it_imports_only_the_parts_before_it() -> None:
    """In the order that the package names; no part is longer than 400 lines."""
    folder = Path(ledger.__file__).parent
    order = re.findall(r"\w+", (ledger.__doc__ or "").rpartition(":")[2])
    assert {path.stem for path in folder.glob("*.py")} == {*order, "__init__"}
    for number, name in enumerate(order):
        text = (folder / f"{name}.py").read_text("utf-8")
        assert len(text.splitlines()) < 400
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
        used = {f"{node.module}.{alias.name}" for node in nodes for alias in node.names}
        parts = {path.split(".")[3] for path in used if path.startswith("bellhop.jobtypes.ledger.")}
        assert parts <= set(order[:number]), name
