"""Something that is broken for a while, said once when it breaks and once when it works again."""

from __future__ import annotations

import logging
import threading


class Trouble:
    """`broken` and `mended` are the two lines of the log; `broken` holds one %s, the reason."""

    def __init__(self, log: logging.Logger, broken: str, mended: str):
        self._log, self._broken, self._mended = log, broken, mended
        self._lock = threading.Lock()
        self.reason: str | None = None

    def note(self, reason: str | None) -> None:
        """Note what is wrong, None when nothing is."""
        with self._lock:
            is_news = (reason is None) != (self.reason is None)
            self.reason = reason
        if is_news and reason:
            self._log.warning(self._broken, reason)
        elif is_news:
            self._log.info(self._mended)
