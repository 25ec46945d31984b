"""A job's parameters: from the text of a form or a command line, checked by its type's schema."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import fastjsonschema

from bellhop.base.errors import invalid_field
from bellhop.catalog.description import Description
from bellhop.functions.signature import ParamsSchema


def by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """What was written for each parameter; a list is written as its name several times."""
    found: dict[str, list[str]] = {}
    for name, text in pairs:
        found.setdefault(name, []).append(text)
    return found


def from_text(label: str, params: ParamsSchema, name: str, texts: Sequence[str]) -> Any:
    """What a person wrote for parameter `name`, as the JSON that its schema asks for.

    `label` is of the type that has the `params`. Raises the problem that names the parameter.
    """
    schema = params["properties"].get(name)
    if schema is None:
        known = ", ".join(params["properties"]) or "none"
        raise invalid_field(name, f"{label} has no such parameter; its parameters are {known}")
    if "array" in _kinds(schema):
        item = schema.get("items", {})
        return [_value(item, name, text) for text in texts if text.strip()]
    if len(texts) > 1:
        raise invalid_field(name, "is there more than once")
    return _value(schema, name, texts[0])


def validated(job_type: Description, params: dict[str, Any]) -> dict[str, Any]:
    """The params with the defaults filled in, true to the type's schema.

    Raises the problem that names the parameter.
    """
    validate = _validator(json.dumps(job_type.params, sort_keys=True))
    try:
        checked: dict[str, Any] = validate(dict(params))
    except fastjsonschema.JsonSchemaValueException as error:
        field = error.path[1] if len(error.path) > 1 else _field_of(error, params)
        message = error.message.removeprefix("data").removeprefix(f".{field}").strip()
        raise invalid_field(field, message) from None
    except ArithmeticError:  # a whole number that is larger than any float
        raise invalid_field("params", "hold a number that is too large") from None
    properties = job_type.params["properties"]
    # To JSON Schema 1.0 is a whole number; to a Python function it is not.
    whole = {n for n, v in checked.items() if isinstance(v, float) and _is_whole(properties[n])}
    return {name: int(value) if name in whole else value for name, value in checked.items()}


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]


def _is_whole(schema: Mapping[str, Any]) -> bool:
    return "integer" in _kinds(schema)


def _value(schema: Mapping[str, Any], name: str, text: str) -> Any:
    kinds = _kinds(schema)
    if not text.strip() and "null" in kinds:
        return None
    if "boolean" in kinds:
        return _boolean(name, text)
    if "integer" in kinds or "number" in kinds:
        return _number(name, text, int if "integer" in kinds else float)
    return next((choice for choice in schema.get("enum", []) if str(choice) == text), text)


def _boolean(name: str, text: str) -> bool:
    words = {"true": True, "on": True, "1": True, "yes": True}
    words |= {"false": False, "off": False, "0": False, "no": False, "": False}
    if text.strip().lower() not in words:
        raise invalid_field(name, "must be true or false")
    return words[text.strip().lower()]


def _number(name: str, text: str, kind: type) -> Any:
    noun = "a whole number" if kind is int else "a number"
    try:
        value = kind(text)
    except ValueError:
        raise invalid_field(name, f"must be {noun}") from None
    if value in (float("inf"), float("-inf")) or value != value:
        raise invalid_field(name, f"must be {noun}")
    return value


def _field_of(error: fastjsonschema.JsonSchemaValueException, params: Mapping[str, Any]) -> str:
    """The parameter a whole-object error is about: one too many, or one that is missing."""
    known = error.definition.get("properties", {})
    unknown = [name for name in params if name not in known]
    missing = [name for name in error.definition.get("required", []) if name not in params]
    return next(iter([*unknown, *missing]), "params")


@functools.lru_cache(maxsize=100)
def _validator(schema: str) -> Any:
    return fastjsonschema.compile(json.loads(schema))
