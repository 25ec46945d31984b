"""What the parent does before it starts web and consumer."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from bellhop.parent.beginning import Caught, outlast
from bellhop.service.manager import Manager


@pytest.mark.parametrize(("number", "is_stopped"), [(signal.SIGTERM, True), (None, False)])
def test_it_ends_a_preparation_that_waits_when_it_is_asked_to_stop(
    number: signal.Signals | None, is_stopped: bool
) -> None:
    """A machine that is newer than its home waits for that, however long it takes."""
    heard, told = os.pipe()
    os.set_blocking(heard, False)
    child = subprocess.Popen(["sleep", "600" if number else "0"])
    os.write(told, bytes([number or signal.SIGCHLD]))
    assert outlast(child, Caught(heard, True), Manager({})) is is_stopped
    assert child.returncode == (-signal.SIGTERM if number else 0)
    os.close(heard)
    os.close(told)
