"""How much one account, or one address without a login, may ask for."""

from __future__ import annotations

import ipaddress
import threading
import time

from bellhop.accounts.access import ANYBODY, User
from bellhop.base.errors import Problem
from bellhop.base.settings import Settings
from bellhop.base.units import MEBIBYTE
from bellhop.jobs import queries

MINUTE_S = 60.0
# Buckets that are remembered; beyond, those that are full again are forgotten.
MOST_BUCKETS = 10_000
JOBS_AGAIN_S = 30
COUNT_EVERY_S = 0.5


class Rates:
    """A bucket of requests for each who asks: it holds a minute's worth and fills evenly."""

    def __init__(self, per_minute: int):
        self._per_minute = per_minute
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

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
            said = f"More than {self._per_minute} requests in a minute; wait a moment."
            raise Problem("too-many-requests", said, retry_after_s=1)

    def _left(self, who: str, now: float) -> float:
        left, at = self._buckets.get(who, (float(self._per_minute), now))
        return min(self._per_minute, left + (now - at) * self._per_minute / MINUTE_S)


class Lines:
    """How many items wait in each queue; to count 100,000 takes longer than to accept a job.

    So they are counted twice a second at most, and what comes in between is added.
    """

    def __init__(self, most: int):
        self._most = most
        self._known: dict[str, tuple[float, int]] = {}

    def join(self, queue: str, items: int) -> None:
        """Refuse what would make a queue longer than it may be."""
        if not self._most:
            return
        counted_at, count = self._known.get(queue, (0.0, 0))
        if (now := time.monotonic()) > counted_at + COUNT_EVERY_S:
            counted_at, count = now, queries.queued_in(queue, self._most)
        if count + items > self._most:
            said = f"{count} items wait in the queue {queue} already; submit it again later."
            raise Problem("too-many-jobs", said, retry_after_s=JOBS_AGAIN_S)
        self._known[queue] = counted_at, count + items


def submit_problem(settings: Settings, user: User, length: int) -> Problem | None:
    """Why an account may submit no job of `length` bytes now.

    Asked before they are read, and again when they were: that may have taken hours.
    """
    if user is ANYBODY:
        return None
    limits = settings.limits
    most = limits.jobs_per_account
    if most and queries.unfinished_jobs(user.name, most) >= most:
        said = f"{user.name} has {most} jobs that are not final; wait for some of them to end."
        return Problem("too-many-jobs", said, retry_after_s=JOBS_AGAIN_S)
    if limits.mb_per_account:
        held = queries.stored_bytes(user.name)
        if held + length > limits.mb_per_account * MEBIBYTE:
            said = (
                f"The jobs of {user.name} hold {held >> 20} MiB, and may hold "
                f"{limits.mb_per_account} MiB. Delete some that are final."
            )
            return Problem("quota-full", said)
    return None


def network(text: str) -> str:
    """What counts as one address: of IPv6 the /64, which one subscriber has to themselves."""
    try:
        known = ipaddress.ip_address(text)
    except ValueError:
        return text
    return text if known.version == 4 else str(ipaddress.ip_network((known, 64), strict=False))
