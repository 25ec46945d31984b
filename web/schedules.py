"""Handlers of schedules: jobs that are submitted again and again."""

from __future__ import annotations

from bottle import HTTPResponse

import queries
import schedules
from errors import Problem
from web.answers import json_answer, read_json, require_content_type
from web.site import LOCAL, Site
from web.views import schedule_view


def list_schedules(site: Site) -> HTTPResponse:
    """GET /schedules: the one that is due next first."""
    return json_answer({"schedules": [schedule_view(row) for row in queries.schedules()]})


def add(site: Site) -> HTTPResponse:
    """POST /schedules: its job is checked now, and submitted at each time of its cron."""
    require_content_type("application/json")
    number = schedules.add(read_json(), LOCAL, site.intake)
    row = next(row for row in queries.schedules() if row.id == number)
    return json_answer(schedule_view(row), 201, {"Location": f"/api/v1/schedules/{number}"})


def remove(site: Site, number: str) -> HTTPResponse:
    """DELETE /schedules/ID: the jobs it made stay."""
    if not schedules.remove(int(number)):
        raise Problem("not-found", "There is no schedule with this id.")
    return HTTPResponse(status=204)
