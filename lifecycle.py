"""The state machine of jobs and items: the only writer of a status.

An item is one of

- `pending`    waits for a time (a retry) or for something else to end;
- `queued`     may run now, and waits for a worker;
- `running`    a worker holds it, with a lease; its writes carry (item, attempt, worker);
- `completed`  its result is recorded;
- `failed`     an error is recorded that only a person can change by a retry;
- `cancelled`  a person stopped it; no process of it lives.

A move is one guarded UPDATE: it changes the rows that still are where it starts from
and reports them, or none, which means that somebody was first. In the same transaction
it writes one event for each row and moves the counters, the status and the change
number of the job. A job's status follows from its items and is never set otherwise.
Every function here makes its own transaction and may be called from any process.
"""

from __future__ import annotations

import json
import logging
import random
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from errors import ItemError, item_error
from files import attempt_name
from killpoint import die_at
from models import FINAL, database, query, shifted, timestamp, write_many

LEASE_S = 60.0
MOST_CRASHES = 3
MOST_INTERRUPTIONS = 20
MOST_MEMORY_FAILURES = 2
GIVE_UP_AFTER_S = 24 * 3600
RELEASE_BATCH = 200
LEAST_PAUSE_S = 1.0
# Items that failed together must not all come back in the same moment.
JITTER = 0.1
log = logging.getLogger("bellhop.lifecycle")

# move: (from, to). Who makes it is said at the function of that name below.
MOVES: dict[str, tuple[tuple[str, ...], str]] = {
    "submitted": ((), "queued"),
    "released": (("pending",), "queued"),
    "claimed": (("queued",), "running"),
    "completed": (("running",), "completed"),
    "failed": (("running",), "failed"),
    "requeued": (("running",), "queued"),
    "retry_scheduled": (("running",), "pending"),
    "cancelled": (("pending", "queued", "running"), "cancelled"),
    "retried": (("failed", "cancelled"), "queued"),
}
COUNTED = {"completed": "completed_items", "failed": "failed_items", "cancelled": "cancelled_items"}

NEXT_CHANGE = "UPDATE counter SET value = value + 1 WHERE name = 'change' RETURNING value"
INSERT_EVENT = """
    INSERT INTO event (job, at, item, step, attempt, move, code, text, traceback)
    VALUES (:job, :at, :item, :step, :attempt, :move, :code, :text, :traceback)"""
# The index `item_due` is exactly this filter and order.
NEXT_DUE = """
    SELECT id FROM item WHERE queue = :queue AND status = 'queued'
    AND NOT EXISTS (SELECT 1 FROM consumer WHERE id = :consumer AND draining)
    ORDER BY priority DESC, turn, id LIMIT 1"""
READ_CLAIM = """
    SELECT item.id, item.attempt, item.worker, item.failures, item.crashes, item.type,
        item.queue, item."index", item.step, item.filename, item.input, item.started_at,
        item.turn, job.job_id, job.params, job.total_items, job.cancel_requested
    FROM item JOIN job ON job.id = item.job WHERE item.id = :id"""
FENCE = "id = :id AND attempt = :attempt AND worker = :worker"
FREE = "worker = NULL, lease_until = NULL, current_step = NULL"
# As a range, not LIKE, it walks the index `item_running`.
HELD_BY = "status = 'running' AND worker > :consumer || '/' AND worker < :consumer || '0'"


@dataclass(frozen=True)
class NewItem:
    """One input of a submitted job; `input` is `{"file": suffix}`, `{"url": …}` and so on."""

    filename: str
    input: dict[str, Any]
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job as it is submitted; its files lie in place already."""

    type: str
    name: str
    params: dict[str, Any]
    queue: str
    max_attempts: int
    items: Sequence[NewItem]
    owner: str = "local"
    priority: int = 0
    job_id: str = field(default_factory=lambda: secrets.token_hex(10))


@dataclass(frozen=True)
class Claim:
    """An item in the hands of a worker: what to run, and the fence of every later write."""

    id: int
    attempt: int
    worker: str
    failures: int
    crashes: int
    type: str
    queue: str
    index: int
    step: int
    filename: str
    input: dict[str, Any]
    started_at: str
    turn: int
    job_id: str
    params: dict[str, Any]
    total_items: int
    cancel_requested: bool

    @property
    def name(self) -> str:
        """What the folder of its output files, and its log, are called."""
        return attempt_name(self.index, self.step, self.attempt)

    @property
    def fence(self) -> dict[str, Any]:
        return {"id": self.id, "attempt": self.attempt, "worker": self.worker}


def submit(job: NewJob) -> None:
    """Accept a job with all its items: new → queued. Made by the web."""
    values = {
        **vars(job),
        "params": json.dumps(job.params, ensure_ascii=False),
        "now": timestamp(),
        "total_items": len(job.items),
    }
    with database.atomic():
        values["change"] = query(NEXT_CHANGE)[0][0]
        ((row_id,),) = query(
            """INSERT INTO job (job_id, type, name, params, owner, queue, status, priority,
                change, total_items, max_attempts, created_at)
            VALUES (:job_id, :type, :name, :params, :owner, :queue, 'queued', :priority,
                :change, :total_items, :max_attempts, :now) RETURNING id""",
            {key: value for key, value in values.items() if key != "items"},
        )
        first = _take_turns(job.queue, job.owner, len(job.items))
        write_many(
            """INSERT INTO item (job, "index", type, queue, owner, priority, turn, status,
                filename, input, input_sha256)
            SELECT id, :index, type, queue, owner, priority, :turn, 'queued',
                :filename, :input, :sha256 FROM job WHERE id = :job""",
            [
                {
                    "job": row_id,
                    "index": index,
                    "turn": first + index,
                    "filename": item.filename,
                    "input": json.dumps(item.input, ensure_ascii=False),
                    "sha256": item.sha256,
                }
                for index, item in enumerate(job.items)
            ],
        )
        _job_event(row_id, "submitted")
        die_at("accept-rows")
    log.info("job=%s move=submitted to=queued items=%d", job.job_id, len(job.items))


def _take_turns(queue: str, owner: str, count: int) -> int:
    """The first of `count` turns: behind the owner's own last, never before what runs."""
    values = {"queue": queue, "owner": owner, "count": count}
    last = "SELECT max(last) FROM turn WHERE queue = :queue AND owner IN (:owner, '')"
    first = int(query(last, values)[0][0] or 0) + 1
    query(
        """INSERT INTO turn (queue, owner, last) VALUES (:queue, :owner, :last)
        ON CONFLICT DO UPDATE SET last = :last""",
        {**values, "last": first + count - 1},
    )
    return first


def claim(queue: str, worker: str) -> Claim | None:
    """Give the next due item of `queue` to `worker`: queued → running. Made by a worker."""
    wanted = {"queue": queue, "consumer": worker.partition("/")[0]}
    if not query(NEXT_DUE, wanted):
        return None  # without the write lock, which an idle look must not take
    with database.atomic():
        due = query(NEXT_DUE, wanted)
        if not due:
            return None
        now = timestamp()
        _move(
            "claimed",
            "id = :id",
            {"id": due[0][0], "now": now, "worker": worker, "lease": timestamp(LEASE_S)},
            "worker = :worker, lease_until = :lease, attempt = attempt + 1, current_step = NULL,"
            " started_at = coalesce(started_at, :now)",
        )
        claimed = _read_claim(query(READ_CLAIM, {"id": due[0][0]})[0])
        query(
            "INSERT INTO turn (queue, owner, last) VALUES (:queue, '', :turn)"
            " ON CONFLICT DO UPDATE SET last = max(last, :turn)",
            {"queue": queue, "turn": claimed.turn},
        )
        die_at("claim-row")
    return claimed


def _read_claim(row: tuple[Any, ...]) -> Claim:
    fields = dict(zip(Claim.__dataclass_fields__, row, strict=True))
    fields["input"], fields["params"] = json.loads(fields["input"]), json.loads(fields["params"])
    return Claim(**fields)


def progress(claim: Claim, percent: int, step: str) -> bool:
    """Show how far a running item is; False when the claim is no longer this worker's."""
    prefix = f"Item {claim.index + 1} of {claim.total_items}: " if claim.total_items > 1 else ""
    values = {**claim.fence, "percent": percent, "step": step, "shown": prefix + step}
    with database.atomic():
        before = query(f"SELECT progress FROM item WHERE {FENCE} AND status = 'running'", values)
        if not before:
            return False
        # A later attempt starts at 0 again; what people see does not go back.
        values["points"] = max(0, percent - before[0][0])
        values["change"] = query(NEXT_CHANGE)[0][0]
        query(
            "UPDATE item SET progress = max(progress, :percent), current_step = :step"
            " WHERE id = :id",
            values,
        )
        query(
            """UPDATE job SET progress_points = progress_points + :points,
                current_step = :shown, change = :change
            WHERE id = (SELECT job FROM item WHERE id = :id)""",
            values,
        )
    return True


def renew(claim: Claim) -> bool:
    """Extend the lease; False when the claim is no longer this worker's."""
    with database.atomic():
        rows = query(
            f"UPDATE item SET lease_until = :lease WHERE {FENCE} AND status = 'running'"
            " RETURNING id",
            {**claim.fence, "lease": timestamp(LEASE_S)},
        )
    return bool(rows)


def cancel_asked(claim: Claim) -> bool:
    """Whether someone asked to cancel the job of this claim."""
    sql = "SELECT cancel_requested FROM job WHERE job_id = :job_id"
    rows = query(sql, {"job_id": claim.job_id})
    return bool(rows and rows[0][0])


def complete(claim: Claim, *, data: str, files: str, warnings: str) -> bool:
    """Record the result, JSON texts: running → completed. Made by the claim's worker."""
    with database.atomic():
        moved = _move_claimed("completed", claim, "progress = 100, error = NULL")
        if moved:
            query(
                "INSERT OR REPLACE INTO result (item, data, files, warnings)"
                " VALUES (:id, :data, :files, :warnings)",
                {"id": claim.id, "data": data, "files": files, "warnings": warnings},
            )
        die_at("finish-row")
    return moved


def fail(claim: Claim, error: ItemError, *, is_failure: bool = True) -> bool:
    """Record a final error: running → failed. Made by the claim's worker.

    `is_failure` false: it was not the job's code that failed, and nothing is counted.
    """
    failures = claim.failures + is_failure
    with database.atomic():
        return _move_claimed(
            "failed",
            claim,
            "error = :error, failures = :failures",
            {"error": error.shown(), "failures": failures},
            error=error,
        )


def fail_attempt(claim: Claim, error: ItemError, delays_s: Sequence[float]) -> bool:
    """Count a failure: again after its delay, or failed when the delays are used up."""
    failures, most = claim.failures + 1, 1 + len(delays_s)
    if error.code == "out_of_memory":
        most = min(most, MOST_MEMORY_FAILURES)
    if failures >= most:
        return fail(claim, error)
    delay_s = delays_s[failures - 1] * random.uniform(1, 1 + JITTER)
    error = _counted(error, "failure", failures, most)
    return _again(claim, error, delay_s, ", failures = failures + 1")


def try_again(claim: Claim, delay_s: float, reason: str) -> bool:
    """Put the item off because its job type asked for it; no failure is counted."""
    # Not above the day after which it gives up, and never a loop without a pause.
    delay_s = min(delay_s, GIVE_UP_AFTER_S) if delay_s > LEAST_PAUSE_S else LEAST_PAUSE_S
    values = {"id": claim.id, "day_ago": timestamp(-GIVE_UP_AFTER_S)}
    if query("SELECT 1 FROM item WHERE id = :id AND started_at < :day_ago", values):
        return fail(claim, item_error("gave_up", reason=reason), is_failure=False)
    return _again(claim, ItemError("try_again", reason), delay_s, "")


def crash(claim: Claim, signal_name: str) -> bool:
    """Count a crash of the job process: again at once, failed the third time."""
    crashes = claim.crashes + 1
    if crashes >= MOST_CRASHES:
        return fail(claim, item_error("process_crashed", signal=signal_name), is_failure=False)
    error = ItemError("process_crashed", f"Its job process ended by {signal_name}; it runs again.")
    error = _counted(error, "crash", crashes, MOST_CRASHES)
    return _again(claim, error, 0, ", crashes = crashes + 1")


def cancel(claim: Claim) -> bool:
    """Record that no process of a running item lives: running → cancelled. By its worker."""
    with database.atomic():
        return _move_claimed("cancelled", claim, "error = NULL")


def interrupt(claim: Claim) -> bool:
    """Give back an item whose run a stop cut short, which is not its fault. By its worker."""
    with database.atomic():
        return bool(_give_back(FENCE, claim.fence, is_counted=False))


def adopt(consumer: str) -> int:
    """Give back every item of a dead consumer; how many they were. Made by the keeper."""
    with database.atomic():
        moved = _give_back(HELD_BY, {"consumer": consumer}, is_counted=True)
        query("DELETE FROM consumer WHERE id = :consumer", {"consumer": consumer})
    return moved


def expire(item: int, lease_until: str) -> bool:
    """Give back an item whose lease was not renewed. Made by the keeper."""
    with database.atomic():
        values = {"id": item, "lease": lease_until}
        return bool(_give_back("id = :id AND lease_until = :lease", values, is_counted=True))


def release_due() -> int:
    """Let items run whose time has come: pending → queued. Made by the keeper."""
    due = "SELECT id FROM item WHERE status = 'pending' AND not_before <= :now"
    values = {"now": timestamp()}
    if not query(f"{due} LIMIT 1", values):
        return 0
    with database.atomic():
        guard = f"id IN ({due} ORDER BY not_before LIMIT {RELEASE_BATCH})"
        return _move("released", guard, values, "not_before = NULL")


def follow_clock(step_s: float) -> None:
    """The wall clock was set: what waits, and what has begun, keeps its distance from now.

    Made by the keeper that holds the lock.
    """
    unfinished = f"SELECT id, not_before, started_at FROM item WHERE status NOT IN {FINAL}"
    shift = timedelta(seconds=step_s)
    with database.atomic():
        write_many(
            "UPDATE item SET not_before = :not_before, started_at = :started_at WHERE id = :id",
            [
                {"id": item, "not_before": shifted(due, shift), "started_at": shifted(begun, shift)}
                for item, due, begun in query(f"{unfinished} AND started_at IS NOT NULL")
            ],
        )


def ask_cancel(job_id: str) -> bool:
    """Ask to cancel a job: what waits is cancelled at once, what runs is marked.

    False when the job is final already. Made by the web.
    """
    with database.atomic():
        rows = query(
            f"""UPDATE job SET cancel_requested = 1, change = :change
            WHERE job_id = :job_id AND status NOT IN {FINAL} RETURNING id""",
            {"job_id": job_id, "change": query(NEXT_CHANGE)[0][0]},
        )
        if not rows:
            return False
        values = {"job": rows[0][0], "now": timestamp()}
        _job_event(values["job"], "cancel_asked")
        _move(
            "cancelled",
            "job = :job AND status IN ('pending', 'queued')",
            values,
            "completed_at = :now, not_before = NULL",
        )
    log.info("job=%s move=cancel_asked", job_id)
    return True


def retry(job_id: str, indexes: Iterable[int] | None = None) -> int:
    """Run again what did not complete: failed, cancelled → queued; how many items.

    `indexes` narrows it to these items. The job's failures, crashes and interruptions
    start anew; its attempts count on. Made by the web.
    """
    numbers = "" if indexes is None else ", ".join(str(int(index)) for index in indexes)
    chosen = "" if indexes is None else f' AND "index" IN ({numbers})'
    with database.atomic():
        job = query(
            f"SELECT id FROM job WHERE job_id = :job_id AND NOT"
            f" (cancel_requested AND status NOT IN {FINAL})",
            {"job_id": job_id},
        )
        if not job:
            return 0
        guard = f"job = :job AND status IN ('failed', 'cancelled'){chosen}"
        values = {"job": job[0][0]}
        if not query(f"SELECT 1 FROM item WHERE {guard} LIMIT 1", values):
            return 0
        query("UPDATE job SET cancel_requested = 0 WHERE id = :job", values)
        return _move(
            "retried",
            guard,
            values,
            "failures = 0, crashes = 0, interruptions = 0, progress = 0, error = NULL,"
            " completed_at = NULL, current_step = NULL",
        )


def purge(job_id: str) -> bool:
    """Delete a final job; False when it is not final. Its files are the caller's to remove."""
    with database.atomic():
        rows = query(
            f"DELETE FROM job WHERE job_id = :job_id AND status IN {FINAL} RETURNING owner",
            {"job_id": job_id},
        )
        if rows:
            query(
                "INSERT INTO gone (change, job_id, owner) VALUES (:change, :job_id, :owner)",
                {"change": query(NEXT_CHANGE)[0][0], "job_id": job_id, "owner": rows[0][0]},
            )
            log.info("job=%s move=purged", job_id)
    return bool(rows)


def register(consumer: str, pid: int, queues: Sequence[str]) -> None:
    """Record a consumer that holds its lock already."""
    with database.atomic():
        query(
            "INSERT INTO consumer (id, pid, started_at, queues) VALUES (:id, :pid, :now, :queues)",
            {"id": consumer, "pid": pid, "now": timestamp(), "queues": json.dumps(queues)},
        )


def unregister(consumer: str) -> bool:
    """Forget a consumer that stops; False when it still holds an item, which is adopted later."""
    free = f"NOT EXISTS (SELECT 1 FROM item WHERE {HELD_BY})"
    sql = f"DELETE FROM consumer WHERE id = :consumer AND {free} RETURNING id"
    with database.atomic():
        return bool(query(sql, {"consumer": consumer}))


def drain() -> None:
    """Let every consumer of this moment take no more items; one started later does again."""
    with database.atomic():
        query("UPDATE consumer SET draining = 1")
    log.info("draining: no consumer of this moment takes more items")


def report_bell(consumer: str, trouble: str | None) -> None:
    """Record what is wrong with a consumer's bell, None when it works."""
    values = {"id": consumer, "trouble": trouble}
    if query("SELECT 1 FROM consumer WHERE id = :id AND bell IS NOT :trouble", values):
        with database.atomic():
            query("UPDATE consumer SET bell = :trouble WHERE id = :id", values)


def _counted(error: ItemError, what: str, count: int, most: int) -> ItemError:
    """The error with its count, for the timeline."""
    return replace(error, message=f"{error.message} ({what} {count} of {most})")


def _again(claim: Claim, error: ItemError, delay_s: float, counted: str) -> bool:
    """Let a claimed item run again, at once or after `delay_s`, unless a cancel was asked."""
    changes = f"error = :error{counted}"
    values = {"error": error.shown(), "not_before": timestamp(delay_s)}
    with database.atomic():
        if cancel_asked(claim):
            return _move_claimed("cancelled", claim, "error = NULL")
        if delay_s <= 0:
            return _move_claimed("requeued", claim, changes, values, error=error)
        changes += ", not_before = :not_before"
        return _move_claimed("retry_scheduled", claim, changes, values, error=error)


def _move_claimed(
    move: str,
    claim: Claim,
    changes: str,
    values: dict[str, Any] | None = None,
    error: ItemError | None = None,
) -> bool:
    """Move an item out of its worker's hands; False when they no longer hold it."""
    changes += f", {FREE}"
    if MOVES[move][1] in FINAL:
        changes += ", completed_at = :now"
    everything = {**(values or {}), **claim.fence, "now": timestamp()}
    moved = _move(move, FENCE, everything, changes, error=error)
    if not moved:
        log.warning("job=%s item=%d move=%s refused: late", claim.job_id, claim.index, move)
    return bool(moved)


def _give_back(guard: str, values: dict[str, Any], *, is_counted: bool) -> int:
    """Take running items out of hands that do not finish them; how many they were.

    Cancelled if that was asked, failed the 20th time that it counts, else queued again.
    """
    asked = "(SELECT cancel_requested FROM job WHERE job.id = item.job)"
    held = query(
        f"SELECT id, interruptions, {asked} FROM item WHERE status = 'running' AND {guard}", values
    )
    for item, before, is_cancelled in held:
        count = before + is_counted
        values = {"id": item, "now": timestamp(), "count": count}
        if is_cancelled:
            _move("cancelled", "id = :id", values, f"{FREE}, completed_at = :now")
        elif is_counted and count >= MOST_INTERRUPTIONS:
            error = item_error("interrupted_too_often", count=count)
            changes = f"{FREE}, completed_at = :now, interruptions = :count, error = :error"
            _move("failed", "id = :id", {**values, "error": error.shown()}, changes, error=error)
        else:
            again = ItemError("interrupted", "Bellhop was stopped meanwhile; it runs again.")
            if is_counted:
                again = replace(again, message="Its consumer died; it runs again.")
                again = _counted(again, "interruption", count, MOST_INTERRUPTIONS)
            _move("requeued", "id = :id", values, f"{FREE}, interruptions = :count", error=again)
    return len(held)


def _move(
    move: str, guard: str, values: dict[str, Any], changes: str, error: ItemError | None = None
) -> int:
    """Make `move` for all items that `guard` selects; how many were still where it starts.

    `changes` are further assignments, `error` goes into the event. Must run inside a
    transaction.
    """
    origins, target = MOVES[move]
    where = f"({guard}) AND status IN ({', '.join(repr(origin) for origin in origins)})"
    before = query(f"SELECT id, status, progress FROM item WHERE {where}", values)
    if not before:
        return 0
    rows = query(
        f"""UPDATE item SET status = '{target}', {changes} WHERE {where}
        RETURNING id, job, "index", step, attempt, progress""",
        values,
    )
    was = {item: (status, points) for item, status, points in before}
    moved_of_job: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        moved_of_job.setdefault(row[1], []).append(row)
    for job, moved in moved_of_job.items():
        _record(job, move, moved, was, error)
    return len(rows)


def _record(
    job: int,
    move: str,
    moved: list[tuple[Any, ...]],
    was: dict[int, tuple[str, int]],
    error: ItemError | None,
) -> None:
    """Write the events of one job's moved items and bring the job itself along."""
    target, now = MOVES[move][1], timestamp()
    write_many(
        INSERT_EVENT,
        [
            {
                "job": job, "at": now, "item": index, "step": step, "attempt": attempt,
                "move": move, "code": error and error.code, "text": error and error.message,
                "traceback": error and error.traceback,
            }
            for _, _, index, step, attempt, _ in moved
        ],
    )  # fmt: skip
    deltas = dict.fromkeys(COUNTED.values(), 0)
    for row in moved:
        if origin := COUNTED.get(was[row[0]][0]):
            deltas[origin] -= 1
        if target in COUNTED:
            deltas[COUNTED[target]] += 1
    job_id = _bring_job_along(
        job,
        target,
        {
            **deltas,
            "points": sum(row[5] - was[row[0]][1] for row in moved),
            "attempt": max(row[4] for row in moved),
            "started": now if target == "running" else None,
        },
    )
    for item, _, index, _, attempt, _ in moved:
        _say(
            "job=%s item=%d move=%s from=%s to=%s attempt=%d%s",
            job_id, index, move, was[item][0], target, attempt,
            f" code={error.code}" if error else "",
        )  # fmt: skip


def _bring_job_along(job: int, target: str, deltas: dict[str, Any]) -> str:
    """Add to a job's counters and let its status follow from them; its public id."""
    row = query(
        """UPDATE job SET
            completed_items = completed_items + :completed_items,
            failed_items = failed_items + :failed_items,
            cancelled_items = cancelled_items + :cancelled_items,
            progress_points = progress_points + :points,
            attempt = max(attempt, :attempt),
            started_at = coalesce(started_at, :started),
            change = :change,
            status = CASE WHEN coalesce(started_at, :started) IS NOT NULL THEN 'running'
                WHEN :target = 'queued' THEN 'queued' ELSE status END,
            current_step = CASE WHEN :target IN ('pending', 'queued') THEN NULL
                ELSE current_step END,
            completed_at = NULL, expires_at = NULL, error = NULL
        WHERE id = :job
        RETURNING job_id, completed_items + failed_items + cancelled_items = total_items,
            cancelled_items, failed_items""",
        {**deltas, "job": job, "target": target, "change": query(NEXT_CHANGE)[0][0]},
    )
    job_id, is_final, cancelled, failed = row[0]
    if is_final:
        status = "cancelled" if cancelled else "failed" if failed else "completed"
        query(
            """UPDATE job SET status = :status, completed_at = :now, current_step = NULL,
                error = (SELECT error FROM item WHERE job = :job AND status = 'failed'
                    ORDER BY "index" LIMIT 1)
            WHERE id = :job""",
            {"status": status, "now": timestamp(), "job": job},
        )
        _say("job=%s move=ended to=%s", job_id, status)
    return str(job_id)


def _say(text: str, *values: object) -> None:
    """Log it once it is true."""
    database.after_commit(partial(log.info, text, *values))


def _job_event(job: int, move: str) -> None:
    blank = dict.fromkeys(("item", "step", "attempt", "code", "text", "traceback"))
    query(INSERT_EVENT, {**blank, "job": job, "at": timestamp(), "move": move})
