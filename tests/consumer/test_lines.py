"""Consumers share the line of a queue: what each looks at first, and who joins whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from bellhop.consumer import lines
from bellhop.consumer.lines import Pace, Shares
from bellhop.consumer.moves import Asked, End, Moves, nothing
from bellhop.consumer.watch import Watch
from bellhop.database.database import database, query
from bellhop.jobs import lifecycle
from bellhop.jobs.lifecycle import Claim, Completion, Due, claims
from bellhop.storage.models import Job
from tests.support import single

Submit = Callable[..., Job]
BOTH = {"parsing": ["c1", "c2"]}


def line(count: int, priority: int = 0, first: int = 1) -> list[Due]:
    ids = range(first, first + count)
    return [Due(id, "noop", "anna", priority, turn=id, attempt=0) for id in ids]


def shares(consumer: str, limit: int = 8) -> Shares:
    made = Shares(consumer, lambda queue: limit)
    made.serving = BOTH
    return made


def ids(items: Iterable[Due]) -> list[int]:
    return [item.id for item in items]


def test_it_takes_items_in_their_order_where_it_is_alone() -> None:
    alone = Shares("c1", lambda queue: 8)
    assert alone.own_first("parsing", line(20)) == line(20)


def test_it_begins_with_other_items_than_its_neighbour() -> None:
    first, second = (ids(shares(name).own_first("parsing", line(40))) for name in ("c1", "c2"))
    assert not {*first[:12]} & {*second[:12]}
    assert sorted(first) == sorted(second) == ids(line(40))
    assert first[:12] == sorted(first[:12])


def test_it_lets_nothing_overtake_what_is_more_urgent() -> None:
    urgent = line(10, priority=5)
    found = shares("c1").own_first("parsing", [*urgent, *line(10, first=11)])
    assert {item.priority for item in found[:10]} == {5}


def test_it_leaves_an_item_to_its_neighbour_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whose workers may all be busy for hours."""
    mine = shares("c1")
    assert mine.own_first("parsing", line(20)) != line(20)
    monkeypatch.setattr(lines, "LEFT_S", 0.0)
    assert mine.own_first("parsing", line(20)) == line(20)


def test_it_takes_what_is_left_to_its_neighbour_where_there_is_nothing_else() -> None:
    (other,) = next(
        [item] for item in line(20) if shares("c1").own_first("parsing", line(20))[-1] == item
    )
    assert shares("c1").own_first("parsing", [other]) == [other]


def end_of(claim: Claim, data: str) -> End:
    done = Completion(claim=claim, data=data, files="[]", warnings="[]")
    return End(claim, Watch(claim, lambda: False, set(), None), done, nothing)  # type: ignore[arg-type]


def moves_with(limit: int = 8) -> Moves:
    return Moves(lambda candidate: None, shares("c1", limit), Pace(), lambda queues: None)


def in_a_thread(moves: Moves, asked: Asked) -> threading.Thread:
    def make() -> None:
        moves.make(asked)
        database.close()

    thread = threading.Thread(target=make)
    thread.start()
    return thread


def made_while_others_write(moves: Moves, *asked: Asked) -> None:
    """The first waits for its turn to write, and the others come meanwhile."""
    looked = threading.Event()
    read_due = lifecycle.read_due

    def reading(*arguments: Any) -> Any:
        try:
            return read_due(*arguments)
        finally:
            looked.set()

    with pytest.MonkeyPatch.context() as patch, database.atomic():
        patch.setattr(lifecycle, "read_due", reading)
        threads = [in_a_thread(moves, asked[0])]
        assert looked.wait(30)
        threads += [in_a_thread(moves, each) for each in asked[1:]]
        while len(moves._waiting) < len(asked) - 1:
            time.sleep(0.001)
    for thread in threads:
        thread.join()


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many items each transaction claimed."""
    taken: list[int] = []
    take = lifecycle.take

    def counted(candidates: Any) -> Any:
        found = take(candidates)
        taken.append(len(found))
        return found

    monkeypatch.setattr(lifecycle, "take", counted)
    return taken


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_it_lets_who_comes_while_it_waits_to_write_join_it(
    submit: Submit, transactions: list[int]
) -> None:
    single.register("c1")
    submit(*map(str, range(20)))
    asked = [Asked(f"c1/{number}", queue="parsing") for number in range(3)]
    made_while_others_write(moves_with(), *asked)
    assert transactions == [3]
    given = [claim for each in asked for claim in each.claims]
    assert len({claim.id for claim in given}) == 3
    assert [claim.worker for claim in given] == ["c1/0", "c1/1", "c1/2"]


def test_it_makes_the_moves_of_who_joined_when_those_of_another_fail(submit: Submit) -> None:
    single.register("c1")
    submit(*map(str, range(20)))
    claims = [single.claim("parsing", f"c1/{number}") for number in range(2)]
    asked = [
        Asked(claim.worker, ends=[end_of(claim, data)], queue="parsing")
        for claim, data in zip(claims, ["no JSON", "{}"], strict=True)
        if claim
    ]
    late = Asked("c1/2", queue="parsing")
    made_while_others_write(moves_with(), *asked, late)
    assert isinstance((asked[0].recorded or [False])[0], Exception)
    assert asked[1].recorded == [True] and late.claims


def test_it_lets_nobody_join_for_whom_there_is_nothing(
    submit: Submit, transactions: list[int]
) -> None:
    single.register("c1")
    submit("a", "b")
    asked = [Asked(f"c1/{number}", queue="parsing") for number in range(3)]
    made_while_others_write(moves_with(), *asked)
    assert transactions[0] == 2 and sum(transactions) == 2
    assert sorted(len(each.claims) for each in asked) == [0, 1, 1]


def test_it_reads_an_item_once_that_it_could_not_give_yet(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an item depends on may be megabytes."""
    monkeypatch.setattr(claims, "KNOWN_S", 60.0)
    single.register("c1")
    submit(*map(str, range(12)))
    read, read_due = list[int](), lifecycle.read_due

    def reading(items: Any, *arguments: Any) -> Any:
        read.extend(item.id for item in items)
        return read_due(items, *arguments)

    monkeypatch.setattr(lifecycle, "read_due", reading)
    moves = moves_with(limit=3)
    for number in range(4):
        moves.make(Asked(f"c1/{number}", queue="parsing"))
    assert len(read) == len({*read}) <= 6


def test_it_reads_an_item_again_that_was_moved_meanwhile(submit: Submit) -> None:
    single.register("c1")
    jobs = [submit(text) for text in "abc"]
    moves = moves_with(limit=3)
    first = Asked("c1/1", queue="parsing")
    moves.make(first)
    for job in jobs:
        if job.id != first.claims[0].job:
            lifecycle.ask_cancel(job.job_id)
            lifecycle.retry(job.job_id)
    asked = [Asked(f"c1/{number}", queue="parsing") for number in (2, 3)]
    for each in asked:
        moves.make(each)
    turns = query("SELECT turn FROM item WHERE worker != 'c1/1' ORDER BY turn")
    assert [(claim.turn,) for each in asked for claim in each.claims] == turns


def test_it_reads_an_item_again_that_it_read_long_ago(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker ran another one for hours, and somebody changed the code of its type."""
    monkeypatch.setattr(claims, "KNOWN_S", 0.0)
    single.register("c1")
    submit("a", "b", "c")
    code = ["old"]
    moves = Moves(lambda claim: f"{claim.id} {code[0]}", shares("c1", 3), Pace(), lambda _: None)
    moves.make(Asked("c1/1", queue="parsing"))
    code[0] = "new"
    asked = Asked("c1/1", queue="parsing")
    moves.make(asked)
    (claim,) = asked.claims
    assert claim.cache_key == f"{claim.id} new"
    assert query("SELECT cache_key FROM item WHERE id = :id", {"id": claim.id}) == [
        (claim.cache_key,)
    ]
