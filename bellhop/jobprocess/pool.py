"""The idle job processes that the workers of one consumer share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

from bellhop.catalog.description import KnownType
from bellhop.jobprocess.process import JobProcess
from bellhop.storage.files import Scratch
from bellhop.system.confine import Bounds

IDLE_LIMIT_S = 60.0


class Pool:
    """The idle job processes of one consumer; a worker takes one and gives it back."""

    def __init__(
        self,
        recycle_after_items: int,
        new_scratch: Callable[[], Scratch],
        bounds: Callable[[Scratch, bool], Bounds],
        alive: int,
    ):
        """`bounds` of a process by its folders and whether it needs the network.

        `alive` is the lock that each process holds.
        """
        self._recycle_after_items, self._new_scratch = recycle_after_items, new_scratch
        self._bounds, self._alive = bounds, alive
        self._idle: dict[Hashable, list[JobProcess]] = {}
        self._lock = threading.Lock()

    def take(self, queue: str, job_type: KnownType) -> JobProcess:
        """An idle process of `queue` for a type, which has loaded no other version of its file.

        One that has the network is for types that need it alone, and what a type that is given
        secrets leaves in memory is for no other type to find.
        """
        kind = queue, job_type.network, job_type.type if job_type.has_secrets else None
        while process := self._pop(kind):
            if process.stamps.get(job_type.path, job_type.stamp) == job_type.stamp:
                return process
            self._end(process)
        scratch = self._new_scratch()
        try:
            return JobProcess(kind, scratch, self._bounds(scratch, job_type.network), self._alive)
        except BaseException:
            scratch.remove()
            raise

    def give_back(self, process: JobProcess) -> None:
        """Keep a process for the next item of its kind, unless it is dead or worn."""
        if process.is_dead or process.is_worn(self._recycle_after_items):
            return self._end(process)
        try:
            process.scratch.clear()
        except OSError:
            return self._end(process)
        process.idle_since = time.monotonic()
        with self._lock:
            self._idle.setdefault(process.kind, []).append(process)

    def retire_idle(self, idle_limit_s: float = IDLE_LIMIT_S) -> None:
        """End the processes that had nothing to do for `idle_limit_s` seconds."""
        oldest = time.monotonic() - idle_limit_s
        with self._lock:
            retired = [p for idle in self._idle.values() for p in idle if p.idle_since <= oldest]
            for process in retired:
                self._idle[process.kind].remove(process)
        for process in retired:
            self._end(process)

    def _end(self, process: JobProcess) -> None:
        if not process.is_dead:
            process.kill()
        process.scratch.remove()

    def _pop(self, kind: Hashable) -> JobProcess | None:
        with self._lock:
            idle = self._idle.get(kind)
            return idle.pop() if idle else None
