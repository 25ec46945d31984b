"""How long items of each type ran lately: the last few are kept, to say how long more will take."""

from __future__ import annotations

import random

from bellhop.database.database import query

# Of each type; a new one takes the place of any.
MOST = 64
NOTE = """
    INSERT INTO duration (type, slot, seconds) VALUES (:type, :slot, :seconds)
    ON CONFLICT (type, slot) DO UPDATE SET seconds = excluded.seconds"""
EVERY = """
    SELECT type, seconds FROM duration WHERE typeof(seconds) IN ('real', 'integer')
    ORDER BY type, seconds"""


def note(type_name: str, seconds: float) -> None:
    """Remember how long an item ran; in the transaction that records its end."""
    query(NOTE, {"type": type_name, "slot": random.randrange(MOST), "seconds": seconds})


def by_type() -> dict[str, list[float]]:
    """How long the last items of each type ran, in seconds, shortest first."""
    found: dict[str, list[float]] = {}
    for name, seconds in query(EVERY):
        found.setdefault(name, []).append(seconds)
    return found
