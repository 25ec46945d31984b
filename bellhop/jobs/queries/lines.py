"""What waits: the lines of the queues, and what the items of a job wait for."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bellhop.database.database import query
from bellhop.jobs.conditions import IS_UNFINISHED, IS_WAITING, QUEUE_IS_OPEN, TYPES_IN_LINE
from bellhop.storage.models import Job

# The place of a job in its queue is exact up to this one. To know it, the first waiting items are
# looked at, then more of them, then all.
LINE_JOBS = 100
IS_LISTED = "id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))"
OF_JOBS = "job IN (SELECT CAST(value AS BIGINT) FROM json_each(:jobs))"
COUNT_DUE_OF = f"""
    {TYPES_IN_LINE}
    SELECT CAST(coalesce(sum((SELECT count(*) FROM (SELECT 1 FROM item
        WHERE queue = :queue AND type = in_line.type AND status = 'queued' LIMIT :most) AS few)), 0)
        AS BIGINT)
    FROM in_line WHERE type IN (SELECT value FROM json_each(:types)) AND {QUEUE_IS_OPEN}"""
LINES = (2000, 20_000, 1 << 62)


def count_due(most: Mapping[str, int], types: Collection[str] | None = None) -> int:
    """How many items may run now, of each queue `most` at most; only of `types`, if given."""
    sql = f"""SELECT count(*) FROM (SELECT 1 FROM item WHERE queue = :queue AND status = 'queued'
        AND {QUEUE_IS_OPEN} LIMIT :most) AS few"""
    known: dict[str, Any] = {}
    if types is not None:
        sql, known = COUNT_DUE_OF, {"types": json.dumps([*types])}
    counts = [query(sql, {"queue": queue, "most": n, **known})[0][0] for queue, n in most.items()]
    return int(sum(map(min, counts, most.values())))


def queued_in(queue: str, most: int) -> int:
    """How many items of a queue may run now and wait, at most `most`."""
    sql = """SELECT count(*) FROM (SELECT 1 FROM item
        WHERE queue = :queue AND status = 'queued' LIMIT :most) AS few"""
    return int(query(sql, {"queue": queue, "most": most})[0][0])


def _of_jobs(job_ids: Iterable[int]) -> tuple[str, dict[str, int | str]]:
    """The condition of the items of these jobs, and its values."""
    first, *others = ids = list(job_ids)
    # One is what most ask for, and takes a third of the time.
    return (OF_JOBS, {"jobs": json.dumps(ids)}) if others else ("job = :job", {"job": first})


@dataclass
class Waiting:
    """What the items of a job that do not run wait for.

    `until` is the first time that comes, `lines` the (queue, type) of items that could run at once.
    """

    until: str | None = None
    is_retry: bool = False
    for_job: bool = False
    for_equal: bool = False
    lines: list[tuple[str, str]] = field(default_factory=list)


def waiting(job_ids: Iterable[int]) -> dict[int, Waiting]:
    """What these jobs, at least one, wait for, by the job's row id."""
    of_jobs, values = _of_jobs(job_ids)
    sql = f"""SELECT job, status, queue, type, min(not_before),
            max(CASE WHEN not_before IS NOT NULL AND attempt > 0 THEN 1 ELSE 0 END),
            max(CASE waits_for WHEN 'job' THEN 1 ELSE 0 END),
            max(CASE waits_for WHEN 'equal' THEN 1 ELSE 0 END)
        FROM item WHERE {of_jobs} AND {IS_WAITING} GROUP BY job, status, queue, type"""
    found: dict[int, Waiting] = {}
    for job, status, queue, name, until, is_retry, for_job, for_equal in query(sql, values):
        waits = found.setdefault(job, Waiting())
        if status == "queued":
            waits.lines.append((queue, name))
        waits.until = min(filter(None, (waits.until, until)), default=None)
        waits.is_retry |= bool(is_retry)
        waits.for_job |= bool(for_job)
        waits.for_equal |= bool(for_equal)
    return found


@dataclass(frozen=True)
class Trouble:
    """How an item that is not final has failed: its error as JSON text, and how often.

    `retry_at` is when it runs again, None where it waits for no time.
    """

    error: str
    failures: int
    retry_at: str | None


def troubles(job_ids: Iterable[int]) -> dict[int, Trouble]:
    """What has failed in these jobs, by the job's row id: the item that runs again first."""
    if not (ids := list(job_ids)):
        return {}
    of_jobs, values = _of_jobs(ids)
    # A window over all items of large jobs would take three times as long.
    sql = f"""SELECT min(coalesce(not_before, ':') || ' ' || id)
        FROM item WHERE {of_jobs} AND {IS_UNFINISHED} AND failures > 0 AND json_valid(error)
        GROUP BY job"""
    first = [int(found.rpartition(" ")[2]) for (found,) in query(sql, values)]
    sql = f"SELECT job, error, failures, not_before FROM item WHERE {IS_LISTED}"
    rows = query(sql, {"ids": json.dumps(first)}) if first else []
    return {job: Trouble(*row) for job, *row in rows}


@dataclass(frozen=True)
class Work:
    """Work of one type in one queue, in hundredths of an item."""

    type: str
    queue: str
    hundredths: int


def work_left(job: Job) -> list[Work]:
    """What is left to do of a job; not what a failed step blocks, which only a retry runs."""
    sql = """SELECT type, queue, CAST(sum(100 - progress) AS BIGINT) FROM item
        WHERE job = :job AND status IN ('pending', 'queued', 'running')
        AND (coalesce(waits_for, '') != 'step' OR NOT EXISTS (SELECT 1 FROM item AS before
            WHERE before.job = item.job AND before."index" = item."index"
            AND before.status IN ('failed', 'cancelled')))
        GROUP BY type, queue"""
    return [Work(*row) for row in query(sql, {"job": job.id})]


def line(queue: str) -> tuple[list[tuple[int, str]], bool]:
    """(job, type) of the items that wait in a queue, next first, and whether that is all of them.

    Enough to have seen more than `LINE_JOBS` jobs.
    """
    # Each submit asks, of a long line too: two columns cost a third of thousands of rows.
    sql = """SELECT coalesce(json_group_array(job), '[]'),
            coalesce(json_group_array(CAST(type AS TEXT)), '[]')
        FROM (SELECT job, type FROM item WHERE queue = :queue AND status = 'queued'
            ORDER BY priority DESC, turn, id LIMIT :most) AS first"""
    rows: list[tuple[int, str]] = []
    for most in LINES:
        ((jobs, types),) = query(sql, {"queue": queue, "most": most})
        rows = list(zip(json.loads(jobs), json.loads(types), strict=True))
        if len(rows) == most and len({job for job, _ in rows}) > LINE_JOBS:
            return rows, False
        if len(rows) < most:
            break
    return rows, True


def running_in(queue: str) -> list[tuple[int, str, int]]:
    """(job, type, hundredths left) of what runs in a queue."""
    sql = "SELECT job, type, 100 - progress FROM item WHERE status = 'running' AND queue = :queue"
    return query(sql, {"queue": queue})
