"""A worker's moves of many items at once: each keeps its own guard, fence, event and counters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bellhop.accounts.access import BELLHOP
from bellhop.database.database import query
from bellhop.jobs import lifecycle, queries
from bellhop.jobs.lifecycle import Claim, Completion
from bellhop.jobs.lifecycle.interruptions import DIED, STOPPED
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from tests.support import single
from tests.support.cuts import LostAnswers, everything
from tests.support.jobs import items_of, job_of, moves_of

Submit = Callable[..., Job]


@pytest.fixture(autouse=True)
def _registered(here: Installation) -> None:
    for consumer in ("c1", "c2"):
        single.register(consumer)


def key_of(candidate: Claim) -> str:
    return str(candidate.input["text"])


def taken(most: int, worker: str = "c1/1") -> list[Claim]:
    """What a worker is given of the next items."""
    found = lifecycle.due("parsing", worker, most)
    return lifecycle.take(lifecycle.read_due(found, "parsing", worker, key_of))


def done(claim: Claim, data: str = "{}") -> Completion:
    return Completion(claim=claim, data=data, files="[]", warnings="[]")


def test_it_claims_many_items_in_their_order(submit: Submit) -> None:
    submit("a", "b")
    first = submit("c", priority=1)
    claims = taken(9)
    assert [claim.input["text"] for claim in claims] == ["c", "a", "b"]
    assert [claim.attempt for claim in claims] == [1, 1, 1]
    assert moves_of(first) == ["submitted", "claimed"]


def test_it_claims_no_item_that_another_worker_claimed_first(submit: Submit) -> None:
    submit("a", "b", "c")
    found = lifecycle.due("parsing", "c1/1", 9)
    candidates = lifecycle.read_due(found, "parsing", "c1/1", key_of)
    single.claim("parsing", "c2/1")
    claims = lifecycle.take(candidates)
    assert [claim.input["text"] for claim in claims] == ["b", "c"]


def test_it_puts_off_an_item_whose_equal_is_claimed_with_it(submit: Submit) -> None:
    job = submit("a", "b", "a", "b")
    claims = taken(9)
    assert [claim.index for claim in claims] == [0, 1]
    assert [item.waits_for for item in items_of(job)] == [None, None, "equal", "equal"]
    lifecycle.complete_all([done(claim) for claim in claims])
    assert [claim.index for claim in taken(9)] == [2, 3]


def test_it_puts_nothing_off_behind_an_equal_that_somebody_took_away(submit: Submit) -> None:
    job = submit("a", "a")
    found = lifecycle.due("parsing", "c1/1", 9)
    candidates = lifecycle.read_due(found, "parsing", "c1/1", key_of)
    held = single.claim("parsing", "c2/1")
    assert held and lifecycle.fail_attempt(held, STOPPED, (60,))
    assert lifecycle.take(candidates) == []
    assert [item.waits_for for item in items_of(job)] == [None, None]


def test_it_claims_the_others_beside_a_row_that_cannot_be_changed(
    submit: Submit, here: Installation
) -> None:
    job = submit("a", "b", "c")
    forbid(here)
    assert [claim.index for claim in taken(9)] == [0, 2]
    assert [item.status for item in items_of(job)] == ["running", "queued", "running"]


def forbid(here: Installation) -> None:
    """Let the database refuse each change of the second item."""
    if here.rows:  # there is no higher number
        query("""UPDATE item SET attempt = 9223372036854775807 WHERE "index" = 1""")
    else:
        query("""CREATE TEMP TRIGGER odd BEFORE UPDATE ON item WHEN new."index" = 1 BEGIN
            SELECT RAISE(ABORT, 'odd'); END""")


@pytest.fixture
def _no_key_b(here: Installation) -> Iterator[None]:
    """The database refuses one key, which is the last that is written of a claim."""
    if not here.rows:
        query("""CREATE TEMP TRIGGER odd BEFORE UPDATE ON item WHEN new.cache_key = 'b' BEGIN
            SELECT RAISE(ABORT, 'odd'); END""")
        yield
        return
    query("ALTER TABLE item ADD CONSTRAINT odd CHECK (coalesce(cache_key, '') != 'b')")
    yield
    query("ALTER TABLE item DROP CONSTRAINT odd")


@pytest.mark.usefixtures("_no_key_b")
def test_it_claims_the_others_beside_one_that_is_refused_last(submit: Submit) -> None:
    job = submit("a", "b", "c")
    claims = taken(9)
    assert [(claim.index, claim.attempt) for claim in claims] == [(0, 1), (2, 1)]
    assert [item.status for item in items_of(job)] == ["running", "queued", "running"]
    assert taken(9) == []


def test_it_fails_what_cannot_be_read_and_claims_the_others(submit: Submit) -> None:
    job = submit("a", "b", "c")
    query("""UPDATE item SET input = '{"a": 1}' WHERE "index" = 1""")
    assert [claim.index for claim in taken(9)] == [0, 2]
    assert [item.status for item in items_of(job)] == ["running", "failed", "running"]


def test_it_records_all_of_a_group_but_what_was_given_away(submit: Submit) -> None:
    jobs = submit("a", "b"), submit("c")
    claims = taken(9)
    late = claims[1]
    assert lifecycle.interrupt(late)
    again = single.claim("parsing", "c2/1")
    assert again and again.id == late.id
    recorded = lifecycle.complete_all([done(claim) for claim in claims])
    assert recorded == {claims[0].which, claims[2].which}
    assert [job_of(job.job_id).completed_items for job in jobs] == [1, 1]
    assert [job_of(job.job_id).status for job in jobs] == ["running", "completed"]
    assert moves_of(jobs[0]).count("completed") == 1


def test_it_gives_back_what_has_not_begun_and_counts_nothing(submit: Submit) -> None:
    job = submit("a", "b")
    claims = taken(9)
    assert lifecycle.give_back(claims) == {claim.which for claim in claims}
    assert [(i.status, i.interruptions) for i in items_of(job)] == [("queued", 0)] * 2
    assert [claim.input["text"] for claim in taken(9)] == ["a", "b"]


def test_it_cancels_what_it_gives_back_once_that_was_asked(submit: Submit) -> None:
    job = submit("a", "b")
    claims = taken(9)
    lifecycle.ask_cancel(job.job_id)
    lifecycle.give_back(claims)
    assert job_of(job.job_id).status == "cancelled"


def test_it_knows_what_may_still_begin(submit: Submit) -> None:
    job = submit("a", "b")
    claims = taken(9)
    assert lifecycle.stay_wanted(claims)
    lifecycle.ask_cancel(job.job_id)
    assert not lifecycle.stay_wanted(claims)


@pytest.mark.parametrize("worker", ["c1/1", "c1/2"])
def test_it_finds_what_a_worker_holds(submit: Submit, worker: str) -> None:
    submit("a", "b")
    claims = taken(1, "c1/1") + taken(1, "c1/2")
    found = lifecycle.held_by(worker)
    assert found == [claim for claim in claims if claim.worker == worker]


def test_it_counts_a_result_as_recorded_whose_answer_was_lost(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit("a")
    (claim,) = taken(9)
    lost = LostAnswers(monkeypatch, 1)
    with pytest.raises(Exception, match="I/O"):
        lifecycle.complete_all([done(claim)])
    before = everything()
    assert lost.left == 0 and lifecycle.complete_all([done(claim)]) == {claim.which}
    assert everything() == before and moves_of(job).count("completed") == 1


ENDS: dict[str, Callable[[Claim], bool]] = {
    "complete": lambda claim: single.complete(claim, data="{}", files="[]", warnings="[]"),
    "fail": lambda claim: lifecycle.fail(claim, DIED),
    "again": lambda claim: lifecycle.fail_attempt(claim, DIED, (9,)),
    "later": lambda claim: lifecycle.try_again(claim, 9, "busy"),
    "crash": lambda claim: lifecycle.crash(claim, "SIGSEGV"),
    "cancel": lifecycle.cancel,
    "interrupt": lifecycle.interrupt,
    "give back": lambda claim: bool(lifecycle.give_back([claim])),
}


@pytest.mark.parametrize("end", ENDS)
def test_it_counts_every_move_as_made_whose_answer_was_lost(
    submit: Submit, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    submit("a")
    (claim,) = taken(9)
    LostAnswers(monkeypatch, 1)
    with pytest.raises(Exception, match="I/O"):
        ENDS[end](claim)
    before = everything()
    assert ENDS[end](claim) and everything() == before


@pytest.mark.parametrize("end", ENDS)
def test_it_counts_no_move_as_made_of_an_item_that_another_attempt_has(
    submit: Submit, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Its commit failed, and meanwhile the item was given away."""
    submit("a")
    (claim,) = taken(9)
    claim.is_in_doubt = True
    lifecycle.adopt("c1")
    assert taken(9, "c2/1")
    before = everything()
    assert not ENDS[end](claim) and everything() == before


def test_it_moves_a_group_with_one_change_of_each_job(submit: Submit) -> None:
    job = submit(*"abcdefgh")
    before = queries.last_change()
    claims = taken(8)
    lifecycle.complete_all([done(claim) for claim in claims])
    assert queries.last_change() == before + 2
    shown = queries.job(BELLHOP, job.job_id)
    assert shown and shown.status == "completed"


def test_it_records_the_result_of_the_attempt_that_has_the_item(submit: Submit) -> None:
    """Two workers of one consumer end it in one transaction, and one of them is late."""
    submit("a")
    (late,) = taken(1, "c1/1")
    lifecycle.interrupt(late)
    (claim,) = taken(1, "c1/2")
    recorded = lifecycle.complete_all([done(claim, "1"), done(late, "2")])
    assert recorded == {claim.which}
    assert query("SELECT data FROM result") == [("1",)]
