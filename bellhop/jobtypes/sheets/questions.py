"""Groups the lines of a page into questions by the numbers at their beginning.

Called by `quiz`. A number counts where it stands in a column of numbers that go up; the x of
these columns keeps the text of neighbouring columns apart. A number is never invented.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy

from bellhop.jobtypes.sheets.lines import Corners, Line

# "1.", "1)", "Q1:", "Question 1"; a digit after it makes it a decimal.
WORD = r"(?:question|exercise|exercice|aufgabe|pregunta|domanda|ex|q|n[°º])"
MARK = re.compile(
    rf"^[\s(\[*•]*(?P<word>{WORD}\.?\s*)?(?P<number>\d{{1,3}}|[lIi|](?=[.)]))"
    r"\s*(?P<style>[.)\]:°]|[-–—](?=\s|$))?(?!\d)\s*(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
# Of the page's width: numbers this near in x are one column.
SAME_COLUMN = 0.08
LEAST_PLAIN = 3
MOST_GAPS = 20


@dataclass
class Mark:
    """A number at the beginning of a line; `is_plain` without a sign that it is one."""

    line: Line
    number: int
    style: str
    rest: str
    is_plain: bool
    x: float
    y: float


@dataclass
class Question:
    """A question; `lines` in reading order, the first with the number, `rest` without it."""

    number: int
    rest: str
    lines: list[Line] = field(default_factory=list)


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


@dataclass
class Gap:
    """Where a number that was not found would stand; `height` is that of the other numbers."""

    number: int
    box: Corners
    height: float


@dataclass
class Layout:
    """The questions of a page and what belongs to none."""

    questions: list[Question]
    others: list[Line]
    missing: list[int]
    gaps: list[Gap]


def find_questions(lines: Sequence[Line], width: float) -> Layout:
    """`width` is the page's, in the pixels of the boxes."""
    level = _Level(lines)
    columns = _columns(_marks(lines, level), width)
    layout = Layout([], [], [], [])
    kept = {id(mark.line): mark for column in columns for mark in column.marks}
    found: dict[int, Question] = {}
    for column in columns:
        for mark in [] if column.is_foreign else column.marks:
            found[id(mark)] = Question(mark.number, mark.rest, [mark.line])
    for line in in_reading_order(lines):
        if id(line) in kept:
            if kept[id(line)] and id(kept[id(line)]) not in found:
                layout.others.append(line)
            continue
        owner = _owner(line, columns, level)
        question = found.get(id(owner)) if owner else None
        (question.lines if question else layout.others).append(line)
    layout.questions = _in_order(list(found.values()))
    numbers = [question.number for question in layout.questions]
    layout.missing = _missing(numbers)
    own = [c for c in columns if not c.is_foreign and len(c.marks) > 1]
    layout.gaps = [gap for column in own for gap in _gaps(column, set(numbers), level)]
    return layout


class _Level:
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


def in_reading_order(lines: Sequence[Line]) -> list[Line]:
    """Rows from top to bottom, each from left to right."""
    level = _Level(lines)
    places = {id(line): level.start(line) for line in lines}
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: places[id(line)][1]):
        y = places[id(line)][1]
        last = rows[-1] if rows else []
        if last and y - places[id(last[0])][1] < 0.5 * min(line.height, last[0].height):
            last.append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: places[id(line)][0])]


def _marks(lines: Sequence[Line], level: _Level) -> list[Mark]:
    marks = []
    for line in lines:
        found = MARK.match(line.text)
        if not found or (found["style"] is None and found["rest"][:1] in ("/", ",", "%", "'")):
            continue
        digits = found["number"]
        number = int(digits) if digits.isdigit() else 1
        rest, style = found["rest"].strip(), found["style"] or ""
        is_table = bool(found["word"]) and not style and not rest
        is_long = len(found["word"] or "") > 3
        is_plain = (not style and (not found["word"] or is_table)) and not is_long
        x, y = level.start(line)
        if number:
            marks.append(Mark(line, number, style, rest, is_plain, x, y))
    return marks


def _columns(marks: list[Mark], width: float) -> list[Column]:
    """Columns of numbers from left to right, those of tables among them as foreign."""
    sure = [c for c in _by_x([m for m in marks if not m.is_plain], width) if _settle(c)]
    sure = _without_strays(sure)
    plain = [c for c in _by_x([m for m in marks if m.is_plain], width) if _settle(c)]
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
    styles = {mark.style for mark in column.marks}
    if len(styles) > 1 and any(b <= a for a, b in pairwise(column.numbers)):
        # "1) 2) 3)" below "1." are the choices of a question.
        first = [mark for mark in column.marks if mark.style == column.marks[0].style]
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
        best.append([*max(lower, key=len, default=[]), mark])
    # Of two as long, the one that does not leap: a misread number is often too high.
    run = max(best, key=lambda run: (len(run), -run[-1].number), default=[])
    kept = {id(mark) for mark in run}
    for before, mark, after in zip(section, section[1:], section[2:], strict=False):
        fits = id(before) in kept and id(after) in kept and id(mark) not in kept
        if fits and after.number - before.number == 2:
            mark.number = before.number + 1
            kept.add(id(mark))
    return [mark for mark in section if id(mark) in kept]


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


def _owner(line: Line, columns: list[Column], level: _Level) -> Mark | None:
    """The mark whose question a line belongs to: the last above it in its column."""
    x, y = level.start(line)
    reach = y + 0.25 * line.height
    for column in reversed(columns):
        first = column.marks[0]
        if x >= column.x - first.line.height and column.top <= reach + first.line.height * 0.25:
            above = [m for m in column.marks if m.y - 0.5 * m.line.height <= reach]
            return above[-1] if above else None
    return None


def _gaps(column: Column, found: set[int], level: _Level) -> list[Gap]:
    """Strips between numbers of a column that leave one out, and before and after all."""
    marks = column.marks
    height = float(numpy.median([mark.line.height for mark in marks]))
    steps = [after.y - before.y for before, after in pairwise(marks)]
    reach = 1.5 * float(numpy.median(steps))
    first, last = marks[0], marks[-1]
    places = [
        (first.number - 1, first.y - reach, first.y),
        (last.number + 1, last.y, last.y + reach),
    ]
    for before, after in pairwise(marks):
        between = range(before.number + 1, after.number)
        places += [(number, before.y, after.y) for number in between]
    left = float(numpy.median([mark.x for mark in marks])) - height
    return [
        Gap(
            number,
            level.box(
                left=left,
                top=top + 0.6 * height,
                right=left + 3 * height,
                bottom=bottom - 0.6 * height,
            ),
            height,
        )
        for number, top, bottom in places[:MOST_GAPS]
        if number > 0 and number not in found
    ]


def _in_order(questions: list[Question]) -> list[Question]:
    """By number where each number is there once, else as found: column by column."""
    numbers = [question.number for question in questions]
    if len(set(numbers)) == len(numbers):
        return sorted(questions, key=lambda question: question.number)
    return questions


def _missing(numbers: list[int]) -> list[int]:
    """Numbers between the first and the last that were not found."""
    if len(numbers) < 3 or max(numbers) - min(numbers) > 2 * len(numbers):
        return []
    return [number for number in range(min(numbers), max(numbers)) if number not in numbers]
