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


def test_it_waits_in_peace_for_what_takes_long_to_stop() -> None:
    """Whoever asks twice would have it look without pause until then."""
    heard, told = os.pipe()
    os.set_blocking(heard, False)
    command = "trap '' TERM; echo; sleep 0.3; exit"
    child = subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE)
    assert child.stdout and child.stdout.readline()
    looks: list[set[int]] = []

    class Asked(Caught):
        def numbers(self) -> set[int]:
            looks.append(super().numbers())
            if len(looks) == 1:
                os.write(told, bytes([signal.SIGTERM]))
            return looks[-1]

    class Counted(Manager):
        beats = 0

        def beat(self) -> None:
            self.beats += 1

    os.write(told, bytes([signal.SIGTERM]))
    manager = Counted({})
    assert outlast(child, Asked(heard, True), manager)
    assert manager.beats < 5
    os.close(heard)
    os.close(told)
    child.stdout.close()
