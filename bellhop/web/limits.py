"""How often one account, or one address without a login, may ask, and how much at once."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator

from bellhop.accounts.access import ANYBODY, User
from bellhop.base.addresses import network
from bellhop.base.errors import Problem
from bellhop.settings.settings import Settings

MINUTE_S = 60.0
# Costly requests of one account that are answered at once; how many of all may wait, for how long.
MOST_COSTLY, MOST_WAITING, COSTLY_PATIENCE_S = 2, 1, 0.25
# Buckets that are remembered; beyond, those that are full again are forgotten.
MOST_BUCKETS = 10_000


class Rates:
    """A bucket of requests for each who asks: it holds a minute's worth and fills evenly."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    @property
    def _per_minute(self) -> int:
        return self._settings.limits.requests_per_minute

    def take(self, user: User | None, address: str) -> None:
        """Count one request; raises the problem of one too many."""
        if not self._per_minute or user is ANYBODY:
            return
        who = f"account {user.name}" if user else f"address {network(address)}"
        now = time.monotonic()
        with self._lock:
            left = self._left(who, now)
            if left >= 1:
                self._buckets[who] = left - 1, now
            if len(self._buckets) > MOST_BUCKETS:
                full = [w for w in self._buckets if self._left(w, now) >= self._per_minute]
                for other in full:
                    del self._buckets[other]
        if left < 1:
            said = f"You sent more than {self._per_minute} requests in a minute; wait a moment."
            raise Problem("too-many-requests", said, retry_after_s=1)

    def _left(self, who: str, now: float) -> float:
        left, at = self._buckets.get(who, (float(self._per_minute), now))
        return min(self._per_minute, left + (now - at) * self._per_minute / MINUTE_S)


class Turns:
    """Costly requests: a few of each account are answered at once.

    A further one waits for a moment, as far as few others do: who waits holds a thread.
    """

    def __init__(self) -> None:
        self._answered: Counter[str] = Counter()
        self._waiting = 0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def turn(self, user: User | None) -> Iterator[None]:
        """Until the block ends, answer one of `user`; raises the problem of one too many."""
        if user is None or user is ANYBODY:
            yield
            return
        with self._changed:
            if not self._is_free(user.name):
                said = f"Bellhop answers {MOST_COSTLY} such requests of one account at a time."
                raise Problem("too-many-requests", said, retry_after_s=1)
            self._answered[user.name] += 1
        try:
            yield
        finally:
            with self._changed:
                self._answered[user.name] -= 1
                self._answered += Counter()  # without those of whom nothing is left
                self._changed.notify_all()

    def _is_free(self, name: str) -> bool:
        """Whether an account may have one more, after a moment at most."""
        if self._answered[name] < MOST_COSTLY:
            return True
        if self._waiting >= MOST_WAITING:
            return False
        self._waiting += 1
        try:
            return self._changed.wait_for(
                lambda: self._answered[name] < MOST_COSTLY, COSTLY_PATIENCE_S
            )
        finally:
            self._waiting -= 1
