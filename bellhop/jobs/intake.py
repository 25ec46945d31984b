"""From what a client sent to a job that can be accepted, or the problem that names why not.

The web calls it with forms and JSON, the keeper with the JSON of a schedule. Nothing here
accepts a job: see `acceptance.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from bellhop.base import documents
from bellhop.base.errors import Problem, invalid_field
from bellhop.base.times import as_timestamp, now, parsed, timestamp
from bellhop.base.units import DAY_S, KIBIBYTE
from bellhop.catalog import params
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.description import KnownType
from bellhop.functions.signature import OPTIONS
from bellhop.jobs import items, webhooks
from bellhop.jobs.bounds import MOST_JOB_ID, MOST_PARAMS_BYTES
from bellhop.jobs.items import MOST_URL, Uploads
from bellhop.jobs.newjob import NewItem, NewJob, NewStep
from bellhop.settings.settings import Settings

# Those of the options that a form gives as JSON text; null and empty mean "not given".
STRUCTURED = ("priority", "depends_on", "then", "webhook_events", "use_cache", "delay_s")
JSON_FIELDS = ("type", "items", "params", *OPTIONS)
EVENTS = ("final", "progress")
MOST_PRIORITY = 100
MOST_STEPS = 10
MOST_DEPENDENCIES = 100
MOST_DELAY_S = int(366 * DAY_S)
# How often the URLs of a job may be given on average; repeated ones count once.
MOST_REPEATS = 10
# How far a clock may be behind ours before what it calls the future is the past.
CLOCK_TOLERANCE = timedelta(minutes=1)


class Intake:
    """Reads submissions by the job types and settings of one installation."""

    def __init__(self, settings: Settings, catalog: Catalog):
        self._settings, self._catalog = settings, catalog

    def from_form(
        self,
        fields: Mapping[str, Sequence[str]],
        files: Uploads,
        owner: str,
    ) -> NewJob:
        """A job of a multipart form."""
        last = {name: values[-1] for name, values in fields.items()}
        job_type = self._find_type(last.pop("type", None))
        options: dict[str, Any] = {n: last.pop(n) for n in OPTIONS if n in last}
        options = {name: _from_text(name, text) for name, text in options.items()}
        for name in (*options, "type"):
            if len(fields.get(name, ())) > 1:
                raise invalid_field(name, "is given more than once")
        main = job_type.inputs[0].name if job_type.inputs and not job_type.takes_files else None
        label, schema = job_type.label, job_type.params
        named = {name: fields[name] for name in last if name != main}
        given = {name: params.from_text(label, schema, name, text) for name, text in named.items()}
        listed = items.of_form(job_type, fields, files)
        return replace(self._job(job_type, listed, given, options, owner), **_held(files))

    def from_json(self, body: Any, owner: str, files: Uploads = ()) -> NewJob:
        """A job of a JSON document: URLs, texts, data or the uploads `files` as items."""
        if not isinstance(body, dict):
            raise Problem("bad-json", "The body must be a JSON object.")
        for name in body:
            if name not in JSON_FIELDS:
                known = ", ".join(JSON_FIELDS)
                raise invalid_field(str(name), f"is unknown; a job has the fields {known}")
        job_type = self._find_type(body.get("type"))
        listed = body.get("items")
        if (
            isinstance(listed, list)
            and len(listed) > MOST_REPEATS * self._settings.server.max_items
        ):
            raise self._too_many_items()
        found = items.of_json(job_type, listed, files)
        distinct = items.distinct(found)
        given = _params_of(body, "params")
        job = self._job(job_type, distinct, given, {n: body.get(n) for n in OPTIONS}, owner)
        return replace(job, note=_note(len(found) - len(distinct)), **_held(files))

    def _find_type(self, name: Any, field: str = "type") -> KnownType:
        types = self._catalog.types()
        known = {name for name, described in types.items() if not described.hidden}
        if not isinstance(name, str) or name not in known:
            problem = "is missing" if name in (None, "") else f"there is no job type {name!r}"
            raise Problem(
                "unknown-type",
                f"{field}: {problem}; the job types are {', '.join(sorted(known))}.",
                errors=[{"field": field, "message": problem}],
            )
        if not types[name].available:
            reason = types[name].reason
            errors = [{"field": field, "message": reason}]
            raise Problem("type-unavailable", f"{name} is not available: {reason}", errors=errors)
        return types[name]

    def _job(
        self,
        job_type: KnownType,
        listed: Sequence[NewItem],
        given: dict[str, Any],
        options: Mapping[str, Any],
        owner: str,
    ) -> NewJob:
        if len(listed) > self._settings.server.max_items:
            raise self._too_many_items()
        then, delays = self._steps(options.get("then"))
        events = _names(options.get("webhook_events"), "webhook_events", EVENTS)
        checked = params.validated(job_type, given)
        _require_small([checked, *(step.params for step in then)])
        return NewJob(
            type=job_type.type,
            name=items.name_of(listed),
            params=checked,
            queue=job_type.queue,
            max_attempts=1 + max(len(job_type.delays_s), delays),
            items=listed,
            then=then,
            owner=owner,
            priority=priority(options.get("priority")),
            run_at=_run_at(options.get("run_at"), options.get("delay_s")),
            wait_s=options.get("delay_s"),
            depends_on=_job_ids(options.get("depends_on")),
            use_cache=_flag(options.get("use_cache"), "use_cache", default=True),
            webhook_url=_webhook_url(options.get("webhook_url"), owner),
            webhook_progress="progress" in events,
        )

    def _too_many_items(self) -> Problem:
        most = self._settings.server.max_items
        return Problem("too-many-items", f"A job may have at most {most} items.")

    def _steps(self, given: Any) -> tuple[list[NewStep], int]:
        """The later steps of a chain, and the most retries that one of them has."""
        steps, most = [], 0
        if not isinstance(given, list | None) or len(given or []) >= MOST_STEPS:
            raise invalid_field("then", f"must be a list of at most {MOST_STEPS - 1} steps")
        for index, step in enumerate(given or []):
            field = f"then[{index}]"
            if not isinstance(step, dict) or not step.keys() <= {"type", "params"}:
                raise invalid_field(field, "must be an object with type and params")
            job_type = self._find_type(step.get("type"), f"{field}.type")
            if job_type.input != "data":
                takes = f"{job_type.label} takes {job_type.input}"
                raise invalid_field(
                    field, f"{takes}; a later step must take the data of the previous step"
                )
            checked = params.validated(job_type, _params_of(step, f"{field}.params"))
            steps.append(NewStep(job_type.type, checked, job_type.queue))
            most = max(most, len(job_type.delays_s))
        return steps, most


def _held(files: Uploads) -> dict[str, Any]:
    """What a job tells of the files that it holds."""
    size = sum(file.size for file, _ in files)
    return {"contents": [sha for _, sha in files], "bytes": size}


def priority(given: Any) -> int:
    """A priority as JSON gives it, 0 when it does not; raises the problem of a wrong one."""
    if given is None:
        return 0
    if type(given) is not int or not -MOST_PRIORITY <= given <= MOST_PRIORITY:
        said = f"must be a whole number from -{MOST_PRIORITY} to {MOST_PRIORITY}"
        raise invalid_field("priority", said)
    return given


def is_job_id(given: Any) -> bool:
    """Whether this could be the id of a job."""
    return isinstance(given, str) and len(given) <= MOST_JOB_ID


def _require_small(params: Sequence[dict[str, Any]]) -> None:
    """Refuse parameters that are larger than every list of jobs can show."""
    texts = [json.dumps(each, ensure_ascii=False) for each in params]
    if sum(len(text.encode()) for text in texts) > MOST_PARAMS_BYTES:
        most = f"{MOST_PARAMS_BYTES // KIBIBYTE} KiB"
        said = f"have more than {most} as JSON, with those of later steps; put them into a file"
        raise invalid_field("params", said)


def _from_text(name: str, text: str) -> Any:
    """An option as a form gives it."""
    if not text.strip():
        return None
    if name not in STRUCTURED:
        return text
    try:
        return documents.parsed(text)
    except ValueError:
        raise invalid_field(name, "must be JSON, as in a JSON request") from None


def _params_of(given: Mapping[str, Any], field: str) -> dict[str, Any]:
    found = given.get("params", {})
    if not isinstance(found, dict):
        raise invalid_field(field, "must be an object")
    return found


def _run_at(at: Any, delay_s: Any) -> str | None:
    """When the job may run first, None for now."""
    if delay_s is not None:
        is_number = isinstance(delay_s, int | float) and not isinstance(delay_s, bool)
        if at is not None or not is_number or not 0 <= delay_s <= MOST_DELAY_S:
            most = f"must be a number of seconds from 0 to {MOST_DELAY_S}, without run_at"
            raise invalid_field("delay_s", most)
        return timestamp(delay_s)
    if at is None:
        return None
    try:
        when = parsed(at)
        text = as_timestamp(when)
    except (AttributeError, ValueError, OverflowError):
        raise invalid_field("run_at", "must be a time like 2030-01-31T09:00:00Z") from None
    if when.tzinfo is None:
        raise invalid_field("run_at", "must have a time zone, as in 2030-01-31T09:00:00+01:00")
    if when < now() - CLOCK_TOLERANCE:
        raise invalid_field("run_at", "is in the past; leave it out to run the job now")
    return text


def _job_ids(given: Any) -> list[str]:
    is_list = isinstance(given, list | None) and all(map(is_job_id, given or []))
    if not is_list or len(given or []) > MOST_DEPENDENCIES:
        raise invalid_field("depends_on", f"must be a list of at most {MOST_DEPENDENCIES} job ids")
    return list(dict.fromkeys(given or []))


def _names(given: Any, field: str, allowed: Sequence[str]) -> list[str]:
    if not isinstance(given, list | None) or any(name not in allowed for name in given or []):
        raise invalid_field(field, f"must be a list of {' and '.join(allowed)}")
    return list(dict.fromkeys(given or []))


def _flag(given: Any, field: str, *, default: bool) -> bool:
    if given is not None and not isinstance(given, bool):
        raise invalid_field(field, "must be true or false")
    return default if given is None else given


def _webhook_url(given: Any, owner: str) -> str | None:
    if given in (None, ""):
        return None
    try:
        parts = urlsplit(given)
        is_address = parts.scheme in ("http", "https") and parts.hostname and not parts.username
        is_address = is_address and (parts.port or 1) and given.isprintable() and " " not in given
    except (TypeError, ValueError, AttributeError):
        is_address = False
    if not is_address or len(given) > MOST_URL:
        raise invalid_field("webhook_url", "must be a URL like https://example.org/hook")
    if webhooks.is_disabled(owner, given):
        said = "answered 410 Gone; repeat one of its deliveries to use it again"
        raise invalid_field("webhook_url", said)
    return str(given)


def _note(duplicates: int) -> str | None:
    if not duplicates:
        return None
    urls = "URL" if duplicates == 1 else "URLs"
    return f"Bellhop left out {duplicates} duplicate {urls}."
