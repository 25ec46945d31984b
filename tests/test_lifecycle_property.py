"""Any order of moves, by any worker, late or not, and a crash in the middle of any of them:
the rows stay true to each other, and a move is made wholly or not at all.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
)

import lifecycle
import models
import queries
from errors import ItemError
from lifecycle import MOVES, Claim
from models import FINAL, Item, Job, Result, database, query
from newjob import NewItem, NewJob
from tests.cuts import PowerCut, Wire, everything

ERROR = ItemError("no_good", "no good", traceback="Traceback …")


def derived_status(job: Job, items: list[Item]) -> str:
    """The status that the contract says follows from the items."""
    statuses = Counter(item.status for item in items)
    if sum(statuses[status] for status in FINAL) == len(items):
        if statuses["cancelled"]:
            return "cancelled"
        return "failed" if statuses["failed"] else "completed"
    if job.started_at:
        return "running"
    return "queued" if statuses["queued"] else "pending"


class Moves(RuleBasedStateMachine):
    jobs = Bundle("jobs")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        models.migrate(Path(self.folder.name) / "bellhop.db", alone=True)
        self.owned: dict[int, Claim] = {}
        self.last_change = 0
        self.last_progress: dict[str, int] = {}
        self.wire = Wire()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(lifecycle, "query", self.wire.through(models.query))
        self.patch.setattr(lifecycle, "write_many", self.wire.through(models.write_many))

    def teardown(self) -> None:
        self.patch.undo()
        database.close()
        self.folder.cleanup()

    @rule(after=st.integers(0, 15))
    def cut_the_power(self, after: int) -> None:
        """After so many statements, in whichever move that is."""
        self.wire.left = after

    def made(self, move: Callable[[], Any], worker: str | None = None) -> Any:
        """What `move` returns, or PowerCut when it crashed: then it has left no trace.

        The consumer of `worker` dies with it, and what it held is adopted.
        """
        before = everything()
        try:
            return move()
        except PowerCut:
            self.wire.left = None
            assert everything() == before
            if worker:
                self.die(worker.partition("/")[0])
            return PowerCut

    @rule(target=jobs, count=st.integers(1, 4), owner=st.sampled_from(["anna", "bert"]))
    def submit(self, count: int, owner: str) -> Any:
        items = [NewItem(str(n), {"text": str(n)}) for n in range(count)]
        job = NewJob(
            type="t", name="n", params={}, queue="q", max_attempts=3, items=items, owner=owner
        )
        crashed = self.made(lambda: lifecycle.submit(job)) is PowerCut
        return multiple() if crashed else job.job_id

    @rule(target=claims, worker=st.sampled_from(["c1/1", "c1/2", "c2/1"]))
    def claim(self, worker: str) -> Any:
        claim = self.made(lambda: lifecycle.claim("q", worker), worker)
        if claim is PowerCut:
            return multiple()
        if claim is None:
            assert queries.count_due({"q": 1}) == 0
            return multiple()
        assert claim.id not in self.owned, "an item was given to two workers"
        self.owned[claim.id] = claim
        return claim

    def expect(self, claim: Claim, move: Callable[[], bool]) -> None:
        """A write is accepted exactly when the claim is still its worker's."""
        accepted = self.made(move, claim.worker)
        if accepted is PowerCut:
            return
        assert accepted is (self.owned.get(claim.id) == claim)
        if accepted:
            del self.owned[claim.id]

    @rule(claim=claims)
    def complete(self, claim: Claim) -> None:
        self.expect(claim, lambda: lifecycle.complete(claim, data="1", files="[]", warnings="[]"))

    @rule(claim=claims)
    def fail(self, claim: Claim) -> None:
        self.expect(claim, lambda: lifecycle.fail(claim, ERROR))

    @rule(claim=claims, delays_s=st.sampled_from([(), (0, 0), (60,)]))
    def fail_attempt(self, claim: Claim, delays_s: tuple[float, ...]) -> None:
        self.expect(claim, lambda: lifecycle.fail_attempt(claim, ERROR, delays_s))

    @rule(claim=claims)
    def try_again(self, claim: Claim) -> None:
        self.expect(claim, lambda: lifecycle.try_again(claim, 60, "busy"))

    @rule(claim=claims)
    def crash(self, claim: Claim) -> None:
        self.expect(claim, lambda: lifecycle.crash(claim, "SIGSEGV"))

    @rule(claim=claims)
    def interrupt(self, claim: Claim) -> None:
        self.expect(claim, lambda: lifecycle.interrupt(claim))

    @rule(claim=claims)
    def cancel(self, claim: Claim) -> None:
        self.expect(claim, lambda: lifecycle.cancel(claim))

    @rule(claim=claims, percent=st.integers(0, 100))
    def progress(self, claim: Claim, percent: int) -> None:
        accepted = self.made(lambda: lifecycle.progress(claim, percent, "step"), claim.worker)
        if accepted is not PowerCut:
            assert accepted is (self.owned.get(claim.id) == claim)

    @rule(consumer=st.sampled_from(["c1", "c2"]))
    def die(self, consumer: str) -> None:
        """A consumer dies and the keeper adopts what it held."""
        held = [c for c in self.owned.values() if c.worker.startswith(consumer)]
        adopted = self.made(lambda: lifecycle.adopt(consumer))
        if adopted is PowerCut:
            return  # the keeper died, and the next one has it all to do
        assert adopted == len(held)
        for claim in held:
            del self.owned[claim.id]

    @rule(job_id=jobs)
    def ask_cancel(self, job_id: str) -> None:
        job = queries.job(job_id)
        asked = self.made(lambda: lifecycle.ask_cancel(job_id))
        assert asked in (PowerCut, bool(job and job.status not in FINAL))

    @rule(job_id=jobs)
    def retry(self, job_id: str) -> None:
        count = self.made(lambda: lifecycle.retry(job_id))
        if count is not PowerCut and count:
            self.last_progress.pop(job_id, None)

    @rule()
    def time_passes(self) -> None:
        query("UPDATE item SET not_before = '2000' WHERE not_before IS NOT NULL")
        self.made(lifecycle.release_due)

    @rule(job_id=jobs)
    def purge(self, job_id: str) -> None:
        job = queries.job(job_id)
        purged = self.made(lambda: lifecycle.purge([job_id]))
        assert purged == ([job_id] if job and job.status in FINAL else []) or purged is PowerCut

    @invariant()
    def rows_agree(self) -> None:
        running = {item.id for item in Item.select().where(Item.status == "running")}
        assert running == set(self.owned)
        for job in Job.select():
            items = list(Item.select().where(Item.job == job.id))
            counts = Counter(item.status for item in items)
            assert job.status == derived_status(job, items)
            assert job.completed_items == counts["completed"]
            assert job.failed_items == counts["failed"]
            assert job.cancelled_items == counts["cancelled"]
            assert job.progress_points == sum(item.progress for item in items)
            assert job.progress_points >= self.last_progress.get(job.job_id, 0)
            self.last_progress[job.job_id] = job.progress_points
            has_result = {r.item_id for r in Result.select().where(Result.item.in_(items))}  # type: ignore[attr-defined]
            assert has_result == {item.id for item in items if item.status == "completed"}
            self.events_tell_the_state(job, items)

    def events_tell_the_state(self, job: Job, items: list[Item]) -> None:
        """Replaying the timeline by the table of moves ends where the row is."""
        state = dict.fromkeys((item.item_index for item in items), "queued")
        for event in queries.events(job, limit=10_000):
            if event.move in MOVES and event.item is not None:
                origins, target = MOVES[event.move]
                assert state[event.item] in origins
                state[event.item] = target
        assert state == {item.item_index: item.status for item in items}

    @invariant()
    def change_grows(self) -> None:
        now = queries.last_change()
        assert now >= self.last_change
        self.last_change = now


Moves.TestCase.settings = hypothesis_settings(
    max_examples=150, stateful_step_count=40, deadline=None
)
TestMoves = Moves.TestCase
