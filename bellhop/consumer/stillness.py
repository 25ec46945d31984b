"""For how long something has stood still, as far as somebody who looks again and again can tell."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping
from typing import TypeVar

# Longer than others wait for the write lock when a machine dies that holds it (6 s), as a keeper
# that looks also writes; shorter than an outage in which the lease of a consumer that lives ends.
LOOK_GAP_S = 8.0
Key = TypeVar("Key", bound=Hashable)


class Stillness:
    """Of values that are looked at once a second, by this process's own clock.

    After a gap between two looks everything is measured anew: while nobody could look, perhaps
    nobody could change anything either.
    """

    def __init__(self) -> None:
        self._since: dict[object, tuple[object, float]] = {}
        self._looked_at = self._asked = float("-inf")

    def look(self, values: Mapping[Key, object], asked: float) -> dict[Key, float]:
        """For how many seconds each of the values, for which was `asked` then, is the same.

        Never too many: from the answer that gave it first to the last question.
        """
        now = time.monotonic()
        before = self._since if now - self._looked_at <= LOOK_GAP_S else {}
        self._looked_at = now
        self._since = {
            key: before[key] if key in before and before[key][0] == value else (value, now)
            for key, value in values.items()
        }
        self._asked = asked
        return {key: self.still_s(key, value) for key, value in values.items()}

    def still_s(self, key: object, value: object) -> float:
        """For how long something was this value at the last look; 0 if it was another."""
        known, since = self._since.get(key, (None, 0.0))
        return self._asked - since if known == value else 0.0
