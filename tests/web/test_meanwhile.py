"""What becomes of a request whose account an admin changes while its password is checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from bellhop.accounts import accounts, links, passwords
from bellhop.base.addresses import API
from bellhop.database.database import database
from bellhop.web.gate import COOKIE
from tests.support.wsgi import Answer, WsgiClient

Act = Callable[[], object]
PASSWORD = "the password of otto"
LOGIN = {"name": "otto", "password": PASSWORD}
CHANGES: dict[str, Act] = {
    "disabled": lambda: accounts.disable("otto", is_disabled=True),
    "a new password": lambda: accounts.set_password("otto", "hash of another one"),
}


@pytest.fixture(autouse=True)
def people(web: WsgiClient) -> None:
    """Ada and Otto, who are admins; Otto is logged in."""
    for name in ("ada", "otto"):
        accounts.add(name, "admin", f"hash of the password of {name}")
    accounts.begin_session("secret of otto", "otto", "127.0.0.1", "a browser")
    database.close()


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Act], None]:
    """Lets something happen while the next password is checked, which is right."""

    def happens(act: Act) -> None:
        def matches(*args: Any, **more: Any) -> bool:
            act()
            return True

        monkeypatch.setattr(passwords, "matches", matches)

    return happens


def send(web: WsgiClient, path: str, body: dict[str, Any]) -> Answer:
    answer = web.post(f"{API}/{path}", body, cookie=f"{COOKIE}=secret of otto")
    database.connect(reuse_if_open=True)
    return answer


@pytest.mark.parametrize("what", CHANGES)
def test_a_login_under_way_gives_no_session(
    what: str, web: WsgiClient, meanwhile: Callable[[Act], None]
) -> None:
    meanwhile(CHANGES[what])
    assert web.post(f"{API}/login", LOGIN).status == 403
    database.connect(reuse_if_open=True)
    accounts.disable("otto", is_disabled=False)
    assert accounts.sessions("otto") == []


@pytest.mark.parametrize("what", CHANGES)
def test_a_token_under_way_is_not_made(
    what: str, web: WsgiClient, meanwhile: Callable[[Act], None]
) -> None:
    meanwhile(CHANGES[what])
    assert send(web, "account/tokens", {"password": PASSWORD, "name": "mine"}).status == 403
    assert accounts.tokens("otto") == []


@pytest.mark.parametrize("what", CHANGES)
def test_a_new_password_under_way_is_not_set(
    what: str, web: WsgiClient, meanwhile: Callable[[Act], None]
) -> None:
    meanwhile(CHANGES[what])
    body = {"password": PASSWORD, "new_password": "one that the thief knows"}
    before = accounts.stored_of("otto") if what == "disabled" else "hash of another one"
    assert send(web, "account/password", body).status == 403
    assert accounts.stored_of("otto") == before


NEW_ADMIN = {"name": "eve", "role": "admin", "own_password": PASSWORD}
MEMBER = partial(accounts.set_role, "otto", "member")


def test_who_is_no_admin_any_more_adds_no_account(
    web: WsgiClient, meanwhile: Callable[[Act], None]
) -> None:
    meanwhile(MEMBER)
    body = {**NEW_ADMIN, "password": "one that the thief knows"}
    assert send(web, "accounts", body).status == 403
    assert not accounts.exists("eve")


def test_who_is_no_admin_any_more_invites_nobody(
    web: WsgiClient, meanwhile: Callable[[Act], None]
) -> None:
    meanwhile(MEMBER)
    assert send(web, "links", {**NEW_ADMIN, "kind": "invitation"}).status == 403
    assert links.pending() == []


def test_who_is_no_admin_any_more_changes_no_account(
    web: WsgiClient, meanwhile: Callable[[Act], None]
) -> None:
    meanwhile(MEMBER)
    body = {"own_password": PASSWORD, "password": "one that the thief knows"}
    path, cookie = f"{API}/accounts/ada", f"{COOKIE}=secret of otto"
    answer = web.request(
        "PATCH", path, json.dumps(body).encode(), content_type="application/json", cookie=cookie
    )
    database.connect(reuse_if_open=True)
    assert answer.status == 403
    assert accounts.stored_of("ada") == "hash of the password of ada"
