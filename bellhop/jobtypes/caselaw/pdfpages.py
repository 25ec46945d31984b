"""The lines of the pages of a PDF, with the size of their type, and which pages are pictures.

A page is a picture when images cover at least half of it and the text that shows on it is no longer
than what a court, a filing system or a law firm stamps on pages; a recognised text, which lies
unseen under a picture, is the text of its page.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from bellhop.jobtypes.caselaw.characters import LINE_END_HYPHEN, is_mark, shown
from bellhop.jobtypes.caselaw.footnotes import Line, Place
from bellhop.jobtypes.reading.pdf import open_pdf

# As long as stamps are, in characters that are not white space.
LONGEST_STAMP = 400
LEAST_COVER = 0.5
# Of the type of its line, a raised mark has at most this size, and stands at least so much higher.
RAISED_SIZE, RAISED_BY = 0.85, 0.1


LINE = re.compile(r"([^\r\n\ufffe]*)(\ufffe|\r\n?|\n|\Z)")
# Lines whose heights on the page, in points, differ by less are one.
SAME_HEIGHT = 0.5


class Type(NamedTuple):
    """Of a character: its size in points, and its height and its place on the page."""

    size: float
    height: float
    left: float


class _Written(NamedTuple):
    """A line, its height on the page, and whether a raised mark was cut off its end."""

    line: Line
    height: float
    is_cut: bool = False


@dataclass(frozen=True)
class PdfPage:
    """`is_unread` says that there is something on the page, and no text but stamps."""

    lines: list[str]
    is_unread: bool

    @property
    def length(self) -> int:
        """Its characters that are not white space."""
        return sum(len("".join(line.split())) for line in self.lines)


def pdf_pages(file: Path, tell_page: Callable[[int, int], None]) -> Iterator[PdfPage]:
    """Each page of the PDF, in order.

    Raises BadInput: password_protected, corrupt_file, too_large.
    """
    with open_pdf(file) as document:
        for number, page in enumerate(document):
            try:
                lines = _lines(page)
                read = PdfPage(lines, False)
                if read.length <= LONGEST_STAMP:
                    read = PdfPage(lines, _is_unread(page, read.length))
            finally:
                page.close()
            tell_page(number + 1, len(document))
            yield read


def _lines(page: Any) -> list[str]:
    """The lines of a page without raised marks; none where the page is damaged."""
    import pypdfium2

    try:
        textpage = page.get_textpage()
        text = str(textpage.get_text_range())
        type_at = _types(textpage, len(text))
    except pypdfium2.PdfiumError:
        return []
    lines = []
    for found in LINE.finditer(text):
        hyphen = "-" if found[2] == LINE_END_HYPHEN else ""
        lines.append(_written(found[1], found.start(), hyphen, type_at))
    return _joined(lines)


def _types(textpage: Any, length: int) -> Callable[[int], Type]:
    """What tells the type of the character at a place of the text."""
    from pypdfium2 import raw

    # Some characters stand in the text and not on the page, or the other way round.
    is_same = textpage.count_chars() == length
    x, y, matrix = ctypes.c_double(), ctypes.c_double(), raw.FS_MATRIX()

    def type_at(place: int) -> Type:
        index = place if is_same else raw.FPDFText_GetCharIndexFromTextIndex(textpage, place)
        if index < 0 or not raw.FPDFText_GetCharOrigin(textpage, index, x, y):
            return Type(0.0, 0.0, 0.0)
        raw.FPDFText_GetMatrix(textpage, index, matrix)
        size = raw.FPDFText_GetFontSize(textpage, index) * math.hypot(matrix.c, matrix.d)
        return Type(round(size, 1), round(y.value, 1), x.value)

    return type_at


def _written(text: str, start: int, hyphen: str, type_at: Callable[[int], Type]) -> _Written:
    """A line without its raised marks."""
    types = {n: type_at(start + n) for n in range(len(text)) if not text[n].isspace()}
    if not types:
        return _Written(Line.of("", None, None), 0.0)
    size, height = Counter((one.size, one.height) for one in types.values()).most_common(1)[0][0]
    raised = [n in types and _is_raised(types[n], size, height) for n in range(len(text))]
    kept: list[str] = []
    is_marked = is_cut = False
    for is_raised, group in groupby(range(len(text)), lambda n: raised[n]):
        part = "".join(text[n] for n in group)
        is_cut = is_raised and is_mark(part)
        if is_cut:
            is_marked |= not "".join(kept).strip()
        else:
            kept.append(part)
    place = Place(next(iter(types.values())).left, height) if size else None
    line = Line.of(shown("".join(kept)) + hyphen, size or None, place, is_marked=is_marked)
    return _Written(line, height, is_cut)


def _joined(lines: Sequence[_Written]) -> list[str]:
    """The lines, whole where PDFium ends one at a raised mark or takes the mark for a line."""
    kept: list[_Written] = []
    is_marked = False
    for n, written in enumerate(lines):
        line, height, is_cut = written
        last = kept[-1] if kept else None
        if is_mark(line):
            if last and _is_over(written, last):
                kept[-1] = last._replace(is_cut=True)
                continue
            if n + 1 < len(lines) and _is_over(written, lines[n + 1]):
                is_marked = True
                continue
        if last and last.is_cut and line and abs(height - last.height) < SAME_HEIGHT:
            kept[-1] = _Written(_with(last.line, line), last.height, is_cut)
            continue
        line.is_marked |= is_marked and bool(line.strip())
        is_marked = is_marked and not line.strip()
        kept.append(written)
    return [written.line for written in kept]


def _with(line: Line, rest: str) -> Line:
    joint = "" if rest[0] in " ,.;:)]" else " "
    return Line.of(line + joint + rest, line.size, line.place, is_marked=line.is_marked)


def _is_over(mark: _Written, under: _Written) -> bool:
    """Whether a mark stands raised in a line."""
    size = under.line.size or 0.0
    is_raised = _is_raised(Type(mark.line.size or size, mark.height, 0.0), size, under.height)
    return is_raised and mark.height - under.height < size


def _is_raised(of: Type, size: float, height: float) -> bool:
    return of.size <= RAISED_SIZE * size and of.height - height >= RAISED_BY * size


def _is_unread(page: Any, length: int) -> bool:
    """Whether the page is a picture, or shows something and has no text at all."""
    from pypdfium2 import raw

    if not length:
        return any(True for _ in page.get_objects(max_depth=1))
    invisible = raw.FPDF_TEXTRENDERMODE_INVISIBLE
    texts = page.get_objects([raw.FPDF_PAGEOBJ_TEXT])
    if any(raw.FPDFTextObj_GetTextRenderMode(text) == invisible for text in texts):
        return False
    return _cover(page) >= LEAST_COVER


def _cover(page: Any) -> float:
    """The part of the page under images, counting twice where two lie on each other."""
    from pypdfium2 import raw

    image, form = raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM
    left, bottom, right, top = page.get_bbox()
    area = 0.0
    for drawn in page.get_objects([image, form], max_depth=1):
        if drawn.type == form and not _has_image(page, drawn):
            continue
        a, b, c, d = drawn.get_bounds()
        area += max(0.0, min(c, right) - max(a, left)) * max(0.0, min(d, top) - max(b, bottom))
    return float(area / max(1.0, (right - left) * (top - bottom)))


def _has_image(page: Any, form: Any) -> bool:
    from pypdfium2 import raw

    return any(True for _ in page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], form=form, level=1))
