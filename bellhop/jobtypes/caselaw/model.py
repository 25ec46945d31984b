"""What changes hands between the parts of the citations type."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Document:
    """A text in which each run of white space is one character; "\\n" ends a paragraph.

    `page_starts` are the places in `text` where pages begin; empty where there are no pages.
    `notes` are the start, the end and the page of footnotes that stand behind their page.
    """

    text: str
    page_starts: tuple[int, ...] = ()
    notes: tuple[tuple[int, int, int], ...] = ()

    def page_of(self, place: int) -> int | None:
        """The page, from 1, on which this place of the text is."""
        for start, end, page in self.notes:
            if start <= place < end:
                return page
        return bisect_right(self.page_starts, place) or None


@dataclass
class Citation:
    """One citation; `start` and `end` are places in the text of the document."""

    start: int
    end: int
    text: str
    kind: str
    normalized: str | None
    volume: str | None = None
    reporter: str | None = None
    page: str | None = None
    pin_cite: str | None = None
    year: int | None = None
    court: str | None = None
    has_known_reporter: bool = True
    plaintiff: str | None = None
    defendant: str | None = None
    # The places behind its pages, and behind its court and year; 0 where these are not known yet.
    pin_end: int = 0
    tail: int = 0
    # Whether it is a law that is cited by the pages of a volume, as the Federal Register is.
    is_paged: bool = False
    # The index of the full citation that it stands for.
    resolves_to: int | None = None
    # The index of what was cited, the same for all its citations; None where nobody knows.
    cluster: int | None = None
    # Why it stands for none, where the text says so.
    unresolved: str | None = None
    # First and last year of the editions that its reporter may be; None where it has no end.
    years: list[tuple[int, int | None]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return self.kind in ("full_case", "law", "journal")

    @property
    def has_pages(self) -> bool:
        """Whether its pages are those of a volume: not of a database or a neutral citation."""
        name = (self.reporter or "").upper()
        is_year = re.fullmatch(r"(?:1[89]|20)\d\d", self.volume or "")
        return not (name.endswith(("WL", "LEXIS")) or is_year)


def leading_number(text: str | None) -> int | None:
    """The number with which a page or volume begins."""
    found = re.match(r"\d+", text or "")
    return int(found[0]) if found else None
