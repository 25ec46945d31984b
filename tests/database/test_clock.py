"""Where the rows are on a server, its clock is that of all machines, whatever their own say."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime

import pytest

from bellhop.base import times
from bellhop.base.times import timestamp
from bellhop.consumer.keeper import Keeper
from bellhop.database import postgresql
from bellhop.database.database import database, query
from bellhop.jobs import lifecycle
from bellhop.jobs.queries import newest_at
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.system.clock import Clock
from tests.support import single
from tests.support.jobs import items_of, job_of

HOUR_S = 3600.0
SetClock = Callable[[float], None]
Submit = Callable[..., Job]
of_server = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
wrong_by = pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S], ids=["ahead", "behind"])


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Let the wall clock of this machine differ by so many seconds from what it says."""
    real = time.time
    return lambda by_s: monkeypatch.setattr(time, "time", lambda: real() + by_s)


@pytest.fixture
def set_server(here: Installation, monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Let the clock of the server differ, and ask it: as after a failover to another machine."""

    def differ(by_s: float) -> None:
        told = f"SELECT CAST(extract(epoch FROM clock_timestamp()) + {by_s} AS float8)"
        monkeypatch.setattr(postgresql, "CLOCK", told)
        database.close_all()
        query("SELECT 1")

    return differ


@pytest.fixture
def keeper(here: Installation, loaded: Settings) -> Keeper:
    made = Keeper(here, loaded, Files(here.folder), ring=lambda queues: None, each_round=[])
    made._clock._steady_at = 0.0
    return made


def off_by_s(at: str) -> float:
    """How far a time is from what the server says now."""
    ((now,),) = query("SELECT CAST(extract(epoch FROM clock_timestamp()) AS float8)")
    return abs(datetime.fromisoformat(at).timestamp() - float(now))


@of_server
@wrong_by
def test_it_writes_the_time_of_the_server(submit: Submit, set_clock: SetClock, by_s: float) -> None:
    set_clock(by_s)
    assert off_by_s(submit().created_at) < 2
    set_clock(-by_s)
    assert off_by_s(submit().created_at) < 2
    assert off_by_s(newest_at()) < 2


@of_server
@wrong_by
def test_it_knows_the_time_also_where_it_was_wrong_from_the_start(
    here: Installation, set_clock: SetClock, by_s: float
) -> None:
    times.follow_none()
    database.close_all()
    set_clock(by_s)
    query("SELECT 1")
    assert off_by_s(timestamp()) < 2
    assert abs(times.clock_offset_s() - by_s) < 2


@of_server
@wrong_by
def test_it_releases_what_waits_at_the_right_time(
    submit: Submit, keeper: Keeper, set_clock: SetClock, by_s: float
) -> None:
    job = submit()
    claim = single.claim("parsing", "c1/1")
    assert claim
    lifecycle.try_again(claim, 60, "busy")
    set_clock(by_s)
    keeper.sweep()
    (item,) = items_of(job)
    assert item.status == "pending" and timestamp(50) < str(item.not_before) <= timestamp(60)
    query("UPDATE item SET not_before = :at", {"at": timestamp(-1)})
    keeper.sweep()
    assert [item.status for item in items_of(job)] == ["queued"]


@of_server
@wrong_by
def test_it_deletes_by_age_as_if_the_clock_of_the_machine_were_right(
    submit: Submit, keeper: Keeper, set_clock: SetClock, by_s: float
) -> None:
    jobs = {days: submit() for days in (29, 31)}
    for days, job in jobs.items():
        claim = single.claim("parsing", "c1/1")
        assert claim
        single.complete(claim, data="{}", files="[]", warnings="[]")
        ended = {"at": timestamp(-days * 86400), "job": job.job_id}
        query("UPDATE job SET completed_at = :at WHERE job_id = :job", ended)
    set_clock(40 * 24 * by_s)
    keeper.sweep()
    assert keeper.may_delete(), "its clock was not set"
    assert job_of(jobs[29].job_id)
    assert query("SELECT job_id FROM job") == [(jobs[29].job_id,)]


@of_server
def test_it_asks_again_now_and_then(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clocks of two machines go a little differently."""
    monkeypatch.setattr(postgresql, "CLOCK", "SELECT CAST(5e9 AS float8)")
    query("SELECT 1")
    assert times.wall_s() < 5e9
    database.obj._clock_at = 0.0
    query("SELECT 1")
    assert 5e9 <= times.wall_s() < 5e9 + 60


@of_server
def test_it_deletes_nothing_for_an_hour_after_the_clock_of_the_server_was_set(
    set_server: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    set_server(HOUR_S)
    assert round(clock.look(), -1) == HOUR_S
    assert clock.was_set() and not clock.is_steady()


@of_server
def test_it_says_once_that_the_clock_of_the_machine_is_wrong(
    here: Installation, set_clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clock = Clock()
    for _ in range(3):
        set_clock(HOUR_S)
        assert clock.look() == 0.0
    said = "the clock of this machine is 3,600.0 s ahead of the database's, which Bellhop uses"
    assert caplog.text.count(said) == 1
    assert said in str(times.clock_problem())
    set_clock(0)
    clock.look()
    assert "the clock of this machine is right again" in caplog.text
    assert times.clock_problem() is None


@pytest.mark.sqlite("the clock of the machine")
def test_it_follows_its_own_clock_with_the_rows_in_sqlite(
    here: Installation, set_clock: SetClock
) -> None:
    before = times.wall_s()
    set_clock(HOUR_S)
    assert times.wall_s() - before >= HOUR_S
    assert times.clock_problem() is None


@pytest.fixture
def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "_started_at_s", None)


def test_it_takes_the_middle_of_question_and_answer(unknown: None) -> None:
    now = times.since_boot_s()
    times.follow(1000.0 + now, now - 1, now + 1)
    assert times._started_at_s == pytest.approx(1000)


def test_it_lets_no_late_answer_move_the_clock(unknown: None) -> None:
    times.follow(1010.0, 9.999, 10.001)
    times.follow(1022.0, 15.0, 25.0)
    assert times._started_at_s == pytest.approx(1000)


def test_it_moves_the_clock_no_further_than_it_must(unknown: None) -> None:
    times.follow(1010.0, 9.999, 10.001)
    times.follow(1020.1, 19.99, 20.01)
    assert times._started_at_s == pytest.approx(1000.09)
