"""The moves of a worker: it claims an item, and however the attempt ends, ends the claim.

Every write after the claim carries (item, attempt, worker): a worker that is late changes nothing.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bellhop.base.documents import Unreadable, stored
from bellhop.base.errors import ItemError, item_error
from bellhop.base.killpoint import die_at
from bellhop.base.times import timestamp
from bellhop.database.database import apart, database, named, query
from bellhop.jobs import durations, reuse
from bellhop.jobs.bounds import ITEM_BYTES
from bellhop.jobs.conditions import CONSUMER_TAKES_ITEMS, IS_WAITING, QUEUE_IS_OPEN
from bellhop.jobs.lifecycle import attributes, deliveries, interruptions, rows, turns
from bellhop.jobs.lifecycle.accept import STORE_RESULT
from bellhop.jobs.lifecycle.moves import Statement, points, release_step
from bellhop.jobs.newjob import is_input
from bellhop.jobs.reuse import Hit
from bellhop.storage.files import attempt_name

LEASE_S = 60.0
MOST_CRASHES = 3
MOST_MEMORY_FAILURES = 2
GIVE_UP_AFTER_S = 24 * 3600
LEAST_PAUSE_S = 1.0
# Items that failed together must not all come back in the same moment.
JITTER = 0.1
log = logging.getLogger("bellhop.lifecycle")

IS_HELD = "id = :id AND attempt = :attempt AND worker = :worker"
# The index `item_due` is exactly this filter and order.
NEXT_DUE = f"""
    SELECT id FROM item
    WHERE queue = :queue AND status = 'queued' AND {CONSUMER_TAKES_ITEMS} AND {QUEUE_IS_OPEN}
    ORDER BY priority DESC, turn, id LIMIT 1 OFFSET :passed_over"""
# A later step is given what the one before it returned.
READ_CLAIM = """
    SELECT item.id, item.job, item.attempt, item.worker, item.failures, item.crashes, item.type,
        item.queue, item."index", item.step, item.filename,
        CASE item.step WHEN 0 THEN item.input ELSE (
            SELECT '{"data": ' || result.data || '}' FROM item AS before
            JOIN result ON result.item = before.id
            WHERE before.job = item.job AND before."index" = item."index"
            AND before.step = item.step - 1) END AS input,
        CASE item.step WHEN 0 THEN item.input_sha256 END AS sha256,
        item.turn, item.cache_key, item.was_deferred, job.job_id,
        CASE item.step WHEN 0 THEN job.params ELSE job.chain END AS params,
        job.owner, job.total_items, job.steps, job.use_cache, job.cancel_requested
    FROM item JOIN job ON job.id = item.job WHERE item.id = :id"""
NUMBERS = (
    "id", "job", "attempt", "failures", "crashes", "index", "step", "turn", "total_items", "steps",
)  # fmt: skip
EQUAL_RUNS = "SELECT 1 FROM item WHERE cache_key = :cache_key AND status = 'running' LIMIT 1"
READ_PROGRESS = f"SELECT progress FROM item WHERE {IS_HELD} AND status = 'running'"
SHOW_ITEM = """
    UPDATE item SET progress = :percent, current_step = :step, partial = coalesce(:partial, partial)
    WHERE id = :id"""
SHOW_JOB = """
    UPDATE job SET progress_points = progress_points + :points, current_step = :shown,
        change = :change
    WHERE id = :job"""
RENEW = f"""
    UPDATE item SET lease_until = :lease_until WHERE {IS_HELD} AND status = 'running'
    RETURNING id"""
CANCEL_ASKED = "SELECT cancel_requested FROM job WHERE id = :job"
ATTEMPT_OF = "SELECT attempt FROM item WHERE id = :id"
STARTED_BEFORE = "SELECT 1 FROM item WHERE id = :id AND started_at < :day_ago"
HELD_ITEM = interruptions.look_for(IS_HELD)

CLAIM = Statement(
    "claimed",
    f"id = :id AND attempt = :attempt AND {CONSUMER_TAKES_ITEMS} AND {QUEUE_IS_OPEN}",
)
DEFER = Statement("deferred", "id = :id")
COMPLETE = Statement("completed", IS_HELD)
FAIL = Statement("failed", IS_HELD)
REQUEUE = Statement("requeued", IS_HELD)
SCHEDULE_RETRY = Statement("retry_scheduled", IS_HELD)
CANCEL = Statement("cancelled", IS_HELD)
CANCEL_REST = Statement("cancelled", f"job = :job AND {IS_WAITING}")


@dataclass
class Claim:
    """An item in the hands of a worker: what to run, and the fence of every later write."""

    id: int
    job: int
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


def no_key(candidate: Claim) -> None:
    """No result is used again."""


def claim(queue: str, worker: str, key_of: Callable[[Claim], str | None] = no_key) -> Claim | None:
    """Give the next due item of `queue` to `worker`: queued → running. Made by a worker.

    `key_of` says under which key its result may be used again. An item whose equal runs is put
    off, once, until that one has ended, and the next one is looked at: queued → pending. One
    that cannot be read fails: queued → running → failed.
    """
    of_queue = {"queue": queue, "consumer": worker.partition("/")[0]}
    passed_over, before = 0, None
    # What is looked at needs no write lock, which an idle look must not take.
    while due := query(NEXT_DUE, {**of_queue, "passed_over": passed_over}):
        ((item,),) = due
        if item == before:  # Whatever is wrong with it, nobody waits behind what cannot be moved.
            passed_over += 1
            continue
        before = item
        try:
            if candidate := read(item):
                taken, key = None, key_of(candidate)
                with apart(f"item {item}"):
                    taken = _take_or_defer(candidate, worker, key)
                if taken:
                    return taken
        except Unreadable as error:
            _fail_unreadable(item, queue, worker, str(error))
    return None


def _take_or_defer(candidate: Claim, worker: str, key: str | None) -> Claim | None:
    """The claim that was made; None when it is put off, or somebody was first."""
    takes_turns = candidate.use_cache and not candidate.was_deferred
    if key and takes_turns and query(EQUAL_RUNS, {"cache_key": key}):
        DEFER.make(id=candidate.id, cache_key=key)
        return None
    return _take(candidate, worker, key)


def _fail_unreadable(item: int, queue: str, worker: str, reason: str) -> None:
    """Fail an item that nobody can run."""
    error = item_error("unreadable", reason=reason)
    with apart(f"item {item}"):
        held = CLAIM.make(
            id=item,
            attempt=query(ATTEMPT_OF, {"id": item})[0][0],
            queue=queue,
            consumer=worker.partition("/")[0],
            worker=worker,
            lease_until=timestamp(LEASE_S),
            cache_key=None,
        )
        if held:
            counts = interruptions.counted("failed")
            interruptions.FAIL.make(error, id=item, error=error.shown(), **counts)


def read(item: int) -> Claim | None:
    """An item as it would be claimed now; None when it is gone. Raises Unreadable."""
    for fields in named(READ_CLAIM, {"id": item}):
        for name in NUMBERS:
            if type(fields[name]) is not int:
                raise Unreadable(f"item {item}: {name} is not a number")
        fields["input"] = _input(fields)
        fields["params"] = _params(fields)
        return Claim(**fields)
    return None


def _input(fields: dict[str, Any]) -> dict[str, Any]:
    if fields["step"]:
        before = f"of the step before item {fields['id']}"
        return stored(fields["input"], dict, "result", before, "data")
    found = stored(fields["input"], dict, "item", fields["id"], "input")
    if not is_input(found):
        raise Unreadable(
            f"item {fields['id']}: input is not one of file, files, url, text, data, none"
        )
    return found


def _params(fields: dict[str, Any]) -> dict[str, Any]:
    where = "job", fields["job"]
    if fields["step"] == 0:
        return stored(fields["params"], dict, *where, "params")
    chain = stored(fields["params"], list, *where, "chain")
    try:
        return dict(chain[fields["step"] - 1]["params"])
    except (IndexError, KeyError, TypeError, ValueError):
        raise Unreadable(f"job {fields['job']}: chain has no params of this step") from None


def _take(candidate: Claim, worker: str, key: str | None) -> Claim | None:
    """Make the claim; None when somebody was first."""
    moved = CLAIM.make(
        id=candidate.id,
        attempt=candidate.attempt,
        queue=candidate.queue,
        consumer=worker.partition("/")[0],
        worker=worker,
        lease_until=timestamp(LEASE_S),
        cache_key=key,
    )
    if not moved:
        return None
    turns.note_claimed(candidate.queue, candidate.turn)
    die_at("claim-row")
    candidate.attempt += 1
    candidate.worker, candidate.cache_key = worker, key
    return candidate


def progress(claim: Claim, percent: int, step: str, partial: str | None = None) -> bool:
    """Show how far a running item is; False when the claim is no longer this worker's.

    `partial` is what it has given so far, as JSON text; None where that is as before.
    """
    prefix = f"Item {claim.index + 1} of {claim.total_items}: " if claim.total_items > 1 else ""
    with database.atomic():
        before = query(READ_PROGRESS, claim.fence)
        if not before:
            return False
        # A later attempt starts at 0 again; what people see does not go back.
        ((shown,),) = before
        percent = max(shown, percent)
        of_step = {"step": claim.step, "steps": claim.steps}
        more = points(**of_step, percent=percent) - points(**of_step, percent=shown)
        shown_now = {"percent": percent, "step": step, "partial": partial}
        query(SHOW_ITEM, {"id": claim.id, **shown_now})
        news = {"points": more, "shown": prefix + step, "change": rows.next_change()}
        query(SHOW_JOB, {"job": claim.job, **news})
        if delivery := deliveries.of_progress(claim.job):
            rows.insert(delivery)
    return True


def renew(claim: Claim) -> bool:
    """Extend the lease; False when the claim is no longer this worker's."""
    with database.atomic():
        return bool(query(RENEW, {**claim.fence, "lease_until": timestamp(LEASE_S)}))


def cancel_asked(claim: Claim) -> bool:
    """Whether someone asked to cancel the job of this claim."""
    found = query(CANCEL_ASKED, {"job": claim.job})
    return bool(found and found[0][0])


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
    with database.atomic():
        source = reused and reused.job_id
        moved = _leave(COMPLETE, claim, cached=reused is not None, cached_from=source)
        if moved:
            given = {"data": data, "files": files, "warnings": warnings}
            query(STORE_RESULT, {"item": claim.id, **given})
            _keep(claim, data, files, reused)
            # Of many items of a job every eighth says enough.
            if seconds is not None and claim.index % 8 == 0:
                durations.note(claim.type, seconds)
            if claim.step + 1 < claim.steps:
                release_step(claim.job, claim.index, claim.step + 1)
                if cancel_asked(claim):  # it met the end of this step
                    CANCEL_REST.make(job=claim.job)
        die_at("finish-row")
    return moved


def _keep(claim: Claim, data: str, files: str, reused: Hit | None) -> None:
    """Note what a result holds on the disk, and under which key it may be used again."""
    written = sum(file["size"] for file in json.loads(files))
    if reused:
        reuse.take(reused.key, item=claim.id, type_name=claim.type)
    elif claim.cache_key:
        reuse.store(claim.cache_key, item=claim.id, type_name=claim.type, owner=claim.owner,
                    size_bytes=len(data) + written)  # fmt: skip
    # A short result is counted with its job already.
    held = written + (len(data) if len(data) > ITEM_BYTES else 0)
    if held:
        attributes.hold_bytes(claim.job_id, held)


def fail(claim: Claim, error: ItemError, *, is_failure: bool = True) -> bool:
    """Record a final error: running → failed. Made by the claim's worker.

    `is_failure` false: it was not the job's code that failed, and nothing is counted.
    """
    counts = interruptions.counted("failed") if is_failure else interruptions.counted()
    with database.atomic():
        return _leave(FAIL, claim, event=error, error=error.shown(), **counts)


def fail_attempt(claim: Claim, error: ItemError, delays_s: Sequence[float]) -> bool:
    """Count a failure: again after its delay, or failed when the delays are used up."""
    failures, most = claim.failures + 1, 1 + len(delays_s)
    if error.code == "out_of_memory":
        most = min(most, MOST_MEMORY_FAILURES)
    if failures >= most:
        return fail(claim, error)
    delay_s = delays_s[failures - 1] * random.uniform(1, 1 + JITTER)
    error = interruptions.with_count(error, "failure", failures, most)
    return _again(claim, error, delay_s, "failed")


def try_again(claim: Claim, delay_s: float, reason: str) -> bool:
    """Put the item off because its job type asked for it; no failure is counted."""
    # Not above the day after which it gives up, and never a loop without a pause.
    delay_s = min(delay_s, GIVE_UP_AFTER_S) if delay_s > LEAST_PAUSE_S else LEAST_PAUSE_S
    if query(STARTED_BEFORE, {"id": claim.id, "day_ago": timestamp(-GIVE_UP_AFTER_S)}):
        return fail(claim, item_error("gave_up", reason=reason), is_failure=False)
    return _again(claim, ItemError("try_again", reason), delay_s)


def crash(claim: Claim, signal_name: str) -> bool:
    """Count a crash of the job process: again at once, failed the third time."""
    crashes = claim.crashes + 1
    if crashes >= MOST_CRASHES:
        return fail(claim, item_error("process_crashed", signal=signal_name), is_failure=False)
    error = ItemError(
        "process_crashed", f"The program crashed ({signal_name}); Bellhop runs it again."
    )
    error = interruptions.with_count(error, "crash", crashes, MOST_CRASHES)
    return _again(claim, error, 0, "crashed")


def cancel(claim: Claim) -> bool:
    """Record that no process of a running item lives: running → cancelled. By its worker."""
    with database.atomic():
        return _leave(CANCEL, claim)


def interrupt(claim: Claim) -> bool:
    """Give back an item whose run a stop cut short, which is not its fault. By its worker."""
    with database.atomic():
        held = query(HELD_ITEM, claim.fence)
        return bool(interruptions.give_back(held, is_counted=False))


def _again(claim: Claim, error: ItemError, delay_s: float, *counted: str) -> bool:
    """Let a claimed item run again, at once or after `delay_s`, unless a cancel was asked."""
    values = {"error": error.shown(), **interruptions.counted(*counted)}
    with database.atomic():
        if cancel_asked(claim):
            return _leave(CANCEL, claim)
        if delay_s <= 0:
            return _leave(REQUEUE, claim, event=error, **values)
        waits = {"not_before": timestamp(delay_s), "wait_s": delay_s}
        return _leave(SCHEDULE_RETRY, claim, event=error, **waits, **values)


def _leave(
    statement: Statement, claim: Claim, *, event: ItemError | None = None, **values: Any
) -> bool:
    """Move an item out of its worker's hands; False when they no longer hold it."""
    moved = statement.make(event, **claim.fence, **values)
    if not moved:
        said = "job=%s item=%d move=%s refused: late"
        log.warning(said, claim.job_id, claim.index, statement.move)
    return bool(moved)
