"""Throws out what only looks like the citation of a case, and sees those of unknown reporters.

References to the record ("1 App. 24"), docket numbers and addresses have the same form, and so have
counts of things whose names once were those of reporters ("30 Day 60"). A reporter of one plain
word therefore needs parties, a year or a parallel citation beside it, or a name right before its
short form ("Stone, 4 Hill at 14").
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from bellhop.jobtypes.caselaw.behind import pages
from bellhop.jobtypes.caselaw.model import Citation

LOOK = 160
# How briefs call the parts of the record of their own case.
RECORDS = {
    "a", "aa", "add", "app", "appx", "ar", "cr", "ct", "d", "er", "ex", "j", "ja", "l", "m", "pa",
    "pr", "r", "ra", "rec", "rr", "rt", "s", "sa", "ser", "t", "tr", "vr",
}  # fmt: skip
PLAIN_WORD = re.compile(r"[A-Za-z]+[.,]?")
# Of one word, and yet hardly anything else.
STATES = {
    "ad", "ala", "alaska", "ariz", "ark", "cal", "colo", "conn", "cranch", "dall", "del", "f",
    "fla", "ga", "haw", "how", "idaho", "ill", "ind", "iowa", "kan", "ky", "la", "lexis", "mass",
    "md", "me", "mich", "minn", "miss", "mo", "mont", "neb", "nev", "ny", "ohio", "okla", "or",
    "p", "pet", "tenn", "tex", "us", "utah", "va", "wall", "wash", "wheat", "wis", "wl", "wyo",
}  # fmt: skip
NUMBER_BEFORE = re.compile(
    r"(?:\bNos?\.|\bDocket|\bDkt\.|\bCiv(?:il|\.)|\bCrim\.|\bIndex|\bSuite|\bRoom|\bBox|[§¶]+) ?$"
)
STREET_BEHIND = re.compile(r"\S{0,2},? ?(?:St|Ave|Street|Avenue|Blvd|Road|Rd|Dr|Lane)\b")
YEAR_BEHIND = re.compile(
    r"(?:(?! v\.? )[^();]){0,60}[(\[][^()\[\]]{0,60}\b(?:1[6-9]|20)\d\d\b[^()\[\]]{0,20}[)\]]"
)
YEAR_BEFORE = re.compile(r"\((?:[^()]{0,40} )?(?:1[6-9]|20)\d\d\),? ?$")
VERSUS_BEFORE = re.compile(
    r" v\.? [^;]{2,100}$|\b(?:In re|Ex parte|Matter of|Estate of) [^;]{2,80}$"
)
NAME_BEFORE = re.compile(r"[A-Z][\w.\u2019'&-]+,? (?:supra, )?$")
PARALLEL = re.compile(r"[\s,;\d–-]{0,30}")
# A case name, and what looks like a citation of a reporter.
UNKNOWN = re.compile(
    r"\b[A-Z][\w.&\u2019'-]+ v\. [A-Z][^;()]{1,80}?, "
    r"(?P<volume>\d{1,4}) (?P<reporter>(?:[A-Z][\w.\u2019']*\.? ?){1,4}(?:\dd |\d?th )?)"
    r"(?P<page>\d{1,5})(?=[, (])[^()]{0,40}\((?:[^()]{0,40} )?(?P<year>(?:1[6-9]|20)\d\d)\)"
)
CITE_AS = re.compile(r"cite\s+as:?\s*(?:[\w.,&’' ]{0,80},\s*)?$", re.I)


def is_case(cited: Any, start: int, end: int, text: str, last_end: int | None) -> bool:
    """Whether what eyecite took for a citation of a case, from `start` to `end`, is one.

    `last_end` is where the case citation before it ends.
    """
    before = text[max(last_end or 0, start - LOOK) : start]
    behind = text[end : end + LOOK]
    if CITE_AS.search(before) or NUMBER_BEFORE.search(before) or STREET_BEHIND.match(behind):
        return False
    reporter = re.sub(r"[^a-z0-9]", "", str(cited.groups.get("reporter") or "").casefold())
    has_year = bool(YEAR_BEHIND.match(behind) or YEAR_BEFORE.search(before))
    has_name = bool((NAME_BEFORE if cited.short else VERSUS_BEFORE).search(before))
    if reporter in RECORDS:
        return has_year and has_name
    is_word = PLAIN_WORD.fullmatch(str(cited.groups.get("reporter") or ""))
    if not is_word or reporter in STATES or has_year or has_name:
        return True
    return last_end is not None and bool(PARALLEL.fullmatch(text[last_end:start]))


def of_unknown_reporters(text: str, taken: Sequence[tuple[int, int]]) -> Iterator[Citation]:
    """Citations with parties and year whose reporter nobody knows, beside those already `taken`,
    and the short forms of these."""
    ends, volumes = sorted(taken), set[str]()
    for match in UNKNOWN.finditer(text):
        start, end = match.start("volume"), match.end("page")
        if _is_over(start, end, ends):
            continue
        volume, reporter, page = match["volume"], match["reporter"].strip(), match["page"]
        volumes.add(f"{volume} {reporter}")
        written = f"{volume} {reporter} {page}"
        yield Citation(
            start, end, written, "full_case", written, volume, reporter, page,
            year=int(match["year"]), has_known_reporter=False,
        )  # fmt: skip
    if volumes:
        yield from _again(text, volumes, ends)


def _again(text: str, volumes: set[str], ends: list[tuple[int, int]]) -> Iterator[Citation]:
    """The short forms of volumes that are cited in full, such as "10 Barr at 4"."""
    named = "|".join(re.escape(volume) for volume in sorted(volumes))
    for match in re.finditer(
        rf"(?<![\w.])(?P<volume>{named}),? at (?:pp?\. ?)?(?P<page>\d{{1,5}})", text
    ):
        if _is_over(*match.span(), ends):
            continue
        volume, _, reporter = match["volume"].partition(" ")
        page, pin_end = pages(text, match.end(), match["page"])
        yield Citation(
            match.start(), pin_end, text[match.start() : pin_end], "short_case",
            f"{match['volume']} {match['page']}", volume, reporter, match["page"], page,
            has_known_reporter=False, pin_end=pin_end,
        )  # fmt: skip


def _is_over(start: int, end: int, ends: list[tuple[int, int]]) -> bool:
    """Whether it lies over one of these places, which are in their order."""
    near = ends[max(0, bisect_left(ends, (start, 0)) - 1) :][:2]
    return any(first < end and start < last for first, last in near)
