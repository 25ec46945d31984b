"""Characters that show nothing, and the marks of footnotes, which are no part of a text."""

from __future__ import annotations

import re
import unicodedata

SOFT_HYPHEN = "\xad"
# PDFium writes this for a hyphen at the end of a line, and no line break after it.
LINE_END_HYPHEN = "\ufffe"
INVISIBLE = (
    "\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
RAISED_DIGITS = "\u2070\xb9\xb2\xb3\u2074\u2075\u2076\u2077\u2078\u2079"
SHOWN = dict.fromkeys(map(ord, INVISIBLE + RAISED_DIGITS)) | {0x2010: "-", 0x2011: "-"}
# Letters and digits in another form, full width, bold or joined.
FORMED = re.compile("[\uff01-\uff5e\ufb00-\ufb06\U0001d400-\U0001d7ff]+")
IN_NUMBER = re.compile(r"(?<!\d)(\d+)((?:\xad+\d+)+)")
# A range of pages stands behind these; any other number is a volume, a first page or a section.
BEFORE_PAGES = re.compile(r"(?:\bat|\bpp?\.|\bpages?|\d[,;&]|[\u00b6*]|\d,? and) ?$")
VOLUME = re.compile(r" ?[A-Z][A-Za-z]*[.\s]")
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
    """The text without characters that show nothing, raised digits, [FN5] and [*17].

    Letters and digits in another form are the plain ones.
    """
    plain = FORMED.sub(lambda formed: unicodedata.normalize("NFKC", formed[0]), text)
    return NAMED_MARK.sub("", plain.translate(SHOWN))


def without_soft_hyphens(line: str) -> str:
    """A line with the places where a word may be divided closed.

    A soft hyphen shows only where a line ends with it: that one stays. Nobody divides a number, so
    behind "at" and the like it was typed for the hyphen of a range of pages, if these may be one.
    """
    line = IN_NUMBER.sub(_number, line)
    end = SOFT_HYPHEN if line.rstrip().endswith(SOFT_HYPHEN) else ""
    return line.replace(SOFT_HYPHEN, "").rstrip() + end if end else line.replace(SOFT_HYPHEN, "")


def _number(divided: re.Match[str]) -> str:
    """A range of pages, or the one number that its parts are."""
    parts = re.split(f"{SOFT_HYPHEN}+", divided[0])
    before, behind = divided.string[: divided.start()], divided.string[divided.end() :]
    is_volume = VOLUME.match(behind) and not before.rstrip().endswith(",")
    is_range = len(parts) == 2 and BEFORE_PAGES.search(before[-8:]) and not is_volume
    return ("-" if is_range and may_be_range(*parts) else "").join(parts)


def may_be_range(first: str, last: str) -> bool:
    """Whether a range of pages may begin and end so: 115-16, 99-101, and not 1-15."""
    whole = first[: -len(last)] + last if len(last) < len(first) else last
    return int(first) < int(whole) and len(whole) <= len(first) + (first[0] == "9")


def is_mark(raised: str) -> bool:
    """Whether text that stands raised is the mark of a footnote: 5, [5], n5, *, a."""
    return bool(raised.strip()) and bool(MARK.fullmatch(raised))


def is_star_page(text: str, before: str) -> bool:
    """Whether `text` behind `before` is where a page of the printed report begins: *17."""
    return bool(STAR_PAGE.fullmatch(text)) and not CITES_PAGE.search(before)
