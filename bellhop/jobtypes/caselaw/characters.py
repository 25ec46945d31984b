"""Characters that show nothing, and the marks of footnotes, which are no part of a text."""

from __future__ import annotations

import re

SOFT_HYPHEN = "\xad"
# PDFium writes this for a hyphen at the end of a line, and no line break after it.
LINE_END_HYPHEN = "\ufffe"
INVISIBLE = (
    "\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
RAISED_DIGITS = "\u2070\xb9\xb2\xb3\u2074\u2075\u2076\u2077\u2078\u2079"
SHOWN = dict.fromkeys(map(ord, INVISIBLE + RAISED_DIGITS)) | {0x2010: "-", 0x2011: "-"}
# Nobody divides a number between two lines, so this one was typed for a hyphen.
IN_RANGE = re.compile(r"(?<=\d)\xad(?=\d)")
# What is raised is a mark, unless it ends an ordinal number: 4th, 2d.
MARK = re.compile(
    r"[\s\[({]*(?:(?:fn|n|note)\b)?[\s\d\[\](){},;./*†‡§¶#–-]+|[\s\[({]*(?:fn|n)\d+[\s\])}]*"
    r"|[\s\[({]*(?:[abce-z]|[ivx]{2,5})[\s\])}]*",
    re.I,
)
# A mark that says so, and the number of a page of the printed report.
NAMED_MARK = re.compile(r"\[(?:fn|n)\.?\s?\d{1,3}\]|\[\s?\*+\s?\d{1,5}\s?\][^\S\n]?", re.I)
STAR_PAGE = re.compile(r"\s*\*{1,3}\d{1,5}\s*")
# Behind these, a star page is a page that is cited.
CITES_PAGE = re.compile(r"(?:\bat|\bpp?\.|[,&–-])\s*$")


def shown(text: str) -> str:
    """The text without characters that show nothing, raised digits, [FN5] and [*17]."""
    return NAMED_MARK.sub("", text.translate(SHOWN))


def without_soft_hyphens(line: str) -> str:
    """A line with the places where a word may be divided closed.

    A soft hyphen shows only where a line ends with it: that one stays.
    """
    line = IN_RANGE.sub("-", line)
    end = SOFT_HYPHEN if line.rstrip().endswith(SOFT_HYPHEN) else ""
    return line.replace(SOFT_HYPHEN, "").rstrip() + end if end else line.replace(SOFT_HYPHEN, "")


def is_mark(raised: str) -> bool:
    """Whether text that stands raised is the mark of a footnote: 5, [5], n5, *, a."""
    return bool(raised.strip()) and bool(MARK.fullmatch(raised))


def is_star_page(text: str, before: str) -> bool:
    """Whether `text` behind `before` is where a page of the printed report begins: *17."""
    return bool(STAR_PAGE.fullmatch(text)) and not CITES_PAGE.search(before)
