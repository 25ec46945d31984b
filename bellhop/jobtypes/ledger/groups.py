"""Take out the rows that only sum up the accounts below them, as "10 Cash" over "1001" and "1002".

Called once all rows are read. Must never take out a row unless the sums show it to be one: most
rows that could be a group must equal what stands below them.
"""

from bellhop.jobtypes.ledger.cells import ZERO, money
from bellhop.jobtypes.ledger.model import Account, Book, Total


def drop_groups(book: Book) -> None:
    """Move the group rows into warnings; one that differs from its accounts is an anomaly."""
    found = {
        place: below for place in range(len(book.accounts)) if (below := children(book, place))
    }
    leaves = {place: [n for n in below if n not in found] for place, below in found.items()}
    equal = {place for place in found if is_sum(book, place, leaves[place])}
    if not equal or len(equal) * 2 < len(found):
        return
    for place in found:
        group = book.accounts[place]
        book.warn("group_row", group.row, f'"{group.label}" is the sum of the accounts below it')
        if place not in equal:
            debit = sum((book.accounts[n].debit for n in leaves[place]), ZERO)
            credit = sum((book.accounts[n].credit for n in leaves[place]), ZERO)
            at = Total(group.row, group.label, group.debit, group.credit, 0, False, False)
            text = f'"{group.label}" differs from the accounts below it: '
            text += f"{money(debit)} debit and {money(credit)} credit."
            book.add("stated_total_mismatch", text, at, group.net - debit + credit)
    for total in book.totals:
        total.start -= sum(place < total.start for place in found)
    book.bounds = [bound - sum(place < bound for place in found) for bound in book.bounds]
    book.accounts = [account for n, account in enumerate(book.accounts) if n not in found]


def children(book: Book, place: int) -> list[int]:
    """The rows right below whose codes, or names with colons, go on from this one's."""
    group, found = book.accounts[place], []
    for number in range(place + 1, len(book.accounts)):
        if not is_below(group, book.accounts[number]):
            break
        found.append(number)
    return found if len(found) > 1 else []


def is_below(group: Account, account: Account) -> bool:
    if group.code and account.code:
        return len(account.code) > len(group.code) and account.code.startswith(group.code)
    return bool(group.name) and account.name.startswith(f"{group.name}:")


def is_sum(book: Book, place: int, below: list[int]) -> bool:
    """Whether a row has the debits and credits of the accounts below it, or their net."""
    group, accounts = book.accounts[place], [book.accounts[number] for number in below]
    debit = sum((account.debit for account in accounts), ZERO)
    credit = sum((account.credit for account in accounts), ZERO)
    if not debit and not credit:
        return False
    return (group.debit, group.credit) == (debit, credit) or group.net == debit - credit
