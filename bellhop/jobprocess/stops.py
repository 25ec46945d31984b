"""How a job process answers the signals of a stop, and that it alone speaks for its job.

`systemctl stop` sends SIGTERM to each process of Bellhop, but running items have their grace. So a
job process outlives these signals while Bellhop stops. At any other time they do what they always
do, also when a job sends them to itself.
"""

from __future__ import annotations

import os
import resource
import select
import signal

from bellhop.system import proctree, signals

# Until a consumer has heard of a stop, and its worker has passed it on.
HEARD_S = 1.0
# How long what a job forked has to return too, before the result counts.
COPIES_S = 0.2


class Stop:
    """Keeps this process, but nothing that it starts, from ending by the signals of a stop.

    `heard` is a descriptor that can be read, or ends, when Bellhop stops.
    """

    def __init__(self, heard: int):
        self._heard = heard
        signals.on_stop(self._outlive)
        self._numbers = [n for n in signals.STOPS if signal.getsignal(n) == self._outlive]
        os.register_at_fork(after_in_child=self._let_go)

    def begin(self) -> None:
        """Begin an attempt: what it starts has not ended yet."""
        self._before = _faults_of_ended()

    def is_on(self) -> bool:
        """Whether Bellhop stops; who hears of it first is chance, so this waits for `HEARD_S`."""
        try:
            return bool(select.select([self._heard], [], [], HEARD_S)[0])
        except (OSError, ValueError):  # the job closed it
            return False

    def wait_if_unheard(self) -> None:
        """Wait for the stop that may have come first to the job's handlers, or to what it started.

        Asked when an attempt has failed.
        """
        has_own = any(signal.getsignal(number) != self._outlive for number in self._numbers)
        if has_own or _faults_of_ended() != self._before:
            self.is_on()

    def _outlive(self, number: int, frame: object) -> None:
        if self.is_on():
            return
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _let_go(self) -> None:
        """Let what a job forks end as usual: `Pool.terminate` waits for that."""
        for number in self._numbers:
            if signal.getsignal(number) == self._outlive:
                is_int = number == signal.SIGINT
                signal.signal(number, signal.default_int_handler if is_int else signal.SIG_DFL)


def _faults_of_ended() -> int:
    """Page faults of the children that have ended, each of which had some (getrusage(2))."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt


class Copies:
    """What a job forks is a copy of this process, and could go on in its place."""

    def __init__(self) -> None:
        self._own, self._has_forked = os.getpid(), False
        self._returned = os.eventfd(0)
        os.register_at_fork(after_in_parent=self._note)

    def leave(self) -> None:
        """End this process if it is such a copy, which returned from the job type as well."""
        if os.getpid() != self._own:
            os.eventfd_write(self._returned, 1)
            os._exit(1)

    def have_returned(self) -> bool:
        """Whether one of them did since the last time; asked when the job has returned."""
        has_forked, self._has_forked = self._has_forked, False
        if not (has_forked and proctree.children(self._own)[1:]):  # the first is the guard
            return False
        return bool(select.select([self._returned], [], [], COPIES_S)[0])

    def _note(self) -> None:
        self._has_forked = True
