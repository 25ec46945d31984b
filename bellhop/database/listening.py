"""Hears what is sent to a channel of a PostgreSQL server."""

from __future__ import annotations

import select
import time
from typing import Any

# After so much silence it is asked whether anybody is there, who answers within so long.
SILENT_S, ANSWER_S = 10.0, 3.0


class Listener:
    """A connection that hears what is sent to a channel. Every error means that it is lost."""

    def __init__(self, connection: Any, channel: str):
        """`connection` is a new one of postgresql.py, `channel` a word."""
        self._connection = connection
        self._connection.answer_s = ANSWER_S
        self._connection.execute(f'LISTEN "{channel}"')
        self._heard_at = time.monotonic()

    def wait(self, timeout_s: float) -> list[str]:
        """The messages that came, as soon as there is one, else none after `timeout_s`."""
        select.select([self._connection], [], [], timeout_s)
        messages = self._arrived()
        # Keepalives are answered also by a server that stands still, and by whatever is between.
        if not messages and time.monotonic() - self._heard_at > SILENT_S:
            self._connection.execute("SELECT 1")
            self._heard_at = time.monotonic()
            messages = self._arrived()
        return messages

    def _arrived(self) -> list[str]:
        messages = [each.payload for each in self._connection.notifies(timeout=0)]
        self._heard_at = time.monotonic() if messages else self._heard_at
        return messages

    def close(self) -> None:
        self._connection.close()
