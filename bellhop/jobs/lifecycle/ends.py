"""The end of a claim: however the attempt ended, it becomes one move of the worker that holds it.

Each is guarded by (item, attempt, worker). When the answer to a commit is lost, nobody knows
whether the move was made: it is asked for again, and counts as made where its event is there.
"""

from __future__ import annotations

import contextlib
import json
import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bellhop.base.errors import ItemError, item_error
from bellhop.base.killpoint import die_at
from bellhop.base.times import timestamp
from bellhop.database.database import database, query, write_many
from bellhop.jobs import durations, reuse
from bellhop.jobs.bounds import ITEM_BYTES
from bellhop.jobs.conditions import IS_WAITING
from bellhop.jobs.lifecycle import attributes, interruptions
from bellhop.jobs.lifecycle.accept import STORE_RESULT
from bellhop.jobs.lifecycle.claims import IS_HELD, Claim, cancel_asked, fence
from bellhop.jobs.lifecycle.moves import Statement, release_step
from bellhop.jobs.reuse import Hit
from bellhop.logs.about import extra

MOST_CRASHES = 3
MOST_MEMORY_FAILURES = 2
GIVE_UP_AFTER_S = 24 * 3600
LEAST_PAUSE_S = 1.0
# Items that failed together must not all come back in the same moment.
JITTER = 0.1
Which = set[tuple[int, int]]  # claims, by `Claim.which`
log = logging.getLogger("bellhop.lifecycle")

STARTED_BEFORE = "SELECT 1 FROM item WHERE id = :id AND started_at < :day_ago"
HELD_ITEMS = interruptions.look_for(IS_HELD)
TOLD = """
    SELECT 1 FROM event WHERE job = :job AND item = :index AND step = :step AND attempt = :attempt
    AND move = :move AND coalesce(code, '') = :code AND coalesce(text, '') = :text LIMIT 1"""

COMPLETE = Statement("completed", IS_HELD)
FAIL = Statement("failed", IS_HELD)
REQUEUE = Statement("requeued", IS_HELD)
SCHEDULE_RETRY = Statement("retry_scheduled", IS_HELD)
CANCEL = Statement("cancelled", IS_HELD)
CANCEL_REST = Statement("cancelled", f"job = :job AND {IS_WAITING}")


@dataclass(frozen=True, kw_only=True)
class Completion:
    """The result of a claim: JSON texts.

    `seconds` is how long it ran, None when that tells nothing; `reused` is the earlier result
    that it is.
    """

    claim: Claim
    data: str
    files: str
    warnings: str
    seconds: float | None = None
    reused: Hit | None = None

    @property
    def source(self) -> str | None:
        """The job that the result is of, None for its own."""
        return self.reused.job_id if self.reused else None


@contextlib.contextmanager
def recording(claims: Sequence[Claim]) -> Iterator[None]:
    """A transaction in which claims end; if it fails, it is in doubt whether they have."""
    is_in_doubt = True
    try:
        with database.atomic():
            yield
        is_in_doubt = False
    finally:
        for claim in claims:
            claim.is_in_doubt = is_in_doubt


def complete_all(done: Sequence[Completion]) -> Which:
    """Record results: running → completed. Made by the workers of the claims.

    Which of the claims have their result recorded, now or by an earlier try. The next step of a
    chain may run from here on.
    """
    recorded: Which = set()
    with recording([each.claim for each in done]):
        for source, group in groupby(done, key=lambda each: each.source):
            recorded |= _complete([*group], source)
        die_at("finish-row")
    return recorded


def _complete(done: Sequence[Completion], source: str | None) -> Which:
    """Record results that are of the job `source`, or each its own."""
    claims = [each.claim for each in done]
    by = {"cached": source is not None, "cached_from": source}
    measured = {claim.id: claim.measured for claim in claims}
    moved = {*COMPLETE.made(None, measured, **fence(*claims), **by).items()}
    made = [each for each in done if each.claim.which in moved]
    results = [
        {"item": e.claim.id, "data": e.data, "files": e.files, "warnings": e.warnings} for e in made
    ]
    write_many(STORE_RESULT, results)
    for each in made:
        _keep(each)
        _go_on(each)
    return moved | _made_before(claims, moved, "completed")


def _go_on(done: Completion) -> None:
    """Let the next step of the item run, unless a cancel met the end of this one."""
    claim = done.claim
    # Of many items of a job every eighth says enough.
    if done.seconds is not None and claim.index % 8 == 0:
        durations.note(claim.type, done.seconds)
    if claim.step + 1 < claim.steps:
        release_step(claim.job, claim.index, claim.step + 1)
        if cancel_asked(claim):
            CANCEL_REST.make(job=claim.job)


def _keep(done: Completion) -> None:
    """Note what a result holds on the disk, and under which key it may be used again."""
    claim = done.claim
    written = sum(f["size"] for f in json.loads(done.files)) if done.files != "[]" else 0
    if done.reused:
        reuse.take(done.reused.key, item=claim.id, type_name=claim.type)
    elif claim.cache_key:
        reuse.store(claim.cache_key, item=claim.id, type_name=claim.type, owner=claim.owner,
                    size_bytes=len(done.data) + written)  # fmt: skip
    # A short result is counted with its job already.
    held = written + (len(done.data) if len(done.data) > ITEM_BYTES else 0)
    if held:
        attributes.hold_bytes(claim.job_id, held)


def fail(claim: Claim, error: ItemError, *, is_failure: bool = True) -> bool:
    """Record a final error: running → failed. Made by the claim's worker.

    `is_failure` false: it was not the job's code that failed, and nothing is counted.
    """
    counts = interruptions.counted("failed") if is_failure else interruptions.counted()
    with recording([claim]):
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
    with recording([claim]):
        return _leave(CANCEL, claim)


def interrupt(claim: Claim, *, is_cut_off: bool = False) -> bool:
    """Give back an item whose run was cut short, which is not its fault. By its worker.

    By a stop, or because its machine `is_cut_off` from the rows.
    """
    why = interruptions.CUT_OFF if is_cut_off else interruptions.STOPPED
    return bool(_give_back([claim], why))


def give_back(claims: Sequence[Claim]) -> Which:
    """Give back items that were claimed and have not begun: running → queued, and not counted.

    Which of them were still held. By their worker.
    """
    return _give_back(claims, interruptions.NOT_BEGUN)


def _give_back(claims: Sequence[Claim], why: ItemError) -> Which:
    with recording(claims):
        held = query(HELD_ITEMS, fence(*claims))
        interruptions.give_back(held, why)
        ids = {item for item, _, _ in held}
        moved = {claim.which for claim in claims if claim.id in ids}
        return moved | _made_before(claims, moved, "requeued", why)


def _again(claim: Claim, error: ItemError, delay_s: float, *counted: str) -> bool:
    """Let a claimed item run again, at once or after `delay_s`, unless a cancel was asked."""
    values = {"error": error.shown(), **interruptions.counted(*counted)}
    with recording([claim]):
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
    measured = {claim.id: claim.measured}
    moved = {*statement.made(event, measured, **fence(claim), **values).items()}
    return bool(moved or _made_before([claim], moved, statement.move, event))


def _made_before(
    claims: Sequence[Claim], moved: Which, move: str, event: ItemError | None = None
) -> Which:
    """Of the claims that were not moved: those whose move was made, and the answer lost."""
    told = {"code": event.code if event else "", "text": event.message if event else ""}
    made: Which = set()
    for claim in claims:
        if claim.which in moved:
            continue
        of_attempt = {name: getattr(claim, name) for name in ("job", "index", "step", "attempt")}
        if claim.is_in_doubt and query(TOLD, {**of_attempt, "move": move, **told}):
            made.add(claim.which)
        else:
            said = "job=%s item=%d move=%s refused: late"
            log.warning(said, claim.job_id, claim.index, move, extra=extra(claim.known_as))
    return made
