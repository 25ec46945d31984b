"""How many items come to a queue and leave it, counted over the last minute."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bellhop.base.errors import ItemError
from bellhop.base.times import timestamp
from bellhop.database.database import query
from bellhop.jobs import lifecycle, queries
from bellhop.jobs.newjob import NewStep
from bellhop.jobs.queries import figures
from bellhop.storage.models import Job
from tests.support import single

Submit = Callable[..., Job]


def run(queue: str = "parsing", *, fails: bool = False) -> None:
    claim = single.claim(queue, "c1/1")
    assert claim
    if fails:
        lifecycle.fail(claim, ItemError("no_good", "no good"))
    else:
        single.complete(claim, data="{}", files="[]", warnings="[]")


def test_it_counts_nothing_where_nothing_is(submit: Submit) -> None:
    assert queries.flow() == {}


def test_it_counts_what_came_and_what_ended(submit: Submit) -> None:
    submit("a", "b", "c")
    run()
    run(fails=True)
    assert queries.flow() == {"parsing": (3, 2)}


def test_it_counts_nothing_that_waits_for_its_time(submit: Submit) -> None:
    submit("a", run_at=timestamp(3600))
    assert queries.flow() == {}


def test_it_counts_an_item_that_runs_again_by_itself_once(submit: Submit) -> None:
    submit("a")
    claim = single.claim("parsing", "c1/1")
    assert claim
    lifecycle.fail_attempt(claim, ItemError("no_good", "no good"), [0, 0])
    run()
    assert queries.flow() == {"parsing": (1, 1)}


def test_it_counts_a_later_step_where_and_when_it_may_run(submit: Submit) -> None:
    submit("a", then=[NewStep("extend", {}, "ai")])
    assert queries.flow() == {"parsing": (1, 0)}
    run()
    assert queries.flow() == {"parsing": (1, 1), "ai": (1, 0)}


def test_it_counts_what_somebody_retries(submit: Submit) -> None:
    job = submit("a")
    run(fails=True)
    lifecycle.retry(job.job_id)
    assert queries.flow() == {"parsing": (2, 1)}


def test_it_forgets_after_a_minute(submit: Submit) -> None:
    submit("a")
    query("UPDATE event SET at = :at", {"at": timestamp(-61)})
    assert queries.flow() == {}


def test_it_looks_at_no_more_than_the_last_events(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a queue that is too fast to count for a minute, the last seconds tell its pace."""
    monkeypatch.setattr(figures, "FLOW_EVENTS", (1, 2))
    for text in "abc":
        submit(text)
    query("UPDATE event SET at = :at", {"at": timestamp(-30)})
    came, _ = queries.flow()["parsing"]
    assert came == pytest.approx(2 * 60 / 30, rel=0.2)
