"""What the parts of the ledger hand to each other: sheet, table, account, total, book.

Must never decide what a cell means; that is done before one of these is made or changed.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bellhop.jobtypes.ledger.cells import SIDE_SIGNS, Signs, amount_of, money, normal, text_of

SEVERITIES = {  # of an anomaly; any other is a warning
    "mixed_currencies": "error",
    "no_amounts": "error",
    "rounding_difference": "info",
    "stated_total_mismatch": "error",
    "unbalanced": "error",
    "unreadable_amount": "error",
    "zero_account": "info",
}

SIDES = ("debit", "credit", "balance")
TYPES = ("asset", "liability", "equity", "revenue", "expense")
DEBIT_TYPES = ("asset", "expense")

Row = list[Any]
Meaning = tuple[str, str, str]  # what a column is and, of an amount, its stage and period
Amount = Decimal | None  # None where the file states none
Key = tuple[str, str]  # stage and period of amounts
Groups = dict[Key, dict[str, int]]  # the column of each side


@dataclass
class Sheet:
    """One grid of cells; row and column 0 are the first of the file. `bad` are cells whose
    value the file itself does not hold: an Excel error or a formula never calculated; `roles`
    and `decimal` what the user says of columns and of the decimal mark, `added` how many rows on
    top are not in the file."""

    name: str
    rows: list[Row]
    bad: dict[tuple[int, int], str] = field(default_factory=dict)
    roles: list[tuple[str, str]] = field(default_factory=list)
    decimal: str = ""
    added: int = 0

    def number(self, row: int) -> int:
        """The number of a row as a spreadsheet shows it."""
        return row + 1 - self.added

    def text(self, row: int, column: int) -> str:
        return text_of(cell_at(self.rows[row], column))

    def width(self, header: int) -> int:
        """How many columns the first rows from a header on have."""
        return max((len(row) for row in self.rows[header : header + 60]), default=0)

    def below(self, header: int, column: int, count: int | None = 200) -> list[Any]:
        """The filled cells of a column in the `count` rows under its header; None is all."""
        rows = self.rows[header + 1 : None if count is None else header + 1 + count]
        return [cell for row in rows if text_of(cell := cell_at(row, column))]


@dataclass
class Table:
    """Where things stand in a sheet. `amounts` maps (stage, period) to {side: column},
    `labels` a meaning such as "code" to its column; `pick` is the amount group in use,
    `period` what was chosen or is written beside the amounts, `sides` are all columns that say
    debit or credit, `side_of` the one of each amount, `turned` the signed columns in which
    credits are positive, `units` the mark of each column that says nothing, `signs` what marks of
    sides mean, `why` the reason for the choice of amounts, `sides_open` whether no word says which
    of two columns is debit, `readings` the decisions between readings (`readings.note`)."""

    sheet: Sheet
    header: int
    labels: dict[str, int]
    amounts: Groups
    pick: Key = ("", "")
    opening: Key | None = None
    period: str | None = None
    layout: str = "debit_credit"
    decimal_comma: bool = False
    units: dict[int, str] = field(default_factory=dict)
    signs: Signs = field(default_factory=lambda: SIDE_SIGNS)
    side_of: dict[int, int] = field(default_factory=dict)
    turned: set[int] = field(default_factory=set)
    why: str = ""
    sides_open: bool = False
    sides: list[int] = field(default_factory=list)
    readings: list[dict[str, Any]] = field(default_factory=list)

    def amount_columns(self) -> set[int]:
        return {column for group in self.amounts.values() for column in group.values()}

    def amount(self, row: int, column: int | None) -> Amount:
        """The amount of a cell, None for blank; its mark of a side may stand in another column.

        Raises ValueError with the text that cannot be read.
        """
        if column is None:
            return None
        if self.sheet.bad and (row, column) in self.sheet.bad:
            raise ValueError(self.sheet.bad[row, column])
        cells = self.sheet.rows[row]
        cell = cells[column] if column < len(cells) else ""
        if cell == "":
            return None
        try:
            value = amount_of(cell, self.decimal_comma, self.units.get(column, ""), self.signs)
        except ValueError:
            raise ValueError(text_of(cell)) from None
        if value and column in self.turned:
            value = -value
        if not value or column not in self.side_of:
            return value
        mark = normal(text_of(cell_at(cells, self.side_of[column])))
        if mark and mark not in self.signs:
            raise ValueError(f"{value} {mark}")
        return value * self.signs[mark] if mark else value

    def texts(self, column: int, count: int | None = 200) -> list[str]:
        return [text_of(cell) for cell in self.sheet.below(self.header, column, count)]


@dataclass(slots=True)
class Account:
    """One account line; amounts are Decimal in the currency of the file. `section` is the type
    and `under` the name that the heading or group above it says, `beside` what the columns say
    that are neither the account nor its amounts."""

    row: int
    code: str
    name: str
    debit: Decimal
    credit: Decimal
    hint: str = ""
    section: str = ""
    under: str = ""
    beside: tuple[str, ...] = ()
    type: str | None = None
    source: str | None = None
    readable: bool = True

    @property
    def net(self) -> Decimal:
        return self.debit - self.credit

    @property
    def label(self) -> str:
        return f"{self.code} {self.name}".strip()


@dataclass
class Total:
    """A total row of the file: its label and what it states; `start` is how many accounts
    stood above it, `since` how many above what it names, `signed` whether its amount came from
    one signed column, `bare` whether it names no part of the accounts, `final` whether it totals
    the whole file."""

    row: int
    label: str
    debit: Amount
    credit: Amount
    start: int
    signed: bool
    bare: bool
    since: int | None = None
    final: bool = False


@dataclass
class Book:
    """What reading the rows gave; `bounds` are the account counts where sections began,
    `skipped` the rows that are no accounts by what they are, `found` the accounts of each
    anomaly, `gaps` by how much the rows are above the file's own total, `account_count` how many
    accounts the rows are of and `listed_twice` how many of them are duplicates."""

    accounts: list[Account] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    anomalies: list[dict[str, Any]] = field(default_factory=list)
    warnings: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    skipped: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    bounds: list[int] = field(default_factory=lambda: [0])
    found: dict[str, list[Account]] = field(default_factory=lambda: defaultdict(list))
    gaps: list[Decimal] = field(default_factory=list)
    account_count: int = 0
    listed_twice: int = 0

    def warn(self, code: str, row: int, message: str) -> None:
        self.warnings[code].append((row, message))

    def skip(self, kind: str, row: int, code: str, message: str) -> None:
        """Note a row that is no account, and warn of it."""
        self.skipped[kind].append(row)
        self.warn(code, row, message)

    def add(self, code: str, text: str, at: Account | Total | None, amount: Amount = None) -> None:
        """Note an anomaly; its row counts from 1 as a spreadsheet shows it."""
        anomaly = {
            "code": code,
            "severity": SEVERITIES.get(code, "warning"),
            "row": at and at.row,
            "account": at.label if isinstance(at, Account) else None,
            "message": text,
            "amount": None if amount is None else money(amount),
        }
        self.anomalies.append(anomaly)
        if isinstance(at, Account):
            self.found[code].append(at)


def cell_at(row: Row, column: int) -> Any:
    return row[column] if column < len(row) else ""
