"""What systemd hears of Bellhop."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bellhop.service.manager import Manager


@pytest.fixture(params=["a path", "an abstract name"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    name = str(tmp_path / "notify") if request.param == "a path" else f"@{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind("\0" + name[1:] if name[0] == "@" else name)
        heard.setblocking(False)
        yield name, heard


@pytest.mark.parametrize(
    ("tell", "first"),
    [
        (Manager.is_ready, "READY=1"),
        (Manager.reloads, "RELOADING=1"),
        (Manager.stops, "STOPPING=1"),
    ],
)
def test_it_tells_systemd(
    systemd: tuple[str, socket.socket], tell: Callable[[Manager], None], first: str
) -> None:
    tell(Manager({"NOTIFY_SOCKET": systemd[0]}))
    assert systemd[1].recv(1000).decode().splitlines()[0] == first


def test_it_says_three_times_in_each_limit_that_it_lives(
    systemd: tuple[str, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, beats = 100.0, 0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    told = Manager({"NOTIFY_SOCKET": systemd[0], "WATCHDOG_USEC": "60000000"})
    for _ in range(60):
        told.beat()
        now += 1
    with pytest.raises(BlockingIOError):
        while systemd[1].recv(1000) == b"WATCHDOG=1":
            beats += 1
    assert beats == 3
    assert told.wait_s() == 0.0


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid() + 1)},
        {"WATCHDOG_USEC": "soon"},
    ],
)
def test_it_beats_for_nobody_who_has_not_asked(environment: dict[str, str]) -> None:
    assert Manager(environment).wait_s() is None


def test_it_serves_also_where_its_manager_does_not_listen(tmp_path: Path) -> None:
    Manager({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).is_ready()


def test_it_waits_a_moment_for_a_manager_that_has_much_to_read(
    systemd: tuple[str, socket.socket],
) -> None:
    """Who did not hear that it is ready would end it."""
    address, heard = systemd
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                other.sendto(b"STATUS=busy", heard.getsockname())
    tells = threading.Thread(target=Manager({"NOTIFY_SOCKET": address}).is_ready)
    tells.start()
    tells.join(0.1)
    assert tells.is_alive()
    heard.setblocking(True)
    while heard.recv(1000) != b"READY=1":
        pass
    tells.join()
