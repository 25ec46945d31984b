"""Which rows of a table belong to the period or entity that was asked for.

Called before rows are read. A file may tell them by a column or by tables one below the other.
Must never mix two of them: without a choice it raises BadInput and names them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from bellhop.jobtypes.ledger.cells import ZERO, amount_of, normal, text_of
from bellhop.jobtypes.ledger.classify import heading_type
from bellhop.jobtypes.ledger.model import Table, cell_at
from bellhop.jobtypes.ledger.refusals import asked_for, several
from bellhop.jobtypes.ledger.table import transactions
from bellhop.jobtypes.ledger.words import BARE_TOTAL, NOTE, TOTAL

Heads = set[tuple[str, ...]]


@dataclass
class Choice:
    """The rows to read: from `start` to `end`, and of these the ones with `value` in `column`."""

    start: int
    end: int
    column: int | None = None
    value: str = ""


def choose_rows(table: Table, period: str) -> Choice:
    """The rows of the period or entity asked for, or of the only one.

    Raises BadInput: multiple_periods.
    """
    choice = choose_part(table, period)
    for meaning in ("entity", "period"):
        if meaning not in table.labels:
            continue
        column = table.labels[meaning]
        texts = dict.fromkeys(table.texts(column, None))
        texts.pop(table.sheet.text(table.header, column), None)  # a header that is repeated
        values = [t for t in texts if not TOTAL.match(normal(t)) and not NOTE.search(t)]
        asked = [values[n] for n in asked_for(period, values)]
        if len(asked) == 1 and len(values) > 1:
            table.period = asked[0]
            choice.column, choice.value = column, asked[0]
            return choice
        if len(values) > 1:
            if meaning == "period":
                require_periods(table, list(parts_by(table, column).values()))
            raise several("periods or entities", values, "period")
    return (
        choice if choice.end < len(table.sheet.rows) else by_unknown_column(table, choice, period)
    )


def by_unknown_column(table: Table, choice: Choice, period: str) -> Choice:
    """The rows of one value of a column that parts the file into trial balances, whatever its
    header says: each value has most accounts once, and its rows come to nothing."""
    groups = [table.amounts[key] for key in (table.pick, table.opening) if key]
    taken = {*table.labels.values(), *(column for group in groups for column in group.values())}
    for column in sorted(set(range(table.sheet.width(table.header))) - taken):
        parts = parts_by(table, column)
        most = max(map(len, parts.values()), default=0)
        if len(parts) < 2 or not all(is_whole(table, rows, most) for rows in parts.values()):
            continue
        require_periods(table, list(parts.values()))
        asked = [list(parts)[n] for n in asked_for(period, list(parts))]
        if len(asked) != 1:
            raise several("periods or entities", list(parts), "period")
        table.period = asked[0]
        return Choice(choice.start, choice.end, column, asked[0])
    return choice


def parts_by(table: Table, column: int) -> dict[str, list[int]]:
    """The rows with an account of each value of a column."""
    parts: dict[str, list[int]] = defaultdict(list)
    places = [p for p in (table.labels.get("code"), table.labels.get("name")) if p is not None]
    for row in range(table.header + 1, len(table.sheet.rows)):
        value = table.sheet.text(row, column)
        if any(table.sheet.text(row, place) for place in places) and value:
            parts[value].append(row)
    return parts


def require_periods(table: Table, parts: list[list[int]]) -> None:
    """Raises BadInput (not_a_trial_balance) where parts that come to nothing are transactions:
    accounts come back, but few stand in most of three parts or more."""
    count = Counter(account_of(table, row) for rows in parts for row in rows)
    often = sum(number for number in count.values() if number * 4 >= len(parts) * 3)
    if len(parts) > 2 and max(count.values(), default=0) > 1 and often * 2 <= sum(count.values()):
        raise transactions(table.sheet, table.header)


def account_of(table: Table, row: int) -> tuple[str, ...]:
    places = [table.labels[role] for role in ("code", "name") if role in table.labels]
    return tuple(table.sheet.text(row, place) for place in places)


def is_whole(table: Table, rows: list[int], most: int) -> bool:
    """Whether rows are a trial balance: nearly as many accounts as the `most`, each once."""
    names = {account_of(table, row) for row in rows}
    return len(names) == len(rows) and len(rows) * 4 >= most * 3 and balances(table, rows)


def choose_part(table: Table, period: str) -> Choice:
    """The rows of one of several tables with the same header, one below the other."""
    parts = parts_of(table)
    if len(parts) < 2:
        return Choice(table.header + 1, len(table.sheet.rows))
    asked = [parts[n] for n in asked_for(period, [name for name, _, _ in parts])]
    if len(asked) != 1:
        raise several("periods or entities", [name for name, _, _ in parts], "period")
    table.period, start, end = asked[0]
    return Choice(start, end)


def parts_of(table: Table) -> list[tuple[str, int, int]]:
    """(title, first row, end) of each table; one where the header is only repeated per page.

    A table ends with its total or balances by itself, and the next has another title.
    """
    rows = table.sheet.rows
    header = trimmed([text_of(cell) for cell in rows[table.header]])
    last = len(header) - 1
    like = [n for n in range(table.header, len(rows))
            if text_of(cell_at(rows[n], last)) == header[last]]  # fmt: skip
    heads = [n for n in like if trimmed([text_of(cell) for cell in rows[n]]) == header]
    titles: list[str] = []
    starts: list[int] = []
    for place in heads:
        floor = starts[-1] if starts else 0
        title, above = title_over(table, place, floor)
        is_new = bool(title) and title not in titles and goes_on(table, place)
        if not starts or (
            is_new and (is_end(table, above) or balances(table, range(floor, above + 1)))
        ):
            titles.append(title)
            starts.append(place + 1)
    tops = [title_over(table, start - 1, 0)[1] + 1 for start in starts[1:]]
    ends = [*tops, len(rows)]
    names = [title or f"table {n + 1}" for n, title in enumerate(titles)]
    return list(zip(shortest(names), starts, ends, strict=True))


def shortest(names: list[str]) -> list[str]:
    """The names without the lines that all have in common."""
    lines = [name.split(" / ") for name in names]
    common = set.intersection(*map(set, lines)) if len(lines) > 1 else set()
    return [" / ".join(line for line in own if line not in common) or name
            for own, name in zip(lines, names, strict=True)]  # fmt: skip


def title_over(table: Table, header: int, floor: int) -> tuple[str, int]:
    """The lines of words right above a header, and the row above them."""
    rows, lines, place = table.sheet.rows, [], header - 1
    while place >= floor:
        texts = [text for cell in rows[place] if (text := text_of(cell))]
        if len(texts) > 1 and any(is_number(table, cell) for cell in rows[place]):
            break
        if len(texts) == 1 and not NOTE.search(texts[0]):
            if heading_type(texts[0]) is not None or BARE_TOTAL.fullmatch(normal(texts[0])):
                break
            lines.append(texts[0])
        place -= 1
    return " / ".join(reversed(lines)), place


def is_number(table: Table, cell: object) -> bool:
    try:
        return amount_of(cell, table.decimal_comma) is not None
    except ValueError:
        return False


def is_end(table: Table, row: int) -> bool:
    """Whether a row is the total of a whole table."""
    texts = [text_of(cell) for cell in table.sheet.rows[row]]
    amounts = table.amount_columns()
    label = next((text for n, text in enumerate(texts) if text and n not in amounts), "")
    return not label or bool(BARE_TOTAL.fullmatch(normal(label)))


def goes_on(table: Table, header: int) -> bool:
    """Whether accounts follow, and not only a total."""
    columns = table.amounts[table.pick].values()
    rows = table.sheet.rows[header + 1 :]
    filled = (row for row in rows if any(text_of(cell_at(row, column)) for column in columns))
    return next(filled, None) is not None and next(filled, None) is not None


def balances(table: Table, places: Iterable[int]) -> bool:
    """Whether the rows come to nothing, so that they are a trial balance of their own."""
    group, net, count = table.amounts[table.pick], ZERO, 0
    for row in places:
        for side, sign in (("debit", 1), ("credit", -1), ("balance", 1)):
            with suppress(ValueError):
                amount = table.amount(row, group.get(side))
                net += sign * (amount or ZERO)
                count += amount is not None
    return count > 1 and not net


def trimmed(texts: list[str]) -> tuple[str, ...]:
    """The texts without the blank ones at the end."""
    end = len(texts)
    while end and not texts[end - 1]:
        end -= 1
    return tuple(texts[:end])


def heads_of(table: Table) -> Heads:
    """The titles and the header: rows that may stand again on top of each page."""
    rows = table.sheet.rows[: table.header + 1]
    found = {trimmed([text_of(cell) for cell in row]) for row in rows}
    sections = {row for row in found if len(row) < 2 and heading_type("".join(row)) is not None}
    return found - sections
