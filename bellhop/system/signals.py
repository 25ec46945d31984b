"""The signals that ask a process to stop: whoever sends them, and to how many processes at once.

`systemctl stop` sends SIGTERM to each process of a control group, a terminal SIGINT and SIGQUIT to
a process group, and SIGHUP when it closes. All of them mean the same, and often several come.
"""

from __future__ import annotations

import signal
from collections.abc import Callable

STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
# What a parent sends to its halves when it is asked again.
AT_ONCE = signal.SIGUSR1


def on_stop(act: Callable[[int, object], object]) -> None:
    """Call `act` in the main thread at each of them, with its number.

    A hangup that whoever started this process has it ignore (nohup(1)) stays ignored.
    """
    for number in STOPS:
        if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN):
            signal.signal(number, act)
