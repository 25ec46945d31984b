"""What a person can choose where a file was refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bellhop import BadInput
from bellhop.base.errors import MOST_ERROR_DATA
from tests.support.sheets import Rows
from tests.support.trial_balances import read_in, refused, run, workbook

Read = Callable[..., dict[str, Any]]
ENTRIES = [
    ("Cash", "Sales"),
    ("Rent", "Cash"),
    ("Wages", "Cash"),
    ("Cash", "Loan"),
    ("Ads", "Bank"),
]
TWO_BALANCES = "Account,Debit,Credit,Debit,Credit\nCash,5,,6,\nSales,,5,,6\n"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return partial(read_in, tmp_path)


def roles(error: BadInput) -> dict[str, str | None]:
    return {column["name"]: column["role"] for column in (error.data or {})["header"]}


def texts(error: BadInput) -> list[str]:
    return [choice["text"] for choice in (error.data or {}).get("choices", [])]


def test_it_offers_the_columns_of_a_file_with_two_balances(read: Read) -> None:
    error = refused(read, TWO_BALANCES)
    assert error.code == "ambiguous_columns"
    assert roles(error) == {
        "Account": "account", "B": "unclear", "C": "unclear", "D": "unclear", "E": "unclear",
    }  # fmt: skip
    assert (
        read(TWO_BALANCES, mapping=["debit = D", "credit = E"])["reports"]["total_debit"] == "6.00"
    )


def test_it_offers_the_columns_of_a_table_that_it_does_not_know(read: Read) -> None:
    content = "Alpha,Beta,Gamma\nCash,100,90\nSales,5,80\nRent,60,4\n"
    error = refused(read, content)
    assert roles(error) == {"Alpha": None, "Beta": "unclear", "Gamma": "unclear"}
    assert (error.data or {})["header"][1]["sample"] == ["100", "5", "60"]
    read(content, mapping=["account = Alpha", "debit = Beta", "credit = Gamma"])


def test_it_offers_the_letters_of_columns_without_a_header(read: Read) -> None:
    content = "Cash,100.00,\nSales,,80.00\nRent,60.00,\n"
    assert list(roles(refused(read, content))) == ["A", "B", "C"]
    read(content, mapping=["account = A", "debit = B", "credit = C"])


@pytest.mark.parametrize("asked", ["North", "North East"])
def test_it_offers_periods_and_entities_each_of_which_can_be_chosen(read: Read, asked: str) -> None:
    content = "Entity,Account,Debit,Credit\n" + "".join(
        f"{name},Cash,{n},\n{name},Sales,,{n}\n" for n, name in ((5, "North"), (6, "North East"))
    )
    error = refused(read, content)
    assert texts(error) == ["North", "North East"]
    params = [c["params"] for c in (error.data or {})["choices"] if c["text"] == asked]
    assert read(content, **params[0])["extracted_data"]["period"] == asked


def test_it_offers_sheets_before_it_asks_for_columns(tmp_path: Path) -> None:
    rows: Rows = [["Account", "Debit", "Credit"], ["Cash", 5, None], ["Sales", None, 5]]
    path = workbook(tmp_path, {"One": rows, "Two": rows})
    error = refused(lambda content: run(content), path)
    assert error.data == {"choices": [{"text": name, "params": {"sheet": name}}
                                      for name in ("One", "Two")]}  # fmt: skip


def test_it_offers_the_columns_after_a_mapping_that_names_none(read: Read) -> None:
    error = refused(read, "Account,Debit,Credit\nCash,5,\nSales,,5\n", mapping=["debit = Zyx"])
    assert error.code == "unknown_column"
    assert roles(error) == {"Account": "account", "Debit": "debit", "Credit": "credit"}


def test_it_offers_no_columns_of_what_no_mapping_can_mend(read: Read) -> None:
    assert refused(read, "").data is None
    assert refused(read, TWO_BALANCES, mapping=["nonsense"]).data is None


def test_it_offers_no_more_than_an_error_can_bring(read: Read) -> None:
    """60 columns of long texts, and more periods than anybody looks through."""
    header = ",".join(f"{'Debit' if n % 2 else 'Credit'} {'x' * 80} {n}" for n in range(58))
    rows = "".join(f"{'Name' * 30},Period {n}" + ",1.25" * 58 + "\n" for n in range(900))
    error = refused(read, f"Account,Period,{header}\n{rows}")
    assert len(json.dumps(error.data).encode()) <= MOST_ERROR_DATA


@pytest.mark.parametrize(
    "content",
    [
        "Entry,Account,Debit,Credit\n"
        + "".join(f"{n},{a},9,\n{n},{b},,9\n" for n, (a, b) in enumerate(ENTRIES)),
        "Date,Account,Debit,Credit\n"
        + "".join(f"Jan {n + 1},{a},9,\nJan {n + 1},{b},,9\n" for n, (a, b) in enumerate(ENTRIES)),
        "Date,Account,Text,Debit,Credit\n"
        + "".join(f"1/{n + 1}/24,{a},x,9,\n1/{n + 1}/24,{b},x,,9\n"
                  for n, (a, b) in enumerate(ENTRIES)),
        "Date,Payee,Debit,Credit,Balance\n02.01.2024,ACME,,1000.00,1000.00\n"
        "03.01.2024,Miete,400.00,,600.00\n05.01.2024,REWE,50.00,,550.00\n",
        "Account,Date,Memo,Debit,Credit,Balance\n1000 Cash,2024-01-02,Sale,100,,100\n"
        "1000 Cash,2024-01-03,Rent,,20,80\n4000 Sales,2024-01-02,Sale,,100,-100\n"
        "6000 Rent,2024-01-03,Rent,20,,20\n",
        "Account,Date,Memo,Debit,Credit,Balance\n1000 Cash,,,,,\n,2024-01-02,Sale,100,,100\n"
        ",2024-01-03,Rent,,20,80\n4000 Sales,,,,,\n,2024-01-02,Sale,,100,-100\n",
    ],
    ids=["entries", "short dates", "dates", "bank statement", "ledger", "ledger by account"],
)  # fmt: skip
def test_it_says_that_rows_are_transactions(read: Read, content: str) -> None:
    error = refused(read, content)
    assert error.code == "not_a_trial_balance"
    assert "transactions" in error.message
    assert roles(error)


def test_it_reads_dated_rows_as_accounts_if_the_user_says_so(read: Read) -> None:
    content = "Date,Account,Debit,Credit\n2024-01-02,Cash,9,\n2024-01-03,Sales,,9\n"
    assert refused(read, content).code == "not_a_trial_balance"
    assert read(content, mapping=["ignore = Date"])["reports"]["is_balanced"]


def test_it_shows_both_rows_of_a_header(read: Read) -> None:
    content = ",,Opening,,Closing,\nCode,Account,Debit,Credit,Debit,Credit\n"
    header = read(content + "10,Cash,5,,6,\n40,Sales,,5,,6\n")["extracted_data"]["header"]
    assert [(column["over"], column["text"]) for column in header] == [
        ("", "Code"), ("", "Account"), ("Opening", "Debit"), ("Opening", "Credit"),
        ("Closing", "Debit"), ("Closing", "Credit"),
    ]  # fmt: skip


def test_it_tells_readings_apart_by_the_upper_row_of_a_header(read: Read) -> None:
    content = ",,Opening,,Closing,\nCode,Account,Debit,Credit,Debit,Credit\n"
    (reading,) = read(content + "10,Cash,5,,6,\n40,Sales,,5,,6\n")["extracted_data"]["readings"]
    assert reading["chosen"] == "Closing Debit, Closing Credit"
    assert reading["others"][0]["text"] == "Opening Debit, Opening Credit"
