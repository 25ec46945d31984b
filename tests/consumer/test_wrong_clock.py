"""The wall clock was wrong and is corrected: nothing sleeps until it says the same again.

What waits for a length of time waits for that; what waits for a time that somebody named, for that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from bellhop.base.times import now, timestamp
from bellhop.consumer.keeper import Keeper
from bellhop.database.database import query
from bellhop.jobs import lifecycle
from bellhop.schedules import schedules
from bellhop.schedules.cron import next_time
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from tests.support import single
from tests.support.clock import only_own
from tests.support.jobs import items_of, job_of
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
SetClock = Callable[[float], None]
Start = Callable[[], Keeper]
Correct = Callable[[float], Callable[[], None]]
DAYS_S = 2 * 86400.0
CRON = "0 * * * *"


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Let the wall clock differ by so many seconds from what it says."""
    real = time.time
    only_own(monkeypatch)
    return lambda by_s: monkeypatch.setattr(time, "time", lambda: real() + by_s)


@pytest.fixture
def start(here: Installation, loaded: Settings) -> Start:
    """The keeper of a consumer that starts now."""
    return lambda: Keeper(here, loaded, Files(here.folder), ring=lambda times: None, each_round=[])


@pytest.fixture(params=["while it runs", "before the start"])
def correct(request: pytest.FixtureRequest, set_clock: SetClock, start: Start) -> Correct:
    """Set the clock wrong; what is given back sets it right, and lets a keeper see that."""

    def wrong(by_s: float) -> Callable[[], None]:
        set_clock(by_s)
        running = start() if request.param == "while it runs" else None
        if running:
            running.sweep()

        def right() -> None:
            set_clock(0)
            (running or start()).sweep()

        return right

    return wrong


def add_schedule(zone: str = "UTC") -> None:
    values = {"zone": zone, "cron": CRON, "at": next_time(CRON, "UTC", now())}
    query(
        """INSERT INTO schedule (name, owner, cron, timezone, job, next_at, created_at)
        VALUES ('x', 'local', :cron, :zone, '{}', :at, '2026')""",
        values,
    )


def next_at() -> str:
    return str(query("SELECT next_at FROM schedule")[0][0])


def add_job(web: WsgiClient, **options: Any) -> Job:
    document = {"type": "noop", "items": [{"text": "a"}], **options}
    return job_of(web.post("/api/v1/jobs", document).json["job_id"])


def due(job: Job) -> str:
    (item,) = items_of(job)
    assert item.not_before is not None
    return item.not_before


def put_off(submit: Submit, delay_s: float) -> Job:
    """A job that wants to be tried again later."""
    job = submit()
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.try_again(claim, delay_s, "busy")
    return job


def test_it_waits_for_a_schedule_no_longer_than_from_now(correct: Correct) -> None:
    right = correct(DAYS_S)
    add_schedule()
    right()
    assert next_at() <= next_time(CRON, "UTC", now())


def test_it_looks_again_at_a_schedule_of_an_unknown_zone_a_day_from_now(correct: Correct) -> None:
    right = correct(10 * DAYS_S)
    add_schedule("Mars/Olympus")
    right()
    assert next_at() <= timestamp(schedules.AGAIN_S)


@pytest.mark.parametrize("by_s", [100, DAYS_S, 3650 * 86400])
def test_it_waits_for_a_delay_no_longer_than_from_now(
    correct: Correct, web: WsgiClient, by_s: float
) -> None:
    right = correct(by_s)
    job = add_job(web, delay_s=3600)
    right()
    assert timestamp(3590) < due(job) <= timestamp(3600)


def test_it_shows_when_a_delay_is_over(correct: Correct, web: WsgiClient) -> None:
    """Whoever asks what changed hears of it."""
    right = correct(DAYS_S)
    job = add_job(web, delay_s=3600)
    right()
    after = job_of(job.job_id)
    assert after.run_at == due(job) and after.change > job.change


def test_it_waits_for_a_time_that_was_named(correct: Correct, web: WsgiClient) -> None:
    right = correct(DAYS_S)
    job = add_job(web, run_at=timestamp(3600))
    right()
    assert due(job) == job_of(job.job_id).run_at == job.run_at


def test_it_waits_no_longer_after_a_cancel_is_taken_back(correct: Correct, web: WsgiClient) -> None:
    right = correct(DAYS_S)
    job = add_job(web, delay_s=3600)
    right()
    for wish in ("cancel", "retry"):
        web.post(f"/api/v1/jobs/{job.job_id}/{wish}", {})
    assert due(job) <= timestamp(3600)


def test_it_waits_for_another_job_and_then_no_longer_than_from_now(
    correct: Correct, web: WsgiClient, submit: Submit
) -> None:
    right = correct(DAYS_S)
    job = add_job(web, delay_s=3600, depends_on=[submit().job_id])
    right()
    assert due(job) <= timestamp(3600)


def test_it_waits_for_a_retry_no_longer_than_from_now(correct: Correct, submit: Submit) -> None:
    right = correct(DAYS_S)
    job = put_off(submit, 60)
    right()
    assert timestamp(50) < due(job) <= timestamp(60)


def test_it_waits_no_longer_when_a_job_comes_before_the_keeper_looks(
    set_clock: SetClock, start: Start, submit: Submit
) -> None:
    """Then the newest row does not tell that the clock was wrong."""
    set_clock(DAYS_S)
    job = put_off(submit, 60)
    set_clock(0)
    submit()
    start().sweep()
    assert due(job) <= timestamp(60)


@pytest.mark.parametrize("by_s", [DAYS_S, -DAYS_S])
def test_it_keeps_a_delay_when_the_clock_is_set(
    set_clock: SetClock, start: Start, web: WsgiClient, by_s: float
) -> None:
    keeper = start()
    keeper.sweep()
    job = add_job(web, delay_s=3600)
    set_clock(by_s)
    keeper.sweep()
    assert timestamp(3590) < due(job) <= timestamp(3600)


def test_it_waits_as_long_whatever_is_restarted(
    correct: Correct, start: Start, web: WsgiClient
) -> None:
    right = correct(DAYS_S)
    job = add_job(web, delay_s=3600)
    right()
    before = due(job)
    start().sweep()
    assert due(job) == before


def test_it_follows_the_clock_with_the_next_round_when_one_fails(
    set_clock: SetClock, start: Start, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = start()
    keeper.sweep()
    job = put_off(submit, 60)
    before = due(job)
    set_clock(-DAYS_S)
    with monkeypatch.context() as broken:
        broken.setattr(lifecycle, "follow_clock", lambda step_s: 1 / 0)
        keeper.sweep()
    assert due(job) == before
    keeper.sweep()
    assert due(job) <= timestamp(60)


def test_it_follows_the_clock_once_however_many_look(
    set_clock: SetClock, start: Start, submit: Submit
) -> None:
    """One that takes over later must not do again what another has done."""
    first, second = start(), start()
    first.sweep()
    second.sweep()
    job = put_off(submit, 60)
    set_clock(DAYS_S)
    first.sweep()
    second.sweep()
    after = due(job)
    os.close(first._lock or 0)
    second.sweep()
    assert due(job) == after


def test_it_gives_up_a_day_after_the_first_start_by_the_right_clock(
    correct: Correct, submit: Submit
) -> None:
    right = correct(DAYS_S)
    put_off(submit, 60)
    right()
    query("UPDATE item SET status = 'queued', not_before = NULL")
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    assert query("SELECT max(started_at) FROM item")[0][0] <= timestamp()
