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
from bellhop.storage.database import query
from bellhop.storage.models import JOB_COLUMNS, Job, job_of

JOB = ", ".join(JOB_COLUMNS)
# How many jobs a search looks through before it answers.
SEARCH_SCAN = 10_000
SAID = "coalesce(json_extract({0}, '$.code') || ' ' || json_extract({0}, '$.message'), '')"
MATCHES = f"""instr(fold(name), :text) OR instr(fold(params), :text)
    OR instr(fold({SAID.format("error")}), :text)
    OR EXISTS (SELECT 1 FROM item WHERE item.job = job.id AND (instr(fold(filename), :text)
        OR instr(fold({SAID.format("item.error")}), :text)))"""


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
        f"SELECT * FROM (SELECT {JOB} FROM job WHERE {' AND '.join([*where, *status, reason])}"
        f" ORDER BY id DESC LIMIT {depth})"
        for status, reason in itertools.product(statuses, reasons(viewer))
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


def _jobs(sql: str, values: dict[str, Any]) -> list[Job]:
    """Jobs of all their columns."""
    return [job_of(row) for row in query(sql, values)]


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
    sql = f"""SELECT change, job_id FROM gone WHERE change > :change AND {owned(viewer)}
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


def jobs_with_content(viewer: User, sha256: str, type_name: str | None, limit: int) -> list[Job]:
    """Jobs over a file with this content, newest first."""
    chosen = "AND type = :type" if type_name else ""
    sql = f"""SELECT {JOB} FROM job WHERE id IN (SELECT job FROM content WHERE sha256 = :sha256)
        AND {readable(viewer)} {chosen} ORDER BY id DESC LIMIT :most"""
    values = {"sha256": sha256, "type": type_name, "most": limit, "viewer": viewer.name}
    return _jobs(sql, values)


def is_expired(viewer: User, job_id: str) -> bool:
    """Whether there was such a job, and its time was over."""
    sql = f"SELECT 1 FROM gone WHERE job_id = :job_id AND is_expired AND {owned(viewer)}"
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


def deliveries(job: Job) -> list[Job]:
    """The deliveries of a job's webhooks, oldest first."""
    return _jobs(f"SELECT {JOB} FROM job WHERE delivery_of = :job ORDER BY id", {"job": job.id})
