"""Which machine would run an item, and why none does, where there are several."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bellhop.jobs import queries
from bellhop.jobs.attendance import DRAINS
from bellhop.machines import members, served
from bellhop.machines.members import Member
from bellhop.machines.served import Served
from bellhop.storage.installation import Installation
from bellhop.storage.models import Consumer


class Machines:
    """The machines at one moment: what each serves, and the consumers that run there."""

    def __init__(
        self, every: Sequence[Member], types: Sequence[Served], running: Sequence[Consumer]
    ):
        self._members = {member.id: member for member in every}
        self._types = types
        self._running = running

    def why_none_runs(self, queue: str, type_name: str) -> str | None:
        """Why no machine takes items of a type from a queue now; None where one does."""
        known = [row for row in self._types if row.type == type_name]
        able = [row.machine for row in known if row.problem is None]
        if not known:
            return f"no machine has the job type {type_name}"
        if not able:
            return f"its job type is not available: machine {known[0].name}: {known[0].problem}"
        if any(not c.draining for machine in able for c in self._serving(machine, queue)):
            return None
        serving = [self._members[machine] for machine in able if self._would_serve(machine, queue)]
        if not serving:
            return f"no machine that has the job type {type_name} serves the queue {queue}"
        last = max(serving, key=lambda member: member.seen_at)
        if self._serving(last.id, queue):
            return f"waits for machine {last.name}, which {DRAINS}"
        return f"waits for machine {last.name}, not seen since {last.seen_at[:19]}Z"

    def _running_on(self, machine: str) -> list[Consumer]:
        return [consumer for consumer in self._running if consumer.machine == machine]

    def _serving(self, machine: str, queue: str) -> list[Consumer]:
        return [c for c in self._running_on(machine) if queue in queries.queues_of(c)]

    def _would_serve(self, machine: str, queue: str) -> bool:
        """Whether a machine serves a queue, or will once it is there again."""
        if machine not in self._members:
            return False
        is_asked = bool(json.loads(self._members[machine].queues).get(queue))
        return bool(self._serving(machine, queue)) or (is_asked and not self._running_on(machine))


def look(here: Installation, running: Sequence[Consumer]) -> Machines | None:
    """How it is now; None where there is one machine."""
    every = members.every() if here.machine else []
    return Machines(every, served.every(), running) if len(every) > 1 else None
