"""The lease of a consumer: it ends what it runs before anybody else may run it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bellhop.base import times
from bellhop.base.errors import REMOVED
from bellhop.consumer import lease as lease_module
from bellhop.consumer.lease import AGAIN_S, BEAT_EVERY_S, SPARE_S, Beats, Lease
from bellhop.consumer.stillness import Stillness
from bellhop.consumer.workers import Workers
from bellhop.database.at_once import AT_ONCE_S
from bellhop.database.database import bind_server, database, query
from bellhop.jobs import consumers, lifecycle
from bellhop.machines import members
from bellhop.storage.installation import Installation
from bellhop.storage.models import Consumer, Job
from bellhop.system import children, proctree
from tests.support.jobs import items_of, job_of, result_of
from tests.support.machines import add_machine
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy

Submit = Callable[..., Job]
LASTS_S = 20.0
on_server = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


class Refusing:
    """A server that knows the role no more."""

    def ask(self, sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        raise psycopg.OperationalError(
            'FATAL:  password authentication failed for user "bellhop_m2"'
        )


class Time:
    """A clock that the test sets, for consumers and keepers."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(times, "since_boot_s", made)
    return made


@pytest.fixture
def ended() -> list[float]:
    """When all that ran was ended."""
    return []


@pytest.fixture
def lease(clocks: Time, ended: list[float]) -> Lease:
    """One that was renewed by a beat of this moment."""
    made = Lease(LASTS_S, lambda: ended.append(clocks.now))
    made.renew(clocks.now, LASTS_S)
    return made


def test_it_holds_until_a_while_before_others_adopt_what_runs(
    lease: Lease, clocks: Time, ended: list[float]
) -> None:
    clocks.now += LASTS_S - SPARE_S - 0.01
    lease.look()
    assert lease.holds() and not ended
    clocks.now += 0.01
    assert not lease.holds()
    lease.look()
    assert ended == [clocks.now]


def test_it_counts_from_when_a_beat_was_sent(lease: Lease, clocks: Time) -> None:
    sent = clocks.now + 1
    clocks.now += 8
    lease.renew(sent, LASTS_S)
    clocks.now = sent + LASTS_S - SPARE_S
    assert not lease.holds()


def test_it_ends_once(lease: Lease, clocks: Time, ended: list[float]) -> None:
    clocks.now += LASTS_S
    for _ in range(3):
        lease.look()
    assert len(ended) == 1


def test_it_goes_on_with_the_next_beat_as_another_lease(
    lease: Lease, clocks: Time, ended: list[float]
) -> None:
    before = lease.number
    clocks.now += LASTS_S
    lease.look()
    lease.renew(clocks.now, LASTS_S)
    assert lease.holds() and not lease.holds(before)
    assert len(ended) == 1


def test_it_ends_what_runs_before_it_goes_on_when_nobody_looked_in_time(
    lease: Lease, clocks: Time, ended: list[float]
) -> None:
    """Such as after the process was stopped (SIGSTOP): the beat may be first to go on."""
    before = lease.number
    clocks.now += LASTS_S
    lease.renew(clocks.now, LASTS_S)
    assert len(ended) == 1 and not lease.holds(before)


def test_it_tries_again_to_end_what_it_could_not_end(clocks: Time) -> None:
    tries: list[float] = []

    def end_all() -> None:
        tries.append(clocks.now)
        if len(tries) == 1:
            raise MemoryError

    lease = Lease(LASTS_S, end_all)
    lease.renew(clocks.now, LASTS_S)
    clocks.now += LASTS_S
    with pytest.raises(MemoryError):
        lease.look()
    assert not lease.holds()
    lease.look()
    assert len(tries) == 2


def test_it_holds_for_ever_on_one_machine(clocks: Time, ended: list[float]) -> None:
    lease = Lease(float("inf"), lambda: ended.append(clocks.now))
    clocks.now += 1e9
    lease.look()
    assert lease.holds(lease.number) and not ended


# How long the way to the database and back takes; whether a beat arrives, and is answered.
DELAYS = st.floats(0, 6)
BEATS = st.lists(st.tuples(DELAYS, DELAYS, st.sampled_from("AAAML")), min_size=1, max_size=40)


def lives(
    beats: list[tuple[float, float, str]], now: float
) -> tuple[list[float], list[tuple[float, float]]]:
    """When each beat arrived, and from when until when the consumer ran items."""
    made: list[float] = []
    runs: list[tuple[float, float]] = []
    until = 0.0
    for there_s, back_s, fate in beats:
        sent, done = now, now + there_s
        now = done + back_s
        if fate != "L":  # it is not lost on its way
            made.append(done)
        if fate == "A" and now < sent + LASTS_S - SPARE_S:
            began = runs.pop()[0] if now < until else now
            until = sent + LASTS_S - SPARE_S
            runs.append((began, until))
        now = max(now, sent + BEAT_EVERY_S)
    return sorted(made), runs


@given(beats=BEATS, looks=st.lists(st.tuples(DELAYS, DELAYS), min_size=60, max_size=60))
@settings(deadline=None)
def test_it_is_over_long_before_a_keeper_adopts(
    beats: list[tuple[float, float, str]], looks: list[tuple[float, float]]
) -> None:
    """However long beats, looks and their answers are on their way, and whichever are lost."""
    clocks = Time()
    now = clocks.now
    made, runs = lives(beats, now)
    still = Stillness()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", clocks)
        for there_s, back_s in looks * 4:
            asked, read = now, now + there_s / 6
            clocks.now = read + back_s / 6
            beat = sum(at <= read for at in made)
            stood = still.look({("c1", beat): True}, asked)
            if beat and any(still_s >= LASTS_S for still_s in stood.values()):
                assert all(end + SPARE_S <= read + 0.001 for begin, end in runs if begin < read)
                return
            now = clocks.now + 0.5


@given(
    length_s=st.floats(0, LASTS_S - 10.01),
    begins_s=st.floats(0, 3),
    first_s=st.floats(0, 1.0),
)
@settings(deadline=None)
def test_it_survives_an_outage_of_ten_seconds_less_than_a_lease(
    length_s: float, begins_s: float, first_s: float
) -> None:
    """Also one that begins right before a beat; a new connection takes a second after it."""
    clocks, ended = Time(), []
    start, end = clocks.now + begins_s, clocks.now + begins_s + length_s
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(times, "since_boot_s", clocks)
        lease = Lease(LASTS_S, lambda: ended.append(clocks.now))
        is_connected = True
        lease.renew(clocks.now, LASTS_S)
        clocks.now += first_s
        while clocks.now < end + 5:
            sent = clocks.now
            takes_s = 0.01 if is_connected else 1.0
            is_connected = not (start <= sent < end or start <= sent + takes_s < end)
            clocks.now += takes_s if is_connected else AT_ONCE_S
            lease.look()
            if is_connected:
                lease.renew(sent, LASTS_S)
            clocks.now += BEAT_EVERY_S if is_connected else AGAIN_S
            lease.look()
    assert not ended


@pytest.fixture
def machine(here: Installation) -> Installation:
    """One of two machines of an installation on a server."""
    found = replace(here, machine="m1")
    add_machine(found)
    add_machine(replace(here, machine="m2", home="https://home"))
    return found


@pytest.fixture
def left() -> list[str]:
    """With what the consumer ended itself."""
    return []


@pytest.fixture
def seen() -> Stillness:
    """What the consumer sees of the beats of all."""
    return Stillness()


@pytest.fixture
def beats(machine: Installation, lease: Lease, seen: Stillness, left: list[str]) -> Iterator[Beats]:
    consumers.register("c1", 1, ["parsing"], machine.machine, machine.place)
    made = Beats(machine, lease, "c1", ["parsing"], seen, left.append)
    yield made
    made.close()


def beat_of(consumer: str) -> int:
    ((beat,),) = query("SELECT beat FROM consumer WHERE id = :id", {"id": consumer})
    return int(beat)


@on_server
def test_it_sees_the_beats_of_all_with_each_of_its_own(
    machine: Installation, beats: Beats, seen: Stillness, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumers.register("c2", 2, ["parsing"], "m2", "there")
    clocks = Time()
    monkeypatch.setattr(time, "monotonic", clocks)
    beats.beat()
    clocks.now += 3
    beats.beat()
    assert seen.still_s("c2", str(beat_of("c2"))) == 3
    assert seen.still_s("c1", str(beat_of("c1"))) == 0


@on_server
def test_it_beats_by_the_clock_of_the_server_and_always_on(beats: Beats) -> None:
    beats.beat()
    first = beat_of("c1")
    assert abs(first / 1000 - time.time()) < 60
    query("UPDATE consumer SET beat = 9000000000000")  # that clock was set back
    beats.beat()
    assert beat_of("c1") == 9000000000001


@on_server
def test_it_renews_the_lease_from_when_it_asked(beats: Beats, lease: Lease, clocks: Time) -> None:
    clocks.now += 10
    assert 0 <= beats.beat() <= BEAT_EVERY_S
    clocks.now += LASTS_S - SPARE_S - 0.01
    assert lease.holds()


@on_server
def test_it_holds_for_ever_as_long_as_there_is_no_other_machine(
    beats: Beats, lease: Lease, clocks: Time, ended: list[float]
) -> None:
    query("DELETE FROM machine WHERE id = 'm2'")
    beats.beat()
    assert query("SELECT lease_s FROM consumer") == [(None,)]
    clocks.now += 10 * LASTS_S
    lease.look()
    assert lease.holds() and not ended


@on_server
def test_it_says_for_how_long_it_holds_from_the_first_beat_beside_another_machine(
    beats: Beats, lease: Lease, machine: Installation, clocks: Time
) -> None:
    query("DELETE FROM machine WHERE id = 'm2'")
    beats.beat()
    add_machine(replace(machine, machine="m2", home="https://home"))
    beats.beat()
    assert query("SELECT lease_s FROM consumer") == [(LASTS_S,)]
    clocks.now += LASTS_S
    assert not lease.holds()


@on_server
def test_it_waits_neither_for_a_writer_nor_for_a_disk(beats: Beats) -> None:
    with database.atomic():
        query("UPDATE counter SET value = value + 1")
        began = time.monotonic()
        beats.beat()
        assert time.monotonic() - began < AT_ONCE_S
    assert beats._ask.ask("SHOW synchronous_commit", {}) == [("off",)]


@on_server
def test_it_ends_all_and_begins_anew_when_its_consumer_was_adopted(
    beats: Beats, lease: Lease, ended: list[float]
) -> None:
    beats.beat()
    before = lease.number
    lifecycle.adopt("c1")
    assert beats.beat() == 0, "the next is due at once"
    assert len(ended) == 1 and not lease.holds()
    beats.beat()
    assert lease.holds() and not lease.holds(before)
    assert [(c.id, c.machine) for c in Consumer.select()] == [("c1", "m1")]


@on_server
def test_it_still_drains_when_it_begins_anew(beats: Beats) -> None:
    consumers.drain("m1")
    beats.beat()
    lifecycle.adopt("c1")
    beats.beat()
    assert [consumer.draining for consumer in Consumer.select()] == [True]


@on_server
@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("DELETE FROM machine", REMOVED),
        ("UPDATE machine SET place = 'elsewhere'", members.REPLACED.format(name="m1")),
    ],
)
def test_it_ends_all_and_itself_when_its_machine_is_no_member_any_more(
    beats: Beats, ended: list[float], left: list[str], change: str, line: str
) -> None:
    beats.beat()
    query(change)
    before = beat_of("c1")
    beats.beat()
    assert len(ended) == 1 and left == [line]
    assert beat_of("c1") == before, "others adopt what it ran once its lease is over"


@on_server
def test_it_ends_all_and_itself_when_its_role_is_gone(
    machine: Installation, lease: Lease, ended: list[float], left: list[str]
) -> None:
    """A machine that was cut off while it was removed never sees its row go."""
    joined = replace(machine, machine="m2", home="https://home")
    beats = Beats(joined, lease, "c2", ["parsing"], Stillness(), left.append)
    beats._ask = Refusing()
    with pytest.raises(psycopg.OperationalError):
        beats.beat()
    assert len(ended) == 1 and left == [REMOVED]


@on_server
def test_it_fails_soon_when_nothing_is_answered(
    beats: Beats, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(postgres.port) as proxy:
        bind_server(postgres.url("tables", proxy.port, tls=False))
        beats.beat()
        proxy.cut()
        for _ in range(2):  # of a connection that was there, and of a new one
            began = time.monotonic()
            with pytest.raises(psycopg.Error):
                beats.beat()
            assert time.monotonic() - began < AT_ONCE_S + 1
        proxy.heal()
        beats.beat()
        database.close_all()


def started(workers: Workers, job: Job) -> threading.Thread:
    """A worker that runs the job, whose process has begun it."""

    def work() -> None:
        workers.run_next()
        database.close()

    thread = threading.Thread(target=work)
    thread.start()
    until = time.monotonic() + 20
    while not items_of(job_of(job.job_id))[0].progress and time.monotonic() < until:
        time.sleep(0.05)
    return thread


def test_it_gives_back_uncounted_what_it_ended(submit: Submit, workers: Workers) -> None:
    job = submit(type="slow", params={"seconds": 30})
    thread = started(workers, job)
    ((running,),) = [[each.process for each in workers._running.values()]]
    workers.lease.end()
    assert not proctree.lives(running.pid), "nothing lives before others may run it"
    thread.join(20)
    (item,) = items_of(job)
    assert (item.status, item.crashes, item.interruptions, item.failures) == ("queued", 0, 0, 0)
    ((said,),) = query("SELECT text FROM event WHERE move = 'requeued'")
    assert "lost the database" in said
    workers.lease.renew(times.since_boot_s(), LASTS_S)
    assert workers.slots.are_all_free() and not workers.pool._there


def test_it_starts_nothing_while_it_is_over(submit: Submit, workers: Workers) -> None:
    job = submit()
    workers.lease.end()
    assert not workers.run_next()
    workers.lease.renew(times.since_boot_s(), LASTS_S)
    assert workers.run_next()
    assert job_of(job.job_id).status == "completed"


def test_it_begins_nothing_that_it_claimed_under_an_earlier_lease(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the claim came late, and meanwhile others may have adopted the item."""
    job = submit()
    make = workers._moves.make

    def late(asked: Any) -> None:
        make(asked)
        if asked.claims:
            workers.lease.end()
            workers.lease.renew(times.since_boot_s(), LASTS_S)

    monkeypatch.setattr(workers._moves, "make", late)
    workers.run_next()
    assert [(item.status, item.attempt) for item in items_of(job)] == [("queued", 1)]
    monkeypatch.undo()
    workers.run_next()
    assert job_of(job.job_id).attempt == 2


def test_it_records_a_result_that_came_in_the_same_moment(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit("a")
    settle = workers._moves.make

    def ended(asked: Any) -> None:
        if asked.ends:
            workers.lease.end()
        settle(asked)

    monkeypatch.setattr(workers._moves, "make", ended)
    workers.run_next()
    assert result_of(job_of(job.job_id)) is not None
    assert job_of(job.job_id).status == "completed"


def test_it_uses_no_process_again_that_it_ended(submit: Submit, workers: Workers) -> None:
    submit("a"), submit("b")
    workers.run_next()
    workers.lease.end()
    workers.lease.renew(times.since_boot_s(), LASTS_S)
    workers.run_next()
    assert query("SELECT count(*) FROM item WHERE status = 'completed'") == [(2,)]
    assert query("SELECT max(attempt) FROM item") == [(1,)]


def test_it_ends_what_runs_without_waiting_for_a_worker_that_waits(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which may hang in a statement for 40 s."""
    job = submit(type="slow", params={"seconds": 30})
    asked, may_go_on = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        asked.set()
        may_go_on.wait(20)

    thread = started(workers, job)
    monkeypatch.setattr(lifecycle, "cancel_asked", hang)
    assert asked.wait(20)
    (process,) = workers.pool._there
    workers.lease.end()
    assert not proctree.lives(process.pid)
    may_go_on.set()
    thread.join(20)
    assert items_of(job)[0].status == "queued"


def test_it_says_how_the_process_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    statuses: list[int] = []
    monkeypatch.setattr(children, "end_all", lambda: statuses.append(-1))
    monkeypatch.setattr(os, "_exit", statuses.append)
    lease_module.leave_with("it was removed")
    assert statuses == [-1, 3], "the parent does not start it again"
    assert capsys.readouterr().err == "bellhop: it was removed\n"
