"""A job type's signature read as its form: from type hints to JSON Schema and back.

Used by the child that describes a file of job types and by the job process that runs
one. The schema is the subset of JSON Schema 2020-12 that the page draws a form from.
"""

from __future__ import annotations

import datetime
import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

# What a form of POST /jobs holds beside the parameters of a type, none of which can be called so.
OPTIONS = (
    "priority", "run_at", "delay_s", "depends_on", "then", "webhook_url", "webhook_events",
    "use_cache",
)  # fmt: skip
FILE_FIELDS = ("files", "files[]", "file")
FORM_FIELDS = ("type", *OPTIONS, *FILE_FIELDS)
INPUT_KINDS = ("file", "files", "url", "text", "data")
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}
# Attributes of annotated-types metadata and the JSON Schema keyword of each.
BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
}
ARRAY_BOUNDS = {"min_length": "minItems", "max_length": "maxItems"}


class ParamsSchema(TypedDict):
    """The parameters of a type as JSON Schema: the subset that the page draws a form from."""

    type: str
    properties: dict[str, dict[str, Any]]
    required: list[str]
    additionalProperties: bool


def form(function: Callable[..., Any]) -> tuple[str, ParamsSchema]:
    """The kind of input that a job type takes, and its parameters.

    Raises TypeError when the signature cannot be a job type; the text says why.
    """
    kind, parameters = _split(function)
    return kind, _schema(parameters)


def to_python(function: Callable[..., Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Validated JSON `params` as the objects that the type hints of `function` ask for."""
    dates = _dates(function)
    return {
        name: datetime.date.fromisoformat(value) if name in dates and value else value
        for name, value in params.items()
    }


@functools.cache
def _dates(function: Callable[..., Any]) -> frozenset[str]:
    """The names of the parameters that are dates."""
    hints = ((name, _unwrap(hint)[0]) for name, hint, _ in _split(function)[1])
    return frozenset(name for name, hint in hints if hint is datetime.date)


def _split(function: Callable[..., Any]) -> tuple[str, list[tuple[str, Any, Any]]]:
    """The kind of input and the keyword parameters as (name, hint, default)."""
    hints = typing.get_type_hints(function, include_extras=True)
    names = list(inspect.signature(function).parameters.values())
    if len(names) < 2 or names[0].name not in INPUT_KINDS or names[1].name != "context":
        kinds = ", ".join(INPUT_KINDS)
        raise TypeError(f"the first parameter must be one of {kinds}, the second context")
    for parameter in names[2:]:
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise TypeError(f"parameter {parameter.name} must come after a *")
        if parameter.name not in hints:
            raise TypeError(f"parameter {parameter.name} needs a type hint")
    return names[0].name, [(p.name, hints[p.name], p.default) for p in names[2:]]


def _schema(parameters: list[tuple[str, Any, Any]]) -> ParamsSchema:
    properties = {}
    for name, hint, default in parameters:
        # A default of None says that None is allowed, as it did to Python before 3.11.
        field = _property(name, hint if default is not None else hint | None)
        properties[name] = {"title": name.replace("_", " ").capitalize(), **field}
        if default is not inspect.Parameter.empty:
            is_date = isinstance(default, datetime.date)
            properties[name]["default"] = default.isoformat() if is_date else default
    return {
        "type": "object",
        "properties": properties,
        "required": [n for n, _, default in parameters if default is inspect.Parameter.empty],
        "additionalProperties": False,
    }


def _unwrap(hint: Any) -> tuple[Any, list[Any], bool]:
    """A hint as (what it is, its Annotated metadata, whether None is allowed)."""
    metadata: list[Any] = []
    nullable = False
    while True:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            metadata += arguments[1:]
            hint = arguments[0]
        elif origin in (typing.Union, types.UnionType) and len(arguments) == 2:
            (hint,) = (a for a in arguments if a is not type(None))
            nullable = True
        else:
            return hint, metadata, nullable


def _property(name: str, hint: Any) -> dict[str, Any]:
    hint, metadata, nullable = _unwrap(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    schema: dict[str, Any]
    if hint in PLAIN:
        schema = {"type": PLAIN[hint]}
    elif hint is datetime.date:
        schema = {"type": "string", "format": "date"}
    elif origin is typing.Literal:
        schema = {"enum": [*arguments, *([None] if nullable else [])]}
    elif hint is list or origin is list:
        schema = {"type": "array", "items": _property(name, arguments[0]) if arguments else {}}
    else:
        raise TypeError(f"parameter {name}: {hint!r} cannot be a form field")
    if nullable and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    for extra in metadata:
        schema.update(_keywords(extra, "items" in schema))
    return schema


def _keywords(extra: Any, is_array: bool) -> dict[str, Any]:
    """One piece of Annotated metadata as JSON Schema; a text is the field's help."""
    if isinstance(extra, str):
        return {"description": extra}
    words = {**BOUNDS, **(ARRAY_BOUNDS if is_array else {})}
    found = {word: getattr(extra, name, None) for name, word in words.items()}
    return {word: value for word, value in found.items() if value is not None}
