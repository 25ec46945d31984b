"""What a person sets on the page Account, and the test that says what happened."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.consumer.workers import Workers
from bellhop.database.database import database, query
from bellhop.settings.sections import Notices
from bellhop.settings.settings import Settings
from tests.support.jobs import run_all
from tests.support.standins.smtp import MailServer
from tests.support.wsgi import WsgiClient

OWN = "/api/v1/account/notices"
ANNA = {"address": "anna@example.org", "wants": "failures"}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def loaded(config: Callable[[str], Settings], rows: str, server: MailServer) -> Settings:
    text = f"""[notices]
        smtp_host = 127.0.0.1
        smtp_port = {server.port}
        smtp_security = none
        smtp_from = bellhop@example.org
        smtp_user = bellhop
        smtp_password = correct horse
        domains = example.org, example.com"""
    return config(text.replace("    ", ""))


def changed(web: WsgiClient, given: dict[str, Any], **headers: str) -> Any:
    body = json.dumps(given).encode()
    return web.request("PATCH", OWN, body, content_type="application/json", **headers)


def field_of(answer: Any) -> str:
    return str(answer.json["errors"][0]["field"])


def test_it_wants_nothing_before_somebody_says_so(web: WsgiClient) -> None:
    assert web.get(OWN).json == {
        "address": "", "wants": "nothing", "sends_mail": True,
        "domains": ["example.org", "example.com"], "last": None,
    }  # fmt: skip


def test_it_keeps_what_is_not_sent(web: WsgiClient) -> None:
    assert changed(web, ANNA).status == 200
    assert changed(web, {"wants": "every"}).json["address"] == "anna@example.org"
    assert changed(web, {"address": "anna@EXAMPLE.com"}).json["wants"] == "every"
    assert web.get(OWN).json["address"] == "anna@example.com"


@pytest.mark.parametrize(
    "address",
    [
        "anna", "anna@", "@example.org", "a b@example.org", "anna@example.org\nBcc: eve@x.org",
        "anna@example.org, eve@example.org", "Anna <anna@example.org>", "anna@evil.example",
        "anna@sub.example.org", "anna@[127.0.0.1]", "json://127.0.0.1/", "mailto://a:b@example.org",
        "file:///etc/passwd", "x" * 65 + "@example.org", ".a@example.org", 5, ["a@example.org"],
        None, "anna@example.org\x00", "anna@exämple.org",
    ],
)  # fmt: skip
def test_it_sends_mail_alone_and_to_its_domains_alone(web: WsgiClient, address: Any) -> None:
    """A URL that somebody enters could ask any server that this machine reaches."""
    answer = changed(web, {"address": address, "wants": "every"})
    assert (answer.status, field_of(answer)) == (422, "address")
    assert query("SELECT count(*) FROM notice_wish") == [(0,)]


@pytest.mark.parametrize(
    "given", [{"wants": "all"}, {"wants": None}, {"colour": "red"}, {"address": False}]
)
def test_it_refuses_what_it_does_not_know(web: WsgiClient, given: dict[str, Any]) -> None:
    answer = changed(web, {"address": "anna@example.org", **given})
    assert (answer.status, field_of(answer)) == (422, next(iter(given)))


def test_it_needs_an_address_for_notices(web: WsgiClient) -> None:
    assert field_of(changed(web, {"wants": "every"})) == "address"
    assert field_of(web.post(f"{OWN}/test", {})) == "address"


def test_it_notes_who_entered_which_address(web: WsgiClient) -> None:
    changed(web, ANNA)
    noted = query("SELECT who, action, target FROM audit ORDER BY id DESC LIMIT 1")
    assert noted == [("local", "notices: failures", "anna@example.org")]


def outcome(web: WsgiClient, workers: Workers) -> dict[str, Any]:
    """A test that is sent, and what its job says."""
    job = web.post(f"{OWN}/test", {}).json
    run_all(workers)
    database.close()
    found: dict[str, Any] = web.get(job["links"]["self"]).json
    return found


def test_it_sends_a_test_that_says_what_happened(
    web: WsgiClient, workers: Workers, server: MailServer
) -> None:
    changed(web, ANNA)
    job = outcome(web, workers)
    assert job["status"] == "completed"
    assert server.receivers == ["anna@example.org"]
    answer = web.get(job["links"]["result"]).json["items"][0]["data"]
    assert answer == {"answer": "250 queued as 1"}
    assert web.get(OWN).json["last"]["status"] == "completed"


@pytest.mark.parametrize(
    ("command", "said"),
    [("RCPT", "451 greylisted"), ("RCPT", "550 no such user"), ("AUTH", "535 wrong password")],
)
def test_it_says_at_once_why_a_test_failed(
    web: WsgiClient, workers: Workers, server: MailServer, command: str, said: str
) -> None:
    server.answers[command] = said
    changed(web, ANNA)
    job = outcome(web, workers)
    assert job["status"] == "failed"
    assert said in job["error"]["message"]
    assert said in web.get(OWN).json["last"]["said"]
    for table in ("job", "item", "event", "result"):
        assert "correct horse" not in str(query(f"SELECT * FROM {table}"))


def test_it_says_nothing_of_a_notice_whose_job_was_deleted(
    web: WsgiClient, workers: Workers, server: MailServer
) -> None:
    server.answers["RCPT"] = "550 no such user"
    changed(web, ANNA)
    job = outcome(web, workers)
    assert web.request("DELETE", f"{job['links']['self']}?purge=true").status == 204
    assert web.get(OWN).json["last"] is None


def test_it_names_the_row_of_a_notice_that_cannot_be_read(web: WsgiClient) -> None:
    changed(web, ANNA)
    web.post(f"{OWN}/test", {})
    query("UPDATE job SET error = '7'")
    database.close()
    assert web.get(OWN).json["code"] == "unreadable"


def test_it_wakes_who_sends_a_test(web: WsgiClient, site: Any) -> None:
    changed(web, ANNA)
    rung: list[Any] = []
    object.__setattr__(site, "bell", SimpleNamespace(ring=rung.append))
    web.post(f"{OWN}/test", {})
    assert [queues for queues in rung if queues] == [{"webhooks": 1}]


def test_it_sends_few_tests(web: WsgiClient) -> None:
    changed(web, ANNA)
    answers = [web.post(f"{OWN}/test", {}) for _ in range(6)]
    assert [answer.status for answer in answers] == [202] * 5 + [429]


TRIAL = "/api/v1/monitoring/notices/trial"


def test_it_tries_each_receiver_among_the_admins_and_tells_them_nothing(
    web: WsgiClient, workers: Workers, site: Any, server: MailServer
) -> None:
    """`json://` and the like tell whether Apprise is there and knows them."""
    admins, url = ("ada@example.org", "ben@example.org"), "nonsense://ada:s3cret@127.0.0.1"
    for settings in (site.settings, workers._settings):
        notices = replace(settings.notices, admins=admins, apprise=(url,))
        object.__setattr__(settings, "notices", notices)
    job = web.post(TRIAL, {}).json
    run_all(workers)
    database.close()
    items = web.get(job["links"]["items"]).json["items"]
    assert [item["filename"] for item in items] == [*admins, "Apprise"]
    assert [item["data"] for item in items[:2]] == [{"answer": "250 ok"}] * 2
    assert "nonsense://" in items[2]["error"]["message"]
    assert "s3cret" not in str(items)
    assert server.mails == []


def test_it_tries_nothing_where_nobody_is_told(web: WsgiClient, site: Any) -> None:
    object.__setattr__(site.settings, "notices", Notices())
    assert web.post(TRIAL, {}).status == 422


def test_it_says_that_there_is_no_mail_server(web: WsgiClient, site: Any) -> None:
    object.__setattr__(site.settings, "notices", Notices())
    assert "[notices] smtp_host" in changed(web, ANNA).json["detail"]
    assert "[notices] smtp_host" in web.post(f"{OWN}/test", {}).json["detail"]
    assert web.get(OWN).json["sends_mail"] is False


def test_it_lets_each_account_set_its_own(web: WsgiClient) -> None:
    for name in ("anna", "ben"):
        accounts.add(name, "member", None)
    tokens = {name: accounts.add_token(name) for name in ("anna", "ben")}
    database.close()
    mine = {"authorization": f"Bearer {tokens['anna']}"}
    assert changed(web, ANNA, **mine).status == 200
    assert web.get(OWN, authorization=f"Bearer {tokens['ben']}").json["address"] == ""
