"""How the amounts of a table are written, and what its numbers say of its columns.

Called once the header is known. Words propose what a column is and numbers decide: where a rule of
`shapes` holds, it counts more than the headers. Must never change what the user said of a column.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from bellhop import BadInput
from bellhop.jobtypes.ledger.cells import (
    SIDE_SIGNS,
    ZERO,
    affixes,
    bare_mark,
    comma_votes,
    is_side,
    normal,
    signs_of,
    text_of,
    unit_of,
    uses_comma,
)
from bellhop.jobtypes.ledger.model import SIDES, Meaning, Table
from bellhop.jobtypes.ledger.readings import note_decimal
from bellhop.jobtypes.ledger.refusals import refusal
from bellhop.jobtypes.ledger.shapes import (
    Shape,
    Values,
    comes_to_nothing,
    find_shape,
    is_even,
    is_exclusive,
    overlaps,
)
from bellhop.jobtypes.ledger.words import BALANCE, CREDIT, DEBIT, RANKS

SAMPLE = 5000  # rows that tell how amounts are written
ROWS = 400  # rows that tell what columns are
AMOUNT_ROLES = {"debit", "credit", "balance", "opening"}

Known = dict[int, Meaning]


def learn_notation(table: Table, known: Known) -> None:
    """Settle the decimal mark, units, marks of sides and columns of sides of a table."""
    columns = [column for column, meaning in known.items() if meaning[0] in SIDES]
    cells = {c: table.sheet.below(table.header, c, SAMPLE) for c in columns}
    learn_decimal(table, [v for own in cells.values() for v in own if isinstance(v, str)])
    table.units = {column: unit for column in columns if (unit := unit_of(cells[column]))}
    found = {column: list(affixes(own)) for column, own in cells.items()}
    numbers = [marks for own in found.values() for marks in own]
    common = set.intersection(*numbers) if numbers else set()
    for column in set(columns) - table.units.keys():
        # A mark that all amounts have, or all of a debit or credit column, says nothing more.
        in_column = set.intersection(*found[column]) if found[column] else set()
        marks = common or (in_column if known[column][0] != "balance" else set())
        if len(marks) == 1:
            table.units[column] = bare_mark(next(iter(marks)))
    every = {mark for marks in numbers for mark in marks if is_side(mark)}
    table.sides = side_columns(table, known)
    every |= {text for column in table.sides for text in table.texts(column)}
    table.signs = signs_of(every) or SIDE_SIGNS
    table.side_of = beside(table, known)
    for column, place in beside(table, known).items():
        # Amounts that come to nothing by their own signs are turned by no usual side.
        del table.side_of[column]
        values = values_of(table, [column], len(table.sheet.rows))
        if not comes_to_nothing(values[column]):
            table.side_of[column] = place


def learn_decimal(table: Table, texts: list[str]) -> None:
    """Settle the decimal mark: what the user says, or what most amounts show."""
    table.decimal_comma = table.sheet.decimal == "," if table.sheet.decimal else uses_comma(texts)
    if any(re.search(r"\d[.,]\d", text) for text in texts):
        note_decimal(table, comma_votes(texts))


def side_columns(table: Table, known: Known) -> list[int]:
    """The columns that hold nothing but marks of sides, whatever their header says, and those
    whose header says so."""
    found = []
    for column in range(table.sheet.width(table.header)):
        marks = {normal(text) for text in table.texts(column)}
        meaning = known.get(column, ("",))[0]
        pair = not meaning and len(marks) == 2 and set(signs_of(marks)) == marks
        if meaning == "side" or pair or (meaning == "type" and marks and signs_of(marks)):
            found.append(column)
    return found


def beside(table: Table, known: Known) -> dict[int, int]:
    """The column of sides of each balance: the next one after it or, if none follows, before it."""
    balances = [column for column, meaning in sorted(known.items()) if meaning[0] == "balance"]
    ends = [*balances[1:], table.sheet.width(table.header)]
    after = {
        column: places[0]
        for column, end in zip(balances, ends, strict=False)
        if (places := [place for place in table.sides if column < place < end])
    }
    if len(after) == len(balances) or not table.sides:
        return after
    starts = [-1, *balances]
    before = {
        column: places[-1]
        for start, column in zip(starts, balances, strict=False)
        if (places := [place for place in table.sides if start < place < column])
    }
    return before if len(before) > len(after) else after


def values_of(table: Table, columns: list[int], count: int) -> dict[int, list[Decimal]]:
    """The amounts of columns in the rows of which each can be read; blank is zero."""
    rows: list[list[Decimal]] = []
    for row in range(table.header + 1, min(len(table.sheet.rows), table.header + 1 + count)):
        try:
            amounts = [table.amount(row, column) for column in columns]
        except ValueError:
            continue
        if any(amount is not None for amount in amounts):
            rows.append([amount or ZERO for amount in amounts])
    return {column: [row[n] for row in rows] for n, column in enumerate(columns)}


def with_shape(table: Table, known: Known) -> Known:
    """The meanings, corrected by the rule that the numbers follow.

    They stand where the user named amounts, where the words agree with the rule, or where they
    name a balance that has no part in it.
    """
    columns = sorted(c for c, own in known.items() if own[0] in SIDES and RANKS[own[1]] >= 0)
    if any(role in AMOUNT_ROLES for role, _ in table.sheet.roles):
        return known
    picked = picked_by_words(known)
    unread = [column for column in columns if not is_readable(table, column)]
    columns = [column for column in columns if column not in unread]
    values = values_of(table, columns, ROWS if picked else len(table.sheet.rows))
    shape = find_shape(values, {column: known[column] for column in columns})
    if not shape or not shape.movement:
        chosen = picked or {*(shape.balance if shape else ())}
        require_known(table, known, values, chosen, unread)
    if not shape:
        return known
    if picked and picked in ({*shape.balance}, {*shape.balance, *shape.movement}):
        table.why = shape.why()
        return {**known, **closed(shape, known)}
    inputs = ({*shape.movement}, {*shape.opening}, {*shape.movement, *shape.opening})
    if picked and picked not in inputs:
        return known
    net_beside = shape.movement and len(shape.balance) == 1 and not shape.opening
    if net_beside and is_exclusive(values, shape.movement):
        shape = Shape(shape.movement)
    table.why = shape.why()
    table.sides_open = len(shape.balance) == 2 and not any(
        known[column][0] in ("debit", "credit") for column in shape.balance
    )
    others = {column: aside(table, column, known[column]) for column in columns}
    return {**known, **others, **shape.meanings()}


def is_money(amounts: Sequence[Decimal]) -> bool:
    """Whether a column is more than a number of levels, pieces or lines."""
    return comes_to_nothing(amounts) or any(amount % 1 for amount in amounts)


def closed(shape: Shape, known: Known) -> Known:
    """The balance of a rule that has an opening, which must not be added to it again."""
    balance = shape.balance if shape.opening else ()
    return {
        column: (known[column][0], "closing", known[column][2])
        for column in balance
        if known[column][1] in ("", "movement")
    }


def is_readable(table: Table, column: int) -> bool:
    """Whether half of the first amounts of a column can be read."""
    rows = range(table.header + 1, min(len(table.sheet.rows), table.header + 61))
    filled = [row for row in rows if re.search(r"\d", table.sheet.text(row, column))]
    unread = 0
    for row in filled:
        try:
            table.amount(row, column)
        except ValueError:
            unread += 1
    return unread * 2 <= len(filled)


def require_known(
    table: Table, known: Known, values: Values, picked: set[int], unread: list[int]
) -> None:
    """Raises BadInput (ambiguous_columns) where a column of which neither words nor numbers say
    what it is could be the opening or closing balance that belongs to the amounts chosen."""
    if picked & {*unread}:
        return  # each amount that cannot be read is an anomaly
    others = [c for c in values if known[c][:2] == ("balance", "other") and c not in picked]
    chosen = sorted(picked)
    if first := before_movements(known, values, chosen):
        raise may_be_either(table, first)
    stage = known[chosen[0]][1] if chosen else ""
    if len(chosen) == 2 and stage in ("", "other", "movement"):
        if not overlaps(values, chosen):
            others = [c for c in others if c < chosen[0] and is_money(values[c])]
    elif stage not in ("opening", "movement", "prior"):
        return
    if others := others + unread:
        raise may_be_either(table, others[0])


def before_movements(known: Known, values: Values, chosen: list[int]) -> int | None:
    """The first column of a chosen balance that is no net of a debit and a credit column right of
    it: it may be their opening balance. None where there are none, or a header says it."""
    balance = [c for c in chosen if known[c][0] == "balance"] or chosen
    if not balance or known[balance[0]][1] not in ("", "net", "other"):
        return None
    open_stages = ("", "other", "movement")
    after = [c for c in values if c > balance[-1] and known[c][1] in open_stages]
    moved = any(
        is_even(values, pair) and (overlaps(values, pair) or {*pair} < {*chosen})
        for pair in pairwise(after)
        if any(values[pair[0]])
    )
    return balance[0] if moved else None


def may_be_either(table: Table, column: int) -> BadInput:
    """The refusal of a column that can be an opening or a closing balance."""
    name = table.sheet.text(table.header, column)
    text = f'The column "{name}" may be an opening or a closing balance.'
    hint = f"Say it in `mapping`: `opening = {name}`, `balance = {name}` or `ignore = {name}`."
    return refusal("ambiguous_columns", text, hint)


def aside(table: Table, column: int, meaning: Meaning) -> Meaning:
    """An amount that has no part in the balance, by the words of its header."""
    text = normal(table.sheet.text(table.header, column))
    for pattern in (DEBIT, CREDIT, BALANCE):
        text = pattern.sub(" ", text)
    return meaning[0], "other", " ".join(text.split()) or text_of(column)


def picked_by_words(known: Known) -> set[int] | None:
    """The columns that the words alone choose as the balance; None where they do not decide."""
    places: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for column, (side, stage, period) in known.items():
        if side in SIDES and RANKS[stage] >= 0:
            places[stage, period][side].append(column)
    whole = {k: g for k, g in places.items() if "balance" in g or len(g) == 2}
    if any(len(own) > 1 for group in whole.values() for own in group.values()):
        return None
    rank = max((RANKS[stage] for stage, _ in whole), default=0)
    best = [group for key, group in whole.items() if RANKS[key[0]] == rank]
    if len(best) != 1 or not rank:
        return None
    return {column for own in best[0].values() for column in own}


def settle_sides(table: Table) -> None:
    """Read signed amounts in one column of a pair, where the other is empty, as balances."""
    group = table.amounts[table.pick]
    if len(group) != 2 or table.opening:
        return
    pair = [group["debit"], group["credit"]]
    values = values_of(table, pair, ROWS)
    if not all(map(any, values.values())):
        values = values_of(table, pair, len(table.sheet.rows))
    debits, credits = values[group["debit"]], values[group["credit"]]
    for side, own, other in (("debit", debits, credits), ("credit", credits, debits)):
        if not any(other) and any(amount < 0 for amount in own):
            table.amounts[table.pick] = {"balance": group[side]}
            table.layout = "signed_balance"
            table.turned |= {group[side]} if side == "credit" else set()
