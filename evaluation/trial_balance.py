"""How exactly trial balances are read: the figures of each file, and how long large ones take."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from evaluation import Figure, Run

ROWS = 50_000


def figures(run: Run, data: Path) -> list[Figure]:
    """Files whose totals, difference, net income, assets and liabilities are exact to the cent;
    planted anomalies found and what else is reported with each; seconds for 50,000 rows."""
    folder = data / "trial_balance"
    expected: dict[str, dict[str, Any]] = json.loads((folder / "expected.json").read_text("utf-8"))
    results = run("trial_balance", [folder / name for name in expected])
    wrong = [
        name
        for (name, wanted), result in zip(expected.items(), results, strict=True)
        if any(found_in(result).get(key) != value for key, value in wanted.items())
    ]
    with tempfile.TemporaryDirectory() as scratch:
        planted = planted_figures(run, Path(scratch))
        seconds = max(timed(run, path) for path in large_files(Path(scratch)))
    return [
        Figure(f"files exact to the cent, of {len(expected)}", len(expected) - len(wrong),
               least=len(expected)),
        *planted,
        Figure(f"seconds for {ROWS:,} rows, CSV and XLSX", round(seconds, 2), most=5),
    ]  # fmt: skip


def found_in(result: dict[str, Any]) -> dict[str, Any]:
    """All figures of a result by their names; none of a file that was refused."""
    if "error" in result:
        return {}
    reports = result["reports"]
    count = len(result["extracted_data"]["accounts"])
    statements = {**reports["income_statement"], **reports["balance_sheet"]}
    return {**reports, **statements, "account_count": count}


BOOKS = {
    "Cash at bank": "18450.27", "Trade receivables": "7321.58", "Inventory": "2615.75",
    "Machinery": "24013.06", "Accumulated depreciation": "-6000.00", "Trade payables": "-4180.45",
    "VAT payable": "-1260.31", "Bank loan": "-9000.00", "Share capital": "-20000.00",
    "Retained earnings": "-5270.94", "Sales": "-61400.00", "Interest income": "-3851.16",
    "Purchases": "19870.40", "Wages": "28400.00", "Rent": "7207.11", "Electricity": "2070.13",
    "Insurance": "1014.56",
}  # fmt: skip
PLANTED: dict[str, dict[str, str]] = {
    "both_sides": {"Rent": "7207.11|90.00"},
    "possible_wrong_side": {"Wages": "-28400.00"},
    "rounding_difference": {"Rent": "7207.13"},
    "suspected_transposition": {"Electricity": "2700.13"},
    "suspense_account": {"Suspense account": "10.00", "Rent": "7197.11"},
    "unbalanced": {"Rent": "7999.99"},
    "unclassified_account": {"Zyxomat": "10.00", "Rent": "7197.11"},
    "unreadable_amount": {"Insurance": "1O14.56"},
    "unusual_side": {"Trade payables": "4180.45", "Cash at bank": "10089.37"},
    "zero_account": {"Insurance": ""},
}


def line(name: str, amount: str) -> str:
    """An account as a line of CSV; "a|b" fills both sides."""
    debit, _, credit = amount.partition("|")
    if debit.startswith("-"):
        debit, credit = "", debit[1:]
    return f"{name},{debit},{credit}\n"


def planted_figures(run: Run, folder: Path) -> list[Figure]:
    """Planted anomalies that were missed, and the most that was reported beside one."""
    paths = []
    for code, changes in PLANTED.items():
        lines = [line(name, amount) for name, amount in {**BOOKS, **changes}.items()]
        path = folder / f"{code}.csv"
        path.write_text("Account,Debit,Credit\n" + "".join(lines), "utf-8")
        paths.append(path)
    missed, others = 0, 0
    for code, result in zip(PLANTED, run("trial_balance", paths), strict=True):
        reports = result.get("reports", {"anomalies": []})
        codes = [anomaly["code"] for anomaly in reports["anomalies"]]
        missed += code not in codes
        others = max(others, len(codes) - (code in codes))
    return [
        Figure(f"planted anomalies missed, of {len(PLANTED)}", missed, most=0),
        Figure("other anomalies beside a planted one, at most", others, most=2),
    ]


def large_files(folder: Path) -> list[Path]:
    """The same 50,000 accounts as CSV and as a workbook."""
    from bellhop.jobtypes.ledger.xlsxfile import Number, Sheet, write_workbook

    rows: list[tuple[str, str, str, str]] = []
    for number in range(ROWS // 2):
        amount = f"{number}.25"
        rows.append((f"1{number:05}", f"Till {number}", amount, ""))
        rows.append((f"4{number:05}", f"Fares {number}", "", amount))
    head = ("Code", "Account", "Debit", "Credit")
    text, book = folder / "large.csv", folder / "large.xlsx"
    text.write_text("".join(",".join(row) + "\n" for row in [head, *rows]), "utf-8")
    cells = [(code, name, debit and Number(debit), credit and Number(credit))
             for code, name, debit, credit in rows]  # fmt: skip
    write_workbook(book, [Sheet("TB", (9, 30, 12, 12), [(row, 0, 1) for row in [head, *cells]])])
    return [text, book]


def timed(run: Run, path: Path) -> float:
    started = time.monotonic()
    (result,) = run("trial_balance", [path])
    assert result["extracted_data"]["account_count"] == ROWS
    return time.monotonic() - started
