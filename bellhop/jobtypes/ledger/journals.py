"""Tell a list of transactions from the trial balances of several periods.

Called when the header of a sheet is known. The rule: rows of several days are trial balances only
where most of them name an account that stands at three of four of these days; single dated rows are
transactions. Must never call a table without days a list of transactions.
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Sequence

from bellhop.jobtypes.ledger.cells import is_date, text_of
from bellhop.jobtypes.ledger.headers import read_header, text_columns
from bellhop.jobtypes.ledger.model import Meaning, Sheet, cell_at

ROWS = 2000


def is_journal(sheet: Sheet, header: int) -> bool:
    """Whether the rows below a header are transactions."""
    known = read_header(sheet, header)
    dates = [column for column, meaning in known.items() if meaning[0] == "period"]
    accounts = [column for column, meaning in known.items() if meaning[0] in ("name", "code")]
    texts = text_columns(sheet, header, known)
    return any(
        single_rows(sheet, header, date, sorted({*accounts, *texts} - {date}), accounts or texts)
        for date in dates
    )


def single_rows(
    sheet: Sheet, header: int, date: int, places: list[int], accounts: list[int]
) -> bool:
    """Whether rows have several days in the column `date`, and few of what the columns `places`
    hold stands at most of them; `accounts` are the columns that name the account alone."""
    days: dict[Hashable, set[str]] = defaultdict(set)
    names, dates, owners = [], [], []
    for row in sheet.rows[header + 1 : header + 1 + ROWS]:
        if is_date(day := cell_at(row, date)):
            names.append(tuple(text_of(cell_at(row, place)) for place in places))
            owners.append(tuple(text_of(cell_at(row, place)) for place in accounts))
            dates.append(text_of(day))
            days[names[-1]].add(dates[-1])
    count = len(set(dates))
    if count < 2 or is_attribute(dates, owners):
        return False
    repeated = sum(len(days[name]) * 4 >= count * 3 for name in names)
    return repeated * 10 <= len(names) * 6 or len(names) < 2 * count


def is_attribute(dates: Sequence[str], names: Sequence[Hashable]) -> bool:
    """Whether dates in no order stand beside accounts that are there once: the last use of each."""
    days = [re.findall(r"\w+", text) for text in dates]
    orders = (days, [day[::-1] for day in days])
    ordered = any(own in (sorted(own), sorted(own, reverse=True)) for own in orders)
    return len(set(names)) == len(names) and not ordered


def without_last_use(sheet: Sheet, header: int, known: dict[int, Meaning]) -> dict[int, Meaning]:
    """The meanings without columns of dates that are no periods."""
    places = [column for column, meaning in known.items() if meaning[0] in ("name", "code")]
    places += text_columns(sheet, header, known)
    rows = sheet.rows[header + 1 : header + 1 + ROWS]
    found = dict(known)
    for column in [c for c, meaning in known.items() if meaning[0] == "period"]:
        dated = [row for row in rows if is_date(cell_at(row, column))]
        names = [tuple(text_of(cell_at(row, place)) for place in places) for row in dated]
        if len(names) > 1 and is_attribute([text_of(cell_at(r, column)) for r in dated], names):
            del found[column]
    return found
