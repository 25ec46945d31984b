"""What the workers of a consumer do: claim an item, have it run, have recorded how it ended.

A worker is a thread of Huey's consumer, woken by the bell (bell/bell.py). It holds a slot of
the item's queue and an item's claim while a job process runs the code. How it ended is
recorded by recording.py.
"""

from __future__ import annotations

import fcntl
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import NamedTuple

from bellhop.accounts import accounts
from bellhop.base.errors import StoreAway, item_error
from bellhop.base.killpoint import die_at
from bellhop.base.masking import Mask
from bellhop.base.trouble import Trouble
from bellhop.base.units import MEBIBYTE
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.description import KnownType
from bellhop.consumer import inputs
from bellhop.consumer.hand import Hand
from bellhop.consumer.lease import Lease
from bellhop.consumer.lines import Pace, Shares
from bellhop.consumer.moves import End, Moves
from bellhop.consumer.owntypes import OwnTypes
from bellhop.consumer.recording import Ran, record
from bellhop.consumer.slots import Slots
from bellhop.consumer.watch import Watch
from bellhop.database.database import database, will_pass
from bellhop.functions.signature import FILES
from bellhop.jobprocess.ahead import MOST_AHEAD, MOST_AHEAD_LENGTH
from bellhop.jobprocess.order import Order, order_for
from bellhop.jobprocess.outcome import Interrupted, Outcome, Stop
from bellhop.jobprocess.pool import Pool
from bellhop.jobprocess.process import JobProcess, Listener, ProcessKind
from bellhop.jobs import consumers, lifecycle, ownwork, queries, queues, reuse
from bellhop.jobs.lifecycle import Claim, Completion
from bellhop.logs.about import about
from bellhop.machines import looking
from bellhop.settings.settings import Settings
from bellhop.storage import live, presence
from bellhop.storage.files import Files, Scratch
from bellhop.storage.installation import Installation
from bellhop.storage.itemlog import ItemLog
from bellhop.system import confine
from bellhop.system.locks import take_lock

TURN_S = 2.0
# What an item cannot have now: room on the disk, memory, processes, the database.
SHORTAGE = "The machine is short of disk space, memory or processes; Bellhop tries again later."
AWAY = "Bellhop cannot reach the files of jobs; it tries again later."
SHORTAGE_DELAY_S = 10
# When an item looks again whether its job type can be used by now.
PENDING_DELAY_S = 15
log = logging.getLogger("bellhop.workers")


class Running(NamedTuple):
    """An attempt that runs since `began` (monotonic)."""

    claim: Claim
    began: float
    process: JobProcess
    printed: ItemLog
    memory_mb: int

    def figures(self) -> live.Figures:
        limit_bytes = self.memory_mb * MEBIBYTE or None
        last_line = self.printed.last_line()
        return live.Figures(self.began, self.process.weight.held_bytes, limit_bytes, last_line)


class Workers:
    """The workers of one consumer: how they claim, run and record items."""

    def __init__(
        self,
        settings: Settings,
        here: Installation,
        *,
        consumer: str,
        counts: dict[str, int],
        ring: Callable[[Mapping[str, int]], None],
    ):
        self.consumer = consumer
        self.slots = Slots(counts)
        self._counts = dict(counts)
        self.files = Files(here.folder, settings.storage.files)
        alive = take_lock(here.processes_lock(consumer), fcntl.LOCK_EX)
        if alive is None:
            raise RuntimeError(f"consumer {consumer} lives twice")
        self.stopping = threading.Event()
        self.pool = Pool(
            settings,
            lambda: self.files.new_scratch(consumer),
            self._bounds,
            self.slots.limit,
            alive,
            self.stopping,
        )
        # While the rows are in SQLite, all consumers know each other by their locks.
        lease_s = settings.machines.lease_s if here.rows else float("inf")
        self.lease = Lease(lease_s, self.pool.cut_off)
        self._settings = settings
        self._queues = list(counts)
        self._catalog = Catalog(settings, here)
        self._ring = ring
        self._pace = Pace()
        self._types = OwnTypes(here, self._catalog)
        self._shares = Shares(consumer, self.slots.limit)
        self._moves = Moves(
            self._cache_key, self._shares, self._pace, self._ring_others, self._types.names
        )
        self._stop_at = float("inf")
        self._is_shared = accounts.is_closed()
        self.waiting: set[int] = set()
        self._here = here
        self._running: dict[int, Running] = {}
        self._due = 0
        self._due_lock = threading.Lock()
        self.recording = Trouble(
            log,
            "results cannot be recorded (%s); workers keep them and wait",
            "results can be recorded again",
        )

    def work(self) -> None:
        """Answer one bell: run due items for about `TURN_S`, then pass the bell on."""
        until = time.monotonic() + TURN_S
        try:
            presence.require()
            while not self.stopping.is_set() and (queue := self._serve(until)):
                if time.monotonic() >= until:
                    self._ring({queue: 1})
                    break
        except Exception as error:
            if not will_pass(error):
                raise
            self.recording.note(str(error))
        finally:
            database.close()

    def run_next(self) -> bool:
        """Claim, run and record one due item; False when there is none for a free slot."""
        return bool(self._serve(0.0, most=1))

    def _serve(self, until: float, most: int = MOST_AHEAD) -> str:
        """Run items of one queue, at least one and until then (monotonic); "" without any.

        Each is claimed with the end of the one before.
        """
        if not self.lease.holds():
            return ""
        worker = f"{self.consumer}/{threading.current_thread().name}"
        is_in_doubt = self._moves.is_in_doubt(worker)  # it may hold something that none waits for
        for queue in self._queues if is_in_doubt else lifecycle.queues_with_items(self._queues):
            if not self.slots.enter(queue):
                continue
            try:
                hand = Hand(worker, queue, self._moves, self.lease, self._let_go_end, most)
                hand.settle(wants_more=True)
                if hand.is_holding():
                    self._run_all(hand, queue, until)
                    return queue
            finally:
                self.slots.leave(queue)
        return ""

    def _run_all(self, hand: Hand, queue: str, until: float) -> None:
        """Run what is in a hand, and what comes into it."""
        try:
            while claim := hand.next():
                began = time.monotonic()
                with about(claim.known_as):
                    is_ready = self._run(claim, hand)
                now = time.monotonic()
                self._pace.note(claim.type, now - began)
                is_welcome = self._is_welcome(queue)
                if is_ready and is_welcome and hand.may_go_on():
                    continue
                hand.settle(wants_more=is_welcome and now < until)
                if not self.waiting:
                    self.recording.note(None)
        finally:
            if hand.process:  # nobody waits for what it has begun
                self.pool.end(hand.process)

    def _is_welcome(self, queue: str) -> bool:
        """Whether a worker of a queue may go on to its next item."""
        is_over = self.stopping.is_set() or self.slots.is_over(queue)
        return self.lease.holds() and not is_over

    def _bounds(self, scratch: Scratch, kind: ProcessKind) -> confine.Bounds:
        """What a job process may reach: less from the first account on."""
        return confine.bounds(
            self._settings,
            readable=[scratch.folder],
            writable=[scratch.home, scratch.output],
            is_shared=accounts.is_closed(),
            network=kind.network,
            memory_mb=kind.memory_mb,
        )

    def follow_switches(self) -> None:
        """Serve each queue as people want it now, and whether they share it; once a second."""
        self._is_shared = accounts.is_closed()
        wanted = queues.workers_set()
        self.slots.resize({name: wanted.get(name, n) for name, n in self._counts.items()})

    def look(self) -> None:
        """Count the due items that a free slot waits for; once a second, by the keeper."""
        self._moves.settle_doubts()
        self._shares.serving = queries.serving()
        self._types.look()
        self._due = queries.count_due(self.slots.free(), self._types.names())

    def tell_who_looks(self) -> None:
        """Tell what the items take that run, while somebody looks; once a second, by the keeper."""
        if live.is_asked(self._here):
            live.tell(self._here, self.consumer, self._figures())
        elif looking.is_asked(self._here):
            consumers.report_figures(self.consumer, live.as_row(self._figures()))

    def _figures(self) -> dict[str, live.Figures]:
        running = list(self._running.values())
        return {live.key(each.claim.id, each.claim.attempt): each.figures() for each in running}

    def served(self) -> dict[str, int]:
        """How many items of each queue they run at once."""
        return {queue: self.slots.limit(queue) for queue in self._queues}

    def _ring_others(self, queues: Mapping[str, int]) -> None:
        """Wake workers of others for what these let run, and cannot run themselves at once."""
        self._ring({q: n for q, n in queues.items() if n > self._counts.get(q, 0)})

    def is_due(self) -> bool:
        """Whether the last look found something for this worker too, who answers it."""
        with self._due_lock:
            self._due -= 1
            return self._due >= 0 and not self.stopping.is_set()

    def stop_by(self, grace_s: float) -> None:
        """Take no more items, and interrupt what still runs `grace_s` seconds from now."""
        self._stop_at = time.monotonic() + grace_s
        self.stopping.set()

    def end_grace(self) -> None:
        """Interrupt what still runs now; a handler of signals may call this."""
        self._stop_at = 0.0

    def is_grace_over(self) -> bool:
        return time.monotonic() >= self._stop_at

    def _cache_key(self, candidate: Claim) -> str | None:
        """Under what its result may be used again, or one may be used for it."""
        job_type = self._catalog.types().get(candidate.type)
        if not (self._settings.cache.max_mb and job_type and job_type.available):
            return None
        return reuse.key_of(
            job_type,
            owner=self._settings.owner_in_cache(candidate.owner),
            params=candidate.params,
            given=candidate.input,
            sha256=candidate.sha256,
        )

    def _run(self, claim: Claim, hand: Hand) -> bool:
        """Run an item; whether its process is ready for the next one."""
        watch = Watch(claim, self.is_grace_over, self.waiting, self.recording)
        try:
            if hand.process and hand.job_type:  # which has begun it
                return self._attempt(claim, hand.job_type, watch, hand)
            job_type = self._catalog.types().get(claim.type)
            if claim.cancel_requested:
                hand.end(claim, watch, partial(lifecycle.cancel, claim))
            elif job_type is None or not job_type.available:
                hand.end(claim, watch, self._without_type(claim, job_type))
            elif not self._reuse(claim, job_type, watch, hand):
                return self._attempt(claim, job_type, watch, hand)
        except inputs.NotGiven as error:
            hand.end(claim, watch, partial(lifecycle.fail, claim, error.error))
        except Exception as error:
            if will_pass(error) and self.is_grace_over():
                raise  # it stays claimed, and is adopted after this stop
            self._let_go(claim, error, watch)
            return False
        return True

    def _without_type(self, claim: Claim, job_type: KnownType | None) -> Callable[[], bool]:
        """How an item ends whose type cannot be used now: it waits, or has failed once more."""
        reason = job_type.reason if job_type else "its file was removed"
        # Of several machines, this one claims no more of it: another may run it, or none.
        if self._types.names() is not None or (job_type and job_type.is_pending):
            return partial(lifecycle.try_again, claim, PENDING_DELAY_S, f"{reason}.")
        error = item_error("type_unavailable", reason=reason)
        again = () if job_type and job_type.is_broken else self._delays_s(claim)
        return partial(lifecycle.fail_attempt, claim, error, again)

    def _delays_s(self, claim: Claim) -> Sequence[float]:
        job_type = self._catalog.types().get(claim.type)
        return job_type.delays_s if job_type else self._settings.retry.delays_s

    def _let_go_end(self, end: End, error: Exception) -> None:
        """End a claim otherwise that cannot be recorded as it ended."""
        with about(end.claim.known_as):
            self._let_go(end.claim, error, end.watch)

    def _let_go(self, claim: Claim, error: Exception, watch: Watch) -> None:
        """End a claim that Bellhop could not end as it should: no process runs the item any more.

        What will pass is no failure.
        """
        which = "job=%s item=%d: "
        if will_pass(error):
            said = f"{which}cannot run now (%s); Bellhop tries again"
            log.warning(said, claim.job_id, claim.index, error)
            why = AWAY if isinstance(error, StoreAway) else SHORTAGE
            later = partial(lifecycle.try_again, claim, SHORTAGE_DELAY_S, why)
            watch.when_it_can_be(later)
            return
        said = f"{which}internal error in Bellhop"
        log.error(said, claim.job_id, claim.index, exc_info=error)
        mistake = item_error("unexpected_error", summary="see Bellhop's log")
        try:
            watch.when_it_can_be(
                partial(lifecycle.fail_attempt, claim, mistake, self._delays_s(claim))
            )
        except Exception as again:
            if will_pass(again):
                raise
            # What went wrong before goes wrong here as well: this needs the claim alone.
            watch.when_it_can_be(partial(lifecycle.fail, claim, mistake))

    def _reuse(self, claim: Claim, job_type: KnownType, watch: Watch, hand: Hand) -> bool:
        """Complete the item with an earlier result; False when there is none."""
        if not (hit := self._hit(claim, job_type, watch)):
            return False
        try:
            name = self.files.fresh_name(claim.name)
            files = self.files.reuse(json.loads(hit.files), hit.job_id, claim.job_id, name)
        except FileNotFoundError:  # its job was deleted just now
            return False
        completion = Completion(
            claim=claim,
            data=hit.data,
            files=json.dumps(files),
            warnings=hit.warnings,
            reused=hit,
        )
        hand.end(claim, watch, completion)
        return True

    def _hit(self, claim: Claim, job_type: KnownType, watch: Watch) -> reuse.Hit | None:
        """An earlier result that the item can have."""
        if claim.cache_key is None or not claim.use_cache:
            return None
        most_s = reuse.lifetime_s(job_type, self._settings.cache.max_days)
        return watch.when_it_can_be_read(partial(reuse.find, claim.cache_key, most_s))

    def _attempt(self, claim: Claim, job_type: KnownType, watch: Watch, hand: Hand) -> bool:
        """Run one attempt in a job process; whether that is ready for the next one."""
        kind = ProcessKind.of(job_type, claim.queue, claim.owner, is_shared=self._is_shared)
        take = partial(self.pool.take, kind, job_type)
        process = hand.process or watch.when_it_can_be_read(take)
        hand.process, hand.job_type = process, job_type
        printed = self.files.new_log(claim.job_id, claim.name)
        began = time.monotonic()
        self._running[claim.id] = Running(claim, began, process, printed, job_type.memory_mb)
        try:
            order = process.ahead.begun or self._order(claim, job_type, process.scratch, watch)
            mask = Mask.of_type(job_type.settings, order.settings)
            self.files.make_way(claim.job_id, claim.name)
            die_at("run-process")
            began = time.monotonic()
            listener = Listener(watch.on_progress, watch.on_partial, printed.write)
            why_stop = partial(self._why_stop, watch, hand)
            ahead = partial(self._ahead, claim, job_type, process, watch, hand)
            # It may be another's by now: a process that has begun it is ended with the lease.
            may_run = process.ahead.begun or self.lease.holds(hand.lease_number)
            run = partial(process.run, order, listener, why_stop, mask, hand.left_s(), ahead)
            outcome: Outcome = run() if may_run else Interrupted(is_cut_off=True)
            die_at("run-done")
            printed.close()
            seconds, is_followed = time.monotonic() - began, process.ahead.begun is not None
            claim.measured.ran_s, claim.measured.peak_bytes = seconds, process.weight.peak_bytes
            ran = Ran(outcome, seconds, job_type.delays_s, mask, process.scratch, is_followed)
            record(claim, ran, self.files, watch, hand)
        except BaseException:
            if not process.is_dead:
                process.kill()
            raise
        finally:
            del self._running[claim.id]
            is_kept = process.ahead.begun is not None
            if not is_kept:
                hand.process = None
                is_kept = self.pool.give_back(process)
        return is_kept

    def _ahead(
        self, claim: Claim, job_type: KnownType, process: JobProcess, watch: Watch, hand: Hand
    ) -> list[Order]:
        """The orders for what the process may begin by itself after the item that it begins now."""
        if not (self._is_welcome(claim.queue) and hand.may_go_on()):
            return []
        left = max(0, self._settings.jobtypes.recycle_after_items - process.items)
        waiting = hand.waiting()[: min(left, process.ahead.room)]
        claims = takewhile(partial(self._may_be_ahead, job_type, watch), waiting)
        return [self._order(claim, job_type, process.scratch, watch) for claim in claims]

    def _may_be_ahead(self, job_type: KnownType, watch: Watch, claim: Claim) -> bool:
        """Whether nothing needs to be done for an item before its process begins it."""
        # What waits in a process takes from the memory of the items before it.
        is_short = len(json.dumps([claim.input, claim.params])) <= MOST_AHEAD_LENGTH
        is_held_up = claim.cancel_requested or not {*FILES, "beside"}.isdisjoint(claim.input)
        return is_short and not (is_held_up or self._hit(claim, job_type, watch))

    @staticmethod
    def _why_stop(watch: Watch, hand: Hand) -> Stop | None:
        """Asked while an item runs: nothing is held meanwhile."""
        watch.bear_with(hand.release)
        return watch.why_stop()

    def _order(self, claim: Claim, job_type: KnownType, scratch: Scratch, watch: Watch) -> Order:
        own = partial(ownwork.settings_of, claim.type, claim.owner, self._settings)
        kind = next(iter(claim.input))
        value, beside = inputs.given(self.files, claim, scratch, watch.keep_lease)
        return order_for(
            self._settings,
            job_type,
            scratch,
            item_id=f"{claim.job_id}-{claim.index}-{claim.step}",
            attempt=claim.attempt,
            kind=kind,
            value=value,
            beside=beside,
            params=claim.params,
            # Job types make names of their own of it.
            filename=claim.filename.rpartition("/")[2] if kind in FILES else claim.filename,
            free_bytes=scratch.free_bytes(),
            own_settings=watch.when_it_can_be_read(own),
        )
