"""Which job types each machine runs: every machine tells the others of its own.

Each machine writes only its own rows, and judges them by those of the others. Of types of one name
with other code, that of the home runs; without one at the home, that of the machine that ran it
first. So a type that is edited on one machine after the other is right again with the last of them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import NamedTuple

from bellhop.database.database import database, query
from bellhop.storage.installation import Installation
from bellhop.storage.offers import Offer

LOOK_EVERY_S = 2.0
ELSEWHERE_EVERY_S = 0.5
HAS_OTHER_CODE = "has other code under this name"
OTHER_CODE = f"machine {{name}} {HAS_OTHER_CODE}, and only that runs; copy its file from there"
EVERY = """
    SELECT machine, name, is_home, type, code, problem FROM served
    JOIN machine ON machine.id = served.machine ORDER BY is_home DESC, name, type"""
FORGET = "DELETE FROM served WHERE machine = :machine"
TELL = """
    INSERT INTO served (machine, type, code, description, problem)
    SELECT :machine, :type, :code, :description, :problem
    WHERE EXISTS (SELECT 1 FROM machine WHERE id = :machine)"""
IS_SHARED = "SELECT 1 FROM machine WHERE id != :machine LIMIT 1"
RUN_BY = "SELECT type FROM served WHERE machine = :machine AND problem IS NULL"
RULED_OUT = """
    SELECT type, problem FROM served
    WHERE machine = :machine AND problem LIKE :said ORDER BY type"""
# What this machine runs itself need not be read from the others.
ELSEWHERE = """
    SELECT name, type, code, description, problem FROM served
    JOIN machine ON machine.id = served.machine
    WHERE machine != :machine AND NOT EXISTS (SELECT 1 FROM served AS own
        WHERE own.machine = :machine AND own.type = served.type AND own.problem IS NULL)
    ORDER BY name, type"""

log = logging.getLogger("bellhop.machines")


class Served(NamedTuple):
    """A job type of a machine; it runs items of it unless there is a `problem`."""

    machine: str
    name: str
    is_home: bool
    type: str
    code: str
    problem: str | None


def every() -> list[Served]:
    """What all machines serve, the home first."""
    return [Served(*row) for row in query(EVERY)]


def run_by(machine: str) -> frozenset[str] | None:
    """The types that a machine runs items of; None where it is the only one, and runs any."""
    of_it = {"machine": machine}
    if not query(IS_SHARED, of_it):
        return None
    return frozenset(name for (name,) in query(RUN_BY, of_it))


def ruled_out(machine: str) -> list[str]:
    """Which types other code rules out on a machine, a line each."""
    values = {"machine": machine, "said": f"%{HAS_OTHER_CODE}%"}
    rows = query(RULED_OUT, values) if machine else []
    return [f"the job type {name} does not run there: {problem}" for name, problem in rows]


class Publisher:
    """Tells the others what this machine serves; for the process that describes its types."""

    def __init__(self, here: Installation):
        self._here = here
        self._told: Sequence[Offer] = ()
        self._look_at = 0.0
        self._problems: dict[str, str] = {}

    def tell(self, offers: Sequence[Offer]) -> None:
        """Say what there is now; looks at the others now and then, and writes what changed."""
        if offers is self._told and time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_EVERY_S
        rows = every()
        judged = self._judged(offers, rows)
        known = {row.type: (row.code, row.problem) for row in self._own(rows)}
        if offers is not self._told or known != {o.type: (o.code, o.problem) for o in judged}:
            judged = self._write(offers)
        self._told = offers
        self._log(offers, judged)

    def _own(self, rows: Sequence[Served]) -> list[Served]:
        return [row for row in rows if row.machine == self._here.machine]

    def _write(self, offers: Sequence[Offer]) -> list[Offer]:
        """Nobody else can write meanwhile: of two that come at once, the second sees the first."""
        of_it = {"machine": self._here.machine}
        with database.atomic():
            judged = self._judged(offers, every())
            query(FORGET, of_it)
            for offer in judged:
                query(TELL, {**of_it, **offer._asdict()})
        return judged

    def _judged(self, offers: Sequence[Offer], rows: Sequence[Served]) -> list[Offer]:
        """The same, with the problem of each type that other code of its name rules out."""
        if self._here.is_home:
            return list(offers)
        others = [row for row in rows if row.machine != self._here.machine and row.code]
        ruling = {row.type: row for row in reversed(others) if row.is_home or row.problem is None}
        return [_ruled(offer, ruling.get(offer.type)) for offer in offers]

    def _log(self, offers: Sequence[Offer], judged: Sequence[Offer]) -> None:
        pairs = zip(offers, judged, strict=True)
        ruled_out = {to.type: to.problem for of, to in pairs if to.problem and not of.problem}
        for name in self._problems.keys() - ruled_out.keys():
            log.info("job type %s: no other code rules it out here any more", name)
        for name, problem in ruled_out.items():
            if self._problems.get(name) != problem:
                log.warning("job type %s does not run here: %s", name, problem)
        self._problems = ruled_out


def _ruled(offer: Offer, ruling: Served | None) -> Offer:
    if offer.problem or not ruling or not offer.code or offer.code == ruling.code:
        return offer
    return offer._replace(problem=OTHER_CODE.format(name=ruling.name))


class Elsewhere:
    """What the other machines serve and this one does not run, by the names of the machines.

    The same object while nothing changed; looked at twice a second at most.
    """

    def __init__(self, here: Installation):
        self._machine = here.machine
        self._look_at = 0.0
        self._known: list[tuple[str, Offer]] = []

    def __call__(self) -> Sequence[tuple[str, Offer]]:
        if self._machine and time.monotonic() >= self._look_at:
            found = query(ELSEWHERE, {"machine": self._machine})
            self._look_at = time.monotonic() + ELSEWHERE_EVERY_S
            offers = [(name, Offer(*row)) for name, *row in found]
            if offers != self._known:
                self._known = offers
        return self._known
