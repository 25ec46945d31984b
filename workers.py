"""What the workers of a consumer do: claim an item, have it run, record how it ended.

A worker is a thread of Huey's consumer, woken by the bell (tasks.py). It holds a slot of
the item's queue and an item's claim while a job process runs the code; every way the run
can end becomes exactly one move of `lifecycle`.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import lifecycle
import queries
from catalog import Catalog
from errors import item_error
from files import Files, Scratch
from installation import Installation
from jobprocess import Outcome, Pool
from lifecycle import Claim
from models import database
from settings import Settings

TURN_S = 2.0
LEASE_RENEWAL_S = 20.0
PROGRESS_EVERY_S = 0.2
log = logging.getLogger("bellhop.workers")


class Slots:
    """How many items of each queue run in this consumer, never more than its workers."""

    def __init__(self, workers: dict[str, int]):
        self._free = dict(workers)
        self._lock = threading.Lock()

    def enter(self, queue: str) -> bool:
        with self._lock:
            if self._free[queue] <= 0:
                return False
            self._free[queue] -= 1
            return True

    def leave(self, queue: str) -> None:
        with self._lock:
            self._free[queue] += 1

    def free_queues(self) -> list[str]:
        with self._lock:
            return [queue for queue, free in self._free.items() if free > 0]


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
        self.total = sum(counts.values())
        self.files = Files(here.folder)
        self.pool = Pool(
            settings.jobtypes.recycle_after_items, lambda: self.files.new_scratch(consumer)
        )
        self.stopping = threading.Event()
        self._settings = settings
        self._queues = list(counts)
        self._catalog = Catalog(settings, here)
        self._ring = ring
        self._stop_at = float("inf")
        self._due_seen = threading.Event()

    def work(self) -> None:
        """Answer one bell: run due items for about `TURN_S`, then pass the bell on."""
        until = time.monotonic() + TURN_S
        try:
            while not self.stopping.is_set() and self.run_next():
                if time.monotonic() >= until:
                    self._ring(1)
                    break
        finally:
            database.close()

    def run_next(self) -> bool:
        """Claim, run and record one due item; False when there is none for a free slot."""
        for queue in self._queues:
            if not self.slots.enter(queue):
                continue
            try:
                worker = f"{self.consumer}/{threading.current_thread().name}"
                if claim := lifecycle.claim(queue, worker):
                    self._run(claim)
                    return True
            finally:
                self.slots.leave(queue)
        return False

    def look(self) -> None:
        """Note whether a due item waits for a free slot; once a second, by the keeper."""
        if queries.any_due(self.slots.free_queues()):
            self._due_seen.set()

    def is_due(self) -> bool:
        """Whether the last look found something; true for one worker, who answers it."""
        is_due = self._due_seen.is_set() and not self.stopping.is_set()
        self._due_seen.clear()
        return is_due

    def stop_by(self, grace_s: float) -> None:
        """Take no more items, and interrupt what still runs `grace_s` seconds from now."""
        self._stop_at = time.monotonic() + grace_s
        self.stopping.set()

    def is_grace_over(self) -> bool:
        return time.monotonic() >= self._stop_at

    def _run(self, claim: Claim) -> None:
        if claim.cancel_requested:
            lifecycle.cancel(claim)
            return
        description = self._catalog.types().get(claim.type)
        if description is None or not description["available"]:
            reason = description["reason"] if description else "its file is gone"
            self._fail_attempt(claim, description, item_error("type_unavailable", reason=reason))
            return
        try:
            self._attempt(claim, description)
        except Exception:
            log.exception("job=%s item=%d: Bellhop made a mistake", claim.job_id, claim.index)
            error = item_error("unexpected_error", summary="see Bellhop's log")
            self._fail_attempt(claim, description, error)

    def _fail_attempt(
        self, claim: Claim, description: dict[str, Any] | None, error: dict[str, Any]
    ) -> None:
        delays_s = description["delays_s"] if description else self._settings.retry.delays_s
        lifecycle.fail_attempt(claim, error, delays_s)

    def _attempt(self, claim: Claim, description: dict[str, Any]) -> None:
        """Run one attempt in a job process and record how it ended."""
        watch = _Watch(claim, self)
        process = self.pool.take(claim.queue, description["path"], description["stamp"])
        try:
            order = self._order(claim, description, process.scratch)
            outcome = process.run(
                order, description["timeout_s"], watch.on_progress, watch.why_stop
            )
            self._record(claim, outcome, description, process.scratch, watch)
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
            "settings": self._settings.for_type(claim.type, list(description["settings"])),
        }

    def _input(self, claim: Claim) -> dict[str, Any]:
        ((kind, value),) = claim.input.items()
        if kind == "file":
            value = str(self.files.upload(claim.job_id, value))
        elif kind == "files":
            value = [str(self.files.upload(claim.job_id, name)) for name in value]
        return {kind: value}

    def _record(
        self,
        claim: Claim,
        outcome: Outcome,
        description: dict[str, Any],
        scratch: Scratch,
        watch: _Watch,
    ) -> None:
        """Turn how the attempt ended into one move."""
        facts, delays_s = outcome.facts, description["delays_s"]
        match outcome.kind:
            case "completed":
                self._complete(claim, facts, scratch, watch)
            case "bad_input":
                lifecycle.fail(claim, facts["error"])
            case "timed_out" | "result_too_large":
                lifecycle.fail(claim, item_error(outcome.kind, **facts))
            case "try_again":
                lifecycle.try_again(claim, facts["delay_s"], facts["reason"])
            case "mistake":
                log.error("job=%s item=%d: %s", claim.job_id, claim.index, facts["traceback"])
                error = item_error(facts["code"], summary=facts["summary"])
                lifecycle.fail_attempt(claim, error, delays_s)
            case "out_of_memory":
                lifecycle.fail_attempt(claim, item_error("out_of_memory"), delays_s)
            case "unavailable":
                error = item_error("type_unavailable", reason=facts["reason"])
                lifecycle.fail_attempt(claim, error, delays_s)
            case "crashed":
                lifecycle.crash(claim, facts["signal"])
            case "cancelled":
                lifecycle.cancel(claim)
            case "interrupted":
                lifecycle.interrupt(claim)

    def _complete(
        self, claim: Claim, facts: dict[str, Any], scratch: Scratch, watch: _Watch
    ) -> None:
        name = f"{claim.index}-{claim.step}-{claim.attempt}"
        files, left_out = self.files.publish(scratch.output, claim.job_id, name, watch.keep_lease)
        warnings = [*facts["warnings"], *map(_left_out, left_out)]
        is_recorded = lifecycle.complete(
            claim,
            data=facts["data"],
            files=json.dumps(files),
            warnings=json.dumps(warnings),
        )
        if files and not is_recorded:
            self.files.withdraw(claim.job_id, name)


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

    def _show(self) -> None:
        assert self._unshown is not None
        lifecycle.progress(self._claim, *self._unshown)
        self._unshown = None
        self._show_at = time.monotonic() + PROGRESS_EVERY_S
