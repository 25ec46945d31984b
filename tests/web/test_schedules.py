"""What can be done with a schedule: change, pause, run now; its next and its latest runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.accounts.access import BELLHOP
from bellhop.base.times import parsed, seconds_since, timestamp
from bellhop.database.database import database, query
from bellhop.jobs import queries
from bellhop.web.site import Site
from tests.support.wsgi import Answer, WsgiClient

API = "/api/v1"
JOB = {"type": "noop", "items": [{"text": "a"}], "use_cache": False}
NIGHTLY = {"name": "Nightly", "cron": "30 2 * * *", "timezone": "Europe/Berlin", "job": JOB}


@pytest.fixture
def path(web: WsgiClient) -> str:
    """The address of a schedule."""
    location = web.post(f"{API}/schedules", NIGHTLY).headers["Location"]
    assert location
    return location


def patch(web: WsgiClient, path: str, document: Any, **headers: str) -> Answer:
    body = json.dumps(document).encode()
    return web.request("PATCH", path, body, **{"content_type": "application/json", **headers})


def listed(web: WsgiClient) -> dict[str, Any]:
    (schedule,) = web.get(f"{API}/schedules").json["schedules"]
    return dict(schedule)


def make_due() -> None:
    query("UPDATE schedule SET next_at = :at", {"at": timestamp(-5)})
    database.close()


def submit_due(site: Site) -> int:
    found = site.schedules.submit_due()
    database.close()
    return found


def test_it_names_the_next_three_runs(web: WsgiClient, path: str) -> None:
    shown = listed(web)
    assert shown["next_runs"][0] == shown["next_at"]
    days = {at[:10] for at in shown["next_runs"]}
    assert len(days) == 3


def test_it_lists_the_latest_ten_runs(web: WsgiClient, path: str) -> None:
    ids = [web.post(f"{path}/run", {}).json["job_id"] for _ in range(11)]
    runs = listed(web)["runs"]
    assert [run["job_id"] for run in runs] == ids[:0:-1]
    assert (runs[0]["status"], runs[0]["total_items"]) == ("queued", 1)


def test_it_runs_a_schedule_now_and_leaves_its_times(web: WsgiClient, path: str) -> None:
    before = listed(web)
    job = web.post(f"{path}/run", {})
    assert (job.status, job.json["schedule"]) == (202, before["id"])
    after = listed(web)
    assert (after["next_at"], after["last_job_id"]) == (before["next_at"], job.json["job_id"])


def test_it_changes_what_is_sent(web: WsgiClient, path: str) -> None:
    before = listed(web)
    shown = patch(web, path, {"name": "Weekly", "cron": "0 8 * * 1"}).json
    assert (shown["name"], shown["cron"], shown["timezone"], shown["job"]) == (
        "Weekly", "0 8 * * 1", "Europe/Berlin", JOB,
    )  # fmt: skip
    assert parsed(shown["next_at"]).weekday() == 0
    assert shown["created_at"] == before["created_at"]


def test_it_tells_when_an_expression_would_run(web: WsgiClient, path: str) -> None:
    asked = f"{API}/schedules/next-runs?cron=30+2+*+*+*&timezone=Europe/Berlin"
    assert web.get(asked).json == {"next_runs": listed(web)["next_runs"]}


@pytest.mark.parametrize(
    ("asked", "field"),
    [("", "cron"), ("cron=99+7+*+*+*", "cron"), ("cron=0+0+*+*+*&timezone=Mars", "timezone"),
     ("cron=0+0+30+2+*", "cron")],
)  # fmt: skip
def test_it_says_what_is_wrong_with_an_expression(web: WsgiClient, asked: str, field: str) -> None:
    answer = web.get(f"{API}/schedules/next-runs?{asked}")
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)


def test_it_leaves_the_next_time_where_only_the_job_changes(web: WsgiClient, path: str) -> None:
    before = listed(web)
    job = {**JOB, "items": [{"text": "b"}]}
    shown = patch(web, path, {"job": job}).json
    assert (shown["job"], shown["next_at"]) == (job, before["next_at"])


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"cron": "99 7 * * *"}, "cron"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"name": ""}, "name"),
        ({"paused": "yes"}, "paused"),
        ({"colour": "red"}, "colour"),
        ({"job": {**JOB, "type": "nothing"}}, "type"),
        ({"job": {**JOB, "delay_s": 5}}, "job.delay_s"),
    ],
)
def test_it_refuses_a_wrong_change_and_changes_nothing(
    web: WsgiClient, path: str, document: dict[str, Any], field: str
) -> None:
    before = listed(web)
    answer = patch(web, path, {**NIGHTLY, "name": "Other", **document})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert listed(web) == before


def test_it_submits_nothing_while_it_is_paused(web: WsgiClient, path: str, site: Site) -> None:
    shown = patch(web, path, {"paused": True}).json
    assert (shown["paused"], shown["paused_by"], shown["next_runs"]) == (True, "local", [])
    assert seconds_since(shown["paused_at"]) == pytest.approx(0, abs=30)
    make_due()
    assert submit_due(site) == 0


def test_it_runs_a_paused_schedule_on_request(web: WsgiClient, path: str) -> None:
    patch(web, path, {"paused": True})
    assert web.post(f"{path}/run", {}).status == 202


def test_it_makes_up_for_no_time_that_passed_in_a_pause(
    web: WsgiClient, path: str, site: Site
) -> None:
    patch(web, path, {"paused": True})
    make_due()
    shown = patch(web, path, {"paused": False}).json
    assert (shown["paused"], shown["paused_by"], shown["paused_at"]) == (False, None, None)
    assert shown["next_at"] > timestamp()
    assert submit_due(site) == 0


def test_it_lets_nobody_else_change_or_run_a_schedule(web: WsgiClient) -> None:
    for name, role in (("ada", "admin"), ("otto", "member"), ("mia", "member")):
        accounts.add(name, role, None)
    tokens = {n: f"Bearer {accounts.add_token(n)}" for n in ("ada", "otto", "mia")}
    database.close()
    path = web.post(f"{API}/schedules", NIGHTLY, authorization=tokens["otto"]).headers["Location"]
    assert path
    assert patch(web, path, {"paused": True}, authorization=tokens["mia"]).status == 404
    assert web.post(f"{path}/run", {}, authorization=tokens["mia"]).status == 404
    job = web.post(f"{path}/run", {}, authorization=tokens["ada"]).json
    assert job["owner"] == "otto"
    assert (
        patch(web, path, {"paused": True}, authorization=tokens["ada"]).json["paused_by"] == "ada"
    )
    database.close()
    found = queries.schedule_runs(BELLHOP, 10)
    assert [run["job_id"] for runs in found.values() for run in runs] == [job["job_id"]]


def test_it_gives_no_member_a_priority_through_a_schedule(web: WsgiClient) -> None:
    accounts.add("ada", "admin", None)
    accounts.add("otto", "member", None)
    token = f"Bearer {accounts.add_token('otto')}"
    database.close()
    path = web.post(f"{API}/schedules", NIGHTLY, authorization=token).headers["Location"]
    assert path
    answer = patch(web, path, {"job": {**JOB, "priority": 5}}, authorization=token)
    assert (answer.status, answer.code) == (403, "forbidden")
