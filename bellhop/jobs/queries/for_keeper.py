"""What keepers, consumers and commands ask: who lives, what they hold, what is over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from bellhop.base.documents import Unreadable, stored
from bellhop.database.database import query
from bellhop.storage.installation import Installation
from bellhop.storage.models import Consumer
from bellhop.system.locks import is_held

# What a consumer can be called: its locks are files of this name.
CONSUMER = re.compile(r"[A-Za-z0-9_-]{1,64}")


def consumers() -> list[Consumer]:
    """Every registered consumer, dead or alive."""
    return list(Consumer.raw("SELECT * FROM consumer"))


def living_consumers(here: Installation) -> list[Consumer]:
    """Consumers that live at this moment, by the lock that each holds."""
    named = (consumer for consumer in consumers() if CONSUMER.fullmatch(consumer.id))
    return [consumer for consumer in named if is_held(here.consumer_lock(consumer.id))]


def queues_of(consumer: Consumer) -> list[str]:
    """The queues that a consumer serves; none of one whose row cannot be read."""
    try:
        return stored(consumer.queues, list, "consumer", consumer.id, "queues")
    except Unreadable:
        return []


def running_consumers(here: Installation) -> list[Consumer]:
    """Those of the living that are not stopped (SIGSTOP, a frozen container), and so take items."""
    return [consumer for consumer in living_consumers(here) if here.is_running(consumer.id)]


def held_by(here: Installation, consumers: Iterable[str]) -> int:
    """How many items the workers of those of these consumers hold that live."""
    holders = {consumer.id for consumer in living_consumers(here)}.intersection(consumers)
    rows = query("SELECT worker FROM item WHERE status = 'running'")
    return sum(worker.partition("/")[0] in holders for (worker,) in rows)


def running_by_machine() -> dict[str, int]:
    """How many items run on each machine that runs any, by its id."""
    return dict(
        query(
            """SELECT machine, count(*) FROM consumer JOIN item ON status = 'running'
            AND worker > consumer.id || '/' AND worker < consumer.id || '0' GROUP BY machine"""
        )
    )


def leases() -> list[tuple[int, str]]:
    """(item id, lease_until) of everything that runs."""
    return [
        (item, until)
        for item, until in query("SELECT id, lease_until FROM item WHERE status = 'running'")
    ]


def unknown_jobs(job_ids: Sequence[str]) -> list[str]:
    """Which of these ids no job has."""
    sql = "SELECT value FROM json_each(:ids) WHERE value NOT IN (SELECT job_id FROM job)"
    return [job_id for (job_id,) in query(sql, {"ids": json.dumps(job_ids)})]


def types_of_jobs() -> list[str]:
    """The types that any job is of."""
    # Each step is one look into the index `job_type`; DISTINCT would walk through all of it.
    sql = """WITH RECURSIVE known (type) AS (
        SELECT min(type) FROM job UNION ALL
        SELECT (SELECT min(type) FROM job WHERE type > known.type) FROM known
        WHERE known.type IS NOT NULL)
        SELECT type FROM known WHERE type IS NOT NULL"""
    return [name for (name,) in query(sql)]


def ended_before(type_name: str, at: str, limit: int) -> list[str]:
    """Ids of final jobs of a type that ended before `at`, oldest first; none that is kept."""
    sql = """SELECT job_id FROM job
        WHERE type = :type AND completed_at IS NOT NULL AND keep = 0
        AND completed_at > '1' AND completed_at < :at
        ORDER BY completed_at LIMIT :most"""
    rows = query(sql, {"type": type_name, "at": at, "most": limit})
    return [job_id for (job_id,) in rows]


def last_change() -> int:
    """The installation-wide change number."""
    rows = query("SELECT value FROM counter WHERE name = 'change' AND typeof(value) = 'integer'")
    return int(rows[0][0]) if rows else 0


def newest_at() -> str:
    """When the newest job came or the newest move was made, whichever is later; "" without any."""
    sql = """SELECT max(coalesce((SELECT created_at FROM job ORDER BY id DESC LIMIT 1), ''),
        coalesce((SELECT at FROM event ORDER BY id DESC LIMIT 1), ''))"""
    return str(query(sql)[0][0])
