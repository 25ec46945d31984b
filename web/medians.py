"""How long items of each type take, known for a moment: every view of a waiting job asks."""

from __future__ import annotations

import statistics
import time

import queries

MEDIANS_FOR_S = 2.0


class Medians:
    """The median duration of each type in seconds, asked for again every two seconds."""

    def __init__(self) -> None:
        self._known: dict[str, float] = {}
        self._until = 0.0

    def get(self) -> dict[str, float]:
        if time.monotonic() >= self._until:
            self._until = time.monotonic() + MEDIANS_FOR_S
            measured = queries.durations()
            self._known = {name: statistics.median(found) for name, found in measured.items()}
        return self._known
