"""Which programs may use which schema, where several machines run several versions of Bellhop.

The rule is docs/decisions/0008-versions.md. The home alone migrates. A migration that programs from
before it can live with raises the schema; one that they cannot live with, which `schema.BREAKING`
names, also raises what the database `needs`. Both numbers stand in the row of `about`.
"""

from __future__ import annotations

import logging
import time

from bellhop.base.errors import StartRefused
from bellhop.database import schema
from bellhop.database.database import database, query

WATCH_EVERY_S, WAIT_EVERY_S = 0.5, 2.0
KNOWN = "SELECT version, needs FROM about"
# The consumers of other machines.
OTHERS = """
    SELECT consumer.id, beat, name FROM consumer
    JOIN machine ON machine.id = consumer.machine WHERE is_home = 0 ORDER BY name"""
# Whoever comes back after a migration that it does not know, claims nothing.
FENCE = "UPDATE consumer SET draining = 1"
log = logging.getLogger("bellhop.database")


def needed(version: int) -> int:
    """The lowest schema that a program must know to use one of this version."""
    known = schema.MIGRATIONS[:version]
    return max((n for n, name in enumerate(known, 1) if name in schema.BREAKING), default=0)


def is_breaking(version: int) -> bool:
    """Whether a program that knew no more than this version cannot live with what is due."""
    return needed(len(schema.MIGRATIONS)) > version


def is_too_old(known: int) -> bool:
    """Whether a program that knows schemas up to this one may take no items."""
    ((_, needs),) = query(KNOWN)
    return known < int(needs)


def require_not_too_old(where: str) -> None:
    """Raise StartRefused when the database needs another program than this one.

    A program that does not know all of the schema, and all that is needed, goes on.
    """
    ((version, needs),) = query(KNOWN)
    knows = len(schema.MIGRATIONS)
    if knows < needs:
        raise StartRefused(
            f"this Bellhop is too old for {where} (it knows schema {knows}, and {needs} is "
            "needed); update it to the version of the home"
        )
    if knows < version:
        log.info("%s has schema %d; this Bellhop knows %d, which is enough", where, version, knows)


def wait_for_home(where: str) -> None:
    """Return once the home has brought the database to all that this program knows."""
    said = False
    while True:
        with database.connection_context():
            ((version, _),) = query(KNOWN)
        if version >= len(schema.MIGRATIONS):
            return
        if not said:
            knows = len(schema.MIGRATIONS)
            log.warning("%s has schema %d, and this Bellhop needs %d; it waits: update the home "
                        "first", where, version, knows)  # fmt: skip
            said = True
        time.sleep(WAIT_EVERY_S)


def require_no_other_machine(where: str, lease_s: float) -> None:
    """Raise StartRefused while another machine runs, which could not go on.

    For who is about to make a breaking migration. Watches those that may run, for the length of a
    lease: who has not beaten for so long runs nothing.
    """
    first = {consumer: beat for consumer, beat, _ in query(OTHERS)}
    if first:
        log.warning("looking for %g s whether other machines run", lease_s)
    until = time.monotonic() + lease_s
    while first and time.monotonic() < until:
        for consumer, beat, name in query(OTHERS):
            if beat != first.get(consumer):
                raise StartRefused(
                    f"{where} needs a migration that no earlier version can live with, and machine "
                    f"{name} runs one; stop Bellhop there first"
                )
        time.sleep(WATCH_EVERY_S)
