"""Finds citations with eyecite's patterns, piece by piece, and what belongs to each.

The time of the patterns grows faster than their input, so they are given some thousand characters
at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from bellhop.jobtypes.caselaw.behind import court_id, dated, pages
from bellhop.jobtypes.caselaw.codes import laws
from bellhop.jobtypes.caselaw.doubting import is_case, of_unknown_reporters
from bellhop.jobtypes.caselaw.model import Citation, Document
from bellhop.jobtypes.caselaw.parties import parties, year_before
from bellhop.jobtypes.caselaw.resolving import resolve
from bellhop.jobtypes.caselaw.rewriting import Rewritten
from bellhop.jobtypes.caselaw.tokens import editions, tokens
from bellhop.jobtypes.caselaw.years import span
from bellhop.jobtypes.reading.refusals import too_large

PIECE = 30_000
# Written for the page of a decision that is not printed yet.
BLANK = "___"
MOST_CITATIONS = 15_000
# Where a long paragraph may be cut: after a sentence, and not after an abbreviation.
SENTENCE_END = re.compile(r"[a-z]{4,}[.?!][”\"’)]*\s(?=[A-Z])")
# What stands between the pages of a citation and its parallel one.
PARALLEL = re.compile(r"[\s,]*\[?\s*")
SUPRA = re.compile("supra", re.I)
# A token of eyecite with its kind, and its places in the text.
Reading = tuple[str, Any, int, int]


def find(document: Document, tell: Callable[[float], None]) -> list[Citation]:
    """All citations in the order of the text; `tell` hears the part of it that was searched.

    Raises BadInput: too_large.
    """
    # No word of a citation is that long, and the patterns would look at it for minutes.
    lines = re.sub(r"\S{200,}", lambda long: " " * len(long[0]), document.text)
    text = lines.replace("\n", " ")
    codes = laws(text)
    read = _without_taken(_readings(lines, tell), codes)
    signs = [start for kind, _, start, _ in read if kind == "section"]
    known = _without_doubtful(read, text)
    spans = [(citation.start, citation.end) for citation, _ in known]
    spans += [(law.start, law.end) for law in codes]
    found: list[tuple[Citation, Any]] = [*known, *((law, None) for law in codes)]
    found += [(citation, None) for citation in of_unknown_reporters(text, spans)]
    found.sort(key=lambda pair: pair[0].start)
    found = [pair for n, pair in enumerate(found) if not _is_said_by_next(n, found, text)]
    citations = [citation for citation, _ in found]
    groups = _complete(citations, text, lines)
    for citation, token in found:
        if token is not None:
            _settle(citation, token)
    resolve(citations, groups, lines, signs)
    return citations


def _readings(lines: str, tell: Callable[[float], None]) -> list[Reading]:
    found: list[Reading] = []
    for start, end in _pieces(lines):
        piece = Rewritten(lines[start:end].replace("\n", " "))
        for kind, token in tokens(piece.text):
            places = start + piece.origin(token.start), start + piece.origin(token.end)
            found.append((kind, token, *places))
        tell(end / len(lines))
        if len(found) > MOST_CITATIONS:
            raise too_large(f"The document has more than {MOST_CITATIONS:,} citations.")
    return found


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


def _without_taken(read: list[Reading], taken: list[Citation]) -> list[Reading]:
    """The readings that are in no citation of a code."""
    kept, ahead = [], 0
    for reading in read:
        while ahead < len(taken) and taken[ahead].end <= reading[2]:
            ahead += 1
        if ahead == len(taken) or reading[3] <= taken[ahead].start:
            kept.append(reading)
    return kept


def _without_doubtful(read: list[Reading], text: str) -> list[tuple[Citation, Any]]:
    """What is a citation, and stands the test of being one."""
    kept: list[tuple[Citation, Any]] = []
    last_end: int | None = None
    seen = set[tuple[Any, ...]]()  # volumes that are cited in full
    for kind, token, start, end in read:
        if (
            kind == "section" or token.groups.get("reporter") == "FLP"
        ):  # what eyecite says of itself
            continue
        is_of_case = kind in ("full_case", "short_case")
        volume = token.groups.get("volume"), token.groups.get("reporter")
        is_again = kind == "short_case" and volume in seen
        if is_of_case and not (is_again or is_case(token, start, end, text, last_end)):
            continue
        if kind == "full_case":
            seen.add(volume)
        last_end = end if is_of_case else None
        kept.append((_citation(kind, token, start, end, text), token))
    return kept


def _citation(kind: str, token: Any, start: int, end: int, text: str) -> Citation:
    """A citation with its pages; a short form ends with them, which are all there is of it."""
    groups, is_full = token.groups, kind in ("full_case", "law", "journal")
    page = groups.get("page") or groups.get("section")
    if page and not page.strip("_"):
        page = None
    if kind == "supra" and (word := SUPRA.search(text, start, end)):
        start, end = word.span()
    pin, pin_end = pages(text, end, page or "" if kind == "short_case" else "")
    if not is_full:
        end = start + len(text[start:pin_end].rstrip(" ,"))
    return Citation(
        start=start,
        end=end,
        text=" ".join(text[start:end].split()),
        kind=kind,
        normalized=None,
        volume=groups.get("volume") or groups.get("title"),
        reporter=groups.get("reporter"),
        page=page or (BLANK if kind in ("full_case", "short_case") else None),
        pin_cite=pin,
        pin_end=pin_end,
        is_paged=kind == "law" and "page" in groups,
    )


def _is_said_by_next(n: int, found: list[tuple[Citation, Any]], text: str) -> bool:
    """Whether a "supra" only leads to the short form behind it: "Guz, supra, 24 Cal.4th at 349"."""
    citation = found[n][0]
    after = found[n + 1][0] if n + 1 < len(found) else None
    if citation.kind != "supra" or not after or after.kind not in ("full_case", "short_case"):
        return False
    return not text[citation.end : after.start].strip(" ,")


def _complete(citations: list[Citation], text: str, lines: str) -> list[list[int]]:
    """Give each citation its year, court and parties; the indexes of those that are parallel."""
    groups = _parallel(citations, text)
    before, seen = 0, set[str]()
    for group in groups:
        first, last = citations[group[0]], citations[group[-1]]
        after = citations[group[-1] + 1].start if group[-1] + 1 < len(citations) else len(text)
        last.pin_end = last.pin_end or last.end
        court, year, last.tail = (
            dated(text, last.pin_end, after) if last.is_full else _undated(last)
        )
        if first.kind == "full_case":
            plaintiff, defendant = parties(lines, first.start, before)
            plaintiff = _without_listed(plaintiff, seen)
            seen |= {name.split()[-1] for name in (plaintiff, defendant) if name}
            court_before, year_first = year_before(text, first.start, before)
            court, year = (court_before, year_first) if year_first else (court, year)
            for n in group:
                citations[n].plaintiff, citations[n].defendant = plaintiff, defendant
        for n in group:
            if citations[n].is_full:
                citations[n].year = citations[n].year or year
                citations[n].court = (
                    court_id(court) if court and first.kind == "full_case" else None
                )
        before = last.tail
    return groups


def _without_listed(plaintiff: str | None, seen: set[str]) -> str | None:
    """A name without a case named before: "Grutter and Regents of Univ. of Cal. v. Bakke"."""
    listed, joined, rest = (plaintiff or "").partition(" and ")
    return rest if joined and listed in seen and rest[:1].isupper() else plaintiff


def _undated(citation: Citation) -> tuple[None, None, int]:
    return None, None, citation.pin_end


def _parallel(citations: list[Citation], text: str) -> list[list[int]]:
    """All indexes, those of citations of one decision in several reporters together."""
    groups: list[list[int]] = []
    for n, citation in enumerate(citations):
        before = citations[n - 1] if n else None
        if before and before.kind == citation.kind == "full_case":
            between = text[before.pin_end or before.end : citation.start]
            reporters = {citations[k].reporter for k in groups[-1]}
            if PARALLEL.fullmatch(between) and citation.reporter not in reporters:
                groups[-1].append(n)
                continue
        groups.append([n])
    return groups


def _settle(citation: Citation, token: Any) -> None:
    """Say which edition it is, and how it is usually written."""
    if not token.groups:
        return
    found = editions(token)
    named = {edition.short_name for edition in found}
    if len(named) > 1 and citation.year:
        named = {edition.short_name for edition in found if _is_of(edition, citation.year)}
    raw = token.groups.get("reporter")
    citation.reporter = named.pop() if len(named) == 1 else raw
    if citation.kind == "short_case" or citation.page == BLANK:
        citation.normalized = f"{citation.volume} {citation.reporter} {citation.page}"
    else:
        written = token.data.replace(raw, citation.reporter) if raw else token.data
        citation.normalized = written.replace("[U]", "(U)").replace("[A]", "(A)")
    if citation.kind == "full_case":
        every = {*token.exact_editions, *token.variation_editions}
        citation.years = sorted({span(edition) for edition in every}, key=str)
        if not citation.court and any(edition.reporter.is_scotus for edition in found):
            citation.court = "scotus"


def _is_of(edition: Any, year: int) -> bool:
    first, last = span(edition)
    return first <= year <= (last or year)
