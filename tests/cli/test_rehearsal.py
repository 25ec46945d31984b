"""A program that would take the place of one that runs: what it says of the address."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from bellhop.base.errors import StartRefused
from bellhop.base.settings import Settings
from bellhop.cli import rehearsal


@pytest.fixture
def taken() -> Iterator[int]:
    """The port on which somebody listens at 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_it_says_that_bellhop_itself_has_the_port(
    config: Callable[[str], Settings], taken: int
) -> None:
    settings = config(f"[server]\nhost = 0.0.0.0\nport = {taken}")
    with pytest.raises(StartRefused, match=r"^Bellhop itself has the port, .*; stop Bellhop"):
        rehearsal._require_address(settings, f"127.0.0.1:{taken}")


def test_it_says_that_another_program_has_the_port(
    config: Callable[[str], Settings], taken: int
) -> None:
    settings = config(f"[server]\nport = {taken}")
    with pytest.raises(StartRefused, match="the program that uses it"):
        rehearsal._require_address(settings, "127.0.0.1:1")
