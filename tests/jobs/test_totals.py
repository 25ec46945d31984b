"""Totals: the counters of /metrics that outlive their jobs, whatever happens to those."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bellhop.base.errors import ItemError, item_error
from bellhop.database.database import database, query
from bellhop.jobs import lifecycle, webhooks
from bellhop.jobs.newjob import NewItem, NewJob
from bellhop.jobs.reuse import Hit
from bellhop.metrics import totals
from bellhop.storage.models import Job
from tests.support import single
from tests.support.clock import only_own

Submit = Callable[..., Job]
NO_PDF = ItemError("bad_input", "It is no PDF.")
OWN = ItemError("no_text_layer", "It has no text.")


def end(job: Job, *errors: ItemError | None, **measured: Any) -> None:
    """End the items of a job, one after the other: failed with an error, or completed."""
    for error in errors:
        claim = single.claim(job.queue, "c1/1")
        assert claim
        for name, value in measured.items():
            setattr(claim.measured, name, value)
        if error:
            assert lifecycle.fail(claim, error)
        else:
            assert single.complete(claim, data="1", files="[]", warnings="[]")


def counts(what: str) -> dict[tuple[str, str, str], int]:
    """How often it happened, by type, status and code."""
    found = Counter[tuple[str, str, str]]()
    for total in totals.every()[what]:
        found[total.type, total.status, total.code] += total.number
    return dict(found)


def buckets(what: str) -> dict[int, int]:
    """How often it took at most so many milliseconds."""
    found = Counter[int]()
    for total in totals.every()[what]:
        found[total.bucket] += total.number
    return {bucket: number for bucket, number in found.items() if bucket != totals.NO_LENGTH}


def test_it_counts_a_job_once_when_all_of_its_items_have_ended(rows: str, submit: Submit) -> None:
    job = submit("a", "b")
    end(job, None)
    assert counts("job") == {}
    end(job, None)
    assert counts("job") == {("noop", "completed", ""): 1}


def test_it_counts_each_item_with_its_code(rows: str, submit: Submit) -> None:
    end(submit(*"abc"), None, NO_PDF, None)
    assert counts("item") == {("noop", "completed", ""): 2, ("noop", "failed", "bad_input"): 1}


def test_it_counts_a_failed_job_with_the_code_of_its_error(rows: str, submit: Submit) -> None:
    end(submit(*"ab"), None, NO_PDF)
    assert counts("job") == {("noop", "failed", "bad_input"): 1}


def test_it_counts_codes_of_job_types_as_one(rows: str, submit: Submit) -> None:
    end(submit("a"), OWN)
    assert counts("job") == counts("item") == {("noop", "failed", totals.OTHER): 1}


def test_it_counts_a_cancelled_job(rows: str, submit: Submit) -> None:
    lifecycle.ask_cancel(submit("a").job_id)
    assert counts("job") == {("noop", "cancelled", ""): 1}


def test_it_counts_what_is_submitted(rows: str, submit: Submit) -> None:
    submit("a", "b")
    submit("a")
    assert counts("submitted") == {("noop", "", ""): 2}


def test_it_counts_nothing_of_a_submission_that_is_not_made(rows: str, submit: Submit) -> None:
    with pytest.raises(RuntimeError), database.atomic():
        submit("a")
        raise RuntimeError
    assert counts("submitted") == {}


def test_it_keeps_the_counts_of_deleted_jobs(rows: str, submit: Submit) -> None:
    job = submit("a")
    end(job, None)
    lifecycle.purge(job.job_id)
    assert counts("job") == {("noop", "completed", ""): 1}


def test_it_counts_an_end_once_of_which_nobody_knew_whether_it_was_recorded(
    rows: str, submit: Submit
) -> None:
    claim = single.claim(submit("a").queue, "c1/1")
    assert claim
    assert lifecycle.fail(claim, NO_PDF)
    claim.is_in_doubt = True
    assert lifecycle.fail(claim, NO_PDF)
    assert counts("item") == counts("job") == {("noop", "failed", "bad_input"): 1}


def test_it_counts_a_job_again_that_somebody_retried(rows: str, submit: Submit) -> None:
    job = submit("a")
    end(job, NO_PDF)
    lifecycle.retry(job.job_id)
    end(job, None)
    assert counts("job") == {("noop", "failed", "bad_input"): 1, ("noop", "completed", ""): 1}


def test_it_counts_a_retry_with_the_code_of_its_failure(rows: str, submit: Submit) -> None:
    submit("a")
    claim = single.claim("parsing", "c1/1")
    assert claim
    lifecycle.fail_attempt(claim, item_error("unexpected_error", summary="Oops"), (0.0,))
    assert counts("retry") == {("noop", "", "unexpected_error"): 1}
    assert counts("item") == {}


def test_it_counts_an_interruption_by_a_dead_consumer(rows: str, submit: Submit) -> None:
    submit("a")
    claim = single.claim("parsing", "c1/1")
    assert claim
    lifecycle.adopt("c1")
    assert (counts("interruption"), counts("retry")) == ({("noop", "", ""): 1}, {})


def test_it_counts_no_interruption_by_a_stop(rows: str, submit: Submit) -> None:
    submit("a")
    claim = single.claim("parsing", "c1/1")
    assert claim
    lifecycle.interrupt(claim)
    assert counts("interruption") == {}


def test_it_counts_deliveries_of_webhooks_apart(rows: str, submit: Submit) -> None:
    job = submit("a", webhook_url="http://localhost/")
    end(job, None)
    claim = single.claim(webhooks.QUEUE, "c1/1")
    assert claim
    lifecycle.fail(claim, NO_PDF)
    assert counts("delivery") == {("", "failed", ""): 1}
    assert counts("job") == {("noop", "completed", ""): 1}
    assert counts("submitted") == {("noop", "", ""): 1}


# How long it took.


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still; the tests set it."""
    shown = [time.time()]
    only_own(monkeypatch)
    monkeypatch.setattr(time, "time", lambda: shown[0])
    return shown


def test_it_measures_how_long_a_job_waited_and_ran(
    rows: str, submit: Submit, clock: list[float]
) -> None:
    submit("a")
    clock[0] += 7
    claim = single.claim("parsing", "c1/1")
    assert claim
    clock[0] += 45
    single.complete(claim, data="1", files="[]", warnings="[]")
    assert (buckets("job_wait"), buckets("job")) == ({10_000: 1}, {60_000: 1})
    ((seconds,),) = query("SELECT seconds FROM total WHERE what = 'job'")
    assert seconds == pytest.approx(45)


def test_it_measures_how_long_an_item_ran(rows: str, submit: Submit) -> None:
    end(submit(*"ab"), None, NO_PDF, ran_s=0.02)
    assert buckets("item") == {25: 2}


def test_it_puts_a_length_on_a_bound_into_its_bucket(rows: str, submit: Submit) -> None:
    end(submit(*"abc"), *[None] * 3, ran_s=0.05)
    assert buckets("item") == {50: 3}


def test_it_keeps_what_is_longer_than_every_bound(rows: str, submit: Submit) -> None:
    end(submit("a"), None, ran_s=10 * totals.BOUNDS_S[-1])
    assert buckets("item") == {totals.ABOVE: 1}


def test_it_measures_only_the_first_run_of_a_job(rows: str, submit: Submit) -> None:
    job = submit("a")
    end(job, NO_PDF)
    lifecycle.retry(job.job_id)
    end(job, None)
    assert sum(buckets("job").values()) == sum(buckets("job_wait").values()) == 1


def test_it_measures_nothing_of_a_cancelled_job(rows: str, submit: Submit) -> None:
    submit("a")
    claim = single.claim("parsing", "c1/1")
    assert claim
    lifecycle.ask_cancel(claim.job_id)
    assert lifecycle.cancel(claim)
    assert (counts("job"), buckets("job")) == ({("noop", "cancelled", ""): 1}, {})


def test_it_measures_no_job_whose_results_were_there(rows: str, here: object) -> None:
    hit = Hit("k", "j", "1", "[]", "[]")
    item = NewItem("a", {"text": "a"}, hit=hit)
    lifecycle.submit(NewJob(type="noop", name="a", params={}, queue="parsing", max_attempts=1,
                            items=[item], owner="local"))  # fmt: skip
    assert counts("job") == {("noop", "completed", ""): 1}
    assert buckets("job") == buckets("job_wait") == {}
