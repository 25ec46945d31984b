"""Numbers in answers: none that JSON has no word for, and each whole one with all its digits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bellhop.base import documents
from bellhop.consumer.workers import Workers
from bellhop.database.database import database, query
from bellhop.storage.models import Job
from bellhop.web import answers
from tests.support.jobs import run_all
from tests.support.wsgi import WsgiClient

LARGE = (2**53 + 1, -(2**63) - 1, 10**40)
PAGES = (
    "jobs", "jobs?since=0", "jobs/facets", "jobs/stats", "types", "cache", "schedules",
    "monitoring/queues", "monitoring/workers", "monitoring/machines", "monitoring/problems",
    "monitoring/space", "monitoring/health",
    "openapi.json",
)  # fmt: skip
OF_JOB = ("", "/items", "/result", "/events", "/deliveries")


@pytest.mark.parametrize(
    "document",
    [float("nan"), [float("inf")], {"a": {"b": (1, -float("inf"))}}, [answers.Written("1"), 1e999]],
)
def test_it_writes_null_for_what_is_no_number(document: object) -> None:
    documents.parsed(answers.encoded(document))


def test_it_keeps_the_rest_of_such_an_answer() -> None:
    given = {"a": [1, float("nan"), answers.Written('{"b": 2}')], "c": float("inf"), "d": True}
    written = answers.encoded(given)
    assert documents.parsed(written) == {"a": [1, None, {"b": 2}], "c": None, "d": True}


@pytest.mark.sqlite("a column that takes any number")
@pytest.mark.parametrize("garbage", ["9e999", "-9e999"])
def test_it_answers_whatever_number_a_row_holds(
    web: WsgiClient, workers: Workers, submit: Callable[..., Job], garbage: str
) -> None:
    job = submit("a")
    run_all(workers)
    for table, column in spoilable():
        query(f'UPDATE OR IGNORE "{table}" SET "{column}" = {garbage}')
    database.close()
    for page in (*PAGES, *(f"jobs/{job.job_id}{part}" for part in OF_JOB)):
        answer = web.get(f"/api/v1/{page}")
        assert answer.status != 500, page
        documents.parsed(answer.body)


def spoilable() -> list[tuple[str, str]]:
    """Columns whose numbers are shown, and by which nothing is found."""
    return [
        ("job", "priority"), ("job", "progress_points"), ("job", "failed_items"),
        ("item", "progress"), ("item", "attempt"), ("duration", "seconds"), ("cache", "bytes"),
    ]  # fmt: skip


@pytest.mark.parametrize("number", LARGE)
def test_it_keeps_every_digit_of_a_whole_number(
    web: WsgiClient, workers: Workers, number: int
) -> None:
    given = {"type": "mirror", "items": [{"json": {"n": number}}], "params": {"number": number}}
    job = web.post("/api/v1/jobs", given).json
    run_all(workers)
    database.close()
    assert job["params"]["number"] == number
    (item,) = web.get(f"/api/v1/jobs/{job['job_id']}/result").json["items"]
    assert item["data"]["data"] == {"n": number}
    assert item["data"]["rows"][0] == {"number": number}


def test_it_refuses_a_number_with_which_nobody_can_calculate(web: WsgiClient) -> None:
    given = {"type": "halves", "items": [{"text": "a"}], "params": {"number": 10**400}}
    answer = web.post("/api/v1/jobs", given)
    assert (answer.status, answer.code) == (422, "invalid-job")
