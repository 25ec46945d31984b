"""Looks citations up in CourtListener (REST API v4, citation-lookup).

Only the citations are sent, such as "410 U.S. 113": no name, and nothing else of the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin

from bellhop import BadInput, Context, TryAgain, Unavailable
from bellhop.jobtypes import outbound
from bellhop.jobtypes.knowledge.asking import ask, document_of, setting

BASE_URL = "https://www.courtlistener.com"
PATH = "/api/rest/v4/citation-lookup/"
WHO = "CourtListener"
TIMEOUT_S = 60.0
# It looks up 60 citations a minute, so each costs a second; and never more in one request.
MOST_AT_ONCE = 60
SECONDS_EACH = 1.0
DEFAULT_PAUSE_S = 60.0
MARGIN_S = 1.0
BETWEEN = "; "
KEPT_S, MOST_KEPT = 86_400.0, 20_000
BUSY = 429


class Case(NamedTuple):
    """A decision; the date as YYYY-MM-DD, its page as an address."""

    name: str
    date: str | None
    url: str | None


class Entry(NamedTuple):
    """What is known of a citation: its cases, and whether its reporter is unknown."""

    cases: tuple[Case, ...]
    is_reporter_unknown: bool = False


# Answers by service and citation, with the time until which they hold: they are public, and an
# attempt after a pause need not ask again.
_kept: dict[tuple[str, str], tuple[float, Entry]] = {}


class CourtListener:
    """The lookups of one item; waits for the service until `until`, by `time.monotonic`."""

    def __init__(self, context: Context, until: float):
        self._context, self._until = context, until
        self._base = (context.settings.get("base_url") or BASE_URL).rstrip("/")
        self._headers = {
            "Authorization": f"Token {setting(context, 'case_lookup', 'token')}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "User-Agent": "Bellhop",
        }
        self._ready_at = 0.0

    def look_up(self, citations: Sequence[str], tell: Callable[[float], None]) -> dict[str, Entry]:
        """What the service knows of each citation; `tell` hears the part that is done.

        Raises TryAgain where the service wants to be left alone for longer than there is time,
        BadInput courtlistener_unauthorized, courtlistener_refused, missing_setting, bad_setting,
        and Unavailable service_unavailable.
        """
        wanted = list(dict.fromkeys(citations))
        found = dict(self._known(wanted))
        left = [citation for citation in wanted if citation not in found]
        while left:
            asked = left[:MOST_AT_ONCE]
            entries = self._ask(asked)
            # What the service did not get to, because others use the token too, is asked again.
            found |= entries
            left = [citation for citation in left if citation not in found]
            self._keep(entries)
            tell(len(found) / len(wanted))
        return found

    def _ask(self, citations: Sequence[str]) -> dict[str, Entry]:
        self._wait(self._ready_at - monotonic())
        body = urlencode({"text": BETWEEN.join(citations)}).encode()
        url = f"{self._base}{PATH}"
        while True:
            answer = ask(
                self._context, "POST", url, who=WHO, body=body, headers=self._headers,
                timeout_s=TIMEOUT_S,
            )  # fmt: skip
            if answer.status != BUSY:
                break
            self._wait(_pause_s(answer))
        entries = self._entries(citations, _results(answer))
        pause_s = SECONDS_EACH * len(citations) if entries else DEFAULT_PAUSE_S
        self._ready_at = monotonic() + pause_s
        return entries

    def _wait(self, seconds: float) -> None:
        """Wait here, where there is time for it, or else without a worker."""
        if seconds > self._until - monotonic():
            raise TryAgain(seconds, f"{WHO} takes no more citations for now.")
        if seconds > 0:
            sleep(seconds + MARGIN_S)

    def _entries(self, citations: Sequence[str], results: Sequence[Any]) -> dict[str, Entry]:
        """What was answered for each; one that the service did not see has no cases."""
        by_place = {r["start_index"]: r for r in results if isinstance(r.get("start_index"), int)}
        entries: dict[str, Entry] = {}
        start = 0
        for citation in citations:
            end = start + len(citation)
            places = (n for n in range(start, end) if n in by_place)
            result: dict[str, Any] = by_place.get(next(places, -1), {})
            if result.get("status") != BUSY:
                cases = tuple(self._cases(result.get("clusters")))
                entries[citation] = Entry(cases, result.get("status") == 400)
            start = end + len(BETWEEN)
        return entries

    def _cases(self, clusters: Any) -> Iterator[Case]:
        for cluster in clusters if isinstance(clusters, list) else ():
            if not isinstance(cluster, dict):
                continue
            names = (cluster.get(key) for key in ("case_name", "case_name_full", "case_name_short"))
            name = next((name for name in names if isinstance(name, str) and name.strip()), "")
            date, path = cluster.get("date_filed"), cluster.get("absolute_url")
            is_path = isinstance(path, str) and path.startswith("/") and path.isascii()
            yield Case(
                " ".join(name.split())[:500],
                date[:10] if isinstance(date, str) else None,
                urljoin(self._base, str(path)) if is_path else None,
            )

    def _known(self, citations: Sequence[str]) -> Iterator[tuple[str, Entry]]:
        now = monotonic()
        for citation in citations:
            until, entry = _kept.get((self._base, citation), (0.0, None))
            if entry is not None and until > now:
                yield citation, entry

    def _keep(self, entries: dict[str, Entry]) -> None:
        until = monotonic() + KEPT_S
        for citation, entry in entries.items():
            _kept.pop((self._base, citation), None)
            _kept[self._base, citation] = (until, entry)
        while len(_kept) > MOST_KEPT:
            del _kept[next(iter(_kept))]


def _results(answer: outbound.Answer) -> list[dict[str, Any]]:
    """The list of an answer; its errors as those of the item."""
    document = document_of(answer)
    if 200 <= answer.status < 300:
        if document == {}:  # for a text without citations
            return []
        if isinstance(document, list):
            return [result for result in document if isinstance(result, dict)]
        raise Unavailable(f"{WHO} gave no usable answer.", code="service_unavailable")
    said = document.get("detail") if isinstance(document, dict) else None
    message = f"{WHO} refused: {said or answer.status}"[:500]
    if answer.status in (401, 403):
        hint = "Check token in [type:case_lookup]."
        raise BadInput(message, code="courtlistener_unauthorized", hint=hint)
    hint = "Check base_url in [type:case_lookup]."
    raise BadInput(message, code="courtlistener_refused", hint=hint)


def _pause_s(answer: outbound.Answer) -> float:
    """Seconds for which the service wants to be left alone: `wait_until`, else Retry-After."""
    document = document_of(answer)
    named = document.get("wait_until") if isinstance(document, dict) else None
    try:
        until = datetime.fromisoformat(str(named))
    except ValueError:
        return outbound.pause_s(answer, DEFAULT_PAUSE_S)
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    seconds = (until - datetime.now(UTC)).total_seconds()
    return min(max(seconds, outbound.LEAST_PAUSE_S), outbound.LONGEST_PAUSE_S)
