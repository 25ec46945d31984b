"""What the parent tells systemd: that it is ready, reloads, stops, and lives (sd_notify(3))."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Mapping

# Of the time after which systemd takes a silent service for dead: sd_watchdog_enabled(3) asks for
# half of it, and a busy machine may be late.
BEATS_PER_LIMIT = 3
# A manager that starts many services may read late.
BUSY_S = 1.0


class Manager:
    """The service manager that started this process, if there is one; else nobody hears.

    What it cannot be told is left out: Bellhop serves also where its manager does not listen.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ):
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._every_s = _limit_s(environment) / BEATS_PER_LIMIT
        self._next_beat = time.monotonic()

    def is_ready(self) -> None:
        """All parts serve: whoever waits for this service can start."""
        self._tell("READY=1")

    def reloads(self) -> None:
        """It takes other settings, or another program; `is_ready` follows."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stops(self) -> None:
        self._tell("STOPPING=1")

    def beat(self) -> None:
        """Say that this process lives, if it is time to."""
        if self._every_s and time.monotonic() >= self._next_beat:
            self._next_beat = time.monotonic() + self._every_s
            self._tell("WATCHDOG=1")

    def wait_s(self) -> float | None:
        """How long it may wait with its next beat; None where none is asked for."""
        return max(0.0, self._next_beat - time.monotonic()) if self._every_s else None

    def _tell(self, state: str) -> None:
        if self._address:
            # The name of an abstract socket begins with a zero (unix(7)).
            name = "\0" + self._address[1:] if self._address[0] == "@" else self._address
            with (
                contextlib.suppress(OSError),
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s,
            ):
                s.settimeout(BUSY_S)
                s.sendto(state.encode(), name)


def _limit_s(environment: Mapping[str, str]) -> float:
    """After how long without a beat this process is ended; 0: never (sd_watchdog_enabled(3))."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    with contextlib.suppress(ValueError):
        return int(environment.get("WATCHDOG_USEC", "0")) / 1e6
    return 0.0
