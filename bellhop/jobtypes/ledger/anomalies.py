"""Find what looks wrong in a finished book, and what may have caused it.

Called once, before the reports. Must never correct an amount: a finding is added to
`book.anomalies` and the figures stay as they are.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from decimal import Decimal

from bellhop.jobtypes.ledger.cells import CENT, ZERO, money, normal
from bellhop.jobtypes.ledger.classify import type_of
from bellhop.jobtypes.ledger.duplicates import check_duplicates
from bellhop.jobtypes.ledger.model import DEBIT_TYPES, Account, Book, Total
from bellhop.jobtypes.ledger.words import CREDIT_ASSET, DEBIT_EQUITY, EITHER_SIDE, SUSPENSE

MOST_UNITS = 10  # a larger difference does not come from rounding alone
MOST_NAMED = 3
NEAREST = 6  # bounds on each side of where an amount would stand
# What is left of an account that was cleared is less than one and than this part of the total.
RESIDUE = 10_000

Sums = tuple[Decimal, Decimal]  # debit and credit


def find_anomalies(book: Book, tolerance: Decimal) -> None:
    """Add all findings to the book."""
    check_duplicates(book)
    check_totals(book, tolerance)
    check_balance(book, tolerance)
    told = {id(a) for code in ("possible_wrong_side",) for a in book.found.get(code, [])}
    smallest = sums_of(book.accounts)[0] / RESIDUE
    for account in book.accounts:
        check_account(book, account, min(Decimal(1), smallest), is_told=id(account) in told)


def sums_of(accounts: list[Account]) -> Sums:
    """All debits and all credits."""
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


def check_account(book: Book, account: Account, least: Decimal, *, is_told: bool) -> None:
    """What can be said of an account by itself; `is_told` if its side was questioned already."""
    if account.debit and account.credit:
        book.add("both_sides", "Debit and credit are both filled.", account, account.net)
    if not account.debit and not account.credit and account.readable:
        book.add("zero_account", "The account has no balance.", account)
    both = account.debit and account.credit
    if unusual(account) and abs(account.net) >= least and not both and not is_told:
        text = f"An account of type {account.type} is expected on the other side."
        book.add("unusual_side", text, account, account.net)
    if SUSPENSE.search(normal(account.name)):
        book.add(
            "suspense_account", "The suspense account still has a balance.", account, account.net
        )
    elif not account.type:
        text = "No type was found; the account is in no statement."
        book.add("unclassified_account", text, account, account.net)


def check_totals(book: Book, tolerance: Decimal) -> None:
    """Compare each total of the file with the accounts it can cover."""
    sums: list[Sums] = [(ZERO, ZERO)]
    of_type: dict[str | None, Sums] = defaultdict(lambda: (ZERO, ZERO))
    for account in book.accounts:
        sums.append(plus(sums[-1], account))
        of_type[account.type] = plus(of_type[account.type], account)
    bounds = Bounds(sums, book.bounds)
    bare = sum(total.bare for total in book.totals)
    for total in book.totals:
        # A file's own total covers everything, unless other totals split it in parts.
        parted = bare > total.bare
        starts = [0] if total.final and not parted else bounds.near(total)
        starts = starts if total.since is None else [total.since]
        if total.debit is not None or total.credit is not None:
            end = sums[total.start]
            parts = [(end[0] - sums[s][0], end[1] - sums[s][1]) for s in starts]
            if not total.bare and total.since is None:
                parts.append(of_type[type_of(total.label)])
            if not any(agrees(total, part, tolerance) for part in parts):
                if total.final:
                    book.gaps = side_gaps(total, sums[-1])
                tell_mismatch(book, total, min(parts, key=lambda part: abs(gap(total, part))))
        bounds.add(total.start)


def plus(sums: Sums, account: Account) -> Sums:
    return sums[0] + account.debit, sums[1] + account.credit


def tell_mismatch(book: Book, total: Total, part: Sums) -> None:
    """Note that a total differs from the part of the accounts that is nearest to it."""
    stated = f'"{total.label}" differs from the rows: '
    text = f"{stated}{money(part[0])} debit and {money(part[1])} credit."
    book.add("stated_total_mismatch", text, total, gap(total, part))


class Bounds:
    """Where what a total covers may begin, as counts of accounts."""

    def __init__(self, sums: list[Sums], counts: list[int]):
        self._sums, self._known = sums, set(counts)
        keys = [self._keys(count) for count in self._known]
        # By debits, by credits, by their net and by place.
        self._sorted = [sorted(column) for column in zip(*keys, strict=True)]

    def _keys(self, count: int) -> list[tuple[Decimal, int]]:
        debit, credit = self._sums[count]
        return [(amount, count) for amount in (debit, credit, debit - credit, Decimal(count))]

    def add(self, count: int) -> None:
        if count not in self._known:
            self._known.add(count)
            for column, key in zip(self._sorted, self._keys(count), strict=True):
                insort(column, key)

    def near(self, total: Total) -> list[int]:
        """The bounds from which on the accounts come nearest to a total, and those nearest to its
        place: of many not all, or the work would grow with their square."""
        debit, credit = total.debit or ZERO, total.credit or ZERO
        above = self._sums[total.start]
        wanted = (above[0] - debit, above[1] - credit, above[0] - above[1] - debit + credit)
        found: set[int] = set()
        for column, amount in zip(self._sorted, (*wanted, Decimal(total.start)), strict=True):
            at = bisect_left(column, (amount, 0))
            found.update(count for _, count in column[max(0, at - NEAREST) : at + NEAREST])
        return sorted(found)


def side_gaps(total: Total, part: Sums) -> list[Decimal]:
    """How much the rows of each side are above a total."""
    stated = (total.debit, total.credit)
    return [ZERO if own is None else sum_ - own for own, sum_ in zip(stated, part, strict=True)]


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
    """Tell a difference between debits and credits, and what may explain it."""
    debit, credit = sums_of(book.accounts)
    off = debit - credit
    if not debit and not credit:
        book.add("no_amounts", "No amount other than zero was read.", None)
    if not off:
        return
    readable = all(account.readable for account in book.accounts)
    slack = rounding_of(book.accounts)
    explained = abs(off) > tolerance and readable and explain(book, off, slack)
    if readable and not explained and abs(off) <= max(slack, tolerance):
        text = "The difference is small enough to come from rounding."
        book.add("rounding_difference", text, None, off)
    if abs(off) > tolerance:
        book.add("unbalanced", f"Debits and credits differ by {money(abs(off))}.", None, off)


def unit_of(accounts: list[Account]) -> Decimal:
    """What the amounts are rounded to: cents or whole units."""
    whole = all(a.debit % 1 == 0 and a.credit % 1 == 0 for a in accounts)
    return Decimal(1) if whole else CENT


def rounding_of(accounts: list[Account]) -> Decimal:
    """The most that rounding each amount can add up to."""
    return unit_of(accounts) * min(Decimal(MOST_UNITS), Decimal(len(accounts)) / 2)


def explain(book: Book, off: Decimal, slack: Decimal) -> bool:
    """Name what may make up a difference; whether that is something else than rounding."""
    if any(account.net == off for account in book.found.get("duplicate_account", [])):
        return True
    both = [account for account in book.accounts if account.debit and account.credit]
    if any(off in (account.debit, -account.credit) for account in both):
        return True
    wrong = [account for account in book.accounts if account.net * 2 == off]
    strange = [account for account in wrong if unusual(account)]
    if abs(off) > slack and not strange:
        strange = [a for a in book.accounts if unusual(a) and abs(a.net * 2 - off) <= slack]
    for account in (strange or wrong)[:MOST_NAMED]:
        text = "The difference is twice this amount: it may be on the wrong side."
        book.add("possible_wrong_side", text, account, account.net)
    swapped = not strange and check_digits(book, off, slack, sure=not wrong)
    return bool(strange or wrong or swapped)


def check_digits(book: Book, off: Decimal, slack: Decimal, *, sure: bool) -> bool:
    """Whether two digits of an amount may be swapped: such a difference is divisible by nine.

    Where something else explains it as well (not `sure`), only with an amount that fits.
    """
    # Where only one side differs from the total of the file, that is the error.
    gaps = {total_gap for total_gap in book.gaps if total_gap}
    error = gaps.pop() if len(gaps) == 1 else off
    swapped = [account for account in book.accounts if account.net and swaps(account, off)]
    small = abs(off) <= slack
    if not small and not swapped and error * 100 % 9:
        # Beside a swap there may be a difference of rounding.
        swapped = [a for a in book.accounts if a.net and swaps(a, off, slack)]
    nines = error * 100 % 9 == 0 and not small
    missing = any(not account.debit and not account.credit for account in book.accounts)
    if not swapped and (missing or not sure or not nines):
        return False
    at = swapped[0] if len(swapped) == 1 else None
    text = "The difference is divisible by 9: two digits of an amount may be swapped."
    book.add("suspected_transposition", text, at, off)
    return True


def swaps(account: Account, off: Decimal, slack: Decimal = ZERO) -> bool:
    """Whether swapping two neighbouring digits of the amount would take the difference away, or
    leave no more of it than `slack`."""
    amount = account.debit or account.credit
    right = amount - off if account.debit else amount + off
    digits = money(amount).replace(".", "")
    for n in range(len(digits) - 1):
        other = digits[:n] + digits[n + 1] + digits[n] + digits[n + 2 :]
        if other != digits and abs(Decimal(other) / 100 - right) <= slack:
            return True
    return False
