"""The moves of the keeper: what must happen although nobody asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from bellhop.base.errors import ItemError
from bellhop.base.times import shifted, timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import apart, database, is_refused, query
from bellhop.jobs.conditions import IS_HOPELESS, IS_UNFINISHED, IS_WAITING
from bellhop.jobs.lifecycle import interruptions, rows, tallies
from bellhop.jobs.lifecycle.moves import Statement
from bellhop.jobs.lifecycle.turns import LineUp
from bellhop.storage.models import HELD_BY

RELEASE_BATCH = 200
HOPELESS_BATCH = 50
MOST_GONE = 200_000
DEPENDENCY_FAILED = "dependency-failed"

HELD_BY_CONSUMER = interruptions.look_for(HELD_BY)
HELD_SINCE = interruptions.look_for("id = :id AND lease_until = :lease_until")
FORGET_CONSUMER = "DELETE FROM consumer WHERE id = :consumer RETURNING draining"
FORGET_SILENT = "DELETE FROM consumer WHERE id = :consumer AND beat = :beat RETURNING draining"
RUNNING = interruptions.look_for("1 = 1")
FORGET_CONSUMERS = "DELETE FROM consumer"
FORGET_JOB = "DELETE FROM job WHERE job_id = :job_id"
SIGN_OFF = f"""
    DELETE FROM consumer WHERE id = :consumer
    AND NOT EXISTS (SELECT 1 FROM item WHERE {HELD_BY}) RETURNING id"""
IS_DUE = "status = 'pending' AND not_before <= :due AND waits_for IS NULL"
ANY_DUE = f"SELECT 1 FROM item WHERE {IS_DUE} LIMIT 1"
# What is no time, and would be waited for for ever: it lies behind every year.
IS_NO_TIME = "status = 'pending' AND not_before >= ':'"
ANY_NO_TIME = f"SELECT 1 FROM item WHERE {IS_NO_TIME} LIMIT 1"
MEND_TIMES = f"UPDATE item SET not_before = :due WHERE {IS_NO_TIME}"
NEXT_BATCH = f"""id IN (
    SELECT id FROM item WHERE {IS_DUE} ORDER BY not_before, id LIMIT {RELEASE_BATCH})"""
ALL_DUE = f"SELECT id FROM item WHERE {IS_DUE}"
HOPELESS = f"""
    SELECT waiting.id, dependency.needs, needed.status FROM dependency
    JOIN job AS waiting ON waiting.id = dependency.job
    LEFT JOIN job AS needed ON needed.job_id = dependency.needs
    WHERE waiting.completed_at IS NULL AND {IS_HOPELESS} LIMIT :most"""
SET_ERROR = "UPDATE job SET error = :error WHERE id = :job"
RELATIVE = f"""
    SELECT id, job, not_before, started_at FROM item
    WHERE {IS_UNFINISHED} AND (started_at IS NOT NULL OR wait_s IS NOT NULL)"""
AHEAD = """
    SELECT id, job, not_before, started_at, wait_s FROM item
    WHERE status = 'pending' AND not_before > :now AND wait_s IS NOT NULL"""
SET_TIMES = "UPDATE item SET not_before = :not_before, started_at = :started_at WHERE id = :id"
SET_RUN_AT = "UPDATE job SET run_at = :due WHERE id = :job AND run_at = :was RETURNING id"
FORGET_KEYS = "DELETE FROM idempotency WHERE created_at < :day_ago"
FORGET_GONE = """
    DELETE FROM gone WHERE change <= (
        SELECT change FROM gone ORDER BY change DESC LIMIT 1 OFFSET :most)"""

RELEASE_DUE = Statement("released", NEXT_BATCH)
RELEASE_ONE = Statement("released", "id = :id")
LINE_UP_DUE = LineUp(NEXT_BATCH)
CANCEL_HOPELESS = Statement("cancelled", f"job = :job AND {IS_WAITING}")


def adopt(consumer: str) -> int:
    """Give back every item of a dead consumer; how many they were. Made by the keeper.

    Where it was stopping, or drained, whoever killed it had waited long enough: that is no
    interruption.
    """
    with database.atomic():
        forgotten = query(FORGET_CONSUMER, {"consumer": consumer})
        return _give_back_all(consumer, forgotten == [(1,)], interruptions.DIED)


def adopt_silent(consumer: str, beat: int) -> int:
    """As `adopt`, of a consumer that runs elsewhere, unless it has beaten again since `beat`."""
    with database.atomic():
        # First of all: a beat that comes now waits for this, and finds no consumer any more.
        forgotten = query(FORGET_SILENT, {"consumer": consumer, "beat": beat})
        if not forgotten:
            return 0
        return _give_back_all(consumer, forgotten == [(1,)], interruptions.SILENT)


def _give_back_all(consumer: str, was_stopped: bool, why: ItemError) -> int:
    held = query(HELD_BY_CONSUMER, {"consumer": consumer})
    return interruptions.give_back(held, interruptions.STOPPED if was_stopped else why)


def settle_copy(removed: Iterable[str]) -> None:
    """Let a copy of all rows be as if Bellhop had been stopped, and without the jobs `removed`.

    Made by a backup, in its copy: these were deleted while it copied the files.
    """
    with database.atomic():
        interruptions.give_back(query(RUNNING), interruptions.STOPPED)
        query(FORGET_CONSUMERS)
        for job_id in removed:
            query(FORGET_JOB, {"job_id": job_id})


def sign_off(consumer: str) -> bool:
    """Forget a consumer that stops; False when it still holds an item, which is adopted later."""
    with database.atomic():
        return bool(query(SIGN_OFF, {"consumer": consumer}))


def expire(item: int, lease_until: str) -> bool:
    """Give back an item whose lease was not renewed. Made by the keeper."""
    with database.atomic():
        held = query(HELD_SINCE, {"id": item, "lease_until": lease_until})
        return bool(interruptions.give_back(held, interruptions.DIED))


def release_due() -> int:
    """Let items run whose time has come: pending → queued. Made by the keeper."""
    due = {"due": timestamp()}
    if query(ANY_NO_TIME):
        with database.atomic():
            query(MEND_TIMES, due)
    if not query(ANY_DUE, due):
        return 0
    try:
        with database.atomic():
            LINE_UP_DUE.make(**due)
            return RELEASE_DUE.make(**due)
    except Exception as error:
        if not is_refused(error):
            raise
        # One row is, which holds up those with it.
        return sum(_release(item) for (item,) in query(ALL_DUE, due))


def _release(item: int) -> int:
    """Let one item run whose time has come; 0 when its row cannot be changed."""
    with apart(f"item {item}"):
        return RELEASE_ONE.make(id=item)
    return 0


def cancel_hopeless() -> int:
    """Cancel jobs that wait for one that failed, was cancelled or deleted; how many.

    Made by the keeper, again and again until none is left: other jobs may wait for these.
    """
    if not query(HOPELESS, {"most": 1}):
        return 0
    with database.atomic():
        found = query(HOPELESS, {"most": HOPELESS_BATCH})
        by_job = {job: (needs, status) for job, needs, status in found}
        return sum(_cancel_hopeless(job, *why) for job, why in by_job.items())


def _cancel_hopeless(job: int, needs: str, status: str | None) -> bool:
    """Cancel one of them; False when its rows cannot be changed."""
    moved = 0
    with apart(f"job {job}"):
        error = _needs_in_vain(needs, status)
        moved = CANCEL_HOPELESS.make(error, job=job)
        shown = replace(error, code=DEPENDENCY_FAILED).shown()
        query(SET_ERROR, {"job": job, "error": shown})
    return bool(moved)


def _needs_in_vain(needs: str, status: str | None) -> ItemError:
    """Why a job does not run that needs one which ended with `status`, None when it is gone."""
    ended = {"failed": "failed", "cancelled": "was cancelled"}.get(status or "", "was deleted")
    return ItemError(
        "dependency_failed",
        f"It depends on job {needs}, which {ended}.",
        "Retry that job; this one then waits for it again." if status else None,
    )


def follow_clock(step_s: float) -> None:
    """The wall clock was set: what waits, and what has begun, keeps its distance from now.

    What waits for a time that somebody named waits for that. Made by the keeper that holds the
    lock.
    """
    by = timedelta(seconds=step_s)
    with database.atomic():
        for item, job, due, begun in query(RELATIVE):
            with apart(f"item {item}"):
                _set_times(item, job, due, shifted(due, by), shifted(begun, by))


def shorten_waits() -> None:
    """Let nothing wait for longer than if it began to wait now: the clock was set back unseen.

    Made by the keeper that holds the lock.
    """
    with database.atomic():
        for item, job, due, begun, wait_s in query(AHEAD, {"now": timestamp()}):
            with apart(f"item {item}"):
                if (latest := timestamp(wait_s)) < due:
                    _set_times(item, job, due, latest, begun)


def _set_times(item: int, job: int, was: str | None, due: str | None, begun: str | None) -> None:
    query(SET_TIMES, {"id": item, "not_before": due, "started_at": begun})
    if query(SET_RUN_AT, {"job": job, "was": was, "due": due}):
        rows.touch(job)


def forget_old() -> None:
    """Forget keys of submissions after a day, old tallies, and of deleted jobs all but the last."""
    with database.atomic():
        tallies.forget_old()
        query(FORGET_KEYS, {"day_ago": timestamp(-DAY_S)})
        query(FORGET_GONE, {"most": MOST_GONE})
