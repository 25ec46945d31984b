"""Backlogs: since when items wait, and which queues are behind."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator

import pytest

from bellhop.base.errors import ItemError
from bellhop.base.times import timestamp
from bellhop.database.database import query
from bellhop.jobs import backlogs, lifecycle, queries, queues
from bellhop.settings.settings import Queue
from bellhop.storage.models import Consumer, Job
from tests.support import single
from tests.support.clock import only_own
from tests.support.programs import as_0_1_0

Submit = Callable[..., Job]
QUEUES = {"parsing": Queue(1, 60, backlog_s=100), "ai": Queue(1, 60, backlog_s=0)}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A clock that stands still; the tests set it."""
    shown = [time.time()]
    only_own(monkeypatch)
    monkeypatch.setattr(time, "time", lambda: shown[0])
    yield shown


def finish(error: ItemError | None = None) -> None:
    claim = single.claim("parsing", "c1/1")
    assert claim
    if error:
        assert lifecycle.fail(claim, error)
    else:
        assert single.complete(claim, data="1", files="[]", warnings="[]")


# Since when something waits.


def test_it_waits_since_it_was_submitted(rows: str, submit: Submit, clock: list[float]) -> None:
    submitted_at = timestamp()
    submit("a", "b")
    clock[0] += 5
    submit("c")
    assert queries.waits_since("parsing") == submitted_at
    assert queries.waits_since("ai") is None


def test_it_waits_since_its_retry(rows: str, submit: Submit, clock: list[float]) -> None:
    job = submit("a")
    finish(ItemError("bad_input", "no"))
    clock[0] += 500
    lifecycle.retry(job.job_id)
    assert queries.waits_since("parsing") == timestamp()


def test_it_waits_since_its_time(rows: str, submit: Submit, clock: list[float]) -> None:
    submit("a", run_at=timestamp(60))
    clock[0] += 500
    lifecycle.release_due()
    assert queries.waits_since("parsing") == timestamp()


def test_it_waits_since_its_job_where_an_older_version_queued_it(
    rows: str, submit: Submit, clock: list[float]
) -> None:
    job = submit("a")
    query("UPDATE item SET queued_at = NULL")
    assert queries.waits_since("parsing") == job.created_at


def test_it_waits_since_it_began_where_an_older_version_queued_it_again(
    rows: str, submit: Submit, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    submit("a")
    clock[0] += 500
    began_at = timestamp()
    with monkeypatch.context() as there:
        as_0_1_0(there)
        claim = single.claim("parsing", "c1/1")
        assert claim and lifecycle.adopt("c1") == 1
    assert queries.waits_since("parsing") == began_at


# Queues that are behind.


def test_it_is_behind_once_an_item_waits_for_too_long(
    rows: str, submit: Submit, clock: list[float]
) -> None:
    submit("a")
    clock[0] += 99
    assert (backlogs.look(QUEUES), backlogs.behind()) == ({}, {})
    clock[0] += 2
    assert backlogs.look(QUEUES) == {"parsing": True}
    assert backlogs.behind() == {"parsing": timestamp()}


def test_it_says_so_once(
    rows: str, submit: Submit, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    submit("a")
    for _ in range(3):
        clock[0] += 200
        backlogs.look(QUEUES)
    (said,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "queue=parsing is behind: its oldest item has waited for 200 s" in said.getMessage()


def test_it_keeps_up_only_once_nothing_waits_for_half_as_long(
    rows: str, submit: Submit, clock: list[float]
) -> None:
    submit("a")
    clock[0] += 40
    submit("b")
    clock[0] += 61
    backlogs.look(QUEUES)
    finish()
    assert (backlogs.look(QUEUES), [*backlogs.behind()]) == ({}, ["parsing"])
    finish()
    assert (backlogs.look(QUEUES), backlogs.behind()) == ({"parsing": False}, {})


def test_it_keeps_the_switches_of_a_queue_that_was_behind(
    rows: str, submit: Submit, clock: list[float]
) -> None:
    query("INSERT INTO queue (name, is_paused, workers) VALUES ('parsing', 1, 5)")
    submit("a")
    clock[0] += 101
    backlogs.look(QUEUES)
    query("UPDATE item SET status = 'cancelled', completed_at = queued_at")
    assert backlogs.look(QUEUES) == {"parsing": False}
    assert query("SELECT is_paused, workers FROM queue") == [(1, 5)]


def test_it_forgets_a_queue_that_the_settings_no_longer_have(
    rows: str, submit: Submit, clock: list[float]
) -> None:
    submit("a")
    clock[0] += 101
    backlogs.look(QUEUES)
    assert (backlogs.look({}), backlogs.behind()) == ({"parsing": False}, {})


def test_it_is_never_behind_where_nobody_wants_to_know(
    rows: str, submit: Submit, clock: list[float]
) -> None:
    submit("a", queue="ai")
    clock[0] += 10**6
    assert backlogs.look(QUEUES) == {}


def test_it_is_behind_no_longer_once_nobody_wants_to_know(
    rows: str, submit: Submit, clock: list[float]
) -> None:
    submit("a")
    clock[0] += 101
    backlogs.look(QUEUES)
    silent = {"parsing": Queue(1, 60, backlog_s=0)}
    assert (backlogs.look(silent), backlogs.behind()) == ({"parsing": False}, {})


# Queues that nobody serves.


def served(*queues: str, is_draining: bool = False) -> Consumer:
    return Consumer(id="c1", queues=json.dumps(queues), draining=is_draining)


def test_it_says_where_items_wait_that_nobody_takes(rows: str, submit: Submit) -> None:
    submit("a")
    said = {"parsing": "items wait in the queue parsing, and no running worker takes them"}
    assert backlogs.unserved([served("ai")]) == said
    assert backlogs.unserved([served("parsing", is_draining=True)]) == said
    assert backlogs.unserved([served("ai", "parsing")]) == {}


def test_it_wants_no_worker_where_nothing_waits_or_somebody_paused(
    rows: str, submit: Submit
) -> None:
    assert backlogs.unserved([]) == {}
    submit("a", run_at=timestamp(60))
    assert backlogs.unserved([]) == {}
    submit("a")
    query("UPDATE item SET queue = 'gone' WHERE status = 'queued'")
    assert [*backlogs.unserved([])] == ["gone"]
    queues.pause("gone", "anna")
    assert backlogs.unserved([]) == {}
