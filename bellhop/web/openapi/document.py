"""GET /openapi.json: the API in OpenAPI 3.1, true to the routes.

Made once of the tables in `openapi_routes` and `openapi_schemas`; here is what holds for
every route, so it is said once. Nothing of the installation goes in.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from bottle import HTTPResponse

from bellhop import __version__
from bellhop.accounts.access import User
from bellhop.base import prefix
from bellhop.base.addresses import API
from bellhop.base.errors import PROBLEMS
from bellhop.web import compression
from bellhop.web.answers import encoded, tagged
from bellhop.web.door import CHANGING
from bellhop.web.gate import COOKIE
from bellhop.web.openapi import uploads
from bellhop.web.openapi.figures import FIGURES
from bellhop.web.openapi.machines import MACHINE_SCHEMAS, MACHINES
from bellhop.web.openapi.notices import NOTICE_SCHEMAS
from bellhop.web.openapi.operation import Answer, Route
from bellhop.web.openapi.people import PEOPLE_SCHEMAS
from bellhop.web.openapi.results import RESULT_SCHEMAS
from bellhop.web.openapi.routes import HEADERS, PARAMETERS, ROUTES
from bellhop.web.openapi.schemas import SCHEMAS, Schema, named
from bellhop.web.site import Site

WORDS = f"""JSON under `{API}`. Times are RFC 3339 in UTC with microseconds.

An error is `application/problem+json` (RFC 9457) with a stable `code`; `errors` names the wrong
fields. For a method that a URL does not support, Bellhop answers 405 `method-not-allowed`.

If a list has more pages, `next` is the `cursor` of the next page, and the header `Link` has its
address.

The `Host` must be the address Bellhop listens on, `localhost`, or one of `[server] allowed_hosts`.
Bellhop refuses POST, PATCH and DELETE from other web sites. It reads JSON only with a JSON content
type.

Once there is an account, every request except `/health`, `/ready`, the login and the join of a
machine needs `Authorization: Bearer TOKEN` or the cookie of a login. Bellhop answers 404 for a job
that you may not see, and 403 for an action that you may not do."""
EVERY_TAG = {
    **ROUTES,
    "Uploads": ("Send files in parts, and continue after an interruption.", uploads.ROUTES),
    "Machines": ("Let further machines run jobs.", MACHINES),
}
EVERY_ROUTE = (
    "bad-request", "account-needed", "upload-too-large", "bad-host", "header-too-large",
    "internal-error", "not-implemented", "http-version", "busy", "too-many-requests",
    "invalid-parameter", "answer-too-large", "database-unavailable",
)  # fmt: skip
# Of all but what is open to everybody.
EVERY_LOGIN = ("login-needed", "forbidden", "not-admitted")
OPEN = (
    "logIn", "getHealth", "getApiHealth", "getReadiness", "getApiReadiness", "joinMachine",
    "lookAtLink", "useLink",
)  # fmt: skip
EVERY_CHANGE = ("cross-site", "disk-full")
SECURITY = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}
PROBLEM_JSON = "application/problem+json"


def document(site: Site, user: User) -> HTTPResponse:
    """GET /openapi.json"""
    return tagged(
        _body(prefix.current()), "application/json", {"Cache-Control": "no-cache"}, compression.kept
    )


@functools.cache
def _body(path: str) -> bytes:
    return encoded(build(path))


def build(path: str = "") -> dict[str, Any]:
    """The document; what several operations say is said once, in `components`.

    `path` is what Bellhop is served under.
    """
    responses: dict[str, Any] = {_key(["method-not-allowed"]): _refusal(["method-not-allowed"])}
    paths: dict[str, Any] = {}
    for tag, (_, routes) in EVERY_TAG.items():
        for route in routes:
            operation = _operation(route, tag, responses)
            paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bellhop", "version": __version__, "description": WORDS},
        "servers": [{"url": path or "/"}],
        "tags": [{"name": tag, "description": words} for tag, (words, _) in EVERY_TAG.items()],
        "paths": paths,
        "components": {
            "schemas": {
                **SCHEMAS,
                **RESULT_SCHEMAS,
                **PEOPLE_SCHEMAS,
                **NOTICE_SCHEMAS,
                **MACHINE_SCHEMAS,
                **FIGURES,
            },
            "securitySchemes": SECURITY,
            "parameters": {**PARAMETERS, **uploads.PARAMETERS},
            "headers": {**HEADERS, **uploads.HEADERS},
            "responses": responses,
        },
    }


def _operation(route: Route, tag: str, responses: dict[str, Any]) -> dict[str, Any]:
    """One route; the refusals that it needs are added to `responses`."""
    answers = {str(status): _answer(answer) for status, answer in route.answers.items()}
    for status, codes in _by_status(route).items():
        key = _key(codes)
        responses.setdefault(key, _refusal(codes))
        answers[str(status)] = {"$ref": f"#/components/responses/{key}"}
    body = {
        kind: {"schema": schema, "example": example}
        for kind, (schema, example) in route.body.items()
    }
    return {
        "operationId": route.name,
        "tags": [tag],
        "security": [] if route.name in OPEN else [{name: []} for name in SECURITY],
        "summary": route.summary,
        "description": route.words,
        "parameters": [{"$ref": f"#/components/parameters/{key}"} for key in route.parameters],
        **({"requestBody": {"required": route.needs_body, "content": body}} if body else {}),
        "responses": dict(sorted(answers.items())),
    }


def _by_status(route: Route) -> dict[int, list[str]]:
    """What a route may refuse with, in the order of `PROBLEMS`."""
    own = {*route.problems, *EVERY_ROUTE}
    own |= {*EVERY_CHANGE} if route.method in CHANGING else set()
    own |= {*EVERY_LOGIN} if route.name not in OPEN else set()
    found: dict[int, list[str]] = {}
    for code, (status, _) in PROBLEMS.items():
        if code in own:
            found.setdefault(status, []).append(code)
    return found


def _answer(answer: Answer) -> dict[str, Any]:
    content = {
        kind: {"schema": schema} if schema else {} for kind, schema in answer.content.items()
    }
    return {
        "description": answer.words,
        **({"headers": _headers(answer.headers)} if answer.headers else {}),
        **({"content": content} if content else {}),
    }


def _key(codes: Iterable[str]) -> str:
    return "_".join(codes)


def _refusal(codes: list[str]) -> dict[str, Any]:
    """The answer with one of these codes, which are of one status."""
    status = PROBLEMS[codes[0]][0]
    of_them: Schema = {"properties": {"code": {"enum": codes}, "status": {"const": status}}}
    headers = [
        ("busy", "Retry-After"), ("too-many-requests", "Retry-After"),
        ("method-not-allowed", "Allow"), ("login-needed", "WWW-Authenticate"),
        ("login-failed", "WWW-Authenticate"), ("code-needed", "WWW-Authenticate"),
        ("range-not-satisfiable", "Content-Range"),
    ]  # fmt: skip
    told = _headers(name for code, name in headers if code in codes)
    return {
        "description": "; ".join(f"`{code}`: {PROBLEMS[code][1]}" for code in codes),
        **({"headers": told} if told else {}),
        "content": {PROBLEM_JSON: {"schema": {"allOf": [named("Problem"), of_them]}}},
    }


def _headers(names: Iterable[str]) -> dict[str, Schema]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
