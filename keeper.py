"""The sweeps: what must happen although nobody asks for it.

Each consumer has a keeper thread that gives back, releases and looks; the one that holds
`keeper.lock` also tidies. A sweep that fails is logged and tried again with the next round.
"""

from __future__ import annotations

import fcntl
import logging
import threading
import time
import traceback
from collections.abc import Callable, Sequence

import lifecycle
import queries
from clock import Clock
from files import KINDS, Files, remove_tree
from installation import Installation, is_held, take_lock
from models import checkpoint, database, timestamp
from settings import Lifetime
from trouble import Trouble

ROUND_S = 1.0
TIDY_EVERY_S = 300.0
LITTER_AGE_S = 3600.0
GROUP_GONE_LIMIT_S = 2.0
LEAST_ROOM_BYTES = 1 << 20
DAY_S = 86400.0
EXPIRY_BITE = 200
log = logging.getLogger("bellhop.keeper")


class Keeper:
    """One consumer's keeper; `ring` wakes workers, `each_round` is for this consumer alone."""

    def __init__(
        self,
        here: Installation,
        files: Files,
        lifetime: Lifetime,
        *,
        ring: Callable[[int], None],
        each_round: Sequence[Callable[[], None]],
    ):
        self._here, self._files, self._lifetime, self._ring = here, files, lifetime, ring
        self._each_round = each_round
        self._lock: int | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._leases: dict[int, tuple[str, float]] = {}
        self._died_at: dict[str, float] = {}
        self._next_tidy = 0.0
        self._clock = Clock()
        self._troubles: dict[Callable[[], object], Trouble] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        # One connection for life: opening one costs more than a round that finds nothing.
        while not self._stopping.is_set():
            for sweep in (*self._each_round, self.sweep):
                self._attempt(sweep)
            self._stopping.wait(ROUND_S)
        database.close()

    def _attempt(self, sweep: Callable[[], object]) -> None:
        trouble = self._troubles.setdefault(
            sweep, Trouble(log, "a sweep failed and is tried again: %s", "the sweep works again")
        )
        try:
            sweep()
            trouble.note(None)
        except Exception:
            trouble.note(traceback.format_exc())

    def sweep(self) -> None:
        """One round: the guarded moves by every consumer, the tidying by one of them.

        A consumer that is stopped while it holds the lock must not stop the others' items.
        """
        if (step_s := self._clock.look()) and self._is_the_keeper():
            lifecycle.follow_clock(step_s)
        moved = self.adopt_orphans() + self.expire_leases() + lifecycle.release_due()
        if moved:
            self._ring(moved)
        if time.monotonic() >= self._next_tidy and self._is_the_keeper():
            self._next_tidy = time.monotonic() + TIDY_EVERY_S
            self.tidy()
            if self._clock.is_steady():
                self.expire_jobs()
                self.expire_uploads()

    def _is_the_keeper(self) -> bool:
        if self._lock is None:
            self._lock = take_lock(self._here.folder / "keeper.lock", fcntl.LOCK_EX, wait_s=0)
        return self._lock is not None

    def adopt_orphans(self) -> int:
        """Give back the items of consumers whose lock the kernel has dropped."""
        moved = 0
        for consumer in queries.consumers():
            if self._is_gone(consumer.id):
                moved += lifecycle.adopt(consumer.id)
                self._here.forget_consumer(consumer.id)
        return moved

    def _is_gone(self, consumer: str) -> bool:
        """Whether a consumer is dead, and with it every process of its jobs.

        Nothing may be final, or run again, while a process of it lives. One that a job
        started in a session of its own may hold the lock for ever, so the wait is bounded.
        """
        if is_held(self._here.consumer_lock(consumer)):
            return False
        now = time.monotonic()
        died_at = self._died_at.setdefault(consumer, now)
        is_dying = is_held(self._here.processes_lock(consumer))
        return not is_dying or now - died_at > GROUP_GONE_LIMIT_S

    def expire_leases(self) -> int:
        """Give back the items whose lease stood still for its whole length.

        The backstop for a consumer that lives but does not move. It is measured by
        this process's monotonic clock, so a step of the wall clock expires nothing.
        """
        if self._files.free_bytes() < LEAST_ROOM_BYTES:
            self._leases = {}  # none can be renewed on a full disk, so none stands still
            return 0
        now, moved = time.monotonic(), 0
        seen = {}
        for item, lease_until in queries.leases():
            known = self._leases.get(item)
            since = known[1] if known and known[0] == lease_until else now
            if now - since > lifecycle.LEASE_S:
                moved += lifecycle.expire(item, lease_until)
            seen[item] = lease_until, since
        self._leases = seen
        return moved

    def tidy(self) -> None:
        """Remove litter of crashes and keep the write-ahead log short."""
        scratch, locks = self._files.scratch_folders(), self._here.consumer_files()
        # Asked after the folders, so that nobody who came in between is taken for gone.
        consumers = {consumer.id for consumer in queries.consumers()}
        for path in (path for path, consumer in scratch.items() if consumer not in consumers):
            remove_tree(path)
        for consumer in {name.partition(".")[0] for name in locks} - consumers:
            if not is_held(self._here.consumer_lock(consumer)):
                self._here.forget_consumer(consumer)
        for kind in KINDS:
            for job_id in queries.unknown_jobs(self._files.jobs_with(kind, LITTER_AGE_S)):
                self._files.remove_job(job_id)
        checkpoint()

    def expire_jobs(self) -> None:
        """Delete final jobs whose days are over, a bite at a time."""
        if days := self._lifetime.results_days:
            for job_id in queries.ended_before(timestamp(-days * DAY_S), EXPIRY_BITE):
                if lifecycle.purge(job_id):
                    self._files.remove_job(job_id)

    def expire_uploads(self) -> None:
        """Delete the uploads of final jobs whose days are over; results stay."""
        if days := self._lifetime.uploads_days:
            ended = timestamp(-days * DAY_S)
            for job_id in self._files.jobs_with("uploads", days * DAY_S):
                job = queries.job(job_id)
                if job and job.completed_at and job.completed_at < ended:
                    self._files.remove_job(job_id, ["uploads"])
