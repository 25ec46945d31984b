"""Jobs that wait for other jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bellhop.accounts.access import BELLHOP
from bellhop.base.errors import ItemError
from bellhop.base.times import timestamp
from bellhop.jobs import lifecycle, queries
from bellhop.jobs.lifecycle import UnknownJobs
from bellhop.storage.models import Job
from tests.support import single
from tests.support.cuts import everything
from tests.support.jobs import items_of, job_of
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
JOBS = "/api/v1/jobs"


def finish(job: Job, *, fails: bool = False) -> None:
    claim = single.claim(job.queue, "c1/1")
    assert claim is not None and claim.job_id == job.job_id
    if fails:
        lifecycle.fail(claim, ItemError("no_good", "no good"))
    else:
        single.complete(claim, data="{}", files="[]", warnings="[]")


def status(job: Job) -> str:
    return job_of(job.job_id).status


def settle() -> None:
    while lifecycle.cancel_hopeless():
        pass


def test_it_waits_until_all_it_needs_have_completed(submit: Submit) -> None:
    first, second = submit(queue="ai"), submit(queue="ocr")
    job = submit(depends_on=[first.job_id, second.job_id])
    assert status(job) == "pending"
    finish(first)
    assert status(job) == "pending"
    finish(second)
    assert status(job) == "queued"


@pytest.mark.parametrize("more", [{}, {"run_at": "2999-01-01T00:00:00.000000Z"}])
def test_it_tells_who_follows_it_that_a_need_is_met(submit: Submit, more: Any) -> None:
    first, second = submit(queue="ai"), submit(queue="ocr")
    job = submit(depends_on=[first.job_id, *([] if more else [second.job_id])], **more)
    before = queries.last_change()
    finish(first)
    changed, _, _ = queries.jobs_since(BELLHOP, before, 10)
    assert job.job_id in {row.job_id for row in changed}


def test_it_may_run_at_once_when_they_have_completed_before(submit: Submit) -> None:
    first = submit()
    finish(first)
    job = submit(depends_on=[first.job_id])
    assert status(job) == "queued"


@pytest.mark.parametrize("how", ["failed", "cancelled", "deleted"])
def test_it_is_cancelled_when_one_ends_otherwise(submit: Submit, how: str) -> None:
    first = submit()
    job = submit(depends_on=[first.job_id])
    if how == "failed":
        finish(first, fails=True)
    else:
        lifecycle.ask_cancel(first.job_id)
    if how == "deleted":
        lifecycle.purge([first.job_id])
    settle()
    ended = job_of(job.job_id)
    assert ended.status == "cancelled"
    assert ended.error is not None and '"dependency-failed"' in ended.error
    assert first.job_id in ended.error


def test_it_is_cancelled_when_one_had_failed_before(web: WsgiClient, submit: Submit) -> None:
    first = submit()
    finish(first, fails=True)
    document = {"type": "noop", "items": [{"text": "b"}], "depends_on": [first.job_id]}
    answer = web.post(JOBS, document)
    assert (answer.status, answer.json["status"]) == (202, "cancelled")
    assert answer.json["error"]["code"] == "dependency-failed"


def test_it_takes_everything_down_that_waits_for_it(submit: Submit) -> None:
    jobs = [submit()]
    for _ in range(5):
        jobs.append(submit(depends_on=[jobs[-1].job_id]))
    finish(jobs[0], fails=True)
    settle()
    assert [status(job) for job in jobs] == ["failed"] + 5 * ["cancelled"]


def test_it_revives_everything_when_the_first_is_retried(submit: Submit) -> None:
    first = submit()
    second = submit(depends_on=[first.job_id])
    third = submit(depends_on=[second.job_id])
    finish(first, fails=True)
    settle()
    lifecycle.retry(first.job_id)
    settle()
    assert (status(second), status(third)) == ("pending", "pending")
    assert job_of(second.job_id).error is None
    finish(first)
    assert (status(second), status(third)) == ("queued", "pending")
    finish(second)
    finish(third)
    assert status(third) == "completed"


def test_it_does_not_revive_what_a_person_cancelled(submit: Submit) -> None:
    first = submit()
    job = submit(depends_on=[first.job_id])
    lifecycle.ask_cancel(job.job_id)
    finish(first, fails=True)
    settle()
    lifecycle.retry(first.job_id)
    assert status(job) == "cancelled"


def test_it_is_cancelled_again_while_another_need_is_still_failed(submit: Submit) -> None:
    first, second = submit(queue="ai"), submit(queue="ocr")
    job = submit(depends_on=[first.job_id, second.job_id])
    finish(first, fails=True)
    finish(second, fails=True)
    settle()
    lifecycle.retry(first.job_id)
    settle()
    ended = job_of(job.job_id)
    assert ended.status == "cancelled"
    assert ended.error is not None and second.job_id in ended.error


def test_it_cannot_be_retried_before_what_it_needs(web: WsgiClient, submit: Submit) -> None:
    first = submit()
    job = submit(depends_on=[first.job_id])
    finish(first, fails=True)
    settle()
    answer = web.post(f"{JOBS}/{job.job_id}/retry", {})
    assert answer.code == "nothing-to-retry"
    assert first.job_id in answer.json["detail"]


def test_it_waits_for_its_time_after_its_needs(submit: Submit) -> None:
    first = submit(queue="ai")
    job = submit(depends_on=[first.job_id], run_at=timestamp(3600))
    finish(first)
    assert status(job) == "pending"
    (item,) = items_of(job)
    assert (item.waits_for, item.not_before) == (None, job.run_at)


def test_it_waits_for_its_needs_after_its_time(submit: Submit) -> None:
    first = submit(queue="ai")
    job = submit(depends_on=[first.job_id], run_at=timestamp(-1))
    assert lifecycle.release_due() == 0
    finish(first)
    assert status(job) == "queued"


def test_it_still_runs_when_a_completed_need_is_deleted(submit: Submit) -> None:
    first, second = submit(queue="ai"), submit(queue="ocr")
    job = submit(depends_on=[first.job_id, second.job_id])
    finish(first)
    lifecycle.purge([first.job_id])
    settle()
    finish(second)
    assert status(job) == "queued"


def test_it_refuses_a_job_that_is_not_there(web: WsgiClient, submit: Submit) -> None:
    before = everything()
    document = {"type": "noop", "items": [{"text": "b"}], "depends_on": ["nobody"]}
    answer = web.post(JOBS, document)
    assert (answer.status, answer.code) == (422, "invalid-job")
    assert answer.json["errors"][0]["field"] == "depends_on"
    assert everything() == before
    with pytest.raises(UnknownJobs):
        submit(depends_on=["nobody"])


@pytest.mark.parametrize("needs", ["abc", {"a": 1}, [1], [None], ["x"] * 101, 5])
def test_it_refuses_what_is_no_list_of_ids(web: WsgiClient, needs: Any) -> None:
    document = {"type": "noop", "items": [{"text": "b"}], "depends_on": needs}
    assert web.post(JOBS, document).code == "invalid-job"


def test_it_names_what_it_waits_for(web: WsgiClient, submit: Submit) -> None:
    first = submit()
    job = submit(depends_on=[first.job_id])
    shown = web.get(f"{JOBS}/{job.job_id}").json
    assert shown["depends_on"] == [first.job_id]


def test_it_waits_again_when_somebody_takes_back_a_cancel(web: WsgiClient, submit: Submit) -> None:
    """What it needs has not ended, so there is nothing to retry but itself."""
    first = submit()
    job = submit(depends_on=[first.job_id])
    lifecycle.ask_cancel(job.job_id)
    answer = web.post(f"{JOBS}/{job.job_id}/retry", {})
    assert (answer.status, answer.json["status"]) == (202, "pending")
    assert not answer.json["cancel_requested"]
    finish(first)
    assert status(job) == "queued"


def test_it_sends_nobody_to_a_need_that_is_gone(web: WsgiClient, submit: Submit) -> None:
    first = submit()
    job = submit(depends_on=[first.job_id])
    lifecycle.ask_cancel(first.job_id)
    lifecycle.purge([first.job_id])
    settle()
    answer = web.post(f"{JOBS}/{job.job_id}/retry", {})
    assert answer.code == "nothing-to-retry"
    assert "retry that one" not in answer.json["detail"]
    assert "deleted" in answer.json["detail"]


def test_it_revives_what_waits_for_a_job_that_waits_again(web: WsgiClient, submit: Submit) -> None:
    first = submit()
    second = submit(depends_on=[first.job_id])
    third = submit(depends_on=[second.job_id])
    lifecycle.ask_cancel(second.job_id)
    settle()
    assert status(third) == "cancelled"
    assert web.post(f"{JOBS}/{second.job_id}/retry", {}).status == 202
    assert (status(second), status(third)) == ("pending", "pending")


def test_it_waits_for_its_time_also_when_it_is_revived(submit: Submit) -> None:
    first = submit()
    job = submit(depends_on=[first.job_id], run_at=timestamp(3600))
    lifecycle.ask_cancel(first.job_id)
    settle()
    lifecycle.retry(first.job_id)
    finish(first)
    assert status(job) == "pending"
    assert lifecycle.release_due() == 0
