"""Who may knock: Host, Origin and proxy rules, the same for every route."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from bellhop import __version__
from bellhop.accounts import accounts
from bellhop.database.database import query
from bellhop.settings.settings import Settings
from bellhop.web import door
from tests.support.wsgi import WsgiClient

JOBS = "/api/v1/jobs"
DOCUMENT = {"type": "noop", "items": [{"text": "a"}]}


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:9999", "127.0.0.1:8080", "LOCALHOST", "localhost.", "localhost:"],
)
def test_it_serves_its_own_names(web: WsgiClient, host: str) -> None:
    assert web.get("/health", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.2", "", "[::1", "localhost@evil", "a b"],
)
@pytest.mark.parametrize("path", ["/", "/ready", JOBS, "/static/shared/style.css"])
def test_it_refuses_a_foreign_host(web: WsgiClient, host: str, path: str) -> None:
    """Against DNS rebinding: the page of an attacker whose name resolves to loopback."""
    answer = web.get(path, host=host)
    assert (answer.status, answer.code) == (421, "bad-host")


@pytest.mark.parametrize("path", ["/\xff", "/api/v1/jo\xffbs", "/\xc3", "/health\xed\xa0\x80"])
def test_it_refuses_an_address_that_is_no_text(web: WsgiClient, path: str) -> None:
    """Without its wrong bytes each of these would be the address of something."""
    answer = web.get(path)
    assert (answer.status, answer.code) == (400, "bad-request")


def test_it_reads_an_address_in_every_script(web: WsgiClient) -> None:
    """What WSGI hands over as Latin-1 is UTF-8."""
    answer = web.get(f"{JOBS}/\xc3\xa4")
    assert (answer.status, answer.code) == (404, "not-found")


@pytest.mark.parametrize("fetched_from", ["cross-site", "same-site", "nonsense"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_refuses_changes_from_another_site(
    web: WsgiClient, method: str, fetched_from: str
) -> None:
    answer = web.request(method, JOBS, sec_fetch_site=fetched_from)
    assert (answer.status, answer.code) == (403, "cross-site")


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://localhost:9999", "http://localhost", "file://"],
)
def test_it_refuses_changes_with_a_foreign_origin(web: WsgiClient, origin: str) -> None:
    answer = web.post(JOBS, DOCUMENT, origin=origin)
    assert (answer.status, answer.code) == (403, "cross-site")
    assert web.get(JOBS).json["jobs"] == []


@pytest.mark.parametrize("fetched_from", ["same-origin", "none"])
def test_it_takes_changes_from_its_own_page(web: WsgiClient, fetched_from: str) -> None:
    headers = {"sec_fetch_site": fetched_from, "origin": "http://localhost:8080"}
    assert web.post(JOBS, DOCUMENT, **headers).status == 202


def test_it_takes_changes_from_no_page_at_all(web: WsgiClient) -> None:
    assert web.post(JOBS, DOCUMENT).status == 202


@pytest.mark.parametrize("header", ["forwarded", "via", "x_forwarded_for", "x_forwarded_host"])
def test_it_serves_through_a_proxy_only_with_an_account(web: WsgiClient, header: str) -> None:
    answer = web.get("/health", **{header: "x"})
    assert (answer.status, answer.code) == (403, "account-needed")
    assert "account" in answer.json["detail"]


def test_it_lets_another_site_only_look(web: WsgiClient) -> None:
    """A browser hides what it reads across sites; only changes do harm."""
    assert web.get(JOBS, sec_fetch_site="cross-site").status == 200


@pytest.mark.parametrize("origin", ["http://[x", "http://\xff", "\x00"])
def test_it_refuses_an_origin_that_is_none(web: WsgiClient, origin: str) -> None:
    assert web.post(JOBS, DOCUMENT, origin=origin).code == "cross-site"


def test_it_refuses_a_host_that_is_no_text(web: WsgiClient) -> None:
    assert web.get("/ready", host="\xff\xfe").code == "bad-host"


@pytest.mark.parametrize("path", ["/health", "/health/"])
@pytest.mark.parametrize("host", ["evil.example", "", "\xff\xfe", "[::1", "a" * 5000])
def test_it_tells_a_foreign_host_no_more_of_its_health_than_the_version(
    web: WsgiClient, host: str, path: str
) -> None:
    assert "data" in web.get(path).json
    answer = web.get(path, host=host)
    assert (answer.status, answer.json) == (200, {"status": "ok", "version": __version__})


def test_it_takes_no_change_for_a_question_about_health(web: WsgiClient) -> None:
    answer = web.post("/health", {}, host="evil.example", origin="http://evil.example")
    assert answer.code == "method-not-allowed"


def test_it_serves_the_address_behind_localhost(config: Callable[[str], Settings]) -> None:
    refusal = door.judge(config("[server]\nhost = localhost\nallowed_hosts = Jobs.Example\n"))
    assert refusal("GET", {"HOST": "127.0.0.1:8080"}) is None
    assert refusal("GET", {"HOST": "jobs.example"}) is None
    assert refusal("GET", {"HOST": "other.example"}) is not None


@pytest.mark.parametrize(
    ("setting", "host"),
    [
        ("host = ::1", "[0:0:0:0:0:0:0:1]:8080"),
        ("host = ::ffff:127.0.0.1", "127.0.0.1:8080"),
        ("host = 0.0.0.0", "192.0.2.1:8080"),
        ("host = ::", "192.0.2.1"),
        ("host = ::", "[2001:db8::1]:8080"),
        ("allowed_hosts = Jobs.Example:8080", "jobs.example"),
        ("allowed_hosts = Jobs.Example:8080", "jobs.example:9000"),
        ("allowed_hosts = jobs.example.", "JOBS.EXAMPLE"),
        ("allowed_hosts = bücher.example", "xn--bcher-kva.example"),
        ("allowed_hosts = 2001:DB8::1", "[2001:db8:0::1]:8080"),
        ("allowed_hosts = my_app", "my_app:8080"),
        ("public_url = https://Jobs.Example:443/", "jobs.example"),
        ("public_url = http://jobs.example:8080", "jobs.example:8080"),
        ("public_url = http://[2001:DB8::1]:8080", "[2001:db8::1]:8080"),
    ],
)
def test_it_serves_every_name_of_its_settings(
    config: Callable[[str], Settings], setting: str, host: str
) -> None:
    refusal = door.judge(config(f"[server]\n{setting}\n"))
    assert refusal("GET", {"HOST": host}) is None
    assert refusal("GET", {"HOST": "evil.example"}) is not None


def test_it_serves_the_addresses_of_a_host_that_is_a_name(
    config: Callable[[str], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line that says Bellhop is ready names the address."""
    found = [(socket.AF_INET, 1, 6, "", ("127.0.1.1", 0)), (socket.AF_INET6, 1, 6, "", ("::1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    refusal = door.judge(config("[server]\nhost = my-machine\n"))
    for host in ("my-machine:8080", "127.0.1.1:8080", "[::1]:8080"):
        assert refusal("GET", {"HOST": host}) is None, host
    assert refusal("GET", {"HOST": "127.0.0.2:8080"}) is not None


@pytest.mark.parametrize(
    ("public_url", "origin"),
    [
        ("https://Jobs.Example/", "https://jobs.example"),
        ("https://jobs.example:443", "https://jobs.example"),
        ("https://jobs.example:8443", "https://jobs.example:8443"),
        ("http://bücher.example", "http://xn--bcher-kva.example"),
    ],
)
def test_it_takes_changes_from_its_public_page(
    config: Callable[[str], Settings], public_url: str, origin: str
) -> None:
    """Also behind a proxy that sends another Host than the browser did."""
    refusal = door.judge(config(f"[server]\npublic_url = {public_url}\n"))
    assert refusal("POST", {"HOST": "localhost", "ORIGIN": origin}) is None
    assert refusal("POST", {"HOST": "localhost", "ORIGIN": f"{origin}0"}) is not None


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"])
def test_it_serves_this_machine_without_an_account(web: WsgiClient, peer: str) -> None:
    assert web.get(JOBS, remote_addr=peer).status == 200


@pytest.mark.parametrize("peer", ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"])
def test_it_serves_other_machines_only_with_an_account(web: WsgiClient, peer: str) -> None:
    assert web.get(JOBS, remote_addr=peer).code == "account-needed"


def test_it_notes_an_address_in_its_one_form(web: WsgiClient) -> None:
    accounts.add("ada", "admin", None)
    given = {"name": "ada", "password": "wrong"}
    web.post("/api/v1/login", given, remote_addr="::ffff:192.0.2.1")
    assert query("SELECT address FROM audit ORDER BY id DESC LIMIT 1") == [("192.0.2.1",)]


@pytest.mark.parametrize(("asked", "is_of_all"), [("no", False), ("yes", True)])
def test_it_keeps_browsers_to_tls_on_subdomains_where_that_is_asked_for(
    config: Callable[[str], Settings], asked: str, is_of_all: bool
) -> None:
    settings = config(f"[server]\nhsts_subdomains = {asked}\n")
    answer: dict[str, str] = {}

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [])
        return []

    door.secured(app, settings)(
        {"wsgi.url_scheme": "https"}, lambda status, headers: answer.update(headers)
    )
    assert ("includeSubDomains" in answer["Strict-Transport-Security"]) is is_of_all
