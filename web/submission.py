"""From what a client sent to a job that can be accepted, or the problem that names why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import params
from errors import Problem, invalid_field
from lifecycle import NewItem, NewJob
from web.site import Site
from web.upload import Form

# What a job may say beside its type, items and params; null and empty mean "not given".
NOT_YET = ("run_at", "depends_on", "then", "webhook_url")
OPTIONS = ("priority", *NOT_YET)
JSON_FIELDS = ("type", "items", "params", *OPTIONS)
ITEM_KINDS = ("url", "text", "json")
MOST_URL = 2048


def from_form(site: Site, form: Form) -> NewJob:
    """A job of a multipart form: each file an item, or all of them one."""
    fields = {name: values[-1] for name, values in form.fields.items()}
    job_type = _find_type(site, fields.pop("type", None))
    options = {name: fields.pop(name) for name in OPTIONS if fields.get(name) is not None}
    given = {name: params.from_text(job_type, name, form.fields[name]) for name in fields}
    if not form.files:
        raise invalid_field("files", "choose at least one file")
    if job_type["input"] not in ("file", "files"):
        raise invalid_field("files", f"{job_type['label']} takes {job_type['input']}, not files")
    items = [
        NewItem(file.filename, {"file": file.path.name}, sha256) for file, sha256 in form.files
    ]
    if job_type["input"] == "files":
        stored = [file.path.name for file, _ in form.files]
        items = [NewItem(_name(items), {"files": stored})]
    return _job(site, job_type, items, given, options)


def from_json(site: Site, body: Any) -> NewJob:
    """A job of a JSON document: URLs, texts or data as items."""
    if not isinstance(body, dict):
        raise Problem("bad-json", "The body must be a JSON object.")
    for name in body:
        if name not in JSON_FIELDS:
            raise invalid_field(str(name), f"is not known; a job has {', '.join(JSON_FIELDS)}")
    job_type = _find_type(site, body.get("type"))
    given, listed = body.get("params", {}), body.get("items")
    if not isinstance(given, dict):
        raise invalid_field("params", "must be an object")
    if not isinstance(listed, list) or not listed:
        raise invalid_field("items", "must be a list with at least one item")
    items = [_item(job_type, index, item) for index, item in enumerate(listed)]
    return _job(site, job_type, items, given, {name: body.get(name) for name in OPTIONS})


def _find_type(site: Site, name: Any) -> dict[str, Any]:
    types = site.catalog.types()
    if not isinstance(name, str) or name not in types:
        problem = "is missing" if name in (None, "") else f"there is no job type {name!r}"
        raise Problem(
            "unknown-type",
            f"type: {problem}; there are {', '.join(sorted(types))}.",
            errors=[{"field": "type", "message": problem}],
        )
    if not types[name]["available"]:
        reason = types[name]["reason"]
        errors = [{"field": "type", "message": reason}]
        raise Problem("type-unavailable", f"{name} is not available: {reason}", errors=errors)
    return types[name]


def _job(
    site: Site,
    job_type: dict[str, Any],
    items: Sequence[NewItem],
    given: dict[str, Any],
    options: dict[str, Any],
) -> NewJob:
    most = site.settings.server.max_items
    if len(items) > most:
        raise Problem("too-many-items", f"A job may have at most {most} items.")
    for name in NOT_YET:
        if options.get(name):
            raise invalid_field(name, "is not available in this version")
    return NewJob(
        type=job_type["type"],
        name=_name(items),
        params=params.validated(job_type, given),
        queue=job_type["queue"],
        max_attempts=1 + len(job_type["delays_s"]),
        items=items,
        priority=_priority(options.get("priority")),
    )


def _item(job_type: dict[str, Any], index: int, item: Any) -> NewItem:
    field = f"items[{index}]"
    if not isinstance(item, dict) or len(item) != 1 or next(iter(item)) not in ITEM_KINDS:
        raise invalid_field(field, "must hold one of url, text, json")
    ((kind, value),) = item.items()
    kind = "data" if kind == "json" else kind
    if kind != job_type["input"]:
        raise invalid_field(field, f"{job_type['label']} takes {job_type['input']}, not {kind}")
    if kind == "data":
        if not isinstance(value, dict):
            raise invalid_field(field, "json must be an object")
        return NewItem("data", {kind: value})
    if not isinstance(value, str) or not value.strip():
        raise invalid_field(field, f"{kind} must be a text that is not empty")
    if kind == "url" and len(value) > MOST_URL:
        raise invalid_field(field, f"url is longer than {MOST_URL} characters")
    return NewItem(" ".join(value.split())[:80] if kind == "text" else value, {kind: value})


def _name(items: Sequence[NewItem]) -> str:
    more = len(items) - 1
    return items[0].filename + (f" and {more} more" if more else "")


def _priority(given: Any) -> int:
    try:
        priority = int(given or 0)
    except (TypeError, ValueError):
        priority = 101
    if isinstance(given, float | bool) or not -100 <= priority <= 100:
        raise invalid_field("priority", "must be a whole number from -100 to 100")
    return priority
