"""Citation lookup, as CourtListener's help for its REST API v4 describes it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from tests.support.standins.server import Reply, Request, StandIn

TOKEN = "cl-test-0123456789"
MOST_CHARACTERS, MOST_CITATIONS = 64_000, 250
CITATION = re.compile(r"\b(\d+) ([A-Z][A-Za-z0-9.' ]*?) (\d+)\b")


def case(name: str, date: str = "1990-01-02", number: int = 1) -> dict[str, Any]:
    """A cluster, with what matters of it."""
    return {
        "resource_uri": f"https://www.courtlistener.com/api/rest/v4/clusters/{number}/",
        "id": number, "absolute_url": f"/opinion/{number}/{name.lower().replace(' ', '-')}/",
        "case_name": name, "case_name_short": "", "case_name_full": "", "date_filed": date,
        "citations": [], "sub_opinions": [], "precedential_status": "Published",
    }  # fmt: skip


class CourtListener(StandIn):
    """Knows `cases` by citation; takes `rate` citations, then none for `pause`."""

    def __init__(self, cases: dict[str, list[dict[str, Any]]], *, rate: int = 60):
        super().__init__(self._serve)
        self.cases, self.rate = cases, rate
        self.pause = timedelta(seconds=60)
        self.now = datetime.now(UTC)  # a test moves it
        self.asked: list[str] = []
        self._taken: list[tuple[datetime, int]] = []

    def __enter__(self) -> CourtListener:
        super().__enter__()
        return self

    def _serve(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", "/api/rest/v4/citation-lookup/"):
            return Reply(404, {"detail": "Not found."})
        if request.headers.get("authorization") != f"Token {TOKEN}":
            return Reply(401, {"detail": "Invalid token."})
        fields = parse_qs(request.body.decode())
        (text,) = fields.get("text", [""])
        if set(fields) != {"text"} or len(text) > MOST_CHARACTERS:
            return Reply(400, {"text": ["Ensure this field has no more than 64000 characters."]})
        recent = [(at, n) for at, n in self._taken if at > self.now - self.pause]
        if sum(n for _, n in recent) >= self.rate:
            until = recent[0][0] + self.pause
            said = f"Too many requests (allowed rate: {self.rate}/m)."
            return Reply(429, {"error_message": said, "wait_until": until.isoformat()})
        found = list(CITATION.finditer(text))
        self._taken.append((self.now, len(found)))
        self.asked += [match[0] for match in found]
        return Reply(200, [self._result(n, match) for n, match in enumerate(found)])

    def _result(self, number: int, match: re.Match[str]) -> dict[str, Any]:
        told: dict[str, Any] = {
            "citation": match[0], "normalized_citations": [match[0]],
            "start_index": match.start(), "end_index": match.end(), "clusters": [],
        }  # fmt: skip
        if number >= MOST_CITATIONS:
            return told | {"status": 429, "error_message": "Too many citations requested."}
        if match[2].startswith("Xyz"):
            said = f"Unable to find reporter with abbreviation of '{match[2]}'"
            return told | {"status": 400, "error_message": said, "normalized_citations": []}
        clusters = self.cases.get(match[0], [])
        if not clusters:
            return told | {"status": 404, "error_message": f"Citation not found: '{match[0]}'"}
        return told | {"status": 300 if clusters[1:] else 200, "clusters": clusters}
