"""Read the rows of a table into a book of accounts and totals.

Called once the columns are settled. Words and blank amounts tell headings and notes, sums tell
groups and totals (`groups`, `totals`). Must never drop a row silently: each becomes an account,
or is listed in `Book.skipped` with what it was taken for.
"""

import re
from dataclasses import dataclass, field

from bellhop.jobtypes.ledger.cells import CENT, ZERO, normal
from bellhop.jobtypes.ledger.classify import heading_type
from bellhop.jobtypes.ledger.groups import find_groups
from bellhop.jobtypes.ledger.lines import Line, cell_text, read_lines
from bellhop.jobtypes.ledger.model import Account, Book, Table, Total
from bellhop.jobtypes.ledger.parts import choose_rows
from bellhop.jobtypes.ledger.table import not_a_trial_balance
from bellhop.jobtypes.ledger.totals import find_totals, key_of, named_by
from bellhop.jobtypes.ledger.words import BARE_TOTAL, NOTE, SUMMARY, TOTAL

CODED_NAMES = (
    re.compile(r"(?P<code>\d[\d.\-]*\d)\s*[-\u2013·:|]?\s+(?P<name>\D.*)"),
    re.compile(r"(?P<name>\D.*?)\s*\((?P<code>\d[\d.\-]+)\)"),
)


def read_rows(table: Table, period: str) -> Book:
    """Turn every row below the header into an account, or into what it is else.

    Raises BadInput: multiple_periods, not_a_trial_balance.
    """
    book = Book()
    lines = read_lines(table, choose_rows(table, period), book)
    tell_words(table, lines)
    flip_credits(table, lines, book)
    find_groups(table, lines, book)
    find_totals(lines)
    tell_results(lines)
    walk = Walk(table, book, other_columns(table))
    for line in lines:
        walk.take(line)
    if not book.accounts:
        raise not_a_trial_balance([table.sheet])
    mark_final(book)
    split_codes(table, book)
    return book


def other_columns(table: Table) -> list[int]:
    """The columns that say something of a row beside its account and the amounts that count."""
    taken = {table.labels.get(role) for role in ("code", "name", "type", "side")}
    taken |= {*table.sides, *table.amounts[table.pick].values()}
    taken |= {*table.amounts[table.opening].values()} if table.opening else set()
    return [c for c in range(table.sheet.width(table.header)) if c not in taken]


def tell_words(table: Table, lines: list[Line]) -> None:
    """Tell totals, headings and notes by their words, and by amounts they do not have."""
    section, totals = "", False
    for line in lines:
        line.kind = kind_by_words(table, line, section=section, totals=totals)
        totals = totals or line.kind == "total"
        if line.kind == "heading":
            section = heading_type(line.label) or ""
    headings = [line for line in lines if line.kind == "heading"]
    for line in headings if len(headings) == 1 else []:
        # The only "heading" of a file is an account at zero, unless it is the bare word.
        if len(normal(line.name).split()) > 1 and not (line.code and line.code in line.name):
            line.kind = "account"


def kind_by_words(table: Table, line: Line, *, section: str, totals: bool) -> str:
    """What a row is by its words; `section` is open above it, `totals` whether one is."""
    both = line.debit and line.credit
    if line.is_words_only and line.label and is_total(line.label):
        return "total"
    if not line.label and not line.hint and not line.unread and both:
        return "total"
    if line.label and not line.is_blank:
        return "account"
    text = line.label or line.hint
    if line.is_blank and not line.is_numbered and NOTE.search(text) and is_alone(line, text):
        return "note"
    if line.unread and not line.label and not re.search(r"\d", "".join(line.texts)):
        return "note"
    if line.is_blank and heading_type(line.label) is not None:
        return "heading"
    # A row of words alone is an account at zero where nothing says that it is not.
    other = len(line.label) > 60 or line.label.endswith((":", ".")) or bool(NOTE.search(line.label))
    other = other or totals or bool(section) or "code" in table.labels or not line.label
    return "caption" if line.is_blank and line.is_words_only and other else "account"


def is_alone(line: Line, text: str) -> bool:
    return len("".join(line.texts)) <= len(text)


def is_total(label: str) -> bool:
    return is_bare(label) or bool(TOTAL.match(normal(label)))


def is_bare(label: str) -> bool:
    """Whether a total names no part of the accounts."""
    return not label or bool(BARE_TOTAL.fullmatch(normal(label)))


def tell_results(lines: list[Line]) -> None:
    """Mark results such as "Net profit" after the last account: rows without which the books
    balance, and rows below the total of the whole file."""
    left = [n for n, line in enumerate(lines) if line.kind == "account"]
    last = next((n for n in reversed(left) if not is_result(lines[n])), -1)
    off = sum((lines[n].net for n in left), ZERO)
    for place in reversed([n for n in left if n > last]):
        line = lines[place]
        above = any(map(is_end, lines[last + 1 : place]))
        follows = any(line.kind == "total" for line in lines[place:])
        needless = abs(off - line.net) <= CENT and (bool(line.net) or above)
        if not needless and (follows or not above):
            return
        line.kind = "result"
        off -= line.net


def is_end(line: Line) -> bool:
    """Whether a row is a total that may be that of the whole file."""
    return line.kind == "total" and (is_bare(line.label) or all(line.sides))


def is_result(line: Line) -> bool:
    return not line.is_numbered and bool(SUMMARY.fullmatch(normal(line.label)))


@dataclass
class Open:
    """A heading that no total has closed yet, the account type that it or one above it names,
    and how many accounts stood above it."""

    key: str
    kind: str
    place: int


@dataclass
class Walk:
    """The way down the lines; `open` are the headings above the next one, `places` the last place
    of each name among the first `named` accounts, `others` the columns that are neither the
    account nor its amounts."""

    table: Table
    book: Book
    others: list[int]
    open: list[Open] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    named: int = 0

    def take(self, line: Line) -> None:
        """Put a line into the book."""
        if line.kind == "account":
            self.add_account(line)
        elif line.kind in ("total", "carried_forward"):
            self.add_total(line)
        elif line.kind in ("heading", "caption"):
            self.add_heading(line)
        elif line.kind == "group":
            text = f'"{line.label}" is the sum of the accounts below it'
            self.book.skip("group", line.row, "group_row", text)
        elif line.kind == "result":
            text = f'"{line.label}" is a result, not an account'
            self.book.skip("result", line.row, "summary_row", text)
        else:
            text = line.label or line.hint
            text = f'"{text[:80]}" has no amount' if text else ", ".join(line.unread)
            self.book.skip("note", line.row, "row_without_amount", text)

    @property
    def section(self) -> str:
        """The account type that the open headings name."""
        return self.open[-1].kind if self.open else ""

    def add_account(self, line: Line) -> None:
        name = line.name or ("" if line.is_numbered else line.label)
        section = line.section or self.section
        under = line.under or (self.open[-1].key if self.open else "")
        beside = tuple(cell_text(line.texts, column) for column in self.others)
        sides = line.sides
        account = Account(line.row, line.code, name, *sides, line.hint, section, under, beside)
        account.readable = not line.unread
        self.book.accounts.append(account)
        if not account.label:
            self.book.warn("account_without_name", line.row, "an amount without an account")
        for cell in line.unread:
            text = f'"{cell}" cannot be read as an amount.'
            self.book.add("unreadable_amount", text, account)

    def add_heading(self, line: Line) -> None:
        """Open a section; one with a type ends those of another type."""
        kind = self.section
        if line.kind == "heading":
            kind = heading_type(line.label) or ""
            others = [n for n, one in enumerate(self.open) if one.kind and one.kind != kind]
            del self.open[others[0] if others else len(self.open) :]
        count = len(self.book.accounts)
        self.open.append(Open(key_of(line.label), kind, count))
        self.book.bounds.append(count)
        self.book.skipped["heading"].append(line.row)
        if line.kind == "caption":
            text = f'"{line.label[:80]}" has no amount'
            self.book.warn("row_without_amount", line.row, text)

    def add_total(self, line: Line) -> None:
        """Note a total, and close the heading that it names."""
        if line.is_blank:
            text = f'"{line.label}" states no amount'
            self.book.warn("total_without_amount", line.row, text)
        for cell in line.unread:
            self.book.warn("total_not_read", line.row, f'"{cell}" cannot be read as an amount')
        group = self.table.amounts[self.table.pick]
        signed = bool(self.table.opening) or "debit" not in group
        count = len(self.book.accounts)
        total = Total(line.row, line.label, line.debit, line.credit, count, signed,
                      is_bare(line.label), self.close(line.label))  # fmt: skip
        self.book.totals.append(total)
        self.book.skipped[line.kind].append(line.row)

    def close(self, label: str) -> int | None:
        """Close the heading whose name a total carries; how many accounts stood above it."""
        key, name = key_of(label), named_by(label)
        for at in range(len(self.open) - 1, -1, -1):
            one = self.open[at]
            within = one.key != key and one.key in key and name == key
            if one.key and (one.key == name or within):
                del self.open[at:]
                return one.place
        accounts = self.book.accounts
        for place in range(self.named, len(accounts)):
            self.places[key_of(accounts[place].label)] = place
        self.named = len(accounts)
        return self.places.get(name) if name != key else None


def mark_final(book: Book) -> None:
    """Mark the total of the whole file: the last one, with no account after it."""
    last = [total for total in book.totals if total.start == len(book.accounts)]
    last = [t for t in last if t.debit is not None] or [t for t in last if t.credit]
    for total in last:
        total.bare = total.bare or is_whole(book, total)
    for total in [total for total in last if total.bare][-1:]:
        total.final = True


def is_whole(book: Book, total: Total) -> bool:
    """Whether both sides of a total equal those of all accounts."""
    debit = sum((account.debit for account in book.accounts), ZERO)
    credit = sum((account.credit for account in book.accounts), ZERO)
    return bool(debit and credit) and (total.debit, total.credit) == (debit, credit)


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


def flip_credits(table: Table, lines: list[Line], book: Book) -> None:
    """Turn the credits of a file that writes all of them as negative amounts."""
    accounts = [line for line in lines if line.kind == "account" and line.credit]
    positive = any(line.credit and line.credit > 0 for line in accounts)
    pair = "credit" in table.amounts[table.pick] and not table.opening
    if not pair or len(accounts) < 2 or positive:
        return
    for line in lines:
        line.credit = abs(line.credit) if line.credit is not None else None
    book.warn("negative_credits", accounts[0].row, "negative amounts are credits")
