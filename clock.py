"""Whether the wall clock can be believed about ages."""

from __future__ import annotations

import logging
import time

STEP_S = 60.0
DOUBT_S = 3600.0
log = logging.getLogger("bellhop.clock")


class Clock:
    """Notices when the wall clock is set: whatever it says then, nothing grew old at once."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()
        self._steady_at = 0.0

    def look(self) -> None:
        """Compare it with the clock that nobody can set; every second or so."""
        offset_s = time.time() - time.monotonic()
        step_s = offset_s - self._offset_s
        self._offset_s = offset_s
        if abs(step_s) > STEP_S:
            self._steady_at = time.monotonic() + DOUBT_S
            log.warning("the clock was set by %+.0f s; nothing is deleted for an hour", step_s)

    def is_steady(self) -> bool:
        """False for an hour after it was set by more than a minute."""
        return time.monotonic() >= self._steady_at
