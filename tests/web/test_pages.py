"""The frame around each page: the navigation, the menu of a person, and where nothing is."""

from __future__ import annotations

import re

import pytest

from bellhop.accounts.access import ANYBODY, User
from bellhop.base.addresses import API
from bellhop.web.handlers import pages
from bellhop.web.routes import page_routes
from tests.support.wsgi import WsgiClient

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
HEAD = re.compile(r'<header class="top".*?</header>', re.S)


def head_of(web: WsgiClient, path: str) -> str:
    found = HEAD.search(web.get(path).body.decode())
    assert found
    return found[0]


@pytest.mark.parametrize("path", [path for path, _ in pages.LINKS])
def test_it_marks_the_page_that_is_open(web: WsgiClient, path: str) -> None:
    assert re.findall(r'href="(\S+)" aria-current=page', head_of(web, path)) == [path]


def test_it_leads_to_pages_that_are_there() -> None:
    there = {route.path for route in page_routes() if route.action == "page"}
    assert {path for path, *_ in (*pages.LINKS, *pages.OF_PERSON)} <= there


def test_it_offers_no_logging_out_where_nobody_logs_in(web: WsgiClient) -> None:
    head = head_of(web, "/")
    assert ANYBODY.name not in head and "data-log-out" not in head


@pytest.mark.parametrize(("role", "sees"), [("viewer", False), ("member", False), ("admin", True)])
def test_it_offers_the_audit_log_to_admins(web: WsgiClient, role: str, sees: bool) -> None:
    menu = pages._person(User("<vera>", role, reads_all=False))
    assert ("/audit" in menu) == sees
    assert "&lt;vera&gt;" in menu and "data-log-out" in menu


@pytest.mark.parametrize("path", ["/nothing", "/job/x", "/jobs/a/b", "/queues.html", "/api"])
def test_it_shows_a_browser_a_page_where_nothing_is(web: WsgiClient, path: str) -> None:
    answer = web.get(path, accept=BROWSER)
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Page not found" in answer.body.decode()


def test_it_takes_headers_that_are_no_text(web: WsgiClient) -> None:
    assert web.get("/nothing", accept=f"{BROWSER},\xff").status == 404
    assert web.get("/", accept_encoding="\xff, gzip").headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("path", "accept"), [("/nothing", "*/*"), ("/nothing", ""), (f"{API}/nothing", BROWSER)]
)
def test_it_tells_a_program_that_nothing_is_there(web: WsgiClient, path: str, accept: str) -> None:
    assert web.get(path, accept=accept).code == "not-found"
