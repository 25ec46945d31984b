"""Named reads of the database. Nothing here writes, and nothing returns half-read rows.

What finds jobs asks who wants to know, and finds only what they may read; what tells more of a job
is given the job that was found so.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from peewee import BooleanField

from bellhop.accounts.access import User, readable
from bellhop.storage.database import query
from bellhop.storage.installation import Installation
from bellhop.storage.models import Consumer, Event, Item, Job, Result, Schedule
from bellhop.system.locks import is_held

# The place of a job in its queue is exact up to this one. To know it, the first waiting items are
# looked at, then more of them, then all.
LINE_JOBS = 100
LINES = (2000, 20_000, -1)
# One answer must not fill the memory of the web, nor hold up the others while it is written.
PAGE_BYTES = 8 * 1024 * 1024
COLUMNS = tuple(Job._meta.columns)
JOB = ", ".join(COLUMNS)
FLAGS = [field.name for field in Job._meta.sorted_fields if isinstance(field, BooleanField)]
# How many jobs a search looks through before it answers.
SEARCH_SCAN = 10_000
SAID = "coalesce(json_extract({0}, '$.code') || ' ' || json_extract({0}, '$.message'), '')"
MATCHES = f"""instr(fold(name), :text) OR instr(fold(params), :text)
    OR instr(fold({SAID.format("error")}), :text)
    OR EXISTS (SELECT 1 FROM item WHERE item.job = job.id AND (instr(fold(filename), :text)
        OR instr(fold({SAID.format("item.error")}), :text)))"""


def count_due(most: Mapping[str, int]) -> int:
    """How many items may run now, of each queue `most` at most."""
    sql = """SELECT 1 FROM item WHERE queue = :queue AND status = 'queued'
        AND NOT EXISTS (SELECT 1 FROM queue WHERE name = :queue AND is_paused) LIMIT :most"""
    return sum(len(query(sql, {"queue": queue, "most": count})) for queue, count in most.items())


def queued_in(queue: str, most: int) -> int:
    """How many items of a queue may run now and wait, at most `most`."""
    sql = """SELECT count(*) FROM (SELECT 1 FROM item
        WHERE queue = :queue AND status = 'queued' LIMIT :most)"""
    return int(query(sql, {"queue": queue, "most": most})[0][0])


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
        WHERE type = :type AND completed_at IS NOT NULL AND completed_at < :at AND keep = 0
        ORDER BY completed_at LIMIT :most"""
    rows = query(sql, {"type": type_name, "at": at, "most": limit})
    return [job_id for (job_id,) in rows]


def last_change() -> int:
    """The installation-wide change number."""
    return int(query("SELECT value FROM counter WHERE name = 'change'")[0][0])


def job(viewer: User, job_id: str) -> Job | None:
    sql = f"SELECT {JOB} FROM job WHERE job_id = :id AND {readable(viewer)}"
    return next(iter(_jobs(sql, {"id": job_id, "viewer": viewer.name})), None)


def unreadable(viewer: User, job_ids: Sequence[str]) -> list[str]:
    """Which of these ids are of no job that the viewer may read."""
    sql = f"""SELECT value FROM json_each(:ids)
        WHERE NOT EXISTS (SELECT 1 FROM job WHERE job_id = value AND {readable(viewer)})"""
    rows = query(sql, {"ids": json.dumps(job_ids), "viewer": viewer.name}) if job_ids else []
    return [job_id for (job_id,) in rows]


@dataclass(frozen=True)
class JobFilter:
    """Which jobs a list is about; empty members are not asked for."""

    statuses: Sequence[str] = ()
    type: str | None = None
    queue: str | None = None
    owner: str | None = None
    # Searched for in names, parameters, errors and the names of items.
    text: str | None = None

    def is_empty(self) -> bool:
        return not any(vars(self).values())


@dataclass(frozen=True)
class JobPage:
    """Jobs, and the row id behind which the next page begins; None behind the last one."""

    rows: list[Job]
    next: int | None


def jobs(viewer: User, wanted: JobFilter, *, before: int | None = None, limit: int) -> JobPage:
    """Jobs that match, newest first, of those with a row id below `before`.

    A search looks through `SEARCH_SCAN` jobs at most, so its page may be short and yet not the
    last one.
    """
    values: dict[str, Any] = {"before": before, "type": wanted.type, "queue": wanted.queue}
    values |= {"owner": wanted.owner, "text": (wanted.text or "").casefold()}
    values |= {"viewer": viewer.name}
    depth = SEARCH_SCAN if wanted.text else limit + 1
    where = ["delivery_of IS NULL"] + ([] if before is None else ["id < :before"])
    where += [f"{name} = :{name}" for name in ("type", "queue", "owner") if values[name]]
    # One walk down an index for each status and each reason why the viewer may read a job: a list
    # of them in one would sort all matches.
    statuses = [[f"status = '{name}'"] for name in wanted.statuses] or [[]]
    walks = [
        f"SELECT * FROM (SELECT {JOB} FROM job WHERE {' AND '.join([*where, *status, *reason])}"
        f" ORDER BY id DESC LIMIT {depth})"
        for status, reason in itertools.product(statuses, _reasons(viewer))
    ]
    found = f"{' UNION ALL '.join(walks)} ORDER BY id DESC LIMIT {depth}"
    if not wanted.text:
        rows = _jobs(found, values)
        return JobPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)
    rows = _jobs(f"SELECT {JOB} FROM ({found}) AS job WHERE {MATCHES} LIMIT {limit}", values)
    scanned, last = query(f"SELECT count(*), min(id) FROM ({found})", values)[0]
    if len(rows) == limit:
        last = rows[-1].id
    return JobPage(rows, last if len(rows) == limit or scanned == depth else None)


def _reasons(viewer: User) -> list[list[str]]:
    """Why a viewer may read a job, one condition each: together they are `readable`."""
    if viewer.reads_all:
        return [[]]
    shared = "id IN (SELECT share.job FROM share WHERE share.account = :viewer)"
    return [["owner = :viewer"], ["owner != :viewer", shared]]


def _jobs(sql: str, values: dict[str, Any]) -> list[Job]:
    """Jobs of all their columns."""
    return [_as_job(dict(zip(COLUMNS, row, strict=True))) for row in query(sql, values)]


def _as_job(columns: dict[str, Any]) -> Job:
    # peewee takes longer to build a query and fill an object than SQLite to find the row, and
    # the status of a job is what everybody asks for.
    job = Job.__new__(Job)
    job.__data__, job.__rel__, job._dirty = columns, {}, set()  # type: ignore[attr-defined]
    for name in FLAGS:
        columns[name] = bool(columns[name])
    return job


def jobs_since(viewer: User, change: int, limit: int) -> tuple[list[Job], list[str], int | None]:
    """(jobs that changed after `change`; ids of those deleted; the change to ask from next).

    Oldest change first, `limit` of both together; the last is None when that was all.
    """
    values = {"change": change, "most": limit, "viewer": viewer.name}
    changed = _jobs(
        f"""SELECT {JOB} FROM job WHERE change > :change AND delivery_of IS NULL
        AND {readable(viewer)} ORDER BY change LIMIT :most""",
        values,
    )
    sql = f"""SELECT change, job_id FROM gone WHERE change > :change AND {_was_theirs(viewer)}
        ORDER BY change LIMIT :most"""
    gone = query(sql, values)
    changes = sorted([*(job.change for job in changed), *(number for number, _ in gone)])
    if len(changes) < limit:
        return changed, [job_id for _, job_id in gone], None
    last = changes[limit - 1]
    return (
        [job for job in changed if job.change <= last],
        [job_id for number, job_id in gone if number <= last],
        last,
    )


def _was_theirs(viewer: User) -> str:
    """The SQL condition on `gone` of deleted jobs that a viewer hears of."""
    return "1" if viewer.reads_all else "owner = :viewer"


def jobs_with_content(viewer: User, sha256: str, type_name: str | None, limit: int) -> list[Job]:
    """Jobs over a file with this content, newest first."""
    chosen = "AND type = :type" if type_name else ""
    sql = f"""SELECT {JOB} FROM job WHERE id IN (SELECT job FROM content WHERE sha256 = :sha256)
        AND {readable(viewer)} {chosen} ORDER BY id DESC LIMIT :most"""
    values = {"sha256": sha256, "type": type_name, "most": limit, "viewer": viewer.name}
    return _jobs(sql, values)


def is_expired(viewer: User, job_id: str) -> bool:
    """Whether there was such a job, and its time was over."""
    sql = f"SELECT 1 FROM gone WHERE job_id = :job_id AND is_expired AND {_was_theirs(viewer)}"
    return bool(query(sql, {"job_id": job_id, "viewer": viewer.name}))


def submitted_under(key: str, owner: str, *, since: str) -> tuple[str, str] | None:
    """(job id, fingerprint) of what was submitted under an Idempotency-Key after `since`."""
    sql = """SELECT job.job_id, fingerprint FROM idempotency JOIN job ON job.id = idempotency.job
        WHERE idempotency.owner = :owner AND key = :key AND idempotency.created_at > :since"""
    return next(iter(query(sql, {"owner": owner, "key": key, "since": since})), None)


def unmet(job: Job) -> list[str]:
    """Ids of the jobs that must complete before a job may run."""
    sql = "SELECT needs FROM dependency WHERE job = :job AND NOT is_met ORDER BY needs"
    return [job_id for (job_id,) in query(sql, {"job": job.id})]


def hopeless(job: Job) -> tuple[str, str | None] | None:
    """(id, status) of a job that this one needs and that ended otherwise, or was deleted."""
    sql = """SELECT needs, needed.status FROM dependency
        LEFT JOIN job AS needed ON needed.job_id = needs WHERE dependency.job = :job AND NOT is_met
        AND (needed.id IS NULL OR needed.status IN ('failed', 'cancelled')) ORDER BY needs"""
    return next(iter(query(sql, {"job": job.id})), None)


def needs_uploads(job: Job, *, use_cache: bool) -> bool:
    """Whether a retry would run a first step, which reads the uploads."""
    taken = "" if use_cache else "OR cached"
    sql = f"""SELECT 1 FROM item WHERE job = :job AND step = 0
        AND (status IN ('failed', 'cancelled') {taken}) LIMIT 1"""
    return bool(query(sql, {"job": job.id}))


def status_of(job_id: str) -> tuple[str, int] | None:
    """(status, change) of a job: all that who waits for it asks again and again."""
    rows = query("SELECT status, change FROM job WHERE job_id = :job_id", {"job_id": job_id})
    return rows[0] if rows else None


def deliveries(job: Job) -> list[Job]:
    """The deliveries of a job's webhooks, oldest first."""
    return _jobs(f"SELECT {JOB} FROM job WHERE delivery_of = :job ORDER BY id", {"job": job.id})


def schedules(viewer: User) -> list[Schedule]:
    """The schedules that the viewer may read, the one that is due next first."""
    sql = "SELECT * FROM schedule WHERE ? OR owner = ? ORDER BY next_at, id"
    return list(Schedule.raw(sql, viewer.reads_all, viewer.name))


def shares(job: Job) -> list[str]:
    """The accounts that a job is shown to beside its owner."""
    sql = "SELECT account FROM share WHERE job = :job ORDER BY account"
    return [name for (name,) in query(sql, {"job": job.id})]


def unfinished_jobs(owner: str, most: int) -> int:
    """How many jobs of an owner are not final, at most `most`."""
    sql = "SELECT 1 FROM job WHERE owner = :owner AND completed_at IS NULL LIMIT :most"
    return len(query(sql, {"owner": owner, "most": most}))


def stored_bytes(owner: str) -> int:
    """What the uploads and output files of an owner hold."""
    sql = "SELECT total(bytes) FROM job WHERE owner = :owner AND bytes > 0"
    return int(query(sql, {"owner": owner})[0][0])


def counts_by_type(viewer: User) -> list[tuple[str, str, int]]:
    """(type, status, how many jobs)."""
    sql = f"""SELECT type, status, count(*) FROM job
        WHERE delivery_of IS NULL AND {readable(viewer)}
        GROUP BY type, status ORDER BY type, status"""
    return query(sql, {"viewer": viewer.name})


def durations() -> dict[str, list[float]]:
    """How long the last items of each type ran, in seconds, shortest first."""
    found: dict[str, list[float]] = {}
    for name, seconds in query("SELECT type, seconds FROM duration ORDER BY type, seconds"):
        found.setdefault(name, []).append(seconds)
    return found


def queue_states() -> dict[str, dict[str, Any]]:
    """Of each queue with unfinished or failed items: depth, oldest waiting, running, failed."""
    states: dict[str, dict[str, Any]] = {}
    blank = {"queued": 0, "pending": 0, "running": 0, "failed": 0, "oldest": None}
    for status in ("queued", "pending", "running"):
        sql = f"""SELECT queue, count(*) FROM item
            WHERE status = '{status}' AND waits_for IS NOT 'step' GROUP BY queue"""
        for queue, count in query(sql):
            states.setdefault(queue, dict(blank))[status] = count
    sql = """SELECT item.queue, count(*) FROM job JOIN item ON item.job = job.id
        WHERE job.status = 'failed' AND item.status = 'failed' GROUP BY item.queue"""
    for queue, count in query(sql):
        states.setdefault(queue, dict(blank))["failed"] = count
    for queue, state in states.items():
        sql = """SELECT job.created_at FROM item JOIN job ON job.id = item.job
            WHERE item.id = (SELECT min(id) FROM item WHERE queue = :queue AND status = 'queued')"""
        rows = query(sql, {"queue": queue}) if state["queued"] else []
        state["oldest"] = rows[0][0] if rows else None
    return states


def running_items(viewer: User) -> list[dict[str, Any]]:
    """What the workers do at this moment, as far as the viewer may read it."""
    names = ("worker", "job_id", "name", "index", "step", "type", "queue", "progress", "attempt")
    sql = f"""SELECT item.worker, job.job_id, job.name, item."index", item.step, item.type,
        item.queue, item.progress, item.attempt
        FROM item JOIN job ON job.id = item.job
        WHERE item.status = 'running' AND {readable(viewer)}"""
    return [dict(zip(names, row, strict=True)) for row in query(sql, {"viewer": viewer.name})]


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
    select = Item.select().where((Item.job == job.id) & (Item.id > after))
    if only_ends:
        is_last = (Item.step == job.steps - 1) & Item.waits_for.is_null()
        select = select.where(is_last | Item.status.in_(["failed", "cancelled"]))
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


@dataclass
class Waiting:
    """What the items of a job that do not run wait for.

    `until` is the first time that comes, `queues` where items could run at once.
    """

    until: str | None = None
    is_retry: bool = False
    for_job: bool = False
    for_equal: bool = False
    queues: list[str] = field(default_factory=list)


def waiting(job_ids: Iterable[int]) -> dict[int, Waiting]:
    """What these jobs wait for, by the job's row id."""
    numbers = ", ".join(str(int(number)) for number in job_ids)
    sql = f"""SELECT job, status, queue, min(not_before),
            max(not_before IS NOT NULL AND attempt > 0), max(waits_for IS 'job'),
            max(waits_for IS 'equal')
        FROM item WHERE job IN ({numbers}) AND status IN ('pending', 'queued')
        AND waits_for IS NOT 'step' GROUP BY job, status, queue"""
    found: dict[int, Waiting] = {}
    for job, status, queue, until, is_retry, for_job, for_equal in query(sql):
        waits = found.setdefault(job, Waiting())
        if status == "queued":
            waits.queues.append(queue)
        waits.until = min(filter(None, (waits.until, until)), default=None)
        waits.is_retry |= bool(is_retry)
        waits.for_job |= bool(for_job)
        waits.for_equal |= bool(for_equal)
    return found


@dataclass(frozen=True)
class Work:
    """Work of one type in one queue, in hundredths of an item."""

    type: str
    queue: str
    hundredths: int


def work_left(job: Job) -> list[Work]:
    """What is left to do of a job; not what a failed step blocks, which only a retry runs."""
    sql = """SELECT type, queue, sum(100 - progress) FROM item
        WHERE job = :job AND status IN ('pending', 'queued', 'running')
        AND (waits_for IS NOT 'step' OR NOT EXISTS (SELECT 1 FROM item AS before
            WHERE before.job = item.job AND before."index" = item."index"
            AND before.status IN ('failed', 'cancelled')))
        GROUP BY type, queue"""
    return [Work(*row) for row in query(sql, {"job": job.id})]


def line(queue: str) -> tuple[list[tuple[int, str]], bool]:
    """(job, type) of the items that wait in a queue, next first, and whether that is all of them.

    Enough to have seen more than `LINE_JOBS` jobs.
    """
    sql = """SELECT job, type FROM item WHERE queue = :queue AND status = 'queued'
        ORDER BY priority DESC, turn, id LIMIT :most"""
    rows: list[tuple[int, str]] = []
    for most in LINES:
        rows = query(sql, {"queue": queue, "most": most})
        if len(rows) == most and len({job for job, _ in rows}) > LINE_JOBS:
            return rows, False
        if len(rows) < most:
            break
    return rows, True


def running_in(queue: str) -> list[tuple[int, str, int]]:
    """(job, type, hundredths left) of what runs in a queue."""
    sql = "SELECT job, type, 100 - progress FROM item WHERE status = 'running' AND queue = :queue"
    return query(sql, {"queue": queue})
