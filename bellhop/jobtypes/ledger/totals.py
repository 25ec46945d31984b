"""Find the rows that repeat the sum of rows above them: totals and amounts carried forward.

Called once the groups are known. A row without a code whose amounts equal, on both sides or net,
all accounts since the start, a heading or another total may be such a row, whatever it is called.
It is one if something else says so as well: both sides are filled, the row is repeated right
below (at the top of the next page), the other rows have codes, it carries the name of a heading
above it or a word that other such rows have, or no chance would give such digits. Must never
take an account for a total because its amount happens to be a sum.
"""

import re
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from bellhop.jobtypes.ledger.cells import ZERO, normal
from bellhop.jobtypes.ledger.lines import Line
from bellhop.jobtypes.ledger.words import CARRIED, TOTAL_WORDS

ROUNDS = 5
HEADINGS = ("heading", "caption")
STATED = ("total", "carried_forward")
RARE = 5  # digits
NEAR = 10  # headings above a row


class Match(NamedTuple):
    """A row that equals the sum of accounts above it: how many with an amount they are, whether
    only their net is equal, as that of the account next to them may be that stands on the wrong
    side, and whether the row carries the name of a heading above it."""

    rows: int
    is_net: bool
    is_named: bool


def key_of(label: str) -> str:
    """A label as it is compared, in any script: its words in lower case."""
    return " ".join(re.findall(r"\w+", label.casefold()))


def named_by(label: str) -> str:
    """What a total says it is the total of: its label without the words for a total."""
    return key_of(TOTAL_WORDS.sub("", f"{key_of(label)} "))


def find_totals(lines: list[Line]) -> None:
    """Mark the totals and the amounts carried forward among the lines that are called neither,
    and the headings that a total names."""
    refused: set[int] = set()
    for _ in range(ROUNDS):
        found = scan(lines, refused)
        doubted = doubtful(lines, found)
        if not doubted:
            break
        refused |= doubted
    else:
        found = {}
    repeated = set(repeats(lines, found))
    for place in found:
        lines[place].kind = "carried_forward" if place in repeated else "total"
    name_headings(lines, found)
    last = [line for line in lines if line.kind == "account"]
    # The total of one signed column is nothing.
    if last and last[-1].is_words_only and last[-1].sides == (ZERO, ZERO) and are_coded(last[:-1]):
        last[-1].kind = "total" if not last[-1].is_blank else last[-1].kind


def are_coded(accounts: list[Line]) -> bool:
    """Whether a row without a code is something else than the accounts."""
    return sum(line.is_numbered for line in accounts) * 5 >= len(accounts) * 4


def name_headings(lines: list[Line], found: dict[int, Match]) -> None:
    """Take a blank row whose name a total below it carries for a heading."""
    blank: dict[str, Line] = {}
    for place, line in enumerate(lines):
        if line.kind == "account" and line.is_blank:
            blank[key_of(line.label)] = line
        elif line.kind == "total" and blank:
            key, names = key_of(line.label), [named_by(line.label)]
            if place in found:
                names += [own for own in list(blank)[-NEAR:] if is_named(key, [own])]
            for one in (blank[name] for name in names if name in blank):
                one.kind = "caption"


def scan(lines: list[Line], refused: set[int]) -> dict[int, Match]:
    """The lines that equal the accounts since the start, a heading or a total above them."""
    found: dict[int, Match] = {}
    debit = credit = ZERO
    count, last, names = 0, (ZERO, ZERO), list[str]()
    both: dict[tuple[Decimal, Decimal], int] = {(ZERO, ZERO): 0}
    net: dict[Decimal, int] = {ZERO: 0}
    for place, line in enumerate(lines):
        own = line.sides
        if line.kind in (*HEADINGS, "group") or not any(own):
            names = [*names[1 - NEAR :], key_of(line.label)]
        if line.kind == "account" and any(own):
            start = both.get((debit - own[0], credit - own[1]))
            is_net = start is None
            start = net.get(debit - credit - line.net) if start is None else start
            match = None
            if start is not None and place not in refused and can_be_total(line):
                match = Match(count - start, is_net, is_named(key_of(line.label), names))
            if not match or not (match.rows > 1 or match.is_named or own == last):
                debit, credit, count = debit + own[0], credit + own[1], count + 1
                last = (ZERO, ZERO)
                continue
            found[place] = match
        if place in found or line.kind in (*HEADINGS, *STATED):
            last = last if line.kind in HEADINGS else own
            both.setdefault((debit, credit), count)
            net.setdefault(debit - credit, count)
    return found


def can_be_total(line: Line) -> bool:
    stated = any(line.sides) and not line.unread
    return stated and (line.is_words_only or all(line.sides))


def doubtful(lines: list[Line], found: dict[int, Match]) -> set[int]:
    """The lines whose amounts may equal a sum by chance."""
    if not found:
        return set()
    coded = are_coded([line for n, line in enumerate(lines)
                       if line.kind == "account" and n not in found])  # fmt: skip
    sure = set(repeats(lines, found)) | shared(lines, found)
    for place, match in found.items():
        line = lines[place]
        told = all(line.sides) or coded or CARRIED.fullmatch(normal(line.label))
        rare = match.rows > 2 and not match.is_net and digits_of(line) >= RARE
        if told or rare or match.is_named:
            sure.add(place)
    return set(found) - sure


def digits_of(line: Line) -> int:
    """How many digits of an amount say something: 2 for 1,200.00, 6 for 1,234.56."""
    return len(line.net.normalize().as_tuple().digits)


def shared(lines: list[Line], found: dict[int, Match]) -> set[int]:
    """The lines whose labels have their first or last word, or sign, in common: a word for a
    total, since no chance would give several of them such sums."""
    ends: dict[str, set[int]] = defaultdict(set)
    for place, match in found.items():
        words = key_of(lines[place].label).split()
        if words and not match.is_net:
            for end in {words[0], words[-1], lines[place].label[-2:]}:
                ends[end].add(place)
    return {place for places in ends.values() if len(places) > 1 for place in places}


def is_named(label: str, names: list[str]) -> bool:
    """Whether a label holds one of the names and something more."""
    return any(name and name != label and name in label for name in names)


def repeats(lines: list[Line], found: dict[int, Match]) -> list[int]:
    """The lines of which one stands at the foot of a page and the next at the top of another: the
    same amounts twice without an account between."""
    stated = [n for n, line in enumerate(lines) if n in found or line.kind in ("account", *STATED)]
    return [
        place
        for first, second in pairwise(stated)
        if first in found
        and second in found
        and lines[first].sides == lines[second].sides
        and (not found[first].is_net or digits_of(lines[first]) >= RARE)
        for place in (first, second)
    ]
