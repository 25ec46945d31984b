"""What `check` says of notices: whether they can be delivered, and what mends it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from bellhop.base.program import TYPED
from bellhop.checks.answers import Failed
from bellhop.checks.notices import deliverable
from bellhop.settings.settings import Settings

MAIL = "[notices]\nsmtp_host = mail.example.org\nsmtp_from = bellhop@example.org\n"
FINE = {"filename": "ada@example.org", "data": {"answer": "250 ok"}, "error": None}


def bellhop(*items: dict[str, Any], is_slow: bool = False) -> Any:
    """A Bellhop whose trial ends so, or not at all."""
    client = Mock()
    client.post.return_value = {"job_id": "a"}
    client.items.return_value = [*items]
    client.job.return_value = {"waiting_for": "no running consumer serves the queue webhooks"}
    client.wait.side_effect = TimeoutError if is_slow else None
    return client


def refused(code: str, message: str) -> dict[str, Any]:
    return {"filename": "b", "data": None, "error": {"code": code, "message": message}}


def wrong(settings: Settings, client: Any) -> tuple[str, ...]:
    with pytest.raises(Failed) as failed:
        deliverable(settings, client)
    return failed.value.args


def test_it_says_what_the_mail_server_answered(config: Callable[[str], Settings]) -> None:
    assert deliverable(config(MAIL), bellhop(FINE)) == ["ada@example.org: 250 ok"]


def test_it_says_what_mends_each_receiver_that_gets_nothing(
    config: Callable[[str], Settings],
) -> None:
    settings = config(MAIL)
    items = [FINE, refused("mail_login", "Wrong name."), refused("missing_extra", "No Apprise.")]
    assert wrong(settings, bellhop(*items)) == (
        f"Wrong name; change it in {settings.config_path}, then type {TYPED} reload",
        "No Apprise; pip install -r requirements-notices.txt",
    )


def test_it_says_which_receivers_nobody_tried_in_time(config: Callable[[str], Settings]) -> None:
    waiting = {"filename": "b@example.org", "data": None, "error": None}
    items = [waiting, refused("mail_server", "It is away.")]
    away, untried = wrong(config(MAIL), bellhop(*items, is_slow=True))
    assert away.startswith("It is away; ")
    why = "no running consumer serves the queue webhooks; look at the log of Bellhop"
    assert untried == f"nothing is known of b@example.org: {why}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[notices]\nadmins = ada@example.org", "[notices] admins get no mail; set smtp_host "),
        ("[notices]\nsmtp_host = mail.example.org", "no address to send mail from; set smtp_from"),
        ("[notices]\napprise = json://localhost", "; pip install -r requirements-notices.txt"),
    ],
)
def test_it_says_what_the_settings_lack_without_a_trial(
    config: Callable[[str], Settings], monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    client = bellhop()
    assert said in wrong(config(text), client)[0]
    client.post.assert_not_called()
