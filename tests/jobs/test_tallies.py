"""Tallies: what is counted of items that end, and what of it is told of a period."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bellhop.accounts.access import ANYBODY, User
from bellhop.base.errors import ItemError, item_error
from bellhop.database.database import query
from bellhop.jobs import lifecycle, queries, webhooks
from bellhop.jobs.lifecycle import tallies
from bellhop.jobs.queries import ErrorGroup, JobFilter, TypeFigures
from bellhop.jobs.spans import bucket_of, percentile, seconds_of
from bellhop.storage.models import Job
from tests.support import single
from tests.support.clock import only_own
from tests.support.jobs import items_of, job_of

Submit = Callable[..., Job]
OTTO = User("otto", "member", reads_all=False)
NOW = time.time()
DAY_S = 86400


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A clock that stands still; the tests set it."""
    shown = [NOW]
    only_own(monkeypatch)
    monkeypatch.setattr(time, "time", lambda: shown[0])
    yield shown


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


def counted(viewer: User = ANYBODY, period: str = "24h") -> tuple[int, int]:
    """How many items completed, and failed."""
    runs = queries.runs(viewer, queries.period(period))
    return sum(slot.completed for slot in runs), sum(slot.failed for slot in runs)


def errors(viewer: User = ANYBODY, period: str = "24h") -> list[ErrorGroup]:
    return queries.errors(viewer, queries.period(period))[0]


def figures(period: str = "24h", name: str = "noop") -> TypeFigures:
    return queries.types(ANYBODY, queries.period(period))[name]


def found(viewer: User = ANYBODY, **wanted: Any) -> list[str]:
    """The ids of the jobs that a filter finds."""
    return [job.job_id for job in queries.jobs(viewer, JobFilter(**wanted), limit=10).rows]


NO_PDF = ItemError("bad_input", "“a.txt” is not a PDF.")
LATE = item_error("timed_out", limit_s=60)


def test_it_counts_what_completed_and_what_failed(rows: str, submit: Submit) -> None:
    end(submit(*"abcd"), None, NO_PDF, None, None)
    assert counted() == (3, 1)


def test_it_counts_an_end_once_of_which_nobody_knew_whether_it_was_recorded(
    rows: str, submit: Submit
) -> None:
    claim = single.claim(submit("a").queue, "c1/1")
    assert claim
    claim.measured.ran_s = 1.0
    assert lifecycle.fail(claim, NO_PDF)
    claim.is_in_doubt = True
    assert lifecycle.fail(claim, NO_PDF)
    assert counted() == (0, 1)
    assert query("SELECT count FROM tally WHERE what = 'ran'") == [(1,)]


def test_it_counts_what_a_retry_runs_again(rows: str, submit: Submit) -> None:
    job = submit("a")
    end(job, NO_PDF)
    lifecycle.retry(job.job_id)
    end(job, None)
    assert counted() == (1, 1)
    assert [group.count for group in errors()] == [1]


def test_it_counts_an_item_that_a_person_gave_up(rows: str, submit: Submit) -> None:
    job = submit("a")
    claim = single.claim(job.queue, "c1/1")
    assert claim
    lifecycle.fail_attempt(claim, ItemError("unexpected_error", "Oops 7."), (60.0,))
    assert counted() == (0, 0)
    lifecycle.give_up(job.job_id)
    assert counted() == (0, 1)
    assert [(group.code, group.count) for group in errors()] == [("unexpected_error", 1)]


def test_it_counts_no_delivery_of_a_webhook(rows: str, submit: Submit) -> None:
    end(submit("a", type=webhooks.TYPE), NO_PDF)
    assert (counted(), errors()) == ((0, 0), [])


def test_it_groups_errors_by_type_code_and_folded_message(rows: str, submit: Submit) -> None:
    other = ItemError("bad_input", "“b.txt” is not a PDF.")
    end(submit(*"abcd"), NO_PDF, other, LATE, ItemError("bad_input", "It is empty."))
    end(submit("a", type="other"), NO_PDF)
    assert errors()[0].count == 2
    assert sorted((group.type, group.code, group.reason, group.count) for group in errors()) == [
        ("noop", "bad_input", "It is empty.", 1),
        ("noop", "bad_input", "… is not a PDF.", 2),
        ("noop", "timed_out", "", 1),
        ("other", "bad_input", "… is not a PDF.", 1),
    ]


def test_it_names_the_first_and_the_last_failure_with_its_message_and_job(
    rows: str, submit: Submit, clock: list[float]
) -> None:
    end(submit("a"), NO_PDF)
    clock[0] += 3600
    last = submit("a")
    end(last, ItemError("bad_input", "“b.txt” is not a PDF."))
    (group,) = errors()
    assert group.first_at < group.last_at
    assert (group.message, group.job_id) == ("“b.txt” is not a PDF.", last.job_id)
    assert [count for count in group.trend if count] == [1, 1]


def test_it_tells_of_a_failure_whose_job_was_deleted(rows: str, submit: Submit) -> None:
    job = submit("a")
    end(job, NO_PDF)
    lifecycle.purge([job.job_id])
    assert [(group.count, group.job_id) for group in errors()] == [(1, None)]


def test_it_tells_members_of_their_own_items(rows: str, submit: Submit) -> None:
    end(submit("a", owner="otto"), LATE)
    end(submit("a", owner="mia"), NO_PDF)
    assert counted(OTTO) == (0, 1)
    assert [group.code for group in errors(OTTO)] == ["timed_out"]
    assert counted() == (0, 2)


@pytest.mark.parametrize("period", ["1h", "24h", "7d", "30d"])
def test_it_tells_the_same_once_slots_have_grown(
    rows: str, submit: Submit, clock: list[float], period: str
) -> None:
    for age_s in (20 * DAY_S, 5 * DAY_S, 4 * 3600, 1800, 600):
        clock[0] = NOW - age_s
        end(submit(*"ab"), None, NO_PDF, ran_s=0.5, peak_bytes=age_s)
    clock[0] = NOW
    before = counted(period=period), errors(period=period)[0].count, figures(period)
    lifecycle.forget_old()
    assert (counted(period=period), errors(period=period)[0].count, figures(period)) == before


def test_it_makes_old_slots_wider(rows: str, submit: Submit, clock: list[float]) -> None:
    for age_s in (9 * DAY_S, 9 * DAY_S - 400, 5 * 3600, 5 * 3600 - 400):
        clock[0] = NOW - age_s
        end(submit("a"), LATE)
    clock[0] = NOW
    lifecycle.forget_old()
    widths = [at % width for at, width in zip(_slots(), (DAY_S, 3600), strict=False)]
    assert len(_slots()) <= 4 and not any(widths)


def _slots() -> list[int]:
    return [at for (at,) in query("SELECT DISTINCT at FROM failure ORDER BY at")]


def test_it_forgets_what_is_older_than_a_month(
    rows: str, submit: Submit, clock: list[float]
) -> None:
    end(submit("a"), LATE)
    clock[0] += 33 * DAY_S
    lifecycle.forget_old()
    assert query("SELECT at FROM tally UNION SELECT at FROM failure") == []


def test_it_hands_counts_over_with_their_jobs(rows: str, submit: Submit) -> None:
    end(submit("a", owner="local"), LATE)
    end(submit("a", owner="otto"), LATE)
    lifecycle.hand_over("local", "otto")
    assert counted(OTTO) == (0, 2)
    assert [group.count for group in errors(OTTO)] == [2]


def test_it_measures_runs_waits_and_memory(rows: str, submit: Submit, clock: list[float]) -> None:
    job = submit(*"abc")
    clock[0] += 10
    for ran_s, peak_bytes in ((1.0, 5), (1.0, 9), (30.0, 7)):
        end(job, None, ran_s=ran_s, peak_bytes=peak_bytes)
    shown = figures().shown()
    assert shown["run_p50_s"] == pytest.approx(1, rel=0.1)
    assert shown["run_p95_s"] == pytest.approx(30, rel=0.1)
    assert shown["wait_p50_s"] == pytest.approx(10, rel=0.1)
    assert shown["peak_bytes"] == 9


def test_it_measures_no_wait_of_a_retry(rows: str, submit: Submit, clock: list[float]) -> None:
    job = submit("a")
    end(job, LATE)
    clock[0] += 3600
    lifecycle.retry(job.job_id)
    end(job, None)
    assert sum(figures().waited.values()) == 1


def test_it_finds_the_jobs_that_still_have_an_error(rows: str, submit: Submit) -> None:
    pdf, late = submit(*"ab"), submit("c")
    end(pdf, NO_PDF, None)
    end(late, LATE)
    assert found(code="bad_input") == [pdf.job_id]
    assert found(code="bad_input", reason="… is not a PDF.") == [pdf.job_id]
    assert found(code="bad_input", reason="It is empty.") == []
    assert found(code="timed_out", statuses=("failed",), type="noop") == [late.job_id]
    lifecycle.retry(pdf.job_id)
    assert found(code="bad_input") == []


def test_it_finds_such_a_job_once_and_page_by_page(rows: str, submit: Submit) -> None:
    jobs = [submit(*"ab") for _ in range(3)]
    for job in jobs:
        end(job, LATE, LATE)
    first = queries.jobs(ANYBODY, JobFilter(code="timed_out"), limit=2)
    rest = queries.jobs(ANYBODY, JobFilter(code="timed_out"), before=first.next, limit=2)
    ids = [job.job_id for job in (*first.rows, *rest.rows)]
    assert ids == [job.job_id for job in reversed(jobs)]


def test_it_finds_jobs_by_the_time_of_their_submit(
    rows: str, submit: Submit, clock: list[float]
) -> None:
    jobs = []
    for _ in range(3):
        jobs.append(submit("a"))
        clock[0] += 60
    _, middle, last = (job.created_at for job in jobs)
    assert found(since=middle, until=last) == [jobs[1].job_id]
    assert found(since=middle) == [jobs[2].job_id, jobs[1].job_id]
    assert found(until=middle, type="noop") == [jobs[0].job_id]
    assert found(since="9999") == []


def test_it_finds_jobs_with_an_error_by_the_time_of_the_failure(
    rows: str, submit: Submit, clock: list[float]
) -> None:
    job = submit("a")
    clock[0] += 3600
    end(job, LATE)
    failed_at = items_of(job)[0].completed_at
    assert found(code="timed_out", since=failed_at) == [job.job_id]
    assert found(code="timed_out", until=failed_at) == []


def test_it_finds_only_jobs_that_a_member_may_read(rows: str, submit: Submit) -> None:
    mine = submit("a", owner="otto")
    end(mine, LATE)
    end(submit("a", owner="mia"), LATE)
    assert found(OTTO, code="timed_out") == [mine.job_id]


@pytest.mark.parametrize("wanted", [{"code": "x"}, {"since": "2026"}, {"until": "2026"}])
@pytest.mark.sqlite("its plan")
def test_it_finds_them_by_an_index(
    rows: str, submit: Submit, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def explain(sql: str, values: Any = None) -> list[Any]:
        asked.extend(row[3] for row in query(f"EXPLAIN QUERY PLAN {sql}", values))
        return query(sql, values)

    monkeypatch.setattr("bellhop.jobs.queries.find_jobs.query", explain)
    submit("a")
    found(**wanted)
    assert not [step for step in asked if step in ("SCAN job", "SCAN item")], asked


def test_it_adds_nothing_for_an_item_that_nobody_holds_any_more(rows: str, submit: Submit) -> None:
    job = submit("a")
    claim = single.claim(job.queue, "c1/1")
    assert claim
    lifecycle.give_back([claim])
    assert not lifecycle.fail(claim, LATE)
    assert (counted(), errors(), job_of(job.job_id).status) == ((0, 0), [], "running")


@pytest.mark.parametrize("seconds", [0.002, 0.05, 1.0, 7.7, 3600.0, 86400.0])
def test_it_knows_a_length_of_time_to_a_tenth(seconds: float) -> None:
    assert seconds_of(bucket_of(seconds)) == pytest.approx(seconds, rel=0.1)


def test_it_gives_nearest_rank_percentiles() -> None:
    assert percentile({}, 0.5) is None
    assert percentile({4: 1, 8: 1}, 0.5) == seconds_of(4)
    assert percentile({4: 94, 40: 6}, 0.95) == seconds_of(40)


def test_it_keeps_slots_for_longer_than_the_longest_period() -> None:
    longest = max(width * count for width, count in queries.PERIODS.values())
    assert longest < tallies.KEPT_S
