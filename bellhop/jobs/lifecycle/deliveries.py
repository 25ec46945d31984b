"""What a job's own news make: deliveries of its webhook, and notices to people.

Whoever moves it writes them in the same transaction. A delivery is a job at once; a notice is a row
that waits for the keeper of the home, which sends what many of them say in one mail. A schedule
that submits no job has news, too.
"""

from __future__ import annotations

from bellhop.base.times import timestamp
from bellhop.database.database import query, together
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
# Who is told, and whether they want to know of something that failed or not: what a schedule says
# counts for its jobs, and else what their owner says.
TO = "coalesce(schedule.notify_address, '')"
WANTS = "coalesce(schedule.notify, wish.wants)"
IS_SOMEBODY = f"({TO} != '' OR wish.address != '')"
# The notice says what the job is now, which may be deleted before that is sent.
NOTE_END = f"""
    INSERT INTO notice (at, owner, address, kind, name, status, job_id, type, total_items,
        completed_items, failed_items, started_at, error)
    SELECT CAST(:now AS TEXT), job.owner, {TO}, 'job', job.name, job.status, job.job_id, job.type,
        job.total_items, completed_items, failed_items, started_at,
        CASE WHEN json_valid(job.error) THEN job.error END
    FROM job LEFT JOIN notice_wish AS wish ON wish.owner = job.owner
        LEFT JOIN schedule ON schedule.id = job.schedule
    WHERE job.id = :job AND job.delivery_of IS NULL AND {IS_SOMEBODY}
        AND ({WANTS} = 'every' OR ({WANTS} = 'failures' AND job.status = 'failed'))
    RETURNING id"""
NOTE_MISSED = f"""
    INSERT INTO notice (at, owner, address, kind, name, status, error)
    SELECT CAST(:now AS TEXT), schedule.owner, {TO}, 'schedule', schedule.name, 'missed', :error
    FROM schedule LEFT JOIN notice_wish AS wish ON wish.owner = schedule.owner
    WHERE schedule.id = :schedule AND {IS_SOMEBODY} AND {WANTS} != 'nothing'"""


def of_end(job: int) -> NewJob | None:
    """Note the end of a job for who wants to know; the delivery of its webhook, None without one.

    Both are asked together: there are as many ends as jobs.
    """
    rows, _ = together((TELL_END, {"job": job}), (NOTE_END, {"job": job, "now": timestamp()}))
    return webhooks.delivery_of(*rows[0], is_final=True) if rows else None


def of_progress(job: int) -> NewJob | None:
    """The delivery that tells of progress; None when nobody wants to know, or was told just now."""
    times = {"now": timestamp(), "before": timestamp(-PROGRESS_EVERY_S)}
    rows = query(TELL_PROGRESS, {"job": job, **times})
    return webhooks.delivery_of(*rows[0], is_final=False) if rows else None


def of_missed(schedule: int, error: str) -> None:
    """Note that a schedule could not submit its job, for who wants to know of failures.

    `error` is as a row has it. Made by the schedules, in the transaction that records it there.
    """
    query(NOTE_MISSED, {"schedule": schedule, "now": timestamp(), "error": error})
