"""Ask CourtListener which cases the citations of a document are of: a step after `citations`.

A type of its own, because what reads files of others has no network. Without a token nothing is
sent. What CourtListener does not know may exist all the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from bellhop import BadInput, Context, Secret, job_type
from bellhop.jobtypes.caselaw.courtlistener import Case, CourtListener, Entry
from bellhop.jobtypes.caselaw.naming import is_named_so

TIMEOUT_S = 1800
# So much of it is left for the last request.
SPARE_S = 120
# As many as there is time for.
MOST_CASES = 1500
LONGEST = 200
CODE = "found"


@job_type(
    label="Case lookup",
    queue="parsing",
    timeout_s=TIMEOUT_S,
    network=True,
    cache=86_400,
    settings={"token": Secret, "base_url": str, "allowed": str},
    viewer="citations",
)
def case_lookup(data: dict, context: Context) -> dict[str, Any]:
    """Look up cited cases in CourtListener. The input is the result of "Legal citations".

    Needs a token in [type:case_lookup]. Only the citations leave this machine.
    """
    citations = data.get("citations")
    if not isinstance(citations, list):
        raise BadInput(
            "There are no citations to look up.",
            code="no_citations",
            hint="Add this as a next step after the job type citations.",
        )
    service = CourtListener(context, time.monotonic() + TIMEOUT_S - SPARE_S)
    places = dict(_cases(citations))
    wanted = list(dict.fromkeys(places.values()))
    if len(wanted) > MOST_CASES:
        said = f"Only the first {MOST_CASES:,} of {len(wanted):,} cases were looked up."
        context.warn("not_all_looked_up", said)
    step = "Looking up cases"
    context.progress(1, step)
    entries = service.look_up(
        wanted[:MOST_CASES], lambda part: context.progress(int(1 + 98 * part), step)
    )
    checked = [
        _checked(citation, entries.get(places.get(n, ""))) for n, citation in enumerate(citations)
    ]
    return {**data, "citations": checked, "counts": _counts(data, checked)}


def _cases(citations: list[Any]) -> Iterator[tuple[int, str]]:
    """The place and the citation of each case whose page is known."""
    for place, citation in enumerate(citations):
        if not isinstance(citation, dict) or citation.get("kind") != "full_case":
            continue
        text, page = citation.get("normalized"), citation.get("page")
        if isinstance(text, str) and 0 < len(text) <= LONGEST and str(page or "_").strip("_"):
            yield place, " ".join(text.split())


def _checked(citation: Any, entry: Entry | None) -> Any:
    """The citation with what is known of it among its checks."""
    if entry is None:
        return citation
    kept = citation.get("checks")
    checks = [c for c in kept if _code(c) != CODE] if isinstance(kept, list) else []
    return {**citation, "checks": [*checks, _check(citation, entry)]}


def _code(check: Any) -> Any:
    return check.get("code") if isinstance(check, dict) else None


def _check(citation: dict[str, Any], entry: Entry) -> dict[str, Any]:
    """Whether the case is known, under the name that is given."""
    both = (citation.get("plaintiff"), citation.get("defendant"))
    parties = [party for party in both if isinstance(party, str) and party.strip()]
    named = [case for case in entry.cases if is_named_so(parties, case.name)]
    text, given = citation.get("normalized"), " v. ".join(parties)
    if not entry.cases:
        what = f"the reporter {citation.get('reporter')}" if entry.is_reporter_unknown else text
        return _result(False, f"CourtListener does not know {what}".rstrip(".") + ".")
    case = (named or entry.cases)[0]
    others = "; ".join(other.name for other in entry.cases)
    if not named:
        return _result(False, f"CourtListener knows {text} as {others}, not as {given}.", case)
    if len(named) > 1 and not given:
        return _result(False, f"CourtListener knows {len(named)} cases at {text}: {others}.")
    return _result(True, f"CourtListener knows {text} as {case.name}.", case)


def _result(is_ok: bool, message: str, case: Case | None = None) -> dict[str, Any]:
    told = case or Case("", None, None)
    return {"code": CODE, "ok": is_ok, "message": message, "name": told.name or None,
            "date": told.date, "url": told.url}  # fmt: skip


def _counts(data: dict[str, Any], citations: list[Any]) -> dict[str, Any]:
    """The counts, with those that now have a check that says no, and those looked up."""
    checks = [
        [check for check in citation.get("checks") or () if isinstance(check, dict)]
        for citation in citations
        if isinstance(citation, dict)
    ]
    known = data.get("counts")
    return {
        **(known if isinstance(known, dict) else {}),
        "to_check": sum(any(not check.get("ok") for check in own) for own in checks),
        "looked_up": sum(any(_code(check) == CODE for check in own) for own in checks),
    }
