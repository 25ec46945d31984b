"""Any order of moves, by any worker, late or not, and a crash in the middle of any of them:
the rows stay true to each other, a move is made wholly or not at all, and in the end nothing is
left waiting.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from bellhop.accounts.access import BELLHOP
from bellhop.base.errors import ItemError
from bellhop.base.times import timestamp
from bellhop.database.database import bind, database, query
from bellhop.jobs import lifecycle, queries, reuse
from bellhop.jobs import queues as switches
from bellhop.jobs.lifecycle import MOVES, Claim, Completion, UnknownJobs
from bellhop.jobs.newjob import NewItem, NewJob, NewStep
from bellhop.storage.models import FINAL, Item, Job
from bellhop.storage.people import Table
from tests.support import single
from tests.support.cuts import PowerCut, Wire, everything
from tests.support.disks import sync_nothing
from tests.support.once import empty_tables, migrated

ERROR = ItemError("no_good", "no good", traceback="Traceback …")
QUEUES = ("q", "r")
# The first step of a job runs in the first queue, later ones in either.
STEPS = [NewStep("s", {}, "q"), NewStep("t", {}, "r")]
NUMBERS = st.integers(0, 5)
SELDOM = st.sampled_from([False, False, False, True])
LONG_S = 3600.0
MOST_ROUNDS = 10_000
ENDS = (
    "complete", "complete", "fail", "fail at once", "run again", "run later", "try again", "crash",
    "interrupt", "cancel",
)  # fmt: skip
Row = dict[str, Any]


def key_of(candidate: Claim) -> str | None:
    """Few texts make few keys, so that equal items meet."""
    if not candidate.use_cache:
        return None
    return f"{candidate.owner} {candidate.type} {json.dumps(candidate.input)}"


def rows_of(table: type[Table]) -> list[Row]:
    """Every row of a table by the names of its columns."""
    names = list(table._meta.columns)
    columns = ", ".join(f'"{name}"' for name in names)
    found = query(f"SELECT {columns} FROM {table._meta.table_name} ORDER BY id")
    return [dict(zip(names, row, strict=True)) for row in found]


def active(steps: Sequence[Row]) -> Row:
    """The row of an item that decides about it: the last that is not blocked."""
    return [row for row in steps if row["waits_for"] != "step"][-1]


def ended_as(steps: Sequence[Row]) -> str | None:
    """How an item ended, None when it has not: with its last step, or with any otherwise."""
    row = active(steps)
    if row["status"] == "completed":
        return "completed" if row is steps[-1] else None
    return str(row["status"]) if row["status"] in FINAL else None


def derived_status(job: Row, items: Sequence[Sequence[Row]]) -> str:
    """The status that docs/lifecycle.md says follows from the items."""
    ends = Counter(ended_as(steps) for steps in items)
    if not ends[None]:
        if ends["cancelled"]:
            return "cancelled"
        return "failed" if ends["failed"] else "completed"
    if job["started_at"]:
        return "running"
    is_queued = any(row["status"] == "queued" for steps in items for row in steps)
    return "queued" if is_queued else "pending"


class Moves(RuleBasedStateMachine):
    """Most steps meet a job, or a claim, to which something can happen; some do not."""

    # The address of a database that is emptied for each run; none: a new one on SQLite.
    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        if self.url:
            empty_tables(self.url)
        else:
            path = Path(self.folder.name) / "bellhop.db"
            path.write_bytes(migrated())
            bind(path)
            sync_nothing()
        self.owned: dict[int, Claim] = {}
        self.claims: list[Claim] = []
        # Jobs whose time has not come yet.
        self.too_early: set[str] = set()
        # How the first step of each job began.
        self.began_as: dict[str, str] = {}
        self.seen: dict[str, tuple[int, Row, list[list[Row]]]] = {}
        self.last_progress: dict[str, int] = {}
        self.last_change = 0
        # After how many statements of moves the power goes, if it does.
        self.cut_after: int | None = None
        self.patch = pytest.MonkeyPatch()
        self.wire = Wire(self.patch)

    def teardown(self) -> None:
        try:
            self.cut_after = None
            self.nothing_is_left_waiting()
        finally:
            self.patch.undo()
            database.close()
            self.folder.cleanup()

    @precondition(lambda self: self.began_as and self.cut_after is None)
    @rule(after=st.integers(0, 25))
    def cut_the_power(self, after: int) -> None:
        """After so many statements, in whichever move that is."""
        self.cut_after = after

    @contextlib.contextmanager
    def powered(self) -> Iterator[None]:
        """Only what a move sends counts, not what the test reads before and after it."""
        self.wire.left = self.cut_after
        try:
            yield
        finally:
            self.cut_after, self.wire.left = self.wire.left, None

    def made(self, move: Callable[[], Any], worker: str | None = None) -> Any:
        """What `move` returns, or PowerCut when it crashed: then it has left no trace.

        The consumer of `worker` dies with it, and what it held is adopted.
        """
        before = everything() if self.cut_after is not None else None
        try:
            with self.powered():
                return move()
        except PowerCut:
            assert everything() == before
            if worker:
                self.die(worker.partition("/")[0])
            return PowerCut

    def some_job(self, number: int, *statuses: str) -> str:
        """One of the jobs with such a status, or of all that ever were."""
        fitting = [job["job_id"] for job in rows_of(Job) if job["status"] in statuses]
        chosen = fitting or list(self.began_as) or ["nobody"]
        return str(chosen[-1 - number % len(chosen)])

    @rule(
        texts=st.lists(st.sampled_from("xyz"), min_size=1, max_size=4),
        owner=st.sampled_from(["anna", "anna", "bert"]),
        later=st.lists(st.sampled_from(STEPS), max_size=2),
        needed=st.sampled_from([[], [], [0], [0], [0, 1]]),
        is_later=SELDOM,
        use_cache=st.sampled_from([True, True, True, False]),
    )
    def submit(
        self,
        texts: list[str],
        owner: str,
        later: list[NewStep],
        needed: list[int],
        is_later: bool,
        use_cache: bool,
    ) -> None:
        known = {job["job_id"]: job["status"] for job in rows_of(Job)}
        submitted = list(self.began_as)[::-1]
        needs = [submitted[number] for number in needed if number < len(submitted)]
        job = NewJob(
            type="s",
            name="n",
            params={},
            queue="q",
            max_attempts=3,
            items=[NewItem(text, {"text": text}) for text in texts],
            owner=owner,
            then=later,
            depends_on=needs,
            run_at=timestamp(LONG_S) if is_later else None,
            use_cache=use_cache,
        )
        if set(needs) - known.keys():
            with pytest.raises((UnknownJobs, PowerCut)), self.powered():
                lifecycle.submit(self.with_hits(job))
            return
        if self.made(lambda: lifecycle.submit(self.with_hits(job))) is PowerCut:
            return
        waits = is_later or any(known[need] != "completed" for need in needs)
        self.began_as[job.job_id] = "pending" if waits else "queued"
        self.too_early |= {job.job_id} if is_later else set()

    def with_hits(self, job: NewJob) -> NewJob:
        """As the intake does it: a job that may run at once takes what is known."""
        if job.run_at or job.depends_on or not job.use_cache:
            return job
        items = []
        for item in job.items:
            key = f"{job.owner} {job.type} {json.dumps(item.input)}"
            hit = reuse.find(key, LONG_S)
            items.append(NewItem(item.filename, item.input, hit=hit))
        return NewJob(**{**vars(job), "items": items})

    @precondition(lambda self: self.queued_in(QUEUES))
    @rule(
        queues=st.permutations(QUEUES),
        workers=st.lists(st.sampled_from(["c1/1", "c1/2", "c2/1"]), min_size=1, max_size=4),
    )
    def claim(self, queues: list[str], workers: list[str]) -> None:
        for worker in workers:
            queue = self.queued_in(queues) or queues[0]
            claim = self.claimed(queue, worker)
            if claim is PowerCut:
                return
            if claim is None:
                assert queries.count_due({queue: 1}) == 0
                return
            assert claim.id not in self.owned, "an item was given to two workers"
            assert queue not in switches.paused()
            assert claim.job_id not in self.too_early
            self.owned[claim.id] = claim
            self.claims.append(claim)

    @precondition(lambda self: self.queued_in(QUEUES))
    @rule(queues=st.permutations(QUEUES), most=st.integers(2, 4))
    def claim_ahead(self, queues: list[str], most: int) -> None:
        """A worker claims several at once."""
        queue, worker = self.queued_in(queues) or queues[0], "c2/3"
        single.register(worker)
        found = lifecycle.due(queue, worker, most)
        candidates = lifecycle.read_due(found, queue, worker, key_of)
        claims = self.made(lambda: lifecycle.take(candidates), worker)
        for claim in [] if claims is PowerCut else claims:
            assert claim.id not in self.owned, "an item was given to two workers"
            self.owned[claim.id] = claim
            self.claims.append(claim)

    @precondition(lambda self: self.claims)
    @rule(count=st.integers(1, 5))
    def complete_together(self, count: int) -> None:
        """The results of several workers, some of which may be late."""
        claims = self.claims[-count:]
        done = [
            Completion(claim=claim, data=json.dumps(claim.input), files="[]", warnings="[]")
            for claim in claims
        ]
        in_doubt = {claim.which for claim in claims if claim.is_in_doubt}
        recorded = self.made(lambda: lifecycle.complete_all(done), claims[0].worker)
        if recorded is not PowerCut:
            held = {claim.which for claim in claims if self.owned.get(claim.id) == claim}
            assert held <= recorded <= held | in_doubt
            for item, _ in held:
                del self.owned[item]

    @staticmethod
    def queued_in(queues: Sequence[str]) -> str | None:
        """The first of these queues that holds something, paused or not."""
        found = {name for (name,) in query("SELECT queue FROM item WHERE status = 'queued'")}
        return next((queue for queue in queues if queue in found), None)

    def claimed(self, queue: str, worker: str) -> Any:
        """As `made`; but what was put off on the way to a claim is a move of its own."""
        single.register(worker)
        before = everything() if self.cut_after is not None else None
        put_off = query("SELECT count(*) FROM event WHERE move = 'deferred'")
        try:
            with self.powered():
                return single.claim(queue, worker, key_of)
        except PowerCut:
            if query("SELECT count(*) FROM event WHERE move = 'deferred'") == put_off:
                assert everything() == before
            self.die(worker.partition("/")[0])
            return PowerCut

    def expect(self, claim: Claim, move: Callable[[], bool]) -> None:
        """A write is accepted exactly when the claim is still its worker's.

        Or when it is in doubt whether it was made, and it was; then it changes nothing.
        """
        was_in_doubt, before = claim.is_in_doubt, everything()
        accepted = self.made(move, claim.worker)
        if accepted is PowerCut:
            return
        is_owned = self.owned.get(claim.id) == claim
        assert accepted is is_owned or was_in_doubt
        if is_owned:
            del self.owned[claim.id]
        else:
            assert everything() == before

    def some_claim(self, number: int, *, is_late: bool) -> Claim | None:
        """A claim that a worker holds, or any that there ever was."""
        chosen = self.claims if is_late else list(self.owned.values())
        return chosen[number % len(chosen)] if chosen else None

    @precondition(lambda self: self.claims)
    @rule(number=NUMBERS, is_late=SELDOM, how=st.sampled_from(ENDS))
    def end(self, number: int, is_late: bool, how: str) -> None:
        if claim := self.some_claim(number, is_late=is_late):
            self.end_of(claim, how)

    def end_of(self, claim: Claim, how: str) -> None:
        ends: dict[str, Callable[[], bool]] = {
            "complete": lambda: self.finish(claim),
            "fail": lambda: lifecycle.fail(claim, ERROR),
            "fail at once": lambda: lifecycle.fail_attempt(claim, ERROR, ()),
            "run again": lambda: lifecycle.fail_attempt(claim, ERROR, (0, 0)),
            "run later": lambda: lifecycle.fail_attempt(claim, ERROR, (60,)),
            "try again": lambda: lifecycle.try_again(claim, 60, "busy"),
            "crash": lambda: lifecycle.crash(claim, "SIGSEGV"),
            "interrupt": lambda: lifecycle.interrupt(claim),
            "cancel": lambda: lifecycle.cancel(claim),
        }
        self.expect(claim, ends[how])

    @precondition(lambda self: self.began_as)
    @rule(queues=st.permutations(QUEUES), count=st.integers(1, 6), fails=SELDOM)
    def work(self, queues: list[str], count: int, fails: bool) -> None:
        """What is held is completed, and so is what comes next; the last of it may fail."""
        for left in range(count, 0, -1):
            if not self.owned:
                self.claim(queues, ["c2/2"])
            if claim := self.some_claim(0, is_late=False):
                self.end_of(claim, "fail" if fails and left == 1 else "complete")

    @staticmethod
    def finish(claim: Claim) -> bool:
        """As a worker does it: with the result that is there, or with its own."""
        hit = reuse.find(claim.cache_key, LONG_S) if claim.cache_key else None
        given = claim.input.get("text") or claim.input["data"]
        data = hit.data if hit else json.dumps(given)
        return single.complete(claim, data=data, files="[]", warnings="[]", reused=hit)

    @precondition(lambda self: self.claims)
    @rule(number=NUMBERS, is_late=SELDOM, percent=st.integers(0, 100))
    def progress(self, number: int, is_late: bool, percent: int) -> None:
        claim = self.some_claim(number, is_late=is_late)
        if claim is None:
            return
        accepted = self.made(lambda: lifecycle.progress(claim, percent, "step"), claim.worker)
        if accepted is not PowerCut:
            assert accepted is (self.owned.get(claim.id) == claim)

    def die(self, consumer: str) -> None:
        """A consumer dies and the keeper adopts what it held."""
        held = [c for c in self.owned.values() if c.worker.startswith(consumer)]
        adopted = self.made(lambda: lifecycle.adopt(consumer))
        if adopted is PowerCut:
            return  # the keeper died, and the next one has it all to do
        assert adopted == len(held)
        for claim in held:
            del self.owned[claim.id]

    @precondition(lambda self: self.began_as)
    @rule(number=NUMBERS)
    def ask_cancel(self, number: int) -> None:
        job_id = self.some_job(number, "pending", "queued", "running")
        job = queries.job(BELLHOP, job_id)
        asked = self.made(lambda: lifecycle.ask_cancel(job_id))
        assert asked in (PowerCut, bool(job and job.status not in FINAL))

    @precondition(lambda self: self.began_as)
    @rule(
        number=NUMBERS,
        statuses=st.sampled_from([("failed",), ("cancelled",), ("completed", "running")]),
        indexes=st.sampled_from([None, None, [0], [1, 2]]),
        use_cache=st.booleans(),
    )
    def retry(
        self, number: int, statuses: list[str], indexes: list[int] | None, use_cache: bool
    ) -> None:
        job_id = self.some_job(number, *statuses)
        before = everything()
        count = self.made(lambda: lifecycle.retry(job_id, indexes, use_cache=use_cache))
        if count == 0:
            assert everything() == before
        elif count is not PowerCut:
            self.last_progress.pop(job_id, None)

    @precondition(lambda self: self.began_as)
    @rule(what=st.sampled_from(["time", "c1", "c2", None, None]))
    def sweep(self, what: str | None) -> None:
        """What the keeper does, after time has passed, or a consumer died."""
        if what == "time":
            self.too_early.clear()
            query("UPDATE item SET not_before = '2000' WHERE not_before IS NOT NULL")
        elif what:
            self.die(what)
        self.made(lifecycle.release_due)
        while self.made(lifecycle.cancel_hopeless) not in (0, PowerCut):
            pass

    @precondition(lambda self: self.began_as)
    @rule(
        number=NUMBERS,
        what=st.sampled_from(["front", "first", "pause", "resume", "forget", "purge"]),
    )
    def meddle(self, number: int, what: str) -> None:
        """What people do beside."""
        job_id = self.some_job(number, *(FINAL if what == "purge" else ("queued", "running")))
        job = queries.job(BELLHOP, job_id)
        if what == "purge":
            purged = self.made(lambda: lifecycle.purge([job_id]))
            assert purged in (PowerCut, [job_id] if job and job.status in FINAL else [])
        elif what == "front":
            self.made(lambda: lifecycle.move_to_front(job_id))
        elif what == "first":
            self.made(lambda: lifecycle.set_priority(job_id, 5))
        elif what == "forget":
            self.made(reuse.clear)
        else:
            switches.pause("r", "anna") if what == "pause" else switches.resume("r")

    @invariant()
    def rows_agree(self) -> None:
        items = rows_of(Item)
        running = [row for row in items if row["status"] == "running"]
        assert {row["id"] for row in running} == set(self.owned)
        assert {row[0] for row in query("SELECT item FROM result")} == {
            row["id"] for row in items if row["status"] == "completed"
        }
        keys = [row["cache_key"] for row in running if row["cache_key"]]
        first = [
            row["cache_key"] for row in running if row["cache_key"] and not row["was_deferred"]
        ]
        assert len(first) == len(set(first)), "two equal items run that never waited"
        for row in items:
            if row["waits_for"] == "equal":
                assert row["cache_key"] in keys, "it waits for an equal that does not run"
        of_job: dict[int, list[list[Row]]] = {}
        for row in sorted(items, key=lambda row: (row["job"], row["index"], row["step"])):
            steps = of_job.setdefault(row["job"], [])
            if row["step"] == 0:
                steps.append([])
            steps[-1].append(row)
        jobs = rows_of(Job)
        for job in jobs:
            self.job_follows_from(job, of_job[job["id"]])
        self.needs_agree(jobs, of_job)

    def job_follows_from(self, job: Row, items: list[list[Row]]) -> None:
        assert job["status"] == derived_status(job, items)
        ends = Counter(ended_as(steps) for steps in items)
        counters = [job[f"{end}_items"] for end in ("completed", "failed", "cancelled")]
        assert counters == [ends["completed"], ends["failed"], ends["cancelled"]]
        assert job["cached_items"] == sum(row["cached"] for steps in items for row in steps)
        for steps in items:
            self.chain_agrees(steps)
        if job["cancel_requested"] and job["status"] not in FINAL:
            assert any(row["status"] == "running" for steps in items for row in steps)
        may_have_error = job["status"] in FINAL and job["status"] != "completed"
        assert may_have_error or job["error"] is None
        points = [
            (100 * active(steps)["step"] + active(steps)["progress"]) // len(steps)
            for steps in items
        ]
        assert job["progress_points"] == sum(points)
        assert 0 <= job["progress_points"] <= 100 * job["total_items"]
        assert job["progress_points"] >= self.last_progress.get(job["job_id"], 0)
        self.last_progress[job["job_id"]] = job["progress_points"]
        self.events_tell_the_state(job, items)
        self.every_change_is_numbered(job, items)

    def chain_agrees(self, steps: list[Row]) -> None:
        """What comes before the row that may move has completed, what comes after is blocked."""
        row = active(steps)
        assert all(before["status"] == "completed" for before in steps[: row["step"]])
        for later in steps[row["step"] + 1 :]:
            assert (later["status"], later["waits_for"]) == ("pending", "step")
        movable = [r for r in steps if r["status"] not in FINAL and r["waits_for"] != "step"]
        assert len(movable) == (ended_as(steps) is None)
        assert row["status"] == "completed" or not row["cached"]
        if row["status"] == "pending" and row["waits_for"] is None:
            assert row["not_before"] is not None, "it waits for nothing"

    def needs_agree(self, jobs: list[Row], of_job: dict[int, list[list[Row]]]) -> None:
        statuses = {job["job_id"]: job["status"] for job in jobs}
        needs = query("SELECT job, needs, is_met FROM dependency")
        unmet = {job for job, _, is_met in needs if not is_met}
        ended_badly = ("failed", "cancelled", None)
        hopeless = {j for j, n, is_met in needs if not is_met and statuses.get(n) in ended_badly}
        for _, needed, is_met in needs:
            assert is_met or statuses.get(needed) != "completed", "its end was not heard"
        for job in jobs:
            rows = [active(steps) for steps in of_job[job["id"]]]
            waits = [row["waits_for"] == "job" for row in rows]
            if job["id"] in unmet:
                assert all(waits) or job["status"] in FINAL
            else:
                assert not any(waits)
            if "dependency-failed" in (job["error"] or ""):
                assert job["id"] in hopeless, "what it needs was retried, and it was not revived"

    def events_tell_the_state(self, job: Row, items: list[list[Row]]) -> None:
        """Replaying the timeline by the table of moves ends where the rows are."""
        state = {
            (row["index"], row["step"]): "pending" if row["step"] else self.began_as[job["job_id"]]
            for steps in items
            for row in steps
        }
        told = query(
            "SELECT item, step, move FROM event WHERE job = :job ORDER BY id", {"job": job["id"]}
        )
        for index, step, move in told:
            if move in MOVES and index is not None:
                assert state[index, step] in MOVES[move].origins
                state[index, step] = MOVES[move].target
        assert state == {
            (row["index"], row["step"]): row["status"] for steps in items for row in steps
        }

    def every_change_is_numbered(self, job: Row, items: list[list[Row]]) -> None:
        """Who asks what changed since hears of everything that a page shows."""
        shown = {name: value for name, value in job.items() if name != "change"}
        names = ("status", "progress", "error", "attempt", "cached")
        states = [[{name: row[name] for name in names} for row in steps] for steps in items]
        before = self.seen.get(job["job_id"])
        if before and before[1:] != (shown, states):
            assert job["change"] > before[0]
        self.seen[job["job_id"]] = job["change"], shown, states

    @invariant()
    def change_grows(self) -> None:
        now = queries.last_change()
        assert now >= self.last_change
        self.last_change = now

    def nothing_is_left_waiting(self) -> None:
        """With workers, a keeper and time, every job comes to its end."""
        for queue in QUEUES:
            switches.resume(queue)
        for consumer in ("c1", "c2"):
            lifecycle.adopt(consumer)
        for _ in range(MOST_ROUNDS):
            query("UPDATE item SET not_before = '2000' WHERE not_before IS NOT NULL")
            moved = lifecycle.release_due() + lifecycle.cancel_hopeless()
            for queue in QUEUES:
                while claim := single.claim(queue, "c3/1", key_of):
                    moved += (
                        lifecycle.cancel(claim) if claim.cancel_requested else self.finish(claim)
                    )
            if not moved:
                break
        unfinished = [job["job_id"] for job in rows_of(Job) if job["status"] not in FINAL]
        assert unfinished == []


class MovesOnPostgreSQL(Moves):
    pass


@pytest.fixture
def empty_server(tables: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MovesOnPostgreSQL, "url", tables)


Moves.TestCase.settings = hypothesis_settings(
    max_examples=150,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# An example takes five times as long there; `make postgresql` tries as many.
MovesOnPostgreSQL.TestCase.settings = hypothesis_settings(
    Moves.TestCase.settings, max_examples=150 if os.environ.get("ROWS") == "postgresql" else 60
)
TestMoves = pytest.mark.sqlite("the same on PostgreSQL follows")(Moves.TestCase)
TestMovesOnPostgreSQL = pytest.mark.usefixtures("empty_server")(MovesOnPostgreSQL.TestCase)
