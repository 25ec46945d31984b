"""What stands between two halves of a sentence that a page divides is set aside.

At the foot, that is what is in smaller type than the text above it, where it begins with its mark,
goes on from the page before, or stands behind a sentence that goes on over the page; or what a row
of characters divides from the text. Small type that goes on at the top of the next page is no note:
the text itself is small there. A gap and another margin or type tell a running head or foot.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from bellhop.jobtypes.caselaw.characters import is_star_page
from bellhop.jobtypes.caselaw.model import Document
from bellhop.jobtypes.caselaw.pages import ends_sentence

# A type this much smaller than that of the text.
SMALL = 0.93
# Lines so many usual distances from each other are apart, and those so many points to the right
# have another margin. A running head or foot has at most so many lines.
APART, ASIDE, MOST_EDGE = 1.4, 12.0, 2
SAME_HEIGHT = 2.0
RULE = re.compile(r"\s*[_\u2014\u2500\u2015-]{5,}\s*")
NOTE_START = re.compile(r"\s*\[?(?:\d{1,3}|[*\u2020\u2021\xa7]{1,3})[\].)]?\s+[^\s\d]")
STAR = re.compile(r"\s*(\*{1,3}\d{1,5})(?:\s+|$)")


class Place(NamedTuple):
    """Where a line begins on its page, in points from the left and from the foot."""

    left: float
    height: float


class Line(str):
    """A line of a page; what is not known of it is None.

    `size` is that of its type in points, and `is_marked` says that it began with a raised mark.
    """

    __slots__ = ("is_marked", "place", "size")

    size: float | None
    place: Place | None
    is_marked: bool

    @classmethod
    def of(
        cls, text: str, size: float | None, place: Place | None, *, is_marked: bool = False
    ) -> Line:
        line = cls(text)
        line.size, line.place, line.is_marked = size, place, is_marked
        return line


def apart(pages: Sequence[Sequence[str]]) -> tuple[list[list[str]], list[list[str]]]:
    """(the text of each page, what else stands on each page)."""
    usual, heads = _usual_size(pages), _heads(pages)
    texts: list[list[str]] = []
    others: list[list[str]] = []
    before, is_open = "", False  # the last line of the text, and whether a note goes on
    for number, page in enumerate(pages):
        goes_on = _is_unfinished(before)
        cut = heads[number] if goes_on else 0
        rest = _without_star_page(page[cut:], before)
        while goes_on and rest and not rest[0].strip():  # a gap here ends no paragraph
            del rest[0]
        following = pages[number + 1][heads[number + 1] :] if number + 1 < len(pages) else ()
        foot = _foot(rest, usual)
        first = _first_note(rest[:foot], following, usual, is_open)
        notes = [line for line in rest[first:foot] if not RULE.fullmatch(line)]
        text = rest[:first] if notes else rest
        begun = [part for line in notes for part in _begun(line)]
        texts.append(text)
        others.append([*(rest[foot:] if notes else []), *begun, "", *page[:cut]])
        before = next((line for line in reversed(text) if line.strip()), before)
        is_open = bool(notes) and _is_unfinished(notes[-1])
    return texts, others


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


def _is_unfinished(line: str) -> bool:
    return bool(line) and not ends_sentence(line.strip())


def _heads(pages: Sequence[Sequence[str]]) -> list[int]:
    """How many lines of each page are a running head: above where the text of others begins."""
    usual = _usual_size(pages)
    tops = [_height(page[0]) if page else 0.0 for page in pages]
    high, next_high = [*sorted(tops, reverse=True), 0.0, 0.0][:2]
    heads = []
    for page, top in zip(pages, tops, strict=True):
        others = next_high if top == high else high
        heads.append(_head(page, usual) if top > others + SAME_HEIGHT > SAME_HEIGHT else 0)
    return heads


def _head(page: Sequence[str], usual: float) -> int:
    """The number of lines at the top that stand apart with another margin or type."""
    gap = _usual_gap(page)
    for n, (line, other) in enumerate(pairwise(page[: MOST_EDGE + 1]), 1):
        if not _is_other(line, page[n:], usual):
            break
        if _gap(line, other) > APART * gap > 0:
            return n
    return 0


def _foot(page: Sequence[str], usual: float) -> int:
    """The number of the line with which a running foot begins that stands apart below notes."""
    gap = _usual_gap(page)
    for n in range(len(page) - 1, max(0, len(page) - 1 - MOST_EDGE), -1):
        is_apart = _gap(page[n - 1], page[n]) > APART * gap > 0
        if is_apart and _is_small(page[n - 1], usual):
            return n
    return len(page)


def _height(line: str) -> float:
    return line.place.height if isinstance(line, Line) and line.place else 0.0


def _usual_gap(page: Sequence[str]) -> float:
    """The usual distance of two lines; 0 where nobody knows it."""
    gaps = [gap for one, other in pairwise(page) if (gap := _gap(one, other)) > 0]
    return median(gaps) if gaps else 0.0


def _gap(one: str, other: str) -> float:
    """How far a line stands below the one before it; 0 where nobody knows it."""
    places = [line.place for line in (one, other) if isinstance(line, Line) and line.place]
    return places[0].height - places[1].height if len(places) == 2 else 0.0


def _is_other(line: str, text: Sequence[str], usual: float) -> bool:
    """Whether a line has another margin or type than most of the text."""
    lefts = [other.place.left for other in text if isinstance(other, Line) and other.place]
    if not (isinstance(line, Line) and line.place and line.size and lefts):
        return False
    is_aside = line.place.left - min(lefts) > ASIDE
    return is_aside or not SMALL < line.size / (usual or line.size) < 1 / SMALL


def _without_star_page(page: Sequence[str], before: str) -> list[str]:
    """A page without the star page at its top, unless that is a page that is cited."""
    for n, line in enumerate(page):
        if not line.strip():
            continue
        found = STAR.match(line)
        if not found or not is_star_page(found[1], before):
            break
        rest = line[found.end() :]
        if isinstance(line, Line):
            rest = Line.of(rest, line.size, line.place)
        return [*page[:n], *([rest] if rest else []), *page[n + 1 :]]
    return list(page)


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
    if is_open or _is_unfinished(above[-1]):
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
    return _is_small(top, usual) and _is_unfinished(last)


def _begun(line: str) -> list[str]:
    """A line of notes, behind an empty one where a note begins."""
    return ["", line] if _is_start(line) else [line]
