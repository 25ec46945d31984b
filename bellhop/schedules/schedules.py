"""Jobs that are submitted again and again, at the times that a cron expression names.

The web adds and removes schedules; the keeper submits what is due. A schedule and the job it
makes are written in one transaction, so each time is used once, and of the times that passed
while Bellhop was not running only one.

The files of a schedule are uploads that its job names. It keeps them as long as it exists, and each
of its jobs gets links to them.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from bellhop.accounts import accounts
from bellhop.accounts.access import User, owned
from bellhop.base.documents import Unreadable, stored
from bellhop.base.errors import NO_ROOM, Problem, StoreAway, invalid_field
from bellhop.base.texts import cleaned
from bellhop.base.times import now, timestamp
from bellhop.base.units import DAY_S, KIBIBYTE
from bellhop.database.database import apart, database, named, query
from bellhop.jobs import lifecycle, limits
from bellhop.jobs.acceptance import Acceptance
from bellhop.jobs.intake import Intake
from bellhop.jobs.items import uploads_in
from bellhop.jobs.newjob import NewJob
from bellhop.notices import wishes
from bellhop.notices.mails import error_text
from bellhop.schedules.cron import next_time
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.models import Schedule
from bellhop.uploads import uploads
from bellhop.uploads.uploads import Given, keep_forever

MOST_SCHEDULES, MOST_OF_ACCOUNT = 1000, 100
MOST_NAME = 200
# Of the job of a schedule as JSON, with its items; what is larger belongs into a file.
MOST_SCHEDULED_BYTES = 64 * KIBIBYTE
# When a schedule is looked at again whose zone is not known any more.
AGAIN_S = DAY_S
FIELDS = ("name", "cron", "timezone", "job", "notify")
# A longer job, which an earlier version accepted, is submitted and not shown.
SHOWN = """id, name, owner, token, cron, timezone, next_at, last_at, last_job_id, error, created_at,
    paused_by, paused_at, notify, notify_address,
    CASE WHEN length(job) <= :most THEN job END AS job"""
INSERT = """INSERT INTO schedule
    (name, owner, token, cron, timezone, job, notify, notify_address, next_at, created_at)
    VALUES (:name, :owner, :token, :cron, :timezone, :job, :notify, :notify_address, :next, :now)
    RETURNING id"""
SET_RUN = "UPDATE schedule SET last_at = :now, last_job_id = :job_id, error = NULL WHERE id = :id"
SET_NEXT = "UPDATE schedule SET next_at = :next WHERE id = :id AND next_at = :was"
# When a schedule tries again whose files could not be put where they are kept.
AWAY, AWAY_S = "Bellhop cannot reach the files of jobs now; it tries again in a minute.", 60
NO_SPACE = "The disk has no space left for the files of the job."
GONE = Problem("not-found", "There is no schedule with this id.")
ENDED = "The token that made this schedule has expired or was revoked; add the schedule again."
log = logging.getLogger("bellhop.schedules")


class Overtaken(Exception):
    """Somebody else used this time of a schedule."""


class Schedules:
    """The schedules of one installation, as one process of it adds, changes and submits them."""

    def __init__(self, settings: Settings, files: Files, intake: Intake, acceptance: Acceptance):
        self._settings, self._files = settings, files
        self._intake, self._acceptance = intake, acceptance
        self._uploads = uploads.Uploads(settings.data_dir)

    def add(self, document: dict[str, Any], user: User) -> int:
        """Add a schedule from what a client sent; its id. Raises the problem that names why not.

        One that a token makes ends with the token.
        """
        sent = {**dict.fromkeys(FIELDS), **_fields(document, FIELDS)}
        files = self._files_of(sent["job"], user.name)
        given = self._checked(sent, user, user.name, files)
        values = {
            **given,
            "owner": user.name,
            "token": user.token,
            "next": next_time(given["cron"], given["timezone"], now()),
            "now": timestamp(),
        }
        with database.atomic():
            _require_place(user.name)
            keep_forever(user.name, files)
            return int(query(INSERT, values)[0][0])

    def change(self, schedule: Schedule, document: dict[str, Any], user: User) -> list[str]:
        """Change what a client sent of a schedule, also whether it is paused. Raises as `add` does.

        What was not sent stays as it is, of a job that was sent the files that it still names. The
        time of the next job is computed from now on, unless the schedule stays paused or goes on as
        before. Returns the uploads that it let go: their files may be removed after the commit.
        """
        sent = dict(_fields(document, (*FIELDS, "paused")))
        is_paused = sent.pop("paused", schedule.paused_at is not None)
        if not isinstance(is_paused, bool):
            raise invalid_field("paused", "must be true or false")
        files = self._files_of(sent.get("job"), user.name, _kept_by(schedule))
        given = self._checked(sent, user, schedule.owner, files)
        given |= _paused(schedule, user, is_paused=is_paused)
        if {"cron", "timezone"} & {*given} or (schedule.paused_at and not is_paused):
            cron, zone = (given.get(name, getattr(schedule, name)) for name in ("cron", "timezone"))
            given["next_at"] = next_time(cron, zone, now())
        return _write(schedule, given, files) if given else []

    def submit_due(self) -> int:
        """Submit the jobs whose time has come; how many. Made by the keeper."""
        due = named(
            "SELECT * FROM schedule WHERE next_at <= :now AND paused_at IS NULL ORDER BY next_at",
            {"now": timestamp()},
        )
        return sum(self._submit(Schedule(**row)) for row in due)

    def run_now(self, schedule: Schedule, user: User, address: str) -> str:
        """Submit the job of a schedule beside its times; its id. Raises the problem of why not.

        It is the owner's, whoever asks.
        """
        ((text,),) = query("SELECT job FROM schedule WHERE id = :id", {"id": schedule.id})
        job = self._job_of(schedule, text, user)
        values = {"id": schedule.id, "now": timestamp(), "job_id": job.job_id}
        self._acceptance.accept(
            user,
            job,
            address=address,
            action="run schedule",
            target=str(schedule.id),
            first=partial(query, SET_RUN, values),
        )
        return job.job_id

    def _submit(self, schedule: Schedule) -> bool:
        """Submit the job of a schedule, or record why it cannot be; only the first to come does."""
        following = timestamp(AGAIN_S)
        with contextlib.suppress(Overtaken):
            try:
                following = next_time(schedule.cron, schedule.timezone, now())
                submitter = _submitter(schedule)
                job = self._job_of(schedule, schedule.job, submitter)
                self._acceptance.accept(
                    submitter,
                    job,
                    address=f"schedule {schedule.id}",
                    first=partial(_move_on, schedule, following, job_id=job.job_id),
                )
                return True
            except Problem as problem:
                log.warning("schedule=%d cannot submit its job: %s", schedule.id, problem.detail)
                _move_on(schedule, following, error=problem.detail)
            except StoreAway:
                _move_on(schedule, timestamp(AWAY_S), error=AWAY)
            except OSError as error:
                if error.errno not in NO_ROOM:
                    raise
                _move_on(schedule, following, error=NO_SPACE)
            except (ValueError, TypeError) as error:
                log.warning("schedule=%d cannot be read: %s", schedule.id, error)
                _move_on(schedule, following, error=f"Bellhop cannot read this schedule: {error}.")
        return False

    def _job_of(self, schedule: Schedule, text: str, submitter: User) -> NewJob:
        """The next job of a schedule, its files in place."""
        document = stored(text, dict, "schedule", schedule.id, "job")
        ids = uploads_in(document)
        files = self._uploads.given(schedule.owner, ids, kept={known for _, known in ids})
        job = self._intake.from_json(document, schedule.owner, uploads.sent(files))
        if submitter.role != "admin":  # an earlier version let everybody have one above 0
            job = replace(job, priority=min(0, job.priority))
        if files:
            self._uploads.lend(files, self._files, job.job_id)
        return replace(job, schedule=schedule.id)

    def _files_of(self, job: Any, owner: str, kept: Collection[str] = ()) -> list[Given]:
        return self._uploads.given(owner, uploads_in(job), kept=kept)

    def _checked(
        self, given: dict[str, Any], user: User, owner: str, files: Sequence[Given]
    ) -> dict[str, Any]:
        """The columns of what was given of a schedule of `owner`; raises the problem of it.

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
            checked["job"] = self._checked_job(given["job"], user, owner, files)
        if "notify" in given:
            wish = wishes.of_schedule(self._settings.notices, given["notify"], owner)
            checked["notify_address"], checked["notify"] = wish or ("", None)
        return checked

    def _checked_job(self, job: Any, user: User, owner: str, files: Sequence[Given]) -> str:
        for option in ("run_at", "delay_s", "depends_on"):
            if isinstance(job, dict) and job.get(option):
                raise invalid_field(f"job.{option}", "is not allowed in the job of a schedule")
        text = json.dumps(job, ensure_ascii=False)
        if len(text.encode()) > MOST_SCHEDULED_BYTES:
            most = f"has more than {MOST_SCHEDULED_BYTES // KIBIBYTE} KiB as JSON"
            raise invalid_field("job", most)
        limits.require_priority(
            user, self._intake.from_json(job, owner, uploads.sent(files)).priority
        )
        others = sum(file.size for file in files if file.upload.owner != owner)
        if others:
            limits.require_quota(self._settings, owner, others)
        return text


def _fields(document: dict[str, Any], known: Sequence[str]) -> dict[str, Any]:
    for name in document:
        if name not in known:
            said = f"is unknown; a schedule has the fields {', '.join(known)}"
            raise invalid_field(str(name), said)
    return document


def _require_place(owner: str) -> None:
    """Raise the problem of one schedule too many, of the owner or of all."""
    count = "SELECT count(*), count(CASE WHEN owner = :owner THEN 1 END) FROM schedule"
    ((every, theirs),) = query(count, {"owner": owner})
    if every >= MOST_SCHEDULES:
        raise invalid_field("name", f"there are already {MOST_SCHEDULES} schedules")
    if accounts.is_closed() and theirs >= MOST_OF_ACCOUNT:
        said = f"{owner} already has {MOST_OF_ACCOUNT} schedules; remove one first"
        raise invalid_field("name", said)


def remove(schedule: Schedule) -> list[str]:
    """Remove a schedule; the jobs it made stay. Returns the uploads that it let go, as a change."""
    with database.atomic():
        let_go = uploads.let_go(_kept_by(schedule))
        query("DELETE FROM schedule WHERE id = :id", {"id": schedule.id})
        return let_go


def every_id() -> list[int]:
    return [number for (number,) in query("SELECT id FROM schedule")]


def keep_only(ids: Collection[int]) -> None:
    """Remove all other schedules: of a copy of the rows, those that were removed meanwhile."""
    for schedule in list(Schedule.raw("SELECT * FROM schedule")):
        if schedule.id not in ids:
            remove(schedule)


def _write(schedule: Schedule, given: dict[str, Any], files: Sequence[Given]) -> list[str]:
    """Set columns of a schedule, which keeps these files if it was given a job; those let go."""
    sets = ", ".join(f"{name} = :{name}" for name in given)
    sql = f"UPDATE schedule SET {sets}, error = NULL WHERE id = :id"
    with database.atomic():
        kept = _kept_by(schedule)
        keep_forever(schedule.owner, files)
        query(sql, {**given, "id": schedule.id})
        return uploads.let_go(kept - {file.upload.id for file in files}) if "job" in given else []


def _kept_by(schedule: Schedule) -> set[str]:
    """The uploads that a schedule names, and in a transaction nobody changes it until its end.

    Of one that cannot be read, none. Raises the problem of one that is gone.
    """
    found = query("UPDATE schedule SET id = id WHERE id = :id RETURNING job", {"id": schedule.id})
    if not found:
        raise GONE
    with contextlib.suppress(Unreadable):
        document = stored(found[0][0], dict, "schedule", schedule.id, "job")
        return {upload_id for _, upload_id in uploads_in(document)}
    return set()


def _paused(schedule: Schedule, user: User, *, is_paused: bool) -> dict[str, Any]:
    """The columns of a pause that begins or ends."""
    if is_paused == (schedule.paused_at is not None):
        return {}
    by, at = (user.name, timestamp()) if is_paused else (None, None)
    return {"paused_by": by, "paused_at": at}


def listed(viewer: User) -> list[Schedule]:
    """The schedules that the viewer may read, the one that is due next first."""
    sql = f"""SELECT {SHOWN} FROM schedule WHERE {owned(viewer)} ORDER BY next_at, id"""
    values = {"viewer": viewer.name, "most": MOST_SCHEDULED_BYTES}
    return [Schedule(**row) for row in named(sql, values)]


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
    """Use the time that a schedule stands at; raises Overtaken when somebody else did, or when it
    was changed meanwhile: then the next round submits the job that it has now.

    Who wants to know hears of each time without a job, of one that is tried again once.
    """
    values = {
        "id": schedule.id, "was": schedule.next_at, "job": schedule.job, "now": timestamp(),
        "error": error, "next": following, "job_id": job_id,
    }  # fmt: skip
    with database.atomic():
        is_first = query(
            """UPDATE schedule SET next_at = :next, last_at = :now, error = :error,
                last_job_id = coalesce(:job_id, last_job_id)
            WHERE id = :id AND next_at = :was AND job = :job RETURNING id""",
            values,
        )
        if is_first and error and not error == schedule.error == AWAY:
            lifecycle.of_missed(schedule.id, error_text(error))
    if not is_first:
        raise Overtaken
