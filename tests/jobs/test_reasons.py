"""Reasons: what counts as the same one, and which those of a job are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bellhop.base.errors import ItemError, item_error
from bellhop.database.database import query
from bellhop.jobs import lifecycle, queries
from bellhop.jobs.queries import reason_of
from bellhop.storage.models import Job
from tests.support.jobs import end, job_of

Submit = Callable[..., Job]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Row 7 of 'a.csv' has no date.", "Row 18 of 'b of c.csv' has no date."),
        ('Sheet "Q1" is empty.', 'Sheet "Q4, late" is empty.'),
        ("No total in “a”.", "No total in “b”."),
        ("It took 1.5 s of 1,000.", "It took 20 s of 3."),
        ("<Thing at 0x7f00ab> broke", "<Thing at 0x1> broke"),
    ],
)
def test_it_folds_numbers_and_quoted_parts(one: str, other: str) -> None:
    assert reason_of("bad_input", one) == reason_of("bad_input", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("This is not a PDF.", "This is not an image."),
        ("It can't be read; don't try again.", "It can be read; don't try again."),
    ],
)
def test_it_keeps_other_words_apart(one: str, other: str) -> None:
    assert reason_of("bad_input", one) != reason_of("bad_input", other)


def test_it_reads_no_message_where_the_code_says_it() -> None:
    assert reason_of("no_total", "In A.") == reason_of("no_total", "In B.") == ("no_total", "")


def test_it_counts_the_reasons_of_a_job(rows: str, submit: Submit) -> None:
    job = submit(*"abcdef")
    no_pdf, no_total = (ItemError("bad_input", f"No {name}.", "Hint.") for name in ("PDF", "total"))
    late = item_error("timed_out", limit_s=60)
    end(job, no_pdf, no_total, None, no_total, late, no_total)
    found = queries.failures(job.id)
    assert [(each.message, each.items, each.filenames[0]) for each in found] == [
        ("No total.", [1, 3, 5], "b"),
        ("No PDF.", [0], "a"),
        (late.message, [4], "e"),
    ]
    assert found[0].hint == "Hint."


def test_it_has_a_reason_for_an_error_that_cannot_be_read(rows: str, submit: Submit) -> None:
    job = submit("a", "b")
    end(job, ItemError("odd", "Odd."), ItemError("odd", "Odd."))
    query("UPDATE item SET error = '[1]' WHERE job = :job", {"job": job.id})
    assert [(each.code, each.items) for each in queries.failures(job.id)] == [
        ("unreadable", [0, 1])
    ]


def stored(job: Job) -> Any:
    return json.loads(job_of(job.job_id).error or "null")


def test_it_keeps_the_counts_of_the_reasons_with_a_job(rows: str, submit: Submit) -> None:
    job = submit(*"abcd")
    end(job, ItemError("odd", "Odd."), ItemError("even", "Even."), None, ItemError("even", "2."))
    assert stored(job) == {
        "code": "even",
        "message": "Even.",
        "hint": None,
        "reasons": [
            {"code": "even", "message": "Even.", "count": 2},
            {"code": "odd", "message": "Odd.", "count": 1},
        ],
    }


def test_it_keeps_one_error_as_it_is(rows: str, submit: Submit) -> None:
    job = submit("a", "b")
    end(job, None, ItemError("odd", "Odd.", "Be even.", data={"why": 1}))
    assert stored(job) == {"code": "odd", "message": "Odd.", "hint": "Be even."}


def test_it_forgets_the_reasons_once_all_is_done(rows: str, submit: Submit) -> None:
    job = submit("a", "b")
    end(job, ItemError("odd", "Odd."), None)
    lifecycle.retry(job.job_id)
    assert stored(job) is None
    end(job, None)
    assert stored(job) is None
