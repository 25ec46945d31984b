"""Jobs that come again and again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bellhop.accounts.access import BELLHOP
from bellhop.base.times import timestamp
from bellhop.database.database import query
from bellhop.schedules import schedules
from bellhop.schedules.cron import next_time
from bellhop.storage.models import Job, Schedule
from bellhop.web.site import Site
from tests.support.wsgi import WsgiClient

SCHEDULES = "/api/v1/schedules"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
JOB = {"type": "noop", "items": [{"text": "a"}]}


def add(web: WsgiClient, **changed: Any) -> Any:
    document = {"name": "nightly", "cron": "30 7 * * 1-5", "timezone": "Europe/Berlin", "job": JOB}
    return web.post(SCHEDULES, {**document, **changed})


def make_due(at: str = "2026-01-01T00:00:00.000000Z") -> None:
    query("UPDATE schedule SET next_at = :at", {"at": at})


def test_it_shows_when_a_schedule_runs_next(web: WsgiClient) -> None:
    answer = add(web)
    assert answer.status == 201
    assert answer.headers["Location"] == f"{SCHEDULES}/{answer.json['id']}"
    assert datetime.fromisoformat(answer.json["next_at"]) > datetime.now(UTC)
    assert web.get(SCHEDULES).json["schedules"] == [answer.json]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("UTC", "2026-03-02T07:30"), ("Europe/Berlin", "2026-03-02T06:30"),
     ("Asia/Kolkata", "2026-03-02T02:00")],
)  # fmt: skip
def test_it_reads_the_times_in_the_zone_that_is_named(zone: str, expected: str) -> None:
    assert next_time("30 7 * * 1-5", zone, NOON).startswith(expected)


def test_it_knows_daylight_saving_time() -> None:
    """At 29 March 2026 the clocks of Berlin jump from 2 to 3."""
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    first = next_time("0 9 * * *", "Europe/Berlin", before)
    assert first == "2026-03-29T07:00:00.000000Z"


def test_it_submits_a_job_when_it_is_due(web: WsgiClient, site: Site) -> None:
    number = add(web).json["id"]
    make_due()
    assert site.schedules.submit_due() == 1
    (job,) = Job.select()
    assert (job.schedule, job.status) == (number, "queued")
    (schedule,) = schedules.listed(BELLHOP)
    assert (schedule.last_job_id, schedule.error) == (job.job_id, None)
    assert schedule.next_at > timestamp()


def test_it_runs_once_what_was_missed_many_times(web: WsgiClient, site: Site) -> None:
    """Every minute for a month without Bellhop is one run, not forty thousand."""
    add(web, cron="* * * * *")
    make_due(timestamp(-30 * 86400))
    assert site.schedules.submit_due() == 1
    assert site.schedules.submit_due() == 0
    assert Job.select().count() == 1


def test_it_uses_each_time_once_whoever_else_looks(web: WsgiClient, site: Site) -> None:
    add(web)
    make_due()
    (stale,) = Schedule.select()
    assert site.schedules.submit_due() == 1
    assert site.schedules._submit(stale) is False
    assert Job.select().count() == 1


def test_it_says_why_a_schedule_cannot_submit(
    web: WsgiClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(web)
    make_due()
    types = site.catalog.types()
    monkeypatch.setitem(types, "noop", replace(types["noop"], reason="its file is gone"))
    assert site.schedules.submit_due() == 0
    (shown,) = web.get(SCHEDULES).json["schedules"]
    assert "its file is gone" in shown["error"]
    assert datetime.fromisoformat(shown["next_at"]) > datetime.now(UTC)


def test_it_removes_a_schedule_and_keeps_its_jobs(web: WsgiClient, site: Site) -> None:
    number = add(web).json["id"]
    make_due()
    site.schedules.submit_due()
    assert web.request("DELETE", f"{SCHEDULES}/{number}").status == 204
    assert web.request("DELETE", f"{SCHEDULES}/{number}").status == 404
    assert Job.select().count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"cron": "0 0 30 2 *"}, "cron"),
        ({"cron": "0 0 31 4 *"}, "cron"),
        ({"cron": "* * * * * *"}, "cron"),
        ({"cron": "61 * * * *"}, "cron"),
        ({"cron": "* * * *"}, "cron"),
        ({"cron": ""}, "cron"),
        ({"cron": None}, "cron"),
        ({"cron": 5}, "cron"),
        ({"cron": "@reboot"}, "cron"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"timezone": 5}, "timezone"),
        ({"timezone": "\x00"}, "timezone"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": 5}, "name"),
        ({"job": {**JOB, "run_at": "2999-01-01T00:00:00Z"}}, "job.run_at"),
        ({"job": {**JOB, "depends_on": ["x"]}}, "job.depends_on"),
        ({"job": {**JOB, "priority": 101}}, "priority"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_it_refuses_what_is_no_schedule(
    web: WsgiClient, changed: dict[str, Any], field: str
) -> None:
    answer = add(web, **changed)
    assert (answer.status, answer.code) == (422, "invalid-job")
    assert answer.json["errors"][0]["field"] == field
    assert query("SELECT count(*) FROM schedule") == [(0,)]


@pytest.mark.parametrize("job", [None, [], "x", {}, {"type": "nowhere", "items": [{"text": "a"}]}])
def test_it_refuses_a_schedule_whose_job_is_none(web: WsgiClient, job: Any) -> None:
    assert add(web, job=job).status in (400, 422)
    assert json.loads(web.get(SCHEDULES).body) == {"schedules": []}
