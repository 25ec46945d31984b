"""The claim of a worker: which item it is given, and what it tells of it while that runs.

Every write after the claim carries (item, attempt, worker): a worker that is late changes nothing.
How a claim ends is said in ends.py.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bellhop.base.documents import Unreadable, stored
from bellhop.base.errors import item_error
from bellhop.base.killpoint import die_at
from bellhop.base.times import seconds_since, timestamp
from bellhop.database.database import apart, database, ends_all, named, own_part, query, together
from bellhop.jobs.conditions import CONSUMER_TAKES_ITEMS, QUEUE_IS_OPEN, TYPES_IN_LINE
from bellhop.jobs.lifecycle import deliveries, interruptions, rows, turns
from bellhop.jobs.lifecycle.moves import Statement, points
from bellhop.jobs.lifecycle.tallies import Measured
from bellhop.jobs.newjob import is_input
from bellhop.storage.files import attempt_name

LEASE_S = 60.0
# For how long an item is known as it was read: the code of its type may change, and more.
KNOWN_S = 1.0

IS_ONE_OF = "id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))"
# Of one claim and of many: each with the attempt and the worker that it is of.
IS_HELD = f"""{IS_ONE_OF}
    AND id || '/' || attempt || '/' || worker IN (SELECT value FROM json_each(:fences))"""
MAY_START = f"{CONSUMER_TAKES_ITEMS} AND {QUEUE_IS_OPEN}"
QUEUES_WITH_ITEMS = """
    SELECT value FROM json_each(:queues)
    WHERE EXISTS (SELECT 1 FROM item WHERE queue = value AND status = 'queued')"""
# The index `item_due` is exactly this filter and order.
NEXT_DUE = f"""
    SELECT id, type, owner, priority, turn, attempt FROM item
    WHERE queue = :queue AND status = 'queued' AND {MAY_START}
    ORDER BY priority DESC, turn, id LIMIT :most"""
# The same of the types that a machine runs: the first of each that waits, by the index
# `item_due_of_type`, which PostgreSQL has. 100,000 items of other types cost it nothing.
NEXT_DUE_OF = f"""
    {TYPES_IN_LINE}
    SELECT id, type, owner, priority, turn, attempt FROM item WHERE {MAY_START} AND id IN (
        SELECT CAST(value AS BIGINT) FROM (
            SELECT (SELECT json_group_array(id) FROM (
                SELECT id FROM item
                WHERE queue = :queue AND type = in_line.type AND status = 'queued'
                ORDER BY priority DESC, turn, id LIMIT :most) AS first) AS ids
            FROM in_line WHERE type IN (SELECT value FROM json_each(:types))) AS of_types,
            json_each(CAST(ids AS TEXT)))
    ORDER BY priority DESC, turn, id LIMIT :most"""
# A later step is given what the one before it returned.
READ_CLAIMS = f"""
    SELECT item.id, item.job, item.attempt, item.worker, item.failures, item.crashes, item.type,
        item.queue, item."index", item.step, item.filename,
        CASE item.step WHEN 0 THEN item.input ELSE (
            SELECT '{{"data": ' || result.data || '}}' FROM item AS before
            JOIN result ON result.item = before.id
            WHERE before.job = item.job AND before."index" = item."index"
            AND before.step = item.step - 1) END AS input,
        CASE item.step WHEN 0 THEN item.input_sha256 END AS sha256,
        item.turn, item.cache_key, item.was_deferred, job.job_id,
        CASE item.step WHEN 0 THEN job.params ELSE job.chain END AS params,
        job.owner, job.total_items, job.steps, job.use_cache, job.cancel_requested,
        CASE WHEN item.step = 0 AND item.attempt = 0 AND job.depends_on = '[]'
            THEN coalesce(max(job.created_at, job.run_at), job.created_at) END AS since
    FROM item JOIN job ON job.id = item.job WHERE item.{IS_ONE_OF}"""
NUMBERS = (
    "id", "job", "attempt", "failures", "crashes", "index", "step", "turn", "total_items", "steps",
)  # fmt: skip
KEYS_RUNNING = """
    SELECT cache_key FROM item
    WHERE cache_key IN (SELECT value FROM json_each(:keys)) AND status = 'running'"""
SET_KEY = "UPDATE item SET cache_key = :cache_key WHERE id = :id"
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
HELD_BY_WORKER = "SELECT id FROM item WHERE status = 'running' AND worker = :worker ORDER BY id"
STAYS_WANTED = f"""
    SELECT 1 WHERE {MAY_START} AND NOT EXISTS (SELECT 1 FROM job WHERE cancel_requested = 1
        AND {IS_ONE_OF})"""

CLAIM = Statement(
    "claimed",
    f"""{IS_ONE_OF} AND id || '/' || attempt IN (SELECT value FROM json_each(:attempts))
    AND {MAY_START}""",
)
DEFER = Statement("deferred", "id = :id")


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
    # Since when it might have run for the first time; None where nobody knows, and later.
    since: str | None = field(compare=False)
    # Whether a move that ends the claim may have been made, by a commit without an answer.
    is_in_doubt: bool = field(default=False, compare=False)
    measured: Measured = field(default_factory=Measured, compare=False)
    read_at: float = field(default_factory=time.monotonic, compare=False)

    @property
    def which(self) -> tuple[int, int]:
        """The item and the attempt: workers that hold one item after another differ in it."""
        return self.id, self.attempt

    @property
    def known_as(self) -> dict[str, object]:
        """What the log calls it."""
        return {
            "job_id": self.job_id, "item": self.index, "step": self.step, "attempt": self.attempt,
            "type": self.type, "queue": self.queue, "worker": self.worker,
        }  # fmt: skip

    @property
    def name(self) -> str:
        """What the folder of its output files, and its log, are called."""
        return attempt_name(self.index, self.step, self.attempt)


class Due(NamedTuple):
    """An item that may be claimed."""

    id: int
    type: str
    owner: str
    priority: int
    turn: int
    attempt: int

    def is_as(self, claim: Claim | None) -> bool:
        """Whether a claim was read just now, since the item last came into the line."""
        if claim is None or time.monotonic() >= claim.read_at + KNOWN_S:
            return False
        return (claim.turn, claim.attempt) == (self.turn, self.attempt)

    def is_like(self, other: Due) -> bool:
        """Whether the same job process may run both."""
        return (self.type, self.owner) == (other.type, other.owner)


KeyOf = Callable[[Claim], str | None]


def fence(*claims: Claim) -> dict[str, str]:
    """The values of `IS_HELD`."""
    return {
        "ids": json.dumps([claim.id for claim in claims]),
        "fences": json.dumps([f"{c.id}/{c.attempt}/{c.worker}" for c in claims]),
    }


def queues_with_items(queues: Sequence[str]) -> list[str]:
    """Those of the queues in which something is queued, in their order."""
    found = query(QUEUES_WITH_ITEMS, {"queues": json.dumps(queues)})
    return [queue for queue in queues if (queue,) in found]


def due(
    queue: str,
    worker: str,
    most: int,
    types: Collection[str] | None = None,
    passed_over: Collection[int] = (),
) -> list[Due]:
    """The items that are next in `queue`, `most` at most, in their order.

    Only of `types`, where these are given, and none of those to be `passed_over`. Without the write
    lock, which an idle look must not take.
    """
    of_queue: dict[str, Any] = {"queue": queue, "consumer": worker.partition("/")[0]}
    of_queue["most"] = most + len(passed_over)
    sql = NEXT_DUE
    if types is not None:
        sql, of_queue["types"] = NEXT_DUE_OF, json.dumps([*types])
    found = (Due(*row) for row in query(sql, of_queue))
    return [item for item in found if item.id not in passed_over][:most]


def read_due(items: Iterable[Due], queue: str, worker: str, key_of: KeyOf) -> list[Claim]:
    """These items as they would be claimed now; what cannot be read fails: queued → failed.

    `key_of` says under which key the result of each may be used again. What they depend on, up to
    megabytes, is read without the write lock.
    """
    candidates = []
    for item in _read([item.id for item in items]):
        if isinstance(item, Claim):
            item.cache_key, item.worker = key_of(item), worker
            candidates.append(item)
        else:
            _fail_unreadable(*item, queue, worker)
    return candidates


def take(candidates: Sequence[Claim]) -> list[Claim]:
    """Give items of one queue to the workers of one consumer who want them: queued → running.

    As far as they are where they were when they were read. One whose equal runs is put off, once,
    until that has ended: queued → pending. What is wrong with one of them ends only that.
    """
    if not candidates:
        return []
    with database.atomic():
        taken = _taken(candidates)
        if taken:
            turns.note_claimed(taken[0].queue, max(claim.turn for claim in taken))
    return taken


def _taken(candidates: Sequence[Claim]) -> list[Claim]:
    """Take them together, or one by one where something is wrong with one of them."""
    if len(candidates) > 1:
        try:
            with own_part():
                return _take(candidates)
        except Exception as error:
            if ends_all(error):
                raise
    taken = []
    for candidate in candidates:
        with apart(f"item {candidate.id}"):
            taken += _take([candidate])
    return taken


def _take(candidates: Sequence[Claim]) -> list[Claim]:
    keys = _running(candidates)
    at_once: list[Claim] = []
    equals: list[Claim] = []
    for candidate in candidates:
        takes_turns = candidate.use_cache and not candidate.was_deferred
        (equals if takes_turns and candidate.cache_key in keys else at_once).append(candidate)
        keys.update(filter(None, [candidate.cache_key]))
    taken = _claimed(at_once)
    keys = _running(equals)
    for candidate in equals:
        if candidate.cache_key in keys:  # else it is looked at again
            DEFER.make(id=candidate.id, cache_key=candidate.cache_key)
    return taken


def _running(candidates: Sequence[Claim]) -> set[str | None]:
    """The keys of those of these items whose equal runs."""
    keys = [candidate.cache_key for candidate in candidates if candidate.cache_key]
    return {key for (key,) in query(KEYS_RUNNING, {"keys": json.dumps(keys)})} if keys else set()


def _claimed(candidates: Sequence[Claim]) -> list[Claim]:
    """Make the claims; without those where somebody was first."""
    if not candidates:
        return []
    first = candidates[0]
    attempts = {candidate.id: candidate.attempt for candidate in candidates}
    moved = _claim_rows(attempts, first.queue, {each.id: each.worker for each in candidates})
    taken = [candidate for candidate in candidates if candidate.id in moved]
    if taken:
        keys = [{"id": c.id, "cache_key": c.cache_key} for c in taken if c.cache_key]
        if keys:  # what is refused is known before the claims count
            together(*((SET_KEY, key) for key in keys))
        die_at("claim-row")
    for claim in taken:
        claim.attempt += 1
        claim.measured.waited_s = seconds_since(claim.since) if claim.since else None
    return taken


def _claim_rows(attempts: dict[int, int], queue: str, workers: dict[int, str]) -> dict[int, int]:
    """Claim the items with these ids, each as it was after so many attempts; which could be."""
    return CLAIM.made(
        ids=json.dumps(list(attempts)),
        attempts=json.dumps([f"{item}/{attempt}" for item, attempt in attempts.items()]),
        queue=queue,
        consumer=next(iter(workers.values())).partition("/")[0],
        workers=json.dumps(workers),
        lease_until=timestamp(LEASE_S),
    )


def _fail_unreadable(item: int, reason: str, queue: str, worker: str) -> None:
    """Fail an item that nobody can run."""
    error = item_error("unreadable", reason=reason)
    with apart(f"item {item}"):
        ((attempt,),) = query(ATTEMPT_OF, {"id": item})
        if _claim_rows({item: attempt}, queue, {item: worker}):
            counts = interruptions.counted("failed")
            interruptions.FAIL.make(error, id=item, error=error.shown(), **counts)


def held_by(worker: str) -> list[Claim]:
    """What a worker holds by the rows: also what it claimed and was not told of."""
    items = [item for (item,) in query(HELD_BY_WORKER, {"worker": worker})]
    return [claim for claim in _read(items) if isinstance(claim, Claim)]


def stay_wanted(claims: Sequence[Claim]) -> bool:
    """Whether items that are held and have not begun may begin.

    No cancel was asked for them, their queue is not paused, and their consumer does not drain.
    """
    first = claims[0]
    of_queue = {"queue": first.queue, "consumer": first.worker.partition("/")[0]}
    jobs = json.dumps(list({claim.job for claim in claims}))
    return bool(query(STAYS_WANTED, {**of_queue, "ids": jobs}))


def read(item: int) -> Claim | None:
    """An item as it would be claimed now; None when it is gone. Raises Unreadable."""
    for found in _read([item]):
        if not isinstance(found, Claim):
            raise Unreadable(found[1])
        return found
    return None


def _read(items: Sequence[int]) -> list[Claim | tuple[int, str]]:
    """Those that are there of these items, in their order; the id, and why, of the unreadable."""
    found = {row["id"]: row for row in named(READ_CLAIMS, {"ids": json.dumps(items)})}
    return [_claim_of(found[item]) for item in items if item in found]


def _claim_of(fields: dict[str, Any]) -> Claim | tuple[int, str]:
    try:
        for name in NUMBERS:
            if type(fields[name]) is not int:
                raise Unreadable(f"item {fields['id']}: {name} is not a number")
        fields["input"] = _input(fields)
        fields["params"] = _params(fields)
    except Unreadable as error:
        return fields["id"], str(error)
    return Claim(**fields)


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


def progress(claim: Claim, percent: int, step: str, partial: str | None = None) -> bool:
    """Show how far a running item is; False when the claim is no longer this worker's.

    `partial` is what it has given so far, as JSON text; None where that is as before.
    """
    # Not a fleeting one: a change number that was seen and then lost in a failover comes again.
    prefix = f"Item {claim.index + 1} of {claim.total_items}: " if claim.total_items > 1 else ""
    with database.atomic():
        before = query(READ_PROGRESS, fence(claim))
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
    with database.fleeting():
        return bool(query(RENEW, {**fence(claim), "lease_until": timestamp(LEASE_S)}))


def cancel_asked(claim: Claim) -> bool:
    """Whether someone asked to cancel the job of this claim."""
    found = query(CANCEL_ASKED, {"job": claim.job})
    return bool(found and found[0][0])
