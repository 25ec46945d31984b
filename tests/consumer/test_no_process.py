"""No item says that it runs while no process does: whatever goes wrong, its claim ends at once."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from bellhop.base.masking import Mask
from bellhop.catalog.catalog import Catalog
from bellhop.consumer import workers as workers_module
from bellhop.consumer.workers import Workers
from bellhop.jobprocess.process import JobProcess
from bellhop.jobs import lifecycle, reuse
from bellhop.storage.files import Files, Scratch
from bellhop.storage.models import Job
from tests.support.jobs import error_of, items_of, job_of, moves_of

Submit = Callable[..., Job]
# Where between the claim of an item and its record something can go wrong.
PLACES = [
    (Catalog, "types"), (reuse, "find"), (Files, "new_scratch"), (Scratch, "free_bytes"),
    (Files, "withdraw"), (Mask, "of_type"), (JobProcess, "run"), (workers_module, "order_for"),
    (workers_module, "record"),
]  # fmt: skip
NAMES = [name for _, name in PLACES]


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(("place", "name"), PLACES, ids=NAMES)
@pytest.mark.parametrize("error", [ValueError("odd"), AssertionError(), RecursionError()], ids=repr)
def test_it_fails_an_item_whatever_cannot_be_done_with_it(
    submit: Submit,
    workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    name: str,
    error: Exception,
) -> None:
    job = submit(type="once")
    breaks_after_its_claim(monkeypatch, place, name, error)
    workers.run_next()
    assert items_of(job)[0].status in ("failed", "queued")
    assert error_of(job)["code"] == "unexpected_error"


@pytest.mark.parametrize(("place", "name"), PLACES, ids=NAMES)
@pytest.mark.parametrize(
    "error",
    [OSError(errno.EAGAIN, "no more processes"), OSError(errno.EMFILE, "too many files"),
     OSError(errno.ENOSPC, "full")],
    ids=repr,
)  # fmt: skip
def test_it_puts_off_an_item_that_the_machine_has_no_room_for(
    submit: Submit,
    workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    name: str,
    error: Exception,
) -> None:
    """Its worker takes others meanwhile; what will pass is no failure of the item."""
    job = submit(type="once")
    breaks_after_its_claim(monkeypatch, place, name, error)
    workers.run_next()
    (item,) = items_of(job)
    assert (item.status, item.failures) == ("pending", 0)
    assert moves_of(job)[-1] == "retry_scheduled"


def test_it_cancels_at_once_what_it_had_to_put_off(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit()
    breaks_after_its_claim(monkeypatch, Files, "new_scratch", OSError(errno.EAGAIN, "no more"))
    workers.run_next()
    lifecycle.ask_cancel(job.job_id)
    assert job_of(job.job_id).status == "cancelled"


@pytest.mark.parametrize("error", [TypeError("'5'"), sqlite3.IntegrityError("odd")], ids=repr)
def test_it_fails_an_item_whose_failure_cannot_be_retried(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Whoever handles a mistake must not make it again."""
    job = submit()
    monkeypatch.setattr(lifecycle, "fail_attempt", raising(error))
    breaks_after_its_claim(monkeypatch, Mask, "of_type", ValueError("odd"))
    workers.run_next()
    assert (job_of(job.job_id).status, error_of(job)["code"]) == ("failed", "unexpected_error")


def breaks_after_its_claim(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, error: Exception
) -> None:
    """Let one thing fail from the moment when an item is claimed."""
    take = lifecycle.take

    def claimed(*arguments: Any) -> Any:
        if found := take(*arguments):
            monkeypatch.setattr(place, name, raising(error))
        return found

    monkeypatch.setattr(lifecycle, "take", claimed)


@pytest.mark.parametrize(
    ("text", "code"), [("mute", "unexpected_error"), ("empty", "unexpected_error"), ("odd", "none")]
)
def test_it_tells_every_error_of_a_job_type(
    submit: Submit, workers: Workers, text: str, code: str
) -> None:
    job = submit(text, type="odd_errors")
    workers.run_next()
    assert (job_of(job.job_id).status, error_of(job)["code"]) == ("failed", code)
