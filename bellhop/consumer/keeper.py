"""The sweeps: what must happen although nobody asks for it.

Each consumer has a keeper thread that gives back, releases and looks; the one that holds
`keeper.lock` also submits what is scheduled, and tidies. A sweep that fails is logged and tried
again with the next round.
"""

from __future__ import annotations

import fcntl
import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from bellhop.accounts import accounts, audit
from bellhop.accounts.access import BELLHOP
from bellhop.base.times import seconds_ahead, timestamp
from bellhop.base.trouble import Trouble
from bellhop.base.units import DAY_S, MEBIBYTE
from bellhop.catalog.catalog import Catalog
from bellhop.consumer.stillness import Stillness
from bellhop.database.database import certain, database, is_unavailable, line_of, query
from bellhop.jobs import backlogs, lifecycle, queries, reuse
from bellhop.jobs.acceptance import Acceptance
from bellhop.jobs.intake import Intake
from bellhop.machines.served import Elsewhere
from bellhop.notices import handover, troubles, wishes
from bellhop.schedules import schedules
from bellhop.settings.settings import Settings
from bellhop.storage import presence
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.models import Consumer, Job
from bellhop.storage.presence import LONG_LOG_BYTES
from bellhop.stores.filesystem import KINDS
from bellhop.stores.folders import remove_tree
from bellhop.system.clock import STEP_S, Clock
from bellhop.system.locks import is_held, take_lock
from bellhop.uploads import uploads

ROUND_S = 1.0
TIDY_EVERY_S, BACKLOGS_EVERY_S = 300.0, 5.0
TELL_EVERY_S, TROUBLES_EVERY_S = 2.0, 20.0
LITTER_AGE_S = 3600.0
GROUP_GONE_LIMIT_S = 2.0
LEAST_ROOM_BYTES = 1 << 20
LOOKS_IN_A_ROUND = 10
CUT_TRIES, CUT_PAUSE_S, CUT_AGAIN_S = 20, 0.005, 10.0
# Of a clean-up: jobs, or pages given back, in one transaction, the pause after it in which others
# may write, and how long it may go on before the other sweeps have their turn.
EXPIRY_BITE = 20
SHRINK_BITE = 64
KEPT_BYTES = 1 << 20  # which the next rows take
BITE_PAUSE_S = 0.005
EXPIRE_FOR_S = 0.5
AWAY = "the database is not available (%s); the keeper waits"
Result = TypeVar("Result")
log = logging.getLogger("bellhop.keeper")


def is_present() -> bool:
    """True; raises what says that the database is away, or not the one that was opened."""
    presence.require()
    query("SELECT 1")
    return True


class Keeper:
    """One consumer's keeper; `ring` wakes workers, `each_round` is for this consumer alone.

    `beats` are those of all consumers, as somebody sees them who never waits to write.
    """

    def __init__(
        self,
        here: Installation,
        settings: Settings,
        files: Files,
        *,
        ring: Callable[[Mapping[str, int]], None],
        each_round: Sequence[Callable[[], None]],
        beats: Stillness | None = None,
    ):
        self._here, self._settings, self._files, self._ring = here, settings, files, ring
        self._each_round = each_round
        catalog = Catalog(settings, here, elsewhere=Elsewhere(here))
        acceptance = Acceptance(settings, catalog, files, ring=ring)
        intake = Intake(settings, catalog)
        self._schedules = schedules.Schedules(settings, files, intake, acceptance)
        self._handover = handover.Handover(settings, here, ring)
        self._lock: int | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._leases, self._beats = Stillness(), beats or Stillness()
        self._elsewhere: set[str] = set()
        self._died_at: dict[str, float] = {}
        self._next: dict[str, float] = {}
        self._cut_at = self._tell_at = 0.0
        self._clock = Clock()
        self._step_s, self._is_first_look = 0.0, True
        self._troubles: dict[Callable[[], object], Trouble] = {}
        self._absence = troubles.Absence()
        self._lacking = Trouble(log, "notices cannot be sent: %s", "notices can be sent again")
        self._away = Trouble(log, AWAY, "the database is available again to the keeper")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        # One connection for life: opening one costs more than a round that finds nothing.
        while not self._stopping.is_set():
            if self._attempt(is_present):
                self._away.note(None)
                for sweep in (*self._each_round, self._note_absence, self.sweep):
                    self._attempt(sweep)
            else:
                self._absence.begin()
            for _ in range(LOOKS_IN_A_ROUND):
                if not self._stopping.wait(ROUND_S / LOOKS_IN_A_ROUND):
                    self._attempt(self.keep_log_short)
        database.close()

    def _attempt(self, sweep: Callable[[], Result]) -> Result | None:
        """What a sweep gives, None when it fails."""
        trouble = self._troubles.setdefault(
            sweep,
            Trouble(log, "a sweep failed, and the keeper tries again: %s", "the sweep works again"),
        )
        try:
            result = sweep()
            trouble.note(None)
            return result
        except Exception as error:
            if is_unavailable(error):
                self._away.note(line_of(error))
                return None
            trouble.note(traceback.format_exc())
            return None

    def _note_absence(self) -> None:
        self._absence.end(is_keeper=self._is_the_keeper())

    def sweep(self) -> None:
        """One round: the guarded moves by every consumer, the tidying by one of them.

        A consumer that is stopped while it holds the lock must not stop the others' items.
        """
        self._attempt(self.follow_clock)
        with lifecycle.queued() as queues:
            for part in (self.adopt_orphans, self.expire_leases, lifecycle.release_due):
                self._attempt(part)
            self._attempt(self.cancel_hopeless)
        if queues:
            self._ring(queues)
        self._attempt(self.submit_due)
        if self._is_due("backlogs", BACKLOGS_EVERY_S):
            self._attempt(self.look_for_backlogs)
        self._attempt(self.tell_people)
        if self._is_due("troubles", TROUBLES_EVERY_S):
            self._attempt(self.look_for_trouble)
        if self._is_due("tidy"):
            self._attempt(self.tidy)
        if self._here.is_home and self._is_due("expire") and self._attempt(self.expire) is False:
            self._next.pop("expire")  # it goes on with the next round
        self._attempt(self.give_room_back)

    def follow_clock(self) -> None:
        """Let what waits keep its distance from now when the clock was set.

        It may have been set before this start, so the first round looks for what waits too long.
        """
        self._step_s += self._clock.look()
        if not self._is_the_keeper():
            self._step_s = 0.0  # whoever is the keeper follows it
        elif self._step_s or self._is_first_look:
            if self._step_s:
                lifecycle.follow_clock(self._step_s)
            self._step_s = 0.0
            lifecycle.shorten_waits()
            schedules.follow_clock()
            self._is_first_look = False

    def may_delete(self) -> bool:
        """Whether ages can be believed: whatever is deleted because it is old passes here.

        Not for an hour after a start or after the clock was set, and not while it says less than
        when the newest row was written.
        """
        return self._clock.is_steady() and seconds_ahead(queries.newest_at()) <= STEP_S

    def cancel_hopeless(self) -> None:
        """Made by all keepers of the home, as it holds up who waits for a job."""
        if not self._here.is_home:
            return
        until = time.monotonic() + EXPIRE_FOR_S
        while lifecycle.cancel_hopeless() and time.monotonic() < until:
            pass

    def submit_due(self) -> None:
        if self._is_the_keeper():
            self._schedules.submit_due()

    def look_for_backlogs(self) -> None:
        if self._here.is_home:
            backlogs.look(self._settings.queues)

    def tell_people(self) -> None:
        """Hand over the notices that are due, and look every other round: a flood of them waits."""
        if self._is_the_keeper() and time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + TELL_EVERY_S
            self._handover.look()

    def look_for_trouble(self) -> None:
        """Let admins know what is wrong with the installation, and what is not any more."""
        if self._here.is_home:
            running = queries.running_consumers(self._here)
            found = troubles.seen(self._settings, self._here, self._files, running)
            troubles.report_all("keeper", found)
            self._lacking.note("; ".join(wishes.lacking(self._settings.notices)) or None)
            troubles.tell(self._settings.notices)

    def keep_log_short(self) -> None:
        """Cut a write-ahead log that grows because somebody always reads."""
        is_time = time.monotonic() >= self._cut_at and database.log_bytes() > LONG_LOG_BYTES
        if is_time and self._is_the_keeper():
            self.cut_log()

    def cut_log(self) -> None:
        """Cut the log; whoever commits looks after it too, so it takes some tries to be first.

        A backup reads for as long as it takes: nobody shall have to wait for us meanwhile.
        """
        for _ in range(CUT_TRIES):
            if database.checkpoint() or self._stopping.wait(CUT_PAUSE_S):
                return
        self._cut_at = time.monotonic() + CUT_AGAIN_S
        log.warning(
            "the write-ahead log cannot be truncated while another program reads; it may grow"
        )

    def _is_due(self, chore: str, every_s: float = TIDY_EVERY_S) -> bool:
        """Whether it is time for a chore again, which one keeper of a folder does now and then."""
        if time.monotonic() < self._next.get(chore, 0.0) or not self._is_of_folder():
            return False
        self._next[chore] = time.monotonic() + every_s
        return True

    def _is_the_keeper(self) -> bool:
        """Whether it keeps the whole installation: it is the one of its folder, at the home."""
        return self._here.is_home and self._is_of_folder()

    def _is_of_folder(self) -> bool:
        """Whether it is the one that keeps its data folder."""
        if self._lock is None:
            self._lock = take_lock(self._here.folder / "keeper.lock", fcntl.LOCK_EX, wait_s=0)
        return self._lock is not None

    def adopt_orphans(self) -> int:
        """Give back the items of consumers that are gone."""
        known = queries.consumers()
        elsewhere = queries.elsewhere(self._here, known)
        self._elsewhere = {consumer.id for consumer in elsewhere}
        moved = self._adopt_silent(elsewhere)
        for consumer in known:
            if not queries.CONSUMER.fullmatch(consumer.id):  # no consumer ever was called so
                lifecycle.adopt(consumer.id)
            elif consumer.id not in self._elsewhere and self._is_gone(consumer.id):
                moved += lifecycle.adopt(consumer.id)
                self._here.forget_consumer(consumer.id)
        return moved

    def _adopt_silent(self, elsewhere: list[Consumer]) -> int:
        """Give back the items of those that run elsewhere and whose leases have ended.

        Their locks are nobody's here, even if they are called as those of this folder.
        """
        return sum(lifecycle.adopt_silent(c.id, c.beat) for c in elsewhere if self._is_over(c))

    def _is_over(self, consumer: Consumer) -> bool:
        """Whether the lease of a consumer has ended: its beat stood still for so long.

        Each has said for how long its own beats hold, whatever the settings are elsewhere. Those
        for ever are of the only machine, which was started again, as this machine has its place.
        """
        if consumer.lease_s is None:
            return bool(consumer.machine == self._here.machine)
        return bool(self._beats.still_s(consumer.id, str(consumer.beat)) >= consumer.lease_s)

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

        The backstop for a consumer of this folder that lives but does not move. It is measured by
        this process's monotonic clock, so a step of the wall clock expires nothing. While the
        database is away from us, nobody may be able to renew: then it is measured anew.
        """
        if self._files.free_bytes() < LEAST_ROOM_BYTES:
            self._leases = Stillness()  # none can be renewed on a full disk, so none stands still
            return 0
        asked = time.monotonic()
        held = {
            item: until
            for item, until, worker in queries.leases()
            if worker.partition("/")[0] not in self._elsewhere
        }
        still = self._leases.look(held, asked)
        over = [item for item, still_s in still.items() if still_s > lifecycle.LEASE_S]
        return sum(lifecycle.expire(item, held[item]) for item in over)

    def tidy(self) -> None:
        """Remove litter of crashes and keep the write-ahead log short."""
        scratch = self._files.scratch_folders()
        locks = {name.partition(".")[0] for name in self._here.consumer_files()}
        # Asked after the folders, so that nobody who came in between is taken for gone.
        known = {consumer.id for consumer in queries.consumers()}
        held = {name for name in locks - known if is_held(self._here.consumer_lock(name))}
        for path in (path for path, maker in scratch.items() if maker not in known | held):
            remove_tree(path)
        for consumer in locks - known - held:
            self._here.forget_consumer(consumer)
        if not self._here.is_home:
            return
        if self.may_delete():
            for kind in KINDS:
                old = self._files.jobs_with(kind, LITTER_AGE_S, "litter")
                self._files.remove_jobs(queries.unknown_jobs(old))
            uploads.remove_litter(self._here.folder, LITTER_AGE_S)
        self.cut_log()

    def expire(self) -> bool:
        """Delete what is too old, for one round; whether all of it is gone."""
        until = time.monotonic() + EXPIRE_FOR_S
        self._attempt(self.expire_uploads)
        may_delete, cache = self.may_delete(), self._settings.cache
        lifetime_s = cache.max_days * DAY_S if may_delete else None
        reuse.trim(most_bytes=cache.max_mb * MEBIBYTE, lifetime_s=lifetime_s)
        if not may_delete:
            return True
        for beside in (lifecycle, accounts, audit, uploads, handover):
            self._attempt(beside.forget_old)
        return all(self._expire_type(name, until) for name in queries.types_of_jobs())

    def _expire_type(self, type_name: str, until: float) -> bool:
        """Delete final jobs of a type whose days are over, bite by bite."""
        days = self._settings.lifetime_of(type_name).results_days
        ended = timestamp(-days * DAY_S)
        while bite := queries.ended_before(type_name, ended, EXPIRY_BITE) if days else []:
            self._files.remove_jobs(lifecycle.purge(bite, is_expired=True))
            if time.monotonic() > until or self._stopping.wait(BITE_PAUSE_S):
                return False
        return True

    def give_room_back(self) -> None:
        """Give the disk back what deleted rows left unused in the database, bite by bite."""
        if database.unused_bytes() <= KEPT_BYTES or not self._is_the_keeper():
            return
        if not database.is_shrinkable():
            return
        until = time.monotonic() + EXPIRE_FOR_S
        while database.shrink(SHRINK_BITE) > KEPT_BYTES:
            if time.monotonic() > until or self._stopping.wait(BITE_PAUSE_S):
                return  # it goes on with the next round
        self.cut_log()  # only then the file is shorter

    def expire_uploads(self) -> None:
        """Delete uploads of final jobs that are used up, or whose days are over; results stay."""
        may_delete = self.may_delete()
        for job_id in self._files.jobs_with("uploads", self._youngest_uploads_s(), "expiry"):
            job = queries.job(BELLHOP, job_id)
            if job is None or job.completed_at is None or job.keep:
                continue
            lifetime = self._settings.lifetime_of(job.type)
            is_used_up = job.status == "completed" and lifetime.uploads_on_success == "remove"
            days = lifetime.uploads_days
            if is_used_up or (may_delete and days and job.completed_at < timestamp(-days * DAY_S)):
                self._remove_uploads(job)

    def _remove_uploads(self, job: Job) -> None:
        with certain(lambda: getattr(queries.job(BELLHOP, job.job_id), "bytes", 0) != job.bytes):
            lifecycle.hold_bytes(job.job_id, -sum(self._files.upload_sizes(job.job_id).values()))
        self._files.remove_job(job.job_id, ["uploads"])

    def _youngest_uploads_s(self) -> float:
        """How old uploads must be before anything of them can be over, in seconds."""
        lifetimes = [self._settings.lifetime, *self._settings.type_lifetimes.values()]
        if any(lifetime.uploads_on_success == "remove" for lifetime in lifetimes):
            return 0.0
        return (
            min((each.uploads_days for each in lifetimes if each.uploads_days), default=0) * DAY_S
        )
