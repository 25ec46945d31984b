"""Write the result as files that a spreadsheet opens: `trial_balance.csv` and `.xlsx`.

Called last of all. Must never write a text of the file as something a spreadsheet would run:
in XLSX every text is stored as text, in CSV one that could begin a formula gets an apostrophe.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bellhop.jobtypes.ledger.xlsxfile import HEAD as HEADER
from bellhop.jobtypes.ledger.xlsxfile import (
    MONEY,
    TEXT,
    TITLE,
    TOTAL,
    Number,
    Row,
    Sheet,
    write_workbook,
)

NAME = "trial_balance"
# How a formula or a command may begin (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
HEAD = ("Row", "Code", "Account", "Type", "Debit", "Credit", "Anomalies")
WIDTHS = (8, 14, 44, 12, 18, 18, 60)


def write_exports(folder: Path, extracted_data: dict[str, Any], reports: dict[str, Any]) -> None:
    """Write both files into `folder` from the two parts of a result."""
    rows = account_rows(extracted_data["accounts"], reports["anomalies"])
    write_csv(folder / f"{NAME}.csv", rows, reports)
    write_xlsx(folder / f"{NAME}.xlsx", rows, reports)


def account_rows(accounts: list[dict[str, Any]], anomalies: list[dict[str, Any]]) -> list[tuple]:
    """A row per account in the order of `HEAD`, its anomalies in words."""
    notes = defaultdict(list)
    for anomaly in anomalies:
        if anomaly["account"] is not None:
            notes[anomaly["row"]].append(f"{anomaly['severity']}: {anomaly['message']}")
    return [
        (
            account["row"], account["code"], account["name"], account["type"] or "",
            account["debit"], account["credit"], " ".join(notes.get(account["row"], ())),
        )
        for account in accounts
    ]  # fmt: skip


def safe_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_csv(path: Path, rows: list[tuple], reports: dict[str, Any]) -> None:
    """UTF-8 with its mark, so that spreadsheets read accents; amounts with a decimal point."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEAD)
        for row, code, name, kind, debit, credit, notes in rows:
            texts = (safe_text(code), safe_text(name), kind)
            writer.writerow([row, *texts, debit, credit, safe_text(notes)])
        totals = (reports["total_debit"], reports["total_credit"])
        writer.writerow(["", "", "Total", "", *totals, ""])


def write_xlsx(path: Path, rows: list[tuple], reports: dict[str, Any]) -> None:
    """A workbook with the accounts, both statements and the anomalies."""
    anomalies = anomaly_rows(reports["anomalies"])
    sheets = [
        Sheet("Accounts", WIDTHS, sheet_rows(rows, reports), is_listed=True),
        Sheet("Income statement", (48, 20), income_rows(reports)),
        Sheet("Balance sheet", (48, 20), balance_rows(reports)),
        Sheet("Anomalies", (8, 12, 26, 40, 70, 18), anomalies, is_listed=True),
    ]
    write_workbook(path, sheets)


def sheet_rows(rows: list[tuple], reports: dict[str, Any]) -> Iterator[Row]:
    """The accounts with their total below; a side without an amount stays blank."""
    yield HEAD, HEADER, HEADER
    for row, code, name, kind, debit, credit, notes in rows:
        sides = [None if amount == "0.00" else Number(amount) for amount in (debit, credit)]
        yield (Number(str(row), TEXT), code, name, kind, *sides, notes), TEXT, MONEY
    totals = Number(reports["total_debit"]), Number(reports["total_credit"])
    yield (None, None, "Total", None, *totals), TOTAL, TOTAL


def income_rows(reports: dict[str, Any]) -> Iterator[Row]:
    """The income statement: revenue, expenses, net income."""
    report = reports["income_statement"]
    yield from section("Revenue", report["revenue"], report["total_revenue"])
    yield from section("Expenses", report["expenses"], report["total_expenses"])
    yield ("Net income", Number(report["net_income"])), TOTAL, TOTAL


def balance_rows(reports: dict[str, Any]) -> Iterator[Row]:
    """The balance sheet: assets, liabilities, equity with the net income."""
    report, income = reports["balance_sheet"], reports["income_statement"]["net_income"]
    equity = [*report["equity"], {"code": "", "name": "Net income of the period", "amount": income}]
    yield from section("Assets", report["assets"], report["total_assets"])
    yield from section("Liabilities", report["liabilities"], report["total_liabilities"])
    yield from section("Equity", equity, report["total_equity_incl_income"])
    yield ("Difference", Number(report["equation_difference"])), TOTAL, TOTAL


def section(title: str, lines: list[dict[str, str]], total: str) -> Iterator[Row]:
    """One part of a statement with its total."""
    yield (title,), TITLE, TITLE
    for line in lines:
        yield (f"{line['code']} {line['name']}".strip(), Number(line["amount"])), TEXT, MONEY
    yield (f"Total {title.lower()}", Number(total)), TOTAL, TOTAL


def anomaly_rows(anomalies: list[dict[str, Any]]) -> Iterator[Row]:
    """One row per anomaly; those of the whole file have no row or account."""
    yield ("Row", "Severity", "Code", "Account", "Message", "Amount"), HEADER, HEADER
    for anomaly in anomalies:
        row = None if anomaly["row"] is None else Number(str(anomaly["row"]), TEXT)
        texts = [anomaly[key] or "" for key in ("severity", "code", "account", "message")]
        amount = None if anomaly["amount"] is None else Number(anomaly["amount"])
        yield (row, *texts, amount), TEXT, MONEY
