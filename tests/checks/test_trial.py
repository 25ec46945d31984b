"""The job of `check`: nothing of it is left, whatever ends the check."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from bellhop.base.times import timestamp
from bellhop.checks import trial
from bellhop.checks.answers import Failed
from bellhop.client import RequestFailed


class Jobs:
    """A Bellhop as far as a check sees it: each job ends as `status` says, or never."""

    def __init__(self, status: str = "completed"):
        self.status, self.known = status, dict[str, dict[str, Any]]()
        self.at_wait: BaseException | None = None
        self.ids = itertools.count()

    def add(self, name: str, age_s: float = 0.0, status: str = "completed") -> None:
        job_id = f"{next(self.ids):03}"
        self.known[job_id] = {
            "job_id": job_id, "name": name, "status": status, "created_at": timestamp(-age_s),
            "links": {"self": job_id, "result": "result"}, "waiting_for": "no worker",
            "error": {"message": "It broke."},
        }  # fmt: skip

    def create(self, type_name: str, *, files: list[Any], use_cache: bool) -> dict[str, Any]:
        self.add(files[0].name, status=self.status)
        return self.known[max(self.known)]

    def jobs(self, *, type: str, q: str) -> Iterator[dict[str, Any]]:
        return iter([job for job in self.known.values() if q in job["name"]])

    def job(self, job_id: str) -> dict[str, Any]:
        if job_id not in self.known:
            raise RequestFailed(404, "not-found", "There is no job with this id.")
        return self.known[job_id]

    def wait(self, job_id: str, timeout_s: float) -> dict[str, Any]:
        job = self.job(job_id)
        if self.at_wait:
            raise self.at_wait
        if job["status"] == "queued":
            raise TimeoutError
        return job

    def get(self, path: str) -> dict[str, Any]:
        return {"consumers": 1, "items": [{"data": {"words": 3}}]}

    def delete(self, path: str) -> None:
        job = self.job(path.partition("?")[0])
        self.at_wait = None
        if job["status"] == "queued":
            job["status"] = "cancelled"
        else:
            del self.known[job["job_id"]]


def run(bellhop: Any) -> list[str]:
    return trial.complete_job(bellhop)


def test_it_runs_a_job_and_deletes_it() -> None:
    bellhop = Jobs()
    assert run(bellhop) == ["submitted, run, read and deleted"]
    assert bellhop.known == {}


@pytest.mark.parametrize(
    ("status", "said"),
    [("queued", "the job is still queued: no worker"), ("failed", "the job is failed: It broke.")],
)
def test_it_deletes_a_job_that_did_not_complete(status: str, said: str) -> None:
    bellhop = Jobs(status)
    with pytest.raises(Failed, match=said):
        run(bellhop)
    assert bellhop.known == {}


@pytest.mark.parametrize("status", ["queued", "completed"])
def test_it_deletes_the_job_when_it_is_interrupted(status: str) -> None:
    bellhop = Jobs(status)
    bellhop.at_wait = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run(bellhop)
    assert bellhop.known == {}


def test_it_deletes_what_a_killed_check_left_and_nothing_else() -> None:
    bellhop = Jobs()
    others = ["my bellhop-check-list.txt", "bellhop-check-12.pdf"]
    bellhop.add("bellhop-check-0123456789ab.txt", age_s=61)
    bellhop.add("bellhop-check-ba9876543210.txt", age_s=5)  # of one that goes on
    for name in others:
        bellhop.add(name, age_s=1000)
    run(bellhop)
    names = [job["name"] for job in bellhop.known.values()]
    assert names == ["bellhop-check-ba9876543210.txt", *others]
