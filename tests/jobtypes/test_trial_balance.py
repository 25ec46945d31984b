"""The trial balance type from file to result: layouts, periods, anomalies, what it shows."""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bellhop import BadInput
from tests.support.places import ROOT, SHARED
from tests.support.sheets import Rows
from tests.support.trial_balances import (
    FIGURES,
    HEADER,
    SOUND,
    TB,
    Told,
    codes,
    figures,
    read_in,
    refused,
    run,
    run_in,
    sources,
    workbook,
)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    return partial(read_in, tmp_path)


LAYOUTS = {
    "names only": HEADER + "Cash,700,\nMachinery,500,\nAccounts payable,,300\n"
    "Share capital,,400\nSales,,900\nRent,250,\nWages,150,\n",
    "names only, capitals and zeros": "ACCOUNT TITLE,DR.,CR.\nCASH IN BANK,700.00,0.00\n"
    "EQUIPMENT,500.00,0.00\nNOTES PAYABLE,0.00,300.00\nOWNER'S CAPITAL,0.00,400.00\n"
    "SERVICE REVENUE,0.00,900.00\nRENT EXPENSE,250.00,0.00\nSALARIES EXPENSE,150.00,0.00\n",
    "code range": "Code,Name,Debit,Credit\n1000,Till,700,\n1500,Press,500,\n2000,Mills & Co,,300\n"
    "3000,Founders,,400\n4000,Print jobs,,900\n5000,Paper,250,\n6000,Crew,150,\n",
    "code range with dashes": "Account No.;Account Description;Debit Amount;Credit Amount\n"
    "1-0100;Till;700;0\n1-0200;Press;500;0\n2-0100;Mills & Co;0;300\n3-0100;Founders;0;400\n"
    "4-0100;Print jobs;0;900\n5-0100;Paper;250;0\n6-0100;Crew;150;0\n",
    "code and name in one cell": HEADER + "1000 - Till,700,\n1500 - Press,500,\n2000 - Mills,,300\n"
    "3000 - Founders,,400\n4000 - Print jobs,,900\n5000 - Paper,250,\n6000 - Crew,150,\n",
    "code after the name": HEADER + "Till (1000),700,\nPress (1500),500,\nMills (2000),,300\n"
    "Founders (3000),,400\nPrint jobs (4000),,900\nPaper (5000),250,\nCrew (6000),150,\n",
    "prefix": HEADER + "Assets:Till,700,\nAssets:Press,500,\nLiabilities:Mills,,300\n"
    "Equity:Founders,,400\nRevenue:Print,,900\nExpenses:Paper,250,\nExpenses:Crew,150,\n",
    "prefix with arrows": HEADER + "Asset > Till,700,\nAsset > Press,500,\nLiability > Mills,,300\n"
    "Equity > Founders,,400\nIncome > Print,,900\nExpense > Paper,250,\nExpense > Crew,150,\n",
    "type column": "Account,Account Type,Debit,Credit\nTill,Bank,700,\nPress,Fixed Asset,500,\n"
    "Mills,Current Liability,,300\nFounders,Equity,,400\nPrint,Income,,900\n"
    "Paper,Cost of Goods Sold,250,\nCrew,Expense,150,\n",
    "type letters": "Type\tAccount\tDebit\tCredit\nA\tTill\t700\t\nA\tPress\t500\t\n"
    "L\tMills\t\t300\nE\tFounders\t\t400\nR\tPrint\t\t900\nX\tPaper\t250\t\nX\tCrew\t150\t\n",
    "sections": HEADER + "ASSETS,,\nTill,700,\nPress,500,\nTotal Assets,1200,\nLIABILITIES,,\n"
    "Mills,,300\nEQUITY,,\nFounders,,400\nREVENUE,,\nPrint,,900\nEXPENSES,,\n"
    "Paper,250,\nCrew,150,\n"
    "Total Expenses,400,\nGrand Total,1600,1600\n",
    "sections with subheadings": "Account,Debit,Credit\nCurrent assets,,\nTill,700,\n"
    "Fixed assets,,\n"
    "Press,500,\nCurrent liabilities,,\nMills,,300\nOwner's equity,,\nFounders,,400\n"
    "Operating income,,\nPrint,,900\nOperating expenses,,\nSales and marketing,,\nPaper,250,\n"
    "Crew,150,\n,1600,1600\n",
    "signed with minus": "Account,Balance\nCash,700\nMachinery,500\nAccounts payable,-300\n"
    "Share capital,-400\nSales,-900\nRent,250\nWages,150\n",
    "signed with parentheses": "Account name,Amount (USD)\nCash,$700.00\nMachinery,$500.00\n"
    "Accounts payable,($300.00)\nShare capital,($400.00)\nSales,($900.00)\nRent,$250.00\n"
    "Wages,$150.00\nTotal,$0.00\n",
    "minus behind": "Konto;Bezeichnung;Saldo\n1000;Cash;700,00\n1500;Machinery;500,00\n"
    "2000;Accounts payable;300,00-\n3000;Share capital;400,00-\n4000;Sales;900,00-\n"
    "5000;Rent;250,00\n6000;Wages;150,00\n",
    "balance with Dr and Cr": "Particulars,Closing Balance\nCash,700.00 Dr\nMachinery,500.00 Dr\n"
    "Sundry creditors,300.00 Cr\nCapital account,400.00 Cr\nSales,900.00 Cr\nRent,250.00 Dr\n"
    "Wages,150.00 Dr\n",
    "amount and side": "Account,Amount,Dr/Cr\nCash,700,Dr\nMachinery,500,Dr\n"
    "Accounts payable,300,Cr\nShare capital,400,Cr\nSales,900,Cr\nRent,250,Dr\nWages,150,Dr\n",
    "amount and D or C": "Account,D/C,Balance\nCash,D,700\nMachinery,D,500\n"
    "Accounts payable,C,300\n"
    "Share capital,C,400\nSales,C,900\nRent,D,250\nWages,D,150\n",
    "no signs but types": "Account,Type,Balance\nTill,Asset,700\nPress,Asset,500\n"
    "Mills,Liability,300\nFounders,Equity,400\nPrint,Revenue,900\nPaper,Expense,250\n"
    "Crew,Expense,150\n",
    "no signs but code ranges": "Code,Account,Balance\n1000,Till,700\n1500,Press,500\n"
    "2000,Mills,300\n3000,Founders,400\n4000,Print,900\n5000,Paper,250\n6000,Crew,150\n",
    "negative credits": HEADER + "Cash,700,\nMachinery,500,\nAccounts payable,,-300\n"
    "Share capital,,-400\nSales,,-900\nRent,250,\nWages,150,\nTotal,1600,-1600\n",
    "titles and total": "Harbour Print Ltd\nTrial Balance\nAs at 31 March 2024\n\n"
    + HEADER
    + "Cash,700,\nMachinery,500,\nAccounts payable,,300\nShare capital,,400\n"
    "Sales,,900\nRent,250,\n"
    "Wages,150,\nTotal,1600,1600\n",
    "titles across columns": "Harbour Print Ltd,,\nTrial Balance,,\nYear ended 31/03/2024,,\n"
    "Account,Debit,Credit\nCash,700,\nMachinery,500,\nAccounts payable,,300\nShare capital,,400\n"
    "Sales,,900\nRent,250,\nWages,150,\n,,\nTOTALS,1600,1600\nPrepared by the office,,\n",
    "opening, movement, closing": "Account,Opening balance,Debit,Credit,Closing balance\n"
    "Cash,100,800,200,700\nMachinery,500,,,500\nAccounts payable,-200,50,150,-300\n"
    "Share capital,-400,0,0,-400\nSales,0,,900,-900\nRent,,250,,250\nWages,,150,,150\n",
    "opening and movement": "Account,Opening,Debit,Credit\nCash,100,800,200\nMachinery,500,,\n"
    "Accounts payable,-200,50,150\nShare capital,-400,0,0\nSales,0,,900\nRent,,250,\nWages,,150,\n",
    "pairs under a second header": ",Opening,,Movement,,Closing,\n"
    "Account,Debit,Credit,Debit,Credit,Debit,Credit\nCash,100,,800,200,700,\n"
    "Machinery,500,,,,500,\n"
    "Accounts payable,,200,50,150,,300\nShare capital,,400,,,,400\nSales,,,,900,,900\n"
    "Rent,,,250,,250,\nWages,,,150,,150,\nTotal,600,600,1250,1250,1600,1600\n",
    "pairs in one header": "Account,Opening Debit,Opening Credit,Period Debit,Period Credit,"
    "Closing Debit,Closing Credit\nCash,100,,800,200,700,\nMachinery,500,,,,500,\n"
    "Accounts payable,,200,50,150,,300\nShare capital,,400,,,,400\nSales,,,,900,,900\n"
    "Rent,,,250,,250,\nWages,,,150,,150,\n",
    "period and year to date": "Account,Debit - Month,Credit - Month,Debit - YTD,Credit - YTD\n"
    "Cash,50,,700,\nMachinery,,,500,\nAccounts payable,,20,,300\nShare capital,,,,400\n"
    "Sales,,80,,900\nRent,30,,250,\nWages,20,,150,\n",
    "period and year to date above": ",,This period,,Year to date,\n"
    "Code,Account,Debit,Credit,Debit,Credit\n1000,Cash,50,,700,\n1500,Machinery,,,500,\n"
    "2000,Accounts payable,,20,,300\n3000,Share capital,,,,400\n4000,Sales,,80,,900\n"
    "5000,Rent,30,,250,\n6000,Wages,20,,150,\n",
    "totals and net": "Account,Debit,Credit,Balance\nCash,900,200,700\nMachinery,500,0,500\n"
    "Accounts payable,50,350,-300\nShare capital,10,410,-400\nSales,20,920,-900\nRent,260,10,250\n"
    "Wages,160,10,150\n",
    "totals and balances in French": "Compte;Intitulé;Total débit;Total crédit;Solde débiteur;"
    "Solde créditeur\n530;Cash;900,00;200,00;700,00;\n215;Machinery;500,00;;500,00;\n"
    "401;Accounts payable;50,00;350,00;;300,00\n101;Share capital;10,00;410,00;;400,00\n"
    "706;Sales;20,00;920,00;;900,00\n613;Rent;260,00;10,00;250,00;\n"
    "641;Wages;160,00;10,00;150,00;\n",
    "debit, credit and their net": "Account,Debit,Credit,Net\nCash,700,,700\nMachinery,500,,500\n"
    "Accounts payable,,300,-300\nShare capital,,400,-400\nSales,,900,-900\nRent,250,,250\n"
    "Wages,150,,150\n",
    "unadjusted and adjusted": ",Unadjusted trial balance,,Adjustments,,Adjusted trial balance,\n"
    "Account,Debit,Credit,Debit,Credit,Debit,Credit\nCash,700,,,,700,\nMachinery,500,,,,500,\n"
    "Accounts payable,,250,,50,,300\nShare capital,,400,,,,400\nSales,,900,,,,900\n"
    "Rent,200,,50,,250,\nWages,150,,,,150,\n",
    "German headers and numbers": "Kontonummer;Kontobezeichnung;Soll;Haben\n1000;Kasse;700,00;\n"
    "1500;Maschinen;500,00;0,00\n2000;Lieferanten;;300,00\n3000;Kapital;;400,00\n"
    "4000;Erlöse;;900,00\n"
    "5000;Miete;250,00;\n6000;Löhne;150,00;\n",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_reads_the_same_figures_from_each_layout(read: Any, layout: str) -> None:
    result = read(LAYOUTS[layout])
    assert figures(result) == FIGURES
    assert result["reports"]["is_balanced"] and result["reports"]["anomalies"] == []
    assert len(result["extracted_data"]["accounts"]) == 7


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_reads_each_layout_from_a_workbook_too(read: Any, layout: str) -> None:
    """The cells stay text, as after a careless import into a spreadsheet."""
    text = LAYOUTS[layout]
    mark = next(mark for mark in "\t;," if mark in text)
    rows = [[cell or None for cell in line.split(mark)] for line in text.splitlines()]
    assert figures(read(rows)) == FIGURES


@pytest.mark.parametrize(
    ("layout", "source"),
    [
        ("names only", "name"),
        ("code range", "code"),
        ("code and name in one cell", "code"),
        ("prefix", "prefix"),
        ("prefix with arrows", "prefix"),
        ("type column", "column"),
        ("type letters", "column"),
        ("sections", "section"),
        ("sections with subheadings", "section"),
    ],
)
def test_it_says_where_a_type_comes_from(read: Any, layout: str, source: str) -> None:
    assert sources(read(LAYOUTS[layout])) == {source}


def test_it_names_the_columns_it_found(read: Any) -> None:
    assert "Name, City" in refused(read, "Name,City\nAnn,Oslo\n").message


PERIODS = ",31 Dec 2023,,31 Dec 2022,\nAccount,Debit,Credit,Debit,Credit\nCash,9,,5,\nSales,,9,,5\n"
MONTHS = "Month,Account,Debit,Credit\nJan,Cash,5,\nJan,Sales,,5\nFeb,Cash,9,\nFeb,Sales,,9\n"


def test_it_names_the_periods_it_found(read: Any) -> None:
    error = refused(read, PERIODS)
    assert error.code == "multiple_periods"
    assert "31 dec 2023" in error.message and "31 dec 2022" in error.message


@pytest.mark.parametrize(
    ("content", "period", "total"),
    [
        (PERIODS, "2023", "9.00"),
        (PERIODS, "31 Dec 2022", "5.00"),
        (MONTHS, "jan", "5.00"),
        (MONTHS, "Feb", "9.00"),
        ("Account,2022,2023\nCash,5,6\nSales,-5,-6\n", "2023", "6.00"),
        (
            "Entity,Account,Debit,Credit\nN,Cash,5,\nN,Sales,,5\nS,Cash,9,\nS,Sales,,9\n",
            "S",
            "9.00",
        ),
    ],
)
def test_it_reads_the_period_asked_for(read: Any, content: str, period: str, total: str) -> None:
    assert figures(read(content, period=period))[:2] == (total, total)


def test_it_warns_of_the_rows_of_other_periods(read: Any) -> None:
    told: Told = []
    read(MONTHS, told, period="Jan")
    assert [t["warning"]["where"] for t in told if "warning" in t] == ["rows 4-5"]


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        (HEADER + "Cash,100.10,\nLoan,,80.00\nSales,,50.00\n", "unbalanced", None),
        (HEADER + "Cash,540,\nRent,10,\nSales,,460\n", "suspected_transposition", 2),
        (HEADER + "Cash,1000,\nRent,400,\nWages,30,\nSales,,630\n", "possible_wrong_side", 3),
        (HEADER + "Cash,100,\nCash,50,\nSales,,150\n", "duplicate_account", 3),
        ("Code,Name,Debit,Credit\n10,A,7,\n11,B,5,\n10,C,,12\n", "duplicate_account", 4),
        (HEADER + "Cash,,100\nRent,100,\n", "unusual_side", 2),
        (HEADER + "Till,4,\nAccumulated depreciation,1,\nSales,,5\n", "unusual_side", 3),
        (HEADER + "Cash,6,\nSales,,5\nDrawings,,1\n", "unusual_side", 4),
        (HEADER + "Cash,100,\nSuspense account,,100\n", "suspense_account", 3),
        (HEADER + "Cash,100,\nRent,1o0,\nSales,,100\n", "unreadable_amount", 3),
        (HEADER + "Cash,150,50\nSales,,100\n", "both_sides", 2),
        (HEADER + "Cash,100,\nRent,0.00,0.00\nSales,,100\n", "zero_account", 3),
        (HEADER + "Cash,100,\nRent,,\nSales,,100\n", "zero_account", 3),
        (HEADER + "Cash,100,\nSales,,100\nTotal,110,100\n", "stated_total_mismatch", 4),
        (HEADER + "Assets,,\nTill,70,\nSafe,30,\nTotal assets,90,\nIncome,,\nFares,,100\n",
         "stated_total_mismatch", 5),
        (HEADER + "Cash,100,\nZyx,,100\n", "unclassified_account", 3),
        (HEADER + "Cash,100.00,\nBank,50.49,\nSales,,150.50\n", "rounding_difference", None),
        (HEADER + "Cash,1,234,\nRent,5,\nSales,,1239\n", "unreadable_amount", 2),
    ],
)  # fmt: skip
def test_it_finds_an_anomaly(read: Any, content: str, code: str, row: int | None) -> None:
    found = read(content)["reports"]["anomalies"]
    assert (code, row) in [(anomaly["code"], anomaly["row"]) for anomaly in found]


def test_it_finds_nothing_in_a_sound_file(read: Any) -> None:
    assert codes(read(SOUND)) == []


def test_it_takes_a_difference_within_the_tolerance_as_balanced(read: Any) -> None:
    content = HEADER + "Cash,100.40,\nSales,,100.00\n"
    assert not read(content)["reports"]["is_balanced"]
    assert read(content, tolerance=0.5)["reports"]["is_balanced"]


def test_it_tells_the_side_of_a_difference(read: Any) -> None:
    assert read(HEADER + "Cash,70,\nSales,,100\n")["reports"]["difference"] == "-30.00"


def test_it_leaves_contra_accounts_alone(read: Any) -> None:
    content = HEADER + "Cash,500,\nAccumulated depreciation,,100\nSales,,500\nSales returns,40,\n"
    result = read(content + "Drawings,60,\n")
    assert codes(result) == []
    assert figures(result) == ("600.00", "600.00", "460.00", "400.00", "0.00")


def test_it_never_drops_a_row_silently(read: Any) -> None:
    """Each filled row is an account, a total, a heading or named in a warning."""
    told: Told = []
    content = SOUND + ",Note: unaudited.,,\n" + "Code,Account,Debit,Credit\n" + ",Total,735,735\n"
    result = read(content, told)
    assert len(result["extracted_data"]["accounts"]) == 3
    warnings = {t["warning"]["code"]: t["warning"]["where"] for t in told if "warning" in t}
    assert warnings == {"row_without_amount": "row 5", "repeated_header": "row 6"}
    assert result["reports"]["stated_totals"] == {"row": 7, "debit": "735.00", "credit": "735.00"}


def test_it_keeps_an_amount_without_an_account(read: Any) -> None:
    told: Told = []
    result = read(HEADER + "Cash,100,\n,50,\nSales,,150\n", told)
    assert figures(result)[:2] == ("150.00", "150.00")
    assert [t["warning"]["code"] for t in told if "warning" in t] == ["account_without_name"]


def test_it_shows_its_steps(read: Any) -> None:
    told: Told = []
    read(SOUND, told)
    steps = [t["step"] for t in told if "step" in t]
    assert steps == ["Loading", "Finding the table", "Reading rows", "Classifying", "Reports"]


def test_it_returns_the_promised_keys_as_json(read: Any) -> None:
    result = json.loads(json.dumps(read(SOUND)))
    assert set(result["extracted_data"]) == {
        "layout", "sheet", "header_row", "header", "columns", "currency", "period", "readings",
        "account_count", "account_rows", "accounts_listed_twice", "accounts", "skipped",
    }  # fmt: skip
    assert set(result["extracted_data"]["accounts"][0]) == {
        "row", "code", "name", "type", "type_source", "debit", "credit",
    }  # fmt: skip
    assert set(result["reports"]) == {
        "is_balanced", "total_debit", "total_credit", "difference", "stated_totals",
        "income_statement", "balance_sheet", "anomalies",
    }  # fmt: skip


def test_it_reads_numbers_dates_and_titles_of_a_workbook(read: Any) -> None:
    rows = [["Harbour Print"], ["As at 31 March 2024 (EUR)"], [], ["Code", "Account", "Dr", "Cr"],
            [1000, "Cash", 735.0, None], [2000, "Loan", None, 250], [4000, "Sales", None, 485],
            [None, "Total", 735, 735]]  # fmt: skip
    data = read(rows)["extracted_data"]
    assert [a["code"] for a in data["accounts"]] == ["1000", "2000", "4000"]
    assert [a["row"] for a in data["accounts"]] == [5, 6, 7]
    assert (data["currency"], data["period"]) == ("EUR", "As at 31 March 2024 (EUR)")


OTHER: Rows = [["Account", "Debit", "Credit"], ["Cash", 9, None], ["Sales", None, 9]]


def test_it_finds_the_sheet_that_holds_the_table(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"Cover": [["Notes"], ["Hello", "you"]], "Ledger": TB})
    assert run(path)["extracted_data"]["sheet"] == "Ledger"


def test_it_prefers_the_sheet_named_trial_balance(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"Old": OTHER, "Trial Balance": TB})
    assert run(path)["reports"]["total_debit"] == "5.00"


def test_it_asks_which_of_several_sheets(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"North": TB, "South": OTHER})
    with pytest.raises(BadInput, match="North, South") as caught:
        run(path)
    assert caught.value.code == "multiple_periods"
    assert run(path, sheet="south")["reports"]["total_debit"] == "9.00"


def test_it_names_the_sheets_when_the_wanted_one_is_missing(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        run(workbook(tmp_path, {"North": TB}), sheet="West")
    assert (caught.value.code, caught.value.hint) == ("unknown_sheet", "North")


def test_it_reads_50_000_rows_in_seconds(read: Any) -> None:
    """Of this process, not in minutes; a moment in which the machine is slow proves nothing."""
    lines = [f"{1000 + n},Till {n},{n}.25,\n4{n:05},Fares {n},,{n}.25\n" for n in range(25_000)]

    def takes_s() -> float:
        started = time.process_time()
        result = read("Code,Account,Debit,Credit\n" + "".join(lines))
        assert result["extracted_data"]["account_count"] == 50_000
        return time.process_time() - started

    assert any(takes_s() < 15 for _ in range(3))


def test_it_lists_of_a_large_file_what_fits_and_says_so(tmp_path: Path) -> None:
    """Bellhop takes 5 MiB of a result; totals and files have all rows."""
    lines = [f"1{n:05},Till {n},{n}.25,\n4{n:05},Fares {n},,{n}.25\n" for n in range(25_000)]
    told: Told = []
    path = tmp_path / "large.csv"
    path.write_text("Code,Account,Debit,Credit\n" + "".join(lines))
    result = run_in(tmp_path, path, told)
    assert len(json.dumps(result).encode()) < 5 * 2**20
    assert 10_000 < len(result["extracted_data"]["accounts"]) < 50_000
    assert figures(result)[:2] == ("312493750.00", "312493750.00")
    assert sum("list_shortened" in str(one) for one in told) == 3
    assert (tmp_path / "trial_balance.csv").read_text().count("Fares") == 25_000


def test_it_agrees_with_the_expected_results() -> None:
    """Over the shared data, where the checkout has it beside the project."""
    for expected_file in SHARED.glob("trial_balance/expected.json"):
        for name, expected in json.loads(expected_file.read_text("utf-8")).items():
            result = run(expected_file.parent / name)
            reports = result["reports"]
            found = {**reports, **reports["income_statement"], **reports["balance_sheet"]}
            found["account_count"] = len(result["extracted_data"]["accounts"])
            assert {key: found[key] for key in expected} == expected, name


def test_it_reads_the_examples() -> None:
    examples = ROOT / "examples"
    for name in ("trial_balance.csv", "trial_balance.xlsx"):
        result = run(examples / name)
        assert result["reports"]["is_balanced"] and codes(result) == []


@pytest.mark.parametrize(
    ("content", "total"),
    [
        ("No,Account,Debit,Credit\n1,Cash,5,\n2,Loan,,2\n3,Sales,,3\n", "5.00"),
        ("Type,Account,Debit,Credit\nAsset,Till,2,\n,Safe,3,\n,Van,4,\nIncome,Fares,,9\n", "9.00"),
        ("Name,Type,Amount\nCash,Debit,5\nSales,Credit,5\n", "5.00"),
        ("Account,Actual,Budget,Variance\nCash,5,9,4\nSales,-5,-9,-4\n", "5.00"),
        ("Ltd,,2024\nAccount,Debit,Credit\nCash,5,\nSales,,5\n", "5.00"),
        ("sep=;\nAccount;Debit;Credit\nCash;5;\nSales;;5\n", "5.00"),
        ("Account,Debit,Credit\n-----,-----,-----\nCash,5,\nSales,,5\n,=====,=====\n", "5.00"),
    ],
)
def test_it_is_not_misled(read: Any, content: str, total: str) -> None:
    """Counters, types named once, sides called types, budgets, stray titles, rulers."""
    result = read(content)
    assert figures(result)[:2] == (total, total)
    assert codes(result) == []


def test_it_repeats_a_type_that_is_named_once(read: Any) -> None:
    content = "Type,Account,Debit,Credit\nAsset,Till,2,\n,Safe,3,\n,Van,4,\nIncome,Fares,,9\n"
    assert figures(read(content))[2:4] == ("9.00", "9.00")


ENTITIES = (
    "Account,North Debit,North Credit,South Debit,South Credit\nCash,5,,9,\nSales,,5,,9\n",
    "Account,North,South\nCash,5,9\nSales,-5,-9\n",
    ",North,,South,\nAccount,Debit,Credit,Debit,Credit\nCash,5,,9,\nSales,,5,,9\n",
    "North\n" + HEADER + "Cash,5,\nSales,,5\nTotal,5,5\n\nSouth\n" + HEADER
    + "Cash,9,\nSales,,9\nTotal,9,9\n",
    "Ltd\nNorth\n" + HEADER + "Cash,5,\nSales,,5\nLtd\nSouth\n" + HEADER + "Cash,9,\nSales,,9\n",
)  # fmt: skip


@pytest.mark.parametrize("content", ENTITIES)
def test_it_tells_entities_apart(read: Any, content: str) -> None:
    error = refused(read, content)
    assert error.code == "multiple_periods"
    assert "north, south" in error.message.casefold()
    assert figures(read(content, period="south"))[:2] == ("9.00", "9.00")


def test_it_takes_a_header_on_each_page_as_one_table(read: Any) -> None:
    pages = [f"Ltd\nPage {n}\n{HEADER}Cash {n},5,\nSales {n},,5\n" for n in (1, 2, 3)]
    assert figures(read("".join(pages)))[:2] == ("15.00", "15.00")


def test_it_reads_this_year_and_not_the_one_before(read: Any) -> None:
    content = "Account,Prior year,Current year\nCash,5,9\nSales,-5,-9\n"
    assert figures(read(content))[:2] == ("9.00", "9.00")


def test_it_does_not_count_groups_twice(read: Any) -> None:
    told: Told = []
    content = (
        "Code,Account,Debit,Credit\n1,Assets,9,\n10,Cash,9,\n101,Till,4,\n102,Safe,5,\n"
        "4,Income,,9\n401,Fares,,6\n402,Tips,,3\n"
    )
    result = read(content, told)
    assert figures(result)[:2] == ("9.00", "9.00")
    assert [a["code"] for a in result["extracted_data"]["accounts"]] == ["101", "102", "401", "402"]
    assert [t["warning"]["where"] for t in told if "warning" in t] == ["rows 2-3, 6"]


def test_it_reports_a_group_that_differs_from_its_accounts(read: Any) -> None:
    content = (
        "Code,Account,Debit,Credit\n1,Assets,9,\n101,Till,4,\n102,Safe,5,\n"
        "4,Income,,8\n401,Fares,,6\n402,Tips,,3\n"
    )
    assert codes(read(content)) == ["stated_total_mismatch"]


@pytest.mark.parametrize(
    "content",
    [
        "Code;Account;EB-Wert;S/H;Soll;Haben;Saldo;S/H\n10;Cash;2;S;5;;7;S\n40;Sales;2;H;;5;7;H\n",
        "Conto,Descrizione,Saldo Dare,Saldo Avere\n10,Cash,7,\n40,Sales,,7\n",
        "Konto,Nazwa,BO Wn,BO Ma,Saldo Wn,Saldo Ma\n10,Cash,2,,7,\n40,Sales,,2,,7\n",
        "Konto,Benämning,Ingående balans,Period,Utgående balans\n10,Cash,2,5,7\n"
        "40,Sales,-2,-5,-7\n",
        "GL,Text,Balance Carryforward,Debit,Credit,Accumulated Balance\n10,Cash,2,5,,7\n"
        "40,Sales,-2,,5,-7\n",
    ],
)
def test_it_knows_the_words_of_other_places(read: Any, content: str) -> None:
    assert figures(read(content))[:2] == ("7.00", "7.00")


def test_it_records_which_amounts_it_chose_and_how_to_choose_others(read: Any) -> None:
    content = LAYOUTS["period and year to date"]
    (reading,) = read(content)["extracted_data"]["readings"]
    assert (reading["what"], reading["chosen"]) == ("amounts", "Debit - YTD, Credit - YTD")
    (other,) = reading["others"]
    assert other["text"] == "Debit - Month, Credit - Month"
    result = read(content, mapping=other["mapping"])
    assert figures(result)[:2] == ("100.00", "100.00")
    assert result["extracted_data"]["readings"] == []


def test_it_shows_every_column_with_what_it_was_read_as(read: Any) -> None:
    header = read(LAYOUTS["period and year to date"])["extracted_data"]["header"]
    assert [(column["name"], column["role"]) for column in header] == [
        ("Account", "account"), ("Debit - Month", None), ("Credit - Month", None),
        ("Debit - YTD", "debit"), ("Credit - YTD", "credit"),
    ]  # fmt: skip
    assert header[1]["sample"] == ["50", "", "", ""]


def test_it_names_columns_of_one_header_by_their_letters(read: Any) -> None:
    header = read(LAYOUTS["period and year to date above"])["extracted_data"]["header"]
    assert [column["name"] for column in header] == ["Code", "Account", "C", "D", "E", "F"]


def test_it_tells_opening_columns_from_the_others(read: Any) -> None:
    header = read(LAYOUTS["opening and movement"])["extracted_data"]["header"]
    assert [column["role"] for column in header] == ["account", "opening", "debit", "credit"]


def test_it_records_nothing_where_there_was_one_reading(read: Any) -> None:
    assert read(SOUND)["extracted_data"]["readings"] == []


def test_it_warns_of_amounts_it_left_aside(read: Any) -> None:
    told: Told = []
    read(LAYOUTS["period and year to date"], told)
    messages = [t["warning"]["message"] for t in told if "warning" in t]
    assert messages == ["Amounts not used: Debit - Month, Credit - Month."]


def test_it_warns_when_a_parameter_had_no_effect(read: Any) -> None:
    told: Told = []
    read(SOUND, told, sheet="North", period="2019")
    found = [t["warning"]["code"] for t in told if "warning" in t]
    assert found == ["sheet_ignored", "period_not_found"]
