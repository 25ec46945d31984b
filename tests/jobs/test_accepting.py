"""Accepting a job: the same for who submits, for a schedule and for a repeated delivery."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bellhop.accounts import accounts, audit
from bellhop.accounts.access import ANYBODY, BELLHOP, User
from bellhop.base.errors import Problem
from bellhop.base.times import timestamp
from bellhop.consumer.workers import Workers
from bellhop.database.database import database, query
from bellhop.jobs import lifecycle, queries, webhooks
from bellhop.jobs.acceptance import Acceptance
from bellhop.jobs.newjob import NewItem, NewJob
from bellhop.schedules import schedules
from bellhop.settings.settings import Settings
from bellhop.storage.models import Job, Schedule
from bellhop.web import routes
from bellhop.web.site import Site
from tests.support import single
from tests.support.cuts import everything
from tests.support.jobs import job_of
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
Limited = Callable[[str], Site]
JOBS = "/api/v1/jobs"
TWO = {"type": "noop", "items": [{"text": "a"}, {"text": "b"}]}
OTTO = User("otto", "member", reads_all=False)
HOOK = "https://example.org/hook"


@pytest.fixture
def otto(here: None) -> Iterator[None]:
    """An installation with accounts: ada is its admin, otto a member."""
    accounts.add("ada", "admin", None)
    accounts.add("otto", "member", None)
    yield
    database.close()


@pytest.fixture
def limited(config: Callable[[str], Settings], site: Site) -> Limited:
    """The site with a key of `[limits]`."""

    def make(text: str) -> Site:
        settings = config(f"[limits]\n{text}\n")
        return Site(settings, site.here, site.files, site.catalog, site.bell, site.intake)

    return make


def text_job(**options: Any) -> NewJob:
    known = {"type": "noop", "name": "a", "params": {}, "queue": "parsing", "max_attempts": 1}
    return NewJob(**{**known, "items": [NewItem("a", {"text": "a"})], **options})


def add_due(site: Site, owner: str = "otto", job: Any = TWO) -> int:
    """A schedule whose time has come."""
    document = {"name": "nightly", "cron": "0 7 * * *", "job": job}
    number = site.schedules.add(document, User(owner, "member", reads_all=False))
    make_due()
    return number


def make_due() -> None:
    query("UPDATE schedule SET next_at = '2026'")


def submit_due(site: Site) -> int:
    return site.schedules.submit_due()


def error() -> Any:
    """Why the one schedule submitted nothing; its next time must have been computed."""
    (schedule,) = schedules.listed(BELLHOP)
    assert schedule.next_at > timestamp()
    return schedule.error


def files_of_jobs(site: Site) -> list[Path]:
    kinds = (site.here.folder / kind for kind in ("uploads", "results"))
    return [path for kind in kinds for path in kind.rglob("*")]


def run_all(workers: Workers) -> None:
    while workers.run_next():
        pass
    database.close()


# Schedules.


def test_it_submits_no_schedule_beyond_the_jobs_of_its_account(
    limited: Limited, submit: Submit, otto: None
) -> None:
    site = limited("jobs_per_account = 1")
    earlier = submit(owner="otto")
    add_due(site)
    assert submit_due(site) == 0
    assert error() == "otto has 1 unfinished jobs; wait for some of them to end."
    assert [job.job_id for job in Job.select()] == [earlier.job_id]


def test_it_submits_no_schedule_beyond_the_bytes_of_its_account(
    limited: Limited, submit: Submit, otto: None
) -> None:
    site = limited("mb_per_account = 1")
    submit(owner="otto", bytes=3 << 20)
    add_due(site)
    assert submit_due(site) == 0
    assert error().startswith("The jobs of otto use 3 MiB; the limit is 1 MiB.")


@pytest.mark.parametrize("is_closed", [False, True])
def test_it_submits_no_schedule_to_a_queue_that_is_too_long(
    limited: Limited, submit: Submit, request: pytest.FixtureRequest, is_closed: bool
) -> None:
    if is_closed:
        request.getfixturevalue("otto")
    site = limited("queue_items = 2")
    submit(owner="otto")
    add_due(site)
    assert submit_due(site) == 0
    assert error() == "1 items are waiting in the queue parsing; submit the job again later."


def test_it_submits_a_schedule_again_when_there_is_room(
    limited: Limited, submit: Submit, otto: None
) -> None:
    site = limited("jobs_per_account = 1")
    earlier = submit(owner="otto")
    add_due(site)
    submit_due(site)
    lifecycle.ask_cancel(earlier.job_id)
    make_due()
    assert (submit_due(site), error()) == (1, None)


def test_it_holds_no_schedule_to_the_limits_of_accounts_that_are_not_there(
    limited: Limited, submit: Submit
) -> None:
    site = limited("jobs_per_account = 1\nmb_per_account = 1")
    submit(owner="local", bytes=3 << 20)
    add_due(site, "local")
    assert (submit_due(site), error()) == (1, None)


def test_it_notes_the_job_of_a_schedule(site: Site, otto: None) -> None:
    number = add_due(site)
    submit_due(site)
    (job,) = Job.select()
    (note,) = audit.notes(before=None, limit=9)
    told = [note[name] for name in ("who", "address", "action", "target")]
    assert told == ["otto", f"schedule {number}", "submit", job.job_id]


def test_it_accepts_nothing_of_a_time_that_somebody_else_used(
    site: Site, web: WsgiClient, workers: Workers
) -> None:
    web.post(JOBS, {"type": "wrap", "items": [{"text": "a"}]})
    run_all(workers)
    add_due(site, "local", {"type": "wrap", "items": [{"text": "a"}]})
    (stale,) = Schedule.select()
    submit_due(site)
    before, files = everything(), files_of_jobs(site)
    notes = audit.notes(before=None, limit=9)
    assert site.schedules._submit(stale) is False
    assert (everything(), files_of_jobs(site)) == (before, files)
    assert audit.notes(before=None, limit=9) == notes


def test_it_gives_a_schedule_the_earlier_result_at_once(
    site: Site, web: WsgiClient, workers: Workers
) -> None:
    wrap = {"type": "wrap", "items": [{"text": "a"}]}
    web.post(JOBS, wrap)
    run_all(workers)
    add_due(site, "local", wrap)
    submit_due(site)
    (job,) = Job.select().where(Job.schedule.is_null(is_null=False))
    assert (job.status, job.cached_items) == ("completed", 1)


@pytest.mark.parametrize("end", ["revoked", "expired", "disabled"])
def test_it_ends_a_schedule_with_the_token_that_made_it(site: Site, otto: None, end: str) -> None:
    user = accounts.of_token(accounts.add_token("otto", scope="submit"))
    assert user is not None
    assert user.token is not None
    site.schedules.add({"name": "a", "cron": "0 7 * * *", "job": TWO}, user)
    make_due()
    assert (submit_due(site), error()) == (1, None)
    if end == "revoked":
        accounts.revoke_token("otto", user.token)
    elif end == "expired":
        query("UPDATE token SET expires_at = '2026'")
    else:
        accounts.disable("otto", is_disabled=True)
    make_due()
    assert (submit_due(site), error()) == (0, schedules.ENDED)


def test_it_keeps_the_schedule_of_a_login_when_a_token_ends(site: Site, otto: None) -> None:
    accounts.add_token("otto")
    add_due(site)
    accounts.revoke_token("otto", 1)
    assert (submit_due(site), error()) == (1, None)


def test_it_gives_no_account_all_places_for_schedules(
    site: Site, otto: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedules, "MOST_OF_ACCOUNT", 2)
    for _ in range(2):
        add_due(site)
    with pytest.raises(Problem, match="otto already has 2 schedules; remove one first"):
        add_due(site)
    add_due(site, "ada")


# Priorities.


def test_it_lets_only_an_admin_go_before_the_others(site: Site, otto: None) -> None:
    ada = User("ada", "admin", reads_all=True)
    for user, priority in ((OTTO, 0), (OTTO, -100), (ada, 100)):
        site.acceptance.accept(user, text_job(owner=user.name, priority=priority), address="")
    with pytest.raises(Problem, match="Only an admin can give a job a priority above 0") as refused:
        site.acceptance.accept(OTTO, text_job(owner="otto", priority=1), address="")
    assert refused.value.code == "forbidden"


@pytest.mark.parametrize("body", [{"priority": 1}, {"front": True}, {"priority": 1, "keep": True}])
def test_it_lets_only_an_admin_move_a_job_before_the_others(
    site: Site, submit: Submit, otto: None, body: dict[str, Any]
) -> None:
    job = submit(owner="otto")
    tokens = [accounts.add_token(name) for name in ("otto", "ada")]
    database.close()
    web = WsgiClient(routes.make_app(site))
    answers = [
        web.request("PATCH", f"{JOBS}/{job.job_id}", json.dumps(body).encode(),
                    content_type="application/json", authorization=f"Bearer {token}")
        for token in tokens
    ]  # fmt: skip
    assert [answer.status for answer in answers] == [403, 200]


def test_it_lets_only_an_admin_schedule_what_goes_before_the_others(site: Site, otto: None) -> None:
    first = {**TWO, "priority": 5}
    with pytest.raises(Problem, match="above 0"):
        add_due(site, job=first)
    number = add_due(site)  # by an earlier version
    query("UPDATE schedule SET job = :job", {"job": json.dumps(first)})
    make_due()
    submit_due(site)
    (job,) = Job.select().where(Job.schedule == number)
    assert job.priority == 0


# Limits, when many ask at once.


def test_it_holds_to_the_bytes_of_an_account_however_many_ask_at_once(
    limited: Limited, otto: None
) -> None:
    site = limited("mb_per_account = 4")
    refused: list[str] = []

    def ask() -> None:
        try:
            site.acceptance.accept(OTTO, text_job(owner="otto", bytes=1 << 20), address="")
        except Problem as problem:
            refused.append(problem.code)
        finally:
            database.close()

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["quota-full"] * 9  # the rows of three count as well
    assert Job.select().count() == 3


def test_it_holds_to_the_jobs_of_an_account_in_the_transaction_that_accepts(
    limited: Limited, otto: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = limited("jobs_per_account = 1")

    def overtaken(job: NewJob) -> NewJob:
        lifecycle.submit(text_job(owner="otto"))
        return job

    monkeypatch.setattr(site.acceptance, "_with_hits", overtaken)
    with pytest.raises(Problem) as refused:
        site.acceptance.accept(OTTO, text_job(owner="otto"), address="")
    assert (refused.value.code, Job.select().count()) == ("too-many-jobs", 1)


def test_it_counts_what_an_account_stores_in_the_database(limited: Limited, otto: None) -> None:
    site = limited("mb_per_account = 1")
    text = [NewItem("a", {"text": "x" * 400_000})]
    for _ in range(2):
        site.acceptance.accept(OTTO, text_job(owner="otto", items=text), address="")
    with pytest.raises(Problem, match="The jobs of otto use 0 MiB; the limit is 1 MiB"):
        site.acceptance.accept(OTTO, text_job(owner="otto", items=text), address="")


def test_it_counts_a_large_result_and_forgets_it_with_its_job(submit: Submit) -> None:
    job = submit(owner="otto", bytes=10)
    claim = single.claim("parsing", "c1/1")
    assert claim is not None
    single.complete(claim, data=json.dumps("x" * 5000), files="[]", warnings="[]")
    assert queries.stored_bytes("otto") == 5012
    lifecycle.hand_over("otto", "ada")
    assert (queries.stored_bytes("otto"), queries.stored_bytes("ada")) == (0, 5012)
    lifecycle.purge([job.job_id])
    assert queries.stored_bytes("ada") == 0


# Repeated deliveries.


@pytest.fixture
def delivered(submit: Submit) -> Job:
    """otto's job, whose delivery found that the address is gone."""
    job = submit(owner="otto", webhook_url=HOOK)
    for queue in (job.queue, webhooks.QUEUE):
        claim = single.claim(queue, "c1/1")
        assert claim is not None
        single.complete(claim, data="{}", files="[]", warnings="[]")
    webhooks.disable("otto", HOOK)
    return job


def redeliver(site: Site, job: Job, **headers: str) -> Any:
    database.close()
    path = f"{JOBS}/{job.job_id}/deliveries/1/redeliver"
    return WsgiClient(routes.make_app(site)).post(path, {}, **headers)


def test_it_repeats_no_delivery_into_a_queue_that_is_too_long(
    limited: Limited, submit: Submit, delivered: Job
) -> None:
    submit(queue=webhooks.QUEUE)
    before = everything()
    answer = redeliver(limited("queue_items = 1"), delivered)
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (
        429, "too-many-jobs", "30",
    )  # fmt: skip
    assert everything() == before
    assert webhooks.is_disabled("otto", HOOK)


def test_it_counts_a_repeated_delivery_for_whom_it_tells(
    limited: Limited, submit: Submit, delivered: Job, otto: None
) -> None:
    submit(owner="otto")
    token = {"authorization": f"Bearer {accounts.add_token('ada')}"}
    assert redeliver(limited("jobs_per_account = 1"), delivered, **token).code == "too-many-jobs"
    lifecycle.ask_cancel(Job.select().order_by(Job.id.desc()).get().job_id)
    assert redeliver(limited("jobs_per_account = 1"), delivered, **token).status == 202


def test_it_notes_a_repeated_delivery(site: Site, delivered: Job) -> None:
    assert redeliver(site, delivered).status == 202
    (note,) = audit.notes(before=None, limit=9)
    assert (note["action"], note["target"]) == ("redeliver", delivered.job_id)
    assert not webhooks.is_disabled("otto", HOOK)


# Whoever it is for.


@pytest.mark.parametrize(
    ("limit", "options", "status"),
    [("queue_items = 1", {}, 429), ("", {"depends_on": json.dumps(["nothing"])}, 422)],
)
def test_it_keeps_no_file_of_a_job_that_is_refused(
    limited: Limited, submit: Submit, limit: str, options: dict[str, str], status: int
) -> None:
    submit()
    site = limited(limit)
    database.close()
    web = WsgiClient(routes.make_app(site))
    assert web.upload(("a.txt", b"a"), **options).status == status
    assert files_of_jobs(site) == list((site.here.folder / "incoming").iterdir()) == []


def test_it_keeps_no_link_to_an_earlier_result_of_a_job_that_is_refused(
    site: Site, web: WsgiClient, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrap = {"type": "wrap", "items": [{"text": "a"}]}
    web.post(JOBS, wrap)
    run_all(workers)
    files = files_of_jobs(site)

    def refused() -> None:
        raise Problem("job-final", "It is too late.")

    job = site.intake.from_json(wrap, "local")
    with pytest.raises(Problem, match="too late"):
        site.acceptance.accept(ANYBODY, job, address="", first=refused)
    assert files_of_jobs(site) == files


def test_it_depends_on_no_job_that_its_account_may_not_read(
    site: Site, submit: Submit, otto: None
) -> None:
    of_ada = submit(owner="ada")
    job = text_job(owner="otto", depends_on=[of_ada.job_id])
    with pytest.raises(Problem) as refused:
        site.acceptance.accept(OTTO, job, address="")
    said = f"there is no job {of_ada.job_id}"
    assert refused.value.members["errors"] == [{"field": "depends_on", "message": said}]


def test_it_cancels_what_waits_for_a_job_that_failed(site: Site, submit: Submit) -> None:
    failed = submit()
    lifecycle.ask_cancel(failed.job_id)
    job = text_job(depends_on=[failed.job_id])
    site.acceptance.accept(ANYBODY, job, address="")
    assert job_of(job.job_id).status == "cancelled"


def test_it_accepts_nothing_of_a_viewer(site: Site) -> None:
    vera = User("vera", "viewer", reads_all=True)
    with pytest.raises(Problem, match="vera is not allowed to submit jobs"):
        site.acceptance.accept(vera, text_job(owner="vera"), address="")
    assert (Job.select().count(), audit.notes(before=None, limit=9)) == (0, [])


def test_it_rings_once_for_each_item_of_what_is_accepted(site: Site) -> None:
    rung: list[Mapping[str, int]] = []
    acceptance = Acceptance(site.settings, site.catalog, site.files, ring=rung.append)
    items = [NewItem(text, {"text": text}) for text in ("a", "b")]
    acceptance.accept(ANYBODY, text_job(items=items), address="")
    with pytest.raises(Problem):
        acceptance.accept(ANYBODY, text_job(depends_on=["nothing"]), address="")
    assert rung == [{"parsing": 2}]
