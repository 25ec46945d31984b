"""Footnotes at the foot of a page are set aside, so that the text goes on over the page.

A note is what stands at the foot in smaller type than the text above it and begins with its mark,
or goes on from the page before; or what a drawn line of characters divides from the text. Small
type that goes on at the top of the next page is no note: the text itself is small there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from bellhop.jobtypes.caselaw.model import Document
from bellhop.jobtypes.caselaw.pages import ENDS

# A type this much smaller than that of the text.
SMALL = 0.93
RULE = re.compile(r"\s*[_\u2014\u2500\u2015-]{5,}\s*")
NOTE_START = re.compile(r"\s*\[?(?:\d{1,3}|[*\u2020\u2021\xa7]{1,3})[\].)]?\s+[^\s\d]")
# The number of a page of the printed report, where it stands alone.
STAR_PAGE = re.compile(r"\s*(?:\[\s*\*+\s*\d{1,5}\s*\]|\*+\d{1,5}\s*$)\s*")


class Line(str):
    """A line of a page, the size of its type in points, and whether it begins with a raised mark.

    The size is None where nobody knows it.
    """

    __slots__ = ("is_marked", "size")

    size: float | None
    is_marked: bool

    @classmethod
    def of(cls, text: str, size: float | None, *, is_marked: bool = False) -> Line:
        line = cls(text)
        line.size, line.is_marked = size, is_marked
        return line


def without_star_page(page: Sequence[str]) -> list[str]:
    """A page without the star page at its top."""
    first = next((n for n, line in enumerate(page) if line.strip()), None)
    if first is None:
        return list(page)
    line = page[first]
    found = STAR_PAGE.match(line)
    if found is None:
        return list(page)
    rest = line[found.end() :]
    return [*page[:first], *([_as(line, rest)] if rest else []), *page[first + 1 :]]


def apart(pages: Sequence[Sequence[str]]) -> tuple[list[list[str]], list[list[str]]]:
    """(the text of each page, the notes of each page)."""
    usual = _usual_size(pages)
    texts: list[list[str]] = []
    notes: list[list[str]] = []
    for number, page in enumerate(pages):
        following = pages[number + 1] if number + 1 < len(pages) else ()
        is_open = bool(notes and notes[-1]) and not ENDS.search(notes[-1][-1].strip())
        first = _first_note(page, following, usual, is_open)
        below = [line for line in page[first:] if not RULE.fullmatch(line)]
        texts.append(list(page[:first]))
        notes.append([part for line in below for part in _begun(line)])
    return texts, notes


def with_notes(text: Document, notes: Document) -> Document:
    """The text with the notes of each page behind the paragraph with which the page ends."""
    by_page: dict[int, list[str]] = {}
    place = 0
    for paragraph in notes.text.split("\n") if notes.text else ():
        by_page.setdefault(notes.page_of(place) or 1, []).append(paragraph)
        place += len(paragraph) + 1
    whole, starts = text.text, list(text.page_starts)
    spans: list[tuple[int, int, int]] = []
    for page in sorted(by_page, reverse=True):
        ends_at = starts[page] if page < len(starts) else len(whole)
        at = whole.find("\n", max(0, ends_at - 1))
        at = len(whole) if at < 0 else at
        added = "\n" + "\n".join(by_page[page])
        whole = whole[:at] + added + whole[at:]
        starts = [start + len(added) if start > at else start for start in starts]
        spans = [(a + len(added), b + len(added), n) for a, b, n in spans]
        spans.append((at + 1, at + len(added), page))
    return Document(whole, tuple(starts), tuple(reversed(spans)))


def _as(line: str, text: str) -> str:
    return Line.of(text, line.size) if isinstance(line, Line) else text


def _size(line: str) -> float | None:
    return line.size if isinstance(line, Line) else None


def _usual_size(pages: Sequence[Sequence[str]]) -> float:
    """The size in which most of the document is written; 0 where nobody knows it."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page:
            sizes[_size(line) or 0.0] += len(line)
    sizes.pop(0.0, None)
    return max(sizes, key=lambda size: sizes[size]) if sizes else 0.0


def _first_note(page: Sequence[str], following: Sequence[str], usual: float, is_open: bool) -> int:
    """The number of the line with which the notes of a page begin; behind all where it has none."""
    rule = next((n for n in range(len(page) - 2, 0, -1) if RULE.fullmatch(page[n])), None)
    if rule is not None:
        below = next((line for line in page[rule + 1 :] if line.strip()), "")
        if is_open or _is_start(below):
            return rule
    first = len(page)  # of the lines in small type
    while first and (_is_small(page[first - 1], usual) or not page[first - 1].strip()):
        first -= 1
    above = [line for line in page[:first] if line.strip()]
    small = [n for n in range(first, len(page)) if page[n].strip()]
    if not above or not small or _goes_on(page[small[-1]], following, usual):
        return len(page)
    if is_open:
        return first
    return next((n for n in small if _is_start(page[n])), len(page))


def _is_small(line: str, usual: float) -> bool:
    size = _size(line)
    return size is not None and size <= SMALL * usual


def _is_start(line: str) -> bool:
    return (isinstance(line, Line) and line.is_marked) or bool(NOTE_START.match(line))


def _goes_on(last: str, following: Sequence[str], usual: float) -> bool:
    """Whether a page that ends in small type goes on with it at the top of the next one."""
    top = next((line for line in following if line.strip()), "")
    return _is_small(top, usual) and not ENDS.search(last.strip())


def _begun(line: str) -> list[str]:
    """A line of notes, behind an empty one where a note begins."""
    return ["", line] if _is_start(line) else [line]
