"""Handlers of shares: a job that its owner shows to other accounts."""

from __future__ import annotations

from bottle import HTTPResponse

from bellhop.accounts import accounts
from bellhop.accounts.access import User
from bellhop.base.errors import Problem, invalid_field
from bellhop.jobs import sharing
from bellhop.storage.models import Job
from bellhop.web.answers import json_answer, read_object
from bellhop.web.gate import noted
from bellhop.web.site import Site


def list_shares(site: Site, user: User, job: Job) -> HTTPResponse:
    """GET /jobs/ID/shares: who may read the job beside its owner, and the link to send them."""
    base = site.settings.server.public_url.rstrip("/")
    link = f"{base}/jobs/{job.job_id}"
    return json_answer({"accounts": sharing.shares(job.id), "link": link})


def add(site: Site, user: User, job: Job) -> HTTPResponse:
    """POST /jobs/ID/shares: show the job to one more account."""
    body = read_object()
    account = body.get("account")
    if set(body) != {"account"} or not isinstance(account, str):
        raise invalid_field("account", "must be the name of an account")
    if not accounts.exists(account) or account == job.owner:
        raise invalid_field("account", "must be the name of another account")
    with noted(user, f"share with {account}", job.job_id):
        sharing.share(job.id, account, is_shown=True)
    return list_shares(site, user, job)


def remove(site: Site, user: User, job: Job, account: str) -> HTTPResponse:
    """DELETE /jobs/ID/shares/ACCOUNT: the job is theirs to see no more."""
    if account not in sharing.shares(job.id):
        raise Problem("not-found", "The job is not shared with this account.")
    with noted(user, f"stop sharing with {account}", job.job_id):
        sharing.share(job.id, account, is_shown=False)
    return HTTPResponse(status=204)
