"""Handlers of schedules: jobs that are submitted again and again."""

from __future__ import annotations

from bottle import HTTPResponse

from bellhop.accounts.access import User
from bellhop.base.addresses import API
from bellhop.base.errors import Problem
from bellhop.jobs import schedules
from bellhop.web.answers import json_answer, read_json, require_content_type
from bellhop.web.gate import noted, require
from bellhop.web.shown.views import schedule_views
from bellhop.web.site import Site


def list_schedules(site: Site, user: User) -> HTTPResponse:
    """GET /schedules: the one that is due next first."""
    return json_answer({"schedules": list(schedule_views(schedules.listed(user)))})


def add(site: Site, user: User) -> HTTPResponse:
    """POST /schedules: its job is checked now, and submitted at each time of its cron."""
    require_content_type("application/json")
    document = read_json()
    with noted(user, "add schedule", document.get("name") if isinstance(document, dict) else ""):
        number = schedules.add(document, user, site.intake)
    rows = [row for row in schedules.listed(user) if row.id == number]
    (shown,) = schedule_views(rows)
    return json_answer(shown, 201, {"Location": f"{API}/schedules/{number}"})


def remove(site: Site, user: User, number: str) -> HTTPResponse:
    """DELETE /schedules/ID: the jobs it made stay."""
    with noted(user, "remove schedule", number):
        found = [row for row in schedules.listed(user) if row.id == int(number)]
        if not found:
            raise Problem("not-found", "There is no schedule with this id.")
        require(user, "change", found[0])
        schedules.remove(int(number))
    return HTTPResponse(status=204)
