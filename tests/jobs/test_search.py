"""What a search finds: names, parameters, names of items and errors, at any depth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop.accounts.access import BELLHOP, User
from bellhop.base.errors import ItemError
from bellhop.database import schema, server
from bellhop.database.database import bind, bind_server, database, query
from bellhop.jobs import lifecycle, queries
from bellhop.jobs.queries import JobFilter
from bellhop.storage.models import Job
from tests.support import single
from tests.support.postgres import Postgres

Submit = Callable[..., Job]
AT = "2026-01-01T00:00:00.000000Z"
# A job with an item that failed, as versions before the search wrote them.
EARLIER = f"""
    INSERT INTO job (id, job_id, type, name, params, owner, queue, status, change, total_items,
        failed_items, max_attempts, created_at, started_at, completed_at, error)
    VALUES (:id, :id, 'noop', 'Отчёт', '{{"key": "a Needle"}}', 'local', 'ai', 'failed', :id, 1, 1,
        1, '{AT}', '{AT}', '{AT}', '{{"code": "no_total", "message": "It has no total."}}')"""
EARLIER_ITEM = f"""
    INSERT INTO item (job, "index", type, queue, owner, turn, status, filename, input, attempt,
        started_at, completed_at, error)
    SELECT id, 0, type, queue, owner, id, status, 'ledger.csv', '{{}}', 1, '{AT}', '{AT}', error
    FROM job"""


def found(text: str) -> list[str]:
    page = queries.jobs(BELLHOP, JobFilter(text=text), limit=100)
    return [job.job_id for job in page.rows]


def fail(job: Job, message: str = "It has no total.") -> None:
    claim = single.claim(job.queue, "c1/1")
    assert claim is not None and claim.job_id == job.job_id
    lifecycle.fail(claim, ItemError("no_good", message))


@pytest.mark.parametrize("text", ["f", "fi", "FIRST.csv", "second.csv", "Б", "Straße", "STRASSE"])
def test_it_finds_a_job_by_what_was_submitted(submit: Submit, text: str) -> None:
    submit("other", name="other")
    job = submit("first.csv", "second.csv", name="Больше", params={"way": "Straße"})
    assert found(text) == [job.job_id]


@pytest.mark.parametrize("text", ["%", "_", "a.b", "'", '"', "\\", "100%"])
def test_it_takes_a_text_as_it_is(submit: Submit, text: str) -> None:
    submit("azb")
    assert found(text) == []
    job = submit(f"x{text}y")
    assert found(f"x{text}y") == [job.job_id]


def test_it_finds_a_job_that_is_older_than_all_others(submit: Submit) -> None:
    oldest = submit("needle")
    for _ in range(300):
        submit("hay")
    assert found("needle") == [oldest.job_id]


def test_it_finds_an_error_in_any_letters(submit: Submit) -> None:
    job = submit()
    fail(job, "Ohne ÜBERSICHT")
    assert found("übersicht") == found("NO_GOOD") == [job.job_id]


def test_it_finds_an_error_until_the_item_is_retried(submit: Submit) -> None:
    job = submit()
    fail(job)
    assert found("no total") == [job.job_id]
    lifecycle.retry(job.job_id)
    assert found("no total") == []
    assert found("a job") == [job.job_id]


def test_it_finds_each_of_the_errors_of_a_job(submit: Submit) -> None:
    job = submit("a", "b")
    fail(job, "It is empty.")
    fail(job, "It is no PDF.")
    assert found("is empty") == found("is no pdf") == [job.job_id]


def test_it_finds_why_a_job_was_cancelled_that_needs_another(submit: Submit) -> None:
    first = submit(queue="ai")
    second = submit(depends_on=[first.job_id])
    fail(first)
    lifecycle.cancel_hopeless()
    assert found("dependency-failed") == [second.job_id]
    lifecycle.retry(first.job_id)
    assert found("dependency-failed") == []


def test_it_keeps_no_text_of_a_job_that_was_deleted(submit: Submit) -> None:
    job = submit()
    fail(job)
    lifecycle.purge([job.job_id])
    assert query("SELECT text FROM search") == []


def test_it_finds_no_delivery_of_a_webhook(submit: Submit) -> None:
    fail(submit(webhook_url="https://example.org/told"))
    assert query("SELECT count(*) FROM job WHERE delivery_of IS NOT NULL") == [(1,)]
    assert found("example.org") == []


def test_it_finds_only_what_the_viewer_may_read(submit: Submit) -> None:
    submit("needle", owner="ada")
    mine = submit("needle", owner="otto")
    page = queries.jobs(User("otto", "member", reads_all=False), JobFilter(text="needle"), limit=9)
    assert [job.job_id for job in page.rows] == [mine.job_id]


@pytest.mark.parametrize("text", ["отчёт", "NEEDLE", "ledger", "no_total it has no total"])
def test_it_finds_the_jobs_of_earlier_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    path = tmp_path / "bellhop.db"
    all_steps = schema.migrations()
    monkeypatch.setattr(schema, "migrations", lambda: all_steps[:8])
    schema.migrate(path, alone=True)
    _submit_earlier()
    monkeypatch.setattr(schema, "migrations", lambda: all_steps)
    schema.migrate(path, alone=True)
    bind(path)
    with database.connection_context():
        assert found(text) == ["7"]


def test_it_finds_the_jobs_of_earlier_versions_on_a_server(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.new_database("earlier")
    all_steps = schema.migrations()
    monkeypatch.setattr(server, "migrations", lambda: all_steps[:8])
    monkeypatch.setattr(server, "AFTER", "postgresql_functions")  # its triggers are of today
    server.migrate(url, alone=True)
    _submit_earlier()
    monkeypatch.undo()
    server.migrate(url, alone=True)
    bind_server(url)
    with database.connection_context():
        for text in ("отчёт", "NEEDLE", "ledger", "no_total it has no total"):
            assert found(text) == ["7"]
    database.close_all()


def _submit_earlier() -> None:
    with database.connection_context(), database.atomic():
        query(EARLIER.replace(":id, :id", "7, '7'").replace(":id", "7"))
        query(EARLIER_ITEM)
