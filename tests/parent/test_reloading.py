"""Which settings a running process takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import pytest

from bellhop.base.sections import SECTIONS
from bellhop.base.settings import Settings
from bellhop.parent import reloading
from bellhop.parent.reloading import TAKEN, Change


def test_it_takes_keys_that_there_are() -> None:
    for section, names in TAKEN.items():
        assert set(names) <= {key.name for key in fields(SECTIONS[section])}


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("[limits]\nqueue_items = 5", Change("[limits] queue_items", True)),
        ("[server]\nport = 1", Change("[server] port", False)),
        ("[queue:ai]\nworkers = 5", Change("[queue:ai] workers", False)),
        ("[queue:new]\nworkers = 5", Change("[queue:new] workers", False)),
        ("[type:summary]\nresults_days = 5", Change("the lifetimes in [type:NAME]", True)),
        (
            "[type:summary]\nmodel = x",
            Change("the settings of job types in [type:NAME]", False),
        ),
    ],
)
def test_it_names_what_changed(
    config: Callable[[str], Settings], text: str, change: Change
) -> None:
    assert change in reloading.changes(config(""), config(text))


def test_it_takes_what_needs_no_restart_alone(config: Callable[[str], Settings]) -> None:
    running = config("")
    reloading.take(running, config("[limits]\nqueue_items = 5\n[server]\nport = 1\nmax_items = 2"))
    assert (running.limits.queue_items, running.server.max_items) == (5, 2)
    assert running.server.port == config("").server.port
