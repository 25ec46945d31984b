"""A trial balance as PDF, old Excel workbook and OpenDocument spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bellhop import BadInput
from tests.support.attempts import needs_shared
from tests.support.places import SHARED
from tests.support.sheets import Rows, lines, ods, pdf, xls
from tests.support.trial_balances import FIGURES, Told, codes, figures, run

# Cash 700, machine 500, supplier 300, capital 400, sales 900, rent 250, wages 150.
BODY: Rows = [
    ["Cash", "700.00", ""], ["Machinery", "500.00", ""], ["Accounts payable", "", "300.00"],
    ["Share capital", "", "400.00"], ["Sales", "", "900.00"], ["Rent", "250.00", ""],
    ["Wages", "150.00", ""],
]  # fmt: skip
HEAD: Rows = [["Account", "Debit", "Credit"]]
TOTAL: Rows = [["Total", "1,600.00", "1,600.00"]]
AT = [50.0, -300.0, -400.0]
NUMBERS: Rows = [[float(cell) if cell[:1].isdigit() else cell or None for cell in row]
                 for row in BODY]  # fmt: skip


def warned(told: Told) -> dict[str, str]:
    return {t["warning"]["code"]: t["warning"]["where"] for t in told if "warning" in t}


def refused(path: Path) -> BadInput:
    with pytest.raises(BadInput) as caught:
        run(path)
    return caught.value


def test_it_reads_an_unruled_table_of_a_pdf(tmp_path: Path) -> None:
    result = run(pdf(tmp_path / "a.pdf", [lines(HEAD + BODY + TOTAL, AT)]))
    assert figures(result) == FIGURES
    assert codes(result) == [] and len(result["extracted_data"]["accounts"]) == 7
    assert result["reports"]["stated_totals"]["debit"] == "1600.00"


def test_it_takes_a_row_of_a_pdf_by_its_place_and_not_by_its_turn(tmp_path: Path) -> None:
    """Report writers print column by column."""
    texts = sorted(lines(HEAD + BODY, AT), key=lambda text: (-text[0], text[1]))
    assert figures(run(pdf(tmp_path / "a.pdf", [texts]))) == FIGURES


def test_it_reads_codes_of_a_pdf_that_stand_left_of_the_names(tmp_path: Path) -> None:
    codes_ = ("1000", "1500", "2000", "3000", "4000", "5000", "6000")
    rows = [["No.", "Name", "Debit", "Credit"]]
    rows += [[code, *row] for code, row in zip(codes_, BODY, strict=True)]
    result = run(pdf(tmp_path / "a.pdf", [lines(rows, [50, 90, -300, -400])]))
    assert figures(result) == FIGURES
    assert [account["code"] for account in result["extracted_data"]["accounts"]] == [*codes_]


def test_it_reads_several_pages_with_repeated_headers(tmp_path: Path) -> None:
    titles = [(50.0, 810.0, "Harbour Print Ltd"), (50.0, 796.0, "Trial Balance")]
    foot = [(50.0, 30.0, "Printed 5 Jan 2025"), (500.0, 30.0, "Page 1 of 2")]
    pages = [titles + lines(HEAD + part, AT) + foot for part in (BODY[:4], BODY[4:] + TOTAL)]
    told: Told = []
    result = run(pdf(tmp_path / "a.pdf", pages), told)
    assert figures(result) == FIGURES
    assert codes(result) == [] and len(result["extracted_data"]["accounts"]) == 7
    assert warned(told).keys() == {"repeated_header", "row_without_amount"}


def test_it_reads_a_ruled_table_of_a_pdf_with_narrow_cells(tmp_path: Path) -> None:
    """Between a name and an amount stands a rule, and hardly a space."""
    rows = [["Account", "Debit", "Credit"], ["Accumulated dep.", "", "100.00"],
            ["Machinery", "700.00", ""], ["Accounts payable", "", "600.00"]]  # fmt: skip
    edges = (48, 138, 188, 238)
    rules = "".join(f"{x} 730 m {x} 795 l S\n" for x in edges)
    path = pdf(tmp_path / "a.pdf", [lines(rows, [50, -186, -236])], rules)
    assert figures(run(path))[:2] == ("700.00", "700.00")


def test_it_joins_a_name_that_goes_on_in_the_next_line_of_its_cell(tmp_path: Path) -> None:
    texts = [(50.0, 780.0, "Account"), (250.0, 780.0, "Debit"), (350.0, 780.0, "Credit")]
    texts += [(50.0, 760.0, "Property, plant and"), (50.0, 750.0, "equipment")]
    texts += [(250.0, 760.0, "500.00"), (50.0, 730.0, "Share capital"), (350.0, 730.0, "500.00")]
    rules = "".join(f"45 {y} m 420 {y} l S\n" for y in (795, 775, 742, 722))
    accounts = run(pdf(tmp_path / "a.pdf", [texts], rules))["extracted_data"]["accounts"]
    assert [a["name"] for a in accounts] == ["Property, plant and equipment", "Share capital"]


def test_it_reads_an_opening_and_a_closing_balance_of_a_pdf(tmp_path: Path) -> None:
    rows = [["", "Opening", "", "Movement", "", "Closing", ""],
            ["Account", "Debit", "Credit", "Debit", "Credit", "Debit", "Credit"],
            ["Cash", "100.00", "", "800.00", "200.00", "700.00", ""],
            ["Machinery", "500.00", "", "", "", "500.00", ""],
            ["Accounts payable", "", "200.00", "50.00", "150.00", "", "300.00"],
            ["Share capital", "", "400.00", "", "", "", "400.00"],
            ["Sales", "", "", "", "900.00", "", "900.00"],
            ["Rent", "", "", "250.00", "", "250.00", ""],
            ["Wages", "", "", "150.00", "", "150.00", ""]]  # fmt: skip
    columns = [30.0, *(-float(x) for x in range(200, 560, 60))]
    texts = lines(rows[1:], columns)
    texts += [
        (x, 794.0, text) for x, text in ((190.0, "Opening"), (305, "Movement"), (430, "Closing"))
    ]
    result = run(pdf(tmp_path / "a.pdf", [texts]))
    assert figures(result) == FIGURES
    assert result["extracted_data"]["layout"] == "opening_movement_closing"


def test_it_reads_parentheses_and_currency_signs_of_a_pdf(tmp_path: Path) -> None:
    rows = [["Account", "Balance"], ["Cash", "700.00"], ["Loan", "(300.00)"], ["Sales", "(400.00)"]]
    texts = [*lines(rows, [50, -300]), (200.0, 766.0, "$")]
    result = run(pdf(tmp_path / "a.pdf", [texts]))
    assert figures(result)[:2] == ("700.00", "700.00") and codes(result) == []


def test_it_reads_amounts_of_a_pdf_with_spaces_in_them(tmp_path: Path) -> None:
    rows = [["Compte", "Débit", "Crédit"], ["Banque", "1 234,56", ""], ["Ventes", "", "1 234,56"]]
    result = run(pdf(tmp_path / "a.pdf", [lines(rows, AT)]))
    assert figures(result)[:2] == ("1234.56", "1234.56")


def test_it_reads_a_pdf_whose_text_runs_up_the_page(tmp_path: Path) -> None:
    """A wide table on an upright page."""
    turn = "0 1 -1 0 560 50 cm"
    assert figures(run(pdf(tmp_path / "a.pdf", [lines(HEAD + BODY, AT, top=500)], turn))) == FIGURES


def test_it_keeps_what_cannot_be_read_in_a_pdf(tmp_path: Path) -> None:
    rows = [*HEAD, *BODY[:5], ["Rent", "25O.00", ""], BODY[6]]
    found = run(pdf(tmp_path / "a.pdf", [lines(rows, AT)]))["reports"]["anomalies"]
    assert ("unreadable_amount", "Rent") in [(a["code"], a["account"]) for a in found]


GROUPS: Rows = [
    ["Assets", "1,200.00", ""], ["   Cash", "700.00", ""], ["   Machinery", "500.00", ""],
    ["Liabilities", "", "300.00"], ["   Accounts payable", "", "300.00"],
    ["Equity", "", "400.00"], ["   Share capital", "", "400.00"], ["Income", "", "900.00"],
    ["   Sales", "", "900.00"], ["Expenses", "400.00", ""], ["   Rent", "250.00", ""],
    ["   Wages", "150.00", ""],
]  # fmt: skip


def test_it_takes_how_far_a_name_is_moved_in_on_a_page_as_a_level(tmp_path: Path) -> None:
    texts = [(x + 6 * (len(text) - len(text.lstrip())), y, text.lstrip())
             for x, y, text in lines(HEAD + GROUPS + TOTAL, AT)]  # fmt: skip
    result = run(pdf(tmp_path / "a.pdf", [texts]))
    assert figures(result) == FIGURES and codes(result) == []
    assert len(result["extracted_data"]["accounts"]) == 7


@pytest.mark.parametrize(
    ("foot", "top"), [("À reporter", "Report"), ("Transporteren", "Transport"), ("", "")]
)
def test_it_does_not_count_what_a_page_carries_forward(tmp_path: Path, foot: str, top: str) -> None:
    first = [*BODY[:2], [foot, "1,200.00", ""]]
    second = [[top, "1,200.00", ""], *BODY[2:5], [foot, "1,200.00", "1,600.00"]]
    third = [[top, "1,200.00", "1,600.00"], *BODY[5:]]
    pages = [lines(HEAD + part, AT) for part in (first, second, third)]
    result = run(pdf(tmp_path / "a.pdf", pages))
    assert figures(result) == FIGURES
    assert len(result["extracted_data"]["accounts"]) == 7


def test_it_says_that_a_pdf_holds_no_text(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [[]], "10 10 m 90 90 l S")
    assert refused(path).code == "no_text_layer"


def test_it_says_that_a_pdf_is_a_letter(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [[(50.0, 700.0, "Dear Ann, all is well. Yours, Bob")]])
    assert refused(path).code == "not_a_trial_balance"


def test_it_refuses_a_pdf_cut_in_half(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7\n" + b"1 0 obj" * 50)
    assert refused(path).code == "corrupt_file"


@needs_shared
def test_it_refuses_a_pdf_with_a_password() -> None:
    assert refused(SHARED / "hostile" / "password.pdf").code == "password_protected"


@pytest.mark.parametrize("write", [xls, ods])
def test_it_reads_a_workbook_of_another_kind(tmp_path: Path, write: Any) -> None:
    rows = [["Harbour Print Ltd"], [], *HEAD, *NUMBERS, ["Total", 1600.0, 1600.0]]
    result = run(write(tmp_path / "a.dat", rows))
    assert figures(result) == FIGURES and codes(result) == []
    assert [account["row"] for account in result["extracted_data"]["accounts"]] == [*range(4, 11)]
    assert result["extracted_data"]["sheet"] == "TB"


@pytest.mark.parametrize("write", [xls, ods])
def test_it_reports_a_formula_without_a_value_of_another_workbook(
    tmp_path: Path, write: Any
) -> None:
    rows = [*HEAD, ["Rent", "=2+3", None], ["Cash", 5.0, None], ["Sales", None, 5.0]]
    found = run(write(tmp_path / "a.dat", rows))["reports"]["anomalies"]
    assert [(a["code"], a["account"]) for a in found] == [("unreadable_amount", "Rent")]


def test_it_reports_an_error_of_an_opendocument_cell(tmp_path: Path) -> None:
    rows = [*HEAD, ["Rent", "#DIV/0!", None], ["Cash", 5.0, None], ["Sales", None, 5.0]]
    (found,) = run(ods(tmp_path / "a.ods", rows))["reports"]["anomalies"]
    assert found["code"] == "unreadable_amount" and "#DIV/0!" in found["message"]


def test_it_takes_an_empty_text_as_the_value_of_a_formula(tmp_path: Path) -> None:
    """As =IF(B2>0,B2,"") leaves it: that is no missing value."""
    from tests.support.trial_balances import FIRST, change_part, workbook

    path = workbook(tmp_path, {"TB": [*HEAD, ["Cash", 5, '=""'], ["Sales", None, 5]]})

    def calculated(xml: bytes) -> bytes:
        return xml.replace(b'<c r="C2"', b'<c r="C2" t="str"')

    assert codes(run(change_part(path, FIRST, calculated))) == []


def test_it_refuses_repeated_cells_that_would_fill_the_memory(tmp_path: Path) -> None:
    cell = '<table:table-cell table:number-columns-repeated="16000" office:value="1"/>'
    more = f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>'
    assert refused(ods(tmp_path / "a.ods", HEAD, more)).code == "too_large"


def test_it_reads_an_opendocument_sheet_with_a_million_blank_rows(tmp_path: Path) -> None:
    cell = '<table:table-cell table:number-columns-repeated="16384"/>'
    more = f'<table:table-row table:number-rows-repeated="1048000">{cell}</table:table-row>'
    assert figures(run(ods(tmp_path / "a.ods", [*HEAD, *NUMBERS], more))) == FIGURES


def test_it_refuses_a_damaged_old_workbook(tmp_path: Path) -> None:
    path = xls(tmp_path / "a.xls", [*HEAD, *NUMBERS])
    content = path.read_bytes()
    path.write_bytes(content[:600] + bytes(len(content) - 600) + "Workbook".encode("utf-16-le"))
    assert refused(path).code == "corrupt_file"


@pytest.mark.parametrize("size", [8, 100, 600, 3000])
def test_it_refuses_an_old_workbook_that_was_cut_off(tmp_path: Path, size: int) -> None:
    path = xls(tmp_path / "a.xls", [*HEAD, *NUMBERS])
    path.write_bytes(path.read_bytes()[:size] + "Workbook".encode("utf-16-le"))
    assert refused(path).code == "corrupt_file"


def test_it_refuses_an_old_workbook_whose_cells_are_far_apart(tmp_path: Path) -> None:
    rows: Rows = [[None]] * 65_000
    rows[0], rows[-1] = [1.0], [*[None] * 255, 1.0]
    assert refused(xls(tmp_path / "a.xls", rows)).code == "too_large"
