"""Finds citations with eyecite, piece by piece, and what each stands for.

eyecite's time grows faster than its input, so it is given some thousand characters at a time.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from bellhop.jobtypes.caselaw.doubting import is_case, of_unknown_reporters
from bellhop.jobtypes.caselaw.model import Citation, Document, leading_number
from bellhop.jobtypes.caselaw.parties import parties, without_signal
from bellhop.jobtypes.caselaw.rewriting import Rewritten
from bellhop.jobtypes.reading.refusals import too_large

PIECE = 30_000
# Written for the page of a decision that is not printed yet.
BLANK = "___"
MOST_CITATIONS = 15_000
# No opinion is longer, and no name stands farther before its "supra".
MOST_PAGES = 150
SUPRA_WINDOW = 80
# Where a long paragraph may be cut: after a sentence, and not after an abbreviation.
SENTENCE_END = re.compile(r"[a-z]{4,}[.?!][”\"’)]*\s(?=[A-Z])")
KINDS = {
    "FullCaseCitation": "full_case", "ShortCaseCitation": "short_case", "SupraCitation": "supra",
    "IdCitation": "id", "FullLawCitation": "law", "FullJournalCitation": "journal",
}  # fmt: skip
YEAR_BEHIND = re.compile(r"[^();]{0,60}\((?:[^()]{0,40}\s)?((?:1[6-9]|20)\d\d)\)")
# What stands between two citations of one decision: at most pages.
PARALLEL = re.compile(r"[\s,–0-9-]*")


def find(document: Document, tell: Callable[[float], None]) -> list[Citation]:
    """All citations in the order of the text; `tell` hears the part of it that was searched.

    Raises BadInput: too_large.
    """
    from eyecite import get_citations

    logging.getLogger("eyecite").setLevel(logging.ERROR)  # its doubts are nothing for the user
    found: list[tuple[Any, int, int]] = []
    # No word of a citation is that long, and eyecite would look at it for minutes.
    lines = re.sub(r"\S{200,}", lambda long: " " * len(long[0]), document.text)
    text = lines.replace("\n", " ")
    for start, end in _pieces(lines):
        piece = Rewritten(text[start:end])
        for cited in get_citations(piece.text):
            first, last = _span(cited)
            found.append((cited, start + piece.origin(first), start + piece.origin(last)))
        tell(end / len(text))
        if len(found) > MOST_CITATIONS:
            raise too_large(f"The document has more than {MOST_CITATIONS:,} citations.")
    kept = _without_doubtful(sorted(found, key=lambda entry: entry[1]), text)
    known = [(cited, _citation(cited, start, end, text)) for cited, start, end in kept]
    spans = [(citation.start, citation.end) for _, citation in known]
    unknown = [(None, citation) for citation in of_unknown_reporters(text, spans)]
    both = sorted([*known, *unknown], key=lambda pair: pair[1].start)
    citations = [citation for _, citation in both]
    _name_parties(citations, text)
    _date(citations, text)
    _resolve([cited for cited, _ in both], citations, text)
    return citations


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Parts of the text that end with a paragraph, or with a sentence where it is long."""
    start = 0
    while start < len(text):
        end = min(start + PIECE, len(text))
        if end < len(text):
            at = text.rfind("\n", start + PIECE // 2, end) + 1
            ends = [match.end() for match in SENTENCE_END.finditer(text, start + PIECE // 2, end)]
            end = at or (ends[-1] if ends else text.rfind(" ", start + 1, end) + 1) or end
        yield start, end
        start = end


def _span(cited: Any) -> tuple[int, int]:
    """Where it stands; a short form with its page, which is all there is of it."""
    is_short = type(cited).__name__ == "ShortCaseCitation"
    first, last = cited.span_with_pincite() if is_short else cited.span()
    return first, last


def _without_doubtful(found: list[tuple[Any, int, int]], text: str) -> list[tuple[Any, int, int]]:
    """What is of a kind that is told, and stands the test of being one."""
    kept: list[tuple[Any, int, int]] = []
    last_end: int | None = None
    for cited, start, end in found:
        kind = KINDS.get(type(cited).__name__)
        is_of_case = kind in ("full_case", "short_case")
        if kind is None or cited.groups.get("reporter") == "FLP":  # what eyecite says of itself
            continue
        if is_of_case and not is_case(cited, start, end, text, last_end):
            continue
        last_end = end if is_of_case else None
        kept.append((cited, start, end))
    return kept


def _citation(cited: Any, start: int, end: int, text: str) -> Citation:
    groups, meta = cited.groups, cited.metadata
    kind = KINDS[type(cited).__name__]
    is_case, is_short = kind == "full_case", kind == "short_case"
    editions = getattr(cited, "all_editions", ()) if is_case else ()
    year = None if is_short else getattr(meta, "year", None)
    return Citation(
        start=start,
        end=end,
        text=" ".join(text[start:end].split()),
        kind=kind,
        normalized=_normalized(cited, is_short),
        volume=groups.get("volume") or groups.get("title"),
        reporter=cited.corrected_reporter() if groups else None,
        page=groups.get("page")
        or groups.get("section")
        or (BLANK if is_case or is_short else None),
        pin_cite=_pin_cite(meta),
        year=int(year) if year and str(year).isdigit() else None,
        court=getattr(meta, "court", None),
        plaintiff=without_signal(getattr(meta, "plaintiff", None)) if is_case else None,
        defendant=without_signal(getattr(meta, "defendant", None)) if is_case else None,
        years=[(e.start.year if e.start else 0, e.end.year if e.end else None) for e in editions],
    )


def _normalized(cited: Any, is_short: bool) -> str | None:
    """The citation as it is usually written; a page that is not known yet is `___`."""
    groups = cited.groups
    if not groups:
        return None
    if is_short or groups.get("page", "") is None:
        return f"{groups.get('volume')} {cited.corrected_reporter()} {groups.get('page') or BLANK}"
    return str(cited.corrected_citation())


def _pin_cite(meta: Any) -> str | None:
    pin = getattr(meta, "pin_cite", None)
    return pin.strip(" ,").removeprefix("at ").strip() or None if pin else None


def _name_parties(citations: list[Citation], text: str) -> None:
    """Give each full case its parties; a parallel citation has those of the one before it."""
    before: Citation | None = None
    for citation in citations:
        if citation.kind != "full_case":
            continue
        after = before.end if before else 0
        if before and PARALLEL.fullmatch(text[after : citation.start]):
            citation.plaintiff, citation.defendant = before.plaintiff, before.defendant
        elif any(named := parties(text, citation.start, after)) or not citation.plaintiff:
            citation.plaintiff, citation.defendant = named
        before = citation


def _date(citations: list[Citation], text: str) -> None:
    """Give each full case the year that stands behind it, or behind what is parallel to it."""
    after: Citation | None = None
    for citation in reversed(citations):
        limit = after.start if after else len(text)
        between = text[citation.end : limit]
        if citation.kind == "full_case":
            is_parallel = after and after.kind == "full_case" and PARALLEL.fullmatch(between)
            if after and is_parallel:
                citation.year = after.year
            elif behind := YEAR_BEHIND.match(between):
                citation.year = int(behind[1])
            elif str(citation.year) not in between:
                citation.year = None
        after = citation


def _resolve(found: list[Any], citations: list[Citation], text: str) -> None:
    """Say of each citation which full one it stands for, and number what is cited.

    `found` are eyecite's own, None for those that it did not see.
    """
    from eyecite import resolve_citations

    place = {id(cited): index for index, cited in enumerate(found) if cited}
    clusters = resolve_citations([cited for cited in found if cited]).values()
    for number, members in enumerate(sorted(clusters, key=lambda group: place[id(group[0])])):
        indexes = [place[id(cited)] for cited in members]
        first = next((index for index in indexes if citations[index].is_full), None)
        for index in indexes:
            citations[index].cluster = number
            if not citations[index].is_full:
                citations[index].resolves_to = first
    unseen: dict[str | None, int] = {}
    for citation in citations:
        if not citation.has_known_reporter:
            number = len(clusters) + len(unseen)
            citation.cluster = unseen.setdefault(citation.normalized, number)
    for index, citation in enumerate(citations):
        if not citation.is_full and citation.resolves_to is None:
            target = _target(citation, citations[:index], text)
            if target is not None:
                citation.resolves_to, citation.cluster = target, citations[target].cluster


def _target(citation: Citation, before: list[Citation], text: str) -> int | None:
    """What a short form stands for where eyecite sees two possibilities and takes none."""
    if citation.kind == "id":
        last = before[-1] if before else None
        target = len(before) - 1 if last and last.is_full else last.resolves_to if last else None
        pin = leading_number(citation.pin_cite)
        fits = target is not None and (not citation.pin_cite or _holds(before[target], pin))
        return target if fits else None
    cases = [(n, full) for n, full in enumerate(before) if full.kind == "full_case"]
    if citation.kind == "short_case":
        # Of two cases in one volume it is in the one that begins last before its page.
        pin = leading_number(citation.page)
        own = [
            (leading_number(full.page) or 0, -n)
            for n, full in cases
            if (full.volume, full.reporter) == (citation.volume, citation.reporter)
            and _holds(full, pin)
        ]
        return -max(own)[1] if own else None
    # Of two cases with one party of the same name it is the one whose other party stands there.
    window = text[max(0, citation.start - SUPRA_WINDOW) : citation.start].casefold()
    found = Counter({n: sum(name in window for name in _last_names(full)) for n, full in cases})
    best = [n for n, count in found.items() if count == max(found.values()) > 0]
    return best[0] if len({before[n].cluster for n in best}) == 1 else None


def _holds(full: Citation, page: int | None) -> bool:
    """Whether a case that begins on the page of `full` may reach to this page."""
    first = leading_number(full.page)
    return first is not None and page is not None and first <= page <= first + MOST_PAGES


def _last_names(full: Citation) -> set[str]:
    """The last word of each party, as a short form would say it."""
    names = (re.findall(r"[^\W\d_]{3,}", name or "") for name in (full.plaintiff, full.defendant))
    return {words[-1].casefold() for words in names if words}
