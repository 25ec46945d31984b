"""The workers of a consumer make their moves together, and quick items are claimed ahead."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bellhop.accounts.access import BELLHOP
from bellhop.consumer import hand, watch
from bellhop.consumer.lines import Pace, Shares
from bellhop.consumer.moves import Asked, End, Moves, nothing
from bellhop.consumer.watch import Watch
from bellhop.consumer.workers import Workers
from bellhop.database.database import bind_server, database, query
from bellhop.jobs import lifecycle, queries, queues
from bellhop.jobs.lifecycle import Claim, Completion
from bellhop.jobs.lifecycle.claims import KeyOf
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from tests.support import single
from tests.support.conversation import Turns
from tests.support.cuts import LostAnswers
from tests.support.jobs import items_of, job_of, moves_of, quick
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy

Submit = Callable[..., Job]
ROUNDS = 8  # after which a server knows all statements


@pytest.fixture(autouse=True)
def _registered(here: Installation) -> None:
    single.register("c1")


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for each transaction in which claims end; how many do."""
    made: list[int] = []
    recording = lifecycle.recording

    @contextlib.contextmanager
    def counted(claims: Sequence[Claim]) -> Iterator[None]:
        with recording(claims):
            yield
        if claims:
            made.append(len(claims))

    monkeypatch.setattr(lifecycle, "recording", counted)
    return made


@pytest.fixture
def one(workers: Workers, submit: Submit) -> Iterator[Workers]:
    """A consumer with one worker that has seen quick items of the type `as_told`."""
    workers.slots.resize({**dict.fromkeys(workers._counts, 0), "parsing": 1})
    submit("warm", type="as_told")
    workers.run_next()
    quick(workers._pace, "as_told")
    yield workers


def moves_for(count: int = 1, key_of: KeyOf = single.no_key) -> Moves:
    return Moves(key_of, Shares("c1", lambda queue: count), Pace(), lambda queues: None)


def end_of(claim: Claim, data: str = "{}") -> End:
    done = Completion(claim=claim, data=data, files="[]", warnings="[]")
    return End(claim, Watch(claim, lambda: False, set(), None), done, nothing)  # type: ignore[arg-type]


def claimed(count: int) -> list[Claim]:
    found = [single.claim("parsing", f"c1/{number}") for number in range(count)]
    return [claim for claim in found if claim]


def at_once(moves: Moves, asked: list[Asked]) -> None:
    """Hand all of this in while a transaction is under way."""

    def make(each: Asked) -> None:
        moves.make(each)
        database.close()

    threads = [threading.Thread(target=make, args=(each,)) for each in asked]
    with moves._turn:
        for thread in threads:
            thread.start()
        while len(moves._waiting) < len(asked):
            time.sleep(0.001)
    for thread in threads:
        thread.join()


def test_it_makes_the_moves_of_ten_workers_in_one_transaction(
    submit: Submit, transactions: list[int]
) -> None:
    submit(*map(str, range(20)))
    asked = [Asked(claim.worker, ends=[end_of(claim)], queue="parsing") for claim in claimed(10)]
    transactions.clear()
    at_once(moves_for(10), asked)
    assert transactions == [10]
    assert [each.recorded for each in asked] == [[True]] * 10
    given = [claim.index for each in asked for claim in each.claims]
    assert sorted(given) == list(range(10, 20))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.parametrize(("has_key", "writing"), [(False, 6), (True, 9)])
def test_it_waits_for_few_answers_to_end_items_and_claim_the_next(
    submit: Submit, postgres: Postgres, monkeypatch: Any, count: int, has_key: bool, writing: int
) -> None:
    """As few as docs/decisions/0017-moves.md says: all other machines wait for it meanwhile."""
    submit(*map(str, range(count * (ROUNDS + 1))))
    turns, claims = Turns(), claimed(count)
    moves = moves_for(count, lambda candidate: str(candidate.id) if has_key else None)
    begun_at, recording = [0], lifecycle.recording

    def begun(ending: list[Claim]) -> AbstractContextManager[None]:
        begun_at[:] = [turns.count]
        return recording(ending)

    monkeypatch.setattr(lifecycle, "recording", begun)
    with Proxy(postgres.port, lambda: turns) as proxy:
        bind_server(postgres.url("tables", proxy.port))
        for _ in range(ROUNDS):
            asked = [Asked(each.worker, ends=[end_of(each)], queue="parsing") for each in claims]
            before = turns.count
            moves._make(asked)
            claims = [claim for each in asked for claim in each.claims]
        assert len(claims) == count
        assert begun_at[0] - before <= 2, "without the write lock"
        assert turns.count - begun_at[0] <= writing
        database.close_all()


def test_it_makes_the_move_of_a_worker_that_is_alone_at_once(
    submit: Submit, transactions: list[int]
) -> None:
    submit("a", "b")
    (claim,) = claimed(1)
    transactions.clear()
    asked = Asked(claim.worker, ends=[end_of(claim)], queue="parsing")
    moves_for().make(asked)
    assert transactions == [1] and [claim.index for claim in asked.claims] == [1]


def test_it_takes_no_write_lock_to_see_that_nothing_is_due(
    here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.obj, "atomic", None)
    asked = Asked("c1/1", queue="parsing")
    moves_for().make(asked)
    assert not asked.claims


def test_it_records_the_others_beside_a_result_that_the_database_refuses(submit: Submit) -> None:
    job = submit("a", "b", "c")
    asked = [
        Asked(claim.worker, ends=[end_of(claim, data)])
        for claim, data in zip(claimed(3), ["{}", "no JSON", "{}"], strict=True)
    ]
    at_once(moves_for(3), asked)
    assert [item.status for item in items_of(job)] == ["completed", "running", "completed"]
    (refused,) = asked[1].recorded or []
    assert isinstance(refused, sqlite3.IntegrityError | psycopg.IntegrityError)


def test_it_records_the_others_beside_one_that_was_given_away(submit: Submit) -> None:
    submit("a", "b")
    claims = claimed(2)
    lifecycle.interrupt(claims[0])
    asked = [Asked(claim.worker, ends=[end_of(claim)]) for claim in claims]
    at_once(moves_for(2), asked)
    assert [each.recorded for each in asked] == [[False], [True]]


def test_it_tells_all_of_a_group_what_will_pass(submit: Submit, monkeypatch: Any) -> None:
    submit("a", "b")
    claims = claimed(2)

    def fails(done: Any) -> Any:
        raise full_disk()

    monkeypatch.setattr(lifecycle, "complete_all", fails)
    asked = [Asked(claim.worker, ends=[end_of(claim)]) for claim in claims]
    moves = moves_for(2)
    for each in asked:
        with pytest.raises(sqlite3.OperationalError):
            moves.make(each)
        assert each.recorded is None


def full_disk() -> sqlite3.OperationalError:
    full = sqlite3.OperationalError("full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    return full


@pytest.mark.parametrize("error", [full_disk(), ZeroDivisionError()])
@pytest.mark.parametrize("ends", [True, False])
def test_it_keeps_what_it_made_for_one_when_the_next_look_for_another_fails(
    submit: Submit, monkeypatch: pytest.MonkeyPatch, ends: bool, error: Exception
) -> None:
    """Nobody would run what was claimed, and the files of a result would be withdrawn."""
    job = submit("a", "b", "c", "d")
    held = claimed(1) if ends else []
    first = Asked("c1/0", ends=[end_of(claim) for claim in held], queue="parsing")
    second = Asked("c1/1", queue="parsing")
    take, due = lifecycle.take, lifecycle.due

    def taking(candidates: Sequence[Claim]) -> list[Claim]:
        """Somebody else is first at all but one, and then something fails."""
        monkeypatch.setattr(lifecycle, "due", failing)
        return take(candidates[:1])

    def failing(*arguments: Any) -> Any:
        raise error

    monkeypatch.setattr(lifecycle, "take", taking)
    moves = moves_for(2)
    moves._make([first, second])
    assert (first.error, first.recorded) == (None, [True] * ends)
    assert [claim.id for claim in first.claims] == [
        item.id for item in items_of(job) if item.status == "running"
    ]
    assert (second.error, second.claims) == (error, [])
    monkeypatch.setattr(lifecycle, "due", due)
    monkeypatch.setattr(lifecycle, "take", take)
    moves.make(third := Asked("c1/2", queue="parsing"))
    assert third.claims


def test_it_claims_the_next_item_with_the_end_of_the_one_before(
    submit: Submit, workers: Workers, transactions: list[int]
) -> None:
    submit("sleep 0.1", "sleep 0.11", type="as_told")
    workers.work()
    assert transactions == [1, 1]


def test_it_runs_quick_items_one_after_the_other(
    submit: Submit, one: Workers, transactions: list[int], monkeypatch: Any
) -> None:
    monkeypatch.setattr(hand, "HOLD_S", 60.0)
    job = submit(*map(str, range(20)), type="as_told")
    transactions.clear()
    one.work()
    assert transactions == [20]
    assert job_of(job.job_id).status == "completed"
    assert moves_of(job).count("claimed") == moves_of(job).count("completed") == 20


def test_it_claims_no_more_than_one_of_what_is_not_known_to_be_quick(
    submit: Submit, workers: Workers, transactions: list[int]
) -> None:
    pace = Pace()
    assert pace.most("noop") == 1
    for _ in range(99):
        pace.note("noop", 0.001)
    assert pace.most("noop") > 8
    pace.note("noop", 1.0)
    assert pace.most("noop") == 1


def test_it_takes_no_more_than_a_fair_share(submit: Submit) -> None:
    """Four workers share eight items: the first of them takes two."""
    submit(*map(str, range(8)))
    moves = moves_for(4)
    quick(moves._pace, "noop")
    asked = [Asked(f"c1/{number}", queue="parsing", most=64) for number in range(4)]
    at_once(moves, asked)
    assert [len(each.claims) for each in asked] == [2, 2, 2, 2]


def test_it_keeps_the_turns_of_two_owners(submit: Submit) -> None:
    """Items that one process may run are claimed together as far as they are next."""
    submit("a1", "a2", owner="anna")
    submit("b1", "b2", owner="bert")
    moves = moves_for(1)
    quick(moves._pace, "noop")
    texts = []
    for number in range(4):
        asked = Asked(f"c1/{number}", queue="parsing", most=64)
        moves.make(asked)
        texts.append([claim.input["text"] for claim in asked.claims])
    assert texts == [["a1"], ["b1"], ["a2"], ["b2"]]


def after_its_claims(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen once items are claimed and before the first of them runs."""
    take = lifecycle.take

    def taken(*arguments: Any) -> Any:
        claims = take(*arguments)
        if claims:
            monkeypatch.setattr(lifecycle, "take", take)
            database.after_commit(act)
        return claims

    monkeypatch.setattr(lifecycle, "take", taken)


@pytest.mark.parametrize("why", ["stops", "pauses", "shrinks", "takes long"])
def test_it_gives_back_uncounted_what_has_not_begun(
    submit: Submit, one: Workers, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    acts: dict[str, Callable[[], object]] = {
        "stops": one.stopping.set,
        "pauses": lambda: queues.pause("parsing", "anna"),
        "shrinks": lambda: one.slots.resize({"parsing": 0}),
        "takes long": lambda: monkeypatch.setattr(hand.Hand, "may_go_on", lambda self: False),
    }
    monkeypatch.setattr(hand, "HOLD_S", 60.0)
    monkeypatch.setattr(hand, "LOOK_EVERY_S", 0.0)
    job = submit("a", "b", "c", type="as_told")
    after_its_claims(monkeypatch, acts[why])
    one._serve(0.0)
    states = [(item.status, item.attempt, item.interruptions) for item in items_of(job)]
    assert states == [("completed", 1, 0), ("queued", 1, 0), ("queued", 1, 0)]
    assert moves_of(job).count("requeued") == 2


def test_it_gives_back_what_waits_behind_an_item_that_is_slow(submit: Submit, one: Workers) -> None:
    """What is held is neither shown nor kept for long, and the slow one runs on."""
    job = submit("a", "sleep 5", "b", type="as_told")
    thread = threading.Thread(target=one.work)
    thread.start()
    wait_until(lambda: [i.status for i in items_of(job)] == ["completed", "running", "queued"])
    assert [item.interruptions for item in items_of(job)] == [0, 0, 0]
    lifecycle.ask_cancel(job.job_id)
    thread.join()
    assert [item.status for item in items_of(job)] == ["completed", "cancelled", "cancelled"]


def wait_until(condition: Callable[[], bool], limit_s: float = 20) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_it_gives_back_what_waits_behind_an_item_that_crashes(submit: Submit, one: Workers) -> None:
    job = submit("crash", "b", type="as_told")
    one._serve(0.0)
    crashed, other = items_of(job)
    assert (crashed.status, crashed.crashes) == ("queued", 1)
    assert (other.status, other.crashes, other.interruptions) == ("queued", 0, 0)


def test_it_never_begins_an_item_that_was_cancelled_while_it_was_held(
    submit: Submit, one: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hand, "HOLD_S", 60.0)
    monkeypatch.setattr(hand, "LOOK_EVERY_S", 0.0)
    first, held = submit("a", type="as_told"), submit("b", type="as_told")
    after_its_claims(monkeypatch, partial(lifecycle.ask_cancel, held.job_id))
    one.work()
    assert job_of(first.job_id).status == "completed"
    assert job_of(held.job_id).status == "cancelled"
    assert moves_of(held) == ["submitted", "claimed", "cancel_asked", "cancelled"]


def test_it_shows_one_item_for_each_worker(submit: Submit) -> None:
    """What is held ahead waits, for whoever looks: no process runs it."""
    submit("a", "b", "c")
    moves = moves_for(1)
    quick(moves._pace, "noop")
    asked = Asked("c1/1", queue="parsing", most=64)
    moves.make(asked)
    assert len(asked.claims) == 3
    state = queries.queue_states()["parsing"]
    assert (state["running"], state["queued"]) == (1, 2)
    assert [item["index"] for item in queries.running_items(BELLHOP)] == [0]


def test_it_keeps_the_files_of_a_result_whose_answer_was_lost(
    submit: Submit, workers: Workers, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "RECORD_AGAIN_S", 0.001)
    job = submit("write it", type="as_told")
    record = workers_record(monkeypatch, lambda: LostAnswers(monkeypatch, 1))
    workers.work()
    assert record == [1]
    ((_, result),) = queries.items(job, limit=1).rows
    assert result and job_of(job.job_id).status == "completed"
    (file,) = json.loads(result.files)
    path = Files(here.folder).result(job.job_id, file["path"])
    assert Path(path).read_text() == "write it"
    assert moves_of(job) == ["submitted", "claimed", "completed"]


def workers_record(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> list[int]:
    """Let something happen once an item has run and before it is recorded."""
    done: list[int] = []
    publish = Files.publish

    def published(*arguments: Any) -> Any:
        done.append(1)
        act()
        return publish(*arguments)

    monkeypatch.setattr(Files, "publish", published)
    return done


def test_it_withdraws_the_files_of_an_attempt_that_lost_its_item(
    submit: Submit, workers: Workers, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit("write it", type="as_told")
    workers_record(monkeypatch, lambda: lifecycle.adopt("c1"))
    workers.run_next()
    (item,) = items_of(job)
    assert (item.status, item.attempt) == ("queued", 1)
    assert not Path(Files(here.folder).result(job.job_id, "0-0-1")).exists()


def test_it_finds_what_it_claimed_when_the_answer_was_lost(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs it, and does not leave it to the end of its lease."""
    job = submit("a", type="as_told")
    lost = LostAnswers(monkeypatch, 1)
    workers.work()
    assert lost.left == 0 and items_of(job)[0].status == "running"
    workers.work()
    (item,) = items_of(job)
    assert (item.status, item.attempt, item.interruptions) == ("completed", 1, 0)


@pytest.mark.parametrize("error", [full_disk(), ZeroDivisionError()])
def test_it_finds_what_it_claimed_also_when_the_next_transaction_fails(
    submit: Submit, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """After a failover the rows can be read before they can be written."""
    submit("a", "b")
    moves = moves_for()
    asked = Asked("c1/0", ends=[end_of(claim) for claim in claimed(1)], queue="parsing")
    LostAnswers(monkeypatch, 1)
    with pytest.raises(sqlite3.OperationalError):
        moves.make(asked)

    @contextlib.contextmanager
    def failing(claims: Sequence[Claim]) -> Iterator[None]:
        raise error
        yield

    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "recording", failing)
        again = Asked("c1/0", ends=asked.ends, queue="parsing")
        with contextlib.suppress(type(error)):
            moves.make(again)
    last = Asked("c1/0", queue="parsing")
    moves.make(last)
    held = query("SELECT id FROM item WHERE status = 'running'")
    assert [(claim.id,) for claim in (again if again.recorded else last).claims] == held


def test_it_gives_back_what_nobody_asks_for_that_was_not_told_of_it(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker may wait in line for a bell while others have all of the work."""
    job = submit("a", type="as_told")
    LostAnswers(monkeypatch, 1)
    workers.work()
    workers.look()
    (item,) = items_of(job)
    assert (item.status, item.attempt, item.interruptions) == ("queued", 1, 0)
    workers.work()
    assert [(i.status, i.attempt) for i in items_of(job)] == [("completed", 2)]


def test_it_does_not_take_its_own_ends_for_claims_that_it_was_not_told_of(
    submit: Submit, one: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is lost that would have recorded an item and claimed the next."""
    monkeypatch.setattr(watch, "RECORD_AGAIN_S", 0.001)
    job = submit("a", "b", type="as_told")
    for _ in range(9):
        one._pace.note("as_told", 1.0)  # one by one
    after_its_claims(monkeypatch, lambda: LostAnswers(monkeypatch, 1))
    one.work()
    assert [(i.status, i.attempt) for i in items_of(job)] == [("completed", 1)] * 2
    assert query("SELECT count(*) FROM result") == [(3,)]
