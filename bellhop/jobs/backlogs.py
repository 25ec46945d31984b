"""Queues that are behind: their oldest item has waited for longer than `backlog_s` says; and those
that nobody serves.

The keeper looks, and notes in the rows since when; everybody else reads that. So people are told of
a queue once, and again only after it kept up in between.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from bellhop.base.times import seconds_since, timestamp
from bellhop.database.database import database, query
from bellhop.jobs import queries
from bellhop.jobs import queues as switches
from bellhop.settings.settings import Queue
from bellhop.storage.models import Consumer

# A queue keeps up again once nothing waits for more than this part of `backlog_s`.
ENOUGH = 0.5
NOTE = """
    INSERT INTO queue (name, behind_since) VALUES (:name, :now)
    ON CONFLICT (name) DO UPDATE SET behind_since = excluded.behind_since"""
CLEAR = "UPDATE queue SET behind_since = NULL WHERE name = :name"
log = logging.getLogger("bellhop.queues")


def behind() -> dict[str, str]:
    """The queues that are behind, and since when."""
    return dict(query("SELECT name, behind_since FROM queue WHERE behind_since IS NOT NULL"))


def look(queues: Mapping[str, Queue]) -> dict[str, bool]:
    """Note which queues are behind from now on (true), and which keep up again; only these."""
    known = behind()
    changed = dict.fromkeys(known.keys() - queues.keys(), False)  # nobody asks about these any more
    for name, queue in queues.items():
        waited_s = seconds_since(queries.waits_since(name)) or 0.0
        if name in known and not waited_s > ENOUGH * queue.backlog_s > 0:
            changed[name] = False
            log.info("queue=%s keeps up again", name)
        elif name not in known and waited_s > queue.backlog_s > 0:
            changed[name] = True
            said = "queue=%s is behind: its oldest item has waited for %.0f s (backlog_s = %g)"
            log.warning(said, name, waited_s, queue.backlog_s)
    _record(changed)
    return changed


def _record(changed: Mapping[str, bool]) -> None:
    if not changed:
        return
    with database.atomic():
        for name, is_behind in changed.items():
            values = {"name": name, "now": timestamp()}
            query(NOTE if is_behind else CLEAR, values if is_behind else {"name": name})


def said(queue: str, since: str, settings: Mapping[str, Queue]) -> str:
    """What is told of a queue that is behind."""
    most_s = settings[queue].backlog_s if queue in settings else 0.0
    waits = f"an item waited for more than {most_s:g} s"
    return f"the queue {queue} is behind since {since[:19]}Z: {waits}"


def unserved(running: Sequence[Consumer]) -> dict[str, str]:
    """The queues in which items wait that none of the running consumers takes, in words.

    Nobody is to take items of a queue that is paused.
    """
    taken = {queue for each in running if not each.draining for queue in queries.queues_of(each)}
    alone = [
        name for name in queries.queues_waiting() if name not in taken | switches.paused().keys()
    ]
    return {
        name: f"items wait in the queue {name}, and no running worker takes them" for name in alone
    }
