"""The state machine of jobs and items: the only writer of a status.

An item is one of

- `pending`    waits for a time, or for what `waits_for` names: the `step` before it, another
               `job`, or an `equal` item that runs and whose result it will take;
- `queued`     may run now, and waits for a worker;
- `running`    a worker holds it, with a lease; its writes carry (item, attempt, worker);
- `completed`  its result is recorded;
- `failed`     an error is recorded that only a person can change by a retry;
- `cancelled`  a person stopped it; no process of it lives.

A move is one guarded UPDATE: it changes the rows that still are where it starts from
and reports them, or none, which means that somebody was first. In the same transaction
it writes one event for each row and moves the counters, the status and the change
number of the job. A job's status follows from its items and is never set otherwise.
An item of a chain has a row for each step; at most one of them is not blocked by an
earlier one, and the item is final when its last step completed or any step ended otherwise.
Every function here makes its own transaction and may be called from any process.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

from bellhop.base.errors import ItemError, item_error
from bellhop.base.killpoint import die_at
from bellhop.base.times import shifted, timestamp
from bellhop.jobs import reuse, webhooks
from bellhop.jobs.newjob import Key, NewJob
from bellhop.jobs.reuse import Hit
from bellhop.storage.database import database, query, write_many
from bellhop.storage.files import attempt_name
from bellhop.storage.models import FINAL, HELD_BY

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
    "held": ((), "pending"),
    "released": (("pending",), "queued"),
    "claimed": (("queued",), "running"),
    "deferred": (("queued",), "pending"),
    "reused": (("queued",), "completed"),
    "completed": (("running",), "completed"),
    "failed": (("running",), "failed"),
    "requeued": (("running",), "queued"),
    "retry_scheduled": (("running",), "pending"),
    "cancelled": (("pending", "queued", "running"), "cancelled"),
    "retried": (("failed", "cancelled"), "queued"),
    "rerun": (("completed",), "queued"),
    "blocked": (("pending", "queued", "completed", "failed", "cancelled"), "pending"),
    "revived": (("cancelled",), "pending"),
}
COUNTED = {"completed": "completed_items", "failed": "failed_items", "cancelled": "cancelled_items"}

NEXT_CHANGE = "UPDATE counter SET value = value + 1 WHERE name = 'change' RETURNING value"
INSERT_EVENT = """
    INSERT INTO event (job, at, item, step, attempt, move, code, text, traceback)
    VALUES (:job, :at, :item, :step, :attempt, :move, :code, :text, :traceback)"""
# Whether a worker of this consumer may take something from this queue.
OPEN = """NOT EXISTS (SELECT 1 FROM consumer WHERE id = :consumer AND draining)
    AND NOT EXISTS (SELECT 1 FROM queue WHERE name = :queue AND is_paused)"""
# The index `item_due` is exactly this filter and order.
NEXT_DUE = f"""
    SELECT id FROM item WHERE queue = :queue AND status = 'queued' AND {OPEN}
    ORDER BY priority DESC, turn, id LIMIT 1"""
# A later step is given what the one before it returned.
READ_CLAIM = """
    SELECT item.id, item.attempt, item.worker, item.failures, item.crashes, item.type,
        item.queue, item."index", item.step, item.filename,
        CASE item.step WHEN 0 THEN item.input ELSE (
            SELECT '{"data": ' || result.data || '}' FROM item AS before
            JOIN result ON result.item = before.id
            WHERE before.job = item.job AND before."index" = item."index"
            AND before.step = item.step - 1) END,
        CASE item.step WHEN 0 THEN item.input_sha256 END,
        item.started_at, item.turn, item.cache_key, item.was_deferred, job.job_id,
        CASE item.step WHEN 0 THEN job.params
            ELSE json_extract(job.chain, '$[' || (item.step - 1) || '].params') END,
        job.owner, job.total_items, job.steps, job.use_cache, job.cancel_requested
    FROM item JOIN job ON job.id = item.job WHERE item.id = :id"""
FENCE = "id = :id AND attempt = :attempt AND worker = :worker"
FREE = "worker = NULL, lease_until = NULL, current_step = NULL, cache_key = NULL"
READY = "waits_for = NULL, not_before = NULL, cache_key = NULL"
ENDED = f"{READY}, completed_at = :now"
DEFERRED = "waits_for = 'equal', cache_key = :key, was_deferred = 1"
ANEW = """was_deferred = 0, failures = 0, crashes = 0, interruptions = 0, progress = 0,
    error = NULL, started_at = NULL, completed_at = NULL, current_step = NULL"""
# What waits and is not blocked by an earlier step.
ACTIVE = "status IN ('pending', 'queued') AND waits_for IS NOT 'step'"
# How many durations of a type are kept: each new one takes the place of any.
DURATIONS = 64
DEPENDENCY_FAILED = "dependency-failed"
INSERT_RESULT = """
    INSERT OR REPLACE INTO result (item, data, files, warnings)
    VALUES (:id, :data, :files, :warnings)"""
# Jobs that wait for one that ended otherwise than they need, or that was deleted.
ENDED_BADLY = "needed.id IS NULL OR needed.status IN ('failed', 'cancelled')"
HOPELESS = f"""
    SELECT waiting.id, dependency.needs, needed.status FROM dependency
    JOIN job AS waiting ON waiting.id = dependency.job
    LEFT JOIN job AS needed ON needed.job_id = dependency.needs
    WHERE is_met = 0 AND waiting.completed_at IS NULL
    AND ({ENDED_BADLY}) LIMIT :most"""


class UnknownJobs(Exception):
    """A submitted job depends on jobs that are not there; the text names one."""


@dataclass
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
    sha256: str | None
    started_at: str
    turn: int
    cache_key: str | None
    was_deferred: bool
    job_id: str
    params: dict[str, Any]
    owner: str
    total_items: int
    steps: int
    use_cache: bool
    cancel_requested: bool

    @property
    def name(self) -> str:
        """What the folder of its output files, and its log, are called."""
        return attempt_name(self.index, self.step, self.attempt)

    @property
    def fence(self) -> dict[str, Any]:
        return {"id": self.id, "attempt": self.attempt, "worker": self.worker}


def submit(job: NewJob, key: Key | None = None) -> None:
    """Accept a job with all its items: new → queued, or pending. Made by the web and the keeper.

    `key` is its Idempotency-Key, under which no job may be known. Raises UnknownJobs.
    """
    with database.atomic():
        row_id = _insert_job(job)
        waits_for = _insert_dependencies(row_id, job.depends_on)
        _insert_items(row_id, job, waits_for)
        write_many(
            "INSERT INTO content (job, sha256) VALUES (:job, :sha256)",
            [{"job": row_id, "sha256": sha256} for sha256 in sorted(set(job.contents))],
        )
        if key:
            query(
                """INSERT OR REPLACE INTO idempotency (owner, key, fingerprint, job, created_at)
                VALUES (:owner, :text, :fingerprint, :job, :now)""",
                {**vars(key), "owner": job.owner, "job": row_id, "now": timestamp()},
            )
        _job_event(row_id, "submitted", job.note)
        _say("job=%s move=submitted items=%d", job.job_id, len(job.items))
        if waits_for is None and job.run_at is None:
            _take_hits(row_id, job)
        die_at("accept-rows")


def _insert_job(job: NewJob) -> int:
    columns = (
        "job_id", "type", "name", "params", "owner", "queue", "priority", "max_attempts", "run_at",
        "use_cache", "webhook_url", "webhook_progress", "delivery_of", "schedule", "status",
        "change", "total_items", "created_at", "steps", "chain", "depends_on", "bytes",
    )  # fmt: skip
    chain = [{"type": step.type, "params": step.params} for step in job.then]
    values = {name: getattr(job, name, None) for name in columns} | {
        "params": json.dumps(job.params, ensure_ascii=False),
        "status": "pending" if job.run_at or job.depends_on else "queued",
        "change": query(NEXT_CHANGE)[0][0],
        "total_items": len(job.items),
        "created_at": timestamp(),
        "steps": 1 + len(job.then),
        "chain": json.dumps(chain, ensure_ascii=False),
        "depends_on": json.dumps(list(job.depends_on)),
    }
    places = ", ".join(f":{name}" for name in columns)
    sql = f"INSERT INTO job ({', '.join(columns)}) VALUES ({places}) RETURNING id"
    return int(query(sql, values)[0][0])


def _insert_dependencies(row_id: int, needs: Sequence[str]) -> str | None:
    """Record which jobs a new one needs; what its items wait for, None when nothing."""
    if not needs:
        return None
    for needed in dict.fromkeys(needs):
        status = query("SELECT status FROM job WHERE job_id = :job_id", {"job_id": needed})
        if not status:
            raise UnknownJobs(needed)
        query(
            "INSERT INTO dependency (job, needs, is_met) VALUES (:job, :needs, :is_met)",
            {"job": row_id, "needs": needed, "is_met": status[0][0] == "completed"},
        )
    if _has_unmet(row_id):
        return "job"
    all_met = "UPDATE job SET status = 'queued' WHERE id = :job AND run_at IS NULL"
    query(all_met, {"job": row_id})
    return None


def _has_unmet(row_id: int) -> bool:
    return bool(query("SELECT 1 FROM dependency WHERE job = :job AND NOT is_met LIMIT 1",
                      {"job": row_id}))  # fmt: skip


def _insert_items(row_id: int, job: NewJob, waits_for: str | None) -> None:
    """The items of every step: the first may run or waits with its job, later ones are blocked."""
    first = _take_turns(job.queue, job.owner, len(job.items))
    may_run: dict[str, Any] = {
        "step": 0, "type": job.type, "queue": job.queue, "waits_for": waits_for,
        "status": "pending" if waits_for or job.run_at else "queued", "not_before": job.run_at,
    }  # fmt: skip
    blocked: list[dict[str, Any]] = [
        {
            "step": number, "type": step.type, "queue": step.queue, "waits_for": "step",
            "status": "pending", "not_before": None, "input": "{}", "sha256": None,
            "cached_from": None,
        }
        for number, step in enumerate(job.then, 1)
    ]  # fmt: skip
    rows = []
    for index, item in enumerate(job.items):
        of_item = {
            "job": row_id, "owner": job.owner, "priority": job.priority, "index": index,
            "turn": first + index, "filename": item.filename, "sha256": item.sha256,
            "input": json.dumps(item.input, ensure_ascii=False),
            "cached_from": item.hit and item.hit.job_id,
        }  # fmt: skip
        rows += [{**of_item, **step} for step in (may_run, *blocked)]
    write_many(
        """INSERT INTO item (job, "index", step, type, queue, owner, priority, turn, status,
            filename, input, input_sha256, waits_for, not_before, cached_from)
        VALUES (:job, :index, :step, :type, :queue, :owner, :priority, :turn, :status,
            :filename, :input, :sha256, :waits_for, :not_before, :cached_from)""",
        rows,
    )


def _take_hits(row_id: int, job: NewJob) -> None:
    """Complete the items of a new job whose results are there already: queued → completed."""
    hits = {index: item.hit for index, item in enumerate(job.items) if item.hit}
    if not hits:
        return
    numbers = ", ".join(map(str, hits))
    of_job = f'job = :job AND step = 0 AND "index" IN ({numbers})'
    values = {"job": row_id, "now": timestamp()}
    for item, index in query(f'SELECT id, "index" FROM item WHERE {of_job}', values):
        hit = hits[index]
        result = {"id": item, "data": hit.data, "files": hit.files, "warnings": hit.warnings}
        query(INSERT_RESULT, result)
        reuse.take(hit.key, item=item, type_name=job.type)
    changes = "attempt = 1, progress = 100, cached = 1, started_at = :now, completed_at = :now"
    _move("reused", of_job, values, changes)
    for index in hits if job.then else ():
        _release_step(row_id, index, 1)


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


def _line_up(guard: str, values: dict[str, Any]) -> None:
    """Give items that shall run now a new place, behind what their owner has in the line.

    The place of their submit is past: with it they would run before what others sent meanwhile.
    """
    sql = f"SELECT queue, owner, id FROM item WHERE {guard} ORDER BY queue, owner, turn, id"
    for (queue, owner), rows in groupby(query(sql, values), key=lambda row: row[:2]):
        ids = [row[2] for row in rows]
        first = _take_turns(queue, owner, len(ids))
        write_many(
            "UPDATE item SET turn = :turn WHERE id = :id",
            [{"id": item, "turn": turn} for turn, item in enumerate(ids, first)],
        )


def no_key(candidate: Claim) -> None:
    """No result is used again."""


def claim(queue: str, worker: str, key_of: Callable[[Claim], str | None] = no_key) -> Claim | None:
    """Give the next due item of `queue` to `worker`: queued → running. Made by a worker.

    `key_of` says under which key its result may be used again. An item whose equal runs is put
    off, once, until that one has ended, and the next one is looked at: queued → pending.
    """
    wanted = {"queue": queue, "consumer": worker.partition("/")[0]}
    # What is looked at needs no write lock, which an idle look must not take.
    while due := query(NEXT_DUE, wanted):
        rows = query(READ_CLAIM, {"id": due[0][0]})
        if not rows:
            continue
        candidate = _read_claim(rows[0])
        key = key_of(candidate)
        with database.atomic():
            takes_turns = candidate.use_cache and not candidate.was_deferred
            if key and takes_turns and _equal_runs(key):
                _move("deferred", "id = :id", {"id": candidate.id, "key": key}, DEFERRED)
            elif taken := _take(candidate, {**wanted, "worker": worker, "key": key}):
                return taken
    return None


def _equal_runs(key: str) -> bool:
    sql = "SELECT 1 FROM item WHERE cache_key = :key AND status = 'running' LIMIT 1"
    return bool(query(sql, {"key": key}))


def _take(candidate: Claim, values: dict[str, Any]) -> Claim | None:
    """Make the claim; None when somebody was first."""
    now = timestamp()
    moved = _move(
        "claimed",
        f"id = :id AND attempt = :attempt AND {OPEN}",
        {**values, "id": candidate.id, "attempt": candidate.attempt, "now": now,
         "lease": timestamp(LEASE_S)},
        "worker = :worker, lease_until = :lease, attempt = attempt + 1, current_step = NULL,"
        " cache_key = :key, started_at = coalesce(started_at, :now)",
    )  # fmt: skip
    if not moved:
        return None
    query(
        "INSERT INTO turn (queue, owner, last) VALUES (:queue, '', :turn)"
        " ON CONFLICT DO UPDATE SET last = max(last, :turn)",
        {"queue": candidate.queue, "turn": candidate.turn},
    )
    die_at("claim-row")
    return replace(
        candidate,
        attempt=candidate.attempt + 1,
        worker=values["worker"],
        cache_key=values["key"],
        started_at=candidate.started_at or now,
    )


def _read_claim(row: tuple[Any, ...]) -> Claim:
    fields = dict(zip(Claim.__dataclass_fields__, row, strict=True))
    fields["input"], fields["params"] = json.loads(fields["input"]), json.loads(fields["params"])
    return Claim(**fields)


def progress(claim: Claim, percent: int, step: str) -> bool:
    """Show how far a running item is; False when the claim is no longer this worker's."""
    prefix = f"Item {claim.index + 1} of {claim.total_items}: " if claim.total_items > 1 else ""
    values = {**claim.fence, "percent": percent, "step": step, "shown": prefix + step}
    with database.atomic():
        before = query(
            f"SELECT job, progress FROM item WHERE {FENCE} AND status = 'running'", values
        )
        if not before:
            return False
        # A later attempt starts at 0 again; what people see does not go back.
        job, shown = before[0]
        percent = max(shown, percent)
        values["points"] = _points(claim, percent) - _points(claim, shown)
        values |= {"percent": percent, "job": job, "change": query(NEXT_CHANGE)[0][0]}
        query("UPDATE item SET progress = :percent, current_step = :step WHERE id = :id", values)
        query(
            """UPDATE job SET progress_points = progress_points + :points,
                current_step = :shown, change = :change WHERE id = :job""",
            values,
        )
        if delivery := webhooks.progress_delivery(job):
            submit(delivery)
    return True


def _points(row: Claim | Moved, percent: int) -> int:
    """What an item has reached, of 100, when the step of this row has reached `percent`."""
    return (100 * row.step + percent) // row.steps


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


def complete(
    claim: Claim,
    *,
    data: str,
    files: str,
    warnings: str,
    seconds: float | None = None,
    reused: Hit | None = None,
) -> bool:
    """Record the result, JSON texts: running → completed. Made by the claim's worker.

    `seconds` is how long it ran, None when that tells nothing; `reused` is the earlier result
    that it is. The next step of a chain may run from here on.
    """
    values = {"is_cached": reused is not None, "source": reused and reused.job_id}
    with database.atomic():
        changes = "progress = 100, error = NULL, cached = :is_cached, cached_from = :source"
        moved = _move_claimed("completed", claim, changes, values)
        if moved:
            result = {"id": claim.id, "data": data, "files": files, "warnings": warnings}
            query(INSERT_RESULT, result)
            if reused:
                reuse.take(reused.key, item=claim.id, type_name=claim.type)
            elif claim.cache_key:
                size_bytes = len(data) + sum(file["size"] for file in json.loads(files))
                reuse.store(claim.cache_key, item=claim.id, size_bytes=size_bytes)
            if written := sum(file["size"] for file in json.loads(files)):
                hold_bytes(claim.job_id, written)
            # Of many items of a job every eighth says enough.
            if seconds is not None and claim.index % 8 == 0:
                slot = {"type": claim.type, "slot": random.randrange(DURATIONS)}
                sql = "INSERT OR REPLACE INTO duration VALUES (:type, :slot, :seconds)"
                query(sql, {**slot, "seconds": seconds})
            if claim.step + 1 < claim.steps:
                ((job,),) = query("SELECT job FROM item WHERE id = :id", {"id": claim.id})
                _release_step(job, claim.index, claim.step + 1)
                if cancel_asked(claim):  # it met the end of this step
                    of_job = {"job": job, "now": timestamp()}
                    _move("cancelled", f"job = :job AND {ACTIVE}", of_job, ENDED)
        die_at("finish-row")
    return moved


def _release_step(job: int, index: int, step: int) -> None:
    """Let the next step of an item run, at the end of its queue: pending → queued."""
    of_item = 'job = :job AND "index" = :index AND step = :step'
    values = {"job": job, "index": index, "step": step}
    _line_up(of_item, values)
    _move("released", of_item, values, READY)


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
    due = """SELECT id FROM item
        WHERE status = 'pending' AND not_before <= :now AND waits_for IS NULL"""
    values = {"now": timestamp()}
    if not query(f"{due} LIMIT 1", values):
        return 0
    with database.atomic():
        guard = f"id IN ({due} ORDER BY not_before, id LIMIT {RELEASE_BATCH})"
        _line_up(guard, values)
        return _move("released", guard, values, READY)


def cancel_hopeless() -> int:
    """Cancel jobs that wait for one that failed, was cancelled or deleted; how many.

    Made by the keeper, again and again until none is left: other jobs may wait for these.
    """
    if not query(HOPELESS, {"most": 1}):
        return 0
    with database.atomic():
        found = {job: (needs, status) for job, needs, status in query(HOPELESS, {"most": 50})}
        for job, (needs, status) in found.items():
            ended = {"failed": "failed", "cancelled": "was cancelled"}.get(status, "was deleted")
            error = ItemError(
                "dependency_failed",
                f"It needs job {needs}, which {ended}.",
                "Retry that job: this one then waits for it again." if status else None,
            )
            of_job = {"job": job, "now": timestamp()}
            _move("cancelled", f"job = :job AND {ACTIVE}", of_job, ENDED, error=error)
            shown = replace(error, code=DEPENDENCY_FAILED).shown()
            query("UPDATE job SET error = :error WHERE id = :job", {"job": job, "error": shown})
    return len(found)


def _release_dependents(job_id: str) -> None:
    """Let jobs run that waited for this one to complete, and for nothing else."""
    values = {"needs": job_id}
    met = query(
        "UPDATE dependency SET is_met = 1 WHERE needs = :needs AND is_met = 0 RETURNING job", values
    )
    for (job,) in met:
        if not _has_unmet(job):
            waiting = "job = :job AND waits_for = 'job'"
            is_due = f"{waiting} AND (not_before IS NULL OR not_before <= :now)"
            values = {"job": job, "now": timestamp()}
            _line_up(is_due, values)
            _move("released", is_due, values, READY)
            query(f"UPDATE item SET waits_for = NULL WHERE {waiting}", values)
        _touch(job)


def _revive_dependents(job_id: str) -> None:
    """Let jobs wait again that were cancelled because this one had ended badly, and so on."""
    revived = [job_id]
    while revived:
        rows = query(
            """SELECT job.id, job.job_id FROM dependency JOIN job ON job.id = dependency.job
            WHERE dependency.needs = :needs AND is_met = 0 AND job.status = 'cancelled'
            AND json_extract(job.error, '$.code') = :code""",
            {"needs": revived.pop(), "code": DEPENDENCY_FAILED},
        )
        for job, dependent in rows:
            _revive(job)
            revived.append(dependent)


def _revive(job: int) -> int:
    """Let a cancelled job that never started wait for its time and its needs; how many items."""
    sql = "UPDATE job SET cancel_requested = 0 WHERE id = :job RETURNING run_at"
    ((run_at,),) = query(sql, {"job": job})
    values = {"job": job, "run_at": run_at, "waits_for": "job" if _has_unmet(job) else None}
    changes = "waits_for = :waits_for, completed_at = NULL, error = NULL, not_before = :run_at"
    return _move("revived", "job = :job", values, changes)


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
            f"""UPDATE job SET cancel_requested = 1
            WHERE job_id = :job_id AND status NOT IN {FINAL} RETURNING id""",
            {"job_id": job_id},
        )
        if not rows:
            return False
        _touch(rows[0][0])
        values = {"job": rows[0][0], "now": timestamp()}
        _job_event(values["job"], "cancel_asked")
        _move("cancelled", f"job = :job AND {ACTIVE}", values, ENDED)
    log.info("job=%s move=cancel_asked", job_id)
    return True


def retry(job_id: str, indexes: Iterable[int] | None = None, *, use_cache: bool = True) -> int:
    """Run again what did not complete: failed, cancelled → queued; how many items.

    `indexes` narrows it to these items. The job's failures, crashes and interruptions start
    anew; its attempts count on. `use_cache` false runs also what was taken from an earlier
    result: completed → queued. Made by the web.
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
        values = {"job": job[0][0]}
        if _has_unmet(job[0][0]) or _is_early(job[0][0]):
            if moved := _wait_again(job[0][0]):
                _revive_dependents(job_id)
            return moved
        guard = f"job = :job AND status IN ('failed', 'cancelled'){chosen}"
        has_failed = query(f"SELECT 1 FROM item WHERE {guard} LIMIT 1", values)
        taken = [] if use_cache else _taken(values["job"], chosen)
        if not has_failed and not taken:
            return 0
        query("UPDATE job SET cancel_requested = 0, use_cache = use_cache AND :use_cache"
              " WHERE id = :job", {**values, "use_cache": use_cache})  # fmt: skip
        for index, step in taken:
            _run_again_from(values["job"], index, step)
        _line_up(guard, values)
        moved = _move("retried", guard, values, ANEW) + len(taken)
        _revive_dependents(job_id)
    return moved


def _is_early(job: int) -> bool:
    """Whether a job was cancelled before its time came."""
    sql = "SELECT 1 FROM job WHERE id = :job AND run_at > :now AND started_at IS NULL"
    return bool(query(sql, {"job": job, "now": timestamp()}))


def _wait_again(job: int) -> int:
    """Let a cancelled job wait for its time and its needs, unless one of these ended otherwise.

    How many items that are.
    """
    sql = f"""SELECT 1 FROM dependency LEFT JOIN job AS needed ON needed.job_id = dependency.needs
        WHERE dependency.job = :job AND is_met = 0 AND ({ENDED_BADLY}) LIMIT 1"""
    return 0 if query(sql, {"job": job}) else _revive(job)


def _taken(job: int, chosen: str) -> list[tuple[int, int]]:
    """(index, step) of the first step of each item that was taken from an earlier result."""
    sql = f"""SELECT "index", min(step) FROM item WHERE job = :job AND cached
        AND status = 'completed'{chosen} AND NOT EXISTS (SELECT 1 FROM item AS later
            WHERE later.job = item.job AND later."index" = item."index"
            AND later.status = 'running')
        GROUP BY "index" """
    return [(index, step) for index, step in query(sql, {"job": job})]


def _run_again_from(job: int, index: int, step: int) -> None:
    """Run a completed step of an item again, and block the later ones until it has ended."""
    values = {"job": job, "index": index, "step": step}
    of_item = 'job = :job AND "index" = :index'
    query(
        f"DELETE FROM result WHERE item IN (SELECT id FROM item WHERE {of_item} AND step >= :step)",
        values,
    )
    anew = f"{ANEW}, cached = 0, cached_from = NULL"
    later = f"{of_item} AND step > :step AND waits_for IS NOT 'step'"
    blocked = f"{anew}, waits_for = 'step', not_before = NULL, cache_key = NULL"
    # First, so that the item is not final any more when its step is moved.
    _move("blocked", later, values, blocked)
    _line_up(f"{of_item} AND step = :step", values)
    _move("rerun", f"{of_item} AND step = :step", values, anew)


def purge(job_ids: Iterable[str], *, is_expired: bool = False) -> list[str]:
    """Delete final jobs; which they were. Their files are the caller's to remove.

    Made by the web, and by the keeper of jobs that nobody keeps and whose days are over.
    """
    purged = []
    guard = f"status IN {FINAL}" + (" AND NOT keep" if is_expired else "")
    with database.atomic():
        for job_id in job_ids:
            rows = query(
                f"DELETE FROM job WHERE job_id = :job_id AND {guard} RETURNING owner",
                {"job_id": job_id},
            )
            if rows:
                query(
                    "INSERT INTO gone (change, job_id, owner, is_expired)"
                    " VALUES (:change, :job_id, :owner, :is_expired)",
                    {"change": query(NEXT_CHANGE)[0][0], "job_id": job_id, "owner": rows[0][0],
                     "is_expired": is_expired},
                )  # fmt: skip
                _say("job=%s move=purged", job_id)
                purged.append(job_id)
    return purged


def set_priority(job_id: str, priority: int) -> bool:
    """Give a job that is not final another priority, which holds from the next claim on."""
    return _change_job(job_id, f"priority = :priority WHERE status NOT IN {FINAL}",
                       {"priority": priority}, "priority = :priority")  # fmt: skip


def move_to_front(job_id: str) -> bool:
    """Let a job that is not final run before everything that waits in its queues now."""
    unfinished = f"job.job_id = :job_id AND item.status NOT IN {FINAL}"
    queues = query(
        f"SELECT DISTINCT item.queue FROM item JOIN job ON job.id = item.job WHERE {unfinished}",
        {"job_id": job_id},
    )
    waiting = "SELECT max(priority), min(turn) FROM item WHERE queue = :queue AND status = 'queued'"
    first = {queue: query(waiting, {"queue": queue})[0] for (queue,) in queues}
    with database.atomic():
        is_there = _change_job(job_id, f"priority = priority WHERE status NOT IN {FINAL}", {}, None)
        for queue, (priority, turn) in first.items():
            query(
                f"""UPDATE item SET priority = max(item.priority, coalesce(:priority, -100)),
                    turn = coalesce(:turn, item.turn) - job.total_items + item."index"
                FROM job WHERE job.id = item.job AND item.queue = :queue AND {unfinished}""",
                {"job_id": job_id, "queue": queue, "priority": priority, "turn": turn},
            )
    return is_there


def keep(job_id: str, *, is_kept: bool) -> bool:
    """Keep a job, its uploads and results, beyond their days, or let them go in time."""
    return _change_job(job_id, "keep = :keep WHERE 1", {"keep": is_kept}, None)


def hold_bytes(job_id: str, more: int) -> None:
    """A job holds more on the disk, or less; which is nobody's news."""
    sql = "UPDATE job SET bytes = max(0, bytes + :more) WHERE job_id = :job_id"
    with database.atomic():
        query(sql, {"job_id": job_id, "more": more})


def share(job: int, account: str, *, is_shown: bool) -> None:
    """Show a job to an account beside its owner, or no more."""
    values = {"job": job, "account": account}
    with database.atomic():
        if is_shown:
            query("INSERT OR IGNORE INTO share (account, job) VALUES (:account, :job)", values)
        else:
            query("DELETE FROM share WHERE account = :account AND job = :job", values)
        _touch(job)


def hand_over(owner: str, to: str) -> None:
    """Give everything of one owner to another: what was there before the first admin was."""
    values = {"owner": owner, "to": to}
    with database.atomic():
        for table in ("job", "item", "gone", "schedule"):
            query(f"UPDATE {table} SET owner = :to WHERE owner = :owner", values)
        for table in ("turn", "idempotency", "webhook_secret", "webhook_disabled"):
            query(f"UPDATE OR REPLACE {table} SET owner = :to WHERE owner = :owner", values)


def _change_job(job_id: str, change: str, values: dict[str, Any], of_items: str | None) -> bool:
    """Change what is no status of a job, and of its unfinished items; False when it is gone."""
    with database.atomic():
        values = {**values, "job_id": job_id}
        rows = query(f"UPDATE job SET {change} AND job_id = :job_id RETURNING id", values)
        for (job,) in rows:
            _touch(job)
            if of_items:
                query(f"UPDATE item SET {of_items} WHERE job = :job", {**values, "job": job})
    return bool(rows)


def _touch(job: int) -> None:
    """Give a job the next change number, for what changed about it beside its status."""
    values = {"job": job, "change": query(NEXT_CHANGE)[0][0]}
    query("UPDATE job SET change = :change WHERE id = :job", values)


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


class Moved(NamedTuple):
    """A row of an item that was moved, and what it was before."""

    id: int
    item_index: int
    step: int
    attempt: int
    progress: int
    cached: bool
    steps: int
    was: str
    was_progress: int
    was_cached: bool


def _move(
    move: str, guard: str, values: dict[str, Any], changes: str, error: ItemError | None = None
) -> int:
    """Make `move` for all items that `guard` selects; how many were still where it starts.

    `changes` are further assignments, `error` goes into the event. Must run inside a
    transaction.
    """
    origins, target = MOVES[move]
    where = f"({guard}) AND status IN ({', '.join(repr(origin) for origin in origins)})"
    steps = "(SELECT steps FROM job WHERE job.id = item.job)"
    # What changes neither progress nor key, and starts from one status, tells all by itself.
    is_plain = len(origins) == 1 and target == "running"
    before = (
        []
        if is_plain
        else query(
            f"SELECT id, status, progress, cached, cache_key FROM item WHERE {where}", values
        )
    )
    if not before and not is_plain:
        return 0
    rows = query(
        f"""UPDATE item SET status = '{target}', {changes} WHERE {where}
        RETURNING job, id, "index", step, attempt, progress, cached, {steps}""",
        values,
    )
    was = {row[0]: row[1:4] for row in before}
    moved_of_job: dict[int, list[Moved]] = {}
    for job, *row in rows:
        known = was.get(row[0], (origins[0], row[4], row[5]))
        moved_of_job.setdefault(job, []).append(Moved(*row, *known))
    for job, moved in moved_of_job.items():
        _record(job, move, moved, error)
    for key in {row[4] for row in before if row[1] == "running" and row[4]}:
        _move("released", "cache_key = :key AND waits_for = 'equal'", {"key": key}, READY)
    return len(rows)


def _record(job: int, move: str, moved: list[Moved], error: ItemError | None) -> None:
    """Write the events of one job's moved items and bring the job itself along."""
    target, now = MOVES[move][1], timestamp()
    write_many(
        INSERT_EVENT,
        [
            {
                "job": job, "at": now, "item": row.item_index, "step": row.step,
                "attempt": row.attempt, "move": move, "code": error and error.code,
                "text": error and error.message, "traceback": error and error.traceback,
            }
            for row in moved
        ],
    )  # fmt: skip
    deltas = dict.fromkeys(COUNTED.values(), 0)
    for row in moved:
        if origin := _counted_as(row, row.was):
            deltas[origin] -= 1
        if counted := _counted_as(row, target):
            deltas[counted] += 1
    if any(row.was in FINAL for row in moved):
        _reopen(job)
    points = sum(_points(row, row.progress) - _points(row, row.was_progress) for row in moved)
    job_id = _bring_job_along(
        job,
        {
            **deltas,
            "points": points,
            "cached": sum(row.cached - row.was_cached for row in moved),
            "attempt": max(row.attempt for row in moved),
            "started": now if target == "running" or move == "reused" else None,
            "waits": target in ("pending", "queued"),
        },
    )
    for row in moved:
        _say(
            "job=%s item=%d step=%d move=%s from=%s to=%s attempt=%d%s",
            job_id, row.item_index, row.step, move, row.was, target, row.attempt,
            f" code={error.code}" if error else "",
        )  # fmt: skip


def _counted_as(row: Moved, status: str) -> str | None:
    """The counter of the job that an item with this status stands in.

    It is completed with its last step, and ends otherwise with any.
    """
    is_between = status == "completed" and row.step + 1 < row.steps
    return None if is_between else COUNTED.get(status)


def _bring_job_along(job: int, deltas: dict[str, Any]) -> str:
    """Add to a job's counters and let its status follow from them; its public id."""
    # What an item's move leaves as it is must not stand here: each index of a column that does
    # is written again.
    row = query(
        """UPDATE job SET
            completed_items = completed_items + :completed_items,
            failed_items = failed_items + :failed_items,
            cancelled_items = cancelled_items + :cancelled_items,
            cached_items = cached_items + :cached,
            progress_points = progress_points + :points,
            attempt = max(attempt, :attempt),
            started_at = coalesce(started_at, :started),
            change = :change,
            current_step = CASE WHEN :waits THEN NULL ELSE current_step END
        WHERE id = :job
        RETURNING job_id, status,
            completed_items + failed_items + cancelled_items = total_items,
            cancelled_items, failed_items""",
        {**deltas, "job": job, "change": query(NEXT_CHANGE)[0][0]},
    )
    job_id, status, is_final, cancelled, failed = row[0]
    if is_final:
        _end_job(job, job_id, "cancelled" if cancelled else "failed" if failed else "completed")
    elif status != "running":
        _reopen(job)
    return str(job_id)


def _reopen(job: int) -> None:
    """A job is not, or no more, final: its status follows from its items."""
    query(
        """UPDATE job SET completed_at = NULL, expires_at = NULL, error = NULL,
            status = CASE WHEN started_at IS NOT NULL THEN 'running'
                WHEN EXISTS (SELECT 1 FROM item WHERE item.job = job.id AND status = 'queued')
                THEN 'queued' ELSE 'pending' END
        WHERE id = :job""",
        {"job": job},
    )


def _end_job(job: int, job_id: str, status: str) -> None:
    """Every item is final, and so is the job; who waits for it hears of it."""
    query(
        """UPDATE job SET status = :status, completed_at = :now, current_step = NULL,
            error = (SELECT error FROM item WHERE job = :job AND status = 'failed'
                ORDER BY "index" LIMIT 1)
        WHERE id = :job""",
        {"status": status, "now": timestamp(), "job": job},
    )
    _say("job=%s move=ended to=%s", job_id, status)
    if status == "completed":
        _release_dependents(job_id)
    if delivery := webhooks.final_delivery(job):
        submit(delivery)


def _say(text: str, *values: object) -> None:
    """Log it once it is true."""
    database.after_commit(partial(log.info, text, *values))


def _job_event(job: int, move: str, text: str | None = None) -> None:
    blank = dict.fromkeys(("item", "step", "attempt", "code", "traceback"))
    query(INSERT_EVENT, {**blank, "job": job, "at": timestamp(), "move": move, "text": text})
