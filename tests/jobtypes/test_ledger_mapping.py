"""What the user may say of columns and accounts: the parameter `mapping`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.trial_balances import SOUND, Told, figures, read_in, refused

ODD = "Rubrik,X1,X2\nTill,700,\nOven,200,\nFares,,900\n"
Read = Callable[..., dict[str, Any]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return partial(read_in, tmp_path)


def types(result: dict[str, Any]) -> list[str | None]:
    return [account["type"] for account in result["extracted_data"]["accounts"]]


def test_it_is_told_what_the_columns_mean(read: Read) -> None:
    assert refused(read, ODD.replace("700", "7")).code == "not_a_trial_balance"
    result = read(ODD, mapping=["account = Rubrik", "debit = X1", "credit = x2"])
    assert figures(result)[:2] == ("900.00", "900.00")


def test_it_reads_a_file_without_a_header_by_the_letters_of_its_columns(read: Read) -> None:
    rows = ODD.partition("\n")[2]
    data = read(rows, mapping=["account = A", "debit = B", "credit = C"])["extracted_data"]
    assert [(a["row"], a["name"]) for a in data["accounts"]] == [
        (1, "Till"),
        (2, "Oven"),
        (3, "Fares"),
    ]
    assert data["header_row"] is None


def test_it_chooses_between_columns_of_the_same_name(read: Read) -> None:
    content = "Account,Debit,Credit,Debit,Credit\nCash,7,,1,\nSales,,7,,1\n"
    assert refused(read, content).code == "ambiguous_columns"
    assert refused(read, content, mapping=["debit = Debit"]).code == "ambiguous_columns"
    assert figures(read(content, mapping=["debit = D", "credit = E"]))[:2] == ("1.00", "1.00")


def test_it_finds_the_other_side_of_a_column_that_it_is_told(read: Read) -> None:
    content = "Account,In,Credit\nCash,7,\nSales,,7\n"
    assert figures(read(content, mapping=["debit = In"]))[:2] == ("7.00", "7.00")
    error = refused(read, content.replace("Credit", "Out"), mapping=["debit = In"])
    assert error.code == "ambiguous_columns" and "credit" in str(error.hint)


def test_it_adds_an_opening_balance_that_it_is_told_of(read: Read) -> None:
    content = "Account,Start,In,Out\nCash,5,4,2\nShare capital,-5,,\nSales,,,2\n"
    result = read(content, mapping=["opening = Start", "debit = In", "credit = Out"])
    assert figures(result)[:2] == ("7.00", "7.00")


def test_it_leaves_a_column_aside_that_it_is_told_to(read: Read) -> None:
    content = "Account,Balance,Amount\nCash,5,9\nSales,-5,9\n"
    assert figures(read(content, mapping=["ignore = Amount"]))[:2] == ("5.00", "5.00")


@pytest.mark.parametrize(
    "entry",
    ["4000 = expense", "sales = expense", "4000-4999 = expense", "40* = Expenses", "*ales=expense",
     "4000 Sales = expense", "3000..4000 = expense"],
)  # fmt: skip
def test_it_is_told_the_type_of_an_account(read: Read, entry: str) -> None:
    result = read(SOUND, mapping=[entry])
    assert types(result) == ["asset", "liability", "expense"]
    assert result["extracted_data"]["accounts"][2]["type_source"] == "mapping"


def test_it_takes_the_first_entry_that_fits(read: Read) -> None:
    assert types(read(SOUND, mapping=["1000 = equity; 1* = expense\n2* = revenue"])) == [
        "equity", "revenue", "revenue",
    ]  # fmt: skip


def test_it_warns_of_an_entry_that_fits_no_account(read: Read) -> None:
    told: Told = []
    read(SOUND, told, mapping=["7000-7999 = expense"])
    (warning,) = (t["warning"] for t in told if "warning" in t)
    assert warning["code"] == "mapping_not_used" and "7000-7999" in warning["message"]


@pytest.mark.parametrize("entry", ["debit", "debit =", "Cash = money", "= asset", "=="])
def test_it_refuses_an_entry_that_it_does_not_understand(read: Read, entry: str) -> None:
    assert refused(read, SOUND, mapping=[entry]).code == "bad_mapping"


@pytest.mark.parametrize("column", ["Soll", "Z", "ZZ"])
def test_it_refuses_a_column_that_is_not_there(read: Read, column: str) -> None:
    error = refused(read, SOUND, mapping=[f"debit = {column}"])
    assert error.code == "unknown_column" and "Debit, Credit" in str(error.hint)
