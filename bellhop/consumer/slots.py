"""How many items of each queue run in one consumer."""

from __future__ import annotations

import threading


class Slots:
    """How many items of each queue run in this consumer, never more than its workers."""

    def __init__(self, workers: dict[str, int]):
        self._limits, self._busy = dict(workers), dict.fromkeys(workers, 0)
        self._lock = threading.Lock()

    def resize(self, workers: dict[str, int]) -> None:
        """Change the limits; what runs beyond a lower one, runs on."""
        with self._lock:
            self._limits = dict(workers)

    def limit(self, queue: str) -> int:
        """How many items of a queue may run at the same time."""
        return self._limits[queue]

    @property
    def total(self) -> int:
        """How many items may run at the same time."""
        return sum(self._limits.values())

    def enter(self, queue: str) -> bool:
        with self._lock:
            if self._busy[queue] >= self._limits[queue]:
                return False
            self._busy[queue] += 1
            return True

    def is_over(self, queue: str) -> bool:
        """Whether more items of a queue run than may by now."""
        with self._lock:
            return self._busy[queue] > self._limits[queue]

    def leave(self, queue: str) -> None:
        with self._lock:
            self._busy[queue] -= 1

    def are_all_free(self) -> bool:
        with self._lock:
            return not any(self._busy.values())

    def free(self) -> dict[str, int]:
        """How many more items of each queue may run."""
        with self._lock:
            free = {queue: limit - self._busy[queue] for queue, limit in self._limits.items()}
            return {queue: count for queue, count in free.items() if count > 0}
