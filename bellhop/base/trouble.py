"""Something that is broken for a while, said once when it breaks and once when it works again."""

from __future__ import annotations

import logging
import threading
import time


class Trouble:
    """`broken` and `mended` are the two lines of the log; `broken` holds one %s, the reason."""

    def __init__(self, log: logging.Logger, broken: str, mended: str):
        self._log, self._broken, self._mended = log, broken, mended
        self._lock = threading.Lock()
        self._broke_at = 0.0
        self.reason: str | None = None

    def note(self, reason: str | None, began: float | None = None) -> None:
        """Note what is wrong, None when nothing is.

        What went well and `began` (monotonic seconds) before the trouble tells nothing of it.
        """
        with self._lock:
            if reason is None and began is not None and began < self._broke_at:
                return
            if reason is not None:
                self._broke_at = time.monotonic()
            is_news = (reason is None) != (self.reason is None)
            self.reason = reason
        if is_news and reason:
            self._log.warning(self._broken, reason)
        elif is_news:
            self._log.info(self._mended)
