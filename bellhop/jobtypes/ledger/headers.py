"""Find the header of a table and what each of its columns is called.

Called to choose a delimiter, then once per sheet. Must never read an amount; what the numbers say
of the columns is decided after this, and it counts more than a word.
"""

import re
from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import Any

from bellhop.jobtypes.ledger.cells import (
    SIDE_SIGNS,
    affixes,
    first_match,
    is_amount,
    is_date,
    is_side,
    normal,
    signs_of,
    text_of,
    unit_of,
)
from bellhop.jobtypes.ledger.mapping import ROLES, column_of
from bellhop.jobtypes.ledger.model import SIDES, Meaning, Row, Sheet
from bellhop.jobtypes.ledger.signs import SIDE_PAIRS
from bellhop.jobtypes.ledger.words import (
    BALANCE,
    CREDIT,
    DEBIT,
    LABELS,
    NAMES,
    NET,
    PERIOD,
    STAGES,
)

HEADER_ROWS = 100
ENTITY = re.compile(r"(legal )?(entity|company|branch|subsidiary)( (code|id|no|number))?")
YEAR = re.compile(r"(19|20)\d\d([-/ ]?\d\d){0,2}|\d{1,2}|(0?[1-9]|1[0-2])[-./ ](19|20)\d\d")
CENTS = re.compile(r"\d[.,\u066b]\d\d(?!\d)|(?<![\d.,])\d{1,3}([.,]\d{3}){2,}(?![\d.,])")
CODE = re.compile(r"[A-Za-z]{0,3}[-. ]?\d[\d.\-/ ]*[A-Za-z]?")


def best_header(sheet: Sheet) -> tuple[int, int]:
    """(score, row) of the row with the most known columns; the first of equals, 0 if none.

    Where no row has words that are known, the one right above the first amounts has score 1.
    """
    top = range(min(HEADER_ROWS, len(sheet.rows)))
    score, row = max(((header_score(sheet, row), -row) for row in top), default=(0, 0))
    if score:
        return score, -row
    return next(((1, row) for row in top if is_over_amounts(sheet, row)), (0, 0))


def is_over_amounts(sheet: Sheet, row: int) -> bool:
    """Whether a row names each column of amounts below it, and one more that holds words."""
    cells = sheet.rows[row]
    if filled(cells) < 2 or holds_data(cells):
        return False
    below = next((other for other in sheet.rows[row + 1 :] if filled(other) > 1), [])
    if not any(is_amount(cell) for cell in below):
        return False
    amounts = [c for c in range(sheet.width(row)) if has_amounts(sheet, row, c)]
    named = amounts and set(amounts) <= read_header(sheet, row).keys()
    return bool(named and text_columns(sheet, row, amounts))


def header_score(sheet: Sheet, row: int) -> int:
    """How many columns a header in `row` explains; 0 if that is no trial balance."""
    cells = sheet.rows[row]
    if filled(cells) < 2:
        return 0
    if holds_data(cells):
        return 0
    known = read_header(sheet, row)
    meanings = {meaning for meaning, _, _ in known.values()}
    named = {stage for meaning, stage, _ in known.values() if meaning == "balance"}
    # Amounts under an unknown name count beside a column that is said to hold accounts.
    accounts = meanings >= {"name", "code"}
    accounts = accounts or any(own[:2] == ("name", "1") for own in known.values())
    single = bool(named - {"other"}) or (bool(named) and accounts)
    if not (meanings >= {"debit", "credit"} or single):
        return 0
    return len(known) if meanings & {"name", "code"} or text_columns(sheet, row, known) else 0


def holds_data(cells: Row) -> bool:
    """Whether a row has an amount or hardly a cell without digits; periods are no digits."""
    texts = [text for cell in cells if (text := text_of(cell))]
    rest = [text for text in texts if not PERIOD.search(normal(text))]
    numbers = sum(bool(re.search(r"\d\d", text)) for text in rest)
    amounts = any(is_amount(text) or CENTS.search(text) for text in rest)
    return amounts or numbers * 2 > len(texts)


def filled(cells: Row) -> int:
    return sum(bool(text_of(cell)) for cell in cells)


def read_header(sheet: Sheet, row: int, *, stacked: bool = True) -> dict[int, Meaning]:
    """The meaning of each known column of the header in `row`.

    An amount's stage and period may stand in the row above, over several columns.
    """
    above = above_of(sheet, row) if stacked else []
    found, over = {}, ""
    for column in range(max(len(sheet.rows[row]), len(above))):
        own, top = sheet.text(row, column), sheet.text(row - 1, column) if above else ""
        over = top or over
        own, over_it = (own, over) if own else (top, "")
        if own and (known := meaning_of(sheet, row, column, normal(own), normal(over_it))):
            found[column] = known
            if known[0] not in SIDES:
                over = ""
    return with_roles(sheet, row, found | paired(sheet, row, found))


def above_of(sheet: Sheet, row: int) -> Row:
    """The row above a header, unless that is a title or blank."""
    above = sheet.rows[row - 1] if row else []
    return [] if filled(above) == 1 and text_of(above[0]) else above


def tops_of(sheet: Sheet, row: int, labels: Collection[int]) -> dict[int, str]:
    """The header in the row above each column of the header in `row`, also over several columns,
    but not over what follows one of the `labels`, the columns that hold no amounts."""
    above, over, tops = above_of(sheet, row), "", {}
    for column in range(len(sheet.rows[row]) if above else 0):
        over = sheet.text(row - 1, column) or over
        if over and sheet.text(row, column):
            tops[column] = over
        over = "" if column in labels else over
    return tops


def title_of(sheet: Sheet, row: int, column: int) -> str:
    """The header of a column, or the one above where its own is blank."""
    own = sheet.text(row, column)
    return own if own or not above_of(sheet, row) else sheet.text(row - 1, column)


def paired(sheet: Sheet, row: int, found: dict[int, Meaning]) -> dict[int, Meaning]:
    """Two amounts next to each other whose headers differ only by the two marks of the sides.

    "Sold D" and "Sold C" are debit and credit in any language that writes them so.
    """
    pairs: dict[int, Meaning] = {}
    columns = [column for column, known in found.items() if known[0] in SIDES]
    for first, second in pairwise(columns):
        words = [normal(sheet.text(row, column)).split() for column in (first, second)]
        marks = tuple(
            " ".join(w for w in own if w not in other) for own, other in (words, words[::-1])
        )
        sides = {"debit", "credit"} & {found[first][0], found[second][0]}
        if marks in SIDE_PAIRS and len(sides) < 2 and not sheet.added:
            stage, period = found[first][1:]
            stage, period = (
                ("net" if NET.search(" ".join(words[0])) else "", "")
                if stage == "other"
                else (stage, period)
            )
            pairs |= {first: ("debit", stage, period), second: ("credit", stage, period)}
    return pairs


def with_roles(sheet: Sheet, row: int, found: dict[int, Meaning]) -> dict[int, Meaning]:
    """The meanings with what the user says of columns."""
    if not sheet.roles:
        return found
    headers = [sheet.text(row, column) for column in range(len(sheet.rows[row]))]
    for role, wanted in sheet.roles:
        column = column_of(wanted, headers)
        if column is None:
            continue
        own = ROLES[role]
        if own[0] not in SIDES:
            found = {place: known for place, known in found.items() if known[0] != own[0]}
        found[column] = own
    return {place: known for place, known in found.items() if known[0] != "ignored"}


def meaning_of(sheet: Sheet, row: int, column: int, own: str, over: str) -> Meaning | None:
    """What the header `own` of a column under the header `over` says, if anything."""
    cells = sheet.below(row, column)
    in_debit, in_credit = bool(DEBIT.search(own)), bool(CREDIT.search(own))
    texts = [text_of(cell) for cell in cells]
    words = [not re.search(r"\d", text) and bool(re.search(r"\w", text)) for text in texts]
    if in_debit != in_credit and not (words and all(words)):
        net = bool(NET.search(f"{over} {own}"))
        return "debit" if in_debit else "credit", *stage_of(own, over, net)
    numeric = has_amounts(sheet, row, column) or bool(BALANCE.search(own) and have_cents(texts))
    years = sum(bool(YEAR.fullmatch(text)) for text in texts) * 10 >= len(texts) * 9
    for meaning, pattern in LABELS:
        free = meaning in ("code", "serial") and not have_cents(texts)
        free = free or (meaning == "period" and years)
        if (free or ENTITY.fullmatch(own) or not numeric) and pattern.search(own):
            return meaning, "", ""
    staged = first_match(STAGES, own) or PERIOD.search(own)
    if numeric and (BALANCE.search(own) or staged or in_debit):
        return "balance", *stage_of(own, over, False)
    rank = first_match(NAMES, own)
    if rank:
        return "name", rank, ""
    if is_mostly(map(is_date, cells)):
        return "period", "", ""
    if numeric and are_codes(sheet, row, column, texts):
        return "code", "", ""
    label = f"{over} {sheet.text(row, column)}".strip() if over else sheet.text(row, column)
    return ("balance", "other", label or own) if numeric or have_cents(texts) else None


def have_cents(texts: list[str]) -> bool:
    """Whether most texts have a number with cents or two marks of groups, as no code has, even if
    its marks are not known."""
    return is_mostly(bool(CENTS.search(text)) for text in texts if re.search(r"[^\W0_]", text))


def is_word(cell: Any) -> bool:
    return isinstance(cell, str) and not re.search(r"\d", cell) and bool(re.search(r"\w\w\w", cell))


def are_codes(sheet: Sheet, row: int, column: int, texts: list[str]) -> bool:
    """Whether numbers under an unknown header are codes: each is whole and there once, in order or
    of one length, and words follow before any amount with cents."""
    whole = all(re.fullmatch(r"[A-Za-z]{0,3}[-. ]?\d+([.\-/]\d+)*", text) for text in texts)
    if not whole or len(texts) < 3 or len(set(texts)) < len(texts):
        return False
    if len({len(text) for text in texts}) > 1 and sorted(texts) != texts:
        return False
    beside = [c for c in range(column + 1, sheet.width(row)) if sheet.below(row, c, 60)]
    return bool(beside) and any(map(is_word, sheet.below(row, beside[0])))


def stage_of(own: str, over: str, net: bool) -> tuple[str, str]:
    stage = first_match(STAGES, f"{over} {own}") or ""
    period = PERIOD.search(over) or PERIOD.search(own)
    label = (over if PERIOD.search(over) else own) if period else "" if stage else over
    label = " ".join(CREDIT.sub(" ", DEBIT.sub(" ", BALANCE.sub(" ", label))).split())
    return stage or ("net" if net else ""), label


def has_amounts(sheet: Sheet, header: int, column: int) -> bool:
    cells = sheet.below(header, column, 60)
    wrong = any(place[1] == column for place in sheet.bad)
    unit = unit_of(cells)
    signs = signs_of({m for marks in affixes(cells) for m in marks if is_side(m)}) or SIDE_SIGNS
    count = sum(is_amount(cell, unit, signs) for cell in cells)
    return bool(cells or wrong) and count * 2 >= len(cells)


def is_mostly(tests: Iterable[bool]) -> bool:
    found = list(tests)
    return sum(found) * 10 > len(found) * 8


def text_columns(sheet: Sheet, header: int, known: Iterable[int]) -> list[int]:
    """Columns without a known header that hold words."""
    return [
        column
        for column in sorted(set(range(sheet.width(header))) - set(known))
        if any(re.search(r"[^\W\d]", text_of(cell)) for cell in sheet.below(header, column))
    ]
