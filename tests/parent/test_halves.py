"""A half, as its parent has it."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys

import pytest

from bellhop.parent.halves import Child

WAITS = [sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read()"]


@pytest.mark.parametrize("is_asked", [True, False])
def test_it_warns_of_no_end_that_its_parent_asked_for(
    caplog: pytest.LogCaptureFixture, *, is_asked: bool
) -> None:
    """Also before it catches signals, as when it was started a moment ago."""
    caplog.set_level(logging.INFO)
    child = Child("web", WAITS)
    assert child.start() and child.process
    if is_asked:
        child.signal(signal.SIGUSR2)
    else:
        child.process.send_signal(signal.SIGUSR2)
    assert not child.hear()
    (record,) = caplog.records
    assert record.getMessage() == "web ended with status -12"
    assert (record.levelno == logging.INFO) is is_asked


def test_it_is_started_later_where_that_cannot_be_done_now(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As while an interpreter is replaced; its parent goes on."""
    child = Child("web", ["/nowhere/python"])
    assert not child.start() and child.process is None
    assert "web cannot be started: /nowhere/python: No such file or directory" in caplog.text


def test_it_is_started_later_where_the_system_has_no_descriptors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full() -> None:
        raise OSError(errno.ENFILE, os.strerror(errno.ENFILE))

    monkeypatch.setattr(os, "pipe", full)
    child = Child("web", WAITS)
    assert not child.start() and child.process is None
