"""Read the rows of a table into a book of accounts and totals.

Called once the columns are settled. Must never drop a row silently: each becomes an account, a
total or a section, or is named in a warning.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from bellhop.jobtypes.ledger.cells import ZERO, normal, text_of
from bellhop.jobtypes.ledger.classify import heading_type
from bellhop.jobtypes.ledger.groups import drop_groups
from bellhop.jobtypes.ledger.headers import CODE
from bellhop.jobtypes.ledger.model import Account, Amount, Book, Table, Total
from bellhop.jobtypes.ledger.parts import choose_rows, heads_of, trimmed
from bellhop.jobtypes.ledger.table import not_a_trial_balance
from bellhop.jobtypes.ledger.words import BARE_TOTAL, NOTE, SUMMARY, TOTAL

CODED_NAMES = (
    re.compile(r"(?P<code>\d[\d.\-]*\d)\s*[-\u2013·:|]?\s+(?P<name>\D.*)"),
    re.compile(r"(?P<name>\D.*?)\s*\((?P<code>\d[\d.\-]+)\)"),
)


@dataclass
class State:
    """What one row says for those below it."""

    section: str = ""
    hint: str = ""
    period: str = ""


def read_rows(table: Table, period: str) -> Book:
    """Turn every row below the header into an account, a total, a section or a warning.

    Raises BadInput: multiple_periods, not_a_trial_balance.
    """
    book, sheet, state = Book(), table.sheet, State()
    choice = choose_rows(table, period)
    heads = heads_of(table)
    sparse = named_once(table)
    for index in range(table.header + 1, len(sheet.rows)):
        texts = [text_of(cell) for cell in sheet.rows[index]]
        bad = sheet.bad and any((index, place) in sheet.bad for place in table.amount_columns())
        if not bad and not re.search(r"\w", "".join(texts)):
            continue
        state.period = cell_text(texts, choice.column) or state.period
        if trimmed(texts) in heads:
            book.warn("repeated_header", sheet.number(index), "the header is repeated")
        elif not choice.start <= index < choice.end or state.period != choice.value:
            book.warn("other_period", sheet.number(index), "belongs to another period or entity")
        else:
            if sparse:
                fill_hint(texts, table.labels["type"], state)
            read_row(table, book, index, texts, state)
    if not book.accounts:
        raise not_a_trial_balance([sheet])
    undo_lone_heading(book)
    mark_final(book)
    split_codes(table, book)
    drop_groups(book)
    flip_credits(table, book)
    return book


def named_once(table: Table) -> bool:
    """Whether the column of types names each one at its first account only."""
    hints = table.texts(table.labels["type"]) if "type" in table.labels else []
    count = min(200, len(table.sheet.rows) - table.header - 1)
    repeated = any(first == second for first, second in pairwise(hints))
    return bool(hints) and not repeated and len(hints) * 3 <= count * 2


def fill_hint(texts: list[str], column: int, state: State) -> None:
    """Repeat the type above in the blank cells of a column that names each type once."""
    others = [text for place, text in enumerate(texts) if place != column and text]
    if cell_text(texts, column):
        state.hint = texts[column]
    elif column < len(texts) and others and not TOTAL.match(normal(others[0])):
        texts[column] = state.hint


def cell_text(texts: list[str], column: int | None) -> str:
    return texts[column] if column is not None and column < len(texts) else ""


def read_row(table: Table, book: Book, index: int, texts: list[str], state: State) -> None:
    """Decide what one row is; `state` carries the section from row to row."""
    code, name, hint = (cell_text(texts, table.labels.get(m)) for m in ("code", "name", "type"))
    amounts = table.amount_columns()
    label = name or code or next((t for c, t in enumerate(texts) if t and c not in amounts), "")
    debit, credit, unread = read_amounts(table, index, texts)
    row, plain, blank = (
        table.sheet.number(index),
        normal(label),
        debit is None and credit is None and not unread,
    )
    numbered = bool(CODE.fullmatch(code))
    words_only = not numbered and not hint
    bare = not label or bool(BARE_TOTAL.fullmatch(plain))
    named = words_only and label and (bare or TOTAL.match(plain))
    if named or (not label and not hint and not unread and debit and credit):
        if blank:
            book.warn("total_without_amount", row, f'"{label}" states no amount')
        signed = bool(table.opening) or "debit" not in table.amounts[table.pick]
        start = len(book.accounts)
        book.totals.append(Total(row, label, debit, credit, start, signed, bare))
    elif not numbered and book.totals and SUMMARY.fullmatch(plain):
        book.warn("summary_row", row, f'"{label}" is a result, not an account')
    elif (
        blank
        and not numbered
        and NOTE.search(label or hint)
        and len("".join(texts)) <= len(label or hint)
    ):
        book.warn("row_without_amount", row, f'"{(label or hint)[:80]}" has no amount')
    elif unread and not label and not re.search(r"\d", "".join(texts)):
        book.warn("row_without_amount", row, ", ".join(unread))
    elif blank and (heading := heading_type(label)) is not None:
        state.section = heading
        book.bounds.append(len(book.accounts))
        book.headings.append((len(book.accounts), Account(row, code, label, ZERO, ZERO, hint)))
    elif blank and words_only and not is_plain_account(table, book, label, state):
        book.bounds.append(len(book.accounts))
        book.warn("row_without_amount", row, f'"{label[:80]}" has no amount')
    else:
        name = name or ("" if numbered else label)
        account = Account(row, code, name, debit or ZERO, credit or ZERO, hint, state.section)
        add_account(book, account, unread)


def is_plain_account(table: Table, book: Book, label: str, state: State) -> bool:
    """Whether a row of words alone is an account that stands at zero, not a note or heading."""
    notes = len(label) > 60 or label.endswith((":", ".")) or book.totals or NOTE.search(label)
    return bool(label) and not (notes or state.section or "code" in table.labels)


def add_account(book: Book, account: Account, unread: list[str]) -> None:
    book.accounts.append(account)
    account.readable = not unread
    if not account.label:
        book.warn("account_without_name", account.row, "an amount without an account")
    for cell in unread:
        book.add("unreadable_amount", f'"{cell}" cannot be read as an amount.', account)


def read_amounts(table: Table, index: int, texts: list[str]) -> tuple[Amount, Amount, list[str]]:
    """Debit, credit and the texts of the cells that cannot be read, of one row."""
    group, unread = table.amounts[table.pick], []

    def value(column: int | None) -> Amount:
        try:
            return table.amount(index, column)
        except ValueError as error:
            unread.append(str(error))
            return None

    debit, credit = value(group.get("debit")), value(group.get("credit"))
    width = len(table.sheet.rows[table.header])
    # One cell too many: "1,234" without quotation marks became two.
    if len(texts) > width and (any(texts[width:]) or (debit and credit)):
        return None, None, [", ".join(texts)]
    if "debit" not in group:
        debit, credit = split_sign(value(group["balance"]))
    if table.opening:
        start = table.amounts[table.opening]
        first = value(start.get("balance"))
        if first is None:
            first = net_of(value(start.get("debit")), value(start.get("credit")))
        moved = net_of(debit, credit)
        if first is not None or moved is not None:
            debit, credit = split_sign((first or ZERO) + (moved or ZERO))
    return debit, credit, unread


def net_of(debit: Amount, credit: Amount) -> Amount:
    return None if debit is None and credit is None else (debit or ZERO) - (credit or ZERO)


def split_sign(net: Amount) -> tuple[Amount, Amount]:
    """Debit and credit of a signed amount."""
    if net is None:
        return None, None
    return (net, ZERO) if net >= 0 else (ZERO, -net)


def undo_lone_heading(book: Book) -> None:
    """Make the only "heading" of a file an account at zero, unless it is the bare word."""
    if len(book.headings) != 1:
        return
    place, account = book.headings[0]
    if len(normal(account.name).split()) < 2 or (account.code and account.code in account.name):
        return
    book.accounts.insert(place, account)
    for other in book.accounts[place + 1 :]:
        other.section = ""
    for total in book.totals:
        total.start += total.row > account.row


def mark_final(book: Book) -> None:
    """Mark the total of the whole file: the last one, with no account after it."""
    last = [total for total in book.totals if total.start == len(book.accounts)]
    last = [t for t in last if t.debit is not None] or [t for t in last if t.credit]
    for total in [total for total in last if total.bare][-1:]:
        total.final = True


def split_codes(table: Table, book: Book) -> None:
    """Part "1000 - Cash" and "Cash (1000)" where most names of a file are written so."""
    if "code" in table.labels:
        return
    for pattern in CODED_NAMES:
        found = [(a, m) for a in book.accounts if (m := pattern.fullmatch(a.name))]
        if len(found) * 10 >= len(book.accounts) * 6:
            for account, match in found:
                account.code, account.name = match["code"], match["name"]
            return


def flip_credits(table: Table, book: Book) -> None:
    """Turn the credits of a file that writes all of them as negative amounts."""
    credits = [account for account in book.accounts if account.credit]
    positive = any(account.credit > 0 for account in credits)
    if table.layout != "debit_credit" or len(credits) < 2 or positive:
        return
    for account in credits:
        account.credit = -account.credit
    for total in book.totals:
        total.credit = abs(total.credit) if total.credit is not None else None
    book.warn("negative_credits", credits[0].row, "negative amounts are credits")
