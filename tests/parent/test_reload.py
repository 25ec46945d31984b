"""How web and consumer take other settings: one after the other, or none does."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bellhop.base.errors import StartRefused
from bellhop.parent import reload as reloads
from bellhop.parent.answers import Answer
from bellhop.parent.reload import Reload
from bellhop.reloading import handed
from bellhop.reloading.handed import Handed
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.system import proctree

Config = Callable[[str], Settings]
NEW = "[server]\nmax_items = 2\nport = 7"
CHANGED = ["not changed, as it needs a restart: [server] port", "changed: [server] max_items"]


@pytest.fixture(autouse=True)
def _given(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process was given is not for the tests of others."""
    monkeypatch.setattr(handed, "_given", [])


class Half:
    """A web or a consumer that answers as a test says."""

    def __init__(self, name: str, ours: Handed):
        self.name, self._ours, self.is_ready = name, ours, True
        self.heard = (0, "")
        self.asked: list[int] = []
        self.process: Any = None
        self.start()

    def start(self) -> None:
        self.process = type("Process", (), {"pid": id(object())})

    def signal(self, number: int) -> None:
        assert number == signal.SIGHUP
        self.asked.append(handed.asked(self._ours.descriptor).settings().server.max_items)

    def answer(self, reason: str = "") -> None:
        self.heard = handed.asked(self._ours.descriptor).number, reason


class World:
    """A parent with its two halves, and a reload that has begun."""

    def __init__(self, config: Config, here: Installation):
        self.running = config("[server]\nmax_items = 1")
        self.ours = Handed(self.running)
        self.web, self.consumer = Half("web", self.ours), Half("consumer", self.ours)
        config(NEW)
        self.begin(here)

    def begin(self, here: Installation) -> None:
        halves: Any = [self.web, self.consumer] if here.is_home else [self.consumer]
        self.reload = Reload(self.running, here, self.ours, halves)

    @property
    def starts_with(self) -> int:
        return handed.begun(self.ours.descriptor).server.max_items


@pytest.fixture
def world(config: Config, here: Installation) -> World:
    return World(config, here)


def test_the_web_comes_first_then_the_parent_then_the_consumer(world: World) -> None:
    assert world.reload.look() is None
    assert (world.web.asked, world.consumer.asked, world.starts_with) == ([2], [], 1)
    world.web.answer()
    assert world.reload.look() is None
    assert (world.consumer.asked, world.starts_with) == ([2], 2)
    assert (world.running.server.max_items, world.running.server.port) == (2, 8080)
    world.consumer.answer()
    assert world.reload.look() == Answer(True, CHANGED)


def test_nothing_changes_where_the_web_refuses(world: World) -> None:
    world.reload.look()
    world.web.answer("no")
    assert world.reload.look() == Answer(False, [f"{reloads.STAY}: web refuses: no"])
    assert (world.consumer.asked, world.starts_with) == ([], 1)
    assert world.running.server.max_items == 1


def test_a_web_that_only_answers_too_late_goes_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.reload.look()
    world.reload._until = 0.0
    ended = world.reload.look()
    assert ended and not ended.is_done and "web did not answer within" in ended.said[0]
    assert (world.web.asked, world.starts_with) == ([2, 1], 1)


def test_nothing_changes_where_the_web_ends_meanwhile(world: World) -> None:
    world.reload.look()
    world.web.process = None
    ended = world.reload.look()
    assert ended and "web has ended" in ended.said[0]
    assert world.starts_with == 1


def test_it_names_a_consumer_that_does_not_take_them(world: World) -> None:
    world.reload.look()
    world.web.answer()
    world.reload.look()
    world.reload._until = 0.0
    ended = world.reload.look()
    assert ended and not ended.is_done
    assert ended.said[:2] == CHANGED and ended.said[2].startswith("consumer did not answer")


def test_a_consumer_that_starts_has_them_without_being_told(world: World) -> None:
    world.reload.look()
    world.web.answer()
    world.consumer.process = None
    assert world.reload.look() == Answer(True, CHANGED)


def test_a_half_is_told_only_once_it_is_ready(world: World) -> None:
    """Before, a hangup could end it."""
    world.web.is_ready = False
    assert world.reload.look() is None and world.web.asked == []
    world.web.is_ready = True
    assert world.reload.look() is None and world.web.asked == [2]


def test_a_file_that_is_gone_is_a_mistake(world: World, here: Installation) -> None:
    world.running.config_path.unlink()
    with pytest.raises(StartRefused, match="there is no such file"):
        world.begin(here)


def test_it_names_a_process_that_another_parent_has_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proctree, "holding", lambda path: {os.getpid(), 1})
    world.reload.look()
    world.web.answer()
    world.reload.look()
    world.consumer.answer()
    ended = world.reload.look()
    assert ended and ended.is_done
    assert [line.startswith("not told: process 1 (") for line in ended.said] == [False, False, True]


def test_another_machine_says_what_its_home_says(config: Config, here: Installation) -> None:
    elsewhere = replace(here, home="https://jobs.example.org")
    world = World(config, elsewhere)
    config("[cache]\nmax_mb = 1\n[queue:ai]\ntimeout_s = 2\n[type:a]\nresults_days = 1\nb = c")
    world.begin(elsewhere)
    world.reload.look()
    world.consumer.answer()
    assert world.reload.look() == Answer(True, [
        "changed: [server] max_items",
        "not changed, as the home says it: [cache] max_mb",
        "not changed, as the home says it: [queue:ai] timeout_s",
        "not changed, as the home says it: [type:a] results_days",
        "changed: [type:a] b",
    ])  # fmt: skip
