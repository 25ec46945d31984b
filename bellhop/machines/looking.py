"""Whether somebody looks at what runs: the home tells the other machines, in a row.

They look at it once a second, and then tell what their items take; see `storage/live.py`.
"""

from __future__ import annotations

import time

from bellhop.base.times import timestamp
from bellhop.database.database import database, query
from bellhop.storage.installation import Installation
from bellhop.storage.live import LOOK_S

NAME = "looked_at"
ASK_EVERY_S = 2.0
ASK = """INSERT INTO published (name, value) VALUES (:name, :now)
    ON CONFLICT (name) DO UPDATE SET value = :now"""
IS_SHARED = "SELECT 1 FROM machine WHERE is_home = 0 LIMIT 1"


class Looking:
    """In the web, whose requests ask."""

    def __init__(self, here: Installation):
        self._is_needed = bool(here.machine)
        self._ask_at = 0.0

    def ask(self) -> None:
        """Let the other machines tell what they run, for the next moments."""
        if not self._is_needed or time.monotonic() < self._ask_at:
            return
        self._ask_at = time.monotonic() + ASK_EVERY_S
        if query(IS_SHARED):
            with database.fleeting():
                query(ASK, {"name": NAME, "now": timestamp()})


def is_asked(here: Installation) -> bool:
    """Whether somebody looks at this moment; for machines that are no home."""
    if here.is_home:
        return False
    values = {"name": NAME, "since": timestamp(-LOOK_S)}
    return bool(query("SELECT 1 FROM published WHERE name = :name AND value > :since", values))
