"""Where the parent listens after a restart, and who waits at the old address."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator

import pytest

from bellhop.parent import place
from bellhop.parent.handover import Handover
from bellhop.parent.place import Place
from bellhop.settings.settings import Settings
from bellhop.system import listener
from bellhop.system.passage import Passage

Config = Callable[[str], Settings]


@pytest.fixture
def undo() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def at(config: Config, host: str, port: int) -> Settings:
    return config(f"[server]\nhost = {host}\nport = {port}")


def left(found: Place) -> Handover:
    """What the program at a place leaves to the next."""
    return Handover("", "", found.bound_for, found.socket.detach(), connections=found.connections)


def test_it_keeps_the_socket_for_the_same_address(
    config: Config, undo: contextlib.ExitStack
) -> None:
    settings = at(config, "127.0.0.1", 0)
    before = left(place.listen(settings, None))
    undo.callback(Passage(before.connections).close)
    found = place.listen(settings, before)
    undo.enter_context(found.socket)
    assert found == Place(found.socket, before.bound_for, before.connections)
    assert found.socket.fileno() == before.listener


def test_it_loses_nobody_who_waits_at_the_old_address(
    config: Config, undo: contextlib.ExitStack
) -> None:
    first = place.listen(at(config, "127.0.0.1", 0), None)
    passage = Passage(first.connections)
    undo.callback(passage.close)
    port = first.socket.getsockname()[1]
    clients = [undo.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(3)]
    found = place.listen(at(config, "0.0.0.0", port), left(first))
    undo.enter_context(found.socket)
    assert (found.bound_for, found.problem) == (f"0.0.0.0:{port}", "")
    waited = [undo.enter_context(each) for each in passage.take()]
    assert [each.getpeername() for each in waited] == [each.getsockname() for each in clients]


def test_it_stays_where_the_new_address_was_taken_since_the_trial(
    config: Config, undo: contextlib.ExitStack
) -> None:
    before = left(place.listen(at(config, "127.0.0.1", 0), None))
    undo.callback(Passage(before.connections).close)
    taken = undo.enter_context(socket.create_server(("127.0.0.1", 0)))
    settings = at(config, "127.0.0.1", taken.getsockname()[1])
    found = place.listen(settings, before)
    undo.enter_context(found.socket)
    assert found.bound_for == before.bound_for != listener.wanted(settings)
    assert "stop the program that uses it" in found.problem
