"""Which rows are of one account, and what is listed twice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.trial_balances import HEADER, read_in

Read = Callable[..., dict[str, Any]]
CODED = "Code,Account,Debit,Credit\n"
BY_DEPARTMENT = """Code,Account,Dept,Debit,Credit
1000,Cash,Head,9,
6000,Wages,Shop,3,
6000,Wages,Head,2,
6100,Rent,Shop,1,
6100,Rent,Head,1,
4000,Sales,Shop,,16
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return partial(read_in, tmp_path)


def doubles(result: dict[str, Any]) -> list[int]:
    """The rows that list an account once more."""
    found = result["reports"]["anomalies"]
    return [anomaly["row"] for anomaly in found if anomaly["code"] == "duplicate_account"]


def counts(result: dict[str, Any]) -> tuple[int, int, int]:
    """Accounts, rows, accounts listed twice."""
    data = result["extracted_data"]
    return data["account_count"], len(data["accounts"]), data["accounts_listed_twice"]


def test_it_lists_both_rows_of_an_account_and_counts_it_once(read: Read) -> None:
    result = read(CODED + "10,Cash,7,\n11,Bank,5,\n10,Cash,3,\n40,Sales,,15\n")
    assert counts(result) == (3, 4, 1)
    assert doubles(result) == [4]
    assert result["reports"]["total_debit"] == "15.00"


def test_it_says_that_a_row_stands_in_the_file_twice(read: Read) -> None:
    result = read(CODED + "10,Cash,7,\n10,Cash,7,\n40,Sales,,14\n")
    messages = [anomaly["message"] for anomaly in result["reports"]["anomalies"]]
    assert "The account is already in row 2, with the same amount." in messages


@pytest.mark.parametrize("code", ["a 10", "A10", "a10 "])
def test_it_compares_codes_without_case_and_blanks(read: Read, code: str) -> None:
    assert doubles(read(CODED + f"A10,Cash,7,\n{code},Till,3,\nB40,Sales,,10\n")) == [3]


def test_it_takes_equal_names_with_other_codes_for_two_accounts(read: Read) -> None:
    assert not doubles(read(CODED + "10,Cash,7,\n11,Cash,3,\n40,Sales,,10\n"))


def test_it_compares_names_where_there_are_no_codes(read: Read) -> None:
    assert doubles(read(HEADER + "Petty cash,7,\npetty  Cash,3,\nSales,,10\n")) == [3]


def test_it_takes_equal_names_under_other_headings_for_two_accounts(read: Read) -> None:
    rows = "Fixed assets,,\nBuildings,9,\nOther,5,\nCurrent assets,,\nCash,2,\nOther,3,\n"
    result = read(HEADER + rows + "Equity,,\nShare capital,,19\n")
    assert not doubles(result)
    assert counts(result)[0] == 5


def test_it_takes_no_group_for_the_account_of_its_name(read: Read) -> None:
    rows = "Cash,10,\n  Cash,4,\n  Till,6,\nStock,5,\n  Shop,2,\n  Store,3,\nSales,,15\n"
    result = read(HEADER + rows)
    assert not doubles(result)
    assert result["reports"]["total_debit"] == "15.00"


def test_it_takes_rows_of_several_departments_for_one_account(read: Read) -> None:
    result = read(BY_DEPARTMENT)
    assert counts(result) == (4, 6, 0)
    assert not doubles(result)


def test_it_finds_an_account_that_stands_twice_in_a_department(read: Read) -> None:
    result = read(BY_DEPARTMENT + "6000,Wages,Shop,1,\n4000,Sales,Head,,1\n")
    assert doubles(result) == [8]


def test_it_finds_a_double_whose_note_no_other_account_has(read: Read) -> None:
    rows = "Code,Account,Remark,Debit,Credit\n10,Cash,counted,7,\n10,Cash,again,3,\n40,Sales,,,10\n"
    assert doubles(read(rows)) == [3]


def test_it_takes_a_debit_and_a_credit_row_of_several_accounts_for_one(read: Read) -> None:
    rows = "10,Cash,7,\n12,Clients,9,\n12,Clients,,2\n20,Suppliers,1,\n20,Suppliers,,6\n"
    result = read(CODED + rows + "40,Sales,,9\n")
    assert not doubles(result)
    assert counts(result)[0] == 4


def test_it_asks_about_the_only_account_with_a_debit_and_a_credit_row(read: Read) -> None:
    assert doubles(read(CODED + "10,Cash,7,\n12,Clients,9,\n12,Clients,,2\n40,Sales,,14\n")) == [4]


def test_it_takes_a_code_that_many_names_have_for_a_class(read: Read) -> None:
    rows = "10,Cash,7,\n10,Bank,3,\n10,Till,2,\n10,Till,1,\n40,Sales,,9\n40,Fees,,4\n"
    assert doubles(read(CODED + rows)) == [5]
