"""The machines of an installation as the API shows them: how each is, and what it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bellhop.base.documents import stored
from bellhop.database.condition import SLOW_MS
from bellhop.jobs import attendance, queries
from bellhop.jobs import queues as switches
from bellhop.machines import members, served
from bellhop.machines.members import Member
from bellhop.storage.models import Consumer
from bellhop.web.site import Site


class Machine(NamedTuple):
    """A machine, the workers that each queue has there, and those of its consumers that live."""

    row: Member
    workers: Mapping[str, int]
    consumers: Sequence[Consumer]

    @property
    def state(self) -> str:
        """In words, after its name."""
        return attendance.state_of(self.row, self.consumers)


def machines(site: Site, running: Sequence[Consumer]) -> list[Machine]:
    """Every machine, the home first; none while the rows are in SQLite."""
    found = members.every() if site.here.machine else []
    changed: dict[str, int] = switches.workers_set() if found else {}
    machines = []
    for row in found:
        queues: dict[str, int] = stored(row.queues, dict, "machine", row.name, "queues")
        workers = {name: changed.get(name, count) for name, count in queues.items() if count}
        consumers = [consumer for consumer in running if consumer.machine == row.id]
        machines.append(Machine(row, workers, consumers))
    return machines


def machine_views(site: Site) -> list[dict[str, Any]]:
    """Every machine, as `machines`."""
    found = machines(site, queries.running_consumers(site.here))
    busy, types = queries.busy_workers() if found else {}, served.every() if found else []
    newest = found[0].row.version if found else ""
    return [
        {
            "name": machine.row.name,
            "is_home": bool(machine.row.is_home),
            "state": machine.state,
            "version": machine.row.version or None,
            "queues": [
                {"name": name, "workers": workers, "running": busy[machine.row.id][name]}
                for name, workers in machine.workers.items()
            ],
            "types": [
                {"type": each.type, "problem": each.problem}
                for each in types
                if each.machine == machine.row.id
            ],
            "consumers": [consumer.id for consumer in machine.consumers],
            **_measured(machine.row, newest),
            "joined_at": machine.row.joined_at,
            "seen_at": machine.row.seen_at if machine.row.version else None,
        }
        for machine in found
    ]


def not_started(found: Sequence[Machine]) -> list[str]:
    """Which of the machines nobody has started yet, in words."""
    return [
        f"the machine {machine.row.name} {machine.state}"
        for machine in found
        if machine.state == attendance.NOT_STARTED
    ]


def _measured(row: Member, version_of_home: str) -> dict[str, Any]:
    """What a machine told of itself, and what is wrong with that."""
    facts = stored(row.facts, dict, "machine", row.name, "facts")
    return {
        "round_trip_ms": facts.get("round_trip_ms"),
        "clock_offset_s": facts.get("clock_offset_s"),
        "warnings": [
            *facts.get("problems", ()),
            *_of_trip(facts.get("round_trip_ms") or 0.0),
            *_of_version(row, version_of_home),
        ],
    }


def _of_trip(trip_ms: float) -> list[str]:
    said = f"a round trip to the database takes {trip_ms:.1f} ms, and each item needs several"
    return [said] if trip_ms > SLOW_MS else []


def _of_version(row: Member, of_home: str) -> list[str]:
    said = f"it runs Bellhop {row.version}, and the home {of_home}"
    return [said] if row.version and row.version != of_home else []
