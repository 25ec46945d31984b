"""The rows of a table one by one: what each says, before it is settled what each is.

Called once the columns are settled. Must never drop a filled row: one that is not read is named
in a warning.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from bellhop.jobtypes.ledger.cells import ZERO, normal, text_of
from bellhop.jobtypes.ledger.headers import CODE
from bellhop.jobtypes.ledger.model import Amount, Book, Table
from bellhop.jobtypes.ledger.parts import Choice, heads_of, trimmed
from bellhop.jobtypes.ledger.words import TOTAL

# What moves a text in: spaces, dots, dashes, lines of a tree.
INDENT = re.compile(r"[\s.\-\u2013\u2014\u00b7\u2022>+|\u2500-\u257f]*")

WORD = re.compile(r"\w")
LEADER = re.compile(r"^(\.{2,}|[\u00b7\u2022\u2500-\u257f]+|[-\u2013\u2014>]+\s)\s*")


@dataclass(slots=True)
class Line:
    """One row below the header: its place in the sheet and its number, what it says and its
    amounts, None where it states none, and whether it has a code. `kind` is what it is taken
    for, at first an account; `section` the account type that the groups above it name, `under`
    the nearest of these groups."""

    index: int
    row: int
    code: str
    name: str
    hint: str
    label: str
    debit: Amount
    credit: Amount
    unread: list[str]
    texts: list[str]
    is_numbered: bool
    kind: str = "account"
    section: str = ""
    under: str = ""

    @property
    def net(self) -> Decimal:
        return (self.debit or ZERO) - (self.credit or ZERO)

    @property
    def sides(self) -> tuple[Decimal, Decimal]:
        return self.debit or ZERO, self.credit or ZERO

    @property
    def is_blank(self) -> bool:
        return self.debit is None and self.credit is None and not self.unread

    @property
    def is_words_only(self) -> bool:
        """Whether neither a code nor a type says that this is an account."""
        return not self.is_numbered and not self.hint


def read_lines(table: Table, choice: Choice, book: Book) -> list[Line]:
    """The filled rows of the chosen period; the others are named in the warnings of `book`."""
    sheet, lines, period, above = table.sheet, [], "", ""
    heads, sparse = heads_of(table), named_once(table)
    for index in range(table.header + 1, len(sheet.rows)):
        texts = [text_of(cell) for cell in sheet.rows[index]]
        bad = sheet.bad and any((index, place) in sheet.bad for place in table.amount_columns())
        if not bad and not WORD.search("".join(texts)):
            continue
        period = cell_text(texts, choice.column) or period
        if trimmed(texts) in heads:
            text = "the header is repeated"
            book.skip("repeated_header", sheet.number(index), "repeated_header", text)
        elif not choice.start <= index < choice.end or period != choice.value:
            text = "belongs to another period or entity"
            book.skip("other_period", sheet.number(index), "other_period", text)
        else:
            if sparse:
                above = fill_hint(texts, table.labels["type"], above)
            lines.append(read_line(table, index, texts))
    return lines


def named_once(table: Table) -> bool:
    """Whether the column of types names each one at its first account only."""
    hints = table.texts(table.labels["type"]) if "type" in table.labels else []
    count = min(200, len(table.sheet.rows) - table.header - 1)
    repeated = any(first == second for first, second in pairwise(hints))
    return bool(hints) and not repeated and len(hints) * 3 <= count * 2


def fill_hint(texts: list[str], column: int, above: str) -> str:
    """Repeat the type above in the blank cells of a column that names each type once; the type
    for the next row."""
    others = [text for place, text in enumerate(texts) if place != column and text]
    if cell_text(texts, column):
        return texts[column]
    if column < len(texts) and others and not TOTAL.match(normal(others[0])):
        texts[column] = above
    return above


def cell_text(texts: list[str], column: int | None) -> str:
    return texts[column] if column is not None and column < len(texts) else ""


def read_line(table: Table, index: int, texts: list[str]) -> Line:
    """What one row says."""
    labels = table.labels
    code, name = cell_text(texts, labels.get("code")), cell_text(texts, labels.get("name"))
    hint = cell_text(texts, labels.get("type"))
    name = LEADER.sub("", name) or name
    label = name or code or first_words(table, texts)
    debit, credit, unread = read_amounts(table, index, texts)
    row = table.sheet.number(index)
    numbered = bool(CODE.fullmatch(code))
    return Line(index, row, code, name, hint, label, debit, credit, unread, texts, numbered)


def first_words(table: Table, texts: list[str]) -> str:
    """The first text of a row that is no amount."""
    amounts = table.amount_columns()
    return next((text for c, text in enumerate(texts) if text and c not in amounts), "")


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
