"""Which machine would run an item, and why none does, where there are several."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from bellhop.jobs import queries
from bellhop.jobs.attendance import DRAINS
from bellhop.machines import members, served
from bellhop.machines.members import Member
from bellhop.machines.served import Served
from bellhop.storage.installation import Installation
from bellhop.storage.models import Consumer

# Items of a queue that are looked at: what nobody takes comes to be among the first.
MOST = 1000


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
        if lacking := self.what_lacks(queue, type_name):
            return lacking
        able = self._able(type_name)
        if any(not c.draining for machine in able for c in self._serving(machine, queue)):
            return None
        serving = [self._members[machine] for machine in able if self._would_serve(machine, queue)]
        last = max(serving, key=lambda member: member.seen_at)
        if self._serving(last.id, queue):
            return f"waits for machine {last.name}, which {DRAINS}"
        return f"waits for machine {last.name}, not seen since {last.seen_at[:19]}Z"

    def what_lacks(self, queue: str, type_name: str) -> str | None:
        """Why none could take them, also once each machine is there again; None where one could."""
        known, able = self._known(type_name), self._able(type_name)
        if not known:
            return f"no machine has the job type {type_name}"
        if not able:
            return f"machine {known[0].name} has {type_name}, but cannot use it: {known[0].problem}"
        if not any(self._would_serve(machine, queue) for machine in able):
            return f"no machine that has the job type {type_name} serves the queue {queue}"
        return None

    def _known(self, type_name: str) -> list[Served]:
        return [row for row in self._types if row.type == type_name]

    def _able(self, type_name: str) -> list[str]:
        return [row.machine for row in self._known(type_name) if row.problem is None]

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


def stranded(
    here: Installation, running: Sequence[Consumer], queues: Iterable[str]
) -> dict[str, str]:
    """The job types of which items wait in `queues` that no machine could take, in words."""
    found = look(here, running)
    if found is None:
        return {}
    waiting = [(queue, name) for queue in queues for name in queries.types_waiting(queue, MOST)]
    return {
        f"{name} in {queue}": f"items of {name} wait in the queue {queue}: {lacking}"
        for queue, name in waiting
        if (lacking := found.what_lacks(queue, name))
    }
