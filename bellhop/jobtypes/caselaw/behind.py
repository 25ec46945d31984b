"""What stands behind a citation and belongs to it: pages, court and year.

A number is a page of it only where no reporter follows, so that a list of pages ends before the
volume of a parallel citation.
"""

from __future__ import annotations

import re
from functools import cache

RANGE = r"(?: ?[-\u2010-\u2015] ?\*{0,2}\d{1,5})?"
# What would make a page the volume of another citation, or the year of a neutral one.
NO_VOLUME = r"(?!\d|[-\u2010-\u2015]?\w| ?[A-Z]|:\d)"
# Behind "at" no volume stands, so a sentence may go on there.
PAGE_AT = rf"\*{{0,2}}\d{{1,5}}{RANGE}(?!\d|[-\u2010-\u2015]?\w|:\d)"
PAGE = rf"\*{{0,2}}\d{{1,5}}{RANGE}{NO_VOLUME}"
STAR = rf"\*{{1,2}}\d{{1,5}}{RANGE}"
NOTE = (
    rf"(?:nn?|fnn?|ftn|(?:foot)?notes?)\b\.? ?(?:\*+|\d{{1,3}}{RANGE})"
    rf"(?:, ?\d{{1,3}}(?=[ ,;)]|\. |\.$)(?! [A-Z]))*"
)
PARAGRAPH = rf"(?:\u00b6{{1,2}}|paras?\.|paragraphs?) ?\d{{1,4}}{RANGE}"
SECTION = r"\u00a7{1,2} ?\d[\w.:-]*\w(?:\(\w{1,4}\))*|\u00a7{1,2} ?\d"
LABEL = r"(?:(?:pp?|pgs?)(?:\. ?| )|pages? )?"
LABELLED = rf"(?:(?:pp?|pgs?)(?:\. ?| )|pages? ){PAGE_AT}"
NOTES = rf"(?:,? ?(?:(?:&|and) ?)?{NOTE})*"
MARKED = rf"(?:{STAR}|{PARAGRAPH}|{SECTION}|{NOTE})"
ITEM = rf"(?:{MARKED}|{LABEL}{PAGE}){NOTES}"
MORE = rf"(?:(?:, ?(?:& |and )?| ?& ?| and ){ITEM})*"
# Pages that were not known yet, and where in the slip opinion they are.
OPENED = re.compile(r"(?:,? ?(?:at )?(?:_{2,}|-{2,}))*")
SLIP = r"(?: ?\(slip op[^()]{0,40}\))?"
FIRST = rf"(?:{ITEM}|{LABEL}{PAGE_AT})"
PINS = re.compile(
    # "supra note 5, at 122": the note is where the case was cited, and no place in it.
    rf"(?:(?:,? ?{NOTE})?,? ?(?:at|AT) (?P<at>{FIRST}{MORE})|, ?(?P<comma>{ITEM}{MORE})"
    rf"|,? ?(?P<mark>(?:{MARKED}|{LABELLED}){MORE}))"
)
# Nothing of this may stand between a citation and its year.
GAP = r"(?:(?![.?!][”\"’)]* [A-Z])[^()\[\];“”\"\n]){0,40}?"
UNPRINTED = r"(?:,? ?[_\u2010-\u2015-]{1,4} [A-Z][\w. ]{0,14}? [_\u2010-\u2015-]{1,4})?"
DATED = re.compile(
    rf"{SLIP}{UNPRINTED}{GAP}\]?[\s,]*(?:\([^()\d]{{1,40}}\)[\s,]*)?"
    r"[(\[](?P<court>(?:[^()\[\]]|\[\w{2,5} Dist\.\]){0,80}?)(?P<year>(?:1[6-9]|20)\d\d)"
    r"(?:[-\u2010-\u2015]\d{2,4})?(?:,[^()\[\]]{0,40})?[)\]]"
)
MONTH = re.compile(
    r"[\s,]*\b(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?(?: \d{1,2})?,?\s*$"
)
# Words of the name of a court that are not written with a capital.
SMALL = {
    "of",
    "for",
    "the",
    "and",
    "in",
    "banc",
    "en",
    "d",
    "st",
    "nd",
    "rd",
    "th",
    "per",
    "curiam",
    "&",
}


def pages(text: str, end: int, first: str = "") -> tuple[str | None, int]:
    """The pages named behind `end` and the place behind them.

    `first` is the page with which a short form ends, "125" of "410 U.S. at 125".
    """
    if first:
        found = re.compile(rf"{RANGE}{NO_VOLUME}{NOTES}{MORE}").match(text, end)
        more = found[0] if found else ""
        return first + _tidy(more), end + len(more)
    opened = OPENED.match(text, end)
    end = opened.end() if opened else end
    match = PINS.match(text, end)
    if not match:
        return None, end
    pin = match["at"] or match["comma"] or match["mark"]
    return _tidy(re.sub(r"^(?:pp?|pgs?)(?:\. ?| )|^pages? ", "", pin)), match.end()


def dated(text: str, end: int, limit: int) -> tuple[str | None, int | None, int]:
    """(court as it is written, year, place behind) in what stands from `end` to `limit`."""
    found = DATED.match(text, end, limit)
    if not found or not _is_court(court := MONTH.sub("", found["court"]).strip(" ,")):
        return None, None, end
    return court or None, int(found["year"]), found.end()


def _tidy(pin: str) -> str:
    return " ".join(pin.split()) if pin[:1] != " " else " " + " ".join(pin.split())


def _is_court(text: str) -> bool:
    """Whether this may be a court, with or without its place: "9th Cir.", "Sup Ct, NY County"."""
    words = re.findall(r"[^\s,.\[\]\u2010-\u2015]+", text)
    return all(word[0].isupper() or word[0].isdigit() or word in SMALL for word in words)


@cache
def court_id(court: str) -> str | None:
    """The name that CourtListener gives to a court, for the one in parentheses."""
    from eyecite.helpers import get_court_by_paren

    return get_court_by_paren(re.sub(r"\b3d\b", "3rd", court))
