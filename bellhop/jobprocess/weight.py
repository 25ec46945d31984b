"""What a job process, with all that it started, is seen to hold in memory."""

from __future__ import annotations

import time
from collections.abc import Collection

from bellhop.system import proctree

EVERY_S = 0.25
MARK_BYTES = 512 * 1024 * 1024
UNBOUNDED = 1 << 62


class Weight:
    """The weight of one job process, which may tell too much while it is below the limit.

    `held_bytes` is what was seen last since the item began, None before; `peak_bytes` the most.
    """

    def __init__(self) -> None:
        self._idle_bytes, self._again_at = 0, 0.0
        self.begin()

    def begin(self) -> None:
        """Another item begins."""
        self.held_bytes: int | None = None
        self.peak_bytes = 0

    def exceeds(self, most: int, pids: Collection[int]) -> bool:
        """Whether these processes hold more than `most` bytes; 0 is no limit."""
        return self._weigh(pids, most or UNBOUNDED) > (most or UNBOUNDED)

    def look(self, pid: int) -> None:
        """Weigh what is ready for its next item: now and then, as quick items follow each other."""
        if time.monotonic() >= self._again_at:
            self._again_at = time.monotonic() + EVERY_S
            self._idle_bytes = self._weigh([pid], MARK_BYTES)

    def is_large(self) -> bool:
        """Whether it was too large to be kept when it was looked at last."""
        return self._idle_bytes > MARK_BYTES

    def _weigh(self, pids: Collection[int], enough: int) -> int:
        self.held_bytes = proctree.memory_bytes(pids, enough)
        self.peak_bytes = max(self.peak_bytes, self.held_bytes)
        return self.held_bytes
