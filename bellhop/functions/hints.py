"""Type hints as the form of a job type: each as JSON Schema, and JSON as the object it asks for.

The schema is the subset of JSON Schema 2020-12 that the page draws a form from.
"""

from __future__ import annotations

import datetime
import types
import typing
from typing import Any

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


def schema(name: str, hint: Any) -> dict[str, Any]:
    """The JSON Schema of a parameter's hint.

    Raises TypeError when no form can ask for it; the text says why.
    """
    hint, metadata, nullable = unwrap(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    found: dict[str, Any]
    if hint in PLAIN:
        found = {"type": PLAIN[hint]}
    elif hint is datetime.date:
        found = {"type": "string", "format": "date"}
    elif origin is typing.Literal:
        found = {"enum": [*arguments, *([None] if nullable else [])]}
    elif hint is list or origin is list:
        found = {"type": "array", "items": schema(name, arguments[0]) if arguments else {}}
    else:
        raise TypeError(f"parameter {name}: {hint!r} cannot be a form field")
    if nullable and "type" in found:
        found["type"] = [found["type"], "null"]
    for extra in metadata:
        found.update(_keywords(extra, "items" in found))
    return found


def to_python(hint: Any, value: Any) -> Any:
    """JSON that is true to `schema(hint)` as the object that the hint asks for."""
    if unwrap(hint)[0] is datetime.date and value:
        return datetime.date.fromisoformat(value)
    return value


def to_json(value: Any) -> Any:
    """The default of a parameter as JSON of its schema."""
    return value.isoformat() if isinstance(value, datetime.date) else value


def unwrap(hint: Any) -> tuple[Any, list[Any], bool]:
    """A hint as (what it is, its Annotated metadata, whether None is allowed)."""
    metadata: list[Any] = []
    nullable = False
    while True:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            metadata += arguments[1:]
            hint = arguments[0]
        elif origin in (typing.Union, types.UnionType) and type(None) in arguments:
            rest = tuple(a for a in arguments if a is not type(None))
            hint = typing.Union[rest]  # noqa: UP007 - made of what is known only now
            nullable = True
        else:
            return hint, metadata, nullable


def _keywords(extra: Any, is_array: bool) -> dict[str, Any]:
    """One piece of Annotated metadata as JSON Schema; a text is the field's help."""
    if isinstance(extra, str):
        return {"description": extra}
    words = {**BOUNDS, **(ARRAY_BOUNDS if is_array else {})}
    found = {word: getattr(extra, name, None) for name, word in words.items()}
    return {word: value for word, value in found.items() if value is not None}
