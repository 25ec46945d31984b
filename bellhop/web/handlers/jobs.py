"""Handlers of jobs: submit, list, cancel, retry, change, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bottle import HTTPResponse

from bellhop.accounts.access import User
from bellhop.base.documents import Unreadable, stored
from bellhop.base.errors import Problem, invalid_field
from bellhop.base.killpoint import die_at
from bellhop.database.database import is_unavailable
from bellhop.database.faults import InDoubt
from bellhop.functions.signature import FILE_FIELDS, FILES
from bellhop.jobs import intake, lifecycle, limits, queries
from bellhop.jobs.conditions import OTHER_STATUSES
from bellhop.jobs.items import FILES_OF, Uploads, uploads_in
from bellhop.jobs.lifecycle import KeyIsTaken
from bellhop.jobs.newjob import Key, NewJob
from bellhop.jobs.queries import JobFilter
from bellhop.storage.models import FINAL, STATUSES, Item, Job
from bellhop.uploads.uploads import Given, sent
from bellhop.web import earlier, idempotency, query, upload
from bellhop.web.answers import (
    fitting,
    json_answer,
    read_json,
    read_object,
    require_content_type,
)
from bellhop.web.door import once_more, unavailable
from bellhop.web.gate import address, find, noted
from bellhop.web.shown import views
from bellhop.web.site import Site
from bellhop.web.upload import Form

MULTIPART, JSON = "multipart/form-data", "application/json"
IN_DOUBT = (
    "Bellhop lost its database and cannot tell whether it accepted job {job}: look for it in the "
    "list of jobs, or repeat the request with its Idempotency-Key, which makes no second job"
)
NO_RETRY = "No item of this job waits for a retry."
STATUSES_OF_JOBS = (*STATUSES, *OTHER_STATUSES)
FILTERS = ("status", "type", "queue", "owner", "q", "code", "reason", "from", "to", "schedule")


def submit(site: Site, user: User) -> HTTPResponse:
    """POST /jobs: bytes to the disk, then the rows, then the bell, then 202."""
    with idempotency.held(site, user) as text:
        if require_content_type(MULTIPART, JSON) == JSON:
            return _submit_json(site, user, text)
        with upload.received(site) as form:
            return _submit_form(site, user, text, form)


def list_jobs(site: Site, user: User) -> HTTPResponse:
    """GET /jobs: a page of jobs, or with `since` what changed."""
    change, limit = queries.last_change(), query.page_limit()
    since, wanted = query.number("since"), _filter_of_query()
    if since is not None:
        return json_answer(_changed(site, user, wanted, since, change, limit))
    page = queries.jobs(user, wanted, before=query.read_cursor(), limit=limit)
    listed = fitting(views.job_views(site, user, page.rows))
    last = page.rows[len(listed) - 1].id if len(listed) < len(page.rows) else page.next
    following = query.cursor_of(last) if last else None
    document = {"jobs": listed, "next": following, "change": change}
    return json_answer(document, headers=query.page_headers(following))


def facets(site: Site, user: User) -> HTTPResponse:
    """GET /jobs/facets: how many jobs match, and how many for each value of each filter."""
    change = queries.last_change()
    matching, found = queries.facets(user, _filter_of_query())
    names = queries.schedule_names(user, [number for number, _ in found["schedule"]])
    shown = {
        facet: [
            {"value": str(value), "count": count}
            | ({"name": names.get(value)} if facet == "schedule" else {})
            for value, count in values
        ]
        for facet, values in found.items()
    }
    return json_answer({"count": matching, "facets": shown, "change": change})


def _filter_of_query() -> JobFilter:
    return job_filter({name: query.text(name, query.MOST_QUERY) for name in FILTERS})


def _changed(
    site: Site, user: User, wanted: JobFilter, since: int, latest: int, limit: int
) -> dict[str, Any]:
    """What changed after `since`, until `latest` or as far as one answer has room for it."""
    # Most who ask have all that there is, and are told so without a look at the jobs.
    has_all = since == latest
    jobs, gone, last = ([], [], None) if has_all else queries.jobs_since(user, since, limit)
    found = queries.matching(jobs, wanted)
    matching = [job for job in jobs if job.id in found]
    shown = fitting(views.job_views(site, user, matching))
    if len(shown) < len(matching):
        last = matching[len(shown) - 1].change
    change = max(last or latest, since)
    others = (job for job in jobs if job.id not in found)
    return {
        "jobs": shown,
        "unmatched": [job.job_id for job in others if job.change <= change],
        "gone": [job_id for at, job_id in gone if at <= change],
        "change": change,
        "latest": max(latest, change),
    }


def job_filter(given: dict[str, Any]) -> JobFilter:
    """Which jobs are asked for; raises the problem of a filter that is none."""
    for name, value in given.items():
        if name not in FILTERS:
            raise Problem(
                "invalid-parameter", f"{name} is not a filter; the filters are {FILTERS}."
            )
        if value is not None and not isinstance(value, str):
            raise Problem("invalid-parameter", f"{name} must be a text.")
        most = query.MOST_QUERY if name == "status" else query.MOST_TEXT
        if value is not None and len(value) > most:
            raise Problem("invalid-parameter", f"{name} may have at most {most} characters.")
    return JobFilter(
        statuses=tuple(query.status_names(given.get("status") or "", STATUSES_OF_JOBS)),
        type=given.get("type") or None,
        queue=given.get("queue") or None,
        owner=given.get("owner") or None,
        schedule=_schedule(given.get("schedule")),
        text=(given.get("q") or "").strip() or None,
        code=given.get("code") or None,
        reason=_reason(given),
        since=query.time_of("from", given.get("from")),
        until=query.time_of("to", given.get("to")),
    )


def _reason(given: dict[str, Any]) -> str | None:
    """The reason of a code; raises the problem of one without."""
    if given.get("reason") and not given.get("code"):
        raise Problem("invalid-parameter", "reason needs the code that it belongs to.")
    return given.get("reason") or None


def _schedule(given: str | None) -> int | None:
    """The number of a schedule, from 1."""
    number = query.number_of("schedule", given)
    if number == 0:
        raise Problem("invalid-parameter", "schedule must be the number of a schedule.")
    return number


def cancel(site: Site, user: User, job: Job) -> HTTPResponse:
    """POST /jobs/ID/cancel, and DELETE of an unfinished job."""
    with noted(user, "cancel", job.job_id):
        if not lifecycle.ask_cancel(job.job_id):
            status = find(user, job.job_id).status
            said = f"The job is already {status}; there is nothing to cancel."
            raise Problem("job-final", said)
    return shown(site, user, job.job_id, 202)


def retry(site: Site, user: User, job: Job) -> HTTPResponse:
    """POST /jobs/ID/retry: runs what did not complete, or of it the given items, now."""
    body = read_object()
    for name in body:
        if name not in ("items", "use_cache"):
            raise invalid_field(name, "is unknown; a retry has the fields items and use_cache")
    chosen, use_cache = _chosen_items(job, body.get("items")), body.get("use_cache", True)
    if not isinstance(use_cache, bool):
        raise invalid_field("use_cache", "must be true or false")
    require_possible(site, job, use_cache=use_cache)
    with noted(user, "retry", job.job_id):
        count = lifecycle.retry(job.job_id, chosen, use_cache=use_cache)
        count += lifecycle.hurry(job.job_id, chosen)
        if not count:
            raise Problem("nothing-to-retry", "No item of this job failed or was cancelled.")
    return shown(site, user, job.job_id, 202)


def give_up(site: Site, user: User, job: Job) -> HTTPResponse:
    """POST /jobs/ID/give-up: fails what waits for a retry, or of it the given items."""
    body = read_object()
    for name in body:
        if name != "items":
            raise invalid_field(name, "is unknown; the only field here is items")
    chosen = _chosen_items(job, body.get("items"))
    with noted(user, "end retries", job.job_id):
        if not lifecycle.give_up(job.job_id, chosen):
            raise Problem("nothing-to-retry", NO_RETRY)
    return shown(site, user, job.job_id, 202)


def change(site: Site, user: User, job: Job) -> HTTPResponse:
    """PATCH /jobs/ID: another priority, to the front, or keep it forever."""
    body = read_object()
    for name in body:
        if name not in ("priority", "front", "keep"):
            raise invalid_field(name, "cannot be changed; you can change priority, front and keep")
    for name in ("front", "keep"):
        if not isinstance(body.get(name, False), bool):
            raise invalid_field(name, "must be true or false")
    if "priority" in body:
        limits.require_priority(user, intake.priority(body["priority"]))
    if body.get("front"):
        limits.require_priority(user, intake.MOST_PRIORITY)  # nothing comes before it any more
    if job.status in FINAL and (body.get("front") or "priority" in body):
        raise Problem("job-final", f"The job is already {job.status}; it is not waiting.")
    with noted(user, f"change {', '.join(sorted(body))}".strip(), job.job_id):
        if "priority" in body:
            lifecycle.set_priority(job.job_id, intake.priority(body["priority"]))
        if body.get("front"):
            lifecycle.move_to_front(job.job_id)
        if "keep" in body:
            lifecycle.keep(job.job_id, is_kept=body["keep"])
    return shown(site, user, job.job_id, 200)


def delete(site: Site, user: User, job: Job) -> HTTPResponse:
    """DELETE /jobs/ID: cancels; with purge=true a final job goes, record and files."""
    if job.status not in FINAL:
        return cancel(site, user, job)
    if query.text("purge") != "true":
        raise Problem("job-final", "The job is final; add purge=true to delete it.")
    with noted(user, "delete", job.job_id):
        if not lifecycle.purge([job.job_id]):
            raise Problem("job-not-finished", "Somebody has just retried the job.")
    site.files.remove_job(job.job_id)
    return HTTPResponse(status=204)


def require_possible(site: Site, job: Job, *, use_cache: bool = True) -> None:
    """Refuse to run again what cannot: for want of its files, or of a job that it needs."""
    if hopeless := queries.hopeless(job):
        needed, status = hopeless
        said = "retry that job, and this one waits for it again."
        said = said if status else "it was deleted, so submit this job as a new one."
        raise Problem("nothing-to-retry", f"It depends on job {needed}: {said}")
    first = queries.item(job, 0)
    if first is None:
        raise Problem("not-found", "Somebody has just deleted the job.")
    takes_files = not {*FILES, "beside"}.isdisjoint(_input(first[0]))
    reads_them = takes_files and queries.needs_uploads(job, use_cache=use_cache)
    if reads_them and not site.files.has_uploads(job.job_id):
        raise Problem(
            "nothing-to-retry",
            "Bellhop has deleted the uploads of this job, so it cannot run again.",
        )


def _input(item: Item) -> dict[str, Any]:
    try:
        return stored(item.input, dict, "item", item.id, "input")
    except Unreadable as error:
        raise Problem("unreadable", f"{error}.") from None


def shown(site: Site, user: User, job_id: str, status: int, **headers: str) -> HTTPResponse:
    """The answer that shows the job as it is now, after what was asked for was done."""
    try:
        (view,) = once_more(lambda: views.job_views(site, user, [find(user, job_id)]))
    except Exception as error:
        if not is_unavailable(error):
            raise
        raise unavailable(f"This was done, but Bellhop cannot show job {job_id} now") from error
    return json_answer(view, status, {"Location": view["links"]["self"], **headers})


def _submit_json(site: Site, user: User, text: str | None) -> HTTPResponse:
    document = read_json()
    key = idempotency.of_json(text, document)
    if known := idempotency.earlier_job(user, key):
        return _replayed(site, user, known)
    with earlier.as_uploads(site, user, document):
        given = site.uploads.given(user.name, uploads_in(document))
        job = site.intake.from_json(document, user.name, sent(given))
        return _accept(site, user, job, key, given)


def _submit_form(site: Site, user: User, text: str | None, form: Form) -> HTTPResponse:
    key = idempotency.of_form(text, form.fields, form.files)
    if known := idempotency.earlier_job(user, key):
        return _replayed(site, user, known)
    document = {"items": _uploads_of(form.fields)}
    with earlier.as_uploads(site, user, document):
        given = site.uploads.given(user.name, uploads_in(document), len(form.files))
        files: Uploads = [*form.files, *sent(given)]
        job = site.intake.from_form(form.fields, files, user.name)
        die_at("accept-bytes")
        site.files.accept(form.folder, job.job_id)
        die_at("accept-files")
        return _accept(site, user, job, key, given)


def _uploads_of(fields: dict[str, list[str]]) -> list[dict[str, str]]:
    """What a form names instead of sending it, taken out of it, as items of a JSON document.

    It is in the fields `files.of`, `upload`, and `upload.NAME`.
    """
    found = [{FILES_OF: given} for given in fields.pop(FILES_OF, ())]
    for name in [name for name in fields if name.partition(".")[0] == "upload"]:
        field = name.partition(".")[2] or FILE_FIELDS[0]
        found += [{"upload": upload_id, "field": field} for upload_id in fields.pop(name)]
    return found


def _accept(
    site: Site, user: User, job: NewJob, key: Key | None, given: Sequence[Given]
) -> HTTPResponse:
    try:
        with site.uploads.taken(given, site.files, job.job_id) as take:
            site.acceptance.accept(user, job, address=address(), key=key, first=take)
    except KeyIsTaken:
        if known := idempotency.earlier_job(user, key):
            return _replayed(site, user, known)
        raise Problem("request-in-progress", "The job of this key was just deleted.") from None
    except InDoubt as error:
        raise unavailable(IN_DOUBT.format(job=job.job_id)) from error
    return shown(site, user, job.job_id, 202)


def _replayed(site: Site, user: User, job_id: str) -> HTTPResponse:
    return shown(site, user, job_id, 202, **{"Idempotency-Replayed": "true"})


def _chosen_items(job: Job, chosen: Any) -> list[int] | None:
    """The item numbers that a retry names, None for all."""
    if chosen is None:
        return None
    is_list = isinstance(chosen, list) and all(type(index) is int for index in chosen)
    if not is_list or any(not 0 <= index < job.total_items for index in chosen):
        raise Problem("invalid-job", f"items must be numbers from 0 to {job.total_items - 1}.")
    return sorted(set(chosen))
