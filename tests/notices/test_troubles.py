"""Trouble of the installation: admins hear of it once when it begins, and once when it is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from bellhop.base import times
from bellhop.base.sections import Notices
from bellhop.base.settings import Settings
from bellhop.database.database import query
from bellhop.notices import troubles
from bellhop.notices.handover import Handover
from bellhop.storage.installation import Installation

MAIL = Notices(smtp_host="mail.example.org", smtp_from="b@example.org", admins=("ada@example.org",))
FULL = "the disk is nearly full"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let so many seconds pass."""
    passed, now_s = [0.0], times.wall_s
    monkeypatch.setattr(times, "wall_s", lambda: now_s() + passed[0])

    def wait(seconds: float) -> None:
        passed[0] += seconds

    return wait


@pytest.fixture
def look(loaded: Settings, here: Installation) -> Callable[[], list[str]]:
    """One round of the keeper; the subjects of all mails until now."""
    handover = Handover(replace(loaded, notices=MAIL), here, lambda queues: None)

    def one_round() -> list[str]:
        troubles.tell(MAIL)
        handover.look()
        inputs = query("SELECT input FROM item WHERE type = 'notice' ORDER BY id")
        return [json.loads(text)["data"]["subject"] for (text,) in inputs]

    return one_round


def test_it_tells_admins_when_a_trouble_begins_and_when_it_is_over(
    look: Callable[[], list[str]], later: Callable[[float], None]
) -> None:
    for _ in range(5):
        troubles.report("disk", FULL)
        look()
        later(30)
    assert look() == [f"[Bellhop] {FULL}"]
    troubles.report("disk", None)
    later(601)
    assert look() == [f"[Bellhop] {FULL}", f"[Bellhop] over: {FULL}"]
    assert query("SELECT count(*) FROM trouble") == [(0,)]


def test_it_tells_nobody_of_what_goes_by(
    look: Callable[[], list[str]], later: Callable[[float], None]
) -> None:
    troubles.report("disk", FULL)
    later(30)
    troubles.report("disk", None)
    look()
    later(601)
    assert look() == []


def test_it_tells_of_what_comes_and_goes_once(
    look: Callable[[], list[str]], later: Callable[[float], None]
) -> None:
    for number in range(60):
        troubles.report("disk", None if number % 2 else FULL)
        later(61)
        look()
    assert len(look()) == 1


def test_it_ends_what_nobody_reports_any_more(
    look: Callable[[], list[str]], later: Callable[[float], None]
) -> None:
    troubles.report_all("keeper", {"disk": FULL, "queue ai": "the queue ai is behind"})
    later(61)
    look()
    troubles.report_all("keeper", {"disk": FULL})
    later(601)
    assert look()[-1] == "[Bellhop] over: the queue ai is behind"


def test_it_tells_nobody_whom_the_settings_do_not_name(
    loaded: Settings, here: Installation, later: Callable[[float], None]
) -> None:
    troubles.report("disk", FULL)
    later(61)
    troubles.tell(Notices())
    assert query("SELECT count(*) FROM notice") == [(0,)]
