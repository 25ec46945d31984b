"""A program that would take the place of one that runs: what it says of rows and address."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator

import pytest

from bellhop.base.errors import StartRefused
from bellhop.cli import rehearsal, start
from bellhop.database.database import database
from bellhop.parent.handover import Handover
from bellhop.settings.settings import Settings
from bellhop.storage.installation import ALIVE, Installation
from bellhop.system import listener
from tests.support.programs import ADDS, later

Config = Callable[[str], Settings]
ENGINES = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def old(config: Config) -> Iterator[Handover]:
    """A Bellhop that listens on any port of 127.0.0.1."""
    settings = config("[server]\nport = 0")
    ours = listener.bind(settings)
    place = f"127.0.0.1:{ours.getsockname()[1]}"
    yield Handover(os.path.realpath(settings.data_dir), "", place, listener=ours.fileno())
    with contextlib.suppress(OSError):
        ours.close()


@pytest.fixture
def started(loaded: Settings, here: Installation) -> Iterator[Settings]:
    """An installation that this program has started on."""
    start.prepare(loaded)
    yield loaded
    database.close_all()


def port_of(old: Handover) -> str:
    return old.bound_for.partition(":")[2]


def test_it_could_have_what_bellhop_itself_has(config: Config, old: Handover) -> None:
    settings = config(f"[server]\nhost = 0.0.0.0\nport = {port_of(old)}")
    rehearsal._require_address(settings, old)


def test_it_says_that_another_program_has_the_port(config: Config, old: Handover) -> None:
    with socket.create_server(("127.0.0.2", int(port_of(old)))):
        settings = config(f"[server]\nhost = 0.0.0.0\nport = {port_of(old)}")
        with pytest.raises(StartRefused, match="the program that uses it"):
            rehearsal._require_address(settings, old)


@ENGINES
def test_it_could_migrate_what_only_the_running_bellhop_uses(
    started: Settings, old: Handover, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch)(ADDS)
    rehearsal.run(started, old.text())


@ENGINES
def test_it_says_that_another_process_is_in_the_way_of_a_migration(
    started: Settings, old: Handover, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of this process, which counts as no child of that Bellhop."""
    later(monkeypatch)(ADDS)
    monkeypatch.setattr("os.getppid", lambda: 1 << 30)
    said = f"needs a migration, and process {os.getpid()} uses it"
    with (started.data_dir / ALIVE).open("a"), pytest.raises(StartRefused, match=said):
        rehearsal.run(started, old.text())
