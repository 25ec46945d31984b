"""What is planted is found, and what follows from it is not told as something else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bellhop.jobtypes.ledger.anomalies import Bounds
from bellhop.jobtypes.ledger.model import Total
from tests.support.trial_balances import HEADER, codes, read_in

Line = tuple[str, str, str]
BOOKS: list[Line] = [
    ("Cash at bank", "18450.27", ""), ("Trade receivables", "7321.58", ""),
    ("Inventory", "2615.75", ""), ("Machinery", "24013.06", ""),
    ("Accumulated depreciation", "", "6000.00"), ("Trade payables", "", "4180.45"),
    ("VAT payable", "", "1260.31"), ("Bank loan", "", "9000.00"), ("Share capital", "", "20000.00"),
    ("Retained earnings", "", "5270.94"), ("Sales", "", "61400.00"),
    ("Interest income", "", "3851.16"), ("Purchases", "19870.40", ""), ("Wages", "28400.00", ""),
    ("Rent", "7207.11", ""), ("Electricity", "2070.13", ""), ("Insurance", "1014.56", ""),
]  # fmt: skip
TOTAL = ("Total", "110962.86", "110962.86")
Read = Callable[..., dict[str, Any]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return partial(read_in, tmp_path)


def text_of(lines: list[Line]) -> str:
    return HEADER + "".join(",".join(line) + "\n" for line in lines)


def changed(name: str, debit: str, credit: str) -> list[Line]:
    return [(name, debit, credit) if line[0] == name else line for line in BOOKS]


def test_it_finds_nothing_in_the_sound_books(read: Read) -> None:
    assert codes(read(text_of([*BOOKS, TOTAL]))) == []


PLANTED = {
    "possible_wrong_side": changed("Wages", "", "28400.00"),
    "suspected_transposition": changed("Electricity", "2700.13", ""),
    "duplicate_account": [*BOOKS[:3], BOOKS[2], *BOOKS[3:]],
    "both_sides": changed("Rent", "7207.11", "90.00"),
    "zero_account": changed("Insurance", "", ""),
    "unreadable_amount": changed("Insurance", "1O14.56", ""),
    "rounding_difference": changed("Insurance", "1014.58", ""),
    "unbalanced": changed("Insurance", "1999.99", ""),
    "suspense_account": [*BOOKS, ("Suspense account", "10.00", "")],
    "unclassified_account": [*BOOKS, ("Zyxomat", "10.00", "")],
}


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("code", PLANTED)
def test_it_finds_what_is_planted_and_at_most_two_others(
    read: Read, code: str, total: bool
) -> None:
    found = codes(read(text_of([*PLANTED[code], *([TOTAL] if total else [])])))
    assert code in found
    assert len(found) <= 3, found


@pytest.mark.parametrize("name", [line[0] for line in BOOKS])
def test_it_names_the_account_that_was_moved_to_the_wrong_side(read: Read, name: str) -> None:
    _, debit, credit = next(line for line in BOOKS if line[0] == name)
    found = read(text_of(changed(name, credit, debit)))["reports"]["anomalies"]
    wrong = [a["account"] for a in found if a["code"] == "possible_wrong_side"]
    assert name in wrong
    assert {a["code"] for a in found} <= {"possible_wrong_side", "unbalanced"}


@pytest.mark.parametrize(("name", "debit"), [("Rent", "7027.11"), ("Wages", "24800.00")])
def test_it_names_the_account_whose_digits_were_swapped(read: Read, name: str, debit: str) -> None:
    found = read(text_of(changed(name, debit, "")))["reports"]["anomalies"]
    (swapped,) = (a for a in found if a["code"] == "suspected_transposition")
    assert swapped["account"] in (name, None)


def test_it_finds_a_swap_beside_a_difference_of_rounding(read: Read) -> None:
    lines = [("Insurance", "1014.58", "") if n == "Insurance" else (n, d, c)
             for n, d, c in changed("Electricity", "2700.13", "")]  # fmt: skip
    assert "suspected_transposition" in codes(read(text_of(lines)))


def test_it_does_not_ask_about_the_cents_that_are_left_of_an_account(read: Read) -> None:
    lines = [("Petty cash", "", "0.04"), ("Bank loan", "", "8999.96")]
    lines += [line for line in BOOKS if line[0] != "Bank loan"]
    assert codes(read(text_of(lines))) == []


def test_it_takes_the_only_heading_of_a_file_as_an_account_at_zero(read: Read) -> None:
    lines = [*BOOKS[:10], ("Sales revenue", "", ""), *BOOKS[10:]]
    result = read(text_of(lines))
    assert codes(result) == ["zero_account"]
    assert len(result["extracted_data"]["accounts"]) == len(lines)


def with_subtotals(count: int) -> str:
    """Two accounts and their subtotal, many times, then a total of all but the first pair."""
    lines = []
    for number in range(count):
        lines += [f"A{number},{number}.25,", f"B{number},,{number}.25"]
        lines += [f"Subtotal,{number}.25,{number}.25"]
    rest = sum(range(1, count)) + 0.25 * (count - 1)
    return HEADER + "\n".join([*lines, f"Total later,{rest:.2f},{rest:.2f}", ""])


def test_it_finds_where_a_total_begins_among_hundreds_of_subtotals(tmp_path: Path) -> None:
    assert "stated_total_mismatch" not in codes(read_in(tmp_path, with_subtotals(300)))


def test_it_compares_a_total_with_few_of_many_beginnings() -> None:
    """Else the work would grow with the square of their number."""
    sums = [(Decimal(n), Decimal(0)) for n in range(5000)]
    total = Total(1, "Total", Decimal(4000), Decimal(0), 4999, False, True)
    near = Bounds(sums, list(range(5000))).near(total)
    assert 999 in near
    assert len(near) < 60
