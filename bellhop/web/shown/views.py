"""Jobs, items and events as the API shows them."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from bellhop.accounts.access import User, may
from bellhop.base import addresses
from bellhop.base.documents import Unreadable, stored
from bellhop.base.errors import PROBLEMS, item_error
from bellhop.base.times import shifted
from bellhop.base.units import MEBIBYTE
from bellhop.catalog.description import KnownType
from bellhop.database.database import is_json
from bellhop.jobs import queries
from bellhop.jobs.items import uploads_in
from bellhop.schedules.cron import times_after
from bellhop.storage.files import Files
from bellhop.storage.models import FINAL, Event, Item, Job, Result, Schedule, Upload
from bellhop.uploads import uploads
from bellhop.web.answers import Written
from bellhop.web.shown import inputs
from bellhop.web.shown.outlook import Outlook
from bellhop.web.site import Site

# What is shown as it is stored.
JOB_COLUMNS = (
    "job_id", "type", "name", "owner", "queue", "status", "current_step", "priority", "change",
    "total_items", "completed_items", "failed_items", "attempt", "max_attempts", "created_at",
    "started_at", "completed_at", "run_at", "cancel_requested", "keep", "steps", "schedule",
    "watch",
)  # fmt: skip
# Characters of the data of a result.
MOST_READ = 64 * 1024
# Reasons that the message of a failed job names, and characters of each.
MOST_REASONS, MOST_CLAUSE = 3, 120
# Of the jobs of all schedules together, which no list shows in pages.
MOST_JOBS_BYTES = 4 * MEBIBYTE
# Of each schedule: the times to come, and the latest jobs.
NEXT_SHOWN, RUNS_SHOWN = 3, 10
EMPTY: dict[str, Callable[[], Any]] = {"{}": dict, "[]": list}
# What a view of a row runs into that holds something else than Bellhop wrote.
NOT_READABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
ITEMS_FAILED = "items-failed"
assert ITEMS_FAILED not in PROBLEMS, "a job's error is no problem of a request"


def job_views(site: Site, user: User, jobs: Sequence[Job]) -> Iterator[dict[str, Any]]:
    """Jobs as the API shows them to `user`, in the given order, each made when it is asked for."""
    outlook = Outlook(site, jobs)
    return (_job_view_or_mark(site, user, job, outlook) for job in jobs)


def _job_view_or_mark(site: Site, user: User, job: Job, outlook: Outlook) -> dict[str, Any]:
    """A job whose row cannot be read is shown as far as it can, and spoils no list."""
    try:
        return _job_view(site, user, job, outlook)
    except NOT_READABLE as error:
        unknown = ("expires_at", "position", "eta_s", "waiting_for", "webhook_url")
        return {
            **{name: job.__data__[name] for name in JOB_COLUMNS},
            **dict.fromkeys(unknown),
            "params": {},
            "progress": 0,
            "cached": False,
            "error": _unreadable(error),
            "then": [],
            "depends_on": [],
            "links": job_links(job.job_id),
        }


def _unreadable(error: Exception) -> dict[str, Any]:
    """The error of what is shown in place of a row that cannot be read."""
    return dict(json.loads(item_error("unreadable", reason=str(error)).shown()))


def _job_view(site: Site, user: User, job: Job, outlook: Outlook) -> dict[str, Any]:
    position = outlook.position(job)
    return {
        **{name: job.__data__[name] for name in JOB_COLUMNS},
        "params": _parsed(job, "params", dict),
        "progress": job.progress_points // job.total_items,
        "cached": job.cached_items == job.total_items * job.steps,
        "expires_at": expires_at(site, job),
        "position": position,
        "eta_s": outlook.eta_s(job),
        "waiting_for": outlook.reason(job, position),
        "error": _job_error(job, outlook.trouble(job)),
        # Whoever knows the address of a webhook can often send to it.
        "webhook_url": job.webhook_url if may(user, "inspect", job) else None,
        "then": _parsed(job, "chain", list),
        "depends_on": _parsed(job, "depends_on", list),
        "links": job_links(job.job_id),
    }


def _parsed(job: Job, column: str, kind: type[Any]) -> Any:
    """What a JSON column holds; most hold nothing."""
    text = job.__data__[column]
    return EMPTY[text]() if text in EMPTY else stored(text, kind, "job", job.id, column)


def job_links(job_id: str) -> dict[str, str]:
    base = addresses.of_job(job_id)
    return {
        "self": base,
        "result": f"{base}/result",
        "items": f"{base}/items",
        "deliveries": f"{base}/deliveries",
        "events": f"{base}/events",
    }


def item_view(
    job: Job, item: Item, result: Result | None, *, files: Files | None = None
) -> dict[str, Any]:
    """An item of a job in one step; its input for who may read it, who gives `files`."""
    return {
        "index": item.item_index,
        "step": item.step,
        "filename": item.filename,
        "type": item.type,
        "queue": item.queue,
        "status": item.status,
        "progress": item.progress,
        "current_step": item.current_step,
        "attempt": item.attempt,
        "cached": bool(item.cached),
        "cached_from": item.cached_from if item.cached else None,
        **_given(job, item, result),
        "input": inputs.view(files, job, item) if files else None,
        **_partial(item),
    }


def _partial(item: Item) -> dict[str, Any]:
    """What a running item has given so far, where it has."""
    if item.partial is None:
        return {}
    try:
        return {"partial": stored(item.partial, object, "item", item.id, "partial")}
    except NOT_READABLE:
        return {}


def result_view(job: Job, item: Item, result: Result | None) -> dict[str, Any]:
    return {
        "index": item.item_index,
        "step": item.step,
        "filename": item.filename,
        "type": item.type,
        "status": item.status,
        **_given(job, item, result),
    }


def event_view(event: Event, *, with_traceback: bool = False) -> dict[str, Any]:
    names = ["at", "item", "step", "attempt", "move", "code", "text"]
    names += ["traceback"] if with_traceback else []
    return {name: getattr(event, name) for name in names}


def type_view(job_type: KnownType) -> dict[str, Any]:
    names = (
        "type", "label", "description", "input", "accepts", "params", "queue", "timeout_s",
        "available", "reason", "viewer",
    )  # fmt: skip
    shown = {name: getattr(job_type, name) for name in names}
    return {**shown, "inputs": [vars(each) for each in job_type.inputs]}


def _given(job: Job, item: Item, result: Result | None) -> dict[str, Any]:
    """The error of an item, and its data, files and warnings, which are empty before its end."""
    try:
        error = stored(item.error, dict, "item", item.id, "error") if item.error else None
        if error and item.status not in FINAL:
            error = {**error, "failures": item.failures, "retry_at": item.not_before}
        given = _result(job, item, result) if result else {}
    except NOT_READABLE as garbage:
        error, given = _unreadable(garbage), {}
    return {"error": error, "data": None, "files": [], "warnings": [], **given}


def _result(job: Job, item: Item, result: Result) -> dict[str, Any]:
    base = f"{addresses.of_job(job.job_id)}/items/{item.item_index}/files/"
    step = "" if item.step + 1 == job.steps else f"?step={item.step}"
    where = "result", item.id
    files = [
        {"name": file["name"], "size": file["size"], "url": base + quote(file["name"]) + step}
        for file in stored(result.files, list, *where, "files")
    ]
    return {
        "data": _data(result, *where),
        "files": files,
        "warnings": stored(result.warnings, list, *where, "warnings"),
    }


def _data(result: Result, table: str, row: int) -> Any:
    """What a result holds, of which more than `MOST_READ` is not read but handed on."""
    text = result.data
    if isinstance(text, str) and len(text) > MOST_READ and is_json(text):
        return Written(text)
    return stored(text, object, table, row, "data")


def schedule_views(user: User, schedules: Iterable[Schedule]) -> Iterator[dict[str, Any]]:
    """Schedules as the API shows them: all of them, but no job beyond `MOST_JOBS_BYTES` of them."""
    left, runs = MOST_JOBS_BYTES, queries.schedule_runs(user, RUNS_SHOWN)
    kept_by = functools.cache(uploads.kept)
    for schedule in schedules:
        left -= len((schedule.job or "").encode())
        view = _schedule_view(schedule, with_job=left >= 0)
        yield {
            **view,
            "files": [
                _kept_file(kept_by(schedule.owner), *each) for each in uploads_in(view["job"])
            ],
            "next_runs": _next_runs(schedule),
            "runs": runs.get(schedule.id, []),
        }


def _kept_file(kept: Mapping[str, Upload], field: str, upload_id: str) -> dict[str, Any]:
    """A file that the job of a schedule names; of one that is gone nothing is known."""
    file = kept.get(upload_id)
    return {
        "upload": upload_id,
        "field": field,
        "filename": file.filename if file else None,
        "size": file.length if file else None,
    }


def _next_runs(schedule: Schedule) -> tuple[str, ...]:
    if schedule.paused_at is not None:
        return ()
    return times_after(schedule.cron, schedule.timezone, schedule.next_at, NEXT_SHOWN)


def _schedule_view(schedule: Schedule, *, with_job: bool) -> dict[str, Any]:
    names = (
        "id", "name", "owner", "cron", "timezone", "next_at", "last_at", "last_job_id", "error",
        "created_at", "paused_by", "paused_at",
    )  # fmt: skip
    shown = {name: getattr(schedule, name) for name in names}
    shown["paused"] = schedule.paused_at is not None
    wish = {"address": schedule.notify_address, "wants": schedule.notify}
    shown["notify"] = wish if schedule.notify else None
    if not (schedule.job and with_job):
        return {**shown, "job": None}
    try:
        return {**shown, "job": stored(schedule.job, dict, "schedule", schedule.id, "job")}
    except Unreadable as error:
        return {**shown, "job": {}, "error": str(error)}


def delivery_view(number: int, job: Job) -> dict[str, Any]:
    """A delivery of a webhook: a job of its own, whose first item is the one request."""
    found = queries.item(job, 0)
    params = _delivered(job)
    shown = _given(job, *found) if found else {"error": None, "data": None}
    return {
        "number": number,
        "delivery_id": job.job_id,
        "message_id": params.get("message_id"),
        "url": params.get("url"),
        "event": job.name,
        "status": job.status,
        "attempt": job.attempt,
        "created_at": job.created_at,
        "completed_at": job.completed_at,
        "error": shown["error"],
        "answer": shown["data"],
        "links": {"self": job_links(job.job_id)["self"]},
    }


def _delivered(job: Job) -> dict[str, Any]:
    try:
        return stored(job.params, dict, "job", job.id, "params")
    except Unreadable:
        return {}


def _job_error(job: Job, trouble: queries.Trouble | None) -> dict[str, Any] | None:
    if trouble:
        error = stored(trouble.error, dict, "item of job", job.id, "error")
        return {**error, "failures": trouble.failures, "retry_at": trouble.retry_at}
    if job.status not in ("failed", "cancelled"):
        return None
    first = stored(job.error, dict, "job", job.id, "error") if job.error else None
    if job.status == "cancelled":
        return first
    return {"code": ITEMS_FAILED, **_failed(job, first or {})}


def _failed(job: Job, first: dict[str, Any]) -> dict[str, Any]:
    """What is said of a failed job: its reasons with their counts, as its stored error has them."""
    count, reasons = f"{job.failed_items} of {job.total_items} failed", first.get("reasons") or []
    if len(reasons) < 2:
        message = f"{count}: {first['message']}" if first else count
        return {"message": message, "hint": first.get("hint"), **_named(reasons)}
    said = [f"{_clause(each['message'])} ({each['count']})" for each in reasons[:MOST_REASONS]]
    left = job.failed_items - sum(each["count"] for each in reasons[:MOST_REASONS])
    others = [f"other reasons ({left})"] if left > 0 else []
    return {"message": f"{count}: {'; '.join([*said, *others])}", "hint": None, **_named(reasons)}


def _named(reasons: list[dict[str, Any]]) -> dict[str, Any]:
    return {"reasons": reasons} if reasons else {}


def _clause(message: str) -> str:
    """A message as a part of a sentence."""
    is_long = len(message) > MOST_CLAUSE
    return message[:MOST_CLAUSE].rstrip() + "…" if is_long else message.rstrip(" .")


def expires_at(site: Site, job: Job) -> str | None:
    """When a final job goes with its results; None while nothing is said about that."""
    days = site.settings.lifetime_of(job.type).results_days
    if job.completed_at is None or not days or job.keep:
        return None
    try:
        return shifted(job.completed_at, timedelta(days=days))
    except (ValueError, OverflowError):  # its row cannot be read
        return None
