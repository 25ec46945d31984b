"""Turn a finished book into the result: totals, both statements, anomalies, what was extracted.

Called last. Must never correct an amount, nor compute with anything but Decimal.
"""

from decimal import Decimal
from itertools import groupby
from typing import Any

from bellhop.jobtypes.ledger.anomalies import sums_of
from bellhop.jobtypes.ledger.cells import ZERO, find_currency, money, normal, text_of
from bellhop.jobtypes.ledger.model import DEBIT_TYPES, TYPES, Account, Book, Table
from bellhop.jobtypes.ledger.overview import columns_of
from bellhop.jobtypes.ledger.words import PERIOD


def make_reports(book: Book, tolerance: Decimal) -> dict[str, Any]:
    """Totals, both statements and the anomalies in the order of the rows."""
    debit, credit = sums_of(book.accounts)
    stated = next((total for total in book.totals if total.final), None)
    return {
        "is_balanced": is_balanced(book, tolerance),
        "total_debit": money(debit),
        "total_credit": money(credit),
        "difference": money(debit - credit),
        "stated_totals": stated and {
            "row": stated.row,
            "debit": None if stated.debit is None else money(stated.debit),
            "credit": None if stated.credit is None else money(stated.credit),
        },
        **statements(book.accounts),
        "anomalies": sorted(book.anomalies, key=lambda anomaly: anomaly["row"] or 0),
    }  # fmt: skip


def is_balanced(book: Book, tolerance: Decimal) -> bool:
    """Whether all amounts were read, there are some, and both sides agree."""
    debit, credit = sums_of(book.accounts)
    whole = all(account.readable for account in book.accounts) and (debit or credit)
    return bool(whole) and abs(debit - credit) <= tolerance


def statements(accounts: list[Account]) -> dict[str, Any]:
    """Income statement and balance sheet, each amount positive on its type's usual side."""
    lines: dict[str, list[dict[str, str]]] = {kind: [] for kind in TYPES}
    totals = dict.fromkeys(TYPES, ZERO)
    for account in accounts:
        if account.type:
            amount = account.net if account.type in DEBIT_TYPES else -account.net
            totals[account.type] += amount
            line = {"code": account.code, "name": account.name, "amount": money(amount)}
            lines[account.type].append(line)
    income = totals["revenue"] - totals["expense"]
    equity = totals["equity"] + income
    return {
        "income_statement": {
            "revenue": lines["revenue"],
            "expenses": lines["expense"],
            "total_revenue": money(totals["revenue"]),
            "total_expenses": money(totals["expense"]),
            "net_income": money(income),
        },
        "balance_sheet": {
            "assets": lines["asset"],
            "liabilities": lines["liability"],
            "equity": lines["equity"],
            "total_assets": money(totals["asset"]),
            "total_liabilities": money(totals["liability"]),
            "total_equity_incl_income": money(equity),
            "equation_difference": money(totals["asset"] - totals["liability"] - equity),
        },
    }


def extracted_data(table: Table, book: Book) -> dict[str, Any]:
    """Where the table is and what its accounts are."""
    columns = table.labels | table.amounts[table.pick]
    top = [text_of(cell) for row in table.sheet.rows[: table.header + 1] for cell in row]
    places = [table.labels["currency"]] if "currency" in table.labels else []
    beside = [text for c in [*places, *table.amount_columns()] for text in table.texts(c, 20)]
    titles = (text for text in top if PERIOD.search(normal(text)))
    return {
        "layout": table.layout,
        "sheet": table.sheet.name or None,
        "header_row": table.sheet.number(table.header) or None,
        "header": columns_of(table),
        "columns": {k: table.sheet.text(table.header, column) for k, column in columns.items()},
        "currency": find_currency([" ".join(top), *beside]),
        "period": table.period or next(titles, None),
        "readings": table.readings,
        "account_count": book.account_count,
        "account_rows": len(book.accounts),
        "accounts_listed_twice": book.listed_twice,
        "accounts": [
            {
                "row": account.row,
                "code": account.code,
                "name": account.name,
                "type": account.type,
                "type_source": account.source,
                "debit": money(account.debit),
                "credit": money(account.credit),
            }
            for account in book.accounts
        ],
        "skipped": {kind: ranges(sorted(rows)) for kind, rows in book.skipped.items()},
    }


def ranges(rows: list[int]) -> str:
    """Rows as "3-5, 9"."""
    runs = groupby(enumerate(rows), key=lambda place: place[1] - place[0])
    parts = [[row for _, row in run] for _, run in runs]
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts)
