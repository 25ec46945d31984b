"""What a job process is handed ahead: orders that it begins by itself, one after the other.

A worker and its process that wake each other for each item need longer than a quick item does. So
the worker hands over several orders at once, with a permit for each but the first. Whoever takes a
permit decides: the process that the next item begins, or the worker that it does not.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import termios
from collections import deque
from collections.abc import Iterable, Sequence

from bellhop.jobprocess.order import Order
from bellhop.system import proctree

NONE_UNREAD = bytes(4)
# How many items are handed over ahead, and the longest of them, in characters of its JSON.
MOST_AHEAD, MOST_AHEAD_LENGTH = 64, 16_384


class Permits:
    """A number that two processes take from, by one at a time (eventfd(2))."""

    def __init__(self, descriptor: int | None = None):
        """The one behind a descriptor that this process inherited, or a new one."""
        flags = os.EFD_SEMAPHORE | os.EFD_NONBLOCK | os.EFD_CLOEXEC
        self.descriptor = os.eventfd(0, flags) if descriptor is None else descriptor

    def give(self, number: int) -> None:
        os.eventfd_write(self.descriptor, number)

    def take(self) -> bool:
        """Take one; False when there is none, or a job closed the descriptor."""
        with contextlib.suppress(OSError):
            return os.eventfd_read(self.descriptor) == 1
        return False

    def close(self) -> None:
        os.close(self.descriptor)


class Ahead:
    """What a process was handed ahead, as its worker knows it."""

    def __init__(self) -> None:
        # How many are worth it: one of items that print or write, as they are followed by none.
        self.room = MOST_AHEAD
        self.permits = Permits()
        self._orders: deque[Order] = deque()
        self._has_begun = False

    @property
    def begun(self) -> Order | None:
        """What the process has begun by itself, once the answer to the one before says so."""
        return self._orders[0] if self._has_begun else None

    def hand_over(self, orders: Iterable[Order]) -> list[Order]:
        """Permit the process to begin these, each after the one before; the same, to be sent."""
        self._orders.extend(orders)
        self.permits.give(len(self._orders))
        return [*self._orders]

    def run(self, order: Order) -> bool:
        """The worker waits for this one now; whether the process has begun it."""
        return self._has_begun and self._orders.popleft() is order

    def take_back(self) -> int:
        """Let it begin nothing more by itself; how much it has begun that has not ended."""
        while self._orders and self.permits.take():
            self._orders.pop()
        return len(self._orders)

    def go_on(self, has_begun: bool) -> bool:
        """Note whether the process says that it has begun the next one; else it begins none."""
        self._has_begun = has_begun and bool(self._orders)
        if not self._has_begun:
            self.room = 1 if self._orders else min(2 * self.room, MOST_AHEAD)
            self.take_back()
            self._orders.clear()
        return self._has_begun

    def close(self) -> None:
        """Whatever it was handed: the process is dead."""
        self._orders.clear()
        self._has_begun = False
        self.permits.close()


class Traces:
    """What an item would leave for the next one outside the memory of their process."""

    def __init__(self, folders: Sequence[str]):
        """Before any item; each of the `folders` is empty."""
        self._folders = folders
        self._before: object = None
        with contextlib.suppress(OSError):
            self._before = self._now()

    def are_none(self) -> bool:
        """Whether there was none of any item: no file, no child, and no output left to read."""
        try:
            is_read = fcntl.ioctl(1, termios.FIONREAD, NONE_UNREAD) == NONE_UNREAD
            return is_read and self._now() == self._before
        except OSError:
            return False

    def _now(self) -> tuple[object, ...]:
        # A process takes longer to start than the clock of a file system to tick.
        seen = [os.stat(folder) for folder in self._folders]
        changes = [(one.st_ino, one.st_mtime_ns, one.st_ctime_ns) for one in seen]
        return changes, proctree.children(os.getpid())
