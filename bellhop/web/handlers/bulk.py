"""POST /jobs/bulk: cancel, retry, give up or delete many jobs with one request."""

from __future__ import annotations

from typing import Any

from bottle import HTTPResponse

from bellhop.accounts import audit
from bellhop.accounts.access import User
from bellhop.base.errors import Problem, invalid_field
from bellhop.database.database import certain, database
from bellhop.jobs import lifecycle, queries
from bellhop.jobs.intake import is_job_id
from bellhop.web import query
from bellhop.web.answers import json_answer, read_object, require_known
from bellhop.web.gate import address, find, require
from bellhop.web.handlers.jobs import FILTERS, NO_RETRY, job_filter, require_possible
from bellhop.web.site import Site

MOST_JOBS = 10_000
MOST_IN_SLICE = 1000
# Jobs in one transaction: others may write in between.
BITE = 20
ACTIONS = ("cancel", "retry", "give_up", "purge")
AUDITED = {"cancel": "cancel", "retry": "retry", "give_up": "end retries", "purge": "delete"}
MEMBERS = ("action", "ids", "filter", "expected", "limit", "cursor", "dry_run")


def act(site: Site, user: User) -> HTTPResponse:
    """What was done to how many jobs, and why not to the others."""
    body = read_object()
    action = _checked(body)
    answer: dict[str, Any] = {"action": action, "count": 0, "done": 0, "refused": []}
    if body.get("dry_run"):
        return json_answer({**answer, **_counted(user, body)})
    job_ids, following = _chosen(user, body)
    answer["count"] = len(job_ids)
    for start in range(0, len(job_ids), BITE):
        _act_on(site, user, action, job_ids[start : start + BITE], answer)
    if "limit" in body:
        answer["next"] = query.cursor_of(following) if following else None
    return json_answer(answer)


def _counted(user: User, body: dict[str, Any]) -> dict[str, Any]:
    """How many jobs are meant; of a filter, where slices begin that leave out newer jobs."""
    if body.get("ids") is not None:
        return {"count": len({*body["ids"]})}
    count, newest = queries.count_jobs(user, job_filter(body["filter"]))
    return {"count": count, "cursor": query.cursor_of(newest + 1)}


def _chosen(user: User, body: dict[str, Any]) -> tuple[list[str], int | None]:
    """The ids of the jobs that are meant, and the row id behind which the next slice begins."""
    if body.get("ids") is not None:
        return list(dict.fromkeys(body["ids"])), None
    wanted = job_filter(body["filter"])
    if "limit" in body:
        before = query.cursor_in(body.get("cursor"))
        return queries.job_ids(user, wanted, before=before, limit=body["limit"])
    job_ids, following = queries.job_ids(user, wanted, limit=MOST_JOBS)
    if following:
        raise invalid_field("filter", f"matches more than {MOST_JOBS:,} jobs, the most at once")
    if body.get("expected") != len(job_ids):
        said = f"{len(job_ids)} jobs match now, not {body.get('expected')}; no job was changed."
        raise Problem("count-changed", said, count=len(job_ids))
    return job_ids, None


def _act_on(
    site: Site, user: User, action: str, job_ids: list[str], answer: dict[str, Any]
) -> None:
    """Do it to some jobs in one transaction, and note what became of each in `answer`."""
    done: list[str] = []
    notes: list[audit.Note] = []
    with certain(lambda: audit.is_kept(notes)), database.atomic():
        for job_id in job_ids:
            if refusal := _refusal(site, user, action, job_id):
                answer["refused"].append({"job_id": job_id, **refusal})
            else:
                notes.append(audit.note(user.name, address(), AUDITED[action], job_id))
                done.append(job_id)
    answer["done"] += len(done)
    if action == "purge":
        site.files.remove_jobs(done)


def _checked(body: dict[str, Any]) -> str:
    """The action of a well-formed request."""
    require_known(body, MEMBERS)
    action = body.get("action")
    if action not in ACTIONS:
        raise invalid_field("action", f"must be one of {', '.join(ACTIONS)}")
    ids, chosen = body.get("ids"), body.get("filter")
    if (ids is None) == (chosen is None):
        raise invalid_field("ids", "must be given without filter, or filter without ids")
    if ids is not None:
        if not isinstance(ids, list) or not all(map(is_job_id, ids)):
            raise invalid_field("ids", "must be a list of job ids")
        if len(ids) > MOST_JOBS:
            raise invalid_field("ids", f"can have at most {MOST_JOBS} ids")
    elif not isinstance(chosen, dict) or job_filter(chosen).is_empty():
        raise invalid_field("filter", f"must have at least one of {', '.join(FILTERS)}")
    if not isinstance(body.get("dry_run", False), bool):
        raise invalid_field("dry_run", "must be true or false")
    _check_extent(body, is_counted=ids is not None or body.get("dry_run", False))
    return str(action)


def _check_extent(body: dict[str, Any], *, is_counted: bool) -> None:
    """That it is said how far a filter goes: `limit`, or how many jobs are `expected`."""
    for name in ("limit", "cursor"):
        if name in body and is_counted:
            raise invalid_field(name, "is only for a filter, and not with dry_run")
    if "cursor" in body and "limit" not in body:
        raise invalid_field("limit", "is required with cursor")
    limit = body.get("limit")
    if "limit" in body and not (type(limit) is int and 1 <= limit <= MOST_IN_SLICE):
        raise invalid_field("limit", f"must be a number from 1 to {MOST_IN_SLICE}")
    if "limit" not in body and not is_counted and type(body.get("expected")) is not int:
        raise invalid_field(
            "expected", "is required with filter: the number of jobs that should match"
        )


def _refusal(site: Site, user: User, action: str, job_id: str) -> dict[str, str] | None:
    """Do it to one job; why it cannot be done, None when it was."""
    try:
        job = find(user, job_id)
        require(user, "change", job)
        if action == "cancel" and not lifecycle.ask_cancel(job_id):
            raise Problem("job-final", f"The job is already {job.status}.")
        if action == "retry":
            require_possible(site, job)
            if not lifecycle.retry(job_id) + lifecycle.hurry(job_id):
                raise Problem("nothing-to-retry", "No item of this job failed or was cancelled.")
        if action == "give_up" and not lifecycle.give_up(job_id):
            raise Problem("nothing-to-retry", NO_RETRY)
        if action == "purge" and not lifecycle.purge([job_id]):
            raise Problem("job-not-finished", f"The job is {job.status}; cancel it first.")
    except Problem as problem:
        return {"code": problem.code, "detail": problem.detail}
    return None
