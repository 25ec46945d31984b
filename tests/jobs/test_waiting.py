"""Why a job waits, in words, its place, and when it will be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bellhop.base.errors import ItemError
from bellhop.base.times import timestamp
from bellhop.database.database import query
from bellhop.jobs import consumers, lifecycle
from bellhop.jobs.newjob import NewStep
from bellhop.settings.settings import Queue
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.system.locks import take_lock
from bellhop.web.site import Site
from tests.support import single
from tests.support.jobs import job_of
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
JOBS = "/api/v1/jobs"


@pytest.fixture
def consumer(here: Installation, site: Site) -> Iterator[None]:
    """One that lives and serves the queues parsing and ai."""
    import fcntl
    import os

    held = take_lock(here.consumer_lock("c1"), fcntl.LOCK_EX)
    assert held is not None
    consumers.register("c1", 1, ["parsing", "ai"])
    yield
    os.close(held)


def shown(web: WsgiClient, job: Job) -> dict[str, Any]:
    return dict(web.get(f"{JOBS}/{job.job_id}").json)


def words(web: WsgiClient, job: Job) -> str | None:
    said = shown(web, job)["waiting_for"]
    return None if said is None else str(said)


def took(type_name: str, *seconds: float) -> None:
    for slot, value in enumerate(seconds):
        query("INSERT INTO duration VALUES (:type, :slot, :seconds)",
              {"type": type_name, "slot": slot, "seconds": value})  # fmt: skip


def test_it_says_that_nobody_works(web: WsgiClient, submit: Submit) -> None:
    assert words(web, submit()) == "no consumer is running"


def test_it_says_who_does_not_serve_the_queue(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    assert words(web, submit(queue="ocr")) == "no consumer serves the queue ocr"


def test_it_says_that_the_queue_is_paused(web: WsgiClient, submit: Submit, consumer: None) -> None:
    job = submit()
    web.post("/api/v1/queues/parsing/pause", {})
    assert words(web, job) == "the queue parsing is paused"
    web.post("/api/v1/queues/parsing/resume", {})
    assert words(web, job) == "a free worker"


def test_it_counts_the_jobs_ahead(web: WsgiClient, submit: Submit, consumer: None) -> None:
    jobs = [submit() for _ in range(4)]
    assert [words(web, job) for job in jobs] == [
        "a free worker", "1 job ahead", "2 jobs ahead", "3 jobs ahead",
    ]  # fmt: skip
    assert [shown(web, job)["position"] for job in jobs] == [1, 2, 3, 4]


def test_it_counts_no_further_than_a_hundred(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    jobs = [submit() for _ in range(102)]
    assert shown(web, jobs[99])["position"] == 100
    assert shown(web, jobs[100])["position"] is None
    assert words(web, jobs[101]) == "more than 100 jobs ahead"


def test_it_names_the_time_of_a_retry(web: WsgiClient, submit: Submit, consumer: None) -> None:
    job = submit()
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.fail_attempt(claim, ItemError("unexpected_error", "oh"), [30])
    query("UPDATE item SET not_before = '2999-01-01T12:00:28.123456Z'")
    assert words(web, job) == "retry at 12:00:28Z"


def test_it_names_the_time_that_was_asked_for(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    job = submit(run_at="2999-01-01T12:00:00.000000Z")
    assert words(web, job) == "its start time, 2999-01-01T12:00:00Z"


def test_it_names_the_job_that_it_needs(web: WsgiClient, submit: Submit, consumer: None) -> None:
    first, second = sorted((submit(), submit()), key=lambda job: job.job_id)
    assert words(web, submit(depends_on=[first.job_id])) == f"job {first.job_id} to complete"
    both = submit(depends_on=[second.job_id, first.job_id])
    assert words(web, both) == f"job {first.job_id} and 1 more to complete"


def test_it_says_that_its_equal_runs(web: WsgiClient, submit: Submit, consumer: None) -> None:
    submit()
    second = submit()
    for _ in range(2):
        single.claim("parsing", "c1/1", lambda candidate: "key")
    assert words(web, second) == "an equal running item, to reuse its result"


def test_it_says_why_its_type_cannot_run(web: WsgiClient, submit: Submit, consumer: None) -> None:
    assert words(web, submit(type="nowhere")) == "its job type is not available: removed"


def test_it_says_that_the_disk_is_full(
    web: WsgiClient, submit: Submit, consumer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit()
    monkeypatch.setattr(Files, "free_bytes", lambda self: 1000)
    assert words(web, job) == "the disk is full; the job continues when there is space"


def test_it_says_nothing_while_it_runs(web: WsgiClient, submit: Submit, consumer: None) -> None:
    job = submit()
    single.claim("parsing", "c1/1")
    assert words(web, job) is None


def test_it_says_why_the_rest_of_a_running_job_waits(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    job = submit("a", then=[NewStep("extend", {}, "ai")])
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    single.complete(claim, data="{}", files="[]", warnings="[]")
    web.post("/api/v1/queues/ai/pause", {})
    assert job_of(job.job_id).status == "running"
    assert words(web, job) == "the queue ai is paused"


def test_it_says_nothing_of_a_final_job(web: WsgiClient, submit: Submit) -> None:
    job = submit()
    lifecycle.ask_cancel(job.job_id)
    assert words(web, job) is None
    assert shown(web, job)["eta_s"] is None


# When it will be done.


def test_it_does_not_know_what_was_never_measured(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    assert shown(web, submit())["eta_s"] is None


def test_it_takes_the_median_of_what_was_measured(
    web: WsgiClient, submit: Submit, consumer: None, site: Site
) -> None:
    took("noop", 1, 30, 1000)
    one_worker(site)
    assert shown(web, submit())["eta_s"] == 30


def test_it_counts_what_is_ahead_and_what_runs(
    web: WsgiClient, submit: Submit, consumer: None, site: Site
) -> None:
    took("noop", 10)
    took("wrap", 100)
    one_worker(site)
    submit(type="wrap")
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.progress(claim, 75, "nearly")
    submit("a", "b")
    assert shown(web, submit())["eta_s"] == 25 + 20 + 10


def test_it_shares_the_work_among_the_workers(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    took("noop", 30)
    assert shown(web, submit("a", "b", "c"))["eta_s"] == 30


def test_it_counts_every_step_of_a_chain(
    web: WsgiClient, submit: Submit, consumer: None, site: Site
) -> None:
    took("noop", 10)
    took("extend", 40)
    one_worker(site)
    job = submit(then=[NewStep("extend", {}, "ai")])
    assert shown(web, job)["eta_s"] == 10 + 20  # of ai there are two workers


def test_it_counts_down_with_the_progress(
    web: WsgiClient, submit: Submit, consumer: None, site: Site
) -> None:
    took("noop", 100)
    one_worker(site)
    job = submit()
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.progress(claim, 60, "more than half")
    assert shown(web, job)["eta_s"] == 40


def test_it_adds_the_time_until_it_may_run(
    web: WsgiClient, submit: Submit, consumer: None, site: Site
) -> None:
    took("noop", 10)
    one_worker(site)
    job = submit(run_at=timestamp(1000))
    assert shown(web, job)["eta_s"] == 17 * 60 + 10


def test_it_counts_the_time_until_then_in_steps_that_are_no_news_each_second(
    web: WsgiClient, submit: Submit, consumer: None, site: Site
) -> None:
    took("noop", 10)
    one_worker(site)
    assert shown(web, submit(run_at=timestamp(31)))["eta_s"] == 40 + 10


def test_it_counts_jobs_and_not_items(web: WsgiClient, submit: Submit, consumer: None) -> None:
    for _ in range(3):
        submit(*[f"{n}.txt" for n in range(1000)])
    seen = shown(web, submit())
    assert (seen["position"], seen["waiting_for"]) == (4, "3 jobs ahead")


def test_it_knows_at_once_who_comes_behind_a_long_line(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    for _ in range(3):
        submit(*[f"{n}.txt" for n in range(1000)])
    assert [shown(web, submit())["position"] for _ in range(3)] == [4, 5, 6]


def test_it_knows_no_place_behind_a_hundred_jobs_however_small(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    last = [submit() for _ in range(101)][-1]
    assert shown(web, last)["position"] is None
    assert words(web, last) == "more than 100 jobs ahead"


def test_it_counts_no_time_for_what_a_failed_step_blocks(
    web: WsgiClient, submit: Submit, consumer: None, site: Site
) -> None:
    took("noop", 10)
    one_worker(site)
    job = submit("a", "b", then=[NewStep("noop", {}, "parsing")])
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    lifecycle.fail(claim, ItemError("bad_input", "no"))
    assert shown(web, job)["eta_s"] == 20


def test_it_does_not_know_while_the_queue_is_paused(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    took("noop", 10)
    job = submit()
    web.post("/api/v1/queues/parsing/pause", {})
    assert shown(web, job)["eta_s"] is None


def test_it_does_not_know_when_another_job_is_done(
    web: WsgiClient, submit: Submit, consumer: None
) -> None:
    took("noop", 10)
    first = submit(queue="ai")
    assert shown(web, submit(depends_on=[first.job_id]))["eta_s"] is None


def one_worker(site: Site) -> None:
    queues = {**site.settings.queues, "parsing": Queue(workers=1)}
    object.__setattr__(site, "settings", replace(site.settings, queues=queues))
