"""Handlers of jobs: submit, list, cancel, retry, delete."""

from __future__ import annotations

import json

from bottle import HTTPResponse, request

import lifecycle
import queries
from errors import Problem
from killpoint import die_at
from lifecycle import NewJob
from models import FINAL, Job
from web import submission, upload, views
from web.answers import (
    cursor_of,
    json_answer,
    number_parameter,
    page_limit,
    read_cursor,
    read_json,
    status_filter,
)
from web.door import require_content_type
from web.site import Site

MULTIPART, JSON = "multipart/form-data", "application/json"


def submit(site: Site) -> HTTPResponse:
    """POST /jobs: bytes to the disk, then the rows, then the bell, then 202."""
    if require_content_type(MULTIPART, JSON) == JSON:
        job = submission.from_json(site, read_json())
        lifecycle.submit(job)
    else:
        with upload.received(site) as form:
            job = submission.from_form(site, form)
            _accept_upload(site, form, job)
    die_at("accept-commit")
    site.bell.ring(len(job.items))
    die_at("accept-ring")
    return _shown(site, job.job_id, 202)


def list_jobs(site: Site) -> HTTPResponse:
    """GET /jobs: a page of jobs, or with `since` what changed."""
    change, limit = queries.last_change(), page_limit()
    since = number_parameter("since")
    if since is not None:
        jobs, gone = queries.jobs_since(since, limit)
        last = jobs[-1].change if len(jobs) == limit else max(change, since)
        return json_answer({"jobs": views.job_views(site, jobs), "gone": gone, "change": last})
    jobs = queries.jobs(
        statuses=status_filter(),
        type_name=request.query.get("type") or None,
        queue=request.query.get("queue") or None,
        owner=request.query.get("owner") or None,
        before=read_cursor(),
        limit=limit,
    )
    following = cursor_of(jobs[-1].id) if len(jobs) == limit else None
    shown = views.job_views(site, jobs)
    return json_answer({"jobs": shown, "next": following, "change": change})


def cancel(site: Site, job_id: str) -> HTTPResponse:
    """POST /jobs/ID/cancel, and DELETE of an unfinished job."""
    find(job_id)
    if not lifecycle.ask_cancel(job_id):
        status = find(job_id).status
        raise Problem("job-final", f"The job is {status} already; there is nothing to cancel.")
    return _shown(site, job_id, 202)


def retry(site: Site, job_id: str) -> HTTPResponse:
    """POST /jobs/ID/retry: runs what did not complete, or of it the given items."""
    job = find(job_id)
    _require_uploads(site, job)
    chosen = _chosen_items(job)
    count = lifecycle.retry(job_id, chosen)
    if not count:
        raise Problem("nothing-to-retry", "No item of this job failed or was cancelled.")
    site.bell.ring(count)
    return _shown(site, job_id, 202)


def delete(site: Site, job_id: str) -> HTTPResponse:
    """DELETE /jobs/ID: cancels; with purge=true a final job goes, record and files."""
    job = find(job_id)
    if job.status not in FINAL:
        return cancel(site, job_id)
    if request.query.get("purge") != "true":
        raise Problem("job-final", "The job is final; add purge=true to delete it.")
    if not lifecycle.purge(job_id):
        raise Problem("job-not-finished", "Somebody retried the job just now.")
    site.files.remove_job(job_id)
    return HTTPResponse(status=204)


def find(job_id: str) -> Job:
    """The job, or the problem that there is none."""
    job = queries.job(job_id)
    if job is None:
        raise Problem("not-found", "There is no job with this id.")
    return job


def _accept_upload(site: Site, form: upload.Form, job: NewJob) -> None:
    die_at("accept-bytes")
    site.files.accept(form.folder, job.job_id)
    die_at("accept-files")
    try:
        lifecycle.submit(job)
    except Exception:
        if queries.job(job.job_id) is None:
            site.files.remove_job(job.job_id)
        raise


def _require_uploads(site: Site, job: Job) -> None:
    """Refuse to run again what would find its files removed."""
    first = queries.item(job, 0)
    if first is None:
        raise Problem("not-found", "Somebody deleted the job just now.")
    takes_files = not {"file", "files"}.isdisjoint(json.loads(first[0].input))
    if takes_files and not site.files.has_uploads(job.job_id):
        days = site.settings.lifetime.uploads_days
        raise Problem("nothing-to-retry", f"Its uploads were removed {days:g} days after its end.")


def _chosen_items(job: Job) -> list[int] | None:
    if not request.content_length or request.content_length < 0:
        return None
    require_content_type(JSON)
    body = read_json()
    if not isinstance(body, dict):
        raise Problem("bad-json", "The body must be a JSON object.")
    chosen = body.get("items")
    if chosen is None:
        return None
    is_list = isinstance(chosen, list) and all(type(index) is int for index in chosen)
    if not is_list or any(not 0 <= index < job.total_items for index in chosen):
        raise Problem("invalid-job", f"items must be numbers from 0 to {job.total_items - 1}.")
    return [int(index) for index in chosen]


def _shown(site: Site, job_id: str, status: int) -> HTTPResponse:
    job = find(job_id)
    location = views.job_links(job_id)["self"]
    return json_answer(views.job_views(site, [job])[0], status, Location=location)
