"""Jobs, items and events as the API shows them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import queries
from errors import PROBLEMS
from models import FINAL, Event, Item, Job, Result, shifted
from web.site import Site

# What is shown as it is stored.
JOB_COLUMNS = (
    "job_id", "type", "name", "owner", "queue", "status", "current_step", "priority", "change",
    "total_items", "completed_items", "failed_items", "attempt", "max_attempts", "created_at",
    "started_at", "completed_at", "run_at", "cancel_requested",
)  # fmt: skip
ITEMS_FAILED = "items-failed"
assert ITEMS_FAILED not in PROBLEMS, "a job's error is no problem of a request"


def job_views(site: Site, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Jobs as the API shows them, in the given order."""
    waiting = _Waiting(site, jobs)
    return [_job_view(site, job, waiting) for job in jobs]


def _job_view(site: Site, job: Job, waiting: _Waiting) -> dict[str, Any]:
    position = queries.position(job) if job.status == "queued" else None
    return {
        **{name: getattr(job, name) for name in JOB_COLUMNS},
        "params": json.loads(job.params),
        "progress": job.progress_points // job.total_items,
        "cached": False,
        "expires_at": _expires_at(site, job),
        "position": position,
        "eta_s": None,
        "waiting_for": waiting.reason(job, position),
        "error": _job_error(job),
        "links": job_links(job.job_id),
    }


def job_links(job_id: str) -> dict[str, str]:
    base = f"/api/v1/jobs/{job_id}"
    return {
        "self": base,
        "result": f"{base}/result",
        "items": f"{base}/items",
        "events": f"{base}/events",
    }


def item_view(job: Job, item: Item, result: Result | None) -> dict[str, Any]:
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
        "cached": item.cached,
        "error": json.loads(item.error) if item.error else None,
        **_given(job, item, result),
    }


def result_view(job: Job, item: Item, result: Result | None) -> dict[str, Any]:
    return {
        "index": item.item_index,
        "filename": item.filename,
        "status": item.status,
        **_given(job, item, result),
        "error": json.loads(item.error) if item.error else None,
    }


def event_view(event: Event, *, with_traceback: bool = False) -> dict[str, Any]:
    names = ["at", "item", "step", "attempt", "move", "code", "text"]
    names += ["traceback"] if with_traceback else []
    return {name: getattr(event, name) for name in names}


def type_view(description: dict[str, Any]) -> dict[str, Any]:
    names = (
        "type", "label", "description", "input", "accepts", "params", "queue", "timeout_s",
        "available", "reason", "viewer",
    )  # fmt: skip
    return {name: description[name] for name in names}


def _given(job: Job, item: Item, result: Result | None) -> dict[str, Any]:
    """The data, files and warnings of an item that completed; empty before."""
    if result is None:
        return {"data": None, "files": [], "warnings": []}
    base = f"/api/v1/jobs/{job.job_id}/items/{item.item_index}/files/"
    files = [
        {"name": file["name"], "size": file["size"], "url": base + quote(file["name"])}
        for file in json.loads(result.files)
    ]
    return {
        "data": json.loads(result.data),
        "files": files,
        "warnings": json.loads(result.warnings),
    }


def _job_error(job: Job) -> dict[str, Any] | None:
    if job.status != "failed":
        return None
    first = json.loads(job.error or "{}")
    count = f"{job.failed_items} of {job.total_items} failed"
    message = f"{count}: {first['message']}" if first else count
    return {"code": ITEMS_FAILED, "message": message, "hint": first.get("hint")}


def _expires_at(site: Site, job: Job) -> str | None:
    days = site.settings.lifetime.results_days
    if job.completed_at is None or not days:
        return None
    return shifted(job.completed_at, timedelta(days=days))


class _Waiting:
    """Why jobs are not running, in words; asks what several jobs share only once."""

    def __init__(self, site: Site, jobs: Iterable[Job]):
        unfinished = [job for job in jobs if job.status not in FINAL]
        self._retries = queries.next_retry(job.id for job in unfinished) if unfinished else {}
        consumers = queries.living_consumers(site.here) if unfinished else []
        at_work = [consumer for consumer in consumers if not consumer.draining]
        self._served = {queue for consumer in at_work for queue in json.loads(consumer.queues)}
        self._any_consumer = bool(consumers)
        self._is_drained = bool(consumers) and not at_work
        self._types = site.catalog.types() if unfinished else {}

    def reason(self, job: Job, position: int | None) -> str | None:
        if job.status in FINAL or job.cancel_requested:
            return None
        if not self._any_consumer:
            return "no consumer is running"
        if self._is_drained and job.status != "running":
            return "Bellhop was told to drain; it runs after the next start"
        if job.queue not in self._served and not self._is_drained:
            return f"no consumer serves the queue {job.queue}"
        if job.status == "running":
            return self._retry(job)
        job_type = self._types.get(job.type)
        if job_type is None or not job_type["available"]:
            return f"its job type is not available: {job_type['reason'] if job_type else 'gone'}"
        return self._retry(job) or _ahead(position)

    def _retry(self, job: Job) -> str | None:
        at = self._retries.get(job.id)
        return f"retry at {at[11:19]}Z" if at else None


def _ahead(position: int | None) -> str:
    if position is None:
        return "more than 100 jobs ahead"
    if position == 1:
        return "a free worker"
    return "1 job ahead" if position == 2 else f"{position - 1} jobs ahead"
