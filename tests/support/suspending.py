"""Processes that stand still for a while."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

from tests.support.running import state_of, wait_for


@contextlib.contextmanager
def suspended(pid: int) -> Iterator[None]:
    """A process stands still (SIGSTOP); each of its threads does so, which takes a moment."""
    os.kill(pid, signal.SIGSTOP)
    try:
        threads = f"/proc/{pid}/task"
        wait_for(
            lambda: all(state_of(f"{threads}/{it}/stat") in "TZX" for it in os.listdir(threads))
        )
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
