"""A job's parameters: from the text of a form or a command line, checked by its type's schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import fastjsonschema

from bellhop.base.errors import invalid_field
from bellhop.catalog import forms
from bellhop.catalog.description import Description
from bellhop.functions import formats
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
    return forms.of_texts(schema, name, texts)


def validated(job_type: Description, params: dict[str, Any]) -> dict[str, Any]:
    """The params with the defaults filled in, true to the type's schema.

    Raises the problem that names the parameter.
    """
    try:
        checked: dict[str, Any] = forms.checker(job_type.params)(dict(params))
    except fastjsonschema.JsonSchemaValueException as error:
        field = error.path[1] if len(error.path) > 1 else _field_of(error, params)
        raise invalid_field(field, _said(error, field)) from None
    except ArithmeticError:  # a whole number that is larger than any float
        raise invalid_field("params", "hold a number that is too large") from None
    properties = job_type.params["properties"]
    # To JSON Schema 1.0 is a whole number; to a Python function it is not.
    whole = {n for n, v in checked.items() if isinstance(v, float) and _is_whole(properties[n])}
    return {name: int(value) if name in whole else value for name, value in checked.items()}


def checked(schema: Mapping[str, Any], value: dict[str, Any], field: str) -> dict[str, Any]:
    """An object true to a schema, with its defaults filled in; the problem names `field`."""
    try:
        return dict(forms.checker(schema)(dict(value)))
    except fastjsonschema.JsonSchemaValueException as error:
        raise invalid_field(field, _said(error, "")) from None


def _is_whole(schema: Mapping[str, Any]) -> bool:
    kinds = forms.kinds(schema)
    return "integer" in kinds and "number" not in kinds


def _said(error: fastjsonschema.JsonSchemaValueException, field: str) -> str:
    """What is wrong with a parameter, or with a part of it that is named first."""
    name = str(error.name)
    where = name.removeprefix("data").lstrip(".").removeprefix(field).lstrip(".")
    if error.rule == "format":
        said = f"must be {formats.EXAMPLES.get(error.definition['format'], 'of another form')}"
    elif error.rule == "anyOf":
        said = f"must be {forms.choices(error.definition['anyOf'])}"
    else:
        said = error.message.removeprefix(name).strip()
    return f"{where} {said}" if where else said


def _field_of(error: fastjsonschema.JsonSchemaValueException, params: Mapping[str, Any]) -> str:
    """The parameter a whole-object error is about: one too many, or one that is missing."""
    known = error.definition.get("properties", {})
    unknown = [name for name in params if name not in known]
    missing = [name for name in error.definition.get("required", []) if name not in params]
    return next(iter([*unknown, *missing]), "params")
