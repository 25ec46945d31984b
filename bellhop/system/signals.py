"""The signals that ask a process to stop: whoever sends them, and to how many processes at once.

`systemctl stop` sends SIGTERM to each process of a control group, a terminal SIGINT and SIGQUIT to
a process group, and SIGHUP when it closes. All of them mean the same, and often several come.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator

STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
# What a parent sends to its halves when it is asked again.
AT_ONCE = signal.SIGUSR1
# What asks a parent to become the program that is installed now, and what it sends to its web then.
RESTART = signal.SIGUSR2
OF_A_PARENT = (*STOPS, RESTART)


def on_stop(act: Callable[[int, object], object]) -> None:
    """Call `act` in the main thread at each of them, with its number.

    A hangup that whoever started this process has it ignore (nohup(1)) stays ignored.
    """
    for number in STOPS:
        if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN):
            signal.signal(number, act)


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Let what asks a parent wait, also beyond the block where execve(2) is called in it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OF_A_PARENT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_through() -> None:
    """Take what was held back."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OF_A_PARENT)
