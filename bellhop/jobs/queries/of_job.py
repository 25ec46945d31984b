"""What belongs to one job: its items with their results, its events, what it needs.

Whoever asks has found the job already, so may read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bellhop.accounts.access import User, readable
from bellhop.database.database import database, named, query
from bellhop.jobs.conditions import IS_HOPELESS
from bellhop.storage.models import ITEM_COLUMNS, ITEM_FIELDS, Event, Item, Job, Result

# What is read for one page must not fill the memory of the web.
PAGE_BYTES = 8 * 1024 * 1024
ENDS_PER_PAGE = 200
ITEM = ", ".join(f'item."{name}"' for name in ITEM_COLUMNS)
ERROR = ITEM_COLUMNS.index("error")
RESULT = ("item", "data", "files", "warnings")


@dataclass(frozen=True)
class ItemPage:
    """Items with their results, and whether there are more behind them."""

    rows: list[tuple[Item, Result | None]]
    has_more: bool


def items(
    job: Job,
    *,
    statuses: Sequence[str] = (),
    only_ends: bool = False,
    after: int = 0,
    limit: int,
) -> ItemPage:
    """The job's items in order, from row id `after` on; a page ends early at `PAGE_BYTES`.

    `only_ends`: of a chain only the step that decided about an item.
    """
    chosen = ""
    if only_ends:
        chosen = """AND (step = :last AND waits_for IS NULL OR status IN ('failed', 'cancelled'))"""
    if statuses:
        chosen += " AND status IN (SELECT value FROM json_each(:statuses))"
    sql = f"""SELECT {ITEM}, result.item, result.data, result.files, result.warnings
        FROM item LEFT JOIN result ON result.item = item.id
        WHERE item.job = :job AND item.id > :after {chosen} ORDER BY item.id LIMIT :most"""
    values = {"job": job.id, "after": after, "last": job.steps - 1, "most": limit + 1}
    page, size = ItemPage([], has_more=False), 0
    # Read one by one: all of them may be more than there is memory.
    with database.streamed(sql, {**values, "statuses": json.dumps(statuses)}) as cursor:
        for row in cursor:
            given = row[-4:]
            size += sum(map(len, given[1:])) if given[0] is not None else 0
            size += len(row[ERROR] or "")
            if len(page.rows) == limit or (page.rows and size > PAGE_BYTES):
                return replace(page, has_more=True)
            result = None if given[0] is None else Result(**dict(zip(RESULT, given, strict=True)))
            item = Item(**dict(zip(ITEM_FIELDS, row[:-4], strict=True)))
            page.rows.append((item, result))
    return page


def ends(job: Job) -> Iterator[tuple[Item, Result | None]]:
    """Every item of a job as its last step ended, a page at a time."""
    page = ItemPage([], has_more=True)
    while page.has_more:
        after = page.rows[-1][0].id if page.rows else 0
        page = items(job, only_ends=True, after=after, limit=ENDS_PER_PAGE)
        yield from page.rows


def outputs(job: Job) -> list[tuple[int, str, str]]:
    """(index, filename, files) of the items that completed their last step, `files` as stored."""
    sql = """SELECT item."index", item.filename, result.files
        FROM item JOIN result ON result.item = item.id
        WHERE item.job = :job AND item.step = :last AND item.status = 'completed'
        ORDER BY item."index" """
    return query(sql, {"job": job.id, "last": job.steps - 1})


def item(job: Job, index: int, step: int = 0) -> tuple[Item, Result | None] | None:
    """One item and its result."""
    found = Item.get_or_none(
        (Item.job == job.id) & (Item.item_index == index) & (Item.step == step)
    )
    return (found, Result.get_or_none(Result.item == found.id)) if found else None


def first_steps(job: Job, indexes: Sequence[int] | None = None) -> list[Item]:
    """The items of a job, or those with these numbers, in their first step."""
    chosen = () if indexes is None else (Item.item_index.in_([*indexes]),)
    select = Item.select().where(Item.job == job.id, Item.step == 0, *chosen)
    return list(select.order_by(Item.item_index))


def events(job: Job, *, after: int = 0, limit: int) -> list[Event]:
    """The job's events in the order they happened, from row id `after` on."""
    select = Event.select().where((Event.job == job.id) & (Event.id > after))
    return list(select.order_by(Event.id).limit(limit))


def unmet(job: Job) -> list[str]:
    """Ids of the jobs that must complete before a job may run."""
    sql = "SELECT needs FROM dependency WHERE job = :job AND is_met = 0 ORDER BY needs"
    return [job_id for (job_id,) in query(sql, {"job": job.id})]


def hopeless(job: Job) -> tuple[str, str | None] | None:
    """(id, status) of a job that this one needs and that ended otherwise, or was deleted."""
    sql = f"""SELECT needs, needed.status FROM dependency
        LEFT JOIN job AS needed ON needed.job_id = needs
        WHERE dependency.job = :job AND {IS_HOPELESS} ORDER BY needs"""
    return next(iter(query(sql, {"job": job.id})), None)


def needs_uploads(job: Job, *, use_cache: bool) -> bool:
    """Whether a retry would run a first step, which reads the uploads."""
    taken = "" if use_cache else "OR cached = 1"
    sql = f"""SELECT 1 FROM item WHERE job = :job AND step = 0
        AND (status IN ('failed', 'cancelled') {taken}) LIMIT 1"""
    return bool(query(sql, {"job": job.id}))


def running_items(viewer: User) -> list[dict[str, Any]]:
    """What the workers do at this moment, one item each, as far as the viewer may read it."""
    sql = f"""SELECT item.id, item.worker, job.job_id, job.name, job.owner, job.total_items,
        job.cancel_requested, item."index", item.filename, item.step, item.type, item.queue,
        item.progress, item.current_step, item.attempt, item.started_at
        FROM item CROSS JOIN job ON job.id = item.job
        WHERE item.status = 'running' AND {readable(viewer)}
        AND NOT EXISTS (SELECT 1 FROM item AS before WHERE before.status = 'running'
            AND before.worker = item.worker AND before.id < item.id)"""
    return named(sql, {"viewer": viewer.name})


def cached(key: str, *, since: str) -> tuple[str, str, str, str] | None:
    """(job id, data, files, warnings) of the result known by a key, no older than `since`."""
    sql = """SELECT job.job_id, result.data, result.files, result.warnings
        FROM cache JOIN result ON result.item = cache.item
        JOIN item ON item.id = cache.item JOIN job ON job.id = item.job
        WHERE cache.key = :key AND cache.created_at > :since
        AND json_valid(result.data) AND json_valid(result.warnings)"""
    return next(iter(query(sql, {"key": key, "since": since})), None)
