"""Sockets that listen, and how one takes the place of another."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator

import pytest

from bellhop.base.errors import StartRefused
from bellhop.settings.settings import Settings
from bellhop.system import listener

Config = Callable[[str], Settings]
HOSTS = ("127.0.0.1", "0.0.0.0", "localhost", "::", "::1")


@pytest.fixture
def undo() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def at(config: Config, host: str, port: int = 0) -> Settings:
    return config(f"[server]\nhost = {host}\nport = {port}")


def reached(host: str, port: int) -> socket.socket:
    """A connection to what listens at a host of this machine."""
    return socket.create_connection((host.replace("0.0.0.0", "127.0.0.1"), port), timeout=5)


@pytest.mark.parametrize("before", HOSTS)
@pytest.mark.parametrize("after", HOSTS)
def test_it_listens_at_every_address_that_only_its_own_socket_has(
    config: Config, undo: contextlib.ExitStack, before: str, after: str
) -> None:
    ours = undo.enter_context(listener.bind(at(config, before)))
    port = ours.getsockname()[1]
    new = undo.enter_context(listener.bind(at(config, after, port), ours))
    ours.close()
    undo.enter_context(reached(after, port))
    undo.enter_context(new.accept()[0])


@pytest.mark.parametrize("may_listen", [True, False])
def test_it_takes_no_address_of_which_another_program_has_a_part(
    config: Config, undo: contextlib.ExitStack, may_listen: bool
) -> None:
    ours = undo.enter_context(listener.bind(at(config, "127.0.0.1")))
    port = ours.getsockname()[1]
    undo.enter_context(socket.create_server(("127.0.0.2", port)))
    with pytest.raises(StartRefused, match="stop the program that uses it"):
        listener.bind(at(config, "0.0.0.0", port), ours, may_listen=may_listen)


def test_it_shares_with_nobody_afterwards(config: Config, undo: contextlib.ExitStack) -> None:
    ours = undo.enter_context(listener.bind(at(config, "127.0.0.1")))
    new = undo.enter_context(
        listener.bind(at(config, "0.0.0.0", ours.getsockname()[1]), ours, may_listen=False)
    )
    for each in (ours, new):
        assert each.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT) == 0
