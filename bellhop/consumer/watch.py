"""What a worker does beside its job process while an item runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from bellhop.base.trouble import Trouble
from bellhop.database.database import database, fault_of, line_of, will_pass
from bellhop.jobprocess.outcome import Cancelled, Interrupted, Stop
from bellhop.jobs import lifecycle
from bellhop.jobs.lifecycle import Claim

LEASE_RENEWAL_S = 20.0
RENEW_AGAIN_S = 2.0  # where it could not be renewed
PROGRESS_EVERY_S = 0.2
RECORD_AGAIN_S = 0.5
Done = TypeVar("Done")


class Watch:
    """What a worker does besides waiting: show progress, renew the lease, hear a cancel."""

    def __init__(
        self,
        claim: Claim,
        is_grace_over: Callable[[], bool],
        waiting: set[int],
        recording: Trouble,
    ):
        """`waiting` gets the item's row id while it cannot be recorded, `recording` the reason."""
        self._claim, self._is_grace_over = claim, is_grace_over
        self._waiting, self._recording = waiting, recording
        self._unshown: tuple[int, str] | None = None
        self._partial: str | None = None
        self._shown = 0, ""
        now = time.monotonic()
        self._show_at = now
        self._renew_at = now + LEASE_RENEWAL_S

    def on_progress(self, percent: int, step: str) -> None:
        self._unshown = percent, step
        if time.monotonic() >= self._show_at:
            self._show()

    def on_partial(self, data: str) -> None:
        self._partial = data
        self.on_progress(*(self._unshown or self._shown))

    def why_stop(self) -> Stop | None:
        """Asked four times a second while a job runs."""
        if self._is_grace_over():
            return Interrupted()
        try:
            return self._ask_rows()
        except Exception as error:
            self._bear(error)
            return None
        finally:
            database.close()  # no connection is held while a job runs

    def _ask_rows(self) -> Stop | None:
        if self._unshown:
            self._show()
        if not self.keep_lease():
            return Interrupted()  # somebody else has it: whatever we record is refused
        return Cancelled() if lifecycle.cancel_asked(self._claim) else None

    def keep_lease(self) -> bool:
        """Renew the lease when it is time; False when the claim was given away."""
        if time.monotonic() < self._renew_at:
            return True
        self._renew_at = time.monotonic() + RENEW_AGAIN_S
        is_held = lifecycle.renew(self._claim)
        self._renew_at = time.monotonic() + LEASE_RENEWAL_S
        return is_held

    def when_it_can_be(
        self, act: Callable[[], Done], may_bear: Callable[[Exception], bool] = will_pass
    ) -> Done:
        """What `act` gives; while the disk is full or the database busy, it is tried again.

        Until the grace of a stop is over: then the item stays claimed, and is adopted later.
        """
        try:
            while True:
                try:
                    return act()
                except Exception as error:
                    if self._is_grace_over() or not may_bear(error):
                        raise
                    self._bear(error)
                    self._waiting.add(self._claim.id)
                time.sleep(RECORD_AGAIN_S)
                self.bear_with(self.keep_lease)
        finally:
            self._waiting.discard(self._claim.id)

    def when_it_can_be_read(self, ask: Callable[[], Done]) -> Done:
        """The same of what only asks the rows: whatever else is short is for its caller."""
        return self.when_it_can_be(ask, lambda error: fault_of(error) is not None)

    def bear_with(self, act: Callable[[], object]) -> None:
        """Do what may be left undone while nothing can be recorded."""
        try:
            act()
        except Exception as error:
            self._bear(error)

    def _bear(self, error: Exception) -> None:
        """An item runs on while nothing can be recorded; every other error ends it."""
        if not will_pass(error):
            raise error
        self._recording.note(line_of(error))

    def _show(self) -> None:
        assert self._unshown is not None
        self._show_at = time.monotonic() + PROGRESS_EVERY_S
        self.bear_with(self._show_now)

    def _show_now(self) -> None:
        assert self._unshown is not None
        lifecycle.progress(self._claim, *self._unshown, self._partial)
        self._shown, self._unshown, self._partial = self._unshown, None, None
