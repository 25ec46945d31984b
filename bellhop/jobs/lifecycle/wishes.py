"""The moves of people: cancel, retry, delete, and what else they want of a job."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from bellhop.base.documents import Unreadable, stored
from bellhop.base.errors import ItemError, item_error
from bellhop.base.times import timestamp
from bellhop.database.database import database, query
from bellhop.jobs.conditions import (
    IS_FINAL,
    IS_HOPELESS,
    IS_UNFINISHED,
    IS_WAITING,
    WAITS_FOR_RETRY,
)
from bellhop.jobs.lifecycle import rows
from bellhop.jobs.lifecycle.moves import Statement, say
from bellhop.jobs.lifecycle.turns import LineUp
from bellhop.jobs.lifecycle.upkeep import DEPENDENCY_FAILED

ASK_CANCEL = f"""
    UPDATE job SET cancel_requested = 1 WHERE job_id = :job_id AND {IS_UNFINISHED} RETURNING id"""
# A cancel that is under way must end first.
RETRYABLE = f"""
    SELECT id FROM job WHERE job_id = :job_id AND NOT (cancel_requested = 1 AND {IS_UNFINISHED})"""
MAY_GO_ON = """
    UPDATE job SET cancel_requested = 0, use_cache = use_cache * :use_cache WHERE id = :job"""
IS_EARLY = "SELECT 1 FROM job WHERE id = :job AND run_at > :now AND started_at IS NULL"
WAITS_IN_VAIN = f"""
    SELECT 1 FROM dependency LEFT JOIN job AS needed ON needed.job_id = dependency.needs
    WHERE dependency.job = :job AND {IS_HOPELESS} LIMIT 1"""
CANCELLED_BECAUSE = """
    SELECT job.id, job.job_id FROM dependency JOIN job ON job.id = dependency.job
    WHERE dependency.needs = :needs AND is_met = 0 AND job.status = 'cancelled'
    AND CASE WHEN json_valid(job.error) THEN json_extract(job.error, '$.code') END = :code"""
FORGET_CANCEL = "UPDATE job SET cancel_requested = 0 WHERE id = :job RETURNING run_at"
# :indexes is a JSON list of item numbers, or null for all of them.
IS_CHOSEN = """(CAST(:indexes AS TEXT) IS NULL
    OR "index" IN (SELECT CAST(value AS BIGINT) FROM json_each(:indexes)))"""
ENDED_OTHERWISE = f"job = :job AND status IN ('failed', 'cancelled') AND {IS_CHOSEN}"
ANY_ENDED_OTHERWISE = f"SELECT 1 FROM item WHERE {ENDED_OTHERWISE} LIMIT 1"
WAITING_FOR_RETRY = f"job = :job AND {WAITS_FOR_RETRY} AND {IS_CHOSEN}"
THEIR_ERRORS = f"SELECT DISTINCT error FROM item WHERE {WAITING_FOR_RETRY}"
# (index, step) of the first step of each item that was taken from an earlier result.
TAKEN = f"""
    SELECT "index", min(step) FROM item
    WHERE job = :job AND cached = 1 AND status = 'completed' AND {IS_CHOSEN}
    AND NOT EXISTS (SELECT 1 FROM item AS later
        WHERE later.job = item.job AND later."index" = item."index" AND later.status = 'running')
    GROUP BY "index" """
FORGET_RESULTS = """
    DELETE FROM result WHERE item IN (
        SELECT id FROM item WHERE job = :job AND "index" = :index AND step >= :step)"""
OF_STEP = 'job = :job AND "index" = :index AND step = :step'
DELETE_JOB = f"DELETE FROM job WHERE job_id = :job_id AND {IS_FINAL} RETURNING owner"
DELETE_EXPIRED = f"""
    DELETE FROM job WHERE job_id = :job_id AND {IS_FINAL} AND keep = 0 RETURNING owner"""
REMEMBER_GONE = """
    INSERT INTO gone (change, job_id, owner, is_expired)
    VALUES (:change, :job_id, :owner, :is_expired)"""
PRIORITIZE_JOB = f"""
    UPDATE job SET priority = :priority WHERE job_id = :job_id AND {IS_UNFINISHED} RETURNING id"""
PRIORITIZE_ITEMS = "UPDATE item SET priority = :priority WHERE job = :job"
UNFINISHED_JOB = f"SELECT id FROM job WHERE job_id = :job_id AND {IS_UNFINISHED}"
UNFINISHED_QUEUES = f"SELECT DISTINCT queue FROM item WHERE job = :job AND {IS_UNFINISHED}"
FIRST_IN_LINE = """
    SELECT coalesce(max(priority), -100), min(turn) FROM item
    WHERE queue = :queue AND status = 'queued'"""
MOVE_TO_FRONT = f"""
    UPDATE item SET priority = max(priority, :priority),
        turn = coalesce(:turn, turn) + "index"
            - (SELECT total_items FROM job WHERE job.id = item.job)
    WHERE job = :job AND queue = :queue AND {IS_UNFINISHED}"""
KEEP = "UPDATE job SET keep = :keep WHERE job_id = :job_id RETURNING id"

CANCEL_WAITING = Statement("cancelled", f"job = :job AND {IS_WAITING}")
RETRY = Statement("retried", ENDED_OTHERWISE)
LINE_UP_RETRIED = LineUp(ENDED_OTHERWISE)
HURRY = Statement("hurried", WAITING_FOR_RETRY)
LINE_UP_HURRIED = LineUp(WAITING_FOR_RETRY)
GIVE_UP = Statement("given_up", f"{WAITING_FOR_RETRY} AND coalesce(error, '') = coalesce(:was, '')")
RUN_AGAIN = Statement("rerun", OF_STEP)
LINE_UP_AGAIN = LineUp(OF_STEP)
BLOCK_LATER = Statement(
    "blocked",
    "job = :job AND \"index\" = :index AND step > :step AND coalesce(waits_for, '') != 'step'",
)
REVIVE = Statement("revived", "job = :job")


def ask_cancel(job_id: str) -> bool:
    """Ask to cancel a job: what waits is cancelled at once, what runs is marked.

    False when the job is final already. Made by the web.
    """
    with database.atomic():
        for (job,) in query(ASK_CANCEL, {"job_id": job_id}):
            rows.touch(job)
            rows.job_event(job, "cancel_asked")
            say("job=%s move=cancel_asked", job_id, job_id=job_id)
            CANCEL_WAITING.make(job=job)
            return True
    return False


def retry(job_id: str, indexes: Iterable[int] | None = None, *, use_cache: bool = True) -> int:
    """Run again what did not complete: failed, cancelled → queued; how many items.

    `indexes` narrows it to these items. The job's failures, crashes and interruptions start
    anew; its attempts count on. `use_cache` false runs also what was taken from an earlier
    result: completed → queued. Made by the web.
    """
    chosen = _chosen(indexes)
    with database.atomic():
        for (job,) in query(RETRYABLE, {"job_id": job_id}):
            if rows.has_unmet(job) or query(IS_EARLY, {"job": job, "now": timestamp()}):
                moved = 0 if query(WAITS_IN_VAIN, {"job": job}) else _revive(job)
            else:
                moved = _retry(job, chosen, use_cache=use_cache)
            if moved:
                _revive_dependents(job_id)
            return moved
    return 0


def _chosen(indexes: Iterable[int] | None) -> str | None:
    """Item numbers as `IS_CHOSEN` takes them."""
    return None if indexes is None else json.dumps([int(index) for index in indexes])


def hurry(job_id: str, indexes: Iterable[int] | None = None) -> int:
    """Run now what waits for the time of its next attempt: pending → queued; how many items.

    `indexes` narrows it to these items. Nothing that was counted is forgotten. Made by the web.
    """
    with database.atomic():
        for (job,) in query(UNFINISHED_JOB, {"job_id": job_id}):
            of_job = {"job": job, "indexes": _chosen(indexes)}
            LINE_UP_HURRIED.make(**of_job)
            return HURRY.make(**of_job)
    return 0


def give_up(job_id: str, indexes: Iterable[int] | None = None) -> int:
    """Fail what waits for its next attempt, with the error it has: pending → failed; how many.

    `indexes` narrows it to these items. Made by the web.
    """
    with database.atomic():
        for (job,) in query(UNFINISHED_JOB, {"job_id": job_id}):
            of_job = {"job": job, "indexes": _chosen(indexes)}
            errors = query(THEIR_ERRORS, of_job)
            return sum(_give_up(of_job, text) for (text,) in errors)
    return 0


def _give_up(of_job: dict[str, Any], text: str) -> int:
    """The same of the items that have this error."""
    try:
        error = ItemError(**stored(text, dict, "item", "", "error"))
    except (Unreadable, TypeError) as unreadable:
        error = item_error("unreadable", reason=str(unreadable))
    return GIVE_UP.make(error, **of_job, was=text, error=error.shown())


def _retry(job: int, indexes: str | None, *, use_cache: bool) -> int:
    of_job = {"job": job, "indexes": indexes}
    taken = [] if use_cache else query(TAKEN, of_job)
    if not taken and not query(ANY_ENDED_OTHERWISE, of_job):
        return 0
    query(MAY_GO_ON, {"job": job, "use_cache": use_cache})
    for index, step in taken:
        _run_again_from(job, index, step)
    LINE_UP_RETRIED.make(**of_job)
    return RETRY.make(**of_job) + len(taken)


def _run_again_from(job: int, index: int, step: int) -> None:
    """Run a completed step of an item again, and block the later ones until it has ended."""
    of_step = {"job": job, "index": index, "step": step}
    query(FORGET_RESULTS, of_step)
    # First, so that the item is not final any more when its step is moved.
    BLOCK_LATER.make(**of_step)
    LINE_UP_AGAIN.make(**of_step)
    RUN_AGAIN.make(**of_step)


def _revive_dependents(job_id: str) -> None:
    """Let jobs wait again that were cancelled because this one had ended badly, and so on."""
    revived = [job_id]
    while revived:
        because = {"needs": revived.pop(), "code": DEPENDENCY_FAILED}
        for job, dependent in query(CANCELLED_BECAUSE, because):
            _revive(job)
            revived.append(dependent)


def _revive(job: int) -> int:
    """Let a cancelled job that never started wait for its time and its needs; how many items."""
    ((run_at,),) = query(FORGET_CANCEL, {"job": job})
    waits_for = "job" if rows.has_unmet(job) else None
    return REVIVE.make(job=job, not_before=run_at, waits_for=waits_for)


def purge(job_ids: Iterable[str], *, is_expired: bool = False) -> list[str]:
    """Delete final jobs; which they were. Their files are the caller's to remove.

    Made by the web, and by the keeper of jobs that nobody keeps and whose days are over.
    """
    purged = []
    delete = DELETE_EXPIRED if is_expired else DELETE_JOB
    with database.atomic():
        for job_id in job_ids:
            for (owner,) in query(delete, {"job_id": job_id}):
                gone = {"change": rows.next_change(), "job_id": job_id, "owner": owner}
                query(REMEMBER_GONE, {**gone, "is_expired": is_expired})
                say("job=%s move=purged", job_id, job_id=job_id)
                purged.append(job_id)
    return purged


def set_priority(job_id: str, priority: int) -> bool:
    """Give a job that is not final another priority, which holds from the next claim on."""
    with database.atomic():
        return _changed(PRIORITIZE_JOB, PRIORITIZE_ITEMS, job_id=job_id, priority=priority)


def keep(job_id: str, *, is_kept: bool) -> bool:
    """Keep a job, its uploads and results, beyond their days, or let them go in time."""
    with database.atomic():
        return _changed(KEEP, None, job_id=job_id, keep=is_kept)


def _changed(of_job: str, of_items: str | None, **values: Any) -> bool:
    """Change what is no status of a job, and of its items; False when there is none to change."""
    found = query(of_job, values)
    for (job,) in found:
        rows.touch(job)
        if of_items:
            query(of_items, {**values, "job": job})
    return bool(found)


def move_to_front(job_id: str) -> bool:
    """Let a job that is not final run before everything that waits in its queues now."""
    with database.atomic():
        for (job,) in query(UNFINISHED_JOB, {"job_id": job_id}):
            rows.touch(job)
            for (queue,) in query(UNFINISHED_QUEUES, {"job": job}):
                ((priority, turn),) = query(FIRST_IN_LINE, {"queue": queue})
                first = {"priority": priority, "turn": turn}
                query(MOVE_TO_FRONT, {"job": job, "queue": queue, **first})
            return True
    return False
