# ruff: noqa: RUF001 - digits and letters of other scripts are what is tested
"""How amounts are written: digits and marks of any script, signs, sides, currencies."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bellhop.jobtypes.ledger.cells import amount_of, find_currency, signs_of, unit_of, uses_comma
from tests.support.trial_balances import codes, figures, read_in, refused

Read = Callable[..., dict[str, Any]]
LINES = [("Cash", "812.40"), ("Stock", "1,960.10"), ("Loan", "-1,000.00"), ("Sales", "-2,250.75"),
         ("Rent", "478.25")]  # fmt: skip


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return partial(read_in, tmp_path)


def balances(write: Callable[[str], str]) -> str:
    """A trial balance whose signed amounts are written by `write`."""
    return "Account,Balance\n" + "".join(f'{name},"{write(text)}"\n' for name, text in LINES)


def pairs(write: Callable[[str], str]) -> str:
    """A trial balance of debits and credits, each written by `write`."""
    rows = ((name, text, "") if text[0] != "-" else (name, "", text[1:]) for name, text in LINES)
    cells = ((name, *(f'"{write(text)}"' if text else "" for text in own)) for name, *own in rows)
    return "Account,Debit,Credit\n" + "".join(",".join(row) + "\n" for row in cells)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("+7.50", "7.50"),
        ("\u20137.50", "-7.50"),
        ("\u20147.50", "-7.50"),
        ("\ufe637.50", "-7.50"),
        ("7.50\u2212", "-7.50"),
        ("<1,234>", "-1234"),
        ("\uff1c1,234\uff1e", "-1234"),
        ("(1,234)", "-1234"),
        ("Cr 7.50", "-7.50"),
        ("Cr. 7.50", "-7.50"),
        ("DR 7.50", "7.50"),
        ("7.50 Dr.", "7.50"),
        ("7.50Cr.", "-7.50"),
        ("7.50 Kt", "-7.50"),
        ("7.50 (Cr)", "-7.50"),
        ("7.50 [Cr.]", "-7.50"),
        ("7.50 (KES)", "7.50"),
        ("Cr: 7.50", "-7.50"),
        ("7.50 C.R.", "-7.50"),
        ("贷7.50", "-7.50"),
        ("[7.50]", "-7.50"),
        ("{7.50}", "-7.50"),
        ("\u20397.50\u203a", "-7.50"),
        ("\u25b27.50", "-7.50"),
        ("\u25b37.50", "-7.50"),
        ("\u27967.50", "-7.50"),
        ("\u207b7.50", "-7.50"),
        ("7.50 acreedora", "-7.50"),
        ("7.50 Jama", "-7.50"),
        ("7.50 贷", "-7.50"),
        ("KES 7.50", "7.50"),
        ("7.50 KES", "7.50"),
        ("-RM7.50", "-7.50"),
        ("NT$ (7.50)", "-7.50"),
        ("Rs. 5,00,000.00", "500000.00"),
        ("Rs.500", "500"),
        ("₦7.50 Cr", "-7.50"),
        ("US$7.50", "7.50"),
        ("S/ 7.50", "7.50"),
        ("S/7.50 D", "7.50"),
        ("$ -", "0"),
        ("- €", "0"),
        ("٣٤٥٦٫٥٠", "3456.50"),
        ("٣٬٤٥٦٫٥٠", "3456.50"),
        ("۳٬۴۵۶", "3456"),
        ("१,२३,४५६.७०", "123456.70"),
        ("\uff11\uff0c\uff12\uff13\uff14\uff0e\uff15", "1234.5"),
        ("\u200e7.50\u200f", "7.50"),
        ("\u202b(7.50)\u202c", "-7.50"),
        ("1\u20094\u200956", None),
        ("1\u2009456.50", "1456.50"),
        ("1\u00a0456", "1456"),
        ("1\u2019456\u2019789.50", "1456789.50"),
        (".50", "0.50"),
        ("$.50", "0.50"),
        ("5,000/-", "5000"),
        ("5,000/=", "5000"),
        ("5000.-", "5000"),
    ],
)
def test_it_reads_an_amount_in_every_form(cell: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(ValueError):
            amount_of(cell, False)
    else:
        assert amount_of(cell, False) == Decimal(value)


def test_it_takes_a_dash_after_a_decimal_comma_for_the_cents() -> None:
    assert amount_of("1.234,-", True) == 1234


@pytest.mark.parametrize(
    "cell",
    ["12.00 34.00", "5 Main", "Unit 5", "C1000", "D100", "1.234$56", "-5-", "+(5)", "5 Dr Cr",
     "Dr -5 Cr", "5²", "7 %", "(5>", "USD", "Dr"],
)  # fmt: skip
def test_it_does_not_guess_an_amount_with_odd_marks(cell: str) -> None:
    with pytest.raises(ValueError):
        amount_of(cell, False)


@pytest.mark.parametrize(
    ("marks", "debit", "credit"),
    [
        (["D", "C"], "d", "c"),
        (["MD", "D"], "md", "d"),
        (["S", "H"], "s", "h"),
        (["D", "A"], "d", "a"),
        (["B", "A"], "b", "a"),
        (["T", "K"], "t", "k"),
        (["Wn", "Ma"], "wn", "ma"),
        (["Д", "К"], "д", "к"),
        (["مدين", "دائن"], "مدين", "داين"),
        (["Dr", "Cr."], "dr", "cr"),
    ],
)
def test_it_reads_marks_of_sides_by_their_pair(marks: list[str], debit: str, credit: str) -> None:
    signs = signs_of(marks)
    assert (signs[debit], signs[credit]) == (1, -1)


@pytest.mark.parametrize("marks", [["A"], ["B", "T"], ["X", "Y"], ["Open", "Paid"]])
def test_it_does_not_guess_marks_of_sides(marks: list[str]) -> None:
    assert signs_of(marks) == {}


def test_it_takes_the_one_mark_of_all_amounts_for_a_currency() -> None:
    assert unit_of(["Bs 1.500,20", "Bs 300,00"]) == "bs"
    assert unit_of(["1.500,20 руб.", "300,00 руб."]) == "руб"
    assert unit_of(["Item 1", "Item 2"]) == ""
    assert unit_of(["1,500 Dr", "300 Dr"]) == ""
    assert unit_of(["1.5 kg", "2.5 lb"]) == ""


@pytest.mark.parametrize(
    "mark",
    [
        "AED",
        "Kz",
        "K",
        "руб.",
        "TSh",
        "J$",
        "MX$",
        "FCFA",
        "Bs.",
        "₫",
        "₲",
        "S/",
        "د.إ",
        "L",
        "ден",
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_it_reads_a_column_in_any_currency(read: Read, mark: str, before: bool) -> None:
    def write(text: str) -> str:
        return f"{mark} {text}" if before else f"{text} {mark}"

    for content in (pairs(write), balances(write)):
        result = read(content)
        assert figures(result)[:2] == ("3250.75", "3250.75")
        assert codes(result) == []


def test_it_does_not_add_amounts_with_marks_that_it_does_not_know(read: Read) -> None:
    marks = iter(("Xx", "Xy", "Xx", "Xy", "Xx"))
    error = refused(read, pairs(lambda text: f"{next(marks)} {text}"))
    assert error.code == "not_a_trial_balance" and "Xx 812.40" in error.message


def test_it_is_not_balanced_where_an_amount_could_not_be_read(read: Read) -> None:
    reports = read("Account,Balance\nCash,5.00\nSales,-5.00\nRent,1o.00\n")["reports"]
    assert not reports["is_balanced"]
    assert [anomaly["severity"] for anomaly in reports["anomalies"]] == ["error"]


def test_it_is_not_balanced_where_there_are_no_amounts(read: Read) -> None:
    assert not read("Account,Debit,Credit\nCash,0,0\nSales,0,0\n")["reports"]["is_balanced"]


@pytest.mark.parametrize(
    "write",
    [
        lambda t: f"<{t[1:]}>" if t[0] == "-" else t,
        lambda t: f"{t[1:]} Cr." if t[0] == "-" else f"{t} Dr.",
        lambda t: f"C {t[1:]}" if t[0] == "-" else f"D {t}",
        lambda t: f"{t[1:]} H" if t[0] == "-" else f"{t} S",
        lambda t: f"{t[1:]} A" if t[0] == "-" else f"{t} B",
        lambda t: f"{t[1:]} D" if t[0] == "-" else f"{t} MD",
        lambda t: f"{t[1:]} К" if t[0] == "-" else f"{t} Д",
        lambda t: f"\u2014{t[1:]}" if t[0] == "-" else f"+{t}",
        lambda t: f"{t[1:]}\u2010" if t[0] == "-" else t,
        lambda t: f"USD {t[1:]} Cr" if t[0] == "-" else f"USD {t}",
        lambda t: t.translate({48 + n: 0x660 + n for n in range(10)} | {44: 0x66C, 46: 0x66B}),
        lambda t: t.translate({48 + n: 0x6F0 + n for n in range(10)} | {44: 0x66C, 46: 0x66B}),
        lambda t: t.translate({48 + n: 0x966 + n for n in range(10)}),
        lambda t: t.translate({code: code + 0xFEE0 for code in range(43, 58)}),
    ],
)
def test_it_reads_signs_in_every_form(read: Read, write: Callable[[str], str]) -> None:
    result = read(balances(write))
    assert figures(result)[:2] == ("3250.75", "3250.75")
    assert codes(result) == []


def test_it_reads_marks_of_sides_in_columns_of_their_own_side(read: Read) -> None:
    content = "Account,Debit,Credit\nCash,5.00 Dr,\nVan,2.00 Dr,\nLoan,,3.00 Cr\nSales,,4.00 Cr\n"
    assert figures(read(content))[:2] == ("7.00", "7.00")


def test_it_tells_a_currency_from_the_marks_of_sides_beside_it(read: Read) -> None:
    content = balances(lambda t: f"K {t[1:]} Cr" if t[0] == "-" else f"K {t} Dr")
    assert figures(read(content))[:2] == ("3250.75", "3250.75")


def test_it_knows_three_decimals_from_thousands() -> None:
    assert not uses_comma(["21467.170", "375.250"])
    assert uses_comma(["21467,170", "375,250"])


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["Amounts in NGN"], "NGN"),
        (["Trial balance (TRY)"], None),
        (["TRY"], "TRY"),
        (["TRIAL BALANCE OF ALL ACCOUNTS"], None),
        (["Le 31 mars"], None),
        (["₦ 5.00"], "NGN"),
        (["Rp 5.00"], "IDR"),
        (["C$ 5.00"], None),
    ],
)
def test_it_finds_the_currency(texts: list[str], code: str | None) -> None:
    assert find_currency(texts) == code
