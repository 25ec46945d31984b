"""The lines of a PDF's pages: pieces of text with their place, and the rules drawn between them.

Called by `pdf` for each page. Must never decide what a piece means; reading order in the file
does not matter, only where the characters stand.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

MAX_OBJECTS = 20_000  # paths looked at per page; more is a picture, not a table
WORD_GAP, RULE_GAP, CELL_GAP = 0.15, 0.1, 0.72  # of the height of a line
THIN = 2.0  # points: a path no wider is a rule


class Char(NamedTuple):
    """One character and its box in points; y grows upwards."""

    text: str
    x0: float
    x1: float
    y0: float
    y1: float


@dataclass
class Piece:
    """Characters that stand together: the text of a cell, or several with narrow gaps."""

    chars: list[Char]

    @property
    def x0(self) -> float:
        return self.chars[0].x0

    @property
    def x1(self) -> float:
        return self.chars[-1].x1

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def text(self) -> str:
        return "".join(char.text for char in self.with_spaces()).strip()

    def with_spaces(self) -> list[Char]:
        """The characters with a space where a gap between two is as wide as one."""
        found: list[Char] = []
        for char in self.chars:
            if found and char.x0 - found[-1].x1 > WORD_GAP * (char.y1 - char.y0):
                found.append(Char(" ", found[-1].x1, char.x0, char.y0, char.y1))
            found.append(char)
        return found

    def overlap(self, x0: float, x1: float) -> float:
        return min(self.x1, x1) - max(self.x0, x0)


@dataclass
class Line:
    """The pieces at one height of a page, from left to right."""

    page: int
    y: float
    height: float
    pieces: list[Piece]


class Rules(NamedTuple):
    """What is drawn on a page: (x, bottom, top) of upright and (y, left, right) of level rules."""

    upright: list[tuple[float, float, float]]
    level: list[tuple[float, float, float]]


def read_page(page: PdfPage, number: int) -> tuple[list[Line], Rules]:
    """The lines of a page from the top, and its rules."""
    turns, chars = read_chars(page)
    rules = read_rules(page, turns)
    return [make_line(number, row, rules) for row in rows_of(chars)], rules


def read_chars(page: PdfPage) -> tuple[int, list[Char]]:
    """The visible characters that run in the direction of most, turned upright, and the
    quarter turns that took."""
    import pypdfium2.raw as pdfium  # late: what reads no PDF does without it

    text = page.get_textpage()
    found: dict[int, list[Char]] = {}
    box = pdfium.FS_RECTF()
    for index in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text.raw, index)
        if code <= 32 or code in (0xA0, 0xAD, 0x202F, 0x2009, 0x200B, 0xFEFF):
            continue
        if pdfium.FPDFText_IsGenerated(text.raw, index) == 1:
            continue
        if not pdfium.FPDFText_GetLooseCharBox(text.raw, index, ctypes.byref(box)):
            continue
        # Quarter turns clockwise that the character stands at.
        quarter = pdfium.FPDFText_GetCharAngle(text.raw, index) / (math.pi / 2)
        # U+FFFE is how PDFium writes the hyphen at the end of a line.
        letter = "-" if code in (0xFFFE, 0x2) else chr(code)
        if abs(quarter - round(quarter)) < 0.05:  # else a watermark across the page
            turns = -round(quarter) % 4
            x0, y0, x1, y1 = turned(turns, box.left, box.bottom, box.right, box.top)
            found.setdefault(turns, []).append(Char(letter, x0, x1, y0, y1))
    text.close()
    turns = max(found, key=lambda key: len(found[key]), default=0)
    return turns, found.get(turns, [])


def turned(turns: int, x0: float, y0: float, x1: float, y1: float) -> tuple[float, ...]:
    """A box after `turns` quarter turns clockwise."""
    for _ in range(turns):
        x0, y0, x1, y1 = y0, -x1, y1, -x0
    return x0, y0, x1, y1


def read_rules(page: PdfPage, turns: int) -> Rules:
    """The rules and the edges of the boxes on a page."""
    import pypdfium2.raw as pdfium

    upright, level = [], []
    for count, item in enumerate(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH])):
        if count == MAX_OBJECTS:
            break
        for box in boxes_of(item):
            x0, y0, x1, y1 = turned(turns, *box)
            if y1 - y0 > 2 * THIN:
                upright += [(x, y0, y1) for x in {x0, x1}]
            if x1 - x0 > 2 * THIN:
                level += [(y, x0, x1) for y in {y0, y1}]
    return Rules(upright, level)


def boxes_of(item: object) -> Iterator[tuple[float, float, float, float]]:
    """The boxes of one path: of each of its strokes where it has many, else its own."""
    import pypdfium2.raw as pdfium

    raw = item.raw  # type: ignore[attr-defined]
    count = pdfium.FPDFPath_CountSegments(raw)
    if count <= 5:
        yield item.get_bounds()  # type: ignore[attr-defined]
        return
    matrix = item.get_matrix()  # type: ignore[attr-defined]
    x, y, last = ctypes.c_float(), ctypes.c_float(), None
    for index in range(min(count, MAX_OBJECTS)):
        segment = pdfium.FPDFPath_GetPathSegment(raw, index)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if last and kind == pdfium.FPDF_SEGMENT_LINETO:
            (ax, bx), (ay, by) = sorted((last[0], point[0])), sorted((last[1], point[1]))
            if bx - ax < THIN or by - ay < THIN:
                yield ax, ay, bx, by
        last = point


def rows_of(chars: list[Char]) -> list[list[Char]]:
    """The characters at the same height, from the top of the page to its foot."""
    rows: list[list[Char]] = []
    centre = height = 0.0
    for char in sorted(chars, key=lambda char: -(char.y0 + char.y1)):
        own, size = (char.y0 + char.y1) / 2, char.y1 - char.y0
        if not rows or centre - own > 0.4 * min(height, size):
            rows.append([])
            centre, height = own, size
        rows[-1].append(char)
    return rows


def make_line(number: int, row: list[Char], rules: Rules) -> Line:
    """Cut a row of characters into pieces at wide gaps and at upright rules."""
    heights = Counter(round(char.y1 - char.y0, 1) for char in row)
    height = heights.most_common(1)[0][0]
    y = sum(char.y0 + char.y1 for char in row) / 2 / len(row)
    bars = [x for x, bottom, top in rules.upright if bottom - 1 <= y <= top + 1]
    pieces: list[Piece] = []
    for char in sorted(row, key=lambda char: (char.x0, char.x1)):
        last = pieces[-1].chars[-1] if pieces else None
        if last and char.text == last.text and char.x0 - last.x0 < 0.2 * (last.x1 - last.x0):
            continue  # printed twice to look bold
        if last and char.x0 - last.x1 <= CELL_GAP * height:
            before, after = (last.x0 + last.x1) / 2, (char.x0 + char.x1) / 2
            # A title may run over a rule; the texts of two cells have a gap there.
            apart = char.x0 - last.x1 > RULE_GAP * height
            if not (apart and any(before < bar < after for bar in bars)):
                pieces[-1].chars.append(char)
                continue
        pieces.append(Piece([char]))
    return Line(number, y, height, pieces)
