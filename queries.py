"""Named reads of the database. Nothing here writes, and nothing returns half-read rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from installation import Installation, is_held
from models import Consumer, Event, Gone, Item, Job, Result, query

# Beyond this many waiting items the exact place in a queue is not worth counting.
POSITION_SCAN = 2000
MOST_POSITION = 100
# One answer must not fill the memory of the web, nor hold up the others while it is written.
PAGE_BYTES = 8 * 1024 * 1024
AHEAD = """
    SELECT count(*), count(DISTINCT job) FROM (
        SELECT job FROM item WHERE queue = :queue AND status = 'queued'
        AND (priority > :priority OR (priority = :priority AND (turn, id) < (:turn, :id)))
        LIMIT :most)"""


def count_due(most: Mapping[str, int]) -> int:
    """How many items may run now, of each queue `most` at most."""
    sql = "SELECT 1 FROM item WHERE queue = :queue AND status = 'queued' LIMIT :most"
    return sum(len(query(sql, {"queue": queue, "most": count})) for queue, count in most.items())


def consumers() -> list[Consumer]:
    """Every registered consumer, dead or alive."""
    return list(Consumer.raw("SELECT * FROM consumer"))


def living_consumers(here: Installation) -> list[Consumer]:
    """Consumers that live at this moment, by the lock that each holds."""
    return [consumer for consumer in consumers() if is_held(here.consumer_lock(consumer.id))]


def held_by(consumers: Iterable[str]) -> int:
    """How many items the workers of these consumers hold."""
    holders = set(consumers)
    rows = query("SELECT worker FROM item WHERE status = 'running'")
    return sum(worker.partition("/")[0] in holders for (worker,) in rows)


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


def ended_before(at: str, limit: int) -> list[str]:
    """Ids of final jobs that ended before `at`, oldest first."""
    sql = "SELECT job_id FROM job WHERE completed_at < :at ORDER BY completed_at LIMIT :most"
    return [job_id for (job_id,) in query(sql, {"at": at, "most": limit})]


def last_change() -> int:
    """The installation-wide change number."""
    return int(query("SELECT value FROM counter WHERE name = 'change'")[0][0])


def job(job_id: str) -> Job | None:
    # As SQL: peewee takes longer to build this query than SQLite to answer it.
    return next(iter(Job.raw("SELECT * FROM job WHERE job_id = ?", job_id)), None)


def jobs(
    *,
    statuses: Sequence[str] = (),
    type_name: str | None = None,
    queue: str | None = None,
    owner: str | None = None,
    before: int | None = None,
    limit: int,
) -> list[Job]:
    """Jobs that match, newest first; `before` is the row id of the page's predecessor."""
    select = Job.select().order_by(Job.id.desc()).limit(limit)
    if statuses:
        select = select.where(Job.status.in_(list(statuses)))
    for column, value in ((Job.type, type_name), (Job.queue, queue), (Job.owner, owner)):
        if value is not None:
            select = select.where(column == value)
    if before is not None:
        select = select.where(Job.id < before)
    return list(select)


def jobs_since(change: int, limit: int) -> tuple[list[Job], list[str]]:
    """(jobs that changed after `change`, oldest change first; ids of those deleted)."""
    changed = Job.select().where(Job.change > change).order_by(Job.change).limit(limit)
    gone = Gone.select().where(Gone.change > change).order_by(Gone.change)
    return list(changed), [row.job_id for row in gone]


@dataclass(frozen=True)
class ItemPage:
    """Items with their results, and whether there are more behind them."""

    rows: list[tuple[Item, Result | None]]
    has_more: bool


def items(job: Job, *, statuses: Sequence[str] = (), after: int = 0, limit: int) -> ItemPage:
    """The job's items in order, from row id `after` on; a page ends early at `PAGE_BYTES`."""
    select = Item.select().where((Item.job == job.id) & (Item.id > after))
    if statuses:
        select = select.where(Item.status.in_(list(statuses)))
    found = list(select.order_by(Item.id).limit(limit + 1))
    page: list[Item] = []
    size, sizes = 0, _result_sizes([item.id for item in found])
    for item in found[:limit]:
        size += sizes.get(item.id, 0)
        if page and size > PAGE_BYTES:
            break
        page.append(item)
    given = Result.select().where(Result.item.in_([item.id for item in page]))
    results = {result.item_id: result for result in given}  # type: ignore[attr-defined]
    rows = [(item, results.get(item.id)) for item in page]
    return ItemPage(rows, len(found) > len(page))


def _result_sizes(items: Sequence[int]) -> dict[int, int]:
    """Characters of each item's result."""
    numbers = ", ".join(str(int(number)) for number in items)
    sql = f"SELECT item, length(data) + length(warnings) FROM result WHERE item IN ({numbers})"
    return dict(query(sql))


def item(job: Job, index: int, step: int = 0) -> tuple[Item, Result | None] | None:
    """One item and its result."""
    found = Item.get_or_none(
        (Item.job == job.id) & (Item.item_index == index) & (Item.step == step)
    )
    return (found, Result.get_or_none(Result.item == found.id)) if found else None


def events(job: Job, *, after: int = 0, limit: int) -> list[Event]:
    """The job's events in the order they happened, from row id `after` on."""
    select = Event.select().where((Event.job == job.id) & (Event.id > after))
    return list(select.order_by(Event.id).limit(limit))


def next_retry(job_ids: Iterable[int]) -> dict[int, str]:
    """The earliest `not_before` of each job's waiting items, by the job's row id."""
    numbers = ", ".join(str(int(number)) for number in job_ids)
    sql = f"""SELECT job, min(not_before) FROM item
        WHERE job IN ({numbers}) AND status = 'pending' AND not_before IS NOT NULL GROUP BY job"""
    return dict(query(sql))


def position(job: Job) -> int | None:
    """The job's place in its queue, 1 = next; None above `MOST_POSITION` or not queued."""
    first = query(
        """SELECT id, queue, priority, turn FROM item WHERE job = :job AND status = 'queued'
        ORDER BY priority DESC, turn, id LIMIT 1""",
        {"job": job.id},
    )
    if not first:
        return None
    values: dict[str, Any] = dict(zip(("id", "queue", "priority", "turn"), first[0], strict=True))
    scanned, ahead = query(AHEAD, {**values, "most": POSITION_SCAN})[0]
    place = int(ahead) + 1
    return place if scanned < POSITION_SCAN and place <= MOST_POSITION else None
