"""Turn a finished book into the result: totals, both statements, anomalies, what was extracted.

Called last. Must never correct an amount: a finding is added to `book.anomalies` and the figures
stay as they are; nor compute with anything but Decimal.
"""

from decimal import Decimal
from typing import Any

from jobtypes.ledger.cells import CENT, ZERO, find_currency, money, normal, text_of
from jobtypes.ledger.classify import type_of
from jobtypes.ledger.model import DEBIT_TYPES, TYPES, Account, Book, Table, Total
from jobtypes.ledger.words import CREDIT_ASSET, DEBIT_EQUITY, EITHER_SIDE, PERIOD, SUSPENSE

Sums = tuple[Decimal, Decimal]  # debit and credit


def make_reports(book: Book, tolerance: Decimal) -> dict[str, Any]:
    """Totals, both statements and the anomalies in the order of the rows."""
    debit, credit = sums_of(book.accounts)
    stated = next((total for total in book.totals if total.final), None)
    return {
        "is_balanced": abs(debit - credit) <= tolerance,
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
        "header_row": table.header + 1,
        "columns": {k: table.sheet.text(table.header, column) for k, column in columns.items()},
        "currency": find_currency([" ".join(top), *beside]),
        "period": table.period or next(titles, None),
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
    }


def find_anomalies(book: Book, tolerance: Decimal) -> None:
    for account in book.accounts:
        check_account(book, account)
    check_duplicates(book)
    check_totals(book, tolerance)
    check_balance(book, tolerance)


def sums_of(accounts: list[Account]) -> Sums:
    return sum((a.debit for a in accounts), ZERO), sum((a.credit for a in accounts), ZERO)


def unusual(account: Account) -> bool:
    """Whether the balance stands on the side where such an account does not belong."""
    plain, kind, in_debit = normal(account.name), account.type, account.net > 0
    if kind == "asset" and CREDIT_ASSET.search(plain):
        return in_debit
    if kind == "equity" and DEBIT_EQUITY.search(plain):
        return account.net < 0
    if not kind or not account.net or EITHER_SIDE.search(plain):
        return False
    return in_debit != (kind in DEBIT_TYPES)


def check_account(book: Book, account: Account) -> None:
    """What can be said of an account by itself."""

    if account.debit and account.credit:
        book.add("both_sides", "Debit and credit are both filled.", account, account.net)
    if not account.debit and not account.credit and account.readable:
        book.add("zero_account", "The account has no balance.", account)
    if unusual(account):
        text = f"An account of type {account.type} is expected on the other side."
        book.add("unusual_side", text, account, account.net)
    if SUSPENSE.search(normal(account.name)):
        book.add("suspense_account", "A suspense account is still open.", account, account.net)
    elif not account.type:
        text = "No type was found; the account is in no statement."
        book.add("unclassified_account", text, account, account.net)


def check_duplicates(book: Book) -> None:
    """The same code twice, or the same name and type where there is no code."""
    first: dict[tuple[str, str], Account] = {}
    for account in book.accounts:
        key = (account.code, "") if account.code else (normal(account.name), account.type or "")
        if key in first and any(key):
            text = f"The account stands in row {first[key].row} already."
            book.add("duplicate_account", text, account, account.net)
        first.setdefault(key, account)


def check_totals(book: Book, tolerance: Decimal) -> None:
    """Compare each total of the file with the accounts it can cover."""
    sums: list[Sums] = [(ZERO, ZERO)]
    for account in book.accounts:
        sums.append((sums[-1][0] + account.debit, sums[-1][1] + account.credit))
    bounds = set(book.bounds)
    for total in book.totals:
        # A file's own total covers everything, unless other totals split it in parts.
        parted = any(other.bare for other in book.totals if other is not total)
        starts = bounds if parted or not total.final else {0}
        if total.debit is not None or total.credit is not None:
            end = sums[total.start]
            parts = [(end[0] - sums[s][0], end[1] - sums[s][1]) for s in starts]
            if not total.bare:
                kind = type_of(total.label)
                parts.append(sums_of([a for a in book.accounts if a.type == kind]))
            if not any(agrees(total, part, tolerance) for part in parts):
                debit, credit = min(parts, key=lambda part: abs(gap(total, part)))
                stated = f'"{total.label}" differs from the rows: '
                text = f"{stated}{money(debit)} debit and {money(credit)} credit."
                amount = gap(total, (debit, credit))
                book.add("stated_total_mismatch", text, total, amount)
        bounds.add(total.start)


def gap(total: Total, part: Sums) -> Decimal:
    """The larger of what debit and credit differ by."""
    debit = ZERO if total.debit is None else total.debit - part[0]
    credit = ZERO if total.credit is None else total.credit - part[1]
    return max(debit, credit, key=abs)


def agrees(total: Total, part: Sums, tolerance: Decimal) -> bool:
    """Whether a total equals the sums of both sides or, in one column, their net."""
    if abs(gap(total, part)) <= tolerance:
        return True
    one_sided = not total.debit or not total.credit
    net = (total.debit or ZERO) - (total.credit or ZERO) - (part[0] - part[1])
    return one_sided and (total.signed or not total.final) and abs(net) <= tolerance


def check_balance(book: Book, tolerance: Decimal) -> None:
    """Explain a difference between debits and credits."""
    debit, credit = sums_of(book.accounts)
    off = debit - credit
    if not off:
        return
    whole = all(a.debit % 1 == 0 and a.credit % 1 == 0 for a in book.accounts)
    unit = Decimal(1) if whole else CENT
    small = abs(off) <= min(5 * unit, unit * len(book.accounts) / 2)
    if small or abs(off) <= tolerance:
        text = "The difference is small enough to come from rounding."
        book.add("rounding_difference", text, None, off)
    if abs(off) <= tolerance:
        return
    book.add("unbalanced", f"Debits and credits differ by {money(abs(off))}.", None, off)
    if small or not all(account.readable for account in book.accounts):
        return
    wrong = [account for account in book.accounts if account.net * 2 == off]
    strange = [account for account in wrong if unusual(account)]
    for account in (strange or wrong)[:3]:
        text = "The difference is twice this amount: it may stand on the wrong side."
        book.add("possible_wrong_side", text, account, account.net)
    if off * 100 % 9 == 0 and not strange:
        text = "The difference is divisible by 9: two digits of an amount may be swapped."
        book.add("suspected_transposition", text, None, off)
