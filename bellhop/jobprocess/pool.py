"""The idle job processes that the workers of one consumer share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from bellhop.catalog.description import KnownType
from bellhop.jobprocess.process import JobProcess, ProcessKind
from bellhop.settings.settings import Settings
from bellhop.storage.files import Scratch
from bellhop.system.confine import Bounds

IDLE_LIMIT_S = 60.0


class Pool:
    """The idle job processes of one consumer; a worker takes one and gives it back."""

    def __init__(
        self,
        settings: Settings,
        new_scratch: Callable[[], Scratch],
        bounds: Callable[[Scratch, ProcessKind], Bounds],
        most: Callable[[str], int],
        alive: int,
        stopping: threading.Event,
    ):
        """`bounds` of a process by its folders and its kind; `most` of a queue there may be.

        `alive` is the lock that each process holds; `stopping` is set when the consumer stops.
        """
        self._settings, self._new_scratch = settings, new_scratch
        self._bounds, self._most = bounds, most
        self._alive, self._stopping = alive, stopping
        self._idle: dict[ProcessKind, list[JobProcess]] = {}
        self._there: set[JobProcess] = set()
        self._lock = threading.Lock()

    def take(self, kind: ProcessKind, job_type: KnownType) -> JobProcess:
        """An idle process of a kind, which reads the type's file as it is now."""
        while process := self._pop(kind):
            if process.serves(job_type) and not process.is_cut_off:
                return process
            self.end(process)
        if process := self._pop_if_crowded(kind.queue):
            self.end(process)
        scratch = self._new_scratch()
        try:
            bounds = self._bounds(scratch, kind)
            kind = kind._replace(is_shared=bool(bounds.hidden))  # it may have changed just now
            process = JobProcess(kind, scratch, bounds, self._alive, self._stopping)
        except BaseException:
            scratch.remove()
            raise
        with self._lock:
            self._there.add(process)
        return process

    def give_back(self, process: JobProcess) -> bool:
        """Keep a process for the next item of its kind, unless it is dead or worn; whether it is.

        It finds its folders empty again.
        """
        is_worn = process.is_worn(self._settings.jobtypes.recycle_after_items)
        is_kept = not (process.is_dead or is_worn)
        try:
            is_kept = is_kept and process.scratch.clear()
        except OSError:
            is_kept = False
        if not is_kept:
            self.end(process)
            return False
        process.idle_since = time.monotonic()
        with self._lock:
            self._idle.setdefault(process.kind, []).append(process)
        return True

    def retire_idle(self, idle_limit_s: float = IDLE_LIMIT_S) -> None:
        """End the processes that had nothing to do for `idle_limit_s` seconds."""
        oldest = time.monotonic() - idle_limit_s
        with self._lock:
            retired = [p for idle in self._idle.values() for p in idle if p.idle_since <= oldest]
            for process in retired:
                self._idle[process.kind].remove(process)
            for kind in [kind for kind, idle in self._idle.items() if not idle]:
                del self._idle[kind]
        for process in retired:
            self.end(process)

    def end(self, process: JobProcess) -> None:
        """End a process that a worker took, or that is idle no more."""
        if not process.is_dead:
            process.kill()
        process.scratch.remove()
        with self._lock:
            self._there.discard(process)

    def cut_off(self) -> None:
        """End every process, whatever runs in it, from any thread; first all, then each for sure.

        One that the kernel blocks holds up no other.
        """
        with self._lock:
            there = [*self._there]
        for process in there:
            process.cut_off()
        for process in there:
            process.end()

    def _pop(self, kind: ProcessKind) -> JobProcess | None:
        with self._lock:
            idle = self._idle.get(kind)
            return idle.pop() if idle else None

    def _pop_if_crowded(self, queue: str) -> JobProcess | None:
        """The longest idle process of a queue that has as many as it may have."""
        with self._lock:
            idle = [p for kind, those in self._idle.items() if kind.queue == queue for p in those]
            there = sum(process.kind.queue == queue for process in self._there)
            if not idle or there < self._most(queue):
                return None
            longest = min(idle, key=lambda process: process.idle_since)
            self._idle[longest.kind].remove(longest)
            return longest
