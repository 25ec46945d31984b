"""What a person can say of a file that was refused: what its columns are.

Called when a refusal leaves the job type; the page shows the columns with a menu each, and reads
the file again. Must never decide what a column is, nor change the refusal.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bellhop import BadInput
from bellhop.jobtypes.ledger.headers import (
    HEADER_ROWS,
    best_header,
    filled,
    holds_data,
    read_header,
)
from bellhop.jobtypes.ledger.mapping import ROLES
from bellhop.jobtypes.ledger.model import SIDES, Meaning, Sheet
from bellhop.jobtypes.ledger.overview import describe
from bellhop.jobtypes.ledger.table import lettered
from bellhop.jobtypes.ledger.words import RANKS

CHOOSABLE = {"ambiguous_columns", "multiple_periods", "not_a_trial_balance", "unknown_column"}
UNCLEAR = "unclear"  # the role of a column that a person has to choose


@contextmanager
def offering(sheets: list[Sheet], wanted: str) -> Iterator[None]:
    """Add the columns of the table, of the sheet `wanted`, to a refusal that a person may resolve
    by saying what they are. Of several sheets the person chooses one first."""
    try:
        yield
    except BadInput as error:
        chosen = [s for s in sheets if s.name.casefold() == wanted.strip().casefold()] or sheets
        choices = (error.data or {}).get("choices", [])
        by_sheet = any("sheet" in choice["params"] for choice in choices)
        if error.code in CHOOSABLE and not by_sheet:
            error.data = {**(error.data or {}), "header": columns_of(chosen)}
        raise


def columns_of(sheets: list[Sheet]) -> list[dict[str, Any]]:
    """The columns of the table that looks most like a trial balance, as `overview.describe`."""
    plain = [Sheet(s.name, s.rows, s.bad, [r for r in s.roles if knows(s, r[1])]) for s in sheets]
    sheet, (score, header) = max(
        ((sheet, best_header(sheet)) for sheet in plain), key=lambda found: found[1][0]
    )
    if not score:
        top = [(n, s) for s in plain for n in range(min(HEADER_ROWS, len(s.rows)))]
        header, sheet = max(top, key=lambda place: filled(place[1].rows[place[0]]))
        if holds_data(sheet.rows[header]):
            sheet, header = lettered(sheet), 0
    return describe(sheet, header, proposed(read_header(sheet, header)))


def knows(sheet: Sheet, wanted: str) -> bool:
    """Whether what a user calls a column is one: others would only be refused again."""
    texts = [sheet.text(n, c) for n in range(min(HEADER_ROWS, len(sheet.rows)))
             for c in range(len(sheet.rows[n]))]  # fmt: skip
    return wanted in texts


def proposed(known: dict[int, Meaning]) -> dict[int, str]:
    """The role of each column as its header says it; `unclear` for amounts of which the headers
    say the same twice, or nothing."""
    roles = {meaning: role for role, (meaning, stage, _) in ROLES.items() if stage != "opening"}
    amounts = {c: own for c, own in known.items() if own[0] in SIDES and RANKS[own[1]] >= 0}
    top = max((RANKS[stage] for _, stage, _ in amounts.values()), default=0)
    count = Counter(side for side, stage, _ in amounts.values() if RANKS[stage] == top)
    found: dict[int, str] = {}
    for column, (meaning, stage, _) in known.items():
        if meaning not in SIDES:
            role = roles.get(meaning, "")
            if role and role not in found.values():
                found[column] = role
        elif stage == "opening":
            found[column] = "opening" if meaning == "balance" else f"opening {meaning}"
        elif stage == "other" or (RANKS[stage] == top and count[meaning] > 1):
            found[column] = UNCLEAR
        elif RANKS[stage] == top:
            found[column] = meaning
    return found
