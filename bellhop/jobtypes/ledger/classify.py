"""What type an account is: by its column, prefix, section, code range or name.

Called for headings while rows are read, then for all accounts at once. Must never change an
amount, except to put a balance without sign on its account's usual side.
"""

import re
from decimal import Decimal
from functools import lru_cache

from bellhop.jobtypes.ledger import words
from bellhop.jobtypes.ledger.cells import ZERO, first_match, normal
from bellhop.jobtypes.ledger.mapping import Mapping
from bellhop.jobtypes.ledger.model import DEBIT_TYPES, Account, Book, Table
from bellhop.jobtypes.ledger.refusals import refusal

BOTH_TYPES = re.compile(r"\bliabilit\w+ and\b.*\bequity\b")
PREFIX = re.compile(r"\s*[:>|/\\]\s*|\s+[-\u2013]\s+")
NO_DIGIT = re.compile(r"\D")
LONGEST_START = max(len(start) for types in words.SCHEMES.values() for start in types)


@lru_cache(maxsize=4096)
def type_of(text: str) -> str | None:
    """The account type a word of classification means, such as "Current Liabilities"."""
    plain = normal(text)
    if plain in words.LETTERS:
        return words.LETTERS[plain]
    if BOTH_TYPES.search(plain):
        return None
    return first_match(words.TYPE_WORDS, plain)


def heading_type(label: str) -> str | None:
    """The type a heading opens, "" if it ends the section before, None if it is no heading."""
    plain = normal(label)
    if words.ENDS_SECTION.fullmatch(plain):
        return ""
    return type_of(label) if words.HEADING.fullmatch(plain) else None


def prefix_type(name: str) -> str | None:
    """The type in the first part of a name such as "Assets:Bank:Checking"."""
    first, *rest = PREFIX.split(name, maxsplit=1)
    return type_of(first) if rest and words.HEADING.fullmatch(normal(first)) else None


def name_type(account: Account) -> str | None:
    """What the name alone suggests; the side decides where the words leave it open."""
    plain = normal(account.name)
    if words.SUSPENSE.search(plain):
        return None
    kinds = (first_match(words.NAME_TYPES, plain) or "").split("|")
    return kinds[-1 if account.net < 0 else 0] or None


def code_type(code: str, scheme: str) -> str | None:
    digits, types = NO_DIGIT.sub("", code), words.SCHEMES[scheme]
    starts = (digits[:length] for length in range(LONGEST_START, 0, -1))
    return next((types[start] for start in starts if start in types), None)


def code_scheme(accounts: list[Account]) -> str | None:
    """The chart of accounts whose code ranges agree best with the names, if any does."""
    # What the user says of accounts tells nothing about the chart.
    own = [account for account in accounts[:2000] if account.source != "mapping"]
    known = [(a, a.type or name_type(a)) for a in own if a.code[:1].isdigit()]
    voters = [(account, kind) for account, kind in known if kind]
    if not voters:
        return "standard" if known else None
    agree = {s: sum(code_type(a.code, s) == kind for a, kind in voters) for s in words.SCHEMES}
    best = max(agree, key=lambda scheme: agree[scheme])
    return best if agree[best] * 10 >= len(voters) * 6 else None


def classify(book: Book, mapping: Mapping) -> None:
    """Give each account its type, and say in `source` where the type comes from."""
    hints = {normal(account.hint) for account in book.accounts}
    # E is equity beside X for expense, and expense beside Q or C for equity.
    letter_e = "equity" if "x" in hints else "expense" if hints & {"q", "c"} else None
    for account in book.accounts:
        found = {
            "mapping": mapping.type_of(account) if mapping.accounts else None,
            "column": letter_e if normal(account.hint) == "e" else type_of(account.hint),
            "prefix": prefix_type(account.name),
            "section": account.section,
        }
        account.source = next((source for source in found if found[source]), None)
        account.type = found[account.source] if account.source else None
    scheme = code_scheme(book.accounts)
    for account in (a for a in book.accounts if not a.type):
        by_code = code_type(account.code, scheme) if scheme else None
        # Charts keep other income in the high classes that otherwise hold expenses.
        may_be_other = scheme == "standard" and account.code[:1] in "789"
        by_name = None if by_code and not may_be_other else name_type(account)
        if by_code and by_name != "revenue":
            account.type, account.source = by_code, "code"
        elif by_name:
            account.type, account.source = by_name, "name"


def use_normal_sides(table: Table, book: Book, tolerance: Decimal) -> None:
    """Read one column of balances without signs by each account's usual side.

    Only where that balances and the plain signs do not. Raises BadInput (ambiguous_columns)
    when no balance has a sign and the usual sides do not help.
    """
    accounts = book.accounts
    difference = sum((account.net for account in accounts), ZERO)
    typed = all(account.type for account in accounts)
    if "balance" not in table.amounts[table.pick] or abs(difference) <= tolerance:
        return
    for contra in (False, True) if typed else ():
        turned = [a for a in accounts if (a.type not in DEBIT_TYPES) != (contra and reduces(a))]
        if abs(difference - 2 * sum((a.net for a in turned), ZERO)) <= tolerance:
            table.layout = "unsigned_balance"
            for account in turned:
                account.debit, account.credit = account.credit, account.debit
            book.warn("unsigned_balances", accounts[0].row, "sides follow from the account types")
            return
    if all(account.net >= 0 for account in accounts) and len(accounts) > 1:
        raise refusal(
            "ambiguous_columns",
            "The one column of amounts does not say which are debits and which are credits.",
            "Use debit and credit columns, or minus or parentheses for credits.",
        )


def turn_sides(table: Table, book: Book) -> bool:
    """Exchange debit and credit, where no word says which is which and most accounts of a known
    type would be on the other side than usual."""
    typed = [account for account in book.accounts if account.type and account.net]
    usual = sum((account.net > 0) == (account.type in DEBIT_TYPES) for account in typed)
    if not table.sides_open or usual * 2 >= len(typed):
        return False
    for account in book.accounts:
        account.debit, account.credit = account.credit, account.debit
    for total in book.totals:
        total.debit, total.credit = total.credit, total.debit
    group = table.amounts[table.pick]
    group["debit"], group["credit"] = group["credit"], group["debit"]
    return True


def reduces(account: Account) -> bool:
    """Whether an account lowers the others of its type."""
    return bool(words.REDUCES.search(normal(account.name)))
