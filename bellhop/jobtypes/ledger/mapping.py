"""What the user says of columns and accounts: entries such as "debit = Soll" or "40* = expense".

Called first of all. An entry whose left side is a role names a column by its header or letter;
any other names accounts by code, range of codes or name, and their type. Must never fit an entry
loosely: one that names nothing is an error (columns) or a warning (accounts).
"""

import re
from dataclasses import dataclass, field

from bellhop.jobtypes.ledger.cells import normal
from bellhop.jobtypes.ledger.model import TYPES, Account, Meaning
from bellhop.jobtypes.ledger.refusals import refusal

ROLES: dict[str, Meaning] = {
    "account": ("name", "0", ""), "balance": ("balance", "mapped", ""), "code": ("code", "", ""),
    "credit": ("credit", "mapped", ""), "currency": ("currency", "", ""),
    "debit": ("debit", "mapped", ""), "entity": ("entity", "", ""), "ignore": ("ignored", "", ""),
    "opening": ("balance", "opening", ""), "period": ("period", "", ""), "side": ("side", "", ""),
    "type": ("type", "", ""),
}  # fmt: skip
OTHER_WORDS = {
    "assets": "asset", "liabilities": "liability", "income": "revenue", "revenues": "revenue",
    "expenses": "expense", "capital": "equity", "cost": "expense", "costs": "expense",
}  # fmt: skip
TYPE_NAMES = {**{name: name for name in TYPES}, **OTHER_WORDS}
DECIMALS = {",": ",", "comma": ",", ".": ".", "point": "."}
RANGE = re.compile(r"(\d[\d.]*) *(?:-|\u2013|\.\.) *(\d[\d.]*)")


@dataclass
class Mapping:
    """`columns` are (role, header or letter), `accounts` (which accounts, type), in order;
    `decimal` the mark of decimals;
    `fitted` the accounts entries that named an account."""

    columns: list[tuple[str, str]] = field(default_factory=list)
    accounts: list[tuple[str, str]] = field(default_factory=list)
    decimal: str = ""
    fitted: set[str] = field(default_factory=set)

    def type_of(self, account: Account) -> str | None:
        """The type of the first entry that names the account."""
        for which, kind in self.accounts:
            if names(which, account):
                self.fitted.add(which)
                return kind
        return None

    def unused(self) -> list[str]:
        return [which for which, _ in self.accounts if which not in self.fitted]


def read_mapping(entries: list[str]) -> Mapping:
    """Parse the entries; several may stand in one, each on its line or after a semicolon.

    Raises BadInput: bad_mapping.
    """
    mapping = Mapping()
    for entry in (part.strip() for text in entries for part in re.split(r"[\n;]", text)):
        if not entry:
            continue
        role, _, column = (part.strip() for part in entry.partition("="))
        which, _, kind = (part.strip() for part in entry.rpartition("="))
        if role.casefold() in ROLES and column:
            mapping.columns.append((role.casefold(), column))
        elif role.casefold() == "decimal" and column in DECIMALS:
            mapping.decimal = DECIMALS[column]
        elif which and kind.casefold() in TYPE_NAMES:
            mapping.accounts.append((which, TYPE_NAMES[kind.casefold()]))
        else:
            raise refusal("bad_mapping", f'The mapping "{entry[:200]}" cannot be understood.')
    return mapping


def names(which: str, account: Account) -> bool:
    """Whether an entry such as "1000-1999", "40*" or "Petty cash" names an account."""
    code, name, wanted = account.code.casefold(), account.name, which.casefold()
    if wanted in (code, account.label.casefold()) or normal(which) == normal(name):
        return True
    if match := RANGE.fullmatch(which):
        first, last = (re.sub(r"\D", "", part) for part in match.groups())
        digits = re.sub(r"\D", "", code)
        return bool(digits) and first <= digits[: len(first)] and digits[: len(last)] <= last
    if "*" in which:
        parts = (re.escape(part) for part in which.casefold().split("*"))
        pattern = re.compile(".*".join(parts))
        return any(pattern.fullmatch(text.casefold()) for text in (code, name, account.label))
    return False


def column_of(wanted: str, headers: list[str]) -> int | None:
    """The column of that header or, like a spreadsheet's, letter. Raises BadInput."""
    found = [n for n, header in enumerate(headers) if normal(header) == normal(wanted)]
    if len(found) > 1:
        text = f'Several columns are called "{wanted}".'
        raise refusal("ambiguous_columns", text, "Name the column by its letter, such as C.")
    if found:
        return found[0]
    if re.fullmatch(r"[A-Za-z]{1,2}", wanted):
        number = 0
        for letter in wanted.upper():
            number = number * 26 + ord(letter) - 64
        return number - 1
    return None
