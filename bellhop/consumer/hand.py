"""What one worker holds: claims that have not begun, and ends that are not recorded yet.

Quick items of one type are claimed several at once, run one after the other, and are recorded
together; their process begins most of them by itself (jobprocess/ahead.py). Nothing is held for
longer than about `HOLD_S`: what ended is recorded then, and what has not begun goes back into its
queue.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from functools import partial

from bellhop.base.killpoint import die_at
from bellhop.catalog.description import KnownType
from bellhop.consumer.lease import Lease
from bellhop.consumer.moves import Asked, End, Moves, nothing
from bellhop.consumer.watch import Watch
from bellhop.database.database import will_pass
from bellhop.jobprocess.process import JobProcess
from bellhop.jobs import lifecycle
from bellhop.jobs.lifecycle import Claim, Completion

HOLD_S = 0.05
# How often it is asked whether what has not begun may still begin.
LOOK_EVERY_S = 0.01


class Hand:
    """The hand of a worker, for items of one queue; it runs one of them at a time."""

    def __init__(
        self,
        worker: str,
        queue: str,
        moves: Moves,
        lease: Lease,
        let_go: Callable[[End, Exception], None],
        most: int,
    ):
        """`let_go` ends a claim whose end cannot be recorded; `most` is claimed at once."""
        self._worker, self._queue, self._moves, self._most = worker, queue, moves, most
        self._lease, self._let_go = lease, let_go
        # Under which lease the items were claimed.
        self.lease_number = lease.number
        self._claims: deque[Claim] = deque()
        self._ends: list[End] = []
        self._release_at = self._look_at = 0.0
        # What runs an item of this hand, and may have begun the next, which are of this type.
        self.process: JobProcess | None = None
        self.job_type: KnownType | None = None

    def is_holding(self) -> bool:
        return bool(self._claims or self._ends)

    def waiting(self) -> list[Claim]:
        """The items that have not begun, or only in its process."""
        return [*self._claims]

    def next(self) -> Claim | None:
        """The next item to run, which begins now."""
        return self._claims.popleft() if self._claims else None

    def end(
        self,
        claim: Claim,
        watch: Watch,
        move: Completion | Callable[[], bool],
        then: Callable[[bool], None] = nothing,
    ) -> None:
        """A claim ends by `move`, which `settle` makes; `then` is told whether it was recorded."""
        self._ends.append(End(claim, watch, move, then))

    def left_s(self) -> float:
        """How long what is held may still wait; infinite when nothing is."""
        left_s = max(0.0, self._release_at - time.monotonic())
        return left_s if self.is_holding() else float("inf")

    def may_go_on(self) -> bool:
        """Whether the next of the items that are held may begin."""
        now = time.monotonic()
        if not self._claims or now >= self._release_at:
            return False
        if now < self._look_at:
            return True
        self._look_at = now + LOOK_EVERY_S
        try:
            return lifecycle.stay_wanted(self._claims)
        except Exception as error:
            if not will_pass(error):
                raise
            return False

    def settle(self, *, wants_more: bool) -> None:
        """Record what ended, give back what has not begun, and claim more, in one transaction.

        While nothing can be written it is tried again, until the grace of a stop is over.
        """
        if not self._ends:
            return self._make(wants_more=wants_more)
        make = partial(self._make_renewed, wants_more=wants_more)
        return self._ends[-1].watch.when_it_can_be(make)

    def release(self) -> None:
        """Hold nothing any more, as the item that runs takes longer: once, if that can be done."""
        if self.is_holding():
            self._make(wants_more=False)

    def _make_renewed(self, *, wants_more: bool) -> None:
        """As `_make`, and what cannot be recorded now keeps its lease."""
        try:
            self._make(wants_more=wants_more)
        except Exception:
            for end in self._ends:
                end.watch.bear_with(end.watch.keep_lease)
            raise

    def _make(self, *, wants_more: bool) -> None:
        count = self.process.ahead.take_back() if self.process else 0
        begun, back = self.waiting()[:count], self.waiting()[count:]
        queue = self._queue if wants_more and not begun else ""
        asked = Asked(self._worker, self._ends, back, queue, self._most)
        number = self._lease.number
        try:
            self._moves.make(asked)
        finally:
            if asked.recorded is not None:
                self._ends, self._claims = [], deque([*begun, *asked.claims])
                self.lease_number = self.lease_number if begun else number
                now = time.monotonic()
                self._release_at, self._look_at = now + HOLD_S, now + LOOK_EVERY_S
                self._follow(asked)

    def _follow(self, asked: Asked) -> None:
        """Do what follows once ends are recorded, or cannot be."""
        for end, recorded in zip(asked.ends, asked.recorded or (), strict=True):
            if isinstance(recorded, Exception):
                self._let_go(end, recorded)
            else:
                end.then(recorded)
        if self._claims:
            die_at("claim-commit")
