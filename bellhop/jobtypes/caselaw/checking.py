"""What can be said about a citation without looking it up: whether it is well formed."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from bellhop.jobtypes.caselaw.characters import may_be_range
from bellhop.jobtypes.caselaw.model import Citation, Document, leading_number
from bellhop.jobtypes.caselaw.parties import NEVER_A_NAME

SERIES = re.compile(r"\d(?:d|st|nd|rd|th)\b")
OLD_VOLUMES = 90
HYPHENED = re.compile(r"[-\u2010\u2011](\d{1,4})(?![\w-])")
# The citations of one place by the telling words of their names.
Names = dict[str, dict[frozenset[str], list[Citation]]]


def check(document: Document, citations: list[Citation]) -> None:
    """Add to each citation its checks: `code`, `ok`, and `message` in words."""
    names = _names_by_citation(citations)
    for citation in citations:
        if citation.kind == "full_case":
            citation.checks += [_reporter(citation), *_year(citation), *_names(citation, names)]
            citation.checks += _page(citation, document)
        elif citation.kind in ("short_case", "supra", "id") and not _is_own(citation, document):
            citation.checks.append(_antecedent(citation))


def _result(code: str, is_ok: bool, message: str) -> dict[str, Any]:
    return {"code": code, "ok": is_ok, "message": message}


def _reporter(citation: Citation) -> dict[str, Any]:
    is_known, name = citation.has_known_reporter, citation.reporter
    said = f"The reporter {name} is known." if is_known else f"The reporter {name} is unknown."
    return _result("reporter", is_known, said)


def _year(citation: Citation) -> list[dict[str, Any]]:
    """Whether the reporter was published in the year of the decision."""
    year = citation.year
    if year is None or not citation.years:
        return []
    # A decision of December is printed in a volume of the next year. The first series of many
    # reporters counts the volumes of its forerunners as its own.
    now = datetime.now(UTC).year
    is_first = not SERIES.search(citation.reporter or "")
    is_old = is_first and (leading_number(citation.volume) or 0) <= OLD_VOLUMES
    spans = ((0 if is_old else first - 1, (last or now) + 1) for first, last in citation.years)
    if any(first <= year <= last for first, last in spans):
        return [_result("year", True, f"{citation.reporter} may have been published in {year}.")]
    known = ", ".join(f"{first} to {last or 'now'}" for first, last in sorted(citation.years))
    said = f"{citation.reporter} was not published in {year}, but {known}."
    return [_result("year", False, said)]


def _page(citation: Citation, document: Document) -> list[dict[str, Any]]:
    """Whether a hyphen divides the page, as some PDFs show one for a soft hyphen: 1-13."""
    behind = HYPHENED.match(document.text, citation.end)
    if not behind or not (citation.page or "").isdigit():
        return []
    if may_be_range(citation.page or "", behind[1]):
        return []
    said = f"A hyphen divides the page ({citation.page}-{behind[1]}): compare it with the document."
    return [_result("page", False, said)]


def _words(citation: Citation) -> frozenset[str]:
    """The words of the parties that tell one case from another."""
    text = f"{citation.plaintiff or ''} {citation.defendant or ''}".casefold()
    return frozenset(re.findall(r"[^\W\d_]{2,}", text)) - NEVER_A_NAME


def _names_by_citation(citations: list[Citation]) -> Names:
    named: Names = defaultdict(lambda: defaultdict(list))
    for citation in citations:
        if citation.kind == "full_case" and citation.page and citation.plaintiff:
            named[citation.normalized or ""][_words(citation)].append(citation)
    return named


def _names(citation: Citation, names: Names) -> list[dict[str, Any]]:
    """Whether the same place is cited under the name of another case."""
    own = _words(citation)
    same = {words: some for words, some in names[citation.normalized or ""].items() if words}
    if not own or not citation.plaintiff or sum(map(len, same.values())) < 2:
        return []
    other = next((some[0] for words, some in same.items() if not own & words), None)
    if other is None:
        return [_result("names", True, "The document always uses this name.")]
    name = " v. ".join(filter(None, (other.plaintiff, other.defendant)))
    return [
        _result("names", False, f"The document also uses this citation for another name: {name}.")
    ]


def _is_own(citation: Citation, document: Document) -> bool:
    """Whether a "supra" points into the document itself, as "see supra, at 4" does."""
    before = document.text[max(0, citation.start - 12) : citation.start]
    return citation.kind == "supra" and bool(re.search(r"(?:\bsee|[.;(])\s*$", before, re.I))


def _antecedent(citation: Citation) -> dict[str, Any]:
    if citation.resolves_to is not None:
        return _result("antecedent", True, "It refers to an earlier full citation.")
    said = citation.unresolved or "There is no earlier full citation that it could refer to."
    return _result("antecedent", False, said)
