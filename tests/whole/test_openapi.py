"""Odd requests to every operation of the OpenAPI document: each is answered as it says."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bellhop.storage import files
from bellhop.stores import folders
from bellhop.web.openapi import document as openapi
from bellhop.web.query import cursor_of
from bellhop.web.routes import make_app
from bellhop.web.site import Site
from bellhop.web.tus import PART_TYPE
from tests.support.cast import (
    IDS,
    NEW_JOB,
    SHA256,
    every_state,
)

SEED = 31415
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DOCUMENT = json.loads(json.dumps(openapi.build()))
# What is there, so that not every request is about nothing; and what must do no harm.
REQUEST = ("schemas", "JobRequest", "properties")
FORM = ("schemas", "JobForm", "properties")
BULK = ("schemas", "BulkRequest", "properties")
SCHEDULE = ("schemas", "ScheduleRequest", "properties")
KNOWN: dict[tuple[str, ...], list[Any]] = {
    ("parameters", "job_id", "schema"): [*IDS.values(), "nobody"],
    ("parameters", "index", "schema"): [0, 1, 7],
    ("parameters", "file", "schema"): ["report.csv", "where/is/it.csv"],
    ("parameters", "delivery", "schema"): [1, 2, 3, 4, 5, 6, 9],
    ("parameters", "schedule", "schema"): [1, 2, 3, 9],
    ("parameters", "queue_name", "schema"): ["default", "parsing", "somewhere"],
    ("parameters", "sha256", "schema"): [SHA256, "CD" * 32],
    ("parameters", "cursor", "schema"): [cursor_of(3), "x"],
    ("parameters", "range", "schema"): ["bytes=0-3", "bytes=-2", "bytes=99-", "bytes=x", "x=1"],
    ("schemas", "NewItem"): [{"json": {}}, {"text": "a"}, {"url": "https://example.org/"}],
    (*REQUEST, "type"): ["keys", "noop", "visit", "no_such_type"],
    (*REQUEST, "params"): [{}, {"depth": 2}],
    (*REQUEST, "run_at"): [None, "2000-01-01T00:00:00Z", "2100-01-01", "2100-01-01T00:00:00Z"],
    (*REQUEST, "delay_s"): [None, 0.5],
    (*REQUEST, "depends_on"): [[], [IDS["failed"]], [IDS["queued"]], ["nobody"], None],
    (*REQUEST, "then"): [[{"type": "keys"}], [{"type": "noop"}], None],
    (*REQUEST, "webhook_url"): ["https://example.org/hook", None, "x"],
    (*FORM, "type"): ["together", "upper", "word_count"],
    (*FORM, "depends_on"): ["[]", "x"],
    (*FORM, "then"): ['[{"type": "keys"}]', "{}"],
    (*FORM, "webhook_url"): ["https://example.org/hook", "x"],
    (*FORM, "webhook_events"): ['["progress"]', "[1]"],
    (*BULK, "action"): ["purge", "retry"],
    (*BULK, "ids"): [[IDS["completed"], "/", "../..", ""], None],
    (*BULK, "filter"): [None, {"q": "a"}, {"status": "failed"}, {"status": "x"}],
    (*BULK, "expected"): [2, 3],
    (*SCHEDULE, "cron"): ["0 7 * * 1", "0 0 30 2 *", "x"],
    (*SCHEDULE, "timezone"): ["Europe/Berlin", "Nowhere", None],
    (*SCHEDULE, "job"): [NEW_JOB, {**NEW_JOB, "type": "x"}],
}


@schemathesis.serializer(PART_TYPE)
def as_bytes(context: Any, value: Any) -> bytes:
    """Part of an upload: whatever it is."""
    return str(value).encode()


def of_what_is_there() -> dict[str, Any]:
    """The document, narrowed where any text is allowed and nearly none hits."""
    document: dict[str, Any] = json.loads(json.dumps(DOCUMENT))
    for path, choices in KNOWN.items():
        part = document["components"]
        for name in path:
            part = part[name]
        part.clear()
        part["enum"] = choices
    for operation in (o for found in document["paths"].values() for o in found.values()):
        for body in operation.get("requestBody", {"content": {}})["content"].values():
            del body["example"]  # else it stands for what is known
    # The client of the tests writes an empty file as no multipart parser reads it.
    document["components"]["schemas"]["JobForm"]["properties"]["files"]["items"]["minLength"] = 1
    return document


def whole(application: Callable[..., Any]) -> Callable[..., Any]:
    """The application, its answers read and closed as a server does."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        # The client of the tests asks for what it cannot read.
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        body = application(environ, start)
        try:
            return [b"".join(body)]
        finally:
            if hasattr(body, "close"):
                body.close()

    return answer


@pytest.fixture
def cast(site: Site) -> Iterator[None]:
    with every_state(site):
        yield


@pytest.fixture
def served(site: Site, cast: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The application over the cast, which removes nothing but folders of jobs."""
    print(f"The seed of schemathesis is {SEED}.")
    site.stopping.set()  # who waits for a job is answered at once
    remove = folders.remove_tree

    def removed(path: str | Path) -> None:
        kind = Path(os.path.normpath(path)).parent
        assert kind.parent == site.here.folder, f"{path} is no folder of a job"
        remove(path)

    monkeypatch.setattr(files, "remove_tree", removed)
    return whole(make_app(site))


TURN = itertools.count()
EVERYTHING = schemathesis.openapi.from_dict(
    of_what_is_there(), config=SchemathesisConfig(seed=SEED)
)


@EVERYTHING.parametrize()
@settings(
    max_examples=50,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_it_answers_as_it_says(case: schemathesis.Case, served: Callable[..., Any]) -> None:
    """Boundaries and mistakes of each parameter and body; each operation has its own cast."""
    if next(TURN) % 4:
        case.headers.pop("Idempotency-Key", None)  # nearly all would be another job under one key
    case.validate_response(case.call(app=served), checks=CHECKS)
