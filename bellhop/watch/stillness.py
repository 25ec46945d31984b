"""Which files have stopped growing: they stayed the same over several looks and some seconds.

By the monotonic clock of this process: that of a share may be hours off, and is only compared with
itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STILL_S, EMPTY_S = 10.0, 300.0
LOOKS = 3
# Size and time of the last change, as the share tells them.
State = tuple[int, int]


@dataclass
class Seen:
    """Since when, in monotonic seconds, and in how many looks a file was as it is."""

    state: State
    since: float
    looks: int = 0


class Stillness:
    """The files that are looked at again and again."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}

    def look(self, states: Mapping[str, State], now: float) -> list[str]:
        """Those of the files that are still, after this look at `now`; others are forgotten.

        An empty file may only be created yet: it is given more time.
        """
        before, self._seen = self._seen, {}
        for name, state in states.items():
            seen = before.get(name)
            if seen is None or seen.state != state:
                seen = Seen(state, now)
            seen.looks += 1
            self._seen[name] = seen
        return [name for name, seen in self._seen.items() if _is_still(seen, now)]


def _is_still(seen: Seen, now: float) -> bool:
    return seen.looks >= LOOKS and now - seen.since >= (STILL_S if seen.state[0] else EMPTY_S)
