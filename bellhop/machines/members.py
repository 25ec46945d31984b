"""Which machines an installation has, and where each of them runs.

A machine is a data folder with an id of its own. Its row names the place where it runs (see
`Installation.place`), so that a copy of the folder, and a home that was replaced while it was cut
off, find out that they are not the machine. While the rows are in SQLite, there are no machines.
"""

from __future__ import annotations

import json
import platform
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from bellhop import __version__
from bellhop.base.errors import REMOVED, NotAMember, StartRefused
from bellhop.base.times import clock_offset_s, clock_problem, timestamp
from bellhop.database import condition, schema, versions
from bellhop.database.database import database, query
from bellhop.storage.installation import RECORD, Installation
from bellhop.storage.presence import UNGUARDED, Guard, Unavailable

HOME = "home"
# A condition in statements of others: the machine is there, at this place. They need :machine and
# :place, as `known_as` gives them.
ARE_SEVERAL = "(SELECT count(*) FROM machine) > 1"
IS_THERE = "EXISTS (SELECT 1 FROM machine WHERE id = :machine AND place = :place)"
# A beat comes once a second; one that stands still for so long is that of a dead consumer.
WATCH_S, WATCH_EVERY_S = 4.0, 0.5
LOOK_EVERY_S, TELL_EVERY_S = 1.0, 15.0
COPY = (
    "another Bellhop runs as machine {name} with a copy of this data folder; stop it, or remove "
    f"{RECORD} here and join again"
)
REPLACED = "another Bellhop runs as machine {name} in the place of this one; start only one of them"
NOT_THERE = "this machine was just removed, or another Bellhop took its place"
OTHER_HOME = (
    "another data folder is the home of this installation, as machine {name}; start Bellhop there"
)


class Member(NamedTuple):
    """A machine, as its row has it: `queues` and `facts` are JSON."""

    id: str
    name: str
    is_home: int
    queues: str
    version: str
    facts: str
    joined_at: str
    seen_at: str


def identified(here: Installation) -> Installation:
    """The installation with the id of this machine, which is a new one at its first start."""
    if here.machine:
        return here
    # A record from before there were machines: the home is known by its database.
    found = query("SELECT id FROM machine WHERE is_home = 1")
    return replace(here, machine=found[0][0] if found else secrets.token_hex(8))


def take_place(here: Installation, queues: Mapping[str, int], *, alone: bool) -> None:
    """Be this machine from now on; under `start.lock`.

    `queues` are what a home serves; another machine keeps those that it was given. `alone`: no
    other process of this data folder lives. Raises NotAMember with one line, and changes nothing,
    when the machine was removed, or runs elsewhere.
    """
    found = query("SELECT name, place FROM machine WHERE id = :machine", known_as(here))
    if not found:
        if not here.is_home:
            raise NotAMember(REMOVED)
        _add_home(here, queues)
        return
    ((name, place),) = found
    if place != here.place and not alone:
        raise NotAMember(REPLACED.format(name=name))
    if place != here.place and _beats_elsewhere(here):
        raise NotAMember(COPY.format(name=name))
    _take(here, name, place, queues)


def _add_home(here: Installation, queues: Mapping[str, int]) -> None:
    with database.atomic():
        names = dict(query("SELECT name, is_home FROM machine"))
        if other := [name for name, is_home in names.items() if is_home]:
            raise NotAMember(OTHER_HOME.format(name=other[0]))
        free = (f"{HOME}-{number}" for number in range(2, len(names) + 3))
        name = HOME if HOME not in names else next(name for name in free if name not in names)
        query(
            """INSERT INTO machine (id, name, is_home, queues, version, place, joined_at, seen_at)
            VALUES (:machine, :name, 1, :queues, :version, :place, :now, :now)""",
            {**_told(here, queues), "name": name},
        )


def _take(here: Installation, name: str, place: str, queues: Mapping[str, int]) -> None:
    """Run here from now on, unless somebody else took the place meanwhile."""
    with database.atomic():
        taken = query(
            """UPDATE machine SET place = :place, version = :version, seen_at = :now,
            queues = CASE is_home WHEN 1 THEN :queues ELSE queues END
            WHERE id = :machine AND place = :before RETURNING id""",
            {**_told(here, queues), "before": place},
        )
    if not taken:
        raise NotAMember(COPY.format(name=name))


def _told(here: Installation, queues: Mapping[str, int]) -> dict[str, Any]:
    told = {"queues": json.dumps(dict(queues)), "version": __version__, "now": timestamp()}
    return {**known_as(here), **told}


def _beats_elsewhere(here: Installation) -> bool:
    """Whether a consumer of this machine runs at another place; watches those that may for a while.

    One of another start of the same data folder is dead, but nothing tells it from one of a copy.
    """
    sql = "SELECT id, beat FROM consumer WHERE machine = :machine AND place != :place"
    first: dict[str, int] = dict(query(sql, known_as(here)))
    until = time.monotonic() + WATCH_S
    while first and time.monotonic() < until:
        time.sleep(WATCH_EVERY_S)
        now = dict(query(sql, known_as(here)))
        if any(first.get(consumer) != beat for consumer, beat in now.items()):
            return True
    return False


def add(machine: str, name: str, queues: Mapping[str, int]) -> None:
    """Add a machine, which takes its place when it starts; in the transaction of the caller."""
    query(
        """INSERT INTO machine (id, name, is_home, queues, version, place, joined_at, seen_at)
        VALUES (:machine, :name, 0, :queues, '', '', :now, :now)""",
        {"machine": machine, "name": name, "queues": json.dumps(dict(queues)), "now": timestamp()},
    )


def remove(machine: str) -> None:
    """Forget a machine: it takes no more items; in the transaction of the caller."""
    query("DELETE FROM machine WHERE id = :machine", {"machine": machine})


def every() -> list[Member]:
    """All machines, the home first."""
    rows = query(f"SELECT {', '.join(Member._fields)} FROM machine ORDER BY is_home DESC, name")
    return [Member(*row) for row in rows]


def require_alone(why: str = "SQLite is of one machine") -> None:
    """Raise StartRefused while there are other machines; `why` says what they would miss."""
    if others := [member.name for member in every() if not member.is_home]:
        raise StartRefused(
            f"other machines run jobs too ({', '.join(others)}), and {why}; "
            "remove them first, with `bellhop machine remove`"
        )


def is_too_old(member: Member) -> bool:
    """Whether the program that a machine last ran cannot live with the rows: it takes no items."""
    known = json.loads(member.facts).get("schema")
    return known is not None and versions.is_too_old(known)


def find(name: str) -> Member | None:
    """The machine of this name."""
    return next((member for member in every() if member.name == name), None)


def queues_of(here: Installation) -> dict[str, int]:
    """How many items of each queue this machine runs at once; NotAMember when it was removed."""
    found = query("SELECT queues FROM machine WHERE id = :machine", {"machine": here.machine})
    if not found:
        raise NotAMember(REMOVED)
    queues: dict[str, int] = json.loads(found[0][0])
    return queues


def known_as(here: Installation) -> dict[str, str]:
    """The values of `IS_THERE`."""
    return {"machine": here.machine, "place": here.place}


def problem(here: Installation) -> str | None:
    """Why this machine may not work any more, in one line; None while it may."""
    if not here.machine:
        return None
    values = known_as(here)
    found = query("SELECT name, place FROM machine WHERE id = :machine", values)
    if not found:
        return REMOVED
    name, place = found[0]
    return None if place == values["place"] else REPLACED.format(name=name)


class Report:
    """Tells the others now and then that the machine is there, and what it is like."""

    def __init__(self, here: Installation, problems: Callable[[], list[str]]):
        self._here, self._problems = here, problems
        self._tell_at = 0.0

    def tell_when_due(self) -> None:
        """For each round of a keeper."""
        if self._here.machine and time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + TELL_EVERY_S
            self.tell()

    def tell(self) -> None:
        """`facts`: the round trip to the rows, how far the clock here is off, what is wrong."""
        facts = {
            "round_trip_ms": round(condition.round_trip_ms(), 2),
            "clock_offset_s": round(clock_offset_s(), 3),
            "python": platform.python_version(),
            "schema": len(schema.MIGRATIONS),
            "problems": [*self._problems(), *filter(None, [clock_problem()])],
        }
        with database.fleeting():
            query(
                """UPDATE machine SET facts = :facts, version = :version, seen_at = :now
                WHERE id = :machine AND place = :place""",
                {**_told(self._here, {}), "facts": json.dumps(facts)},
            )


class _Membership:
    """Whether this process still belongs to its machine; asked of the rows now and then."""

    def __init__(self, here: Installation):
        self._here = here
        self.guard = Guard(IS_THERE, known_as(here), NOT_THERE)
        self._look_at = 0.0
        self._problem: str | None = None

    def require(self) -> None:
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY_S
            self._problem = problem(self._here)
        if self._problem:
            raise Unavailable(self._problem)


_membership: _Membership | None = None


def watch(here: Installation) -> None:
    """Let `require` look after the machine of this process from now on."""
    global _membership
    _membership = _Membership(here) if here.machine else None


def require() -> None:
    """Raise Unavailable where the machine of this process was removed or replaced a while ago."""
    if _membership:
        _membership.require()


def guard() -> Guard:
    """For a transaction that must not be made once the machine was removed or replaced."""
    return _membership.guard if _membership else UNGUARDED
