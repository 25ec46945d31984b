"""Jobs that wait for a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bellhop.base.times import timestamp
from bellhop.jobs import lifecycle
from bellhop.storage.models import Job
from tests.support import single
from tests.support.cuts import everything
from tests.support.jobs import job_of
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
JOBS = "/api/v1/jobs"
JOB = {"type": "noop", "items": [{"text": "a"}]}


def submit_at(web: WsgiClient, **options: Any) -> Any:
    return web.post(JOBS, {**JOB, **options})


def test_it_waits_for_its_time(web: WsgiClient) -> None:
    at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    job = submit_at(web, run_at=at).json
    assert job["status"] == "pending"
    assert single.claim("parsing", "c1/1") is None
    assert lifecycle.release_due() == 0


def test_it_may_run_once_its_time_has_come(submit: Submit) -> None:
    job = submit(run_at=timestamp(-1))
    assert lifecycle.release_due() == 1
    assert job_of(job.job_id).status == "queued"


def test_it_shows_a_time_in_utc(web: WsgiClient) -> None:
    assert submit_at(web, run_at="2999-01-01T01:30:00+01:30").json["run_at"] == (
        "2999-01-01T00:00:00.000000Z"
    )


@pytest.mark.parametrize(
    "at",
    ["2999-01-01t00:00:00z", "2999-01-01T00:00:00z", "2999-01-01t00:00:00+00:00",
     "2999-01-01t00:00:00.000z", "2999-01-01 00:00:00Z"],
)  # fmt: skip
def test_it_takes_a_time_in_any_case(web: WsgiClient, at: str) -> None:
    """RFC 3339, 5.6: "T" and "Z" may also be written in small letters."""
    assert submit_at(web, run_at=at).json["run_at"] == "2999-01-01T00:00:00.000000Z"


def test_it_takes_a_delay_for_a_time(web: WsgiClient) -> None:
    job = submit_at(web, delay_s=3600).json
    left = datetime.fromisoformat(job["run_at"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


@pytest.mark.parametrize(
    "options",
    [
        {"run_at": "2020-01-01T00:00:00Z"},
        {"run_at": "2999-01-01T00:00:00"},
        {"run_at": "2999-01-01"},
        {"run_at": "tomorrow"},
        {"run_at": 5},
        {"run_at": ["2999-01-01T00:00:00Z"]},
        {"run_at": "0001-01-01T00:00:00+23:59"},
        {"run_at": "9999-12-31T23:59:59-23:59"},
        {"delay_s": -1},
        {"delay_s": "5"},
        {"delay_s": True},
        {"delay_s": 10**12},
        {"delay_s": 5, "run_at": "2999-01-01T00:00:00Z"},
    ],
)
def test_it_refuses_a_time_that_is_none_or_past(web: WsgiClient, options: dict[str, Any]) -> None:
    before = everything()
    answer = submit_at(web, **options)
    assert (answer.status, answer.code) == (422, "invalid-job")
    assert everything() == before


def test_it_can_be_cancelled_while_it_waits(web: WsgiClient) -> None:
    job = submit_at(web, delay_s=60).json
    assert web.post(f"{JOBS}/{job['job_id']}/cancel", {}).json["status"] == "cancelled"


def test_it_waits_for_its_time_also_when_a_cancel_is_taken_back(web: WsgiClient) -> None:
    job = submit_at(web, delay_s=3600).json
    path = f"{JOBS}/{job['job_id']}"
    web.post(f"{path}/cancel", {})
    again = web.post(f"{path}/retry", {})
    assert (again.status, again.json["status"]) == (202, "pending")
    assert single.claim("parsing", "c1/1") is None
