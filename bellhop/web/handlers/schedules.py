"""Handlers of schedules: jobs that are submitted again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bottle import HTTPResponse

from bellhop.accounts import audit
from bellhop.accounts.access import User
from bellhop.base import prefix
from bellhop.base.addresses import API
from bellhop.base.times import now
from bellhop.schedules import schedules
from bellhop.schedules.cron import next_time, times_after
from bellhop.storage.models import Schedule
from bellhop.web import earlier, query
from bellhop.web.answers import json_answer, read_object, require_content_type
from bellhop.web.gate import address, noted, require
from bellhop.web.handlers.jobs import shown
from bellhop.web.shown.views import NEXT_SHOWN, schedule_views
from bellhop.web.site import Site


def list_schedules(site: Site, user: User) -> HTTPResponse:
    """GET /schedules: the one that is due next first."""
    return json_answer({"schedules": list(schedule_views(user, schedules.listed(user)))})


def add(site: Site, user: User) -> HTTPResponse:
    """POST /schedules: its job is checked now, and submitted at each time of its cron."""
    require_content_type("application/json")
    document = read_object()
    what = noted(user, "add schedule", document.get("name", ""))
    with earlier.as_uploads(site, user, document.get("job")), what:
        number = site.schedules.add(document, user)
        _note_address(user, document)
    return _shown(user, number, 201, {"Location": prefix.at(f"{API}/schedules/{number}")})


def next_runs(site: Site, user: User) -> HTTPResponse:
    """GET /schedules/next-runs: when a schedule with this `cron` and `timezone` would run."""
    cron, timezone = query.text("cron"), query.text("timezone") or "UTC"
    first = next_time(cron, timezone, now())
    return json_answer({"next_runs": times_after(str(cron), timezone, first, NEXT_SHOWN)})


def change(site: Site, user: User, number: str) -> HTTPResponse:
    """PATCH /schedules/ID: what is sent of it, and `paused`."""
    require_content_type("application/json")
    document = read_object()
    what = noted(user, "change schedule", number)
    with earlier.as_uploads(site, user, document.get("job")), what:
        let_go = site.schedules.change(_find(user, number), document, user)
        _note_address(user, document)
    site.uploads.remove_files(let_go)
    return _shown(user, int(number))


def run(site: Site, user: User, number: str) -> HTTPResponse:
    """POST /schedules/ID/run: submits its job now; its times stay as they are."""
    job_id = site.schedules.run_now(_find(user, number), user, address())
    return shown(site, user, job_id, 202)


def remove(site: Site, user: User, number: str) -> HTTPResponse:
    """DELETE /schedules/ID: with its files; the jobs it made stay."""
    with noted(user, "remove schedule", number):
        let_go = schedules.remove(_find(user, number))
    site.uploads.remove_files(let_go)
    return HTTPResponse(status=204)


def _note_address(user: User, document: Mapping[str, Any]) -> None:
    """Note who lets notices go to which address, in the transaction of a valid schedule."""
    wish = document.get("notify") or {}
    if wish.get("address"):
        audit.note(user.name, address(), f"notices: {wish['wants']}", wish["address"])


def _find(user: User, number: str) -> Schedule:
    """A schedule that a user may change; raises the problem of every other one."""
    for schedule in schedules.listed(user):
        if schedule.id == int(number):
            require(user, "change", schedule)
            return schedule
    raise schedules.GONE


def _shown(
    user: User, number: int, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTTPResponse:
    rows = [row for row in schedules.listed(user) if row.id == number]
    (view,) = schedule_views(user, rows)
    return json_answer(view, status, headers or {})
