"""How each machine of an installation is, by the consumers that run on it."""

from __future__ import annotations

from collections.abc import Sequence

from bellhop.machines import members
from bellhop.machines.members import Member
from bellhop.storage.installation import Installation
from bellhop.storage.models import Consumer

WORKS, NOT_STARTED = "works", "has not started yet"
DRAINS = "takes no new items until it is restarted"
TOO_OLD = "is too old for the database; update it"


def state_of(machine: Member, running: Sequence[Consumer]) -> str:
    """In words, after its name; `running` are the consumers that run on it."""
    if not machine.version:
        return NOT_STARTED
    if not running:
        return f"has not been seen since {machine.seen_at[:19]}Z"
    if members.is_too_old(machine):
        return TOO_OLD
    return DRAINS if all(consumer.draining for consumer in running) else WORKS


def lost(here: Installation, running: Sequence[Consumer]) -> dict[str, str]:
    """The machines that ran jobs and cannot now, by name, in words; none while there is one."""
    found = {
        machine.name: state_of(machine, [c for c in running if c.machine == machine.id])
        for machine in (members.every() if here.machine else ())
    }
    return {
        name: f"the machine {name} {state}"
        for name, state in found.items()
        if state not in (WORKS, DRAINS, NOT_STARTED)
    }
