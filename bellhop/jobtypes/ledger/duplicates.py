"""Which rows are of one account: how many accounts a file has, and which it lists twice.

Called once the accounts have their types. Rows with the same code are of one account, whatever
case and blanks; without a code, rows with the same name, of one type, under the same heading. Where
many rows repeat a code under another name, the code is that of a class, and the name counts too.
The second row of an account is a duplicate, unless something tells the rows apart: another column,
such as a department or a currency, whose values other accounts have as well; or the sides, if the
file splits several accounts in a debit and a credit row. Must never take out a row.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator

from bellhop.jobtypes.ledger.cells import is_date, normal
from bellhop.jobtypes.ledger.model import Account, Book

FEW = 2  # rows with the code of another name, which are mistakes
MOST_PARTS = 50  # rows of an account with which another row of it is compared

Rows = dict[Hashable, list[int]]  # the places of the rows of each account
Parts = list[str | None]  # what tells a row of an account from others; None tells nothing


def check_duplicates(book: Book) -> None:
    """Count the accounts of a book, and note each row that lists one once more."""
    accounts = book.accounts
    rows: Rows = defaultdict(list)
    for place, identity in enumerate(identities(accounts)):
        rows[identity].append(place)
    book.account_count = len(rows)
    repeated = [places for places in rows.values() if len(places) > 1]
    split = [places for places in repeated if is_split(accounts, places)]
    parts = parts_of(accounts, rows) if repeated else []
    found = {
        place: first
        for places in repeated
        if len(split) < 2 or places not in split
        for place, first in doubles(places, parts)
    }
    for place, first in sorted(found.items()):
        tell(book, accounts[place], accounts[first])
    twice = [places for places in repeated if not found.keys().isdisjoint(places)]
    book.listed_twice = len(twice)


def tell(book: Book, account: Account, first: Account) -> None:
    same = (account.debit, account.credit) == (first.debit, first.credit)
    more = ", with the same amount" if same and account.net else ""
    text = f"The account is already in row {first.row}{more}."
    book.add("duplicate_account", text, account, account.net)


def identities(accounts: list[Account]) -> Iterator[Hashable]:
    """What is equal for the rows of one account."""
    codes = ["".join(account.code.split()).casefold() for account in accounts]
    names = [normal(account.name) or account.name.casefold() for account in accounts]
    first: dict[str, str] = {}
    others = sum(
        first.setdefault(code, name) != name
        for code, name in zip(codes, names, strict=True)
        if code
    )
    by_code = others <= FEW or others * 4 < sum(map(bool, codes))
    headings: dict[Hashable, dict[str, str]] = defaultdict(dict)
    for place, (code, name) in enumerate(zip(codes, names, strict=True)):
        if code:
            yield (code,) if by_code else (code, name)
        elif name:
            key = (name, accounts[place].type)
            yield (*key, heading_of(headings[key], accounts[place].under))
        else:
            yield place


def heading_of(known: dict[str, str], under: str) -> str:
    """The heading that tells an account from others of its name; one without a heading is the
    same as the first."""
    if known and (not under or "" in known):
        return next(iter(known.values()))
    return known.setdefault(under, under)


def is_split(accounts: list[Account], places: list[int]) -> bool:
    """Whether an account stands in two rows, one below the other, a debit and a credit."""
    if len(places) != 2 or places[1] != places[0] + 1:
        return False
    one, two = (accounts[place] for place in places)
    apart = (one.debit and not one.credit and two.credit and not two.debit) or (
        one.credit and not one.debit and two.debit and not two.credit
    )
    return bool(apart) and normal(one.name) == normal(two.name)


def parts_of(accounts: list[Account], rows: Rows) -> list[Parts]:
    """What the other columns of each row say, as far as other accounts have it as well."""
    owners: dict[tuple[int, str], set[Hashable]] = defaultdict(set)
    for identity, places in rows.items():
        for place in places:
            for column, text in enumerate(accounts[place].beside):
                if len(owners[column, text]) < 2:
                    owners[column, text].add(identity)
    return [
        [
            text if len(owners[column, text]) > 1 and not is_date(text) else None
            for column, text in enumerate(account.beside)
        ]
        for account in accounts
    ]


def doubles(places: list[int], parts: list[Parts]) -> Iterator[tuple[int, int]]:
    """The rows of an account that nothing tells from an earlier one, each with that one."""
    seen: list[int] = []
    for place in places:
        same = (one for one in seen[:MOST_PARTS] if not differ(parts[one], parts[place]))
        if (first := next(same, None)) is not None:
            yield place, first
        else:
            seen.append(place)


def differ(one: Parts, other: Parts) -> bool:
    pairs = zip(one, other, strict=True)
    return any(a is not None and b is not None and a != b for a, b in pairs)
