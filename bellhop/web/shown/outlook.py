"""Why a job is not running, in words, and when it will be done, as far as anybody can know."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from itertools import starmap

from bellhop.base.times import now
from bellhop.jobs import queries
from bellhop.storage.models import FINAL, Job
from bellhop.web.shown.surroundings import Line
from bellhop.web.site import Site

NOTHING = queries.Waiting()


class Outlook:
    """What can be said about these jobs; asks what several jobs share only once."""

    def __init__(self, site: Site, jobs: Sequence[Job]):
        unfinished = [job for job in jobs if job.status not in FINAL]
        if not unfinished:
            return
        self._site, self._now = site, site.surroundings.view()
        self._lines: dict[str, Line] = {}
        self._waiting = queries.waiting(job.id for job in unfinished)
        self._troubles = queries.troubles(job.id for job in unfinished if job.attempt)

    def reason(self, job: Job, position: int | None) -> str | None:
        """Why a job, or what is left of it, does not run; None when it does or is final."""
        if job.status in FINAL or job.cancel_requested:
            return None
        waiting = self._waiting.get(job.id, NOTHING)
        return (
            self._nobody_works(job, waiting)
            or self._pending(job, waiting)
            or (None if job.status == "running" else self._queued(job, position))
        )

    def trouble(self, job: Job) -> queries.Trouble | None:
        """What went wrong in a job that is not final; None when nothing did."""
        return None if job.status in FINAL else self._troubles.get(job.id)

    def position(self, job: Job) -> int | None:
        """Its place in its queue, 1 = next, exact up to 100; None beyond, or where it waits not."""
        if job.status != "queued":
            return None
        return self._line(job.queue, job).position(job.id)

    def eta_s(self, job: Job) -> int | None:
        """Seconds until the job is final; None when it is, or when nobody can know."""
        if job.status in FINAL or job.cancel_requested:
            return None
        waiting = self._waiting.get(job.id, NOTHING)
        if self._nobody_works(job, waiting) or waiting.for_job or waiting.for_equal:
            return None
        seconds = [self._seconds(w.type, w.queue, w.hundredths) for w in queries.work_left(job)]
        for queue, _ in waiting.lines[:1]:
            ahead = self._line(queue, job).ahead(job.id)
            if ahead is None:
                return None
            seconds += [self._seconds(name, queue, left) for name, left in ahead.items()]
        if any(part is None for part in seconds):
            return None
        until_s = _seconds_until(waiting.until) if waiting.until else 0.0
        # In steps: what counts down is another answer each second, and nobody's news.
        step_s = 60 if until_s > 60 else 10
        until_s = math.ceil(until_s / step_s) * step_s
        return math.ceil(until_s + sum(part for part in seconds if part is not None))

    def _line(self, queue: str, job: Job) -> Line:
        """The line of a queue, for a job in it; one for all of these jobs, if it can be."""
        known = self._lines.get(queue)
        if known is None or not known.may_know(job.id):
            known = self._lines[queue] = self._site.surroundings.line(queue, job.id)
        return known

    def _seconds(self, type_name: str, queue: str, hundredths: int) -> float | None:
        """How long some hundredths of an item take in a queue; None when it was never measured."""
        median = self._now.medians.get(type_name)
        return None if median is None else hundredths / 100 * median / self._workers(queue)

    def _nobody_works(self, job: Job, waiting: queries.Waiting) -> str | None:
        """Why nobody would run what of this job could run now."""
        if not self._now.has_consumer:
            return "no consumer is running"
        if not self._now.has_room:
            return "the disk is full; the job continues when there is space"
        if job.status == "running" and not waiting.lines:
            return None
        if self._now.is_drained:
            return "Bellhop is draining; the job runs after the next start"
        of_job = job.queue, job.type
        return next(filter(None, starmap(self._nobody_runs, waiting.lines or [of_job])), None)

    def _nobody_runs(self, queue: str, type_name: str) -> str | None:
        """Why nobody would run an item of a type in a queue."""
        if queue in self._now.paused:
            return f"the queue {queue} is paused"
        if self._now.machines:
            return self._now.machines.why_none_runs(queue, type_name)
        return None if queue in self._now.serving else f"no consumer serves the queue {queue}"

    def _pending(self, job: Job, waiting: queries.Waiting) -> str | None:
        if waiting.for_job:
            needs = queries.unmet(job)
            more = f" and {len(needs) - 1} more" if len(needs) > 1 else ""
            return f"job {needs[0]}{more} to complete" if needs else None
        if waiting.until:
            at = waiting.until
            return f"retry at {at[11:19]}Z" if waiting.is_retry else f"its start time, {at[:19]}Z"
        if waiting.for_equal and job.status != "running":
            return "an equal running item, to reuse its result"
        return None

    def _queued(self, job: Job, position: int | None) -> str:
        job_type = self._site.catalog.types().get(job.type)
        if job_type is None or not job_type.available:
            return f"its job type is not available: {job_type.reason if job_type else 'removed'}"
        if position is None:
            return "more than 100 jobs ahead"
        if position == 1:
            return "a free worker"
        return "1 job ahead" if position == 2 else f"{position - 1} jobs ahead"

    def _workers(self, queue: str) -> int:
        """How many items of a queue run at the same time."""
        of_each = self._now.workers.get(queue) or self._site.settings.queues[queue].workers
        return max(1, of_each * self._now.serving.count(queue))


def _seconds_until(at: str) -> float:
    return max(0.0, (datetime.fromisoformat(at) - now()).total_seconds())
