"""A slash at the end of an address: each route answers as without it, whatever is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bellhop.base.addresses import API
from bellhop.storage.models import Job
from bellhop.web import routes
from tests.support.wsgi import WsgiClient, form

FILLED = {
    "<name>": "8061915b",
    "<name:path>": "shared/style.css",
    "<job_id>": "8061915b",
    "<account>": "vera",
    "<upload_id:re:[0-9a-f]{32}>": "ab" * 16,
    "<index:re:[0-9]{1,9}>": "0",
    "<number:re:[0-9]{1,9}>": "1",
    "<number:re:[0-9]{1,15}>": "1",
    "<sha256:re:[0-9a-fA-F]{64}>": "ab" * 32,
}


def filled(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return path


ROUTES = [(route.method, filled(route.path)) for route in routes.every_route()]
ADDRESSES = [path for method, path in ROUTES if method == "GET" and "/static/" not in path]


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda part: str(part))
def test_it_finds_each_route_with_a_slash_at_the_end(method: str, path: str) -> None:
    """Also the parser, which limits what a route is sent before the application is asked."""
    route = routes.find(method, path)
    assert route is not routes.NOWHERE
    for address in (f"{path}/", f"{path}//"):
        assert routes.find(method, routes.meant(method, address)) is route


@pytest.mark.parametrize("path", ADDRESSES)
def test_it_answers_with_a_slash_at_the_end_as_without(web: WsgiClient, path: str) -> None:
    plain, other = web.get(path), web.get(f"{path}/")
    assert other.status == plain.status
    assert other.headers["Content-Type"] == plain.headers["Content-Type"]
    assert other.headers["ETag"] == plain.headers["ETag"]


def test_it_loses_no_body_that_is_sent_with_a_slash_at_the_end(web: WsgiClient) -> None:
    answer = web.post(f"{API}/jobs/", {"type": "noop", "items": [{"text": "a"}]})
    assert answer.status == 202
    assert answer.headers["Location"] == f"{API}/jobs/{answer.json['job_id']}"
    kind = "multipart/form-data; boundary=x-boundary-x"
    body = form([("a.txt", b"hello")], "files", {"type": "upper"})
    assert web.request("POST", f"{API}/jobs/", body, content_type=kind).status == 202
    assert Job.select().count() == 2


def test_it_changes_with_a_slash_at_the_end(web: WsgiClient, submit: Callable[..., Job]) -> None:
    path = f"{API}/jobs/{submit().job_id}"
    assert web.post(f"{path}/cancel/", {}).status == 202
    assert web.request("DELETE", f"{path}/?purge=true").status == 204


@pytest.mark.parametrize(
    "path", ["/nothing/", "/static/", "/static/shared/style.css/", "/api/", "/health/x/"]
)
def test_it_still_finds_nothing_where_nothing_is(web: WsgiClient, path: str) -> None:
    assert web.get(path).code == "not-found"


def test_it_refuses_another_method_also_with_a_slash_at_the_end(web: WsgiClient) -> None:
    assert web.post("/health/", {}).code == "method-not-allowed"
