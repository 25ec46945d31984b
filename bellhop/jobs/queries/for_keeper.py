"""What keepers, consumers and commands ask: who lives, what they hold, what is over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from bellhop.base.documents import Unreadable, stored
from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import query
from bellhop.storage.installation import SILENCE_S, Installation
from bellhop.storage.models import Consumer
from bellhop.system.locks import is_held

# `keep = 0` as the index `job_ended` has it.
UNDELIVERED = """type = 'notice' AND name = 'notice' AND status = 'failed'
    AND completed_at > :since AND keep = 0"""
SILENT_MS = "SELECT id, clock_ms() - beat FROM consumer"
# What a consumer can be called: its locks are files of this name.
CONSUMER = re.compile(r"[A-Za-z0-9_-]{1,64}")


def consumers() -> list[Consumer]:
    """Every registered consumer, dead or alive."""
    return list(Consumer.raw("SELECT * FROM consumer"))


def elsewhere(here: Installation, known: Sequence[Consumer]) -> list[Consumer]:
    """Those of the consumers whose locks are not in this folder: that beat, but hold none here.

    They run on other machines, in a copy of this folder, or ran before the machine was started
    again; while the rows are in SQLite, there are none.
    """
    if not here.rows:
        return []
    places = {(here.machine, here.place)}
    if here.is_home:  # what an earlier version recorded, which knew no machines
        places |= {("", ""), ("", here.place)}
    return [consumer for consumer in known if (consumer.machine, consumer.place) not in places]


def living_consumers(here: Installation, silence_s: float = SILENCE_S) -> list[Consumer]:
    """Consumers that live at this moment, by the lock that each holds.

    One that runs elsewhere lives for `silence_s` after its last beat, as the server's clock has it,
    and no longer than its lease.
    """
    named = [consumer for consumer in consumers() if CONSUMER.fullmatch(consumer.id)]
    others = {consumer.id for consumer in elsewhere(here, named)}
    silent_ms: dict[str, int] = dict(query(SILENT_MS)) if others else {}

    def lives(consumer: Consumer) -> bool:
        if consumer.id not in others:
            return is_held(here.consumer_lock(consumer.id))
        last_s = min(silence_s, consumer.lease_s or silence_s)
        return silent_ms.get(consumer.id, last_s * 1000) < last_s * 1000

    return [consumer for consumer in named if lives(consumer)]


def queues_of(consumer: Consumer) -> list[str]:
    """The queues that a consumer serves; none of one whose row cannot be read."""
    try:
        return stored(consumer.queues, list, "consumer", consumer.id, "queues")
    except Unreadable:
        return []


def serving() -> dict[str, list[str]]:
    """The registered consumers that serve each queue, dead or alive, in the order of their ids."""
    found: dict[str, list[str]] = {}
    for consumer in sorted(consumers(), key=lambda each: each.id):
        for queue in queues_of(consumer):
            found.setdefault(queue, []).append(consumer.id)
    return found


def running_consumers(here: Installation) -> list[Consumer]:
    """Those of the living that are not stopped (SIGSTOP, a frozen container), and so take items."""
    living = living_consumers(here)
    others = {consumer.id for consumer in elsewhere(here, living)}
    return [each for each in living if each.id in others or here.is_running(each.id)]


def held_by(here: Installation, consumers: Iterable[str]) -> int:
    """How many items the workers of those of these consumers hold that live.

    One that runs elsewhere may run them until its lease is over.
    """
    holders = {each.id for each in living_consumers(here, float("inf"))}.intersection(consumers)
    rows = query("SELECT worker FROM item WHERE status = 'running'")
    return sum(worker.partition("/")[0] in holders for (worker,) in rows)


def leases() -> list[tuple[int, str, str]]:
    """(item id, lease_until, worker) of everything that runs."""
    sql = "SELECT id, lease_until, coalesce(worker, '') FROM item WHERE status = 'running'"
    return [(item, until, worker) for item, until, worker in query(sql)]


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


def queues_waiting() -> list[str]:
    """The queues in which an item may run now and waits, also those that no settings name."""
    # Each step is one look into the index `item_due`, as above.
    first = "SELECT min(queue) FROM item WHERE status = 'queued'"
    sql = f"""WITH RECURSIVE known (queue) AS (
        {first} UNION ALL SELECT ({first} AND queue > known.queue) FROM known
        WHERE known.queue IS NOT NULL)
        SELECT queue FROM known WHERE queue IS NOT NULL"""
    return [name for (name,) in query(sql)]


def ended_before(type_name: str, at: str, limit: int) -> list[str]:
    """Ids of final jobs of a type that ended before `at`, oldest first; none that is kept."""
    sql = """SELECT job_id FROM job
        WHERE type = :type AND completed_at IS NOT NULL AND keep = 0
        AND completed_at > '1' AND completed_at < :at
        ORDER BY completed_at LIMIT :most"""
    rows = query(sql, {"type": type_name, "at": at, "most": limit})
    return [job_id for (job_id,) in rows]


def ended_of_watched(mark: str, most: int) -> list[tuple[str, str, str | None, str | None]]:
    """(token, job id, status, error as JSON) of files of watched folders whose jobs have ended.

    The status is None where the job was deleted; only those whose place is not known yet.
    """
    sql = """SELECT watched.id, watched.job, job.status, (SELECT item.error FROM item
            WHERE item.job = job.id AND item.status = 'failed' ORDER BY item.id LIMIT 1)
        FROM watched LEFT JOIN job ON job.job_id = watched.job
        WHERE watched.mark = :mark AND watched.target IS NULL
            AND (job.id IS NULL OR job.completed_at IS NOT NULL) LIMIT :most"""
    return [tuple(row) for row in query(sql, {"mark": mark, "most": most})]


def last_change() -> int:
    """The installation-wide change number."""
    rows = query("SELECT value FROM counter WHERE name = 'change' AND typeof(value) = 'integer'")
    return int(rows[0][0]) if rows else 0


def newest_at() -> str:
    """When the newest job came or the newest move was made, whichever is later; "" without any."""
    sql = """SELECT max(coalesce((SELECT created_at FROM job ORDER BY id DESC LIMIT 1), ''),
        coalesce((SELECT at FROM event ORDER BY id DESC LIMIT 1), ''))"""
    return str(query(sql)[0][0])


def failed_notices() -> tuple[int, str]:
    """How many notices of the last day could not be delivered, without tests; why the last."""
    sql = f"""SELECT count(*) OVER (),
            CASE WHEN json_valid(error) THEN CAST(json_extract(error, '$.message') AS TEXT) END
        FROM job WHERE {UNDELIVERED} ORDER BY completed_at DESC LIMIT 1"""
    found = query(sql, {"since": timestamp(-DAY_S)})
    return (int(found[0][0]), str(found[0][1] or "")) if found else (0, "")
