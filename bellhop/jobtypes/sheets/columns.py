"""Columns of numbers that go up from line to line, and which kind of number a page uses.

Called by `questions`. Words and signs do not decide: a kind of number is meant where it rises by
one. Where two kinds do, digits number the questions; of letters and Roman numerals, those that
begin first. Letters and numerals inside a question are its choices; those that go on across
questions are headings.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy

from bellhop.jobtypes.sheets.key import Name
from bellhop.jobtypes.sheets.labels import Label, readings
from bellhop.jobtypes.sheets.lines import Corners, Line

# Of the page's width: numbers this near in x are one column, and what is to the right of a
# heading belongs to it.
SAME_COLUMN = 0.08
BELOW_HEADING = 0.25
LEAST_PLAIN = 3
LEAST_WEAK = 3
LEAST_ALONG = 2
ALIKE = 0.6


@dataclass
class Mark:
    """A number at the beginning of a line, and where the line begins."""

    line: Line
    label: Label
    x: float
    y: float

    @property
    def number(self) -> int:
        return self.label.number

    @property
    def name(self) -> Name:
        return self.label.name


@dataclass
class Column:
    """Numbers below each other; `is_foreign` where they number no questions."""

    marks: list[Mark]
    is_foreign: bool = False

    @property
    def x(self) -> float:
        return min(mark.x for mark in self.marks)

    @property
    def top(self) -> float:
        return min(mark.y for mark in self.marks)

    @property
    def numbers(self) -> list[int]:
        return [mark.number for mark in self.marks]

    @property
    def steps(self) -> int:
        """How often the number rises by one from a line to the next."""
        return sum(after - before == 1 for before, after in pairwise(self.numbers))


@dataclass
class Numbering:
    """The columns of a page from left to right; `is_sure` where no other kind may be meant."""

    columns: list[Column]
    is_sure: bool = True


class Level:
    """Places as they were if the page's lines ran level."""

    def __init__(self, lines: Sequence[Line]):
        edges = [line.box[1] - line.box[0] for line in lines if line.right - line.left > 100]
        slope = float(numpy.median([edge[1] / edge[0] for edge in edges])) if edges else 0.0
        length = (1 + slope * slope) ** 0.5
        self._cos, self._sin = 1 / length, slope / length

    def point(self, x: float, y: float) -> tuple[float, float]:
        return x * self._cos + y * self._sin, y * self._cos - x * self._sin

    def box(self, *, left: float, top: float, right: float, bottom: float) -> Corners:
        """The corners on the page of a box with level sides."""
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        turned = [
            (x * self._cos - y * self._sin, y * self._cos + x * self._sin) for x, y in corners
        ]
        return numpy.array(turned, "float32")

    def start(self, line: Line) -> tuple[float, float]:
        """The left edge's middle."""
        x, y = (line.box[0] + line.box[3]) / 2
        return self.point(float(x), float(y))


def find_numbering(lines: Sequence[Line], level: Level, width: float) -> Numbering:
    """The columns of numbers on a page whose `width` is in pixels of the boxes."""
    marks = [
        Mark(line, label, *level.start(line)) for line in lines for label in readings(line.text)
    ]
    weak = [mark for mark in marks if mark.label.is_weak or mark.label.is_plain]
    by_kind = {kind: _columns(found, width) for kind, found in _kinds(marks).items()}
    kind, is_sure = _chosen(by_kind)
    columns = by_kind[kind]
    if kind == "decimal":
        columns = _with_weak(columns, weak, width)
    others = [column for name in by_kind if name != kind for column in by_kind[name]]
    headings = [column for column in others if _is_heading(column, columns, width)]
    for column in headings:
        column.is_foreign = True
    return Numbering(sorted([*columns, *headings], key=lambda column: column.x), is_sure)


def _kinds(marks: list[Mark]) -> dict[str, list[Mark]]:
    """The marks by what the number is; "worded" is a number after a word that is not known."""
    kinds: dict[str, list[Mark]] = {
        kind: [] for kind in ("level", "decimal", "worded", "roman", "letter")
    }
    words = {mark.label.word for mark in marks if mark.label.word and mark.label.has_known_word}
    for mark in marks:
        near = difflib.get_close_matches(mark.label.word, words, 1, ALIKE)
        is_worded = not mark.label.has_known_word and not near
        if not mark.label.is_weak:
            kinds["worded" if is_worded else mark.label.kind].append(mark)
    kinds["worded"] = _sharing_a_word(kinds["worded"])
    return kinds


def _sharing_a_word(marks: list[Mark]) -> list[Mark]:
    """Those whose word begins another line too."""
    words = [mark.label.word for mark in marks]
    return [
        mark
        for mark in marks
        if len(difflib.get_close_matches(mark.label.word, words, 2, ALIKE)) > 1
    ]


def _chosen(by_kind: dict[str, list[Column]]) -> tuple[str, bool]:
    """The kind of number of the questions, and whether it is sure."""
    steps = {kind: _steps(columns) for kind, columns in by_kind.items()}
    if steps["level"] and steps["level"] >= steps["decimal"]:
        return "level", True
    if steps["decimal"]:
        return "decimal", True
    others = [kind for kind in ("worded", "roman", "letter") if steps[kind]]
    if not others:
        return "decimal", True
    first = min(others, key=lambda kind: (_first(by_kind[kind]).y, -steps[kind]))
    lone = by_kind["decimal"]
    if lone and _first(lone).line is not _first(by_kind[first]).line:
        # One number above letters: they may be its choices, or the questions below a title.
        is_above = _first(lone).y < _first(by_kind[first]).y
        return ("decimal", False) if is_above else (first, True)
    return first, True


def _steps(columns: list[Column]) -> int:
    """How often the numbers of a page rise by one, down its columns or else along its rows."""
    down = sum(column.steps for column in columns)
    numbers = {number for column in columns for number in column.numbers}
    along = sum(number + 1 in numbers for number in numbers)
    return down or (along if along >= LEAST_ALONG else 0)


def _first(columns: list[Column]) -> Mark:
    """The topmost mark."""
    return min((mark for column in columns for mark in column.marks), key=lambda mark: mark.y)


def _is_heading(column: Column, columns: list[Column], width: float) -> bool:
    """Whether questions stand between all numbers of `column`, which so go on across them."""
    reach = (column.x - SAME_COLUMN * width, column.x + BELOW_HEADING * width)
    ys = [m.y for c in columns for m in c.marks if reach[0] <= m.x <= reach[1]]
    own = {id(mark.line) for c in columns for mark in c.marks}
    pairs = list(pairwise(column.marks))
    is_apart = not any(id(mark.line) in own for mark in column.marks)
    return bool(pairs) and is_apart and all(any(a.y < y < b.y for y in ys) for a, b in pairs)


def _columns(marks: list[Mark], width: float) -> list[Column]:
    """Columns of numbers from left to right, those of tables among them as foreign."""
    sure = [c for c in _by_x([m for m in marks if not m.label.is_plain], width) if _settle(c)]
    sure = _without_strays(sure)
    plain = [c for c in _by_x([m for m in marks if m.label.is_plain], width) if _settle(c)]
    plain = [column for column in plain if len(column.marks) >= LEAST_PLAIN]
    used = {number for column in sure for number in column.numbers}
    for column in plain:
        starts_at_once = bool(not used and column.numbers[0] <= 2)
        column.is_foreign = not starts_at_once and min(column.numbers) != max(used, default=0) + 1
        if not column.is_foreign:
            used |= set(column.numbers)
    return sorted([*sure, *plain], key=lambda column: column.x)


def _by_x(marks: list[Mark], width: float) -> list[Column]:
    columns: list[Column] = []
    for mark in sorted(marks, key=lambda mark: mark.x):
        if columns and mark.x - columns[-1].marks[-1].x < SAME_COLUMN * width:
            columns[-1].marks.append(mark)
        else:
            columns.append(Column([mark]))
    return columns


def _settle(column: Column) -> bool:
    """Keep of a column the numbers that go up from top to bottom; whether any are left."""
    column.marks.sort(key=lambda mark: mark.y)
    styles = {mark.label.style for mark in column.marks}
    if len(styles) > 1 and any(b <= a for a, b in pairwise(column.numbers)):
        # "1) 2) 3)" below "1." are the choices of a question.
        style = column.marks[0].label.style
        first = [mark for mark in column.marks if mark.label.style == style]
        column.marks = first if len(first) > 1 else column.marks
    column.marks = _rising(column.marks)
    return bool(column.marks)


def _rising(marks: list[Mark]) -> list[Mark]:
    """The longest run of numbers that goes up; a new start at 1 begins another section.

    A number that was misread between two neighbours takes the one place there is.
    """
    sections: list[list[Mark]] = [[]]
    for mark in marks:
        if mark.number == 1 and len(sections[-1]) > 1:
            sections.append([])
        sections[-1].append(mark)
    return [mark for section in sections for mark in _mended(section)]


def _mended(section: list[Mark]) -> list[Mark]:
    best: list[list[Mark]] = []
    for place, mark in enumerate(section):
        lower = (best[i] for i in range(place) if section[i].number < mark.number)
        best.append([*max(lower, key=_weight, default=[]), mark])
    # Of two as long, the one that does not leap: a misread number is often too high.
    run = max(best, key=lambda run: (_weight(run), -run[-1].number), default=[])
    kept = {id(mark) for mark in run}
    for before, mark, after in zip(section, section[1:], section[2:], strict=False):
        fits = id(before) in kept and id(after) in kept and id(mark) not in kept
        if fits and after.number - before.number == 2:
            mark.label = replace(mark.label, number=before.number + 1)
            kept.add(id(mark))
    return [mark for mark in section if id(mark) in kept]


def _weight(run: list[Mark]) -> float:
    """Its length, in which a letter that looks like a digit counts half."""
    return sum(0.5 if mark.label.is_misread else 1 for mark in run)


def _without_strays(columns: list[Column]) -> list[Column]:
    """Drop lone numbers that continue nothing, and columns that repeat another's numbers."""
    kept: list[Column] = []
    for column in sorted(columns, key=lambda column: -len(column.marks)):
        used = {number for other in kept for number in other.numbers}
        if len(column.marks) == 1 and not _continues(column.marks[0], used):
            continue
        kept.append(column)
    return kept


def _continues(mark: Mark, used: set[int]) -> bool:
    if not used:
        return mark.number == 1 or not mark.line.is_handwritten
    is_next = mark.number in (max(used) + 1, min(used) - 1)
    return is_next or (min(used) < mark.number < max(used) and mark.number not in used)


def _with_weak(columns: list[Column], weak: list[Mark], width: float) -> list[Column]:
    """With the weak marks that have the very place the others leave open, or rise by one alone."""
    if not columns:
        glued = [mark for mark in weak if mark.label.is_weak]
        return [c for c in _by_x(glued, width) if _settle(c) and _is_unbroken(c)]
    kept = {id(mark.line) for column in columns for mark in column.marks}
    weak = sorted(weak, key=lambda mark: mark.y)
    for column in columns:
        for mark in weak:
            is_beside = abs(mark.x - column.x) < SAME_COLUMN * width
            is_new = id(mark.line) not in kept and not column.is_foreign
            if is_beside and is_new and _fits(mark, column):
                kept.add(id(mark.line))
                column.marks = sorted([*column.marks, mark], key=lambda mark: mark.y)
    return columns


def _is_unbroken(column: Column) -> bool:
    is_long = len(column.marks) >= LEAST_WEAK
    return is_long and column.numbers[0] == 1 and column.steps == len(column.marks) - 1


def _fits(mark: Mark, column: Column) -> bool:
    """Whether a number follows the one above it, or leads to the one below; plain ones do both."""
    above = [other.number for other in column.marks if other.y < mark.y]
    below = [other.number for other in column.marks if other.y > mark.y]
    follows = bool(above) and mark.number == above[-1] + 1
    leads = bool(below) and mark.number == below[0] - 1
    is_between = (not above or above[-1] < mark.number) and (not below or mark.number < below[0])
    return is_between and (follows and leads if mark.label.is_plain else follows or leads)
