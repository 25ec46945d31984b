"""What the workers of one consumer share: the slots of its queues, and idle job processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from files import Scratch
from jobprocess import JobProcess

IDLE_LIMIT_S = 60.0


class Slots:
    """How many items of each queue run in this consumer, never more than its workers."""

    def __init__(self, workers: dict[str, int]):
        self._all, self._free = dict(workers), dict(workers)
        self._lock = threading.Lock()

    def enter(self, queue: str) -> bool:
        with self._lock:
            if self._free[queue] <= 0:
                return False
            self._free[queue] -= 1
            return True

    def leave(self, queue: str) -> None:
        with self._lock:
            self._free[queue] += 1

    def are_all_free(self) -> bool:
        with self._lock:
            return self._free == self._all

    def free(self) -> dict[str, int]:
        """How many more items of each queue may run."""
        with self._lock:
            return {queue: free for queue, free in self._free.items() if free > 0}


class Pool:
    """The idle job processes of one consumer; a worker takes one and gives it back."""

    def __init__(self, recycle_after_items: int, new_scratch: Callable[[], Scratch], alive: int):
        """`alive` is the lock that each process holds."""
        self._recycle_after_items, self._new_scratch = recycle_after_items, new_scratch
        self._alive = alive
        self._idle: dict[str, list[JobProcess]] = {}
        self._lock = threading.Lock()

    def take(self, queue: str, path: str, stamp: Any) -> JobProcess:
        """An idle process of `queue` that has not loaded another version of `path`."""
        while process := self._pop(queue):
            if process.stamps.get(path, stamp) == stamp:
                return process
            self._end(process)
        scratch = self._new_scratch()
        try:
            return JobProcess(queue, scratch, self._alive)
        except BaseException:
            scratch.remove()
            raise

    def give_back(self, process: JobProcess) -> None:
        """Keep a process for the next item of its queue, unless it is dead or worn."""
        if process.is_dead or process.is_worn(self._recycle_after_items):
            return self._end(process)
        try:
            process.scratch.clear()
        except OSError:
            return self._end(process)
        process.idle_since = time.monotonic()
        with self._lock:
            self._idle.setdefault(process.queue, []).append(process)

    def retire_idle(self, idle_limit_s: float = IDLE_LIMIT_S) -> None:
        """End the processes that had nothing to do for `idle_limit_s` seconds."""
        oldest = time.monotonic() - idle_limit_s
        with self._lock:
            retired = [p for idle in self._idle.values() for p in idle if p.idle_since <= oldest]
            for process in retired:
                self._idle[process.queue].remove(process)
        for process in retired:
            self._end(process)

    def _end(self, process: JobProcess) -> None:
        if not process.is_dead:
            process.kill()
        process.scratch.remove()

    def _pop(self, queue: str) -> JobProcess | None:
        with self._lock:
            idle = self._idle.get(queue)
            return idle.pop() if idle else None
