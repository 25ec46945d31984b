"""Groups the lines of a page into questions by the numbers at their beginning.

Called by `quiz`. A number counts where it stands in a column of numbers that go up; the x of
these columns keeps the text of neighbouring columns apart. A number is never invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy

from bellhop.jobtypes.sheets.columns import Column, Level, Mark, find_numbering
from bellhop.jobtypes.sheets.key import Name
from bellhop.jobtypes.sheets.labels import Kind
from bellhop.jobtypes.sheets.lines import Corners, Line

MOST_GAPS = 20
# In heights of a line: headings this near in x are of the same column.
BESIDE = 3
# A sheet that begins with this number is more likely to lack the ones before.
LATE_START = 3


@dataclass
class Question:
    """A question; `lines` in reading order, the first with the number, `rest` without it."""

    number: Name
    rest: str
    lines: list[Line] = field(default_factory=list)


@dataclass
class Gap:
    """Where a number that was not found would stand; `height` is that of the other numbers."""

    kind: Kind
    number: int
    box: Corners
    height: float


@dataclass
class Layout:
    """The questions of a page and what belongs to none."""

    questions: list[Question]
    others: list[Line]
    missing: list[Name]
    gaps: list[Gap]
    is_sure: bool = True


def find_questions(lines: Sequence[Line], width: float) -> Layout:
    """`width` is the page's, in the pixels of the boxes."""
    level = Level(lines)
    numbering = find_numbering(lines, level, width)
    columns = numbering.columns
    layout = Layout([], [], [], [], numbering.is_sure)
    kept = {id(mark.line) for column in columns for mark in column.marks}
    found = {
        id(mark): Question(mark.name, mark.label.rest, [mark.line])
        for column in columns
        for mark in column.marks
        if not column.is_foreign
    }
    headings = {id(mark.line) for c in columns for mark in c.marks if c.is_foreign}
    for line in in_reading_order(lines):
        if id(line) in kept:
            layout.others += [line] if id(line) in headings else []
            continue
        owner = _owner(line, columns, level)
        question = found.get(id(owner)) if owner else None
        (question.lines if question else layout.others).append(line)
    own = [column for column in columns if not column.is_foreign]
    marks = [mark for column in own for mark in column.marks]
    layout.questions = [found[id(mark)] for mark in _in_order(marks)]
    layout.missing = _missing(marks)
    numbers = {mark.number for mark in marks}
    layout.gaps = [g for c in own if len(c.marks) > 1 for g in _gaps(c, numbers, level)]
    return layout


def in_reading_order(lines: Sequence[Line]) -> list[Line]:
    """Rows from top to bottom, each from left to right."""
    level = Level(lines)
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


def _owner(line: Line, columns: list[Column], level: Level) -> Mark | None:
    """The mark whose question or heading a line belongs to: the last above it in its column."""
    x, y = level.start(line)
    reach = y + 0.25 * line.height
    for column in reversed(columns):
        height = column.marks[0].line.height
        if x >= column.x - height and column.top <= reach + 0.25 * height:
            beside = [c for c in columns if abs(c.x - column.x) < BESIDE * height]
            marks = [mark for c in beside for mark in c.marks]
            above = [mark for mark in marks if mark.y - 0.5 * mark.line.height <= reach]
            return max(above, key=lambda mark: mark.y, default=None)
    return None


def _gaps(column: Column, found: set[int], level: Level) -> list[Gap]:
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
        between = range(before.number + 1, min(after.number, before.number + MOST_GAPS))
        places += [(number, before.y, after.y) for number in between]
    left = float(numpy.median([mark.x for mark in marks])) - height
    return [
        Gap(
            first.label.kind,
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


def _in_order(marks: list[Mark]) -> list[Mark]:
    """By number where each number is there once, else as found: column by column."""
    numbers = [mark.number for mark in marks]
    if len(set(numbers)) == len(numbers):
        return sorted(marks, key=lambda mark: mark.number)
    return marks


def _missing(marks: list[Mark]) -> list[Name]:
    """Numbers between the first and the last that were not found, and a few before the first."""
    numbers = {mark.number for mark in marks}
    if len(marks) < 3 or max(numbers) - min(numbers) > 2 * len(marks):
        return []
    first = 1 if min(numbers) <= LATE_START else min(numbers)
    missing = [number for number in range(first, max(numbers)) if number not in numbers]
    return [replace(marks[0].label, number=number).name for number in missing]
