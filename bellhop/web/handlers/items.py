"""Handlers of one job and what belongs to it: result, items, events, output files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bottle import HTTPResponse, request

from bellhop.accounts.access import User, may
from bellhop.base.documents import stored
from bellhop.base.errors import Problem
from bellhop.base.times import timestamp
from bellhop.jobs import queries
from bellhop.storage.files import attempt_name
from bellhop.storage.models import FINAL, Job
from bellhop.stores.contents import Opened
from bellhop.web import downloads, patience, query
from bellhop.web.answers import (
    Written,
    fitting,
    json_answer,
    tagged_answer,
)
from bellhop.web.gate import again
from bellhop.web.shown import inputs, views
from bellhop.web.site import Site

# Of one job: with more, it is not the reason that people look for.
MOST_REASONS = 100


def result(site: Site, user: User, job: Job) -> HTTPResponse:
    """GET /jobs/ID/result: 200 for a final job of which at least one item completed."""
    require_result(site, job)
    page = result_page(job)
    return json_answer(page, headers=query.page_headers(page["next"]))


def require_result(site: Site, job: Job) -> None:
    """Raise the problem of a job that has no result, not yet or no more."""
    _require_in_time(site, job)
    if job.status not in FINAL:
        raise Problem("job-not-finished", f"The job is {job.status}; try again when it is final.")
    if not job.completed_items:
        raise Problem(f"job-{job.status}", "No item of the job completed, so there is no result.")


def result_page(job: Job) -> dict[str, Any]:
    """The result as the request's `limit` and `cursor` cut it: what the last steps gave."""
    limit, after = query.page_limit(200), query.read_cursor() or 0
    page = queries.items(job, only_ends=True, after=after, limit=limit)
    shown, following = _shown_items(job, page, views.result_view)
    return {"job_id": job.job_id, "type": job.type, "items": shown, "next": following}


def show(site: Site, user: User, job: Job) -> HTTPResponse:
    """GET /jobs/ID: the job, with a strong ETag; `include=result` adds what there is of it."""
    answer = _shown(site, user, job)
    is_news = "HTTP_IF_NONE_MATCH" in request.environ and answer.status_code != 304
    if "HTTP_PREFER" not in request.environ or is_news:
        return answer
    granted_s = patience.wait(site, job)
    if granted_s is not None:
        answer = _shown(site, *again(site.settings, job.job_id))
        answer.set_header("Preference-Applied", f"wait={granted_s}")
    return answer


def _shown(site: Site, user: User, job: Job) -> HTTPResponse:
    (document,) = views.job_views(site, user, [job])
    if query.text("include") == "result":
        has_result = job.status in FINAL and job.completed_items
        with site.turns.turn(user):
            document["result"] = result_page(job) if has_result else None
    headers = {} if job.status in FINAL else {"Retry-After": "2"}
    return tagged_answer(document, **headers)


def items(site: Site, user: User, job: Job) -> HTTPResponse:
    """GET /jobs/ID/items: every item with its state, also while the job runs."""
    after, limit = query.read_cursor() or 0, query.page_limit(200)
    page = queries.items(job, statuses=query.statuses(), after=after, limit=limit)
    files = site.files if may(user, "inspect", job) else None
    shown, following = _shown_items(job, page, partial(views.item_view, files=files))
    document = {"items": shown, "next": following}
    return json_answer(document, headers=query.page_headers(following))


def reasons(site: Site, user: User, job: Job) -> HTTPResponse:
    """GET /jobs/ID/reasons: why items failed, the most frequent reason first."""
    found = queries.failures(job.id)[:MOST_REASONS]
    return json_answer({"reasons": [vars(each) for each in found]})


def events(site: Site, user: User, job: Job) -> HTTPResponse:
    """GET /jobs/ID/events: the timeline; `include=traceback` adds what mistakes looked like.

    That is for whoever submitted the job: a traceback may show what was in a file.
    """
    limit = query.page_limit(200)
    rows = queries.events(job, after=query.read_cursor() or 0, limit=limit)
    with_traceback = query.text("include") == "traceback" and may(user, "inspect", job)
    shown = fitting(views.event_view(row, with_traceback=with_traceback) for row in rows)
    is_cut = len(shown) < len(rows) or len(rows) == limit
    following = query.cursor_of(rows[len(shown) - 1].id) if is_cut else None
    document = {"events": shown, "next": following}
    return json_answer(document, headers=query.page_headers(following))


def file(site: Site, user: User, job: Job, index: str, name: str) -> HTTPResponse:
    """GET /jobs/ID/items/INDEX/files/NAME: only a name that the result lists."""
    step, to_look_at = query.number("step"), query.text("view") == "1"
    _require_in_time(site, job)
    found = queries.item(job, int(index), job.steps - 1 if step is None else step)
    item, given = found or (None, None)
    listed = stored(given.files, list, "result", item.id, "files") if item and given else []
    for file in listed:
        if isinstance(file, dict) and file.get("name") == name:
            opened = _opened(site, job, file.get("path"))
            return downloads.given(opened, name.rpartition("/")[2], to_look_at=to_look_at)
    raise Problem("not-found", "The item has no file with this name.")


def _opened(site: Site, job: Job, path: object) -> Opened:
    """The output file whose stored path this is."""
    try:
        return site.files.open_result(job.job_id, str(path))
    except FileNotFoundError:
        raise Problem("not-found", "Bellhop no longer has this file.") from None


def given_file(site: Site, user: User, job: Job, index: str) -> HTTPResponse:
    """GET /jobs/ID/items/INDEX/input: the file, text or data that the item was given."""
    to_look_at = query.text("view") == "1"
    found = queries.item(job, int(index))
    given = inputs.given(found[0]) if found else None
    if not given:
        raise Problem("not-found", "There is no such item, or it was not given one file.")
    try:
        opened = given.open(site.files, job.job_id)
    except FileNotFoundError:
        raise Problem("expired", "Bellhop has deleted the uploads of this job.") from None
    return downloads.given(opened, given.filename, to_look_at=to_look_at)


def log(site: Site, user: User, job: Job, index: str) -> HTTPResponse:
    """GET /jobs/ID/items/INDEX/log: what an attempt printed; the latest without `attempt`."""
    found = queries.item(job, int(index), query.number("step") or 0)
    attempt = query.number("attempt") or (found[0].attempt if found else 0)
    if found is None or attempt > found[0].attempt:
        raise Problem("not-found", "There is no such item, step or attempt.")
    printed = site.files.printed(job.job_id, attempt_name(int(index), found[0].step, attempt))
    return HTTPResponse(printed, 200, {"Content-Type": "text/plain; charset=utf-8"})


def _require_in_time(site: Site, job: Job) -> None:
    """Refuse what the keeper has not removed yet, but whose time is over."""
    until = views.expires_at(site, job)
    if until is not None and until < timestamp():
        raise Problem(
            "expired", "Bellhop deleted these results when they reached their maximum age."
        )


def _shown_items(
    job: Job, page: queries.ItemPage, view: Callable[..., dict[str, Any]]
) -> tuple[list[Written], str | None]:
    """The items that one answer has room for, and the cursor of those behind them."""
    shown = fitting(view(job, item, given) for item, given in page.rows)
    if not page.has_more and len(shown) == len(page.rows):
        return shown, None
    return shown, query.cursor_of(page.rows[len(shown) - 1][0].id)
