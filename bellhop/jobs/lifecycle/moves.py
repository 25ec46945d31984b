"""The moves of items: each is one row of `MOVES`, and all of them are made here.

A move is one guarded UPDATE: it changes the rows that still are where it starts from and reports
them, or none, which means that somebody was first. In the same transaction it writes one event for
each row and moves the counters, the status and the change number of the job. A job's status
follows from its items and is never set otherwise.

A `Statement` is a move together with the condition on the items it is asked for; the other modules
of this folder have one for each thing they do. It is put together, and checked, at import.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, ClassVar

from bellhop.base.errors import ItemError
from bellhop.base.times import timestamp
from bellhop.database.database import database, query, together, write_many
from bellhop.jobs.lifecycle import counting, deliveries, queuing, rows, tallies
from bellhop.jobs.lifecycle.moved import Brought, Moved
from bellhop.jobs.lifecycle.tallies import UNKNOWN, Measured
from bellhop.jobs.lifecycle.turns import LineUp
from bellhop.jobs.queries import reasons
from bellhop.logs.about import extra
from bellhop.metrics.totals import Totals
from bellhop.storage.models import FINAL

log = logging.getLogger("bellhop.lifecycle")
BIND = re.compile(r":([a-z_]+)")
# What each statement is given beside its own values: when it is made, and why it failed.
GIVEN = {"now", "code", "reason"}


def binds(sql: str) -> set[str]:
    """The values that a statement needs, without what each is given."""
    return set(BIND.findall(sql)) - GIVEN


@dataclass(frozen=True)
class Move:
    """From which statuses to which, what is set beside the status, and the values that needs.

    ValueError for a value that is used and not named, or named and not used.
    """

    origins: tuple[str, ...]
    target: str
    sets: str = ""
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if binds(self.sets) != set(self.needs):
            raise ValueError(f"it sets {self.sets!r} and needs {self.needs}")


# An item that nobody holds and that waits for nothing.
FREED = """worker = NULL, lease_until = NULL, current_step = NULL, cache_key = NULL,
    partial = NULL"""
# Nothing is set that the table refuses, which would hold up whatever is moved with it.
READABLE_ERROR = "CASE WHEN json_valid(error) THEN error END"
MAY_RUN = "waits_for = NULL, not_before = NULL, cache_key = NULL"
# Counts of this attempt's end: each 0 or 1, added to those of the item.
COUNTS = """failures = failures + :failed, crashes = crashes + :crashed,
    interruptions = interruptions + :interrupted"""
ANEW = """was_deferred = 0, failures = 0, crashes = 0, interruptions = 0, progress = 0,
    error = NULL, code = NULL, reason = NULL, started_at = NULL, completed_at = NULL,
    current_step = NULL"""
WHY = "error = :error, code = :code, reason = :reason"
RECOUNTED = ("failed", "crashed", "interrupted")

# Who makes a move is said at the function that does.
MOVES: dict[str, Move] = {
    "submitted": Move((), "queued"),
    "held": Move((), "pending"),
    "released": Move(("pending",), "queued", MAY_RUN),
    "claimed": Move(
        ("queued",),
        "running",
        """worker = json_extract(:workers, '$.' || id), lease_until = :lease_until,
        attempt = attempt + 1,
        current_step = NULL, cache_key = NULL,
        started_at = min(coalesce(started_at, :now), :now),
        waits_for = NULL, not_before = NULL, completed_at = NULL""",
        ("workers", "lease_until"),
    ),
    "deferred": Move(
        ("queued",),
        "pending",
        "waits_for = 'equal', cache_key = :cache_key, was_deferred = 1",
        ("cache_key",),
    ),
    "reused": Move(
        ("queued",),
        "completed",
        "attempt = 1, progress = 100, cached = 1, started_at = :now, completed_at = :now",
    ),
    "completed": Move(
        ("running",),
        "completed",
        f"""progress = 100, error = NULL, cached = :cached, cached_from = :cached_from,
        completed_at = :now, {FREED}""",
        ("cached", "cached_from"),
    ),
    "failed": Move(
        ("running",),
        "failed",
        f"{WHY}, completed_at = :now, {COUNTS}, {FREED}",
        ("error", *RECOUNTED),
    ),
    # An interruption leaves the error of the attempt before as it is.
    "requeued": Move(
        ("running",),
        "queued",
        f"error = coalesce(:error, {READABLE_ERROR}), {COUNTS}, {FREED}",
        ("error", *RECOUNTED),
    ),
    "retry_scheduled": Move(
        ("running",),
        "pending",
        f"error = :error, not_before = :not_before, wait_s = :wait_s, {COUNTS}, {FREED}",
        ("error", "not_before", "wait_s", *RECOUNTED),
    ),
    "cancelled": Move(
        ("pending", "queued", "running"),
        "cancelled",
        f"""error = CASE status WHEN 'running' THEN NULL ELSE {READABLE_ERROR} END,
        completed_at = :now, waits_for = NULL, not_before = NULL, {FREED}""",
    ),
    "hurried": Move(("pending",), "queued", MAY_RUN),
    "given_up": Move(
        ("pending",),
        "failed",
        f"{WHY}, completed_at = :now, waits_for = NULL, not_before = NULL, {FREED}",
        ("error",),
    ),
    "retried": Move(("failed", "cancelled"), "queued", ANEW),
    "rerun": Move(("completed",), "queued", f"{ANEW}, cached = 0, cached_from = NULL"),
    "blocked": Move(
        ("pending", "queued", "completed", "failed", "cancelled"),
        "pending",
        f"""{ANEW}, cached = 0, cached_from = NULL, waits_for = 'step', not_before = NULL,
        cache_key = NULL""",
    ),
    "revived": Move(
        ("cancelled",),
        "pending",
        "waits_for = :waits_for, not_before = :not_before, completed_at = NULL, error = NULL",
        ("waits_for", "not_before"),
    ),
}
COUNTED = {"completed": "completed_items", "failed": "failed_items", "cancelled": "cancelled_items"}

ADD_TO_JOB = f"""
    UPDATE job SET
        completed_items = completed_items + :completed_items,
        failed_items = failed_items + :failed_items,
        cancelled_items = cancelled_items + :cancelled_items,
        cached_items = cached_items + :cached,
        progress_points = progress_points + :points,
        attempt = max(attempt, :attempt),
        started_at = coalesce(started_at, :started),
        change = {rows.CHANGE_NOW},
        current_step = CASE WHEN :waits = 1 THEN NULL ELSE current_step END
    WHERE id = :job
    RETURNING job_id, status,
        completed_items + failed_items + cancelled_items = total_items,
        cancelled_items, failed_items, type, delivery_of IS NOT NULL,
        is_again = 0 AND cached_items < total_items * steps, started_at,
        CASE WHEN depends_on = '[]' THEN coalesce(max(created_at, run_at), created_at) END"""
REOPEN_JOB = """
    UPDATE job SET completed_at = NULL, error = NULL,
        is_again = CASE WHEN completed_at IS NULL THEN is_again ELSE 1 END,
        status = CASE WHEN started_at IS NOT NULL THEN 'running'
            WHEN EXISTS (SELECT 1 FROM item WHERE item.job = job.id AND status = 'queued')
            THEN 'queued' ELSE 'pending' END
    WHERE id = :job"""
END_JOB = """
    UPDATE job SET status = :status, completed_at = :now, current_step = NULL, error = :error
    WHERE id = :job"""
MEET_DEPENDENCIES = """
    UPDATE dependency SET is_met = 1 WHERE needs = :needs AND is_met = 0 RETURNING job"""
FORGET_NEED = "UPDATE item SET waits_for = NULL WHERE job = :job AND waits_for = 'job'"


class Statement:
    """One move of the items that `where` selects: whole statements, made once.

    ValueError when the condition and the move need two values of one name.
    """

    every: ClassVar[list[Statement]] = []

    def __init__(self, move: str, where: str):
        self.move, row = move, MOVES[move]
        self.needs = binds(where) | set(row.needs)
        if both := binds(where) & set(row.needs):
            raise ValueError(f"{move}: {both} would be two things")
        self._origins, self._target = row.origins, row.target
        origins = ", ".join(f"'{origin}'" for origin in row.origins)
        chosen = f"WHERE ({where}) AND status IN ({origins})"
        since = ", queued_at = :now" if row.target == "queued" else ""
        sets = f"status = '{row.target}', {row.sets}{since}"
        self.look = f"SELECT id, status, progress, cached, cache_key, worker FROM item {chosen}"
        self.update = f"""UPDATE item SET {sets} {chosen}
            RETURNING queue, job, owner, type, id, "index", step, attempt, progress, cached,
                (SELECT steps FROM job WHERE job.id = item.job)"""
        # What changes neither progress nor key, and starts from one status, tells all by itself.
        self._is_plain = len(row.origins) == 1 and row.target == "running"
        Statement.every.append(self)

    def make(self, event: ItemError | None = None, /, **values: Any) -> int:
        """Make the move; how many items were still where it starts. See `made`."""
        return len(self.made(event, **values))

    def made(
        self,
        event: ItemError | None = None,
        measured: Mapping[int, Measured] | None = None,
        /,
        **values: Any,
    ) -> dict[int, int]:
        """Make the move; the ids of the items that were still where it starts, with their attempts.

        Inside a transaction. `event` goes into the timeline of each, and what was `measured` of an
        item, by its id, into the tallies. TypeError for a value that is missing or not known.
        """
        if values.keys() != self.needs:
            raise TypeError(f"{self.move} needs {sorted(self.needs)}, given {sorted(values)}")
        values["now"] = timestamp()
        why = reasons.reason_of(event.code, event.message) if event else (None, None)
        values["code"], values["reason"] = why
        before, moved = self._sent(values)
        if not moved:
            return {}
        was = {row[0]: row[1:4] for row in before}
        workers = {row[0]: row[5] for row in before} | _claiming(values)
        of_job: dict[int, list[Moved]] = {}
        ended: list[tallies.Ended] = []
        for queue, job, owner, type_name, *row in moved:
            if self._target == "queued":
                queuing.note(queue)
            known = was.get(row[0], (self._origins[0], row[4], row[5]))
            hand = type_name, queue, workers.get(row[0])
            of_job.setdefault(job, []).append(Moved._make((*row, *known, *hand)))
            ended.append((owner, type_name, (measured or {}).get(row[0], UNKNOWN)))
        totals = Totals()
        _record(of_job, self.move, self._target, event, totals)
        is_counted = bool(values.get("interrupted"))
        counting.of_items(totals, self._target, ended, event, is_interrupted=is_counted)
        totals.write()
        if self._target in ("completed", "failed"):
            tallies.count(self._target, ended)
            if event:
                tallies.note_failures(ended, event, moved[-1][1], values["now"])
        if keys := {row[4] for row in before if row[1] == "running" and isinstance(row[4], str)}:
            RELEASE_EQUALS.make(keys=json.dumps(sorted(keys)))
        return {row[4]: row[7] for row in moved}

    def _sent(self, values: dict[str, Any]) -> list[list[tuple[Any, ...]]]:
        """The rows as they were, as far as that is not known, and as they are."""
        if self._is_plain:
            return [[], query(self.update, values)]
        return together((self.look, values), (self.update, values))


# An item whose equal ran: it takes that one's result, or runs itself.
RELEASE_EQUALS = Statement(
    "released", "cache_key IN (SELECT value FROM json_each(:keys)) AND waits_for = 'equal'"
)
RELEASE_STEP = Statement("released", 'job = :job AND "index" = :index AND step = :step')
LINE_UP_STEP = LineUp('job = :job AND "index" = :index AND step = :step')
IS_FREE_OF_NEEDS = """job = :job AND waits_for = 'job'
    AND (not_before IS NULL OR not_before <= :due)"""
RELEASE_DEPENDENTS = Statement("released", IS_FREE_OF_NEEDS)
LINE_UP_DEPENDENTS = LineUp(IS_FREE_OF_NEEDS)


def release_step(job: int, index: int, step: int) -> None:
    """Let the next step of an item run, at the end of its queue: pending → queued."""
    of_item = {"job": job, "index": index, "step": step}
    LINE_UP_STEP.make(**of_item)
    RELEASE_STEP.make(**of_item)


def points(*, step: int, steps: int, percent: int) -> int:
    """What an item has reached, of 100, when this step of it has reached `percent`."""
    return (100 * step + percent) // steps


def say(text: str, *values: object, **about: object) -> None:
    """Log it once it is true, with what it is about."""
    database.after_commit(partial(log.info, text, *values, extra=extra(about)))


def _claiming(values: dict[str, Any]) -> dict[int, str]:
    """The workers that claim items, by the items."""
    claiming: dict[str, str] = json.loads(values.get("workers", "{}"))
    return {int(item): worker for item, worker in claiming.items()}


def _record(
    of_job: dict[int, list[Moved]],
    move: str,
    target: str,
    error: ItemError | None,
    totals: Totals,
) -> None:
    """Write the events of the moved items of jobs, and bring the jobs themselves along.

    Jobs that end are added to `totals`.
    """
    now = timestamp()
    write_many(
        rows.INSERT_EVENT,
        [
            {
                "job": job, "at": now, "item": row.item_index, "step": row.step,
                "attempt": row.attempt, "move": move, "code": error and error.code,
                "text": error and error.message, "traceback": error and error.traceback,
            }
            for job, moved in of_job.items() for row in moved
        ],
    )  # fmt: skip
    started = now if target == "running" or move == "reused" else None
    for job, job_id in _bring_along(of_job, target, started, totals).items():
        for row in of_job[job]:
            say(
                "job=%s item=%d step=%d move=%s from=%s to=%s attempt=%d%s",
                job_id, row.item_index, row.step, move, row.was, target, row.attempt,
                f" code={error.code}" if error else "", **row.known_as(job_id),
            )  # fmt: skip


def _bring_along(
    of_job: dict[int, list[Moved]], target: str, started: str | None, totals: Totals
) -> dict[int, str]:
    """Add to the counters of jobs, and let their statuses follow from them; their public ids."""
    for job, moved in of_job.items():
        if any(row.was in FINAL for row in moved):
            query(REOPEN_JOB, {"job": job})
    added = [_added(job, target, moved, started) for job, moved in of_job.items()]
    steps: list[tuple[tuple[str, dict[str, Any]], ...]] = [
        ((rows.NEXT_CHANGE, {}), (ADD_TO_JOB, values)) for values in added
    ]
    found = together(*chain.from_iterable(steps))
    jobs = [Brought(*row) for (row,) in found[1::2]]
    for job, has_changed, brought in zip(of_job, found[::2], jobs, strict=True):
        if not has_changed:  # the counter is spoiled
            rows.touch(job)
        _let_follow(job, brought, totals)
    return dict(zip(of_job, (brought.job_id for brought in jobs), strict=True))


def _added(job: int, target: str, moved: list[Moved], started: str | None) -> dict[str, Any]:
    """What is added to a job."""
    # What an item's move leaves as it is must not stand here: each index of a column that does
    # is written again.
    return {
        **_counted(moved, target),
        "points": sum(_points(row, row.progress, row.was_progress) for row in moved),
        "cached": sum(row.cached - row.was_cached for row in moved),
        "attempt": max(row.attempt for row in moved),
        "started": started,
        "waits": target in ("pending", "queued"),
        "job": job,
    }


def _let_follow(job: int, brought: Brought, totals: Totals) -> None:
    """Let the status of a job follow from its counters."""
    if brought.is_final:
        error = reasons.error_of(job) if brought.failed else None
        status = "cancelled" if brought.cancelled else "failed" if brought.failed else "completed"
        _end_job(job, brought.job_id, status, error)
        counting.of_job(totals, brought, status, error)
    elif brought.status != "running":
        query(REOPEN_JOB, {"job": job})


def _points(row: Moved, percent: int, before: int) -> int:
    if percent == before:
        return 0
    now, then = (points(step=row.step, steps=row.steps, percent=p) for p in (percent, before))
    return now - then


def _counted(moved: list[Moved], target: str) -> dict[str, int]:
    """What is added to each counter of the job that these items are of."""
    deltas = dict.fromkeys(COUNTED.values(), 0)
    for row in moved:
        if origin := _counted_as(row, row.was):
            deltas[origin] -= 1
        if counted := _counted_as(row, target):
            deltas[counted] += 1
    return deltas


def _counted_as(row: Moved, status: str) -> str | None:
    """The counter of the job that an item with this status stands in.

    It is completed with its last step, and ends otherwise with any.
    """
    is_between = status == "completed" and row.step + 1 < row.steps
    return None if is_between else COUNTED.get(status)


def _end_job(job: int, job_id: str, status: str, error: str | None) -> None:
    """Every item is final, and so is the job; who waits for it hears of it."""
    query(END_JOB, {"status": status, "now": timestamp(), "job": job, "error": error})
    say("job=%s move=ended to=%s", job_id, status, job_id=job_id)
    if status == "completed":
        _release_dependents(job_id)
    if delivery := deliveries.of_end(job):
        rows.insert(delivery)


def _release_dependents(job_id: str) -> None:
    """Let jobs run that waited for this one to complete, and for nothing else."""
    for (job,) in query(MEET_DEPENDENCIES, {"needs": job_id}):
        if not rows.has_unmet(job):
            due = {"job": job, "due": timestamp()}
            LINE_UP_DEPENDENTS.make(**due)
            RELEASE_DEPENDENTS.make(**due)
            query(FORGET_NEED, {"job": job})
        rows.touch(job)
