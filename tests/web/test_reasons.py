"""Why a job failed, over HTTP: the reasons with their counts, and which jobs failed in part."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bellhop.base.errors import ItemError
from bellhop.storage.models import Job
from tests.support.jobs import end
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
JOBS = "/api/v1/jobs"
PDF = ItemError("bad_input", "This is not a PDF.")
TOTAL = ItemError("no_total", "There is no total in 'a'.", "Add one.")


def message(web: WsgiClient, job: Job) -> str:
    return str(web.get(f"{JOBS}/{job.job_id}").json["error"]["message"])


def test_it_names_each_reason_with_its_count(web: WsgiClient, submit: Submit) -> None:
    job = submit(*"abcdef")
    end(job, TOTAL, PDF, None, PDF, TOTAL, PDF)
    said = "5 of 6 failed: This is not a PDF (3); There is no total in 'a' (2)"
    assert message(web, job) == said
    assert web.get(JOBS).json["jobs"][0]["error"]["message"] == said


def test_it_counts_what_it_does_not_name(web: WsgiClient, submit: Submit) -> None:
    job = submit(*"abcdefg")
    end(job, PDF, PDF, *(ItemError(f"code_{name}", name * 200) for name in "abcde"))
    said = message(web, job)
    assert said.startswith(f"7 of 7 failed: This is not a PDF (2); {'a' * 120}… (1); ")
    assert said.endswith("; other reasons (3)")


def test_it_gives_one_reason_with_its_hint(web: WsgiClient, submit: Submit) -> None:
    job = submit("a", "b", "c")
    end(job, TOTAL, None, TOTAL)
    error = web.get(f"{JOBS}/{job.job_id}").json["error"]
    assert (error["message"], error["hint"]) == (f"2 of 3 failed: {TOTAL.message}", "Add one.")
    reasons = [{"code": "no_total", "message": TOTAL.message, "count": 2}]
    assert error["reasons"] == reasons


def test_it_lists_the_items_of_each_reason(web: WsgiClient, submit: Submit) -> None:
    job = submit("a", "b", "c")
    end(job, TOTAL, PDF, TOTAL)
    assert web.get(f"{JOBS}/{job.job_id}/reasons").json["reasons"] == [
        {"code": "no_total", "message": TOTAL.message, "hint": "Add one.", "items": [0, 2],
         "filenames": ["a", "c"]},
        {"code": "bad_input", "message": PDF.message, "hint": None, "items": [1],
         "filenames": ["b"]},
    ]  # fmt: skip


def test_it_lists_the_reasons_while_a_job_runs(web: WsgiClient, submit: Submit) -> None:
    job = submit("a", "b")
    assert web.get(f"{JOBS}/{job.job_id}/reasons").json == {"reasons": []}
    end(job, PDF)
    assert len(web.get(f"{JOBS}/{job.job_id}/reasons").json["reasons"]) == 1


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("partly_failed", ["partly"]),
        ("failed", ["partly", "wholly"]),
        ("failed,partly_failed", ["partly", "wholly"]),
        ("completed,partly_failed", ["done", "partly"]),
        ("pending,queued,running,completed,failed,cancelled,partly_failed",
         ["done", "partly", "wholly"]),
    ],
)  # fmt: skip
def test_it_finds_what_failed_in_part(
    web: WsgiClient, submit: Submit, status: str, found: list[str]
) -> None:
    end(submit("a", "b", name="wholly"), PDF, PDF)
    end(submit("a", "b", name="partly"), None, PDF)
    end(submit("a", "b", name="done"), None, None)
    jobs = web.get(f"{JOBS}?status={status}").json["jobs"]
    assert [job["name"] for job in jobs] == found
    counted = {"action": "retry", "filter": {"status": status}, "dry_run": True}
    assert web.post(f"{JOBS}/bulk", counted).json["count"] == len(found)


def test_it_shows_the_status_of_what_failed_in_part(web: WsgiClient, submit: Submit) -> None:
    job = submit("a", "b")
    end(job, None, PDF)
    assert web.get(f"{JOBS}/{job.job_id}").json["status"] == "failed"
    assert web.get(f"{JOBS}/{job.job_id}/items?status=partly_failed").code == "invalid-parameter"
