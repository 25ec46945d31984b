"""The move of whoever accepts a job: new → queued or pending."""

from __future__ import annotations

from bellhop.base.killpoint import die_at
from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import database, query
from bellhop.jobs import reuse
from bellhop.jobs.lifecycle import rows
from bellhop.jobs.lifecycle.moves import Statement, release_step
from bellhop.jobs.newjob import Key, NewJob

STORE_KEY = """
    INSERT INTO idempotency (owner, key, fingerprint, job, created_at)
    VALUES (:owner, :text, :fingerprint, :job, :now)
    ON CONFLICT (owner, key) DO UPDATE SET fingerprint = excluded.fingerprint,
        job = excluded.job, created_at = excluded.created_at
        WHERE idempotency.created_at <= :day_ago
    RETURNING job"""
FIRST_STEPS = 'SELECT id, "index" FROM item WHERE job = :job AND step = 0'
STORE_RESULT = """
    INSERT INTO result (item, data, files, warnings) VALUES (:item, :data, :files, :warnings)
    ON CONFLICT (item) DO UPDATE
        SET data = excluded.data, files = excluded.files, warnings = excluded.warnings"""
# An item that takes an earlier result was written with the job that has it.
TAKE_HITS = Statement("reused", "job = :job AND step = 0 AND cached_from IS NOT NULL")


class KeyIsTaken(Exception):
    """The Idempotency-Key of a submitted job stands for another job."""


def submit(job: NewJob, key: Key | None = None) -> None:
    """Accept a job with all its items: new → queued, or pending. Made by jobs/acceptance.

    `key` is its Idempotency-Key. Raises UnknownJobs, and KeyIsTaken when the key stands for a job
    of the last day, which a request that was believed lost may have made.
    """
    with database.atomic():
        row_id = rows.insert(job)
        if key:
            known_as = {"owner": job.owner, "text": key.text, "fingerprint": key.fingerprint}
            times = {"now": timestamp(), "day_ago": timestamp(-DAY_S)}
            if not query(STORE_KEY, {**known_as, "job": row_id, **times}):
                raise KeyIsTaken
        _take_hits(row_id, job)
        die_at("accept-rows")


def add_own(job: NewJob) -> None:
    """Add a job of Bellhop itself, which nobody asked for and so nobody is refused: new → queued.

    Made by who hands over notices, in the transaction that takes out what they tell.
    """
    with database.atomic():
        rows.insert(job)


def _take_hits(row_id: int, job: NewJob) -> None:
    """Complete the items of a new job whose results are there already: queued → completed."""
    hits = {index: item.hit for index, item in enumerate(job.items) if item.hit}
    if not hits:
        return
    for item, index in query(FIRST_STEPS, {"job": row_id}):
        if hit := hits.get(index):
            given = {"data": hit.data, "files": hit.files, "warnings": hit.warnings}
            query(STORE_RESULT, {"item": item, **given})
            reuse.take(hit.key, item=item, type_name=job.type)
    TAKE_HITS.make(job=row_id)
    for index in hits if job.then else ():
        release_step(row_id, index, 1)
