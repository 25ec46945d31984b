"""What the workers of a consumer do: claim an item, have it run, record how it ended.

A worker is a thread of Huey's consumer, woken by the bell (bell/bell.py). It holds a slot of
the item's queue and an item's claim while a job process runs the code; every way the run
can end becomes exactly one move of `lifecycle`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from bellhop.accounts import accounts
from bellhop.base.errors import ItemError, item_error
from bellhop.base.killpoint import die_at
from bellhop.base.masking import Mask
from bellhop.base.settings import Settings
from bellhop.base.trouble import Trouble
from bellhop.base.units import MEBIBYTE
from bellhop.catalog.catalog import Catalog
from bellhop.jobprocess.pool import Pool, Slots
from bellhop.jobprocess.process import Outcome
from bellhop.jobs import lifecycle, queries, queues, reuse, webhooks
from bellhop.jobs.lifecycle import Claim
from bellhop.storage.database import database, will_pass
from bellhop.storage.files import Files, Scratch
from bellhop.storage.installation import Installation
from bellhop.storage.itemlog import ItemLog
from bellhop.system import confine
from bellhop.system.locks import take_lock

TURN_S = 2.0
LEASE_RENEWAL_S = 20.0
PROGRESS_EVERY_S = 0.2
RECORD_AGAIN_S = 0.5
LEAST_FILE_MB = 64
GONE: dict[str, Any] = {"available": False, "reason": "its file is gone"}
Done = TypeVar("Done")
log = logging.getLogger("bellhop.workers")


class Workers:
    """The workers of one consumer: how they claim, run and record items."""

    def __init__(
        self,
        settings: Settings,
        here: Installation,
        *,
        consumer: str,
        counts: dict[str, int],
        ring: Callable[[int], None],
    ):
        self.consumer = consumer
        self.slots = Slots(counts)
        self._counts = dict(counts)
        self.files = Files(here.folder)
        alive = take_lock(here.processes_lock(consumer), fcntl.LOCK_EX)
        assert alive is not None, f"consumer {consumer} lives twice"
        self.pool = Pool(
            settings.jobtypes.recycle_after_items,
            lambda: self.files.new_scratch(consumer),
            self._bounds,
            alive,
        )
        self.stopping = threading.Event()
        self._settings = settings
        self._queues = list(counts)
        self._catalog = Catalog(settings, here)
        self._ring = ring
        self._stop_at = float("inf")
        self.waiting: set[int] = set()
        self._due = 0
        self._due_lock = threading.Lock()
        self.recording = Trouble(
            log,
            "nothing can be recorded (%s); what runs is kept and waits",
            "what happens is recorded again",
        )

    def work(self) -> None:
        """Answer one bell: run due items for about `TURN_S`, then pass the bell on."""
        until = time.monotonic() + TURN_S
        try:
            while not self.stopping.is_set() and self.run_next():
                if not self.waiting:
                    self.recording.note(None)
                if time.monotonic() >= until:
                    self._ring(1)
                    break
        except Exception as error:
            if not will_pass(error):
                raise
            self.recording.note(str(error))
        finally:
            database.close()

    def run_next(self) -> bool:
        """Claim, run and record one due item; False when there is none for a free slot."""
        for queue in self._queues:
            if not self.slots.enter(queue):
                continue
            try:
                worker = f"{self.consumer}/{threading.current_thread().name}"
                if claim := lifecycle.claim(queue, worker, self._cache_key):
                    die_at("claim-commit")
                    self._run(claim)
                    return True
            finally:
                self.slots.leave(queue)
        return False

    def _bounds(self, scratch: Scratch, network: bool) -> confine.Bounds:
        """What a job process may reach: less from the first account on."""
        is_shared = accounts.is_closed()
        return confine.bounds(self._settings, scratch.folder, network=network, is_shared=is_shared)

    def follow_switches(self) -> None:
        """Serve each queue with as many workers as people want now; once a second."""
        wanted = queues.workers_set()
        self.slots.resize({name: wanted.get(name, n) for name, n in self._counts.items()})

    def look(self) -> None:
        """Count the due items that a free slot waits for; once a second, by the keeper."""
        self._due = queries.count_due(self.slots.free())

    def is_due(self) -> bool:
        """Whether the last look found something for this worker too, who answers it."""
        with self._due_lock:
            self._due -= 1
            return self._due >= 0 and not self.stopping.is_set()

    def stop_by(self, grace_s: float) -> None:
        """Take no more items, and interrupt what still runs `grace_s` seconds from now."""
        self._stop_at = time.monotonic() + grace_s
        self.stopping.set()

    def is_grace_over(self) -> bool:
        return time.monotonic() >= self._stop_at

    def _cache_key(self, candidate: Claim) -> str | None:
        """Under what its result may be used again, or one may be used for it."""
        job_type = self._catalog.types().get(candidate.type, GONE)
        if not (self._settings.cache.max_mb and job_type["available"]):
            return None
        return reuse.key_of(
            job_type,
            owner=self._settings.owner_in_cache(candidate.owner),
            params=candidate.params,
            given=candidate.input,
            sha256=candidate.sha256,
        )

    def _run(self, claim: Claim) -> None:
        watch = _Watch(claim, self)
        delays_s = self._settings.retry.delays_s
        try:
            description = self._catalog.types().get(claim.type, GONE)
            delays_s = description.get("delays_s", delays_s)
            if claim.cancel_requested:
                watch.when_it_can_be(partial(lifecycle.cancel, claim))
            elif self._reuse(claim, description, watch):
                pass
            elif description["available"]:
                self._attempt(claim, description, watch)
            else:
                error = item_error("type_unavailable", reason=description["reason"])
                watch.when_it_can_be(partial(lifecycle.fail_attempt, claim, error, delays_s))
        except Exception as error:
            if will_pass(error):
                raise  # it stays claimed, and is adopted after this stop
            log.exception("job=%s item=%d: Bellhop made a mistake", claim.job_id, claim.index)
            mistake = item_error("unexpected_error", summary="see Bellhop's log")
            watch.when_it_can_be(partial(lifecycle.fail_attempt, claim, mistake, delays_s))

    def _reuse(self, claim: Claim, description: dict[str, Any], watch: _Watch) -> bool:
        """Complete the item with an earlier result; False when there is none."""
        if claim.cache_key is None or not claim.use_cache:
            return False
        most_s = reuse.lifetime_s(description, self._settings.cache.max_days)
        hit = reuse.find(claim.cache_key, most_s)
        if hit is None:
            return False
        link = partial(
            self.files.reuse, json.loads(hit.files), hit.job_id, claim.job_id, claim.name
        )
        try:
            files = watch.when_it_can_be(link)
        except FileNotFoundError:  # its job was deleted just now
            return False
        complete = partial(
            lifecycle.complete,
            claim,
            data=hit.data,
            files=json.dumps(files),
            warnings=hit.warnings,
            reused=hit,
        )
        watch.when_it_can_be(complete)
        return True

    def _attempt(self, claim: Claim, description: dict[str, Any], watch: _Watch) -> None:
        """Run one attempt in a job process and record how it ended."""
        process = watch.when_it_can_be(partial(self.pool.take, claim.queue, description))
        order = self._order(claim, description, process.scratch)
        mask = Mask.of_type(description["settings"], order["settings"])
        printed = ItemLog(self.files.log(claim.job_id, claim.name))
        try:
            self.files.withdraw(claim.job_id, claim.name)
            die_at("run-process")
            began = time.monotonic()
            limit_s, show = description["timeout_s"], watch.on_progress
            outcome = process.run(order, limit_s, show, printed.write, watch.why_stop, mask)
            die_at("run-done")
            printed.close()
            ran = _Ran(outcome, time.monotonic() - began, description, mask)
            self._record(claim, ran, process.scratch, watch)
        except BaseException:
            if not process.is_dead:
                process.kill()
            raise
        finally:
            self.pool.give_back(process)

    def _order(self, claim: Claim, description: dict[str, Any], scratch: Scratch) -> dict[str, Any]:
        return {
            "of": f"{claim.id}-{claim.attempt}",
            "type": claim.type,
            "path": description["path"],
            "stamp": description["stamp"],
            "input": self._input(claim),
            "params": claim.params,
            "filename": claim.filename,
            "scratch_dir": str(scratch.home),
            "output_dir": str(scratch.output),
            "item_id": f"{claim.job_id}-{claim.index}-{claim.step}",
            "attempt": claim.attempt,
            "memory_mb": description["memory_mb"],
            "max_file_mb": self._max_file_mb(),
            "settings": self._settings_for(claim, description),
        }

    def _max_file_mb(self) -> int:
        """How large a file of a job may grow: what the disk has left, without the reserve."""
        left_mb = self.files.free_bytes() // MEBIBYTE - self._settings.storage.reserve_mb
        return max(left_mb, LEAST_FILE_MB)

    def _settings_for(self, claim: Claim, description: dict[str, Any]) -> dict[str, str | None]:
        """What the job type declared that it needs, and nothing else."""
        declared = list(description["settings"])
        given = self._settings.for_type(claim.type, declared)
        if claim.type == webhooks.TYPE:
            given["secret"] = webhooks.secret_of(claim.owner)
        if description["network"] and "allowed" in declared:
            given["allowed"] = ",".join(self._settings.outbound.allowed)
        return given

    def _input(self, claim: Claim) -> dict[str, Any]:
        ((kind, value),) = claim.input.items()
        if kind == "file":
            value = str(self.files.upload(claim.job_id, value))
        elif kind == "files":
            value = [str(self.files.upload(claim.job_id, name)) for name in value]
        return {kind: value}

    def _record(self, claim: Claim, ran: _Ran, scratch: Scratch, watch: _Watch) -> None:
        """Turn how the attempt ended into one move."""
        if ran.outcome.kind == "completed":
            return self._complete(claim, ran, scratch, watch)
        with contextlib.suppress(OSError):
            scratch.clear()  # it may be what fills the disk
        watch.when_it_can_be(_move_for(claim, ran.outcome, ran.description["delays_s"]))
        error = ran.outcome.facts.get("error")
        if claim.type == webhooks.TYPE and error and error["code"] == "webhook_gone":
            webhooks.disable(claim.owner, claim.params["url"])

    def _complete(self, claim: Claim, ran: _Ran, scratch: Scratch, watch: _Watch) -> None:
        facts = ran.outcome.facts
        publish = partial(self.files.publish, scratch.output, claim.job_id, claim.name)
        publish = partial(publish, watch.keep_lease, ran.mask.hits)
        files, left_out = watch.when_it_can_be(publish)
        die_at("finish-files")
        warnings = [*facts["warnings"], *(_left_out(ran.mask.text(name)) for name in left_out)]
        complete = partial(
            lifecycle.complete,
            claim,
            data=facts["data"],
            files=json.dumps(files),
            warnings=json.dumps(warnings),
            seconds=ran.seconds,
        )
        is_recorded = watch.when_it_can_be(complete)
        die_at("finish-commit")
        if files and not is_recorded:
            self.files.withdraw(claim.job_id, claim.name)


@dataclass(frozen=True)
class _Ran:
    """An attempt that ran: how it ended, after how many seconds, by which description.

    `mask` knows the secrets that it was given.
    """

    outcome: Outcome
    seconds: float
    description: dict[str, Any]
    mask: Mask


def _move_for(claim: Claim, outcome: Outcome, delays_s: Sequence[float]) -> Callable[[], bool]:
    """The move for an attempt that did not complete."""
    facts = outcome.facts
    match outcome.kind:
        case "bad_input":
            return partial(lifecycle.fail, claim, ItemError(**facts["error"]))
        case "timed_out" | "result_too_large" | "file_too_large":
            return partial(lifecycle.fail, claim, item_error(outcome.kind, **facts))
        case "try_again":
            return partial(lifecycle.try_again, claim, facts["delay_s"], facts["reason"])
        case "crashed":
            return partial(lifecycle.crash, claim, facts["signal"])
        case "cancelled":
            return partial(lifecycle.cancel, claim)
        case "interrupted":
            return partial(lifecycle.interrupt, claim)
        case "out_of_memory":
            error = item_error("out_of_memory")
        case "unavailable_outside":
            error = ItemError(**facts["error"])
        case "unavailable":
            error = item_error("type_unavailable", reason=facts["reason"])
        case _:  # a mistake of the job type
            trace = facts["traceback"]
            log.error("job=%s item=%d: %s", claim.job_id, claim.index, trace)
            error = item_error(facts["code"], summary=facts["summary"], traceback=trace)
    return partial(lifecycle.fail_attempt, claim, error, delays_s)


def _left_out(name: str) -> dict[str, Any]:
    text = "This output file was left out: its name cannot be shown, or it is no plain file."
    return {"code": "file_left_out", "message": text, "where": name}


class _Watch:
    """What a worker does besides waiting: show progress, renew the lease, hear a cancel."""

    def __init__(self, claim: Claim, workers: Workers):
        self._claim, self._workers = claim, workers
        self._unshown: tuple[int, str] | None = None
        now = time.monotonic()
        self._show_at = now
        self._renew_at = now + LEASE_RENEWAL_S

    def on_progress(self, percent: int, step: str) -> None:
        self._unshown = percent, step
        if time.monotonic() >= self._show_at:
            self._show()

    def why_stop(self) -> str | None:
        """ "cancelled", "interrupted" or None; asked four times a second while a job runs."""
        if self._workers.is_grace_over():
            return "interrupted"
        try:
            return self._ask_rows()
        except Exception as error:
            self._bear(error)
            return None
        finally:
            database.close()  # no connection is held while a job runs

    def _ask_rows(self) -> str | None:
        if self._unshown:
            self._show()
        if not self.keep_lease():
            return "interrupted"  # somebody else has it: whatever we record is refused
        return "cancelled" if lifecycle.cancel_asked(self._claim) else None

    def keep_lease(self) -> bool:
        """Renew the lease when it is time; False when the claim was given away."""
        if time.monotonic() < self._renew_at:
            return True
        self._renew_at = time.monotonic() + LEASE_RENEWAL_S
        return lifecycle.renew(self._claim)

    def when_it_can_be(self, act: Callable[[], Done]) -> Done:
        """What `act` gives; while the disk is full or the database busy, it is tried again.

        Until the grace of a stop is over: then the item stays claimed, and is adopted later.
        """
        try:
            while True:
                try:
                    return act()
                except Exception as error:
                    if self._workers.is_grace_over():
                        raise
                    self._bear(error)
                    self._workers.waiting.add(self._claim.id)
                time.sleep(RECORD_AGAIN_S)
                try:
                    self.keep_lease()
                except Exception as error:
                    self._bear(error)
        finally:
            self._workers.waiting.discard(self._claim.id)

    def _bear(self, error: Exception) -> None:
        """An item runs on while nothing can be recorded; every other error ends it."""
        if not will_pass(error):
            raise error
        self._workers.recording.note(str(error))

    def _show(self) -> None:
        assert self._unshown is not None
        self._show_at = time.monotonic() + PROGRESS_EVERY_S
        try:
            lifecycle.progress(self._claim, *self._unshown)
            self._unshown = None
        except Exception as error:
            self._bear(error)
