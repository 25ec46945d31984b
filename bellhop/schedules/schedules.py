"""Jobs that are submitted again and again, at the times that a cron expression names.

The web adds and removes schedules; the keeper submits what is due. A schedule and the job it
makes are written in one transaction, so each time is used once, and of the times that passed
while Bellhop was not running only one.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from bellhop.accounts import accounts
from bellhop.accounts.access import User, owned
from bellhop.base.documents import stored
from bellhop.base.errors import Problem, invalid_field
from bellhop.base.texts import cleaned
from bellhop.base.times import now, timestamp
from bellhop.base.units import DAY_S, KIBIBYTE
from bellhop.database.database import apart, database, named, query
from bellhop.jobs import limits
from bellhop.jobs.acceptance import Acceptance
from bellhop.jobs.intake import Intake
from bellhop.jobs.newjob import NewJob
from bellhop.schedules.cron import next_time
from bellhop.storage.models import Schedule

MOST_SCHEDULES, MOST_OF_ACCOUNT = 1000, 100
MOST_NAME = 200
# Of the job of a schedule as JSON, with its items; what is larger belongs into a file.
MOST_SCHEDULED_BYTES = 64 * KIBIBYTE
# When a schedule is looked at again whose zone is not known any more.
AGAIN_S = DAY_S
FIELDS = ("name", "cron", "timezone", "job")
# A longer job, which an earlier version accepted, is submitted and not shown.
SHOWN = """id, name, owner, token, cron, timezone, next_at, last_at, last_job_id, error, created_at,
    paused_by, paused_at, CASE WHEN length(job) <= :most THEN job END AS job"""
SET_NEXT = "UPDATE schedule SET next_at = :next WHERE id = :id AND next_at = :was"
ENDED = "The token that made this schedule has expired or was revoked; add the schedule again."
log = logging.getLogger("bellhop.schedules")


class Overtaken(Exception):
    """Somebody else used this time of a schedule."""


def add(document: Any, user: User, intake: Intake) -> int:
    """Add a schedule from what a client sent; its id. Raises the problem that names why not.

    One that a token makes ends with the token.
    """
    given = _checked(
        {**dict.fromkeys(FIELDS), **_fields(document, FIELDS)}, user, user.name, intake
    )
    values = {
        **given,
        "owner": user.name,
        "token": user.token,
        "next": next_time(given["cron"], given["timezone"], now()),
        "now": timestamp(),
    }
    with database.atomic():
        _require_place(user.name)
        sql = """INSERT INTO schedule (name, owner, token, cron, timezone, job, next_at, created_at)
            VALUES (:name, :owner, :token, :cron, :timezone, :job, :next, :now) RETURNING id"""
        return int(query(sql, values)[0][0])


def change(schedule: Schedule, document: Any, user: User, intake: Intake) -> None:
    """Change what a client sent of a schedule, also whether it is paused. Raises as `add` does.

    What was not sent stays as it is. The time of the next job is computed from now on, unless the
    schedule stays paused or goes on as before.
    """
    sent = dict(_fields(document, (*FIELDS, "paused")))
    is_paused = sent.pop("paused", schedule.paused_at is not None)
    if not isinstance(is_paused, bool):
        raise invalid_field("paused", "must be true or false")
    given = _checked(sent, user, schedule.owner, intake)
    cron, timezone = (given.get(name, getattr(schedule, name)) for name in ("cron", "timezone"))
    was_paused = schedule.paused_at is not None
    is_moved = bool({"cron", "timezone"} & {*given}) or (was_paused and not is_paused)
    if is_paused != was_paused:
        given["paused_by"], given["paused_at"] = (
            (user.name, timestamp()) if is_paused else (None, None)
        )
    if is_moved:
        given["next_at"] = next_time(cron, timezone, now())
    if given:
        sets = ", ".join(f"{name} = :{name}" for name in given)
        query(
            f"UPDATE schedule SET {sets}, error = NULL WHERE id = :id", {**given, "id": schedule.id}
        )


def _fields(document: Any, known: Sequence[str]) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise Problem("bad-json", "The body must be a JSON object.")
    for name in document:
        if name not in known:
            said = f"is unknown; a schedule has the fields {', '.join(known)}"
            raise invalid_field(str(name), said)
    return document


def _checked(given: dict[str, Any], user: User, owner: str, intake: Intake) -> dict[str, Any]:
    """The columns of what was given of a schedule of `owner`; raises the problem of what is wrong.

    A cron expression and a zone are checked together by whoever computes the next time.
    """
    checked = {name: value for name, value in given.items() if name in ("cron", "timezone")}
    if "timezone" in checked:
        checked["timezone"] = checked["timezone"] or "UTC"
    if "name" in given:
        name = cleaned(given["name"]).strip() if isinstance(given["name"], str) else ""
        if not 0 < len(name) <= MOST_NAME:
            raise invalid_field("name", f"must be a text of 1 to {MOST_NAME} characters")
        checked["name"] = name
    if "job" in given:
        checked["job"] = _checked_job(given["job"], user, owner, intake)
    return checked


def _checked_job(job: Any, user: User, owner: str, intake: Intake) -> str:
    for option in ("run_at", "delay_s", "depends_on"):
        if isinstance(job, dict) and job.get(option):
            raise invalid_field(f"job.{option}", "is not allowed in the job of a schedule")
    text = json.dumps(job, ensure_ascii=False)
    if len(text.encode()) > MOST_SCHEDULED_BYTES:
        raise invalid_field("job", f"has more than {MOST_SCHEDULED_BYTES // KIBIBYTE} KiB as JSON")
    limits.require_priority(user, intake.from_json(job, owner).priority)
    return text


def _require_place(owner: str) -> None:
    """Raise the problem of one schedule too many, of the owner or of all."""
    count = "SELECT count(*), count(CASE WHEN owner = :owner THEN 1 END) FROM schedule"
    ((every, theirs),) = query(count, {"owner": owner})
    if every >= MOST_SCHEDULES:
        raise invalid_field("name", f"there are already {MOST_SCHEDULES} schedules")
    if accounts.is_closed() and theirs >= MOST_OF_ACCOUNT:
        said = f"{owner} already has {MOST_OF_ACCOUNT} schedules; remove one first"
        raise invalid_field("name", said)


def listed(viewer: User) -> list[Schedule]:
    """The schedules that the viewer may read, the one that is due next first."""
    sql = f"""SELECT {SHOWN} FROM schedule WHERE {owned(viewer)} ORDER BY next_at, id"""
    values = {"viewer": viewer.name, "most": MOST_SCHEDULED_BYTES}
    return [Schedule(**row) for row in named(sql, values)]


def remove(schedule: int) -> bool:
    """Remove a schedule; the jobs it made stay. False when it is not there."""
    with database.atomic():
        sql = "DELETE FROM schedule WHERE id = :id RETURNING id"
        return bool(query(sql, {"id": schedule}))


def submit_due(intake: Intake, acceptance: Acceptance) -> int:
    """Submit the jobs whose time has come; how many. Made by the keeper."""
    due = named(
        "SELECT * FROM schedule WHERE next_at <= :now AND paused_at IS NULL ORDER BY next_at",
        {"now": timestamp()},
    )
    return sum(_submit(Schedule(**row), intake, acceptance) for row in due)


def run_now(
    schedule: Schedule, user: User, address: str, intake: Intake, acceptance: Acceptance
) -> str:
    """Submit the job of a schedule beside its times; its id. Raises the problem that names why not.

    It is the owner's, whoever asks.
    """
    ((text,),) = query("SELECT job FROM schedule WHERE id = :id", {"id": schedule.id})
    job = _job_of(schedule, text, user, intake)
    values = {"id": schedule.id, "now": timestamp(), "job_id": job.job_id}
    sql = """UPDATE schedule SET last_at = :now, last_job_id = :job_id, error = NULL
        WHERE id = :id"""
    acceptance.accept(
        user,
        job,
        address=address,
        action="run schedule",
        target=str(schedule.id),
        first=partial(query, sql, values),
    )
    return job.job_id


def _job_of(schedule: Schedule, text: str, submitter: User, intake: Intake) -> NewJob:
    """The next job of a schedule."""
    document = stored(text, dict, "schedule", schedule.id, "job")
    job = replace(intake.from_json(document, schedule.owner), schedule=schedule.id)
    if submitter.role != "admin":  # an earlier version let everybody have one above 0
        job = replace(job, priority=min(0, job.priority))
    return job


def follow_clock() -> None:
    """The wall clock was set: no schedule waits for longer than its expression says from now.

    Made by the keeper.
    """
    for row in named("SELECT id, cron, timezone, next_at FROM schedule"):
        with apart(f"schedule {row['id']}"):
            try:
                expected = next_time(row["cron"], row["timezone"], now())
            except Problem:
                expected = timestamp(AGAIN_S)
            if row["next_at"] > expected:
                values = {"id": row["id"], "was": row["next_at"], "next": expected}
                query(SET_NEXT, values)


def _submit(schedule: Schedule, intake: Intake, acceptance: Acceptance) -> bool:
    """Submit the job of a schedule, or record why it cannot be; only the first to come does."""
    following = timestamp(AGAIN_S)
    with contextlib.suppress(Overtaken):
        try:
            following = next_time(schedule.cron, schedule.timezone, now())
            submitter = _submitter(schedule)
            job = _job_of(schedule, schedule.job, submitter, intake)
            acceptance.accept(
                submitter,
                job,
                address=f"schedule {schedule.id}",
                first=partial(_move_on, schedule, following, job_id=job.job_id),
            )
            return True
        except Problem as problem:
            log.warning("schedule=%d cannot submit its job: %s", schedule.id, problem.detail)
            _move_on(schedule, following, error=problem.detail)
        except (ValueError, TypeError) as error:
            log.warning("schedule=%d cannot be read: %s", schedule.id, error)
            _move_on(schedule, following, error=f"Bellhop cannot read this schedule: {error}.")
    return False


def _submitter(schedule: Schedule) -> User:
    """Whoever a schedule submits for: an account that may not any more is like a viewer's.

    Raises the problem of a schedule whose token is over.
    """
    if schedule.token is not None and not accounts.has_token(schedule.owner, schedule.token):
        raise Problem("forbidden", ENDED)
    role = accounts.role_of(schedule.owner)
    return User(schedule.owner, role or "viewer", reads_all=False, scope="submit")


def _move_on(
    schedule: Schedule, following: str, *, job_id: str | None = None, error: str | None = None
) -> None:
    """Use the time that a schedule stands at; raises Overtaken when somebody else did."""
    values = {
        "id": schedule.id, "was": schedule.next_at, "now": timestamp(), "error": error,
        "next": following, "job_id": job_id,
    }  # fmt: skip
    with database.atomic():
        is_first = query(
            """UPDATE schedule SET next_at = :next, last_at = :now, error = :error,
                last_job_id = coalesce(:job_id, last_job_id)
            WHERE id = :id AND next_at = :was RETURNING id""",
            values,
        )
    if not is_first:
        raise Overtaken
