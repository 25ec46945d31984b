"""Tell a list of transactions from the trial balances of several periods.

Called when the header of a sheet is known. The rule: rows of several days are trial balances only
where most of them name an account that stands at three of four of these days; single dated rows are
transactions. Must never call a table without days a list of transactions.
"""

from collections import defaultdict
from collections.abc import Hashable

from bellhop.jobtypes.ledger.cells import is_date, text_of
from bellhop.jobtypes.ledger.headers import read_header, text_columns
from bellhop.jobtypes.ledger.model import Sheet, cell_at

ROWS = 2000


def is_journal(sheet: Sheet, header: int) -> bool:
    """Whether the rows below a header are transactions."""
    known = read_header(sheet, header)
    dates = [column for column, meaning in known.items() if meaning[0] == "period"]
    places = [column for column, meaning in known.items() if meaning[0] in ("name", "code")]
    places += text_columns(sheet, header, known)
    return any(single_rows(sheet, header, date, sorted({*places} - {date})) for date in dates)


def single_rows(sheet: Sheet, header: int, date: int, places: list[int]) -> bool:
    """Whether rows have several days in the column `date`, and few accounts stand at most of
    them; an account is what the columns `places` hold."""
    days: dict[Hashable, set[str]] = defaultdict(set)
    names = []
    for row in sheet.rows[header + 1 : header + 1 + ROWS]:
        if is_date(day := cell_at(row, date)):
            names.append(tuple(text_of(cell_at(row, place)) for place in places))
            days[names[-1]].add(text_of(day))
    count = len(set().union(*days.values())) if days else 0
    if count < 2:
        return False
    repeated = sum(len(days[name]) * 4 >= count * 3 for name in names)
    return repeated * 10 <= len(names) * 6 or len(names) < 2 * count
