"""Hints that are pydantic's own, read by the pydantic that the job type imports.

Bellhop does not import it: where such a hint is, the type has. What pydantic says of one as JSON
Schema is brought to the subset that the page draws a form from; what that has no word for, such as
a pattern, pydantic checks itself when the item runs.
"""

from __future__ import annotations

import functools
import json
import sys
import types
import typing
from collections.abc import Mapping
from typing import Any

from bellhop.words import BadInput

# Keywords that a form is drawn from or that are checked when a job is submitted.
KEPT = (
    "type", "title", "description", "default", "enum", "format", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems",
    "maxItems", "uniqueItems", "required",
)  # fmt: skip
FORMATS = ("date", "date-time", "time", "duration", "uuid", "uri", "email")


def is_of_pydantic(hint: Any) -> bool:
    """Whether pydantic has to read a hint: a model, a type of its own, or one with its `Field`."""
    if typing.get_origin(hint) is typing.Annotated:
        return any(_is_from_pydantic(each) for each in typing.get_args(hint)[1:]) or is_of_pydantic(
            typing.get_args(hint)[0]
        )
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(map(is_of_pydantic, typing.get_args(hint)))
    if isinstance(hint, type) and not typing.get_args(hint):
        return hasattr(hint, "__pydantic_core_schema__") or _is_from_pydantic(hint)
    return False


def is_model(hint: Any) -> bool:
    """Whether a hint is a model with members."""
    is_root = getattr(hint, "__pydantic_root_model__", False)  # which is what is in it
    return isinstance(hint, type) and hasattr(hint, "model_fields") and not is_root


def is_field(default: Any) -> bool:
    """Whether the default of a parameter is pydantic's `Field(…)`."""
    return type(default).__name__ == "FieldInfo" and _is_from_pydantic(default)


def default_of(field: Any, missing: Any) -> Any:
    """The default that a `Field(…)` gives; `missing` when it gives none."""
    return missing if field.is_required() else field.get_default(call_default_factory=True)


def _is_from_pydantic(thing: Any) -> bool:
    kind = thing if isinstance(thing, type) else type(thing)
    return kind.__module__.partition(".")[0] in (
        "pydantic",
        "pydantic_core",
        "pydantic_extra_types",
    )


def schema(where: str, hint: Any) -> dict[str, Any]:
    """The JSON Schema of a hint; TypeError when pydantic has none or no form can ask for it."""
    try:
        found = _adapter(hint).json_schema()
    except Exception as error:
        raise TypeError(f"{where}: {error}") from None
    kept = dict(_kept(where, found, found.get("$defs", {}), ()))
    if "properties" in kept:
        kept.pop("title", None)  # the name of the class, where the parameter has one of its own
    return kept


def to_python(hint: Any, value: Any) -> Any:
    """JSON as the object that pydantic makes of it; `BadInput` with its words when it does not."""
    try:
        return _adapter(hint).validate_json(json.dumps(value))
    except ValueError as error:
        raise BadInput(_said(error), code="invalid_parameter") from None


def fits(hint: Any, value: Any) -> bool:
    """Whether pydantic takes JSON for a hint."""
    try:
        _adapter(hint).validate_json(json.dumps(value))
    except ValueError:
        return False
    return True


def or_null(found: dict[str, Any]) -> dict[str, Any]:
    """The same schema, or null."""
    if "enum" in found:
        return {**found, "enum": [*found["enum"], None]}
    if "anyOf" in found:
        return {**found, "anyOf": [*found["anyOf"], {"type": "null"}]}
    if "type" not in found:
        return found
    kinds = found["type"] if isinstance(found["type"], list) else [found["type"]]
    return {**found, "type": [*kinds, "null"]}


@functools.cache
def _adapter(hint: Any) -> Any:
    return sys.modules["pydantic"].TypeAdapter(hint)


def _said(error: ValueError) -> str:
    """What is wrong, without the address of a page about it."""
    if not hasattr(error, "errors"):
        return str(error)
    wrong = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(_one(each) for each in wrong)


def _one(wrong: Mapping[str, Any]) -> str:
    where = ".".join(map(str, wrong["loc"]))
    return f"{where}: {wrong['msg']}" if where else str(wrong["msg"])


def _kept(where: str, found: Any, known: Mapping[str, Any], above: tuple[str, ...]) -> Any:
    """The part of a schema that a form is drawn from, with what it refers to in its place."""
    if not isinstance(found, Mapping):
        return {}
    if "$ref" in found:
        name = found["$ref"].rpartition("/")[2]
        if name in above:
            raise TypeError(f"{where}: {name} contains itself, so its form has no end; use dict")
        inner = _kept(where, known[name], known, (*above, name))
        return {**inner, **{word: found[word] for word in KEPT if word in found}}
    kept = {word: found[word] for word in KEPT if word in found}
    if kept.get("format") not in FORMATS:
        kept.pop("format", None)
    if "const" in found:
        kept["enum"] = [found["const"]]
    each = functools.partial(_kept, where, known=known, above=above)
    for word in ("anyOf", "oneOf", "prefixItems"):
        if word in found:
            kept["anyOf" if word == "oneOf" else word] = [each(one) for one in found[word]]
    if "items" in found:
        kept["items"] = each(found["items"])
    if "properties" in found:
        kept["properties"] = {name: each(one) for name, one in found["properties"].items()}
        kept.setdefault("required", [])
    if "additionalProperties" in found or "properties" in found:
        more = found.get("additionalProperties", False)
        kept["additionalProperties"] = more if isinstance(more, bool) else each(more)
    return _without_null(kept)


def _without_null(kept: dict[str, Any]) -> dict[str, Any]:
    """The same with null as one of its types, where that is all that it has a choice for."""
    rest = [one for one in kept.get("anyOf", []) if one.get("type") != "null"]
    if len(rest) != 1:
        return kept
    return {**or_null(rest[0]), **{word: kept[word] for word in kept if word != "anyOf"}}
