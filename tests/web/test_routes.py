"""The table of routes: what the parser finds in it, and that there is no second one."""

from __future__ import annotations

import re

import pytest

from bellhop.base.addresses import API
from bellhop.web.routes import NOWHERE, Route, every_route, find
from tests.support.places import ROOT

PACKAGE = ROOT / "bellhop"
LENGTHS = {"sha256": 64, "upload_id": 32}


def an_address(path: str) -> str:
    """An address of a route: every part of it that varies is a number, or a hash."""
    return re.sub(r"<(\w+)[^>]*>", lambda part: "1" * LENGTHS.get(part[1], 1), path)


@pytest.mark.parametrize("route", every_route(), ids=lambda r: f"{r.method} {r.path}")
def test_it_finds_each_route(route: Route) -> None:
    assert find(route.method, an_address(route.path)) == route


def test_it_finds_for_head_what_it_finds_for_get() -> None:
    assert find("HEAD", f"{API}/jobs/1") is find("GET", f"{API}/jobs/1")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", f"{API}/jobs"), ("POST", f"{API}/job"), ("POST", ""), ("POST", f"{API}/jobs/")],
)
def test_it_finds_no_route_where_none_is(method: str, path: str) -> None:
    assert find(method, path) is NOWHERE


def test_it_lets_strangers_send_a_body_to_the_ways_in_only() -> None:
    found = [route.path for route in (*every_route(), NOWHERE) if route.is_for_strangers]
    links = [f"{API}/links/look", f"{API}/links/use"]
    assert found == [f"{API}/login", *links, f"{API}/machines/join"]


def test_it_writes_the_address_of_the_api_once() -> None:
    written = {p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py")
               if API in p.read_text()}  # fmt: skip
    assert written == {"base/addresses.py", "client.py"}  # that one is copied alone
