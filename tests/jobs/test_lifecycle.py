"""The state machine: each allowed move and its effect, each forbidden one refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bellhop.base.errors import ItemError
from bellhop.base.times import timestamp
from bellhop.database.database import database, is_refused, query
from bellhop.jobs import consumers, lifecycle, queries, reuse
from bellhop.jobs.lifecycle import MOVES, Claim, claims, ends
from bellhop.jobs.newjob import Key, NewItem, NewJob, NewStep
from bellhop.jobs.reuse import Hit
from bellhop.storage.models import Consumer, Event, Gone, Item, Job
from tests.support import single
from tests.support.cuts import PowerCut, Wire, everything
from tests.support.jobs import items_of, job_of, moves_of

Submit = Callable[..., Job]
STATUSES = ("pending", "queued", "running", "completed", "failed", "cancelled")
ERROR = ItemError("no_good", "no good", traceback="Traceback …")
NO_DELAYS: tuple[float, ...] = ()


def claimed(job: Job, worker: str = "c1/1") -> Claim:
    claim = single.claim(job.queue, worker)
    assert claim is not None
    return claim


def completed(claim: Claim) -> bool:
    return single.complete(claim, data="{}", files="[]", warnings="[]")


def row(job: Job) -> dict[str, Any]:
    (item,) = items_of(job)
    return dict(item.__data__)


def last_event(job: Job) -> Event:
    return queries.events(job, limit=1000)[-1]


def bring_to(job: Job, status: str) -> Claim | None:
    """Bring the only item of a fresh job into `status`, through allowed moves."""
    if status == "queued":
        return None
    if status == "cancelled":
        lifecycle.ask_cancel(job.job_id)
        return None
    claim = claimed(job)
    if status == "pending":
        lifecycle.try_again(claim, 3600, "later")
    elif status == "completed":
        completed(claim)
    elif status == "failed":
        lifecycle.fail(claim, ERROR)
    return claim


def forged_claim(job: Job) -> Claim:
    """A claim on the job's item that no worker was ever given."""
    (item,) = items_of(job)
    blank: dict[str, Any] = dict.fromkeys(Claim.__dataclass_fields__, "")
    numbers = {"id": item.id, "job": job.id, "attempt": 7, "failures": 0, "crashes": 0, "index": 0}
    return Claim(**{**blank, **numbers, "worker": "c9/9", "job_id": job.job_id})


# How each move is made, given the job and its last claim.
MAKE: dict[str, Callable[[Job, Claim], Any]] = {
    "claimed": lambda job, claim: single.claim(job.queue, "c2/1"),
    "completed": lambda job, claim: completed(claim),
    "failed": lambda job, claim: lifecycle.fail(claim, ERROR),
    "requeued": lambda job, claim: lifecycle.interrupt(claim),
    "retry_scheduled": lambda job, claim: lifecycle.try_again(claim, 60, "later"),
    "cancelled": lambda job, claim: lifecycle.cancel(claim),
    "retried": lambda job, claim: lifecycle.retry(job.job_id),
    "hurried": lambda job, claim: lifecycle.hurry(job.job_id),
    "given_up": lambda job, claim: lifecycle.give_up(job.job_id),
    "released": lambda job, claim: (
        query("UPDATE item SET not_before = '2000' WHERE status = 'pending'"),
        lifecycle.release_due(),
    )[1],
}


@pytest.mark.parametrize("move", sorted(MAKE))
@pytest.mark.parametrize("status", STATUSES)
def test_it_makes_a_move_only_from_where_it_may_start(
    submit: Submit, move: str, status: str
) -> None:
    job = submit()
    claim = bring_to(job, status)
    claim = claim or forged_claim(job)
    before = row(job)
    # A worker's own cancel needs the claim; what waits is cancelled by `ask_cancel`.
    allowed = status in MOVES[move].origins and (move != "cancelled" or status == "running")
    moved = bool(MAKE[move](job, claim))
    assert moved is allowed
    assert row(job)["status"] == (MOVES[move].target if allowed else status)
    if not allowed and move != "released":
        assert row(job) == before


def submitted(job: Job, claim: Claim) -> None:
    items = [NewItem(text, {"text": text}) for text in "ab"]
    lifecycle.submit(NewJob(type="t", name="n", params={}, queue="q", max_attempts=1, items=items))


# What else is made in one transaction, and from which status.
ALL_OR_NOTHING: dict[str, tuple[str, Callable[[Job, Claim], Any]]] = {
    **{move: (MOVES[move].origins[0], make) for move, make in MAKE.items()},
    "cancelled": ("running", MAKE["cancelled"]),
    "submitted": ("queued", submitted),
    "cancel_asked": ("queued", lambda job, claim: lifecycle.ask_cancel(job.job_id)),
    "adopted": ("running", lambda job, claim: lifecycle.adopt("c1")),
    "crashed": ("running", lambda job, claim: lifecycle.crash(claim, "SIGSEGV")),
    "purged": ("completed", lambda job, claim: lifecycle.purge([job.job_id])),
    "progress": ("running", lambda job, claim: lifecycle.progress(claim, 50, "half")),
}


def about_to(move: str, submit: Submit) -> Callable[[], Any]:
    """What makes `move` of a job that was brought to where it starts."""
    status, make = ALL_OR_NOTHING[move]
    job = submit()
    claim = bring_to(job, status) or forged_claim(job)
    if status == "pending":
        query("UPDATE item SET not_before = '2000'")
    if status == "queued":
        single.register("c2")
    if status == "running":
        consumers.register("c1", 1, [])
    return lambda: make(job, claim)


@pytest.mark.parametrize("move", sorted(ALL_OR_NOTHING))
def test_it_makes_a_move_wholly_or_not_at_all(
    submit: Submit, monkeypatch: pytest.MonkeyPatch, move: str
) -> None:
    """The power is cut after each of its statements in turn: no trace is left of any."""
    make = about_to(move, submit)
    cut_after_each_statement(monkeypatch, make, is_made=lambda: False)


class Undone(Exception):
    """The caller's transaction is rolled back."""


@pytest.mark.parametrize("move", sorted(ALL_OR_NOTHING))
def test_it_makes_a_move_inside_a_transaction_that_its_caller_opened(
    submit: Submit, caplog: pytest.LogCaptureFixture, move: str
) -> None:
    """Nothing is there, or said, before that one commits; several moves may share one."""
    make = about_to(move, submit)
    before = everything()
    caplog.set_level("INFO", "bellhop.lifecycle")
    caplog.clear()
    with pytest.raises(Undone), database.atomic():
        make()
        raise Undone
    assert everything() == before
    assert not [record for record in caplog.records if record.levelname == "INFO"]
    with database.atomic():
        make()
        submit("another")
    assert everything() != before
    assert Job.select().count() == (1 if move == "purged" else 2) + (move == "submitted")


def cut_after_each_statement(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[], Any], *, is_made: Callable[[], bool]
) -> None:
    """`is_made` says whether the move is, and what comes after it may be cut off."""
    wire = Wire(monkeypatch)
    before = everything()
    for statements in range(200):
        wire.left = statements
        try:
            make()
        except PowerCut:
            if is_made():
                break
            assert everything() == before, f"cut after {statements} statements"
        else:
            break
    wire.left = None
    assert statements > 1 and everything() != before


def equal_claim(job: Job, worker: str = "c1/1") -> Claim | None:
    """A claim by a worker for whom all items are equal."""
    return single.claim(job.queue, worker, lambda candidate: "key")


def hold(job: Job) -> Claim:
    claim = equal_claim(job)
    assert claim is not None
    return claim


def end_with_an_equal(submit: Submit) -> Callable[[], Any]:
    job = submit("a", "a")
    claim = hold(job)
    assert equal_claim(job, "c1/2") is None
    return lambda: completed(claim)


def end_a_step(submit: Submit) -> Callable[[], Any]:
    claim = claimed(submit(then=[NewStep("s", {}, "ai")]))
    return lambda: completed(claim)


def end_a_step_whose_job_is_cancelled(submit: Submit) -> Callable[[], Any]:
    job = submit(then=[NewStep("s", {}, "ai")])
    claim = claimed(job)
    lifecycle.ask_cancel(job.job_id)
    return lambda: completed(claim)


def known() -> Hit:
    hit = reuse.find("key", 3600)
    assert hit is not None
    return hit


def take_a_result(submit: Submit) -> Callable[[], Any]:
    completed(hold(submit()))
    claim = hold(submit())
    return lambda: single.complete(claim, data="{}", files="[]", warnings="[]", reused=known())


def submit_with_results(submit: Submit) -> Callable[[], Any]:
    completed(hold(submit()))
    items = [NewItem("a", {"text": "a"}, hit=known()), NewItem("b", {"text": "b"})]
    job = NewJob(
        type="noop", name="n", params={}, queue="parsing", max_attempts=1, items=items,
        then=[NewStep("s", {}, "ai")],
    )  # fmt: skip
    return lambda: lifecycle.submit(job)


def submit_with_everything(submit: Submit) -> Callable[[], Any]:
    done, waiting = submit(), submit()
    completed(claimed(done))
    job = NewJob(
        type="noop", name="n", params={"a": 1}, queue="parsing", max_attempts=4,
        items=[NewItem(text, {"text": text}) for text in "ab"],
        then=[NewStep("s", {}, "ai"), NewStep("t", {}, "ai")], priority=5,
        run_at=timestamp(60), depends_on=[done.job_id, waiting.job_id],
        webhook_url="http://a/", contents=["1" * 64, "2" * 64], schedule=3,
    )  # fmt: skip
    return lambda: lifecycle.submit(job, Key("k", "fingerprint"))


def end_what_others_need(submit: Submit) -> Callable[[], Any]:
    first = submit(webhook_url="http://a/")
    submit("a", "b", depends_on=[first.job_id])
    submit(depends_on=[first.job_id], run_at=timestamp(60))
    claim = claimed(first)
    return lambda: completed(claim)


def fail_what_others_need(submit: Submit) -> Job:
    first = submit()
    submit("a", "b", depends_on=[first.job_id], webhook_url="http://a/")
    lifecycle.fail(claimed(first), ERROR)
    return first


def look_for_the_hopeless(submit: Submit) -> Callable[[], Any]:
    fail_what_others_need(submit)
    return lifecycle.cancel_hopeless


def retry_what_others_need(submit: Submit) -> Callable[[], Any]:
    first = fail_what_others_need(submit)
    lifecycle.cancel_hopeless()
    return lambda: lifecycle.retry(first.job_id)


def wait_again(submit: Submit) -> Callable[[], Any]:
    job = submit(depends_on=[submit().job_id])
    lifecycle.ask_cancel(job.job_id)
    return lambda: lifecycle.retry(job.job_id)


def run_again_what_was_taken(submit: Submit) -> Callable[[], Any]:
    completed(hold(submit()))
    job = submit(then=[NewStep("s", {}, "ai")])
    single.complete(hold(job), data="{}", files="[]", warnings="[]", reused=known())
    return lambda: lifecycle.retry(job.job_id, use_cache=False)


def go_to_the_front(submit: Submit) -> Callable[[], Any]:
    submit(priority=7)
    job = submit("a", "b", then=[NewStep("s", {}, "ai")])
    return lambda: lifecycle.move_to_front(job.job_id)


@pytest.mark.parametrize(
    "prepare",
    [
        end_with_an_equal, end_a_step, end_a_step_whose_job_is_cancelled, take_a_result,
        submit_with_results, submit_with_everything, end_what_others_need, look_for_the_hopeless,
        retry_what_others_need, wait_again, run_again_what_was_taken, go_to_the_front,
    ],
)  # fmt: skip
def test_it_moves_what_belongs_together_wholly_or_not_at_all(
    submit: Submit,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[Submit], Callable[[], Any]],
) -> None:
    cut_after_each_statement(monkeypatch, prepare(submit), is_made=lambda: False)


def test_it_puts_an_item_off_wholly_or_not_at_all(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker then looks for the next one, which is another transaction."""
    job = submit("a", "a")
    hold(job)
    moves = [*moves_of(job), "deferred"]
    cut_after_each_statement(
        monkeypatch, lambda: equal_claim(job, "c1/2"), is_made=lambda: moves_of(job) == moves
    )
    second = items_of(job)[1]
    assert (second.status, second.waits_for, second.cache_key) == ("pending", "equal", "key")


@pytest.mark.parametrize("status", ["pending", "queued"])
def test_it_cancels_at_once_what_waits(submit: Submit, status: str) -> None:
    job = submit()
    bring_to(job, status)
    assert lifecycle.ask_cancel(job.job_id)
    assert job_of(job.job_id).status == "cancelled"


def test_it_only_marks_a_running_item_for_cancel(submit: Submit) -> None:
    job = submit()
    claim = claimed(job)
    assert lifecycle.ask_cancel(job.job_id)
    assert row(job)["status"] == "running"
    assert lifecycle.cancel_asked(claim)


def test_it_lets_a_finish_win_the_race_with_a_cancel(submit: Submit) -> None:
    job = submit()
    claim = claimed(job)
    lifecycle.ask_cancel(job.job_id)
    assert completed(claim)
    assert job_of(job.job_id).status == "completed"


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_it_refuses_to_cancel_a_final_job(submit: Submit, status: str) -> None:
    job = submit()
    bring_to(job, status)
    before = everything()
    assert not lifecycle.ask_cancel(job.job_id)
    assert not lifecycle.set_priority(job.job_id, 7)
    assert everything() == before


def test_it_writes_one_event_for_each_move(submit: Submit) -> None:
    job = submit()
    completed(claimed(job))
    assert moves_of(job) == ["submitted", "claimed", "completed"]


def test_it_refuses_the_writes_of_a_late_worker(submit: Submit) -> None:
    """The item was given to somebody else meanwhile: attempt and worker differ."""
    job = submit()
    late = claimed(job)
    lifecycle.interrupt(late)
    claimed(job, "c2/1")
    before = row(job)
    assert not completed(late)
    assert not lifecycle.fail(late, ERROR)
    assert not lifecycle.progress(late, 50, "half")
    assert not lifecycle.renew(late)
    assert not lifecycle.interrupt(late)
    assert row(job) == before


def test_it_gives_an_item_to_one_worker_only(submit: Submit) -> None:
    job = submit()
    claimed(job)
    assert single.claim(job.queue, "c2/1") is None


def test_it_claims_the_higher_priority_first(submit: Submit) -> None:
    submit("low")
    submit("high", priority=5)
    claim = single.claim("parsing", "c1/1")
    assert claim is not None and claim.filename == "high"


def test_it_takes_turns_between_owners(submit: Submit) -> None:
    """One person's many files do not make a colleague's one wait behind all of them."""
    submit(*(f"anna {n}" for n in range(5)), owner="anna")
    submit("bert 0", owner="bert")
    order = [claimed_name() for _ in range(6)]
    assert order.index("bert 0") <= 1


def claimed_name() -> str:
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    return claim.filename


def test_it_claims_only_from_the_queue_it_is_asked_for(submit: Submit) -> None:
    submit(queue="ai")
    assert single.claim("parsing", "c1/1") is None


def test_it_keeps_the_job_running_until_every_item_is_final(submit: Submit) -> None:
    job = submit("a", "b")
    completed(claimed(job))
    assert job_of(job.job_id).status == "running"
    completed(claimed(job))
    assert job_of(job.job_id).status == "completed"


def test_it_fails_the_job_when_one_item_failed(submit: Submit) -> None:
    job = submit("a", "b")
    lifecycle.fail(claimed(job), ERROR)
    completed(claimed(job))
    after = job_of(job.job_id)
    assert (after.status, after.completed_items, after.failed_items) == ("failed", 1, 1)


def test_it_calls_a_job_cancelled_when_a_cancel_stopped_an_item(submit: Submit) -> None:
    job = submit("a", "b", "c")
    completed(claimed(job))
    lifecycle.fail(claimed(job), ERROR)
    lifecycle.ask_cancel(job.job_id)
    assert job_of(job.job_id).status == "cancelled"


def test_it_follows_the_delays_and_then_fails(submit: Submit) -> None:
    job = submit()
    delays_s = (0, 30)
    lifecycle.fail_attempt(claimed(job), ERROR, delays_s)
    assert row(job)["status"] == "queued"
    lifecycle.fail_attempt(claimed(job), ERROR, delays_s)
    assert row(job)["status"] == "pending"
    query("UPDATE item SET not_before = '2000'")
    assert lifecycle.release_due() == 1
    lifecycle.fail_attempt(claimed(job), ERROR, delays_s)
    assert (row(job)["status"], row(job)["failures"], row(job)["attempt"]) == ("failed", 3, 3)
    assert job_of(job.job_id).attempt == 3


def test_it_keeps_the_error_of_an_attempt_that_runs_again(submit: Submit) -> None:
    job = submit()
    lifecycle.fail_attempt(claimed(job), ERROR, (30,))
    assert json.loads(row(job)["error"])["code"] == "no_good"


def test_it_tells_each_failure_with_its_count_and_traceback(submit: Submit) -> None:
    job = submit()
    lifecycle.fail_attempt(claimed(job), ERROR, (0,))
    event = last_event(job)
    assert (event.code, event.text) == ("no_good", "no good (failure 1 of 2)")
    assert event.traceback == "Traceback …"
    lifecycle.fail_attempt(claimed(job), ERROR, (0,))
    assert (last_event(job).text, last_event(job).traceback) == ("no good", "Traceback …")


def test_it_shows_no_traceback_to_the_user(submit: Submit) -> None:
    job = submit()
    lifecycle.fail(claimed(job), ERROR)
    assert "Traceback" not in row(job)["error"]


def test_it_spreads_retries_out_but_never_before_their_delay(submit: Submit) -> None:
    job = submit(*"abcdefgh")
    before = timestamp(30)
    for _ in range(8):
        lifecycle.fail_attempt(claimed(job), ERROR, (30,))
    times = [str(item.not_before) for item in items_of(job)]
    assert len(set(times)) == 8
    assert before <= min(times) and max(times) <= timestamp(30 * (1 + ends.JITTER))


def test_it_retries_at_once_where_the_delay_is_0(submit: Submit) -> None:
    job = submit()
    lifecycle.fail_attempt(claimed(job), ERROR, (0,))
    assert row(job)["status"] == "queued"


def test_it_releases_nothing_before_its_time(submit: Submit) -> None:
    job = submit()
    lifecycle.try_again(claimed(job), 30, "busy")
    assert lifecycle.release_due() == 0
    assert row(job)["status"] == "pending"


def test_it_counts_no_failure_when_a_job_asks_to_be_tried_again(submit: Submit) -> None:
    job = submit()
    lifecycle.try_again(claimed(job), 30, "busy")
    assert row(job)["failures"] == 0


def test_it_gives_up_trying_again_after_a_day(submit: Submit) -> None:
    job = submit()
    claimed(job)
    query("UPDATE item SET started_at = '2000-01-01T00:00:00.000000Z', status = 'queued',"
          " worker = NULL, lease_until = NULL")  # fmt: skip
    lifecycle.try_again(claimed(job), 30, "busy")
    assert json.loads(row(job)["error"])["code"] == "gave_up"


def test_it_retries_out_of_memory_once(submit: Submit) -> None:
    job = submit()
    error = ItemError("out_of_memory", "")
    lifecycle.fail_attempt(claimed(job), error, (0, 0, 0))
    assert row(job)["status"] == "queued"
    lifecycle.fail_attempt(claimed(job), error, (0, 0, 0))
    assert row(job)["status"] == "failed"


def test_it_fails_an_item_at_the_third_crash(submit: Submit) -> None:
    job = submit()
    for _ in range(2):
        lifecycle.crash(claimed(job), "SIGSEGV")
        assert row(job)["status"] == "queued"
    lifecycle.crash(claimed(job), "SIGSEGV")
    error = json.loads(row(job)["error"])
    assert (row(job)["failures"], error["code"]) == (0, "process_crashed")
    assert "SIGSEGV" in error["message"]


def test_it_fails_an_item_at_the_twentieth_interruption(submit: Submit) -> None:
    job = submit()
    for count in range(1, 20):
        claimed(job)
        lifecycle.adopt("c1")
        assert row(job)["status"] == "queued"
        assert f"(interruption {count} of 20)" in str(last_event(job).text)
    claimed(job)
    lifecycle.adopt("c1")
    assert json.loads(row(job)["error"])["code"] == "interrupted_too_often"


def test_it_never_holds_an_orderly_stop_against_an_item(submit: Submit) -> None:
    job = submit()
    for _ in range(25):
        lifecycle.interrupt(claimed(job))
    assert (row(job)["status"], row(job)["interruptions"]) == ("queued", 0)
    assert last_event(job).code == "interrupted"


def test_it_counts_interruptions_apart_from_failures(submit: Submit) -> None:
    job = submit()
    claimed(job)
    lifecycle.adopt("c1")
    assert (row(job)["interruptions"], row(job)["failures"], row(job)["crashes"]) == (1, 0, 0)


def test_it_counts_nothing_of_a_consumer_that_was_killed_while_it_stopped(submit: Submit) -> None:
    job = submit()
    consumers.register("c1", 1, ["parsing"])
    claimed(job, "c1/1")
    consumers.report_stop("c1")
    assert lifecycle.adopt("c1") == 1
    assert (row(job)["status"], row(job)["interruptions"]) == ("queued", 0)
    assert "Bellhop stopped meanwhile" in str(last_event(job).text)


def test_it_adopts_what_a_dead_consumer_held(submit: Submit) -> None:
    job = submit("a", "b")
    consumers.register("c1", 1, ["parsing"])
    claimed(job, "c1/1")
    claimed(job, "c2/1")
    assert lifecycle.adopt("c1") == 1
    assert sorted(item.status for item in items_of(job)) == ["queued", "running"]
    assert not Consumer.select().where(Consumer.id == "c1").exists()


def test_it_forgets_a_consumer_that_stops_with_empty_hands(submit: Submit) -> None:
    consumers.register("c1", 1, ["parsing"])
    job = submit()
    claim = claimed(job)
    assert not lifecycle.sign_off("c1")
    completed(claim)
    assert lifecycle.sign_off("c1")
    assert not Consumer.select().exists()


def test_it_gives_nothing_to_a_consumer_that_is_draining(submit: Submit) -> None:
    consumers.register("c1", 1, ["parsing"])
    held = claimed(submit())
    consumers.drain("")
    waiting = submit()
    assert single.claim("parsing", "c1/1") is None
    assert completed(held)
    consumers.register("c2", 2, ["parsing"])
    assert claimed(waiting, "c2/1")


def test_it_cancels_an_orphan_whose_cancel_was_asked(submit: Submit) -> None:
    job = submit()
    claimed(job, "c1/1")
    lifecycle.ask_cancel(job.job_id)
    lifecycle.adopt("c1")
    assert job_of(job.job_id).status == "cancelled"


def test_it_does_not_run_again_what_shall_be_cancelled(submit: Submit) -> None:
    job = submit()
    claim = claimed(job)
    lifecycle.ask_cancel(job.job_id)
    lifecycle.fail_attempt(claim, ERROR, (0, 0))
    assert job_of(job.job_id).status == "cancelled"


def test_it_retries_only_what_did_not_complete(submit: Submit) -> None:
    job = submit("a", "b")
    completed(claimed(job))
    lifecycle.fail(claimed(job), ERROR)
    assert lifecycle.retry(job.job_id) == 1
    assert [item.status for item in items_of(job)] == ["completed", "queued"]
    after = job_of(job.job_id)
    assert (after.status, after.failed_items, after.completed_at) == ("running", 0, None)


def test_it_retries_only_the_items_it_is_asked_for(submit: Submit) -> None:
    job = submit("a", "b")
    for _ in range(2):
        lifecycle.fail(claimed(job), ERROR)
    assert lifecycle.retry(job.job_id, [1]) == 1
    assert [item.status for item in items_of(job)] == ["failed", "queued"]


def test_it_retries_a_cancelled_job(submit: Submit) -> None:
    job = submit()
    lifecycle.ask_cancel(job.job_id)
    assert lifecycle.retry(job.job_id) == 1
    assert not job_of(job.job_id).cancel_requested
    completed(claimed(job))
    assert job_of(job.job_id).status == "completed"


def test_it_counts_failures_anew_after_a_retry_by_hand(submit: Submit) -> None:
    job = submit()
    lifecycle.fail(claimed(job), ERROR)
    lifecycle.retry(job.job_id)
    assert (row(job)["failures"], row(job)["attempt"]) == (0, 1)


def test_it_shows_progress_over_all_items(submit: Submit) -> None:
    job = submit("a", "b")
    lifecycle.progress(claimed(job), 50, "Reading")
    after = job_of(job.job_id)
    assert after.progress_points // after.total_items == 25
    assert after.current_step == "Item 1 of 2: Reading"


def test_it_never_lets_progress_go_back_by_itself(submit: Submit) -> None:
    job = submit()
    lifecycle.progress(claimed(job), 80, "Nearly")
    lifecycle.fail_attempt(lifecycle_claim(job), ERROR, (0,))
    lifecycle.progress(claimed(job), 10, "Again")
    assert job_of(job.job_id).progress_points == 80


def lifecycle_claim(job: Job) -> Claim:
    """The claim under which the job's only item runs."""
    (item,) = items_of(job)
    claim = claims.read(item.id)
    assert claim is not None
    return claim


def test_it_starts_progress_anew_with_a_retry_by_hand(submit: Submit) -> None:
    job = submit()
    lifecycle.progress(claimed(job), 80, "Nearly")
    lifecycle.fail(lifecycle_claim(job), ERROR)
    lifecycle.retry(job.job_id)
    assert job_of(job.job_id).progress_points == 0


def test_it_gives_each_change_a_higher_number(submit: Submit) -> None:
    first = submit()
    second = submit()
    numbers = [second.change]
    lifecycle.progress(claimed(first), 1, "x")
    numbers.append(job_of(first.job_id).change)
    completed(lifecycle_claim(first))
    numbers.append(job_of(first.job_id).change)
    assert numbers == sorted(set(numbers))


def test_it_keeps_the_time_of_the_first_claim(submit: Submit) -> None:
    job = submit()
    lifecycle.interrupt(claimed(job))
    first = job_of(job.job_id).started_at
    claimed(job)
    assert job_of(job.job_id).started_at == first


def test_it_deletes_only_a_final_job(submit: Submit) -> None:
    job = submit()
    assert not lifecycle.purge([job.job_id])
    completed(claimed(job))
    assert lifecycle.purge([job.job_id])
    assert Job.select().count() == Item.select().count() == 0
    assert Gone.get().job_id == job.job_id


def test_it_renews_a_lease(submit: Submit) -> None:
    job = submit()
    claim = claimed(job)
    before = row(job)["lease_until"]
    assert lifecycle.renew(claim)
    assert row(job)["lease_until"] > before


def test_it_expires_only_the_lease_it_has_seen(submit: Submit) -> None:
    job = submit()
    claim = claimed(job)
    seen = row(job)["lease_until"]
    lifecycle.renew(claim)
    assert not lifecycle.expire(claim.id, seen)
    assert lifecycle.expire(claim.id, row(job)["lease_until"])


def test_it_holds_the_rows_to_their_constraints(submit: Submit) -> None:
    job = submit()
    for nonsense in (
        "UPDATE item SET status = 'done'",
        "UPDATE item SET status = 'running'",
        "UPDATE item SET status = 'failed', completed_at = 'now'",
        "UPDATE item SET progress = 101",
        "UPDATE item SET owner = ''",
        "UPDATE job SET status = 'completed', completed_at = 'now'",
        "UPDATE job SET completed_items = 2",
        "UPDATE job SET params = 'no json'",
        "UPDATE job SET priority = 101",
    ):
        with pytest.raises(Exception) as refused:
            query(nonsense)
        assert is_refused(refused.value)
    assert row(job)["status"] == "queued"


def test_it_shows_no_step_of_a_job_that_waits_for_its_retry(submit: Submit) -> None:
    job = submit()
    claim = claimed(job)
    lifecycle.progress(claim, 90, "Nearly")
    lifecycle.try_again(claim, 60, "busy")
    assert job_of(job.job_id).current_step is None


def test_it_keeps_the_error_of_what_is_not_retried(submit: Submit) -> None:
    job = submit("a", "b")
    for _ in range(2):
        lifecycle.fail(claimed(job), ERROR)
    lifecycle.retry(job.job_id, [0])
    completed(claimed(job))
    assert json.loads(job_of(job.job_id).error or "")["message"] == "no good"
