"""Handlers of webhooks: deliveries of a job, and the secret that they are signed with."""

from __future__ import annotations

import json

from bottle import HTTPResponse

import lifecycle
import queries
import webhooks
from errors import Problem
from models import FINAL
from web.answers import json_answer
from web.jobs import find, shown
from web.site import LOCAL, Site
from web.views import delivery_view


def list_deliveries(site: Site, job_id: str) -> HTTPResponse:
    """GET /jobs/ID/deliveries: what was told about a job, to whom, with what answer."""
    rows = queries.deliveries(find(job_id))
    views = [delivery_view(number, row) for number, row in enumerate(rows, 1)]
    return json_answer({"deliveries": views})


def redeliver(site: Site, job_id: str, number: str) -> HTTPResponse:
    """POST /jobs/ID/deliveries/N/redeliver: tell it again, with the same message id."""
    job = find(job_id)
    rows = queries.deliveries(job)
    if not 1 <= int(number) <= len(rows):
        raise Problem("not-found", "The job has no delivery with this number.")
    row = rows[int(number) - 1]
    if row.status not in FINAL:
        raise Problem("job-not-finished", "This delivery is still being tried.")
    found, params = queries.item(row, 0), json.loads(row.params)
    assert found is not None
    webhooks.enable(job.owner, params["url"])
    data = json.loads(found[0].input)["data"]
    again = webhooks.new_delivery(job.id, job.owner, row.name, data, {**params, "is_final": True})
    lifecycle.submit(again)
    site.bell.ring(1)
    return shown(site, again.job_id, 202)


def secret(site: Site) -> HTTPResponse:
    """GET /webhooks/secret: what a receiver checks signatures with (Standard Webhooks)."""
    return json_answer({"secret": webhooks.secret_of(LOCAL)})


def renew_secret(site: Site) -> HTTPResponse:
    """POST /webhooks/secret: a new one; deliveries from now on are signed with it."""
    return json_answer({"secret": webhooks.secret_of(LOCAL, renew=True)})
