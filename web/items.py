"""Handlers of one job and what belongs to it: result, items, events, output files."""

from __future__ import annotations

import json
from typing import Any

from bottle import HTTPResponse, request

import queries
from errors import Problem
from models import FINAL, Job
from web import views
from web.answers import cursor_of, download, json_answer, page_limit, read_cursor, tagged_answer
from web.jobs import find, status_filter
from web.site import Site


def result(site: Site, job_id: str) -> HTTPResponse:
    """GET /jobs/ID/result: 200 for a final job of which at least one item completed."""
    job = find(job_id)
    if job.status not in FINAL:
        raise Problem("job-not-finished", f"The job is {job.status}; ask again when it is final.")
    if not job.completed_items:
        raise Problem(f"job-{job.status}", "No item of the job completed, so there is no result.")
    return json_answer(result_page(job))


def result_page(job: Job) -> dict[str, Any]:
    """The result as the request's `limit` and `cursor` cut it."""
    limit = page_limit(200)
    rows = queries.items(job, after=read_cursor() or 0, limit=limit)
    shown = [views.result_view(job, item, given) for item, given in rows]
    page = _page("items", shown, [item.id for item, _ in rows], limit)
    return {"job_id": job.job_id, "type": job.type, **page}


def show(site: Site, job_id: str) -> HTTPResponse:
    """GET /jobs/ID: the job, with a strong ETag; `include=result` adds what there is of it."""
    job = find(job_id)
    document = views.job_views(site, [job])[0]
    if request.query.get("include") == "result":
        has_result = job.status in FINAL and job.completed_items
        document["result"] = result_page(job) if has_result else None
    headers = {} if job.status in FINAL else {"Retry-After": "2"}
    return tagged_answer(document, **headers)


def items(site: Site, job_id: str) -> HTTPResponse:
    """GET /jobs/ID/items: every item with its state, also while the job runs."""
    job, limit = find(job_id), page_limit(200)
    rows = queries.items(job, statuses=status_filter(), after=read_cursor() or 0, limit=limit)
    shown = [views.item_view(job, item, given) for item, given in rows]
    return json_answer(_page("items", shown, [item.id for item, _ in rows], limit))


def events(site: Site, job_id: str) -> HTTPResponse:
    """GET /jobs/ID/events: the timeline."""
    limit = page_limit(200)
    rows = queries.events(find(job_id), after=read_cursor() or 0, limit=limit)
    shown = [views.event_view(event) for event in rows]
    return json_answer(_page("events", shown, [event.id for event in rows], limit))


def file(site: Site, job_id: str, index: str, name: str) -> HTTPResponse:
    """GET /jobs/ID/items/INDEX/files/NAME: only a name that the result lists."""
    found = queries.item(find(job_id), int(index))
    given = found[1] if found else None
    for listed in json.loads(given.files) if given else []:
        if listed["name"] == name:
            return download(site.files.result(job_id, listed["path"]), name.rpartition("/")[2])
    raise Problem("not-found", "The item has no file of this name.")


def _page(name: str, shown: list[Any], row_ids: list[int], limit: int) -> dict[str, Any]:
    following = cursor_of(row_ids[-1]) if len(row_ids) == limit else None
    return {name: shown, "next": following}
