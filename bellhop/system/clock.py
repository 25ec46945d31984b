"""Whether the clock of the rows can be believed about ages, and what is wrong with our own."""

from __future__ import annotations

import logging

from bellhop.base.times import clock_problem, since_boot_s, wall_s
from bellhop.base.trouble import Trouble

STEP_S = 60.0
DOUBT_S = 3600.0
log = logging.getLogger("bellhop.clock")


class Clock:
    """Notices when the clock of the rows is set: whatever it says, nothing grew old at once."""

    def __init__(self) -> None:
        self._offset_s = wall_s() - since_boot_s()
        # Nobody knows what it said before this start: it may have been set meanwhile.
        self._steady_at = since_boot_s() + DOUBT_S
        self._was_set_until = 0.0
        self._wrong = Trouble(log, "%s", "the clock of this machine is right again")

    def look(self) -> float:
        """By how many seconds it was set since the last look, 0 when it was not; once a second."""
        self._wrong.note(clock_problem())
        offset_s = wall_s() - since_boot_s()
        step_s = offset_s - self._offset_s
        if abs(step_s) <= STEP_S:
            return 0.0
        self._offset_s = offset_s
        self._steady_at = self._was_set_until = since_boot_s() + DOUBT_S
        log.warning("the clock changed by %+.0f s; Bellhop deletes nothing for an hour", step_s)
        return step_s

    def is_steady(self) -> bool:
        """False for an hour after a start, and after it was set by more than a minute."""
        return since_boot_s() >= self._steady_at

    def was_set(self) -> bool:
        """Whether it was set by more than a minute within the last hour."""
        return since_boot_s() < self._was_set_until
