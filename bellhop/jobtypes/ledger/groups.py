"""Find the rows that only sum up rows below them, such as "Current assets" over its accounts.

Called once all rows are read. What is below what is told by the indent of a text, by the column
a text stands in, by codes ("1.1" over "1.1.02", "10" over "1001", "1100" over "1110"), by names
with colons, by a column of levels or of parents. Each of these is only a guess: a row is a group
if its amounts equal the sum of the rows below it that are no groups themselves, and a guess
counts if that holds for most of the rows that could be groups. Groups may stand above or below
their rows. Must never take out a row unless the sums show it to be a group.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from bellhop.jobtypes.ledger.cells import CENT, ZERO, money, text_of
from bellhop.jobtypes.ledger.classify import type_of
from bellhop.jobtypes.ledger.lines import INDENT, Line
from bellhop.jobtypes.ledger.model import Book, Table, Total, cell_at

ALIKE = 3  # groups of one row each, which only repeat it
RARE = 4  # digits of an amount that is hardly the sum of others by chance
ROUNDS = 3  # kinds of structure one over the other in a file
# Amounts in whole units are rounded each by itself: what their sums may be off by, at most.
ROUNDED = Decimal("0.001")
PARTED = re.compile(r"\s*[:>|\\/]\s*")
LEVEL = re.compile(r"\d{1,2}")
DOTTED = re.compile(r"(\d+(\.\d+)*\.?)?")

Sums = tuple[Decimal, Decimal]  # debit and credit
Below = Callable[[int, int], bool]  # whether the second line is below the first


class Structure(NamedTuple):
    """One reading of a file's structure: its lines, each before all that is below it, and how
    many groups must be sums for it to count."""

    order: list[int]
    is_below: Below
    least: int = 1


class Found(NamedTuple):
    """What a structure gives: the lines that are sums of those below, how many of them have
    several below, those that are not with the sums of what is below them, and the blank ones."""

    equal: set[int]
    large: int
    other: dict[int, Sums]
    empty: set[int]
    structure: Structure


def find_groups(table: Table, lines: list[Line], book: Book) -> None:
    """Mark the groups among the lines; one that differs from its accounts is an anomaly."""
    for _ in range(ROUNDS):
        left = [line for line in lines if line.kind == "account"]
        found = [read_structure(left, structure) for structure in structures(table, left)]
        counting = [one for one in found if counts(left, one)]
        if not counting:
            return
        best = max(counting, key=lambda one: len(one.equal))
        tell_types(left, best)
        mark(left, best, book)


def counts(lines: list[Line], found: Found) -> bool:
    """Whether a structure is the file's: most groups are sums, and not all of a single row."""
    count = len(found.equal)
    if count < max(found.structure.least, len(found.other)) or not (found.large or count >= ALIKE):
        return False
    # Books that balance with these rows as accounts, and not without them, need them.
    off = sum((line.net for line in lines), ZERO)
    groups = sum((lines[place].net for place in found.equal), ZERO)
    return abs(off) > CENT or abs(groups) <= CENT


def mark(lines: list[Line], found: Found, book: Book) -> None:
    """Make groups of the sums and headings of the blank lines above others."""
    for place in found.equal:
        lines[place].kind = "group"
    for place in found.empty:
        lines[place].kind = "caption"
    # A row with an amount of its own beside those below it is an account, if the books say so.
    if abs(sum((line.net for line in lines if line.kind == "account"), ZERO)) <= CENT:
        return
    for place, (debit, credit) in found.other.items():
        line = lines[place]
        line.kind = "group"
        at = Total(line.row, line.label, line.debit, line.credit, 0, False, False)
        text = f'"{line.label}" differs from the accounts below it: '
        text += f"{money(debit)} debit and {money(credit)} credit."
        book.add("stated_total_mismatch", text, at, line.net - debit + credit)


def tell_types(lines: list[Line], found: Found) -> None:
    """Give each line the nearest group above it, and the account type that the outermost names."""
    open_: list[tuple[int, str]] = []
    for place in found.structure.order:
        while open_ and not found.structure.is_below(open_[-1][0], place):
            open_.pop()
        own = lines[place]
        own.under = own.under or (lines[open_[-1][0]].label if open_ else "")
        own.section = own.section or next((kind for _, kind in open_ if kind), "")
        if place in found.equal or place in found.empty:
            open_.append((place, type_of(own.name or own.label) or ""))


def read_structure(lines: list[Line], structure: Structure) -> Found:
    """Compare each line with the sum of those below it, the innermost first."""
    ends = ends_of(structure)
    count = len(structure.order)
    if all(end == at + 1 for at, end in enumerate(ends)):
        return Found(set(), 0, {}, set(), structure)
    # The sums from each place to the end: without the groups, and without what may be one.
    sums: list[Sums] = [(ZERO, ZERO)] * (count + 1)
    least: list[tuple[Decimal, Decimal, int]] = [(ZERO, ZERO, 0)] * (count + 1)
    equal, other, empty, large = set(), {}, set(), 0
    for at in range(count - 1, -1, -1):
        place = structure.order[at]
        debit, credit = own = lines[place].sides
        below, after = at + 1, ends[at]
        parted = [part(sums, below, after), part(least, below, after)]
        rows = least[below][2] - least[after][2]
        group = leaf = after <= below
        if after > below and own == (ZERO, ZERO):
            empty |= {place} if lines[place].is_blank else set()
            group, leaf = lines[place].is_blank, not lines[place].is_blank
        elif after > below:
            group = any(is_sum(own, one, rows) for one in parted)
            equal |= {place} if group else set()
            large += group and rows > 1
            if not group:
                other[place] = parted[1]
        (debits, credits), (fewer, less, n) = sums[below], least[below]
        sums[at] = sums[below] if group and not leaf else (debits + debit, credits + credit)
        least[at] = (fewer + debit, less + credit, n + 1) if leaf else least[below]
    return Found(equal, large, other, empty, structure)


def part(sums: list[Any], start: int, end: int) -> Sums:
    return sums[start][0] - sums[end][0], sums[start][1] - sums[end][1]


def is_sum(own: Sums, below: Sums, rows: int) -> bool:
    """Whether a row has the debits and credits of those below it, or their net."""
    if below == (ZERO, ZERO):
        return False
    slack = CENT
    if not any(amount % 1 for amount in (*own, *below)):
        slack = min(Decimal(rows) / 2, ROUNDED * max(own))
    gaps = [abs(a - b) for a, b in zip(own, below, strict=True)]
    return max(gaps) <= slack or abs(own[0] - own[1] - below[0] + below[1]) <= slack


def ends_of(structure: Structure) -> list[int]:
    """For each place of the order, where what is below it ends."""
    order = structure.order
    ends = [len(order)] * len(order)
    open_: list[int] = []
    for at, place in enumerate(order):
        while open_ and not structure.is_below(order[open_[-1]], place):
            ends[open_.pop()] = at
        open_.append(at)
    return ends


# --- What may tell the structure ---


def structures(table: Table, lines: list[Line]) -> Iterator[Structure]:
    """All readings of what is below what; of those that find as much, the first counts."""
    for levels, least in level_readings(table, lines):
        if len(set(levels)) > 1:
            yield by_level(levels, range(len(lines)), least)
            yield by_level(levels, range(len(lines) - 1, -1, -1), least)
    for levels in ([int(line.is_numbered) for line in lines], levels_by_sums(lines)):
        if len(set(levels)) > 1:
            yield by_level(levels, range(len(lines)), 2)
    for codes in code_readings(table, lines):
        keys = [re.findall(r"\w+", code) for code in codes]
        dotted = any(len(key) > 1 for key in keys)
        yield by_prefix(keys if dotted else codes)
    if any(map(PARTED.search, (line.name for line in lines))):
        yield by_prefix([[part for part in PARTED.split(line.name) if part] for line in lines])
    if parents := by_parent(table, lines):
        yield parents
    short = [line.code.rstrip("0.-/ ") for line in lines]
    if any(len(own) < len(line.code) for own, line in zip(short, lines, strict=True)):
        yield by_prefix(short)._replace(least=2)


def by_level(levels: list[int], order: Iterable[int], least: int) -> Structure:
    return Structure(list(order), lambda a, b: levels[b] > levels[a], least)


def code_readings(table: Table, lines: list[Line]) -> Iterator[list[str]]:
    """The codes of the lines, and those with dots that another column holds."""
    yield [line.code for line in lines]
    taken = {table.labels.get("code"), *table.amount_columns()}
    width = max((len(line.texts) for line in lines), default=0)
    for column in sorted(set(range(width)) - taken):
        texts = [line.texts[column] if column < len(line.texts) else "" for line in lines]
        if all(map(DOTTED.fullmatch, texts)) and sum("." in text for text in texts) > 1:
            yield texts


def level_readings(table: Table, lines: list[Line]) -> Iterator[tuple[list[int], int]]:
    """The level of each line by the place of its label, by a column of levels, by the last text
    in it, by the indent of its code; with each how many sums show it."""
    known = {table.labels.get("name"), table.labels.get("code"), *table.amount_columns()}
    width = max((len(line.texts) for line in lines), default=0)
    others = [c for c in range(width) if c not in known and any(map(has_text(c), lines))]
    rows = [table.sheet.rows[line.index] for line in lines]
    at = [label_place(table, line, others) for line in lines]
    moved = [indent(cell_at(row, c)) for row, c in zip(rows, at, strict=True)]
    yield [c * 1000 + own for c, own in zip(at, moved, strict=True)], 1
    # What is not bold is one space further in: without it, the indents alone tell the levels.
    yield [c * 1000 + own // 2 for c, own in zip(at, moved, strict=True)], 2
    for column in others:
        texts = [text_of(cell_at(row, column)) for row in rows]
        if all(map(LEVEL.fullmatch, texts)):
            yield [int(text) for text in texts], 1
    if others:
        reversed_ = others[::-1]
        yield [next((c for c in reversed_ if has_text(c)(n)), -1) for n in lines], 2
    if "code" in table.labels:
        yield [indent(cell_at(row, table.labels["code"])) for row in rows], 2


def has_text(column: int) -> Callable[[Line], bool]:
    return lambda line: column < len(line.texts) and bool(line.texts[column])


def label_place(table: Table, line: Line, others: list[int]) -> int:
    """The column in which the label of a line stands."""
    if line.name:
        return table.labels["name"]
    own = [table.labels["code"]] if line.code else []
    return min([*own, *(column for column in others if has_text(column)(line))], default=0)


def levels_by_sums(lines: list[Line]) -> list[int]:
    """Level 0 for each line that is the sum of several right below it, 1 for these; nothing where
    a line is neither or the books do not balance, for a few sums are chance."""
    sums = [ZERO]
    for line in lines:
        sums.append(sums[-1] + line.net)
    ends: dict[Decimal, list[int]] = defaultdict(list)
    for end, total in enumerate(sums):
        ends[total].append(end)
    if abs(sums[-1]) > CENT:
        return []
    levels, place = [1] * len(lines), 0
    while place < len(lines):
        found = ends.get(sums[place + 1] + lines[place].net, [])
        at = bisect_left(found, place + 3)
        if not lines[place].net or at == len(found):
            return []
        levels[place] = 0
        place = found[at]
    heads = [line.net for line, level in zip(lines, levels, strict=True) if not level]
    rare = sum(len(net.normalize().as_tuple().digits) >= RARE for net in heads)
    return levels if rare * 2 > len(heads) else []


def indent(cell: Any) -> int:
    """How far a text is moved in: its leading spaces, dots or dashes."""
    match = INDENT.match(cell) if isinstance(cell, str) else None
    return match.end() if match else 0


def by_prefix(keys: list[Any]) -> Structure:
    """What goes on from the key of another line is below it; the keys are texts or lists."""
    order = sorted(range(len(keys)), key=lambda place: keys[place])

    def is_below(a: int, b: int) -> bool:
        first, second = keys[a], keys[b]
        return bool(first) and len(second) > len(first) and second[: len(first)] == first

    return Structure(order, is_below)


def by_parent(table: Table, lines: list[Line]) -> Structure | None:
    """The structure that a column tells whose texts are the codes or names of other lines."""
    names = {text: n for n, line in enumerate(lines) for text in (line.label, line.name, line.code)
             if text}  # fmt: skip
    taken = {table.labels.get("name"), table.labels.get("code"), *table.amount_columns()}
    width = max((len(line.texts) for line in lines), default=0)
    for column in sorted(set(range(width)) - taken):
        texts = [line.texts[column] if column < len(line.texts) else "" for line in lines]
        known = [names.get(text, n) != n for n, text in enumerate(texts)]
        if sum(known) * 2 > len(lines):
            return tree_of([names[t] if k else None for k, t in zip(known, texts, strict=True)])
    return None


def tree_of(parents: list[int | None]) -> Structure | None:
    """The lines with each before its children; None where a line is above itself."""
    paths: list[tuple[int, ...]] = []
    for place in range(len(parents)):
        path, at = [place], parents[place]
        while at is not None:
            if at in path or len(path) > len(Counter(parents)):
                return None
            path.append(at)
            at = parents[at]
        paths.append(tuple(reversed(path)))
    return by_prefix(paths)
