"""What every view of a waiting job asks about Bellhop itself, looked at twice a second at most."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from bellhop.accounts.access import BELLHOP
from bellhop.jobs import durations, queries, queues, takers
from bellhop.jobs.takers import Machines
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation

LOOK_EVERY_S = 0.5
LEAST_ROOM_BYTES = 1 << 20
# However many look, the web counts queues for a twentieth of the time.
COUNT_REST, LONG_COUNT_S = 20, 0.02
States = dict[str, dict[str, Any]]
Flows = dict[str, tuple[float, float]]
Counted = TypeVar("Counted")


@dataclass(frozen=True)
class View:
    """Bellhop at one moment; `serving` names a queue once for each consumer that serves it."""

    has_consumer: bool
    is_drained: bool
    serving: list[str]
    paused: dict[str, queues.Pause]
    # Queues whose workers were changed while Bellhop runs.
    workers: dict[str, int]
    # Seconds that the items of each type took in the middle.
    medians: dict[str, float]
    has_room: bool
    # Which of several machines would run an item; None where there is one.
    machines: Machines | None


class Line:
    """Who waits in a queue, in order, and what runs in it."""

    def __init__(self, queue: str):
        waiting, self._is_whole = queries.line(queue)
        self._running = queries.running_in(queue)
        self._waiting = waiting
        # Of each job, where its first item stands and how many jobs stand before it.
        self._places: dict[int, tuple[int, int]] = {}
        for index, (job, _) in enumerate(waiting):
            if job not in self._places:
                self._places[job] = index, len(self._places)

    @property
    def is_long(self) -> bool:
        """Whether reading it took a while."""
        return len(self._waiting) > queries.LINES[0]

    def may_know(self, job: int) -> bool:
        """Whether it tells the place of a job; not of one that came after it was read."""
        return job in self._places or not self._is_whole

    def position(self, job: int) -> int | None:
        """A job's place, 1 = next; None above `LINE_JOBS`, or where it does not wait."""
        place = self._places.get(job)
        return place[1] + 1 if place and place[1] < queries.LINE_JOBS else None

    def ahead(self, job: int) -> dict[str, int] | None:
        """Hundredths of items of each type that come before a job; None when nobody knows."""
        place = self._places.get(job)
        if place is None and not self._is_whole:
            return None
        ahead: Counter[str] = Counter()
        for other, name, left in self._running:
            if other != job:
                ahead[name] += left
        for _, name in self._waiting[: place[0]] if place else ():
            ahead[name] += 100
        return ahead


@dataclass
class Surroundings:
    """Remembers the last view for a moment; whoever changes a queue says so by `forget`."""

    here: Installation
    files: Files
    _known: tuple[float, View] | None = field(default=None)
    # What was counted of the jobs, and until when it holds.
    _counted: dict[str, tuple[float, Any]] = field(default_factory=dict)
    _lines: dict[str, tuple[float, int, Line]] = field(default_factory=dict)

    def line(self, queue: str, job: int) -> Line:
        """The line of a queue, for a job in it; read again when anything changed.

        A long one is read twice a second, or when it knows all but this job.
        """
        change = queries.last_change()
        if known := self._lines.get(queue):
            read_at, at_change, line = known
            is_fresh = time.monotonic() < read_at + LOOK_EVERY_S
            if change == at_change or (line.is_long and is_fresh and line.may_know(job)):
                return line
        line = Line(queue)
        self._lines[queue] = time.monotonic(), change, line
        return line

    def forget(self) -> None:
        self._known = None
        self._counted.clear()

    def counted(self) -> tuple[States, Flows]:
        """The states and the flows of the queues; a moment old where there is much to count."""
        return self._rested("queues", lambda: (queries.queue_states(), queries.flow()))

    def jobs(self) -> list[tuple[str, str, int]]:
        """(type, status, how many jobs); a moment old where there is much to count."""
        return self._rested("jobs", lambda: queries.counts_by_type(BELLHOP))

    def _rested(self, what: str, count: Callable[[], Counted]) -> Counted:
        """What `count` gives; after one that took long, the same for a while."""
        began = time.monotonic()
        until, found = self._counted.get(what, (began, None))
        if began < until:
            return cast(Counted, found)
        found = count()
        now = time.monotonic()
        if (took_s := now - began) > LONG_COUNT_S:
            self._counted[what] = now + COUNT_REST * took_s, found
        return found

    def view(self) -> View:
        known = self._known
        if known and time.monotonic() < known[0]:
            return known[1]
        view = self._look()
        self._known = time.monotonic() + LOOK_EVERY_S, view
        return view

    def _look(self) -> View:
        consumers = queries.running_consumers(self.here)
        at_work = [consumer for consumer in consumers if not consumer.draining]
        measured = durations.by_type()
        return View(
            has_consumer=bool(consumers),
            is_drained=bool(consumers) and not at_work,
            serving=[queue for consumer in at_work for queue in queries.queues_of(consumer)],
            paused=queues.paused(),
            workers=queues.workers_set(),
            medians={name: statistics.median(found) for name, found in measured.items()},
            has_room=self.files.free_bytes() >= LEAST_ROOM_BYTES,
            machines=takers.look(self.here, consumers),
        )
