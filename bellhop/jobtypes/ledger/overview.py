"""All columns of the table as a user sees them, with what each was read as.

Called when the result is made, so that a user can say that a column is something else. Must never
decide what a column is.
"""

from itertools import islice
from typing import Any

from bellhop.jobtypes.ledger.headers import filled, title_of, tops_of
from bellhop.jobtypes.ledger.mapping import ROLES
from bellhop.jobtypes.ledger.model import SIDES, Sheet, Table
from bellhop.jobtypes.ledger.readings import name_of

SAMPLE_ROWS = 4
MOST_COLUMNS = 60
MOST_TEXT = 60
LABEL_ROLES = {role for role, (meaning, _, _) in ROLES.items() if meaning not in SIDES}


def columns_of(table: Table) -> list[dict[str, Any]]:
    """The columns of a table that was read."""
    return describe(table.sheet, table.header, roles_of(table))


def describe(sheet: Sheet, header: int, roles: dict[int, str]) -> list[dict[str, Any]]:
    """The columns from left to right, of more than 60 only those in use.

    `name` is what `mapping` calls the column, `text` its header and `over` the header above
    that; `role` is one of the roles of `mapping`, "opening debit" or "opening credit", and None
    of a column that is not used; `sample` are its cells in the first rows below.
    """
    below = range(header + 1, len(sheet.rows))
    rows = list(islice((row for row in below if filled(sheet.rows[row]) > 1), SAMPLE_ROWS))
    width = max(len(sheet.rows[row]) for row in (header, *rows))
    tops = tops_of(sheet, header, {c for c, role in roles.items() if role in LABEL_ROLES})
    columns: list[dict[str, Any]] = [
        {
            "name": name_of(sheet, header, column),
            "over": tops.get(column, "")[:MOST_TEXT],
            "text": title_of(sheet, header, column)[:MOST_TEXT],
            "role": roles.get(column),
            "sample": [sheet.text(row, column)[:MOST_TEXT] for row in rows],
        }
        for column in range(width)
        if column in roles or width <= MOST_COLUMNS
    ]
    return [each for each in columns if each["role"] or each["text"] or any(each["sample"])]


def roles_of(table: Table) -> dict[int, str]:
    """The role of each column in use."""
    named = {meaning: role for role, (meaning, stage, _) in ROLES.items() if stage != "opening"}
    roles = {column: named[label] for label, column in table.labels.items() if label in named}
    if table.opening:
        opening = table.amounts[table.opening]
        for side, column in opening.items():
            roles[column] = "opening" if side == "balance" else f"opening {side}"
    return roles | {column: side for side, column in table.amounts[table.pick].items()}
