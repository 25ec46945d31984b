"""GET /monitoring/problems, and the filters of the list that lead from an error to its jobs."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from bellhop.base.errors import ItemError
from bellhop.database.database import database
from bellhop.jobs import lifecycle
from bellhop.storage.models import Job
from tests.support import single
from tests.support.wsgi import WsgiClient

PROBLEMS, JOBS = "/api/v1/monitoring/problems", "/api/v1/jobs"
Submit = Callable[..., Job]


@pytest.fixture
def failed(submit: Submit) -> Job:
    """A job whose item failed with a general code."""
    job = submit("a")
    claim = single.claim(job.queue, "c1/1")
    assert claim
    claim.measured.ran_s, claim.measured.peak_bytes = 2.0, 7 << 20
    lifecycle.fail(claim, ItemError("bad_input", "“a” is not a PDF."))
    database.close()
    return job


def test_it_tells_what_failed_and_how_its_type_did(failed: Job, web: WsgiClient) -> None:
    found = web.get(PROBLEMS).json
    (group,) = found["errors"]
    assert (group["reason"], group["count"], group["job_id"]) == (
        "… is not a PDF.",
        1,
        failed.job_id,
    )
    (kind,) = found["types"]
    assert (kind["type"], kind["failed"], kind["peak_bytes"]) == ("noop", 1, 7 << 20)
    assert kind["memory_limit_bytes"] == 2048 << 20
    assert (len(found["runs"]), found["runs"][-1]["failed"], found["slot_s"]) == (24, 1, 3600)


@pytest.mark.parametrize(("period", "slots"), [("1h", 12), ("24h", 24), ("7d", 168), ("30d", 30)])
def test_it_has_every_slot_of_a_period(web: WsgiClient, period: str, slots: int) -> None:
    assert len(web.get(f"{PROBLEMS}?period={period}").json["runs"]) == slots


def test_it_refuses_another_period(web: WsgiClient) -> None:
    answer = web.get(f"{PROBLEMS}?period=2h")
    assert (answer.status, answer.json["code"]) == (422, "invalid-parameter")


def test_it_leads_from_an_error_to_its_jobs(failed: Job, web: WsgiClient) -> None:
    found = web.get(PROBLEMS).json
    (group,) = found["errors"]
    query = f"code=bad_input&type=noop&reason={quote(group['reason'])}&from={found['from']}"
    assert [job["job_id"] for job in web.get(f"{JOBS}?{query}").json["jobs"]] == [failed.job_id]


@pytest.mark.parametrize(
    "query", ["reason=x", "from=yesterday", "to=2026-01-31T07:30:00", "from=9999-99-99T00:00:00Z"]
)
def test_it_refuses_a_filter_that_says_nothing(web: WsgiClient, query: str) -> None:
    answer = web.get(f"{JOBS}?{query}")
    assert (answer.status, answer.json["code"]) == (422, "invalid-parameter")


def test_it_takes_times_of_any_zone(failed: Job, web: WsgiClient) -> None:
    assert web.get(f"{JOBS}?from=2020-01-01T00:00:00%2B05:30").json["jobs"]
    assert not web.get(f"{JOBS}?to=2020-01-01T00:00:00Z").json["jobs"]


def test_it_retries_the_jobs_of_an_error(failed: Job, web: WsgiClient) -> None:
    body = {"action": "retry", "filter": {"code": "bad_input"}, "expected": 1}
    sent = json.dumps(body).encode()
    answer = web.request("POST", f"{JOBS}/bulk", sent, content_type="application/json")
    assert answer.json["done"] == 1
    assert web.get(f"{JOBS}?code=bad_input").json["jobs"] == []
