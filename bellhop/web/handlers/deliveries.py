"""Handlers of webhooks: deliveries of a job, and the secret that they are signed with."""

from __future__ import annotations

from functools import partial

from bottle import HTTPResponse

from bellhop.accounts.access import User
from bellhop.base.documents import Unreadable, stored
from bellhop.base.errors import Problem
from bellhop.jobs import queries, webhooks
from bellhop.storage.models import FINAL, Job
from bellhop.web.answers import fitting, json_answer
from bellhop.web.gate import address, noted
from bellhop.web.handlers.jobs import shown
from bellhop.web.query import MOST_PER_PAGE
from bellhop.web.shown.views import delivery_view
from bellhop.web.site import Site


def list_deliveries(site: Site, user: User, job: Job) -> HTTPResponse:
    """GET /jobs/ID/deliveries: what was told about a job, to whom, with what answer.

    Of more than `MOST_PER_PAGE` the latest.
    """
    rows, count = queries.deliveries(job, limit=MOST_PER_PAGE)
    first = count - len(rows) + 1
    views = fitting(delivery_view(number, row) for number, row in enumerate(rows, first))
    return json_answer({"deliveries": views})


def redeliver(site: Site, user: User, job: Job, number: str) -> HTTPResponse:
    """POST /jobs/ID/deliveries/N/redeliver: tell it again, with the same message id."""
    row = queries.delivery(job, int(number)) if int(number) else None
    if row is None:
        raise Problem("not-found", "The job has no delivery with this number.")
    if row.status not in FINAL:
        raise Problem("job-not-finished", "Bellhop is still trying this delivery.")
    found = queries.item(row, 0)
    assert found is not None
    params = stored(row.params, dict, "job", row.id, "params")
    given = stored(found[0].input, dict, "item", found[0].id, "input")
    if not (params.keys() >= {"url", "message_id"} and "data" in given):
        raise Unreadable(f"job {row.id}: this is not a delivery")
    data = given["data"]
    again = webhooks.new_delivery(job.id, job.owner, row.name, data, {**params, "is_final": True})
    site.acceptance.accept(
        user,
        again,
        address=address(),
        action="redeliver",
        target=job.job_id,
        first=partial(webhooks.enable, job.owner, params["url"]),
    )
    return shown(site, user, again.job_id, 202)


def secret(site: Site, user: User) -> HTTPResponse:
    """GET /webhooks/secret: what a receiver checks signatures with (Standard Webhooks)."""
    return json_answer({"secret": webhooks.secret_of(user.name)})


def renew_secret(site: Site, user: User) -> HTTPResponse:
    """POST /webhooks/secret: a new one; deliveries from now on are signed with it."""
    with noted(user, "new webhook secret"):
        fresh = webhooks.secret_of(user.name, renew=True)
    return json_answer({"secret": fresh})
