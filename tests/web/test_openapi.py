"""The OpenAPI document is true: to the routes, to what handlers read, and to what they answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from unittest.mock import Mock

import bottle
import jsonschema_rs
import pytest
import schemathesis

from bellhop.accounts import accounts
from bellhop.base.addresses import API
from bellhop.base.errors import PROBLEMS
from bellhop.database.database import database
from bellhop.functions.signature import OPTIONS
from bellhop.jobs import intake, items
from bellhop.schedules import schedules
from bellhop.web import tus
from bellhop.web.door import CHANGING, UPLOADS
from bellhop.web.gate import COOKIE
from bellhop.web.handlers import bulk, jobs
from bellhop.web.openapi import document as openapi
from bellhop.web.routes import Body, Route, every_route, make_app
from bellhop.web.site import Site
from tests.support.cast import (
    IDS,
    NEW_JOB,
    SHA256,
    every_state,
)
from tests.support.places import ROOT
from tests.support.wsgi import WsgiClient

CONTRACT = ROOT.parent / "shared" / "contract.md"
BESIDE = ("/health", "/ready", "/metrics")
DOCUMENT = json.loads(json.dumps(openapi.build()))
COMPONENTS = DOCUMENT["components"]
Operation = dict[str, Any]
JSON, UPLOAD = "application/json", "0" * 32


@pytest.fixture
def cast(site: Site) -> Iterator[None]:
    with every_state(site):
        yield


def filled(path: str, job: str = "completed") -> str:
    """An address of what is there: `{name}` is how OpenAPI writes it, `NAME` the contract."""
    values = {
        "/queues/{name}": "/queues/default", "/queues/NAME": "/queues/default",
        "/schedules/{number}": "/schedules/1", "/schedules/ID": "/schedules/1",
        "{job_id}": IDS[job], "{index}": "0", "{name}": "report.csv", "{number}": "1",
        "{upload_id}": UPLOAD, "{sha256}": SHA256, "INDEX": "0", "NAME": "report.csv",
        "/N/": "/1/", "SHA256": SHA256, "ID": IDS[job],
    }  # fmt: skip
    for name, value in values.items():
        path = path.replace(name, value)
    return path


# The document and the routes.


def operations() -> Iterator[tuple[str, str, Operation]]:
    for path, found in DOCUMENT["paths"].items():
        for method, operation in found.items():
            yield method.upper(), path, operation


def parameters(operation: Operation, place: str) -> list[str]:
    """The names of its parameters `in` path, query or header."""
    keys = [parameter["$ref"].rpartition("/")[2] for parameter in operation["parameters"]]
    named = [COMPONENTS["parameters"][key] for key in keys]
    return [parameter["name"] for parameter in named if parameter["in"] == place]


def codes(operation: Operation) -> dict[int, list[str]]:
    """{status: codes of the problems that it may answer}."""
    found = {}
    for status, answer in operation["responses"].items():
        if "$ref" in answer:
            answer = COMPONENTS["responses"][answer["$ref"].rpartition("/")[2]]
            (_, of_them) = answer["content"]["application/problem+json"]["schema"]["allOf"]
            assert of_them["properties"]["status"]["const"] == int(status)
            found[int(status)] = of_them["properties"]["code"]["enum"]
    return found


def described() -> list[Route]:
    """Every route that is no page."""
    return [r for r in every_route() if r.path.startswith(API) or r.path in BESIDE]


def shown(path: str) -> str:
    """A path as OpenAPI writes it."""
    return re.sub(r"<(\w+)[^>]*>", r"{\1}", path)


def routes() -> set[tuple[str, str]]:
    """(method, path as OpenAPI writes it) of every route that is no page."""
    return {(route.method, shown(route.path)) for route in described()}


def test_it_describes_every_route_and_nothing_else() -> None:
    assert {(method, path) for method, path, _ in operations()} == routes()


def test_it_describes_what_is_open_to_everybody() -> None:
    told = {(method, path) for method, path, o in operations() if not o["security"]}
    assert told == {(r.method, shown(r.path)) for r in described() if r.action == "open"}


def test_it_describes_a_body_where_the_route_takes_one() -> None:
    told = {(method, path) for method, path, o in operations() if "requestBody" in o}
    taken = {(r.method, shown(r.path)) for r in described() if r.body is not Body.NONE}
    assert told == taken


def test_it_describes_the_parts_of_each_path() -> None:
    for method, path, operation in operations():
        assert parameters(operation, "path") == re.findall(r"{(\w+)}", path), (method, path)


def test_it_describes_the_query_that_each_route_reads(
    web: WsgiClient, cast: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    get = bottle.MultiDict.get

    def recorded(query: Any, name: str, *more: Any, **options: Any) -> Any:
        asked.append(name)
        return get(query, name, *more, **options)

    monkeypatch.setattr(bottle.MultiDict, "get", recorded)
    for method, path, operation in operations():
        asked.clear()
        told = '{"priority": 1}' if method == "PATCH" else "{}"
        address = f"{filled(path)}?include=result"
        answer = web.request(method, address, told.encode(), content_type="application/json")
        assert answer.status < 500
        assert set(parameters(operation, "query")) == set(asked), (method, path, answer.body)


def test_it_says_how_much_body_each_route_takes_that_reads_one(site: Site, cast: None) -> None:
    app = make_app(site)
    sent: list[Mock] = []
    accounts.add("ada", "admin", None)

    def watched(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"] = Mock(wraps=environ["wsgi.input"])
        sent.append(environ["wsgi.input"])
        return app(environ, start)

    web = WsgiClient(watched)
    upload = site.uploads.add("ada", "a.txt", 2, "", lambda: None)
    part = {"tus_resumable": "1.0.0", "upload_length": "2", "upload_offset": "0"}
    for number, route in enumerate(every_route()):
        accounts.begin_session(f"secret {number}", "ada", "127.0.0.1", "a browser")
        database.close()
        cookie, path = f"{COOKIE}=secret {number}", filled(shown(route.path))
        is_upload = path.startswith(UPLOADS)
        more = {**part, "content_type": tus.PART_TYPE} if is_upload else {"content_type": JSON}
        path = path.replace(UPLOAD, upload.id)
        web.request(route.method, path, b"{}", cookie=cookie, **more)
        is_read = bool(sent.pop().method_calls)
        assert is_read == (route.body is not Body.NONE), (route.method, path)


def test_it_describes_the_headers_that_handlers_read() -> None:
    """But what every client may say of itself, and of the bytes that it takes."""
    of_http = {"ACCEPT", "ACCEPT_ENCODING", "USER_AGENT", "X_REQUEST_ID"}
    text = "".join(path.read_text() for path in ROOT.glob("bellhop/web/**/*.py"))
    read = set(re.findall(r'"HTTP_([A-Z_]+)"', text))
    read |= {*tus.HEADERS}
    told = {name for _, _, operation in operations() for name in parameters(operation, "header")}
    assert {name.upper().replace("-", "_") for name in told} == read - of_http


@pytest.mark.parametrize(
    ("schema", "members"),
    [
        ("JobRequest", intake.JSON_FIELDS),
        ("JobForm", ("type", "files", "upload", items.FILES_OF, *OPTIONS)),
        ("NewItem", (*items.ITEM_KINDS, "field")),
        ("JobFilter", jobs.FILTERS),
        ("BulkRequest", bulk.MEMBERS),
        ("ScheduleRequest", schedules.FIELDS),
        ("SchedulePatch", (*schedules.FIELDS, "paused")),
    ],
)
def test_it_describes_what_a_body_may_hold(schema: str, members: Iterable[str]) -> None:
    assert set(COMPONENTS["schemas"][schema]["properties"]) == set(members)


def test_it_tells_every_code() -> None:
    told = {code for _, _, o in operations() for found in codes(o).values() for code in found}
    # No operation takes a method that its address does not take.
    assert "method-not-allowed" in COMPONENTS["responses"]
    assert told | {"method-not-allowed"} == set(PROBLEMS)


def test_it_tells_each_code_with_its_status() -> None:
    for method, path, operation in operations():
        for status, found in codes(operation).items():
            assert [PROBLEMS[code][0] for code in found] == [status] * len(found), (method, path)


@pytest.mark.parametrize(
    ("code", "header", "value"),
    [
        ("bad-host", "host", "evil.example"),
        ("account-needed", "via", "1.1 proxy"),
        ("cross-site", "origin", "http://evil.example"),
    ],
)
def test_it_tells_what_the_door_refuses(
    web: WsgiClient, code: str, header: str, value: str
) -> None:
    for method, path, operation in operations():
        is_health = code == "bad-host" and path == "/health"  # it answers whatever the Host
        if not is_health and (code != "cross-site" or method in CHANGING):
            answer = web.request(method, filled(path), b"", **{header: value})
            assert method == "HEAD" or answer.code == code  # which has no body
            assert code in codes(operation)[answer.status], (method, path)


# The document itself.


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from [part["$ref"]] if "$ref" in part else []
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_it_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(DOCUMENT).validate()
    for schema in COMPONENTS["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_it_names_each_operation_once() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)


def test_it_refers_to_what_is_there_and_to_all_of_it() -> None:
    there = {
        f"#/components/{kind}/{name}"
        for kind, found in COMPONENTS.items()
        for name in found
        if kind != "securitySchemes"  # named by every operation that is not open to everybody
    }
    of_no_operation = {
        "#/components/responses/method-not-allowed",
        "#/components/headers/Allow",
    }
    assert set(references(DOCUMENT)) | of_no_operation == there


def test_it_gives_examples_that_hold() -> None:
    for method, path, operation in operations():
        for body in operation.get("requestBody", {"content": {}})["content"].values():
            schema = {**body["schema"], "components": COMPONENTS}
            assert jsonschema_rs.is_valid(schema, body["example"]), (method, path)
    for name, parameter in COMPONENTS["parameters"].items():
        if "example" in parameter:
            assert jsonschema_rs.is_valid(parameter["schema"], parameter["example"]), name


def test_it_is_served_with_a_tag(web: WsgiClient) -> None:
    answer = web.get(f"{API}/openapi.json")
    assert (answer.status, answer.json) == (200, DOCUMENT)
    tag = answer.headers["ETag"] or ""
    assert web.get(f"{API}/openapi.json", if_none_match=tag).status == 304


def test_it_is_shown_by_a_page(web: WsgiClient) -> None:
    page = web.get("/docs")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    found = re.search(r'src="(/static/[0-9a-f]+/pages/docs\.js)"', page.body.decode())
    assert found and web.get(found[1]).status == 200


# What was promised.


class Promise(NamedTuple):
    """A request of the contract with the status it succeeds with, and the job it is about."""

    method: str
    path: str
    status: int = 200
    job: str = "completed"
    body: Any = None


PROMISES = (
    Promise("POST", "/jobs", 202, body=NEW_JOB),
    Promise("GET", "/jobs/ID"),
    Promise("GET", "/jobs/ID?include=result"),
    Promise("GET", "/jobs"),
    Promise("GET", "/jobs?since=0"),
    Promise("GET", "/jobs/facets"),
    Promise("GET", "/jobs/stats"),
    Promise("GET", "/jobs/ID/result"),
    Promise("GET", "/jobs/ID/items"),
    Promise("GET", "/jobs/ID/items/INDEX/files/NAME"),
    Promise("GET", "/jobs/ID/items/INDEX/input"),
    Promise("GET", "/jobs/ID/items/INDEX/log"),
    Promise("GET", "/jobs/ID/reasons", 200, "partly"),
    Promise("GET", "/jobs/ID/result.csv"),
    Promise("GET", "/jobs/ID/files.zip"),
    Promise("GET", "/jobs/ID/events"),
    Promise("POST", "/jobs/ID/cancel", 202, "running"),
    Promise("DELETE", "/jobs/ID", 202, "queued"),
    Promise("DELETE", "/jobs/ID?purge=true", 204),
    Promise("POST", "/jobs/ID/retry", 202, "failed"),
    Promise("POST", "/jobs/ID/retry", 202, "partly", {"items": [1]}),
    Promise("PATCH", "/jobs/ID", 200, "queued", {"priority": 5, "keep": True}),
    Promise("POST", "/jobs/bulk", body={"action": "retry", "ids": [IDS["failed"]]}),
    Promise("POST", "/jobs/bulk", body={"action": "retry", "filter": {"q": "a"}, "limit": 9}),
    Promise("GET", "/types"),
    Promise("GET", "/files/SHA256/jobs?type=noop"),
    Promise("GET", "/cache"),
    Promise("DELETE", "/cache?type=noop"),
    Promise("GET", "/monitoring/queues"),
    Promise("GET", "/monitoring/workers"),
    Promise("GET", "/monitoring/machines"),
    Promise("GET", "/monitoring/problems?period=7d"),
    Promise("GET", "/monitoring/space"),
    Promise("GET", "/monitoring/health"),
    Promise("POST", "/queues/NAME/pause"),
    Promise("POST", "/queues/NAME/resume"),
    Promise("GET", "/schedules"),
    Promise("POST", "/schedules", 201, body={"name": "a", "cron": "0 7 * * *", "job": NEW_JOB}),
    Promise("PATCH", "/schedules/ID", body={"paused": False}),
    Promise("POST", "/schedules/ID/run", 202),
    Promise("DELETE", "/schedules/ID", 204),
    Promise("GET", "/jobs/ID/deliveries", 200, "told"),
    Promise("POST", "/jobs/ID/deliveries/N/redeliver", 202, "told"),
    Promise("GET", "/openapi.json"),
)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda p: f"{p.method} {p.path}")
def test_it_keeps_each_promise(web: WsgiClient, cast: None, promise: Promise) -> None:
    path = API + filled(promise.path, promise.job)
    body = json.dumps(promise.body).encode() if promise.body else b""
    kind = "application/json" if promise.body else ""
    answer = web.request(promise.method, path, body, content_type=kind)
    assert answer.status == promise.status, answer.body


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/docs"])
def test_it_answers_beside_the_api(web: WsgiClient, cast: None, path: str) -> None:
    assert web.get(path).status == 200


def requests_of(cell: str) -> Iterator[tuple[str, str]]:
    """(method, path) of each request in a cell of the contract's table.

    What follows `·` may leave out the method, the beginning (`…`), or all but the last part.
    """
    method = path = ""
    for text in re.findall(r"`([^`]+)`", cell):
        found = re.match(r"(?:([A-Z/]+) )?(…?)(/[^ ?]*)", text)
        if not found:
            continue
        method = found[1] or method
        if found[2]:  # "…/INDEX/log" goes on from where its first part stood before
            path = path[: path.index("/" + found[3].split("/")[1])] + found[3]
        else:
            path = found[3] if found[1] else path.rpartition("/")[0] + found[3]
        for each in method.split("/"):
            yield each, path


def test_it_promises_all_that_the_contract_does() -> None:
    """Only where the contract lies beside the project."""
    text = CONTRACT.read_text() if CONTRACT.exists() else ""
    table = re.findall(r"^\| `(?:GET|POST|PATCH|DELETE|PUT).*", text, re.M)
    asked = {found for row in table for found in requests_of(row.split(" | ")[0])}
    missing = asked - {(p.method, p.path.partition("?")[0]) for p in PROMISES}
    assert not missing
    assert len(asked) > 25 or not text
