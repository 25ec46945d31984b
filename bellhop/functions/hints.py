"""Type hints as the form of a job type: each as JSON Schema, and JSON as the object it asks for.

The schema is the subset of JSON Schema 2020-12 that the page draws a form from. What no form can
ask for is refused, with what to write instead. Hints of pydantic are read by pydantic, where the
type imports it (models.py).
"""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import enum
import json
import types
import typing
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from bellhop.functions import formats, models
from bellhop.words import BadInput, Text, Url

PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}
FORMATS = {
    datetime.datetime: "date-time",
    datetime.date: "date",
    datetime.time: "time",
    datetime.timedelta: "duration",
    Decimal: "decimal",
}
# What a text is for: what to draw for it, and how far it is checked.
MARKERS = {Url: "uri", Text: "multiline"}
# Those whose texts may be numbers as well.
NUMERIC = ("duration", "decimal")
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
# Bounds of what is a text in JSON, named as ajv-formats does.
FORMAT_BOUNDS = {
    "ge": "formatMinimum",
    "gt": "formatExclusiveMinimum",
    "le": "formatMaximum",
    "lt": "formatExclusiveMaximum",
}
LISTS = (list, set, frozenset, collections.abc.Sequence, collections.abc.Iterable,
         collections.abc.Collection, collections.abc.Set)  # fmt: skip
DICTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
SETS = (set, frozenset, collections.abc.Set)
MOST_DEPTH = 10
INSTEAD = (
    "use Path or bytes for a file, or text, numbers, dates, Literal, Enum, lists, dicts, "
    "dataclasses, TypedDict or pydantic models"
)


def schema(name: str, hint: Any) -> dict[str, Any]:
    """The JSON Schema of a parameter's hint.

    Raises TypeError when no form can ask for it; the text says why.
    """
    return _schema(f"parameter {name}", hint, ())


def _schema(where: str, hint: Any, above: tuple[Any, ...]) -> dict[str, Any]:
    if len(above) > MOST_DEPTH:
        raise TypeError(f"{where}: is more than {MOST_DEPTH} levels deep")
    if models.is_of_pydantic(hint):
        return models.schema(where, hint)
    hint, metadata, nullable = unwrap(hint)
    found = _bare(where, hint, above)
    for extra in metadata:
        found.update(_keywords(where, extra, found))
    return models.or_null(found) if nullable else found


def _bare(where: str, hint: Any, above: tuple[Any, ...]) -> dict[str, Any]:
    """The schema of a hint without its metadata, and without None."""
    origin = typing.get_origin(hint) or hint
    if hint in PLAIN:
        return {"type": PLAIN[hint]}
    if name := _format_of(hint):
        return {"type": ["string", "number"] if name in NUMERIC else "string", "format": name}
    if hint in MARKERS:
        return {"type": "string", "format": MARKERS[hint]}
    if hint is Any or hint is object:
        return {}
    if origin is typing.Literal:
        return {"enum": [to_json(choice) for choice in typing.get_args(hint)]}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _choices(where, hint)
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_schema(where, each, above) for each in typing.get_args(hint)]}
    if origin is tuple or origin in LISTS:
        return _array(where, hint, above)
    if origin in DICTS:
        key, value = typing.get_args(hint) or (str, Any)
        _schema(f"{where}, a key", key, (*above, hint))
        return {"type": "object", "additionalProperties": _schema(where, value, (*above, hint))}
    if members := _members(hint):
        return _object(where, hint, members, above)
    raise TypeError(f"{where}: Bellhop has no field for {_shown(hint)}; {INSTEAD}")


def _format_of(hint: Any) -> str | None:
    """The format of the texts that stand for objects of a hint; uuid is slow to import."""
    if getattr(hint, "__name__", None) == "UUID" and hint.__module__ == "uuid":
        return "uuid"
    return FORMATS.get(hint) if isinstance(hint, type) else None


def _choices(where: str, hint: type[enum.Enum]) -> dict[str, Any]:
    values = [member.value for member in hint]
    if all(isinstance(value, str) for value in values):
        return {"enum": values}
    if not all(isinstance(value, str | int | float) for value in values):
        values = [member.name for member in hint]
    return {"enum": values, "x-enum-varnames": [member.name for member in hint]}


def _array(where: str, hint: Any, above: tuple[Any, ...]) -> dict[str, Any]:
    arguments, inside = typing.get_args(hint), (*above, hint)
    is_tuple = (typing.get_origin(hint) or hint) is tuple
    if is_tuple and arguments and arguments[-1] is not Ellipsis:
        each = [_schema(where, argument, inside) for argument in arguments]
        return {"type": "array", "prefixItems": each, "minItems": len(each), "maxItems": len(each)}
    found: dict[str, Any] = {"type": "array", "items": {}}
    if arguments:
        found["items"] = _schema(where, arguments[0], inside)
    is_set = (typing.get_origin(hint) or hint) in SETS
    return {**found, "uniqueItems": True} if is_set else found


def _object(
    where: str, hint: Any, members: Mapping[str, Member], above: tuple[Any, ...]
) -> dict[str, Any]:
    if hint in above:
        raise TypeError(
            f"{where}: {_shown(hint)} contains itself, so its form has no end; use dict"
        )
    properties = {}
    for name, member in members.items():
        found = _schema(f"{where}.{name}", member.hint, (*above, hint))
        properties[name] = {"title": titled(name), **found, **member.default}
    required = [name for name, member in members.items() if member.required]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


class Member(typing.NamedTuple):
    """A member of a class; `default` holds its default, or nothing."""

    hint: Any
    required: bool
    default: dict[str, Any]


def _members(hint: Any) -> dict[str, Member]:
    """The members of a dataclass, a TypedDict or a NamedTuple; nothing of another hint."""
    if dataclasses.is_dataclass(hint):
        known = typing.get_type_hints(hint, include_extras=True)
        return {f.name: _of_field(f, known[f.name]) for f in dataclasses.fields(hint) if f.init}
    if typing.is_typeddict(hint):
        known = typing.get_type_hints(hint, include_extras=True)
        # Of hints that are texts, the class does not know which it requires; they do.
        return {n: _asked(each, n in hint.__required_keys__) for n, each in known.items()}
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_field_defaults"):
        return _of_tuple(hint)
    return {}


def _of_tuple(hint: Any) -> dict[str, Member]:
    """The members of a NamedTuple, or of a namedtuple, which says no hint of them."""
    known, defaults = typing.get_type_hints(hint, include_extras=True), hint._field_defaults
    named = {name: _default(defaults[name]) if name in defaults else {} for name in hint._fields}
    return {n: Member(known.get(n, Any), n not in defaults, of) for n, of in named.items()}


def _of_field(field: dataclasses.Field[Any], hint: Any) -> Member:
    if field.default is not dataclasses.MISSING:
        return Member(hint if field.default is not None else hint | None, False,
                      _default(field.default))  # fmt: skip
    if field.default_factory is not dataclasses.MISSING:
        return Member(hint, False, _default(field.default_factory()))
    return Member(hint, True, {})


def _default(value: Any) -> dict[str, Any]:
    return {"default": to_json(value)}


def _asked(hint: Any, required: bool) -> Member:
    """A member of a TypedDict, without `Required[…]` and the like in its hint."""
    while (origin := typing.get_origin(hint)) in (typing.Required, typing.NotRequired):
        required = origin is typing.Required
        (hint,) = typing.get_args(hint)
    return Member(hint, required, {})


def to_python(hint: Any, value: Any) -> Any:
    """JSON that is true to `schema(hint)` as the object that the hint asks for.

    Raises `BadInput` for what only the function's own hints can tell that it is wrong.
    """
    if models.is_of_pydantic(hint):
        return models.to_python(hint, value)
    hint, _, nullable = unwrap(hint)
    origin, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    if value is None and nullable:
        return None
    if name := _format_of(hint):
        return _read(hint if name == "uuid" else formats.READERS[name], value)
    if origin in (typing.Union, types.UnionType):
        return _one_of(arguments, value)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint[value] if value in hint.__members__ and not _has(hint, value) else hint(value)
    if origin is typing.Literal:
        return next(choice for choice in arguments if to_json(choice) == value)
    if origin is tuple or origin in LISTS:
        return _sequence(origin, arguments, value)
    if origin in DICTS:
        key, inner = arguments or (str, Any)
        return {_key(key, name): to_python(inner, each) for name, each in value.items()}
    if members := _members(hint):
        made = {name: to_python(members[name].hint, each) for name, each in value.items()}
        return made if typing.is_typeddict(hint) else hint(**made)
    return hint(value) if hint in (int, float) else value


def _read(read: Any, value: Any) -> Any:
    try:
        return read(value)
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{value!r}: {error}", code="invalid_parameter") from None


def _one_of(arguments: Iterable[Any], value: Any) -> Any:
    """The value as the first of the hints that takes it; before them, one that it is already."""
    for hint in [each for each in arguments if type(value) is each] or arguments:
        if fits(hint, value):
            return to_python(hint, value)
    raise BadInput(
        f"{value!r} is not one of the values that the parameter takes", code="invalid_parameter"
    )


def fits(hint: Any, value: Any) -> bool:
    """Whether JSON is of the kind that a hint asks for."""
    if models.is_of_pydantic(hint):
        return models.fits(hint, value)
    hint, _, nullable = unwrap(hint)
    if value is None:
        return nullable or hint is type(None)
    return is_kind(_bare("it", hint, ()), value)


def is_kind(found: Mapping[str, Any], value: Any) -> bool:
    """Whether JSON is of the kind that a schema asks for, as far as its type and format tell."""
    if "enum" in found:
        return value in found["enum"]
    if "anyOf" in found:
        return any(is_kind(each, value) for each in found["anyOf"])
    kinds = found.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    is_right = not kinds or any(_is_json(kind, value) for kind in kinds)
    has_format = value is not None and "format" in found
    return is_right and (not has_format or formats.is_one(found["format"], value))


def _is_json(kind: str, value: Any) -> bool:
    kinds = {"string": str, "boolean": bool, "array": list, "object": dict, "null": type(None)}
    if kind in ("integer", "number"):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and (kind == "number" or value == int(value))
    return isinstance(value, kinds[kind])


def _has(hint: type[enum.Enum], value: Any) -> bool:
    return any(member.value == value for member in hint)


def _sequence(origin: Any, arguments: tuple[Any, ...], value: Any) -> Any:
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        return tuple(to_python(hint, each) for hint, each in zip(arguments, value, strict=True))
    each = [to_python(arguments[0] if arguments else Any, one) for one in value]
    return origin(each) if origin in (set, frozenset, tuple) else each


def _key(hint: Any, text: str) -> Any:
    """The name of a member as the object that the hint of keys asks for."""
    hint = unwrap(hint)[0]
    try:
        return to_python(hint, json.loads(text) if hint in (int, float, bool) else text)
    except ValueError:
        raise BadInput(
            f"the key {text!r} is no {hint.__name__}", code="invalid_parameter"
        ) from None


def to_json(value: Any) -> Any:
    """An object of a hint as JSON of its schema: the default of a parameter."""
    if _format_of(type(value)):
        return formats.written(value)
    if isinstance(value, enum.Enum):
        plain = isinstance(value.value, str | int | float)
        return value.value if plain else value.name
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [field for field in dataclasses.fields(value) if field.init]
        return {field.name: to_json(getattr(value, field.name)) for field in fields}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return to_json(value._asdict())
    if isinstance(value, Mapping):
        return {str(to_json(key)): to_json(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(to_json, value), key=str)
    return [to_json(each) for each in value] if isinstance(value, list | tuple) else value


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
        elif hasattr(hint, "__supertype__") and hint not in MARKERS:  # of NewType
            hint = hint.__supertype__
        elif hasattr(hint, "__value__") and hasattr(hint, "__type_params__"):  # type X = …
            hint = hint.__value__
        else:
            return hint, metadata, nullable


def titled(name: str) -> str:
    """The name of a parameter as people read it."""
    return name.replace("_", " ").strip().capitalize()


def _keywords(where: str, extra: Any, found: Mapping[str, Any]) -> dict[str, Any]:
    """One piece of Annotated metadata as JSON Schema; a text is the field's help."""
    if isinstance(extra, str):
        return {"description": extra}
    if isinstance(text := getattr(extra, "documentation", None), str):  # of typing.Doc
        return {"description": text}
    words = {**BOUNDS, **(FORMAT_BOUNDS if "format" in found else {})}
    if "items" in found or "prefixItems" in found:
        words |= ARRAY_BOUNDS
    bounds = {word: getattr(extra, name, None) for name, word in words.items()}
    bounds = {word: to_json(bound) for word, bound in bounds.items() if bound is not None}
    if not bounds:
        raise TypeError(f"{where}: Bellhop does not know {extra!r:.80}; {KNOWN_METADATA}")
    return bounds


KNOWN_METADATA = "it knows a text as help, the bounds of annotated-types and pydantic's Field"


def _shown(hint: Any) -> str:
    name = getattr(hint, "__name__", None)
    return str(name or hint)[:80]
