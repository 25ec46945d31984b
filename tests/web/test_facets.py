"""GET /jobs/facets: how many jobs each value of a filter leaves, and the filter by schedule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from bellhop.accounts import accounts
from bellhop.accounts.access import ANYBODY
from bellhop.base.errors import ItemError
from bellhop.database.database import database, query
from bellhop.jobs import lifecycle, sharing
from bellhop.storage.models import Job
from bellhop.web.gate import COOKIE
from bellhop.web.site import Site
from tests.support.jobs import end
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
JOBS, FACETS = "/api/v1/jobs", "/api/v1/jobs/facets"
PDF, TOTAL = ItemError("bad_input", "“a” is not a PDF."), ItemError("no_total", "No total.")
WEEKLY = {"name": "Weekly", "cron": "0 7 * * 1", "job": {"type": "noop", "items": [{"text": "a"}]}}


@pytest.fixture
def jobs(submit: Submit, site: Site) -> list[Job]:
    """Jobs of all kinds: of two owners, types, queues, a schedule, and with errors."""
    number = site.schedules.add(WEEKLY, ANYBODY)
    done = submit("a", "b", owner="ann", schedule=number)
    end(done, None, None)
    partly = submit("a", "b", "c", owner="ben", schedule=number)
    end(partly, None, PDF, TOTAL)
    failed = submit("a", "b", owner="ben", type="upper", queue="ai")
    end(failed, TOTAL, TOTAL)
    cancelled = submit("needle", owner="ann", queue="ai")
    lifecycle.ask_cancel(cancelled.job_id)
    waiting = submit("needle", owner="ann", type="upper")
    database.close()
    return [done, partly, failed, cancelled, waiting]


def asked(web: WsgiClient, **filters: Any) -> Any:
    answer = web.get(f"{FACETS}?{urlencode(filters)}")
    assert answer.status == 200, answer.body
    return answer.json


def counts(found: Any, facet: str) -> dict[str, int]:
    return {each["value"]: each["count"] for each in found["facets"][facet]}


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"status": "failed"},
        {"status": "partly_failed,completed", "owner": "ben"},
        {"type": "noop", "queue": "parsing"},
        {"schedule": "1", "status": "completed"},
        {"q": "needle", "owner": "ann"},
        {"q": "total", "type": "upper"},
        {"code": "no_total"},
        {"code": "no_total", "type": "upper", "owner": "ben"},
        {"code": "bad_input", "reason": "… is not a PDF.", "status": "partly_failed"},
        {"code": "no_total", "from": "2020-01-01T00:00:00Z", "q": "a"},
        {"to": "2020-01-01T00:00:00Z"},
        {"owner": "nobody", "type": "noop"},
    ],
    ids=urlencode,
)
def test_it_counts_what_the_list_shows(
    web: WsgiClient, jobs: list[Job], filters: dict[str, str]
) -> None:
    def listed(**more: str) -> int:
        # A reason is one of the code that is replaced.
        chosen = {n: v for n, v in filters.items() if "code" not in more or n != "reason"} | more
        return len(web.get(f"{JOBS}?{urlencode(chosen)}").json["jobs"])

    found = asked(web, **filters)
    assert found["count"] == listed()
    for facet in found["facets"]:
        shown = counts(found, facet)
        assert shown == {value: listed(**{facet: value}) for value in shown}, facet
        assert 0 not in shown.values()


def test_it_has_every_value_that_occurs(web: WsgiClient, jobs: list[Job]) -> None:
    found = asked(web)
    assert found["count"] == 5
    assert counts(found, "status") == {
        "failed": 2, "cancelled": 1, "completed": 1, "partly_failed": 1, "queued": 1,
    }  # fmt: skip
    assert counts(found, "owner") == {"ann": 3, "ben": 2}
    assert counts(found, "queue") == {"parsing": 3, "ai": 2}
    assert found["facets"]["schedule"] == [{"value": "1", "name": "Weekly", "count": 2}]


def test_it_counts_jobs_and_no_items_with_an_error(web: WsgiClient, jobs: list[Job]) -> None:
    assert counts(asked(web), "code") == {"no_total": 2, "bad_input": 1}


def test_it_counts_a_filter_over_all_others(web: WsgiClient, jobs: list[Job]) -> None:
    found = asked(web, owner="ben", type="noop")
    assert counts(found, "owner") == {"ann": 2, "ben": 1}
    assert counts(found, "type") == {"noop": 1, "upper": 1}
    assert counts(found, "queue") == {"parsing": 1}


def test_it_says_after_which_change_it_counted(web: WsgiClient, jobs: list[Job]) -> None:
    assert asked(web)["change"] == web.get(JOBS).json["change"]


def test_it_begins_with_the_most_frequent(web: WsgiClient, submit: Submit) -> None:
    for number in range(60):
        submit(owner=f"owner {number:02}")
    submit(owner="owner 59")
    owners = asked(web)["facets"]["owner"]
    assert (len(owners), owners[:2]) == (
        50,
        [{"value": "owner 59", "count": 2}, {"value": "owner 00", "count": 1}],
    )


def test_it_has_no_name_of_a_schedule_that_is_gone(web: WsgiClient, jobs: list[Job]) -> None:
    query("DELETE FROM schedule")
    database.close()
    assert asked(web)["facets"]["schedule"] == [{"value": "1", "name": None, "count": 2}]


def test_it_counts_no_deliveries_of_webhooks(web: WsgiClient, submit: Submit) -> None:
    end(submit(webhook_url="https://example.org/hook"), PDF)
    found = asked(web)
    assert (found["count"], counts(found, "type")) == (1, {"noop": 1})


def test_it_counts_what_one_may_read(web: WsgiClient, jobs: list[Job]) -> None:
    for name, role in {"ann": "member", "vera": "viewer", "ada": "admin"}.items():
        accounts.add(name, role, None)
        accounts.begin_session(f"secret of {name}", name, "127.0.0.1", "a browser")
    query("UPDATE schedule SET owner = 'ada'")
    sharing.share(jobs[1].id, "vera", is_shown=True)
    database.close()
    seen = {
        n: web.get(FACETS, cookie=f"{COOKIE}=secret of {n}").json for n in ("ann", "vera", "ada")
    }
    assert {name: found["count"] for name, found in seen.items()} == {"ann": 3, "vera": 1, "ada": 5}
    assert counts(seen["ann"], "code") == {}
    assert counts(seen["vera"], "code") == {"bad_input": 1, "no_total": 1}
    names = {name: found["facets"]["schedule"][0]["name"] for name, found in seen.items()}
    assert names == {"ann": None, "vera": None, "ada": "Weekly"}


@pytest.mark.parametrize(
    "query", ["schedule=x", "schedule=0", "status=odd", "reason=x", "from=now"]
)
@pytest.mark.parametrize("path", [JOBS, FACETS])
def test_it_refuses_a_filter_that_is_none(web: WsgiClient, path: str, query: str) -> None:
    assert web.get(f"{path}?{query}").code == "invalid-parameter"


def test_it_lists_the_jobs_of_a_schedule(web: WsgiClient, jobs: list[Job]) -> None:
    wanted = {jobs[0].job_id, jobs[1].job_id}
    assert {job["job_id"] for job in web.get(f"{JOBS}?schedule=1").json["jobs"]} == wanted
    changed = web.get(f"{JOBS}?since=0&schedule=1").json
    assert {job["job_id"] for job in changed["jobs"]} == wanted
    assert len(changed["unmatched"]) == 3
    bulk = {"action": "retry", "filter": {"schedule": "1"}, "dry_run": True}
    assert web.post(f"{JOBS}/bulk", bulk).json["count"] == 2
    bulk["filter"] = {"schedule": "0"}
    assert web.post(f"{JOBS}/bulk", bulk).code == "invalid-parameter"
