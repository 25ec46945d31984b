"""The notices of a schedule as the API takes and shows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.database.database import database, query
from bellhop.notices import wishes
from bellhop.notices.wishes import Wish
from bellhop.settings.sections import Notices
from bellhop.web.site import Site
from tests.support import mailing
from tests.support.mailing import NIGHTLY, OPS, OWN, SCHEDULES
from tests.support.wsgi import Answer, WsgiClient

loaded, schedule = mailing.loaded, mailing.schedule


def patch(web: WsgiClient, number: int, notify: Any) -> Answer:
    body = json.dumps({"notify": notify}).encode()
    return web.request("PATCH", f"{SCHEDULES}/{number}", body, content_type="application/json")


def test_it_shows_and_changes_the_notices_of_a_schedule(
    schedule: Callable[..., int], web: WsgiClient
) -> None:
    number = schedule({"wants": "every", "address": "Ops@EXAMPLE.org"})
    (shown,) = web.get(SCHEDULES).json["schedules"]
    assert shown["notify"] == {"address": "Ops@example.org", "wants": "every"}
    before = shown["next_at"]
    answer = patch(web, number, {"wants": "failures"})
    assert (answer.json["notify"], answer.json["next_at"]) == (
        {"address": "", "wants": "failures"}, before,
    )  # fmt: skip
    assert patch(web, number, None).json["notify"] is None


@pytest.mark.parametrize(
    ("notify", "field"),
    [
        ("failures", "notify"),
        ([], "notify"),
        ({"wants": "failures", "colour": "red"}, "notify"),
        ({"wants": "all"}, "notify.wants"),
        ({"address": OPS}, "notify.wants"),
        ({"wants": ["every"]}, "notify.wants"),
        ({"wants": "every", "address": "ops@evil.example"}, "notify.address"),
        ({"wants": "every", "address": f"{OPS}\nBcc: eve@example.org"}, "notify.address"),
        ({"wants": "every", "address": "json://127.0.0.1/"}, "notify.address"),
        ({"wants": "every", "address": 5}, "notify.address"),
        ({"wants": "nothing", "address": [OPS]}, "notify.address"),
    ],
)
def test_it_refuses_notices_that_it_cannot_send(
    schedule: Callable[..., int], web: WsgiClient, notify: Any, field: str
) -> None:
    answer = patch(web, schedule({"wants": "every"}), notify)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    (shown,) = web.get(SCHEDULES).json["schedules"]
    assert shown["notify"] == {"address": "", "wants": "every"}


def test_it_says_that_the_owner_has_no_address(web: WsgiClient) -> None:
    answer = web.post(SCHEDULES, {**NIGHTLY, "notify": {"wants": "failures"}})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "notify.address")


def test_it_needs_the_address_of_the_owner_not_of_who_changes_the_schedule(
    schedule: Callable[..., int], web: WsgiClient
) -> None:
    number = schedule()
    wishes.set_wish("ada", Wish("ada@example.org", "nothing"))
    wishes.set_wish("local", Wish())
    accounts.add("ada", "admin", None)
    token = accounts.add_token("ada")
    database.close()
    body = json.dumps({"notify": {"wants": "failures"}}).encode()
    kind, login = "application/json", f"Bearer {token}"
    answer = web.request(
        "PATCH", f"{SCHEDULES}/{number}", body, content_type=kind, authorization=login
    )
    assert answer.json["errors"][0]["field"] == "notify.address"


def test_it_says_that_there_is_no_mail_server(
    schedule: Callable[..., int], web: WsgiClient, site: Site
) -> None:
    number = schedule()
    object.__setattr__(site.settings, "notices", Notices())
    for notify in ({"wants": "failures"}, {"wants": "every", "address": OPS}):
        assert "[notices] smtp_host" in patch(web, number, notify).json["detail"]
    assert patch(web, number, {"wants": "nothing"}).status == 200


def test_it_notes_who_lets_notices_go_to_which_address(
    schedule: Callable[..., int], web: WsgiClient
) -> None:
    patch(web, schedule({"wants": "every", "address": OPS}), {"wants": "failures", "address": OWN})
    noted = query("SELECT who, action, target FROM audit WHERE action LIKE 'notices%' ORDER BY id")
    assert noted == [
        ("local", "notices: every", OPS), ("local", "notices: failures", OWN),
    ]  # fmt: skip
