"""Which deliveries a job's own news make; whoever moves it writes them in the same transaction."""

from __future__ import annotations

from bellhop.base.times import timestamp
from bellhop.database.database import query
from bellhop.jobs import webhooks
from bellhop.jobs.newjob import NewJob

PROGRESS_EVERY_S = 2.0
IS_WANTED = """typeof(webhook_url) = 'text' AND NOT EXISTS (
    SELECT 1 FROM webhook_disabled AS off WHERE off.owner = job.owner AND off.url = webhook_url)"""
TELL_END = f"""
    SELECT id, job_id, owner, status, webhook_url FROM job WHERE id = :job AND {IS_WANTED}"""
TELL_PROGRESS = f"""
    UPDATE job SET webhook_at = :now
    WHERE id = :job AND webhook_progress = 1 AND {IS_WANTED}
    AND (webhook_at IS NULL OR webhook_at < :before OR webhook_at > :now)
    RETURNING id, job_id, owner, status, webhook_url"""


def of_end(job: int) -> NewJob | None:
    """The delivery that tells that a job is final; None when nobody wants to know."""
    rows = query(TELL_END, {"job": job})
    return webhooks.delivery_of(*rows[0], is_final=True) if rows else None


def of_progress(job: int) -> NewJob | None:
    """The delivery that tells of progress; None when nobody wants to know, or was told just now."""
    times = {"now": timestamp(), "before": timestamp(-PROGRESS_EVERY_S)}
    rows = query(TELL_PROGRESS, {"job": job, **times})
    return webhooks.delivery_of(*rows[0], is_final=False) if rows else None
