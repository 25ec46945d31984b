"""What every view of a waiting job asks about Bellhop itself, looked at twice a second at most."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass, field

import queries
import registry
from files import Files
from installation import Installation

LOOK_EVERY_S = 0.5
LEAST_ROOM_BYTES = 1 << 20


@dataclass(frozen=True)
class View:
    """Bellhop at one moment; `serving` names a queue once for each consumer that serves it."""

    has_consumer: bool
    is_drained: bool
    serving: list[str]
    paused: set[str]
    # Queues whose workers were changed while Bellhop runs.
    workers: dict[str, int]
    # Seconds that the items of each type took in the middle.
    medians: dict[str, float]
    has_room: bool


@dataclass
class Surroundings:
    """Remembers the last view for a moment; whoever changes a queue says so by `forget`."""

    here: Installation
    files: Files
    _known: tuple[float, View] | None = field(default=None)

    def forget(self) -> None:
        self._known = None

    def view(self) -> View:
        known = self._known
        if known and time.monotonic() < known[0]:
            return known[1]
        view = self._look()
        self._known = time.monotonic() + LOOK_EVERY_S, view
        return view

    def _look(self) -> View:
        consumers = queries.living_consumers(self.here)
        at_work = [consumer for consumer in consumers if not consumer.draining]
        measured = queries.durations()
        return View(
            has_consumer=bool(consumers),
            is_drained=bool(consumers) and not at_work,
            serving=[queue for consumer in at_work for queue in json.loads(consumer.queues)],
            paused=registry.paused(),
            workers=registry.workers_set(),
            medians={name: statistics.median(found) for name, found in measured.items()},
            has_room=self.files.free_bytes() >= LEAST_ROOM_BYTES,
        )
