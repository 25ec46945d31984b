"""What is refused although nothing is wrong with it: an account or a queue has enough already."""

from __future__ import annotations

import time

from bellhop.accounts import accounts
from bellhop.accounts.access import User
from bellhop.base.errors import Problem
from bellhop.base.units import MEBIBYTE
from bellhop.jobs import queries
from bellhop.settings.settings import Settings

JOBS_AGAIN_S = 30
COUNT_EVERY_S = 0.5


class Lines:
    """How many items wait in each queue; to count 100,000 takes longer than to accept a job.

    So they are counted twice a second at most, and what comes in between is added.
    """

    def __init__(self, settings: Settings):
        self._settings = settings
        self._known: dict[str, tuple[float, int]] = {}

    @property
    def _most(self) -> int:
        return self._settings.limits.queue_items

    def join(self, queue: str, items: int) -> None:
        """Refuse what would make a queue longer than it may be."""
        if not self._most:
            return
        counted_at, count = self._known.get(queue, (0.0, 0))
        if (now := time.monotonic()) > counted_at + COUNT_EVERY_S:
            counted_at, count = now, queries.queued_in(queue, self._most)
        if count + items > self._most:
            said = f"{count} items are waiting in the queue {queue}; submit the job again later."
            raise Problem("too-many-jobs", said, retry_after_s=JOBS_AGAIN_S)
        self._known[queue] = counted_at, count + items


def require_priority(user: User, priority: int) -> None:
    """Raise the problem of who may let no job go before those of the others."""
    if priority > 0 and user.role != "admin":
        raise Problem("forbidden", "Only an admin can give a job a priority above 0.")


def submit_problem(settings: Settings, owner: str, length: int) -> Problem | None:
    """Why `owner` may have no further job of `length` bytes now; None while there are no accounts.

    Asked before the bytes are read, and again in the transaction that accepts the job: that may be
    hours later, and after others.
    """
    if not accounts.is_closed():
        return None
    limits = settings.limits
    most = limits.jobs_per_account
    if most and queries.unfinished_jobs(owner, most) >= most:
        said = f"{owner} has {most} unfinished jobs; wait for some of them to end."
        return Problem("too-many-jobs", said, retry_after_s=JOBS_AGAIN_S)
    return _quota_problem(settings, owner, length)


def require_quota(settings: Settings, owner: str, length: int) -> None:
    """Raise the problem of an owner who may store no further `length` bytes."""
    if problem := _quota_problem(settings, owner, length):
        raise problem


def _quota_problem(settings: Settings, owner: str, length: int) -> Problem | None:
    most = settings.limits.mb_per_account
    if not (most and accounts.is_closed()):
        return None
    held = queries.stored_bytes(owner)
    if held + length <= most * MEBIBYTE:
        return None
    said = (
        f"The jobs of {owner} use {held >> 20} MiB; the limit is {most} MiB. "
        "Delete some finished jobs."
    )
    return Problem("quota-full", said)
