"""Accepting a job: whole, with the note of who submitted it, or not at all and without a file.

Every job that is asked for comes through here: the web's forms and JSON, the keeper's schedules,
and a delivery that somebody repeats. The deliveries that the lifecycle makes itself do not, as
nobody could be told that one is refused.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from bellhop.accounts import audit
from bellhop.accounts.access import User, may
from bellhop.base.errors import Problem, invalid_field
from bellhop.base.killpoint import die_at
from bellhop.catalog.catalog import Catalog
from bellhop.database.faults import InDoubt
from bellhop.jobs import lifecycle, limits, queries, reuse
from bellhop.jobs.lifecycle import UnknownJobs
from bellhop.jobs.newjob import Key, NewItem, NewJob
from bellhop.machines import members
from bellhop.settings.settings import Settings
from bellhop.storage import presence
from bellhop.storage.files import Files, attempt_name


class Acceptance:
    """Accepts the jobs of one process; `ring` wakes up to so many workers of each queue."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        files: Files,
        *,
        ring: Callable[[Mapping[str, int]], object],
    ):
        self._settings, self._catalog, self._files, self._ring = settings, catalog, files, ring
        self._lines = limits.Lines(settings)

    def accept(
        self,
        user: User,
        job: NewJob,
        *,
        address: str,
        action: str = "submit",
        target: str | None = None,
        key: Key | None = None,
        first: Callable[[], object] | None = None,
    ) -> None:
        """Accept a job whose uploads lie in place, or raise the problem that names why not.

        The audit log tells that `user` did `action` at `address`, to the new job when there is no
        `target`. `first` writes what belongs to the job, in the same transaction and before it:
        what it raises is raised, and nothing is accepted. Raises KeyIsTaken for a `key` that
        stands for another job, and InDoubt when nobody can tell whether it was accepted.
        """
        try:
            with self._without_litter(job.job_id), lifecycle.queued() as queues:
                self._require_allowed(user, job)
                job = self._with_hits(job)
                job = replace(job, bytes=job.bytes + job.row_bytes())
                # The files of a home that was replaced are not those of the new one.
                here = members.guard()
                with audit.noted(user.name, address, action, target or job.job_id, here):
                    if first:
                        first()
                    self._require_room(job)
                    lifecycle.submit(job, key)
        except UnknownJobs as unknown:
            raise invalid_field("depends_on", f"there is no job {unknown}") from None
        presence.require()  # what was committed elsewhere is not accepted
        if job.depends_on:
            lifecycle.cancel_hopeless()
        die_at("accept-commit")
        self._ring(queues)
        die_at("accept-ring")

    @contextlib.contextmanager
    def _without_litter(self, job_id: str) -> Iterator[None]:
        """Remove the files of a job that is not accepted; InDoubt while nobody can tell.

        Then they stay: the keeper removes what no row names after an hour.
        """
        try:
            yield
        except InDoubt:
            raise
        except Exception:
            self._files.remove_job(job_id)
            raise

    def _require_allowed(self, user: User, job: NewJob) -> None:
        for unknown in queries.unreadable(user, job.depends_on):
            raise UnknownJobs(unknown)
        if not may(user, "submit"):
            raise Problem("forbidden", f"The account {user.name} is not allowed to submit jobs.")
        limits.require_priority(user, job.priority)

    def _require_room(self, job: NewJob) -> None:
        """Hold to the limits what is about to be written; nobody else can write meanwhile."""
        if problem := limits.submit_problem(self._settings, job.owner, job.bytes):
            raise problem
        self._lines.join(job.queue, len(job.items))

    def _with_hits(self, job: NewJob) -> NewJob:
        """The job with the earlier results that its items may take, their files in place."""
        is_due = job.run_at is None and not job.depends_on
        if not (is_due and job.use_cache and self._settings.cache.max_mb):
            return job
        job_type = self._catalog.types()[job.type]
        most_s = reuse.lifetime_s(job_type, self._settings.cache.max_days)
        items = list(job.items)
        for index, item in enumerate(items):
            key = reuse.key_of(
                job_type,
                owner=self._settings.owner_in_cache(job.owner),
                params=job.params,
                given=item.input,
                sha256=item.sha256,
            )
            if key and (hit := reuse.find(key, most_s)):
                items[index] = self._with_hit(job, index, item, hit)
        return replace(job, items=items) if any(item.hit for item in items) else job

    def _with_hit(self, job: NewJob, index: int, item: NewItem, hit: reuse.Hit) -> NewItem:
        name = self._files.fresh_name(attempt_name(index, 0, 1))
        try:
            files = self._files.reuse(json.loads(hit.files), hit.job_id, job.job_id, name)
        except FileNotFoundError:
            return item  # its job was deleted just now
        return replace(item, hit=replace(hit, files=json.dumps(files)))
