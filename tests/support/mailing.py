"""A Bellhop that sends mail, and schedules whose owner has an address, as fixtures to take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bellhop.database.database import database
from bellhop.notices import wishes
from bellhop.notices.wishes import Wish
from bellhop.settings.settings import Settings
from tests.support.wsgi import WsgiClient

SCHEDULES = "/api/v1/schedules"
JOB = {"type": "noop", "items": [{"text": "a"}], "use_cache": False}
NIGHTLY = {"name": "nightly", "cron": "30 2 * * *", "job": JOB}
OWN, OPS = "anna@example.org", "ops@example.org"


@pytest.fixture
def loaded(config: Callable[[str], Settings], rows: str) -> Settings:
    return config(
        "[notices]\nsmtp_host = mail.example.org\nsmtp_from = bellhop@example.org\n"
        "domains = example.org\n"
    )


@pytest.fixture
def schedule(web: WsgiClient) -> Callable[..., int]:
    """Add a schedule with these notices, whose owner `wants` mail of other jobs; its id."""

    def added(notify: Any = None, wants: str = "nothing") -> int:
        wishes.set_wish("local", Wish(OWN, wants))
        database.close()
        return int(web.post(SCHEDULES, {**NIGHTLY, "notify": notify}).json["id"])

    return added
