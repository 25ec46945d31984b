"""What a parent hands to its processes: the same settings, whenever one of them starts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bellhop.reloading import handed
from bellhop.reloading.handed import Handed
from bellhop.settings.settings import Settings

Config = Callable[[str], Settings]
BEFORE, AFTER = "[server]\nport = 1\nmax_items = 1", "[server]\nport = 2\nmax_items = 2"


@pytest.fixture(autouse=True)
def _given(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process was given is not for the tests of others."""
    monkeypatch.setattr(handed, "_given", [])


def of(settings: Settings) -> tuple[int, int]:
    return settings.server.port, settings.server.max_items


def test_a_process_starts_with_what_the_parent_has_whatever_the_file_says(config: Config) -> None:
    running = config(BEFORE)
    ours = Handed(running)
    running.config_path.write_text("nonsense")
    settings = handed.begun(ours.descriptor)
    assert of(settings) == (1, 1)
    assert handed.begun() is settings  # what is imported later, as tasks.py


def test_what_is_asked_for_holds_once_the_parent_says_so(config: Config) -> None:
    ours = Handed(config(BEFORE))
    number = ours.ask(config(AFTER).text)
    asked = handed.asked(ours.descriptor)
    assert (asked.number, of(asked.settings())) == (number, (2, 2))
    assert of(handed.begun(ours.descriptor)) == (1, 1)
    ours.hold()
    assert of(handed.begun(ours.descriptor)) == (1, 2)  # a port needs a restart


def test_what_is_withdrawn_is_asked_for_no_more(config: Config) -> None:
    ours = Handed(config(BEFORE))
    number = ours.ask(config(AFTER).text)
    ours.withdraw()
    asked = handed.asked(ours.descriptor)
    assert of(asked.settings()) == (1, 1) and asked.number > number


def test_a_process_starts_also_where_others_may_read_the_file_by_now(config: Config) -> None:
    """A parent starts web and consumer again whenever they die; the file was private when read."""
    running = config("[notices]\nsmtp_password = secret")
    ours = Handed(running)
    running.config_path.chmod(0o644)
    assert handed.begun(ours.descriptor).notices.smtp_password == "secret"
