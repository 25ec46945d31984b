"""What waits for its next attempt: run now, or failed with the error it has."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bellhop.accounts.access import BELLHOP
from bellhop.base.errors import ItemError
from bellhop.database.database import query
from bellhop.jobs import lifecycle, queries
from bellhop.jobs.lifecycle import Claim
from bellhop.storage.models import Event, Job
from tests.support import single
from tests.support.jobs import items_of, job_of, moves_of

Submit = Callable[..., Job]
ODD, EVEN = ItemError("odd", "Odd."), ItemError("even", "Even.", "Be odd.")


def claimed(job: Job) -> Claim:
    found = single.claim(job.queue, "c1/1")
    assert found is not None
    return found


def waiting(submit: Submit, *errors: ItemError, **options: Any) -> Job:
    """A job with an item for each error, which waits an hour for its next attempt."""
    job = submit(*"abcdefgh"[: len(errors)], **options)
    for error in errors:
        lifecycle.fail_attempt(claimed(job), error, (3600,))
    return job


def statuses(job: Job) -> list[str]:
    return [item.status for item in items_of(job)]


def events_of(job: Job, move: str) -> list[Event]:
    return [event for event in queries.events(job, limit=100) if event.move == move]


# Run now


def test_it_runs_now_what_waits_for_a_retry(submit: Submit) -> None:
    job = waiting(submit, ODD)
    assert lifecycle.hurry(job.job_id) == 1
    claim = claimed(job)
    assert (claim.failures, claim.attempt) == (1, 2)
    assert moves_of(job)[-2:] == ["hurried", "claimed"]


def test_it_keeps_the_error_of_what_it_runs_now(submit: Submit) -> None:
    job = waiting(submit, ODD)
    lifecycle.hurry(job.job_id)
    (item,) = items_of(job)
    assert json.loads(str(item.error))["code"] == "odd" and item.not_before is None


def test_it_runs_only_the_items_now_that_it_is_asked_for(submit: Submit) -> None:
    job = waiting(submit, ODD, ODD)
    assert lifecycle.hurry(job.job_id, [1]) == 1
    assert statuses(job) == ["pending", "queued"]


def test_it_runs_what_is_hurried_behind_what_its_owner_has_in_line(submit: Submit) -> None:
    job = waiting(submit, ODD)
    later = submit("later")
    lifecycle.hurry(job.job_id)
    assert [claimed(job).job_id for _ in range(2)] == [later.job_id, job.job_id]


@pytest.mark.parametrize("act", [lifecycle.hurry, lifecycle.give_up])
def test_it_leaves_a_job_alone_that_waits_for_its_start(
    submit: Submit, act: Callable[[str], int]
) -> None:
    job = submit(run_at="2999-01-01T00:00:00.000000Z")
    assert act(job.job_id) == 0
    assert statuses(job) == ["pending"]


# Failed by hand


def test_it_fails_what_waits_for_a_retry_with_the_error_it_has(submit: Submit) -> None:
    job = waiting(submit, EVEN)
    assert lifecycle.give_up(job.job_id) == 1
    (item,) = items_of(job)
    assert (item.status, item.not_before, job_of(job.job_id).status) == ("failed", None, "failed")
    shown = {"code": "even", "message": "Even. (failure 1 of 2)", "hint": "Be odd."}
    assert json.loads(str(item.error)) == json.loads(str(job_of(job.job_id).error)) == shown


def test_it_says_in_the_timeline_with_which_error_it_was_failed(submit: Submit) -> None:
    job = waiting(submit, ODD, EVEN)
    assert lifecycle.give_up(job.job_id) == 2
    found = {event.item: event.code for event in events_of(job, "given_up")}
    assert found == {0: "odd", 1: "even"}


def test_it_fails_only_the_items_it_is_asked_for(submit: Submit) -> None:
    job = waiting(submit, ODD, ODD)
    assert lifecycle.give_up(job.job_id, [0]) == 1
    assert statuses(job) == ["failed", "pending"]
    assert job_of(job.job_id).status == "running"


def test_it_fails_what_asked_for_a_later_try(submit: Submit) -> None:
    job = submit()
    lifecycle.try_again(claimed(job), 3600, "the server is busy")
    assert lifecycle.give_up(job.job_id) == 1
    assert json.loads(str(items_of(job)[0].error))["message"] == "the server is busy"


def test_it_fails_an_item_whose_error_nobody_can_read(submit: Submit) -> None:
    job = waiting(submit, ODD)
    query("UPDATE item SET error = '[]'")
    assert lifecycle.give_up(job.job_id) == 1
    assert json.loads(str(items_of(job)[0].error))["code"] == "unreadable"


def test_it_retries_what_was_failed_by_hand(submit: Submit) -> None:
    job = waiting(submit, ODD)
    lifecycle.give_up(job.job_id)
    assert lifecycle.retry(job.job_id) == 1
    assert claimed(job).failures == 0


def test_it_fails_nothing_that_runs_or_is_queued(submit: Submit) -> None:
    job = submit("a", "b")
    claimed(job)
    assert lifecycle.give_up(job.job_id) == 0
    assert statuses(job) == ["running", "queued"]


# What is known of it


def trouble_of(job: Job) -> queries.Trouble | None:
    return queries.troubles([job.id]).get(job.id)


def test_it_knows_the_error_of_what_runs_again_first(submit: Submit) -> None:
    job = submit("a", "b")
    lifecycle.fail_attempt(claimed(job), ODD, (3600,))
    lifecycle.fail_attempt(claimed(job), EVEN, (60,))
    found = trouble_of(job)
    assert found and json.loads(found.error)["code"] == "even"
    assert (found.failures, found.retry_at) == (1, items_of(job)[1].not_before)


def test_it_knows_the_error_while_the_next_attempt_runs(submit: Submit) -> None:
    job = submit()
    lifecycle.fail_attempt(claimed(job), ODD, (0,))
    claimed(job)
    found = trouble_of(job)
    assert found and (found.failures, found.retry_at) == (1, None)


def test_it_knows_of_no_trouble_where_nothing_failed(submit: Submit) -> None:
    job = submit("a", "b")
    lifecycle.interrupt(claimed(job))
    assert trouble_of(job) is None
    assert queries.job(BELLHOP, job.job_id) is not None
