"""The rows of a new job, as they are first written; no move of an item is made here."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from bellhop.base.times import timestamp
from bellhop.database.database import database, query, write_many
from bellhop.jobs.lifecycle import queuing, turns
from bellhop.jobs.newjob import NewJob
from bellhop.logs.about import extra
from bellhop.metrics import totals

NEXT_CHANGE = """
    UPDATE counter SET value = value + 1
    WHERE name = 'change' AND typeof(value) = 'integer' RETURNING value"""
# The change number after the last that is stored, where the counter itself is spoiled.
MEND_CHANGE = """
    INSERT INTO counter (name, value) SELECT 'change', 1 + max(
        coalesce((SELECT max(change) FROM job WHERE typeof(change) = 'integer'), 0),
        coalesce((SELECT max(change) FROM gone), 0)) WHERE 1 = 1
    ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING value"""
# What `NEXT_CHANGE` gave just before, if it could.
CHANGE_NOW = """coalesce((SELECT value FROM counter
    WHERE name = 'change' AND typeof(value) = 'integer'), change)"""
SET_CHANGE = "UPDATE job SET change = :change WHERE id = :job"
INSERT_EVENT = """
    INSERT INTO event (job, at, item, step, attempt, move, code, text, traceback)
    VALUES (:job, :at, :item, :step, :attempt, :move, :code, :text, :traceback)"""
INSERT_JOB = """
    INSERT INTO job (job_id, type, name, params, owner, queue, priority, max_attempts, run_at,
        use_cache, webhook_url, webhook_progress, delivery_of, schedule, watch, bytes, status,
        change, total_items, created_at, steps, chain, depends_on)
    VALUES (:job_id, :type, :name, :params, :owner, :queue, :priority, :max_attempts, :run_at,
        :use_cache, :webhook_url, :webhook_progress, :delivery_of, :schedule, :watch, :bytes,
        :status, :change, :total_items, :created_at, :steps, :chain, :depends_on)
    RETURNING id"""
INSERT_ITEM = """
    INSERT INTO item (job, "index", step, type, queue, owner, priority, turn, status, filename,
        input, input_sha256, waits_for, not_before, wait_s, cached_from, queued_at)
    VALUES (:job, :index, :step, :type, :queue, :owner, :priority, :turn, :status, :filename,
        :input, :input_sha256, :waits_for, :not_before, :wait_s, :cached_from,
        :queued_at)"""
INSERT_SEARCH = "INSERT INTO search (job, item, text) VALUES (:job, 0, :text)"
INSERT_CONTENT = "INSERT INTO content (job, sha256) VALUES (:job, :sha256)"
NAME_ITSELF = "UPDATE job SET delivery_of = id WHERE id = :job"
STATUS_OF_JOB = "SELECT status FROM job WHERE job_id = :job_id"
INSERT_DEPENDENCY = "INSERT INTO dependency (job, needs, is_met) VALUES (:job, :needs, :is_met)"
HAS_UNMET = "SELECT 1 FROM dependency WHERE job = :job AND is_met = 0 LIMIT 1"
# Every job that it needs has completed already.
NEEDS_ARE_MET = "UPDATE job SET status = 'queued' WHERE id = :job AND run_at IS NULL"
AS_GIVEN = (
    "job_id", "type", "name", "owner", "queue", "priority", "max_attempts", "run_at", "use_cache",
    "webhook_url", "webhook_progress", "delivery_of", "schedule", "watch", "bytes",
)  # fmt: skip
log = logging.getLogger("bellhop.lifecycle")


class UnknownJobs(Exception):
    """A submitted job depends on jobs that are not there; the text names one."""


def next_change() -> int:
    """The next change number of the installation."""
    for (change,) in query(NEXT_CHANGE):
        return int(change)
    return int(query(MEND_CHANGE)[0][0])


def touch(job: int) -> None:
    """Give a job the next change number, for what changed about it beside its status."""
    query(SET_CHANGE, {"job": job, "change": next_change()})


def job_event(job: int, move: str, text: str | None = None) -> None:
    """Write an event of the job itself."""
    blank = dict.fromkeys(("item", "step", "attempt", "code", "traceback"))
    query(INSERT_EVENT, {**blank, "job": job, "at": timestamp(), "move": move, "text": text})


def has_unmet(job: int) -> bool:
    """Whether a job waits for another one to complete."""
    return bool(query(HAS_UNMET, {"job": job}))


def insert(job: NewJob) -> int:
    """Write a job with all its items, which wait or may run; its row id. In a transaction.

    Raises UnknownJobs.
    """
    row_id = _insert_job(job)
    waits_for = _insert_dependencies(row_id, job.depends_on)
    _insert_items(row_id, job, waits_for)
    _insert_search(row_id, job)
    contents = [{"job": row_id, "sha256": sha256} for sha256 in sorted(set(job.contents))]
    write_many(INSERT_CONTENT, contents)
    if job.is_notice:
        query(NAME_ITSELF, {"job": row_id})
    job_event(row_id, "submitted", job.note)
    if job.delivery_of is None:
        totals.submitted(job.type)
    of_job = extra({"job_id": job.job_id, "type": job.type, "queue": job.queue})
    said = partial(
        log.info, "job=%s move=submitted items=%d", job.job_id, len(job.items), extra=of_job
    )
    database.after_commit(said)
    return row_id


def _insert_job(job: NewJob) -> int:
    chain = [{"type": step.type, "params": step.params} for step in job.then]
    values = {name: getattr(job, name) for name in AS_GIVEN} | {
        "params": json.dumps(job.params, ensure_ascii=False),
        "status": "pending" if job.run_at or job.depends_on else "queued",
        "change": next_change(),
        "total_items": len(job.items),
        "created_at": timestamp(),
        "steps": 1 + len(job.then),
        "chain": json.dumps(chain, ensure_ascii=False),
        "depends_on": json.dumps(list(job.depends_on)),
    }
    return int(query(INSERT_JOB, values)[0][0])


def _insert_search(row_id: int, job: NewJob) -> None:
    """What a search finds a job by; triggers add its errors. No list has a delivery."""
    if job.delivery_of is None and not job.is_notice:
        params = json.dumps(job.params, ensure_ascii=False)
        texts = dict.fromkeys([job.name, params, *(item.filename for item in job.items)])
        query(INSERT_SEARCH, {"job": row_id, "text": "\n".join(texts).casefold()})


def _insert_dependencies(job: int, needs: Sequence[str]) -> str | None:
    """Record which jobs a new one needs; what its items wait for, None when nothing."""
    if not needs:
        return None
    for needed in dict.fromkeys(needs):
        status = query(STATUS_OF_JOB, {"job_id": needed})
        if not status:
            raise UnknownJobs(needed)
        is_met = status[0][0] == "completed"
        query(INSERT_DEPENDENCY, {"job": job, "needs": needed, "is_met": is_met})
    if has_unmet(job):
        return "job"
    query(NEEDS_ARE_MET, {"job": job})
    return None


def _insert_items(row_id: int, job: NewJob, waits_for: str | None) -> None:
    """The items of every step: the first may run or waits with its job, later ones are blocked."""
    first = turns.take(job.queue, job.owner, len(job.items))
    may_run: dict[str, Any] = {
        "step": 0, "type": job.type, "queue": job.queue, "waits_for": waits_for,
        "status": "pending" if waits_for or job.run_at else "queued", "not_before": job.run_at,
        "wait_s": job.wait_s, "queued_at": None if waits_for or job.run_at else timestamp(),
    }  # fmt: skip
    blocked: list[dict[str, Any]] = [
        {
            "step": number, "type": step.type, "queue": step.queue, "waits_for": "step",
            "status": "pending", "not_before": None, "wait_s": None, "queued_at": None,
            "input": "{}",
            "input_sha256": None, "cached_from": None,
        }
        for number, step in enumerate(job.then, 1)
    ]  # fmt: skip
    written = []
    for index, item in enumerate(job.items):
        of_item = {
            "job": row_id, "owner": job.owner, "priority": job.priority, "index": index,
            "turn": first + index, "filename": item.filename, "input_sha256": item.sha256,
            "input": json.dumps(item.input, ensure_ascii=False),
            "cached_from": item.hit and item.hit.job_id,
        }  # fmt: skip
        written += [{**of_item, **step} for step in (may_run, *blocked)]
    write_many(INSERT_ITEM, written)
    if may_run["status"] == "queued":
        queuing.note(job.queue, len(job.items))
