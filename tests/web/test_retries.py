"""A job that waits for its next attempt, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bellhop.accounts import audit
from bellhop.base.errors import ItemError
from bellhop.jobs import lifecycle
from bellhop.storage.models import Job
from tests.support import single
from tests.support.jobs import items_of, job_of
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
JOBS = "/api/v1/jobs"
ERROR = ItemError("odd", "Odd.", "Be even.")


@pytest.fixture
def waiting(submit: Submit) -> Job:
    """A job of two items, each of which failed once and waits an hour."""
    job = submit("a", "b")
    for _ in range(2):
        claim = single.claim(job.queue, "c1/1")
        assert claim
        lifecycle.fail_attempt(claim, ERROR, (3600,))
    return job


def error_of(web: WsgiClient, job: Job) -> Any:
    return web.get(f"{JOBS}/{job.job_id}").json["error"]


def test_it_shows_the_error_of_a_job_at_the_first_failure(web: WsgiClient, waiting: Job) -> None:
    assert error_of(web, waiting) == {
        "code": "odd",
        "message": "Odd. (failure 1 of 2)",
        "hint": "Be even.",
        "failures": 1,
        "retry_at": min(str(item.not_before) for item in items_of(waiting)),
    }
    assert web.get(JOBS).json["jobs"][0]["error"] == error_of(web, waiting)


def test_it_shows_the_error_of_each_item_that_waits(web: WsgiClient, waiting: Job) -> None:
    items = web.get(f"{JOBS}/{waiting.job_id}/items").json["items"]
    assert [item["error"]["failures"] for item in items] == [1, 1]
    assert items[1]["error"]["retry_at"] == items_of(waiting)[1].not_before


def test_it_shows_no_next_try_of_a_final_item(web: WsgiClient, waiting: Job) -> None:
    lifecycle.give_up(waiting.job_id)
    items = web.get(f"{JOBS}/{waiting.job_id}/items").json["items"]
    assert [*items[0]["error"]] == ["code", "message", "hint"]
    assert error_of(web, waiting)["message"] == "2 of 2 failed: Odd. (failure 1 of 2)"


def test_it_runs_now_what_waits_for_a_retry(web: WsgiClient, waiting: Job) -> None:
    answer = web.post(f"{JOBS}/{waiting.job_id}/retry", {"items": [1]})
    assert answer.status == 202
    assert [item.status for item in items_of(waiting)] == ["pending", "queued"]
    assert error_of(web, waiting)["failures"] == 1


def test_it_fails_what_waits_for_a_retry(web: WsgiClient, waiting: Job) -> None:
    path = f"{JOBS}/{waiting.job_id}/give-up"
    assert web.post(path, {"items": [0]}).json["status"] == "running"
    assert web.post(path, {}).json["status"] == "failed"
    assert web.post(path, {}).code == "nothing-to-retry"
    assert [entry["action"] for entry in audit_log()] == ["end retries", "end retries"]


def audit_log() -> list[dict[str, Any]]:
    return audit.notes(before=None, limit=10)


@pytest.mark.parametrize("body", [{"item": [0]}, {"items": [2]}, {"items": "all"}])
def test_it_refuses_to_fail_what_it_does_not_know(
    web: WsgiClient, waiting: Job, body: dict[str, Any]
) -> None:
    assert web.post(f"{JOBS}/{waiting.job_id}/give-up", body).status == 422
    assert job_of(waiting.job_id).failed_items == 0


def test_it_runs_now_or_fails_many_jobs(web: WsgiClient, waiting: Job) -> None:
    ids = [waiting.job_id]
    assert web.post(f"{JOBS}/bulk", {"action": "give_up", "ids": ids}).json["done"] == 1
    assert web.post(f"{JOBS}/bulk", {"action": "give_up", "ids": ids}).json["refused"]
    lifecycle.retry(waiting.job_id)
    claim = single.claim(waiting.queue, "c1/1")
    assert claim
    lifecycle.fail_attempt(claim, ERROR, (3600,))
    assert web.post(f"{JOBS}/bulk", {"action": "retry", "ids": ids}).json["done"] == 1
    assert {item.status for item in items_of(waiting)} == {"queued"}


def test_it_shows_no_error_of_a_job_that_asked_for_a_later_try(
    web: WsgiClient, submit: Submit
) -> None:
    job = submit()
    claim = single.claim(job.queue, "c1/1")
    assert claim
    lifecycle.try_again(claim, 3600, "the server is busy")
    assert error_of(web, job) is None
    (item,) = web.get(f"{JOBS}/{job.job_id}/items").json["items"]
    assert (item["error"]["failures"], item["error"]["message"]) == (0, "the server is busy")
