"""The accounts of others over HTTP: what admins see and change, and what keeps a thief out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bellhop.accounts import accounts, audit, passwords
from bellhop.accounts.access import ROLES
from bellhop.database.database import database
from bellhop.storage.models import Job
from bellhop.web.gate import COOKIE
from tests.support.wsgi import Answer, WsgiClient

ACCOUNTS, OWN = "/api/v1/accounts", "the password of ada"
Submit = Callable[..., Job]
Change = Callable[..., Answer]


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scrypt takes some tenths of a second each time."""
    monkeypatch.setattr(passwords, "hashed", lambda password, whose="": f"hash of {password}")

    def matches(password: str, stored: str | None, *args: Any, **more: Any) -> bool:
        return stored == f"hash of {password}"

    monkeypatch.setattr(passwords, "matches", matches)


@pytest.fixture(autouse=True)
def people(web: WsgiClient, quick_passwords: None) -> None:
    """Ada, who is the only admin, and Otto."""
    accounts.add("ada", "admin", accounts.hashed(OWN))
    accounts.add("otto", "member", accounts.hashed("the password of otto"))
    for name in ("ada", "otto"):
        accounts.begin_session(f"secret of {name}", name, "127.0.0.1", "a browser")
    database.close()


def login(name: str = "ada") -> dict[str, str]:
    return {"cookie": f"{COOKIE}=secret of {name}"}


def patch(web: WsgiClient, account: str, body: Any, headers: dict[str, str]) -> Answer:
    sent = json.dumps(body).encode()
    path, kind = f"{ACCOUNTS}/{account}", "application/json"
    return web.request("PATCH", path, sent, content_type=kind, **headers)


@pytest.fixture
def change(web: WsgiClient) -> Change:
    """Changes an account as ada."""

    def send(account: str, **given: Any) -> Answer:
        return patch(web, account, {"own_password": OWN, **given}, login())

    return send


def add(web: WsgiClient, **given: Any) -> Answer:
    return web.post(ACCOUNTS, {"own_password": OWN, **given}, **login())


def can_log_in(web: WsgiClient, name: str, password: str) -> bool:
    return web.post("/api/v1/login", {"name": name, "password": password}).status == 200


def noted() -> list[tuple[str, str, str]]:
    found = audit.notes(before=None, limit=9)
    database.close()
    return [(note["who"], note["action"], note["target"]) for note in found]


def test_it_lists_every_account(web: WsgiClient, submit: Submit) -> None:
    submit(owner="otto", bytes=700)
    accounts.add_token("otto")
    database.close()
    assert can_log_in(web, "otto", "the password of otto")
    ada, otto = web.get(ACCOUNTS, **login()).json["accounts"]
    assert (ada["name"], ada["role"], ada["last_login_at"], ada["jobs"]) == (
        "ada",
        "admin",
        None,
        0,
    )
    assert otto["last_login_at"] > otto["created_at"]
    assert (otto["tokens"], otto["jobs"], otto["is_disabled"]) == (1, 1, False)
    assert otto["bytes"] >= 700


def test_it_adds_an_account_with_a_password_that_it_tells_once(web: WsgiClient) -> None:
    made = add(web, name="eve", role="viewer")
    assert (made.status, made.headers["Location"]) == (201, f"{ACCOUNTS}/eve")
    assert can_log_in(web, "eve", made.json["password"])
    assert "password" not in web.get(ACCOUNTS, **login()).json["accounts"][1]
    assert ("ada", "add account (viewer)", "eve") in noted()


def test_it_adds_an_account_with_a_password_of_the_admin(web: WsgiClient) -> None:
    made = add(web, name="eve", role="member", password="correct horse battery")
    assert (made.status, "password" in made.json) == (201, False)
    assert can_log_in(web, "eve", "correct horse battery")


def test_it_makes_another_password_each_time() -> None:
    made = {passwords.new() for _ in range(99)}
    assert len(made) == 99
    assert not any(map(passwords.problem_of, made))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "Eve", "role": "viewer"}, "name"),
        ({"name": "otto", "role": "viewer"}, "name"),
        ({"name": "local", "role": "viewer"}, "name"),
        ({"name": 5, "role": "viewer"}, "name"),
        ({"role": "viewer"}, "name"),
        ({"name": "eve"}, "role"),
        ({"name": "eve", "role": "boss"}, "role"),
        ({"name": "eve", "role": ["admin"]}, "role"),
        ({"name": "eve", "role": "viewer", "password": "short"}, "password"),
        ({"name": "eve", "role": "viewer", "password": 5}, "password"),
        ({"name": "eve", "role": "viewer", "colour": "red"}, "colour"),
        ({"name": "eve", "role": "viewer", "own_password": ""}, "own_password"),
    ],
)
def test_it_adds_no_account_that_cannot_be(web: WsgiClient, given: Any, field: str) -> None:
    answer = add(web, **given)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert len(web.get(ACCOUNTS, **login()).json["accounts"]) == 2


@pytest.mark.parametrize("role", ROLES)
def test_it_changes_a_role(web: WsgiClient, change: Change, role: str) -> None:
    assert change("otto", role=role).json["role"] == role
    assert web.get("/api/v1/account", **login("otto")).json["role"] == role
    assert noted()[0] == ("ada", f"role {role}", "otto")


def test_it_disables_an_account_and_keeps_its_jobs(
    web: WsgiClient, change: Change, submit: Submit
) -> None:
    submit(owner="otto")
    token = accounts.add_token("otto")
    database.close()
    disabled = change("otto", is_disabled=True).json
    assert (disabled["is_disabled"], disabled["tokens"], disabled["jobs"]) == (True, 0, 1)
    assert web.get("/api/v1/account", **login("otto")).status == 401
    assert web.get("/api/v1/account", authorization=f"Bearer {token}").status == 401
    assert not can_log_in(web, "otto", "the password of otto")
    change("otto", is_disabled=False)
    assert can_log_in(web, "otto", "the password of otto")
    assert {action for _, action, _ in noted()} >= {"disable account", "enable account"}


def test_it_makes_a_new_password(web: WsgiClient, change: Change) -> None:
    told = change("otto", reset_password=True).json["password"]
    assert web.get("/api/v1/account", **login("otto")).status == 401
    assert not can_log_in(web, "otto", "the password of otto")
    assert can_log_in(web, "otto", told)
    assert ("ada", "new password", "otto") in noted()


def test_it_stays_logged_in_with_a_new_password_of_its_own(web: WsgiClient, change: Change) -> None:
    assert "password" not in change("ada", password="correct horse battery").json
    assert web.get(ACCOUNTS, **login()).status == 200


@pytest.mark.parametrize("given", [{"role": "member"}, {"is_disabled": True}])
def test_it_keeps_an_admin_who_can_log_in(web: WsgiClient, change: Change, given: Any) -> None:
    refused = change("ada", **given, password="correct horse battery")
    assert (refused.status, refused.code) == (403, "forbidden")
    assert "No other admin would be left" in refused.json["detail"]
    assert can_log_in(web, "ada", OWN)  # nothing was changed
    change("otto", role="admin")
    assert change("ada", **given).status == 200


@pytest.mark.parametrize(
    "given",
    [
        {"role": "boss"},
        {"is_disabled": 1},
        {"reset_password": "x"},
        {"password": "a"},
        {"name": "x"},
    ],
)
def test_it_makes_no_change_that_is_none(change: Change, given: Any) -> None:
    before = noted()
    assert change("otto", **given).status == 422
    assert noted() == before


def test_it_knows_no_other_accounts(change: Change) -> None:
    assert change("eve", role="admin").code == "not-found"


def test_it_needs_more_than_a_stolen_session(web: WsgiClient) -> None:
    for own in ("a guess", ""):
        body = {"name": "eve", "role": "admin", "own_password": own}
        assert web.post(ACCOUNTS, body, **login()).status in (401, 422)
        body = {"role": "admin", "own_password": own}
        assert patch(web, "otto", body, login()).status in (401, 422)
    assert [a["role"] for a in web.get(ACCOUNTS, **login()).json["accounts"]] == ["admin", "member"]
    assert ("ada", "password refused: login-failed", "") in noted()


def test_it_takes_no_token(web: WsgiClient) -> None:
    token = {"authorization": f"Bearer {accounts.add_token('ada')}"}
    database.close()
    made = web.post(ACCOUNTS, {"name": "eve", "role": "admin", "own_password": OWN}, **token)
    assert (made.code, made.json["detail"]) == (
        "forbidden",
        "This requires a login with your password, not a token.",
    )
    assert web.get(ACCOUNTS, **token).status == 200


def test_it_is_not_for_members(web: WsgiClient) -> None:
    assert web.get(ACCOUNTS, **login("otto")).code == "forbidden"
    body = {"role": "admin", "own_password": "the password of otto"}
    assert patch(web, "otto", body, login("otto")).code == "forbidden"


@pytest.mark.parametrize("people", [None])
def test_it_says_how_to_begin_without_accounts(web: WsgiClient, people: None) -> None:
    assert web.get(ACCOUNTS).json == {"accounts": []}
    said = web.post(ACCOUNTS, {"name": "eve", "role": "admin"}).json["detail"]
    assert "user add NAME" in said
