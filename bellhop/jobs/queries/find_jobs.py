"""Which jobs there are: found by their ids, filters, changes and contents.

Each function asks who wants to know, and finds only what they may read.
"""

from __future__ import annotations

import itertools
import json
import time
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
# How many jobs a search looks through before it answers, how many of them at once, and for how
# many seconds.
SEARCH_SCAN, SEARCH_BITE, SEARCH_S = 10_000, 200, 0.5
SAID = """CASE WHEN json_valid({0}) THEN
    json_extract({0}, '$.code') || ' ' || json_extract({0}, '$.message') END"""
IS_LISTED = "id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))"
FOUND = "instr(fold(CAST({0} AS BLOB)), :text) > 0"
MATCHES = f"""{FOUND.format("name")} OR {FOUND.format(f"substr(params, 1, {MOST_SHOWN})")}
    OR {FOUND.format(SAID.format("error"))}
    OR EXISTS (SELECT 1 FROM item WHERE item.job = job.id AND ({FOUND.format("filename")}
        OR {FOUND.format(SAID.format("item.error"))}))"""


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

    A search looks through `SEARCH_SCAN` jobs at most and stops after `SEARCH_S`, so its page may
    be short and yet not the last one.
    """
    depth = SEARCH_SCAN if wanted.text else limit + 1
    found = _ids(viewer, wanted, before, depth)
    if not wanted.text:
        return JobPage(_with_ids(found[:limit]), found[limit - 1] if len(found) > limit else None)
    until, matching, looked_at = time.monotonic() + SEARCH_S, list[int](), 0
    for start in range(0, len(found), SEARCH_BITE):
        bite = found[start : start + SEARCH_BITE]
        matching += _matching(bite, wanted.text)
        looked_at = start + len(bite)
        if len(matching) >= limit or time.monotonic() > until:
            break
    if len(matching) >= limit:
        return JobPage(_with_ids(matching[:limit]), matching[limit - 1])
    is_over = looked_at == len(found) < depth
    return JobPage(_with_ids(matching), None if is_over else found[looked_at - 1])


def _ids(viewer: User, wanted: JobFilter, before: int | None, most: int) -> list[int]:
    """The row ids of what matches but for its text, newest first."""
    values: dict[str, Any] = {"before": before, "type": wanted.type, "queue": wanted.queue}
    values |= {"owner": wanted.owner, "viewer": viewer.name}
    where = ["delivery_of IS NULL"] + ([] if before is None else ["id < :before"])
    where += [f"{name} = :{name}" for name in ("type", "queue", "owner") if values[name]]
    # One walk down an index for each status and each reason why the viewer may read a job: a list
    # of them in one would sort all matches.
    is_any = not wanted.statuses or set(wanted.statuses) >= {*STATUSES}
    statuses = [[]] if is_any else [[is_status] for is_status in _conditions(wanted.statuses)]
    walks = [
        f"SELECT * FROM (SELECT id FROM job WHERE {' AND '.join([*where, *status, reason])}"
        f" ORDER BY id DESC LIMIT {most}) AS walk"
        for status, reason in itertools.product(statuses, reasons(viewer))
    ]
    rows = query(f"{' UNION ALL '.join(walks)} ORDER BY id DESC LIMIT {most}", values)
    return [number for (number,) in rows]


def _conditions(statuses: Sequence[str]) -> list[str]:
    """A condition for each of these statuses, of which one at most is true of a job."""
    named = {name: f"status = '{name}'" for name in STATUSES} | OTHER_STATUSES
    # What failed in part has failed.
    is_double = {"failed", "partly_failed"} <= {*statuses}
    return [named[name] for name in statuses if not (is_double and name == "partly_failed")]


def _matching(ids: Sequence[int], text: str) -> list[int]:
    """Those of these jobs in which a text stands, in the same order."""
    sql = f"""SELECT id FROM job WHERE {IS_LISTED} AND ({MATCHES})
        ORDER BY id DESC"""
    return [n for (n,) in query(sql, {"ids": json.dumps(ids), "text": text.casefold()})]


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
