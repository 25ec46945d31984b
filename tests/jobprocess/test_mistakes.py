"""What is wrong with a job type itself ends an item at once; its own errors keep their retries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bellhop.catalog.catalog import Catalog
from bellhop.consumer.workers import Workers
from bellhop.jobs import queries
from bellhop.storage.models import Job
from tests.support.jobs import error_of, job_of, moves_of, run_all

Submit = Callable[..., Job]
CALLS = {
    "progress without a number": "context.progress() takes a number, not str",
    "progress without anything": "context.progress() missing 1 required positional argument",
    "progress of too much": "context.progress() takes from 2 to 3 positional arguments",
    "warn without a text": "context.warn() needs the text of the warning",
    "log without a text": "context.log() missing 1 required positional argument",
    "what context has not": "context has no report; it has attempt, cancelled, filename",
    "context as a function": "context is not callable",
    "context as a dict": "context is not subscriptable",
    "context with another value": "cannot assign to field 'attempt'",
}
IMPORTS = {
    "a module that is not there": "it imports nosuchmodule, which is not installed; install",
    "an import that fails": "ImportError: cannot import name 'nosuchname' from 'json'",
}
OWN = (
    "a wrong call deep inside", "an attribute of something else", "a TypeError",
    "a connection that nobody answers", "a file that is not there",
)  # fmt: skip


def failed_at_once(submit: Submit, workers: Workers, *texts: str, **job: Any) -> dict[str, Any]:
    """The error of an item that had one attempt."""
    made = submit(*texts, **job)
    run_all(workers)
    assert (job_of(made.job_id).status, job_of(made.job_id).attempt) == ("failed", 1)
    assert moves_of(made) == ["submitted", "claimed", "failed"]
    return error_of(made)


@pytest.mark.parametrize("how", CALLS)
def test_it_fails_a_wrong_call_of_context_at_once(
    submit: Submit, workers: Workers, how: str
) -> None:
    error = failed_at_once(submit, workers, how, type="wrong")
    assert error["code"] == "wrong_call"
    assert CALLS[how] in error["message"]


def test_it_names_all_that_context_has(submit: Submit, workers: Workers) -> None:
    message = failed_at_once(submit, workers, "what context has not", type="wrong")["message"]
    assert "output_dir, progress, scratch_dir, settings, warn" in message
    assert "tell" not in message and "cancel_asked" not in message


@pytest.mark.parametrize("name", ["changed", "wrapped"])
def test_it_fails_a_call_that_the_function_does_not_take_at_once(
    submit: Submit, workers: Workers, name: str
) -> None:
    """As where its parameters changed while a job waited."""
    error = failed_at_once(submit, workers, type=name, params={"once_called": 2})
    assert error["code"] == "parameters_changed"
    assert "once_called" in error["message"]


def test_it_fails_a_call_without_what_the_function_needs_at_once(
    submit: Submit, workers: Workers
) -> None:
    error = failed_at_once(submit, workers, type="needing")
    assert error["code"] == "parameters_changed"
    assert "needed" in error["message"]


@pytest.mark.parametrize("how", IMPORTS)
def test_it_fails_an_import_that_fails_at_once(submit: Submit, workers: Workers, how: str) -> None:
    error = failed_at_once(submit, workers, how, type="wrong")
    assert error["code"] == "type_unavailable"
    assert IMPORTS[how] in error["message"]


@pytest.mark.parametrize("name", ["unwritable", "unwritable_part"])
def test_it_fails_a_result_that_cannot_be_recorded_at_once_and_says_where(
    submit: Submit, workers: Workers, name: str
) -> None:
    error = failed_at_once(submit, workers, type=name)
    assert error["code"] == "bad_result"
    said = "Bellhop cannot record the result: rows[1].when is a object"
    assert error["message"].startswith(said)


@pytest.mark.parametrize("how", OWN)
def test_it_tries_an_error_of_the_function_itself_again(
    submit: Submit, workers: Workers, how: str
) -> None:
    job = submit(how, type="wrong")
    workers.run_next()
    assert moves_of(job)[-1] == "requeued"
    assert error_of(job)["code"] == "unexpected_error"


def test_it_keeps_the_traceback_of_what_fails_at_once(submit: Submit, workers: Workers) -> None:
    job = submit("what context has not", type="wrong")
    run_all(workers)
    event = queries.events(job, limit=100)[-1]
    assert event.move == "failed" and "context.report(5)" in str(event.traceback)


def broken(workers: Workers, monkeypatch: pytest.MonkeyPatch, **file: Any) -> None:
    """Let the file of `noop` be known as one that could not be described."""
    known = Catalog.types(workers._catalog)
    mine = {**known, "noop": replace(known["noop"], reason="it is broken", **file)}
    monkeypatch.setattr(workers._catalog, "types", lambda: mine)


def test_it_fails_the_items_of_a_file_that_cannot_be_loaded_at_once(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(workers, monkeypatch, is_broken=True)
    assert failed_at_once(submit, workers)["code"] == "type_unavailable"


def test_it_waits_for_a_file_that_was_not_described_in_time(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(workers, monkeypatch, is_broken=False)
    job = submit()
    workers.run_next()
    assert moves_of(job)[-1] == "requeued"
