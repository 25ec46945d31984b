"""What a running web or consumer does when it is asked to take other settings."""

from __future__ import annotations

import argparse
import fcntl
import os
from collections.abc import Callable
from contextlib import nullcontext

import pytest

from bellhop.base.errors import StartRefused
from bellhop.cli import run, start
from bellhop.reloading import handed
from bellhop.reloading.handed import Handed
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.system.locks import take_lock

Config = Callable[[str], Settings]


def heard(settings: Settings, here: Installation, command: str) -> str:
    """What its parent hears of a half that is asked for [cache] max_mb = 7."""
    ours = Handed(settings)
    ours.ask("[cache]\nmax_mb = 7")
    reading, writing = os.pipe()
    given = argparse.Namespace(command=command, settings_fd=ours.descriptor, ready_fd=writing)
    run._reload(settings, here, given)()
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        return pipe.read()


def refuse(*_: object) -> None:
    raise StartRefused("others can read it")


def test_it_tells_its_parent_that_it_took_them(config: Config, here: Installation) -> None:
    settings = config("")
    assert heard(settings, here, "web") == "1\n"
    assert settings.cache.max_mb == 7


def test_the_web_takes_nothing_that_a_start_would_refuse(
    config: Config, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "require_private_secrets", refuse)
    settings = config("")
    assert heard(settings, here, "web") == "1 others can read it\n"
    assert settings.cache.max_mb == 1024


def test_the_consumer_takes_what_the_web_has_taken(
    config: Config, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "require_private_secrets", refuse)
    assert heard(config(""), here, "consumer") == "1\n"


@pytest.mark.parametrize("is_handed", [True, False])
def test_who_may_read_the_file_is_asked_of_whoever_has_read_it(
    loaded: Settings, here: Installation, monkeypatch: pytest.MonkeyPatch, *, is_handed: bool
) -> None:
    """A half that died is started again, also where somebody has changed the rights of the file."""
    start.prepare(loaded)
    monkeypatch.setattr(start, "require_private_secrets", refuse)
    monkeypatch.setattr(handed, "_given", [loaded] if is_handed else [])
    alive = take_lock(here.folder / "alive.lock", fcntl.LOCK_SH)
    assert alive is not None
    try:
        with nullcontext() if is_handed else pytest.raises(StartRefused):
            start.prepare(loaded)
    finally:
        os.close(alive)


def test_a_mistake_of_bellhop_itself_is_answered_too(
    config: Config, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "take", None)
    assert heard(config(""), here, "web") == "1 see Bellhop's log\n"
