"""What an operation of the OpenAPI document is made of: used by the tables of routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import Any

from bellhop.base.addresses import API
from bellhop.web.openapi.schemas import Schema, named

JOB, QUEUE = f"{API}/jobs/{{job_id}}", f"{API}/queues/{{name}}"
JSON, FORM, TEXT = "application/json", "multipart/form-data", "text/plain"
BYTES, ZIP = "application/octet-stream", "application/zip"
# Problems of a job or a file that is not there, of a JSON body, of a job that is submitted.
NO_JOB = ("not-found", "expired")
NO_FILE = (*NO_JOB, "range-not-satisfiable", "unreadable")
BODY = ("bad-json", "unsupported-media-type")
NEW_JOB = (*BODY, "invalid-job", "unknown-type", "type-unavailable", "too-many-items")


@dataclass(frozen=True)
class Answer:
    """What a route says when it did what was asked; `content` is {media type: schema}."""

    words: str
    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    """One operation.

    `parameters` are keys of `PARAMETERS`, `problems` codes beside those of
    every route; `body` is {media type: (schema, example)}.
    """

    method: str
    path: str
    _: KW_ONLY
    name: str
    summary: str
    words: str
    answers: Mapping[int, Answer]
    parameters: tuple[str, ...] = ()
    body: Mapping[str, tuple[Schema, Any]] = field(default_factory=dict)
    needs_body: bool = True
    problems: tuple[str, ...] = ()


def _parameter(place: str, name: str, schema: Schema, **more: Any) -> Schema:
    """A parameter that stands in `place`; `more` is of the parameter, not of its value."""
    return {"name": name, "in": place, **_described(schema), **more}


def in_path(name: str, schema: Schema, example: Any) -> Schema:
    return _parameter("path", name, schema, required=True, example=example)


in_query, in_header = partial(_parameter, "query"), partial(_parameter, "header")


def header(schema: Schema, *, is_sure: bool = False) -> Schema:
    """A header of an answer; `is_sure`: every such answer has it."""
    return {**_described(schema), "required": is_sure}


def _described(schema: Schema) -> Schema:
    """The words of a schema beside what they describe, where OpenAPI has them."""
    of_value = {**schema}
    return {"description": of_value.pop("description"), "schema": of_value}


def shows(schema: str, words: str, *headers: str, status: int = 200) -> dict[int, Answer]:
    """An answer in JSON."""
    return {status: Answer(words, {JSON: named(schema)}, headers)}


def takes(schema: str, example: Any) -> dict[str, tuple[Schema, Any]]:
    """A body in JSON."""
    return {JSON: (named(schema), example)}


NOTHING = {204: Answer("Done.")}
UNCHANGED = {304: Answer("Not changed.", headers=("ETag",))}
