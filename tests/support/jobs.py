"""A job's rows as tests read them, and workers stepped by hand until nothing is due."""

from __future__ import annotations

import json
from typing import Any

from bellhop.accounts.access import BELLHOP
from bellhop.base.errors import ItemError
from bellhop.consumer.lines import Pace
from bellhop.consumer.workers import Workers
from bellhop.jobs import lifecycle, queries
from bellhop.storage.models import Item, Job
from tests.support import single


def job_of(job_id: str) -> Job:
    job = queries.job(BELLHOP, job_id)
    assert job is not None
    return job


def items_of(job: Job) -> list[Item]:
    return [item for item, _ in queries.items(job, limit=1000).rows]


def moves_of(job: Job) -> list[str]:
    return [event.move for event in queries.events(job, limit=1000)]


def error_of(job: Job) -> dict[str, Any]:
    (item,) = items_of(job)
    found: dict[str, Any] = json.loads(item.error or "null")
    return found


def result_of(job: Job) -> dict[str, Any]:
    ((_, result),) = queries.items(job, limit=1).rows
    assert result is not None
    data: dict[str, Any] = json.loads(result.data)
    return data


def run_all(workers: Workers) -> None:
    while workers.run_next():
        pass


def quick(pace: Pace, *types: str) -> None:
    """Let a consumer have seen many items of these types, each of which took no time."""
    for _ in range(99):
        for name in types:
            pace.note(name, 0.0001)


def end(job: Job, *errors: ItemError | None) -> None:
    """End the items of a job, one after the other: failed with an error, or completed."""
    for error in errors:
        claim = single.claim(job.queue, "c1/1")
        assert claim
        if error:
            assert lifecycle.fail(claim, error)
        else:
            assert single.complete(claim, data="1", files="[]", warnings="[]")
