"""Which jobs there are: found by their ids, filters, changes and contents.

Each function asks who wants to know, and finds only what they may read.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bellhop.accounts.access import User, owned, readable, reasons
from bellhop.database.database import query
from bellhop.jobs.bounds import MOST_PARAMS_BYTES
from bellhop.jobs.conditions import OTHER_STATUSES
from bellhop.storage.models import JOB_COLUMNS, STATUSES, Job, job_of

# The longest JSON text of a job that is shown. What is accepted is shorter; an earlier version
# accepted megabytes of parameters, which 200 jobs of one page cannot have.
MOST_SHOWN = 2 * MOST_PARAMS_BYTES
TOO_LARGE = {
    "params": """'{"too_large_to_show": true}'""",
    "chain": "'[]'",
    "error": """'{"code": "too_large_to_show", "message": "Too long to show.", "hint": null}'""",
}
SHOWN = {
    name: f"CASE WHEN length({name}) > {MOST_SHOWN} THEN {instead} ELSE {name} END AS {name}"
    for name, instead in TOO_LARGE.items()
}
SHOWN["current_step"] = "substr(current_step, 1, 1000) AS current_step"
JOB = ", ".join(SHOWN.get(name, name) for name in JOB_COLUMNS)
IS_LISTED = "id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))"
# A walk over all texts, which takes about 20 ms for 100,000 jobs (docs/decisions/0007-search.md).
# Errors are stored as they are told.
FOUND = "instr(CASE item WHEN 0 THEN text ELSE fold(CAST(text AS BLOB)) END, :text) > 0"
HAS_TEXT = f"id IN (SELECT search.job FROM search WHERE {FOUND})"
# Of few jobs.
HAS_TEXT_ITSELF = f"EXISTS (SELECT 1 FROM search WHERE search.job = job.id AND {FOUND})"


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
    schedule: int | None = None
    # Searched for in names, parameters, errors and the names of items.
    text: str | None = None
    # The error of an item that has failed, and of those the one reason (see reasons.py): with a
    # code, the type and the times are of that item.
    code: str | None = None
    reason: str | None = None
    # When it was submitted: timestamps, the first one included.
    since: str | None = None
    until: str | None = None

    def is_empty(self) -> bool:
        return not any(vars(self).values())

    def conditions(self) -> list[str]:
        """SQL conditions on `job` of all that is asked for but the status and the text."""
        if self.code:
            failed = f"id IN (SELECT item.job FROM item WHERE {' AND '.join(self.of_item())})"
            return [*self.of_job(), failed]
        times = self._in_time("created_at")
        # The list is in the order of ids, which is that of the times.
        ids = "SELECT {}(id) FROM job AS other WHERE " + " AND ".join(times)
        bounds = [f"id BETWEEN ({ids.format('min')}) AND ({ids.format('max')})"] if times else []
        return [*self.of_job(), *self._asked({"type": "type = :type"}), *times, *bounds]

    def of_job(self) -> list[str]:
        """Those of them that are never about an item."""
        names = ("queue", "owner", "schedule")
        return ["delivery_of IS NULL", *self._asked({name: f"{name} = :{name}" for name in names})]

    def of_item(self) -> list[str]:
        """SQL conditions on an `item` that failed."""
        asked = self._asked({name: f"{name} = :{name}" for name in ("code", "reason", "type")})
        return [*asked, *self._in_time("completed_at")]

    def _asked(self, conditions: dict[str, str]) -> list[str]:
        return [sql for name, sql in conditions.items() if getattr(self, name)]

    def _in_time(self, column: str) -> list[str]:
        return self._asked({"since": f"{column} >= :since", "until": f"{column} < :until"})

    def values(self) -> dict[str, Any]:
        """The values that a statement about it needs; the text as it is looked for."""
        return {**vars(self), "text": (self.text or "").casefold()}


@dataclass(frozen=True)
class JobPage:
    """Jobs, and the row id behind which the next page begins; None behind the last one."""

    rows: list[Job]
    next: int | None


def jobs(viewer: User, wanted: JobFilter, *, before: int | None = None, limit: int) -> JobPage:
    """Jobs that match, newest first, of those with a row id below `before`."""
    found = _ids(viewer, wanted, before, limit + 1)
    return JobPage(_with_ids(found[:limit]), found[limit - 1] if len(found) > limit else None)


def job_ids(
    viewer: User, wanted: JobFilter, *, before: int | None = None, limit: int
) -> tuple[list[str], int | None]:
    """The ids of the jobs that `jobs` finds, and the row id behind which the next begin."""
    found = _ids(viewer, wanted, before, limit + 1)
    sql = f"SELECT job_id FROM job WHERE {IS_LISTED} ORDER BY id DESC"
    rows = query(sql, {"ids": json.dumps(found[:limit])})
    return [job_id for (job_id,) in rows], found[limit - 1] if len(found) > limit else None


def count_jobs(viewer: User, wanted: JobFilter) -> tuple[int, int]:
    """How many jobs match that the viewer may read; the highest of their row ids, or 0."""
    where = [*wanted.conditions(), *of_statuses(wanted.statuses), readable(viewer)]
    where += [HAS_TEXT] if wanted.text else []
    sql = f"SELECT count(*), coalesce(max(id), 0) FROM job WHERE {' AND '.join(where)}"
    ((count, newest),) = query(sql, {**wanted.values(), "viewer": viewer.name})
    return count, newest


def _ids(viewer: User, wanted: JobFilter, before: int | None, most: int) -> list[int]:
    """The row ids of what matches, newest first."""
    where = wanted.conditions() + ([] if before is None else ["id < :before"])
    where += [HAS_TEXT] if wanted.text else []
    values = {**wanted.values(), "before": before, "viewer": viewer.name}
    # One walk down an index for each status and each reason why the viewer may read a job: a list
    # of them in one would sort all matches.
    statuses = [[each] for each in _conditions(wanted.statuses)] or [[]]
    walks = [
        f"SELECT * FROM (SELECT id FROM job WHERE {' AND '.join([*where, *status, reason])}"
        f" ORDER BY id DESC LIMIT {most}) AS walk"
        for status, reason in itertools.product(statuses, reasons(viewer))
    ]
    rows = query(f"{' UNION ALL '.join(walks)} ORDER BY id DESC LIMIT {most}", values)
    return [number for (number,) in rows]


def of_statuses(statuses: Sequence[str]) -> list[str]:
    """The SQL condition on `job` that it has one of these statuses; none where it always does."""
    conditions = _conditions(statuses)
    return [f"({' OR '.join(conditions)})"] if conditions else []


def _conditions(statuses: Sequence[str]) -> list[str]:
    """A condition for each of these statuses, of which one at most is true; none for all."""
    if set(statuses) >= {*STATUSES}:
        return []
    named = {name: f"status = '{name}'" for name in STATUSES} | OTHER_STATUSES
    # What failed in part has failed.
    is_double = {"failed", "partly_failed"} <= {*statuses}
    return [named[name] for name in statuses if not (is_double and name == "partly_failed")]


def matching(jobs: Sequence[Job], wanted: JobFilter) -> set[int]:
    """The row ids of those of a few jobs that match now."""
    ids = {job.id for job in jobs}
    if wanted.is_empty() or not ids:
        return ids
    where = [IS_LISTED, *wanted.conditions(), *([HAS_TEXT_ITSELF] if wanted.text else [])]
    where += of_statuses(wanted.statuses)
    values = {**wanted.values(), "ids": json.dumps([*ids])}
    sql = f"SELECT id FROM job WHERE {' AND '.join(where)}"
    return {number for (number,) in query(sql, values)}


def _with_ids(ids: Sequence[int]) -> list[Job]:
    """The jobs of these row ids, newest first."""
    sql = f"SELECT {JOB} FROM job WHERE {IS_LISTED} ORDER BY id DESC"
    return _jobs(sql, {"ids": json.dumps(ids)})


def _jobs(sql: str, values: dict[str, Any]) -> list[Job]:
    """Jobs of all their columns."""
    return [job_of(row) for row in query(sql, values)]


def jobs_since(
    viewer: User, change: int, limit: int
) -> tuple[list[Job], list[tuple[int, str]], int | None]:
    """(jobs that changed after `change`; (change, id) of those deleted; the change to ask next).

    Oldest change first, `limit` of both together; the last is None when that was all.
    """
    values = {"change": change, "most": limit, "viewer": viewer.name}
    changed = _jobs(
        f"""SELECT {JOB} FROM job INDEXED BY job_change
        WHERE change > :change AND delivery_of IS NULL
        AND {readable(viewer)} ORDER BY change LIMIT :most""",
        values,
    )
    sql = f"""SELECT change, job_id FROM gone WHERE change > :change AND {owned(viewer)}
        ORDER BY change LIMIT :most"""
    gone = query(sql, values)
    changes = sorted([*(job.change for job in changed), *(number for number, _ in gone)])
    if len(changes) < limit:
        return changed, gone, None
    last = changes[limit - 1]
    return (
        [job for job in changed if job.change <= last],
        [(number, job_id) for number, job_id in gone if number <= last],
        last,
    )


def jobs_with_content(viewer: User, sha256: str, type_name: str | None, limit: int) -> list[Job]:
    """Jobs over a file with this content, newest first."""
    chosen = "AND type = :type" if type_name else ""
    sql = f"""SELECT {JOB} FROM job WHERE id IN (SELECT job FROM content WHERE sha256 = :sha256)
        AND {readable(viewer)} {chosen} ORDER BY id DESC LIMIT :most"""
    values = {"sha256": sha256, "type": type_name, "most": limit, "viewer": viewer.name}
    return _jobs(sql, values)


def own_jobs_with(owner: str, sha256: str) -> list[str]:
    """The ids of the latest jobs that an owner submitted with a file of this content."""
    sql = """SELECT job_id FROM job WHERE owner = :owner
        AND id IN (SELECT job FROM content WHERE sha256 = :sha256) ORDER BY id DESC LIMIT 5"""
    return [job_id for (job_id,) in query(sql, {"owner": owner, "sha256": sha256})]


def is_expired(viewer: User, job_id: str) -> bool:
    """Whether there was such a job, and its time was over."""
    sql = f"SELECT 1 FROM gone WHERE job_id = :job_id AND is_expired = 1 AND {owned(viewer)}"
    return bool(query(sql, {"job_id": job_id, "viewer": viewer.name}))


def submitted_under(key: str, owner: str, *, since: str) -> tuple[str, str] | None:
    """(job id, fingerprint) of what was submitted under an Idempotency-Key after `since`."""
    sql = """SELECT job.job_id, fingerprint FROM idempotency JOIN job ON job.id = idempotency.job
        WHERE idempotency.owner = :owner AND key = :key AND idempotency.created_at > :since"""
    return next(iter(query(sql, {"owner": owner, "key": key, "since": since})), None)


def status_of(job_id: str) -> tuple[str, int] | None:
    """(status, change) of a job: all that who waits for it asks again and again."""
    rows = query("SELECT status, change FROM job WHERE job_id = :job_id", {"job_id": job_id})
    return rows[0] if rows else None


def deliveries(job: Job, *, limit: int) -> tuple[list[Job], int]:
    """The latest deliveries of a job's webhooks, oldest first, and how many there are in all."""
    ((count,),) = query("SELECT count(*) FROM job WHERE delivery_of = :job", {"job": job.id})
    sql = f"SELECT {JOB} FROM job WHERE delivery_of = :job ORDER BY id LIMIT :most OFFSET :before"
    values = {"job": job.id, "most": limit, "before": max(0, count - limit)}
    return _jobs(sql, values), count


def delivery(job: Job, number: int) -> Job | None:
    """The delivery of a job with this number, 1 = the first."""
    sql = f"SELECT {JOB} FROM job WHERE delivery_of = :job ORDER BY id LIMIT 1 OFFSET :before"
    return next(iter(_jobs(sql, {"job": job.id, "before": number - 1})), None)
