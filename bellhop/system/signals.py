"""The signals that ask a process to stop: whoever sends them, and to how many processes at once.

`systemctl stop` sends SIGTERM to each process of a control group, a terminal SIGINT and SIGQUIT to
a process group, and SIGHUP when it closes. All of them mean the same, and often several come.
Where there is no terminal that could close, SIGHUP asks for other settings instead.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
# What a parent sends to its halves when it is asked again.
AT_ONCE = signal.SIGUSR1
# What asks a parent to become the program that is installed now, and what it sends to its web then.
RESTART = signal.SIGUSR2
# What asks a parent for the settings of now, also in a terminal; its halves hear SIGHUP of it.
RELOAD = signal.SIGUSR1
OF_A_PARENT = (*STOPS, RESTART, RELOAD)


def on_stop(
    act: Callable[[int, object], object], reload: Callable[[int, object], object] | None = None
) -> None:
    """Call `act` in the main thread at each of them, with its number.

    A hangup that whoever started this process has it ignore (nohup(1)) stays ignored. Without a
    terminal it calls `reload`, if there is one, also then: a parent asks its halves so.
    """
    for number in STOPS:
        if number == signal.SIGHUP and reload and not has_terminal():
            signal.signal(number, reload)
        elif number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, act)


def has_terminal() -> bool:
    """Whether this process has a controlling terminal; once that has hung up, it has none."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


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
