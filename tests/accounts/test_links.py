"""Links that work once: the first account, invitations, new passwords."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from bellhop.accounts import accounts, audit, links
from bellhop.base.times import timestamp
from bellhop.cli import start
from bellhop.cli.main import main
from bellhop.database.database import database, query
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, read_record, write_record
from bellhop.storage.models import Job
from bellhop.web.gate import COOKIE
from tests.support.atonce import at_once
from tests.support.jobs import job_of
from tests.support.wsgi import Answer, WsgiClient

API, LINKS = "/api/v1", "/api/v1/links"
OWN, FRESH = "the password of ada", "battery staple horse"


@pytest.fixture
def people(web: WsgiClient) -> None:
    """Ada, who is the only admin, and Otto."""
    for name, role in (("ada", "admin"), ("otto", "member")):
        accounts.add(name, role, accounts.hashed(f"the password of {name}"))
        accounts.begin_session(f"secret of {name}", name, "127.0.0.1", "a browser")
    database.close()


@pytest.fixture
def first(web: WsgiClient) -> str:
    return made(links.FIRST, "", "admin")


def made(kind: str, name: str, role: str = "", by: str = "ada") -> str:
    """The secret of a new link."""
    secret = links.make(kind, name, role, by)
    database.close()
    return secret


def login(name: str = "ada") -> dict[str, str]:
    return {"cookie": f"{COOKIE}=secret of {name}"}


def add(web: WsgiClient, **given: Any) -> Answer:
    return web.post(LINKS, {"own_password": OWN, **given}, **login())


def secret_of(answer: Answer) -> str:
    assert answer.status == 201, answer.body
    return str(answer.json["link"].partition("#")[2])


def look(web: WsgiClient, token: str) -> Answer:
    return web.post(f"{LINKS}/look", {"token": token})


def use(web: WsgiClient, token: str, name: str = "", password: str = FRESH) -> Answer:
    return web.post(f"{LINKS}/use", {"token": token, "name": name, "password": password})


def can_log_in(web: WsgiClient, name: str, password: str) -> bool:
    return web.post(f"{API}/login", {"name": name, "password": password}).status == 200


def noted() -> list[tuple[str, str, str]]:
    found = audit.notes(before=None, limit=20)
    database.close()
    return [(note["who"], note["action"], note["target"]) for note in found]


# The first account.


def test_it_makes_the_first_admin_who_owns_what_was_there(
    web: WsgiClient, first: str, submit: Callable[..., Job], here: Installation
) -> None:
    job = submit()
    write_record(here)
    database.close()
    assert look(web, first).json["kind"] == "first"
    answer = use(web, first, " Anna ")
    assert (answer.status, answer.json) == (200, {"name": "anna", "role": "admin"})
    assert "Max-Age" in str(answer.headers["Set-Cookie"])
    assert job_of(job.job_id).owner == "anna"
    record = read_record(here.folder)
    assert record and record.is_closed
    assert web.get(f"{API}/jobs").status == 401
    assert can_log_in(web, "anna", FRESH)


def test_it_makes_one_first_admin_however_many_use_the_link_at_once(
    web: WsgiClient, first: str
) -> None:
    names = ("anna", "berta", "carla")
    given = at_once(*(partial(use, web, first, name) for name in names))
    assert sorted(answer.status for answer in given) == [200, 403, 403]
    assert query("SELECT count(*) FROM account") == [(1,)]


@pytest.mark.parametrize(
    ("name", "password", "field"),
    [("", FRESH, "name"), ("local", FRESH, "name"), ("a b", FRESH, "name"),
     ("anna", "password1", "password"), ("annabella", "annabella1", "password")],
)  # fmt: skip
def test_it_judges_the_first_account_as_any_other(
    web: WsgiClient, first: str, name: str, password: str, field: str
) -> None:
    answer = use(web, first, name, password)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert not accounts.is_closed()
    database.close()
    assert use(web, first, "anna").status == 200


def test_it_makes_no_first_account_once_there_is_one(web: WsgiClient, first: str) -> None:
    accounts.add("ada", "admin", None)
    database.close()
    for answer in (look(web, first), use(web, first, "anna")):
        assert answer.code == "link-refused"
        assert "private already" in answer.json["detail"]


def test_it_tells_how_to_close_an_open_installation_at_each_start(
    web: WsgiClient,
    config: Callable[[str], Settings],
    capsys: pytest.CaptureFixture[str],
    first: str,
) -> None:
    start.tell_first_link(config(""), "http://127.0.0.1:8080")
    told = capsys.readouterr()
    address, _, secret = told.err.split()[-1].partition("#")
    assert (address, told.out) == ("http://127.0.0.1:8080/welcome", "")
    assert "newest one" in look(web, first).json["detail"]  # of the start before
    assert use(web, secret, "anna").status == 200
    start.tell_first_link(config(""), "http://127.0.0.1:8080")
    assert capsys.readouterr().err == ""


def test_it_starts_without_a_link_on_a_full_disk(
    config: Callable[[str], Settings],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    web: WsgiClient,
) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def make(*given: str) -> str:
        raise full

    monkeypatch.setattr(links, "make", make)
    start.tell_first_link(config(""), "http://127.0.0.1:8080")
    assert capsys.readouterr().err == ""


def test_it_stores_no_link_as_it_is_sent(first: str) -> None:
    stored = query("SELECT * FROM one_time_link")
    assert first not in str(stored)
    assert len(first) >= 43


# Invitations.


def test_it_invites_somebody_who_chooses_the_password(web: WsgiClient, people: None) -> None:
    made = add(web, kind="invitation", name="eve", role="viewer")
    assert made.json["link"].startswith("/welcome#")
    assert made.json["made_by"] == "ada"
    assert timestamp(6.9 * 86400) < made.json["expires_at"] < timestamp(7.1 * 86400)
    shown = look(web, secret_of(made)).json
    assert (shown["kind"], shown["name"], shown["role"]) == ("invitation", "eve", "viewer")
    assert use(web, secret_of(made)).json == {"name": "eve", "role": "viewer"}
    assert can_log_in(web, "eve", FRESH)
    assert {("ada", "invite (viewer)", "eve"), ("eve", "use link (invitation)", "eve")} <= {
        *noted()
    }


def test_it_lists_the_links_that_can_be_used_and_revokes_them(
    web: WsgiClient, people: None
) -> None:
    eve = add(web, kind="invitation", name="eve", role="viewer")
    add(web, kind="reset", name="otto")
    made("invitation", "old", "viewer")
    query("UPDATE one_time_link SET expires_at = '2000' WHERE account = 'old'")
    database.close()
    listed = web.get(LINKS, **login()).json["links"]
    assert [(link["kind"], link["account"]) for link in listed] == [
        ("reset", "otto"), ("invitation", "eve"),
    ]  # fmt: skip
    assert secret_of(eve) not in str(listed)
    path = f"{LINKS}/{eve.json['id']}"
    assert web.request("DELETE", path, b"", **login()).status == 204
    assert web.request("DELETE", path, b"", **login()).status == 404
    assert "revoked" in use(web, secret_of(eve)).json["detail"]
    assert ("ada", "revoke link (invitation)", "eve") in noted()


def test_it_replaces_an_invitation_with_another(web: WsgiClient, people: None) -> None:
    before, after = (
        secret_of(add(web, kind="invitation", name="eve", role=role))
        for role in ("viewer", "member")
    )
    assert "revoked" in use(web, before).json["detail"]
    assert use(web, after).json["role"] == "member"


@pytest.mark.parametrize(
    ("given", "field"),
    [({"kind": "invitation", "name": "otto", "role": "viewer"}, "name"),
     ({"kind": "invitation", "name": "a b", "role": "viewer"}, "name"),
     ({"kind": "invitation", "name": "eve"}, "role"),
     ({"kind": "invitation", "name": "eve", "role": "boss"}, "role"),
     ({"kind": "reset", "name": "eve"}, "name"),
     ({"kind": "reset", "name": "otto", "role": "admin"}, "role"),
     ({"kind": "reset", "name": 5}, "name"),
     ({"kind": "first", "name": "eve"}, "kind"),
     ({"kind": "reset", "name": "otto", "days": 5}, "days"),
     ({"kind": "reset", "name": "otto", "own_password": ""}, "own_password")],
)  # fmt: skip
def test_it_makes_no_link_that_is_for_nothing(
    web: WsgiClient, people: None, given: Any, field: str
) -> None:
    answer = add(web, **given)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert web.get(LINKS, **login()).json["links"] == []


def test_it_needs_more_than_a_stolen_session(web: WsgiClient, people: None) -> None:
    answer = add(web, kind="invitation", name="eve", role="admin", own_password="a guess")
    assert answer.code == "login-failed"


@pytest.mark.parametrize("kind", ["invitation", "reset"])
@pytest.mark.parametrize("change", ["disable", "role", "password", "link"])
def test_it_ends_the_links_of_who_is_no_admin_any_more_or_was_another(
    web: WsgiClient, people: None, change: str, kind: str
) -> None:
    """Who had stolen the password of an admin comes in by no link either."""
    secret = made(kind, {"invitation": "eve", "reset": "ada"}[kind], "admin", by="otto")
    of_otto = made("reset", "otto", by="ada")
    others = made("invitation", "dora", "member", by="ada")
    if change == "disable":
        accounts.disable("otto", is_disabled=True)
    elif change == "role":
        accounts.set_role("otto", "viewer")
    elif change == "password":
        accounts.set_password("otto", accounts.hashed("quite another"))
    database.close()
    if change == "link":
        use(web, of_otto)
    assert "revoked" in use(web, secret).json["detail"]
    assert look(web, others).status == 200


def test_it_makes_no_second_account_of_a_name(web: WsgiClient, people: None) -> None:
    secret = made("invitation", "eve", "admin")
    accounts.add("eve", "viewer", None)
    database.close()
    assert "already an account eve" in use(web, secret).json["detail"]
    assert query("SELECT role FROM account WHERE name = 'eve'") == [("viewer",)]


# New passwords.


def test_it_changes_a_password_by_a_link(web: WsgiClient, people: None) -> None:
    secret = secret_of(add(web, kind="reset", name="otto"))
    token = accounts.add_token("otto")
    database.close()
    assert can_log_in(web, "otto", "the password of otto")  # until it is used
    shown = look(web, secret).json
    assert (shown["kind"], shown["name"]) == ("reset", "otto")
    answer = use(web, secret, "ada")  # the name is that of the link
    assert (answer.json["name"], answer.headers["Set-Cookie"]) == ("otto", None)
    assert not can_log_in(web, "otto", "the password of otto")
    assert web.get(f"{API}/account", **login("otto")).status == 401
    assert web.get(f"{API}/account", authorization=f"Bearer {token}").status == 401
    assert can_log_in(web, "otto", FRESH)
    assert {("ada", "make reset link", "otto"), ("otto", "use link (reset)", "otto")} <= {*noted()}


def test_it_lets_a_link_for_a_new_password_end_with_the_password(
    web: WsgiClient, people: None
) -> None:
    secret = made("reset", "otto")
    accounts.set_password("otto", accounts.hashed("another one of otto"))
    database.close()
    assert "revoked" in use(web, secret).json["detail"]


def test_it_gives_a_disabled_account_no_new_password(web: WsgiClient, people: None) -> None:
    secret = made("reset", "otto")
    accounts.disable("otto", is_disabled=True)
    database.close()
    assert "otto is disabled" in use(web, secret).json["detail"]
    assert "otto is disabled" in add(web, kind="reset", name="otto").json["errors"][0]["message"]
    accounts.disable("otto", is_disabled=False)
    database.close()
    assert "revoked" in use(web, secret).json["detail"]


# What is no link, and who guesses.


@pytest.mark.parametrize(
    ("change", "said"),
    [("used_at = '2026-11-30T07:00'", "was used on 2026-11-30 at 07:00Z"),
     ("revoked_at = '2026-11-30T07:00'", "was revoked on 2026-11-30 at 07:00Z"),
     ("expires_at = '2026-11-01T07:00'", "expired on 2026-11-01 at 07:00Z"),
     ("hash = 'x'", "did not make this link")],
)  # fmt: skip
@pytest.mark.parametrize("kind", [links.INVITATION, links.RESET])
def test_it_says_why_a_link_cannot_be_used(
    web: WsgiClient, people: None, kind: str, change: str, said: str
) -> None:
    secret = made(kind, "otto" if kind == links.RESET else "eve", "viewer")
    query(f"UPDATE one_time_link SET {change}")
    database.close()
    before = query("SELECT name, password FROM account ORDER BY name")
    database.close()
    for answer in (look(web, secret), use(web, secret)):
        assert (answer.status, answer.code) == (403, "link-refused")
        assert said in answer.json["detail"]
        assert answer.json["detail"].endswith("ask an admin for a new one.")
    assert ("somebody with a link", "link refused", "") in noted()
    assert query("SELECT name, password FROM account ORDER BY name") == before


def test_it_slows_who_guesses_links(web: WsgiClient, people: None) -> None:
    given = [look(web, f"guess {n}").status for n in range(25)]
    assert given[:20] == [403] * 20
    assert 429 in given[20:]
    assert can_log_in(web, "otto", "the password of otto")  # nobody else is slowed


@pytest.mark.parametrize("body", [{}, {"token": 5}, {"token": "a", "more": 1}, []])
def test_it_reads_nothing_else(web: WsgiClient, people: None, body: Any) -> None:
    assert web.post(f"{LINKS}/look", body).status in (400, 422)
    assert web.post(f"{LINKS}/use", body).status in (400, 422)


def test_it_forgets_links_of_long_ago(people: None) -> None:
    made("invitation", "eve", "viewer")
    made("invitation", "mia", "viewer")
    query("UPDATE one_time_link SET expires_at = '2000' WHERE account = 'eve'")
    accounts.forget_old()
    assert query("SELECT account FROM one_time_link") == [("mia",)]


# The console.


Console = Callable[..., tuple[int, str, str]]


@pytest.fixture
def console(
    loaded: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Console:
    """Runs `user …` on the test's data folder: (exit status, stdout, stderr)."""
    log = logging.getLogger("bellhop")
    monkeypatch.setattr(log, "level", log.level)

    def run(words: str) -> tuple[int, str, str]:
        database.close()
        status = main(["--config", str(loaded.config_path), "user", *words.split()])
        return (status, *capfd.readouterr())

    return run


def test_it_prints_links_at_the_console(
    web: WsgiClient, here: Installation, console: Console, people: None
) -> None:
    here.address_file.write_text("http://127.0.0.1:8080")
    status, invited, said = console("invite eve --role viewer")
    assert "public_url" in said
    assert (status, invited.partition("#")[0]) == (0, "http://127.0.0.1:8080/welcome")
    assert use(web, invited.strip().partition("#")[2]).json["role"] == "viewer"
    reset = console("reset-link otto")[1]
    assert use(web, reset.strip().partition("#")[2]).json["name"] == "otto"
    assert ("console", "invite (viewer)", "eve") in noted()


@pytest.mark.parametrize(
    ("words", "said"),
    [("invite otto", "already an account otto"), ("reset-link eve", "no account eve"),
     ("invite eve", "no web is running")],
)  # fmt: skip
def test_it_prints_no_link_that_leads_nowhere(
    here: Installation, people: None, console: Console, words: str, said: str
) -> None:
    if "no web" not in said:
        here.address_file.write_text("http://127.0.0.1:8080")
    status, out, err = console(words)
    assert (status, out, said in err) == (1, "", True)


def test_it_invites_nobody_before_there_is_an_account(here: Installation, console: Console) -> None:
    assert "user add eve --role admin" in console("invite eve")[2]
