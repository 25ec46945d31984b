"""What a job does to its process and its folders harms its own item at most, and it is told."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from bellhop.accounts import accounts
from bellhop.consumer.workers import Workers
from bellhop.jobs import queries
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from tests.support.jobs import error_of, job_of, moves_of, result_of, run_all

Submit = Callable[..., Job]
# What a job is told that returned all the same.
TOLD = {
    "closes output": ["output_closed"],
    "closes errors": ["output_closed"],
    "closes stdout": ["output_closed"],
    "redirects": ["output_closed"],
    "forks": ["returned_twice"],
    "forks often": ["returned_twice"],
    "forks a slow one": ["returned_twice"],
    "forks what fails": ["returned_twice"],
    "forks what leaves": ["returned_twice"],
    "forks what ends": [],
}
# From the first account on, a job can empty these folders, but not remove them.
REMOVES = {
    "removes output": ["output_removed"],
    "removes scratch": [],  # it is a job's own, and emptied anyway
    "removes all": ["output_removed"],
}
CRASHES = ["becomes a daemon", "closes all"]


@pytest.fixture(params=["open", "shared"])
def is_shared(request: pytest.FixtureRequest, here: Installation) -> bool:
    if request.param == "shared":
        accounts.add("ada", "admin", None)
    return bool(request.param == "shared")


def warnings_of(job: Job) -> list[str]:
    ((_, result),) = queries.items(job, limit=1).rows
    assert result is not None
    return [warning["code"] for warning in json.loads(result.warnings)]


@pytest.mark.parametrize("how", TOLD)
def test_it_records_what_the_job_returned_and_tells_the_rest(
    submit: Submit, workers: Workers, is_shared: bool, how: str
) -> None:
    job = submit(how, type="harms")
    run_all(workers)
    assert error_of(job) is None
    assert result_of(job) == {"by": "the first"}
    assert warnings_of(job) == TOLD[how]


@pytest.mark.parametrize("how", CRASHES)
def test_it_tells_a_job_that_leaves_bellhop_of_its_crash(
    submit: Submit, workers: Workers, is_shared: bool, how: str
) -> None:
    job = submit(how, type="harms")
    run_all(workers)
    assert error_of(job)["code"] == "process_crashed"


@pytest.mark.parametrize("how", [*TOLD, *CRASHES, *REMOVES])
def test_it_runs_the_next_item_as_if_nothing_had_been(
    submit: Submit, workers: Workers, how: str
) -> None:
    submit(how, type="harms")
    following = submit(type="prints")
    run_all(workers)
    assert job_of(following.job_id).status == "completed", error_of(following)
    assert warnings_of(following) == []
    printed = workers.files.log(following.job_id, "0-0-1").read_text()
    assert "on stdout: a" in printed and "by the context" in printed


@pytest.mark.parametrize("how", ["forks", "forks a slow one", "forks what fails"])
def test_it_takes_one_answer_from_a_job(submit: Submit, workers: Workers, how: str) -> None:
    job = submit(how, type="harms")
    run_all(workers)
    assert moves_of(job).count("completed") == 1 and "requeued" not in moves_of(job)


@pytest.mark.parametrize("how", REMOVES)
def test_it_tells_a_job_that_removed_its_output_folder(
    submit: Submit, workers: Workers, how: str
) -> None:
    job = submit(how, type="harms")
    run_all(workers)
    assert result_of(job) == {"by": "the first"}
    assert warnings_of(job) == REMOVES[how]
