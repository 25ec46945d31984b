"""Cases of the OpenAPI document: every operation, with data that fits and data that does not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
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

from bellhop.web import tus
from bellhop.web.openapi import document as openapi
from tests.whole.fuzz.world import HOOK, JOBS, World

CHECKS = [content_type_conformance, response_headers_conformance, response_schema_conformance]
HEADERS = (
    "If-None-Match", "Range", "If-Modified-Since", "Prefer", "Idempotency-Key", "Upload-Offset",
    "Upload-Length",
)  # fmt: skip
# The body of a part, as schemathesis knows no type but those of forms, JSON and the like.
schemathesis.serializer.alias(tus.PART_TYPE, "application/octet-stream")
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
        # The client of schemathesis asks this application for what it cannot read.
        headers = {**identity.headers, "Accept-Encoding": "identity"}
        response = case.call(app=probe, headers=headers)
        if response.status_code == 599:
            return  # no answer came, and that is noted
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as failures:
            for failure in failures.exceptions:
                probe.note(failure.title, probe.last, str(failure.message)[:1000])

    def _mix(self, case: schemathesis.Case, rng: random.Random) -> None:
        """Put names of what is there into a case, so that handlers go deep."""
        known = self._world.known
        names = case.path_parameters or {}
        place = known.place(names, rng) if rng.random() < OFTEN else {}
        for name in names:
            value = place.get(name) or known.of(name, rng)
            if value and (place or rng.random() < OFTEN):
                case.path_parameters[name] = quote(value, safe="")
        told = {parameter.name for parameter in self._operation.query}
        for name in told:
            if rng.random() < 0.4 and (value := known.of(name, rng)):
                case.query = {**(case.query or {}), name: value}
        read = {parameter.name for parameter in self._operation.headers}
        for name in HEADERS:
            if rng.random() < (0.4 if name in read else 0.05) and (value := known.of(name, rng)):
                case.headers[name] = value
        if isinstance(case.body, dict) and rng.random() < OFTEN:
            mix = MIXED.get(self._operation.path.rpartition("/")[2])
            ids = [known.of("job_id", rng) for _ in range(rng.randrange(4))]
            if mix:
                case.body = mix(dict(case.body), ids, rng, "form" in (case.media_type or ""))


Body = dict[str, Any]


def new_job(body: Body, ids: list[Any], rng: random.Random, is_form: bool) -> Body:
    """A type and items that belong together, and seldom more than one thing that is odd."""
    options = {"depends_on": ids, "then": [{"type": "fuzzed_data"}], "webhook_url": HOOK,
               "priority": 3, "delay_s": 0.1}  # fmt: skip
    for name in options.keys() & body.keys():
        given = rng.choice([options[name], body[name]])
        body[name] = json.dumps(given) if is_form and isinstance(given, list) else given
    more = [name for name in body if name not in ("type", "items", "files")]
    for name in rng.sample(more, max(0, len(more) - rng.choice([0, 1, 1, 5]))):
        del body[name]
    return body | rng.choice(FORMS if is_form else FITTING)


def bulk(body: Body, ids: list[Any], rng: random.Random, is_form: bool) -> Body:
    some = rng.choice([{"status": "failed,cancelled"}, {"status": "queued"}, {"q": "a"}])
    body.pop("filter", None)
    of_filter = {"ids": None, "filter": some, "expected": rng.randrange(3)}
    return body | rng.choice([{"ids": ids}, of_filter])


def schedule(body: Body, ids: list[Any], rng: random.Random, is_form: bool) -> Body:
    crons = ["* * * * *", "0 7 * * 1-5", "0 0 1 1 *", "0 0 30 2 *", "*/0 * * * *", body.get("cron")]
    zones = ["Europe/Berlin", "../x", "UTC", None]
    chosen = {"cron": rng.choice(crons), "timezone": rng.choice(zones)}
    return body | chosen | {"job": rng.choice(FITTING)}


def retry(body: Body, ids: list[Any], rng: random.Random, is_form: bool) -> Body:
    return body | {"items": rng.choice([[0], [0, 1], [0, 0], [-1], None, [10**30]])}


# By the end of the address: what puts something that is there into a body.
MIXED: dict[str, Callable[[Body, list[Any], random.Random, bool], Body]] = {
    "jobs": new_job, "bulk": bulk, "schedules": schedule, "retry": retry,
}  # fmt: skip


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
