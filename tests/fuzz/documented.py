"""Cases of the OpenAPI document: every operation, with data that fits and data that does not."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

from tests.fuzz.probe import Request
from tests.fuzz.world import API, HOOK, JOBS, World
from web import openapi

CHECKS = [content_type_conformance, response_headers_conformance, response_schema_conformance]
HEADERS = ("If-None-Match", "Range", "If-Modified-Since", "Prefer", "Idempotency-Key")
# How often a value is one of what is there; the rest is as schemathesis made it.
OFTEN = 0.7
FITTING = [
    *({name: job[name] for name in ("type", "items")} for job in JOBS),
    {"type": "fuzzed_text", "items": [{"text": "a\0\U0001f600"}], "params": {"end": "refuse"}},
    {"type": "fuzzed_data", "items": [{"json": {"a": [[[{}]]]}}]},
    {"type": "fuzzed_url", "items": [{"url": "https://EXAMPLE.org/#a"}, {"url": "https://[::1"}]},
]  # fmt: skip
FORMS = [{"type": "fuzzed_file"}, {"type": "fuzzed_files"}]


class Operation:
    """A source of cases: one operation of the document in one mode."""

    def __init__(self, world: World, operation: Any, mode: GenerationMode):
        self._world, self._operation = world, operation
        self.name = f"{operation.method.upper()} {operation.path} ({mode.value} data)"
        # The number makes what is chosen here part of the case, also where nothing else varies.
        self.strategy = st.tuples(
            operation.as_strategy(generation_mode=mode), st.integers(0, 2**32 - 1)
        )

    def send(self, example: tuple[schemathesis.Case, int]) -> None:
        case, number = example
        rng = random.Random(number)
        self._mix(case, rng)
        probe = self._world.probe
        probe.identity = identity = rng.choice(self._world.identities)
        sent: list[Request] = []
        learn, probe.listen = probe.listen, lambda request, answer: sent.append(request)
        try:
            response = case.call(app=probe, headers=identity.headers)
        finally:
            probe.listen = learn
        if response.status_code == 599:
            return  # no answer came, and that is noted
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as failures:
            for failure in failures.exceptions:
                probe.note(f"{failure.title}", sent[0], str(failure.message)[:1000])

    def _mix(self, case: schemathesis.Case, rng: random.Random) -> None:
        """Put names of what is there into a case, so that handlers go deep."""
        known = self._world.known
        names = case.path_parameters or {}
        place = known.place(names, rng) if rng.random() < 0.5 else {}
        for name in names:
            value = place.get(name) or known.of(name, rng)
            if value and (place or rng.random() < OFTEN):
                case.path_parameters[name] = quote(value, safe="")
        told = {parameter.name for parameter in self._operation.query}
        for name in told:
            if rng.random() < 0.4 and (value := known.of(name, rng)):
                case.query = {**(case.query or {}), name: value}
        for name in HEADERS:
            if rng.random() < 0.2 and (value := known.of(name, rng)):
                case.headers[name] = value
        if isinstance(case.body, dict) and rng.random() < OFTEN:
            case.body = self._mixed_body(dict(case.body), rng, case.media_type or "")

    def _mixed_body(self, body: dict[str, Any], rng: random.Random, kind: str) -> dict[str, Any]:
        known, path = self._world.known, self._operation.path
        ids = [known.of("job_id", rng) for _ in range(rng.randrange(4))]
        if path == f"{API}/jobs":
            body |= rng.choice(FORMS if "form" in kind else FITTING)
            for name, value in (("depends_on", ids), ("webhook_url", HOOK), ("priority", 3),
                                ("then", [{"type": "fuzzed_data"}]), ("delay_s", 0.1)):  # fmt: skip
                if name in body:
                    given = rng.choice([value, None, body[name]])
                    is_text = "form" in kind and isinstance(given, list)
                    body[name] = json.dumps(given) if is_text else given
            body = {name: value for name, value in body.items() if value is not None}
            while len(body) > 3 and rng.random() < OFTEN:  # else one wrong member hides all others
                del body[
                    rng.choice(
                        [name for name in body if name not in ("type", "items", "files")]
                        or ["type"]
                    )
                ]
        elif path.endswith("/bulk"):
            chosen: dict[str, Any] = {"status": known.of("status", rng), "q": known.of("q", rng)}
            one = {name: chosen[name] for name in [rng.choice(["status", "q"])]}
            body.pop("filter", None)
            body |= rng.choice(
                [{"ids": ids}, {"ids": None, "filter": one, "expected": rng.randrange(3)}]
            )
        elif path.endswith("/schedules"):
            body |= {
                "job": rng.choice(FITTING),
                "timezone": rng.choice(["Europe/Berlin", "../x", "UTC"]),
            }
            body["cron"] = rng.choice(["* * * * *", "0 0 30 2 *", "*/0 * * * *", body.get("cron")])
        elif path.endswith("/retry"):
            body |= {"items": rng.choice([[0], [0, 1], [0, 0], [-1], None, [10**30]])}
        return body


def operations(world: World, seed: str) -> Iterator[Operation]:
    """Two sources for each operation of the document."""
    number = random.Random(seed).getrandbits(32)
    document = json.loads(json.dumps(openapi.build()))
    # The client of schemathesis writes an empty file as no multipart parser reads it.
    document["components"]["schemas"]["JobForm"]["properties"]["files"]["items"]["minLength"] = 1
    told = schemathesis.openapi.from_dict(document, config=SchemathesisConfig(seed=number))
    for found in told.get_all_operations():
        assert isinstance(found, Ok)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            yield Operation(world, found.ok(), mode)
