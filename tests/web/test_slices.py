"""POST /jobs/bulk in slices: an action on any number of jobs, a part of them in each request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.base.errors import ItemError
from bellhop.database.database import database
from bellhop.storage.models import Job
from bellhop.web.gate import COOKIE
from tests.support.jobs import end, job_of
from tests.support.wsgi import Answer, WsgiClient

Submit = Callable[..., Job]
QUEUED = {"status": "queued"}
BAD = ItemError("bad_input", "No.")


def bulk(web: WsgiClient, headers: dict[str, str] | None = None, **body: Any) -> Answer:
    return web.post("/api/v1/jobs/bulk", body, **(headers or {}))


def counted(web: WsgiClient, **body: Any) -> Any:
    return bulk(web, **body, dry_run=True).json


def test_it_acts_on_all_in_slices(web: WsgiClient, submit: Submit) -> None:
    jobs = [submit().job_id for _ in range(5)]
    cursor = counted(web, action="cancel", filter=QUEUED)["cursor"]
    done = []
    while cursor:
        said = bulk(web, action="cancel", filter=QUEUED, limit=2, cursor=cursor).json
        done.append((said["count"], said["done"], said["refused"]))
        cursor = said["next"]
    assert done == [(2, 2, []), (2, 2, []), (1, 1, [])]
    assert {job_of(job_id).status for job_id in jobs} == {"cancelled"}


def test_it_begins_with_the_newest(web: WsgiClient, submit: Submit) -> None:
    jobs = [submit().job_id for _ in range(3)]
    bulk(web, action="cancel", filter=QUEUED, limit=1)
    assert [job_of(job_id).status for job_id in jobs] == ["queued", "queued", "cancelled"]


def test_it_leaves_what_is_submitted_later(web: WsgiClient, submit: Submit) -> None:
    submit()
    cursor = counted(web, action="cancel", filter=QUEUED)["cursor"]
    later = submit()
    said = bulk(web, action="cancel", filter=QUEUED, limit=9, cursor=cursor).json
    assert (said["count"], said["next"]) == (1, None)
    assert job_of(later.job_id).status == "queued"


def test_it_leaves_what_matches_later_where_nothing_did(web: WsgiClient, submit: Submit) -> None:
    cursor = counted(web, action="cancel", filter=QUEUED)["cursor"]
    submit()
    said = bulk(web, action="cancel", filter=QUEUED, limit=9, cursor=cursor).json
    assert (said["count"], said["next"]) == (0, None)


@pytest.mark.parametrize("action", ["cancel", "retry", "purge"])
def test_it_does_no_harm_twice(web: WsgiClient, submit: Submit, action: str) -> None:
    """What was acted on may match still; the answer to the first try was lost."""
    jobs = [submit() for _ in range(4)]
    for job in jobs if action != "cancel" else ():
        end(job, BAD)
    wanted = {"type": "noop"}
    cursor = counted(web, action=action, filter=wanted)["cursor"]
    slice_ = {"action": action, "filter": wanted, "limit": 2, "cursor": cursor}
    first = bulk(web, **slice_).json
    states = [(job.job_id, job.status, job.change) for job in Job.select().order_by(Job.id)]
    again = bulk(web, **slice_).json
    assert first["done"] == 2
    if action == "purge":  # it is further then
        assert (again["done"], again["next"]) == (2, None)
        return
    assert (again["done"], len(again["refused"]), again["next"]) == (0, 2, first["next"])
    assert [(job.job_id, job.status, job.change) for job in Job.select().order_by(Job.id)] == states


def test_it_counts_without_a_limit(
    web: WsgiClient, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bellhop.web.handlers.bulk.MOST_JOBS", 2)
    for _ in range(3):
        submit()
    said = counted(web, action="cancel", filter=QUEUED)
    assert (said["count"], said["done"], said["refused"]) == (3, 0, [])
    refused = bulk(web, action="cancel", filter=QUEUED, expected=3)
    assert "matches more than 2 jobs" in refused.json["detail"]


def test_it_counts_ids_without_a_cursor(web: WsgiClient, submit: Submit) -> None:
    said = counted(web, action="cancel", ids=[submit().job_id] * 2)
    assert said == {"action": "cancel", "count": 1, "done": 0, "refused": []}


def test_it_acts_on_what_one_may_change(web: WsgiClient, submit: Submit) -> None:
    mine, other = submit(owner="otto"), submit(owner="mia")
    headers = {}
    for name, role in {"otto": "member", "ada": "admin", "vera": "viewer"}.items():
        accounts.add(name, role, None)
        accounts.begin_session(f"secret of {name}", name, "127.0.0.1", "a browser")
        headers[name] = {"cookie": f"{COOKIE}=secret of {name}"}
    database.close()
    wanted = {"action": "cancel", "filter": QUEUED, "limit": 5}
    assert bulk(web, headers["vera"], **wanted).code == "forbidden"
    assert bulk(web, headers["otto"], **wanted).json["done"] == 1
    assert [job_of(job.job_id).status for job in (mine, other)] == ["cancelled", "queued"]
    assert bulk(web, headers["ada"], **wanted).json["done"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"filter": QUEUED, "limit": 0},
        {"filter": QUEUED, "limit": 1001},
        {"filter": QUEUED, "limit": True},
        {"filter": QUEUED, "limit": "5"},
        {"filter": QUEUED, "limit": 5, "cursor": "xyz"},
        {"filter": QUEUED, "limit": 5, "cursor": 5},
        {"filter": QUEUED, "cursor": "YzE"},
        {"filter": QUEUED, "expected": 1, "cursor": "YzE"},
        {"filter": QUEUED, "limit": 5, "dry_run": True},
        {"ids": [], "limit": 5},
        {"filter": {}, "limit": 5},
    ],
)
def test_it_refuses_what_is_no_slice(web: WsgiClient, submit: Submit, body: Any) -> None:
    job = submit()
    assert bulk(web, action="cancel", **body).status == 422
    assert job_of(job.job_id).status == "queued"
