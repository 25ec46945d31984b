"""Whether what was accepted for a job still fits its function, whose file may have changed since.

A job may wait for hours. It runs if all that it was given means to the function what it meant
then, as far as anybody can tell; otherwise it fails with the reason, and never runs with something
else than it was given.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bellhop.functions import formats, hints, signature
from bellhop.functions.signature import FILES, Given, ParamsSchema, Signature
from bellhop.words import BadInput

Holds = Callable[[Any, Any], bool]
LIMITS: dict[str, Holds] = {
    "minimum": operator.ge, "exclusiveMinimum": operator.gt, "maximum": operator.le,
    "exclusiveMaximum": operator.lt,
}  # fmt: skip
LENGTHS: dict[str, Holds] = {
    "minLength": operator.ge, "maxLength": operator.le, "minItems": operator.ge,
    "maxItems": operator.le,
}  # fmt: skip


def require_fit(function: Callable[..., Any], kind: str, given: Given) -> None:
    """Raise `BadInput` where a function has no use for what was given for an item of this `kind`.

    It does not count what the step before in a chain returned, of which nobody knew anything.
    """
    found = signature.read(function)
    for reason in (*_of_inputs(found, kind, given), *_of_params(_form(function), given.params)):
        said = f"The job type has changed since the job was submitted: {reason}."
        raise BadInput(said, code="parameters_changed", hint="Submit the job again.")


@functools.cache
def _form(function: Callable[..., Any]) -> ParamsSchema:
    return signature.read(function).schema()


def _of_inputs(found: Signature, kind: str, given: Given) -> Iterator[str]:
    """What does not fit of the item and of the files beside it."""
    main, *others = found.inputs or (None,)
    takes = main.kind if main else "none"
    if kind != takes and (kind != "none" or (main and main.required)):
        yield f"it takes {_words(takes)}, and the job has {_words(kind)}"
    known = {each.name: each for each in others if each and each.kind in FILES}
    for name, paths in given.beside.items():
        if name not in known:
            yield f"it has no input {name} any more"
        elif known[name].kind == "file" and len(paths) > 1:
            yield f"its input {name} takes one file, and the job has {len(paths)}"
    for name, each in known.items():
        if each.required and name not in given.beside:
            yield f"it needs a file for its input {name}"


def _words(kind: str) -> str:
    return "no input" if kind == "none" else kind


def _of_params(form: ParamsSchema, params: Mapping[str, Any]) -> Iterator[str]:
    properties = form["properties"]
    for name, value in params.items():
        if name not in properties:
            yield f"it has no parameter {name} any more"
        elif not is_true(properties[name], value):
            yield f"its parameter {name} does not take {value!r:.100} any more"
    for name in form["required"]:
        if name not in params:
            yield f"it needs the parameter {name}"


def is_true(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether JSON is true to a schema as `hints.schema` writes them."""
    if "anyOf" in schema:
        return any(is_true(each, value) for each in schema["anyOf"])
    if not hints.is_kind(schema, value):
        return False
    match value:
        case None | bool():
            return True
        case int() | float():
            return _hold(schema, LIMITS, value) and _is_multiple(schema, value)
        case str():
            return _hold(schema, LENGTHS, len(value)) and _is_within(schema, value)
        case list():
            return _hold(schema, LENGTHS, len(value)) and _are_true(schema, value)
    return _members_are_true(schema, value)


def _hold(schema: Mapping[str, Any], bounds: Mapping[str, Holds], size: Any) -> bool:
    return all(holds(size, schema[word]) for word, holds in bounds.items() if word in schema)


def _is_multiple(schema: Mapping[str, Any], value: float) -> bool:
    if "multipleOf" not in schema:
        return True
    part = value / schema["multipleOf"]  # as the check of a form has it
    return bool(part == int(part))


def _is_within(schema: Mapping[str, Any], text: str) -> bool:
    """Whether what a text stands for is within the bounds of its schema."""
    read = formats.READERS.get(schema.get("format", ""))
    if read is None:
        return True
    bounds = (
        (holds, schema[word]) for word, (holds, _) in formats.BOUNDS.items() if word in schema
    )
    return all(holds(read(text), read(bound)) for holds, bound in bounds)


def _are_true(schema: Mapping[str, Any], values: list[Any]) -> bool:
    first, rest = schema.get("prefixItems", []), schema.get("items", {})
    by_place = [*first, *[rest] * (len(values) - len(first))]
    return all(is_true(each, value) for each, value in zip(by_place, values, strict=False))


def _members_are_true(schema: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    properties, more = schema.get("properties", {}), schema.get("additionalProperties", {})
    if not value.keys() >= set(schema.get("required", ())):
        return False
    if more is False and not value.keys() <= properties.keys():
        return False
    others = more if isinstance(more, Mapping) else {}
    return all(is_true(properties.get(name, others), each) for name, each in value.items())
