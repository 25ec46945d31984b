"""A form by its schema: what a person wrote in its fields as JSON, and JSON checked by it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import fastjsonschema

from bellhop.base import documents
from bellhop.base.errors import Problem, invalid_field
from bellhop.functions import formats

Schema = Mapping[str, Any]
NESTED = ("array", "object")


def checker(schema: Schema) -> Callable[[Any], Any]:
    """What checks JSON by a schema and gives it back with the defaults filled in.

    It raises `fastjsonschema.JsonSchemaValueException`, whose text names what is wrong.
    """
    return _checker(json.dumps(schema))


@functools.lru_cache(maxsize=100)
def _checker(text: str) -> Callable[[Any], Any]:
    schema = json.loads(text)
    known = {name: functools.partial(formats.is_one, name) for name in formats.READERS}
    check = fastjsonschema.compile(_as_draft_7(schema), formats={**known, "email": "@"})

    def checked(value: Any) -> Any:
        value = check(value)
        for wrong in _beyond(schema, value, "data"):
            raise wrong
        return value

    return checked


def of_texts(schema: Schema, name: str, texts: Sequence[str]) -> Any:
    """What was written in the fields of a parameter, as the JSON that its schema asks for.

    A list is written as a field for each element, what has members as JSON. Raises the problem
    that names the parameter.
    """
    if "array" in kinds(schema):
        written = [text for text in texts if text.strip()]
        if not written and "null" in kinds(schema):
            return None
        return _elements(schema, name, written)
    if len(texts) > 1:
        raise invalid_field(name, "is given more than once")
    return _of_text(schema, name, texts[0])


def kinds(schema: Schema) -> list[str]:
    """The types that a schema allows."""
    found = schema.get("type", [])
    return found if isinstance(found, list) else [found]


def _elements(schema: Schema, name: str, texts: Sequence[str]) -> list[Any]:
    each = schema.get("prefixItems", [])
    rest = schema.get("items", {})
    if len(texts) == 1 and (each or not {*NESTED}.isdisjoint(kinds(rest))):
        found = _parsed(name, texts[0])
        return found if isinstance(found, list) and "array" not in kinds(rest) else [found]
    by_place = [*each, *([rest] * max(0, len(texts) - len(each)))]
    return [_of_text(one, name, text) for one, text in zip(by_place, texts, strict=False)]


def _of_text(schema: Schema, name: str, text: str) -> Any:
    wanted = kinds(schema)
    if not text.strip() and ("null" in wanted or None in schema.get("enum", [])):
        return None
    if "anyOf" in schema:
        return _of_any(schema["anyOf"], name, text)
    if "enum" in schema:
        return _choice(schema, text)
    if "format" in schema or "string" in wanted:
        return text
    if "boolean" in wanted:
        return _boolean(name, text)
    if "integer" in wanted or "number" in wanted:
        return _number(name, text, int if "integer" in wanted else float)
    return _parsed(name, text) if wanted else _anything(text)


def _of_any(schemas: Sequence[Schema], name: str, text: str) -> Any:
    """The text as the first of the schemas that takes it."""
    if not text.strip() and {"type": "null"} in schemas:
        return None
    for schema in schemas:
        try:
            return checker(schema)(_of_text(schema, name, text))
        except (Problem, fastjsonschema.JsonSchemaValueException):
            continue
    raise invalid_field(name, f"must be {choices(schemas)}")


def choices(schemas: Sequence[Schema]) -> str:
    """What one of several schemas asks for, in words."""
    return " or ".join(filter(None, map(_words, schemas)))


def _words(schema: Schema) -> str:
    nouns = {
        "string": "a text", "integer": "a whole number", "number": "a number", "null": "empty",
        "boolean": "true or false", "array": "a list", "object": "an object",
    }  # fmt: skip
    if "format" in schema:
        return formats.EXAMPLES.get(schema["format"], f"a {schema['format']}")
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    return " or ".join(nouns[kind] for kind in kinds(schema))


def _choice(schema: Schema, text: str) -> Any:
    """The choice that is written so, or is called so."""
    values, names = schema["enum"], schema.get("x-enum-varnames", [])
    by_name = dict(zip(names, values, strict=False))
    return next((value for value in values if str(value) == text), by_name.get(text, text))


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


def _parsed(name: str, text: str) -> Any:
    try:
        return documents.parsed(text)
    except ValueError as error:
        raise invalid_field(name, f"must be JSON ({error})") from None


def _anything(text: str) -> Any:
    try:
        return documents.parsed(text)
    except ValueError:
        return text


def _as_draft_7(schema: Any) -> Any:
    """A schema in the words of draft 7, which the library reads."""
    if isinstance(schema, list):
        return [_as_draft_7(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        name: each if name in ("default", "enum") else _as_draft_7(each)
        for name, each in schema.items()
    }
    if each := found.pop("prefixItems", None):
        found |= {"items": each, "additionalItems": False}
    return found


def _beyond(schema: Schema, value: Any, where: str) -> Iterator[Exception]:
    """What is beyond the bounds that its schema sets for the object that a text stands for."""
    if value is not None and (read := formats.READERS.get(schema.get("format", ""))):
        yield from _beyond_bounds(schema, read, value, where)
    if isinstance(value, dict):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties")
        for key, each in value.items():
            inner = properties.get(key, more)
            yield from _beyond(inner if isinstance(inner, dict) else {}, each, f"{where}.{key}")
    if isinstance(value, list):
        items, each = schema.get("items", {}), schema.get("prefixItems", [])
        for place, one in enumerate(value):
            inner = each[place] if place < len(each) else items
            yield from _beyond(inner, one, f"{where}[{place}]")


def _beyond_bounds(
    schema: Schema, read: Callable[[Any], Any], value: Any, where: str
) -> Iterator[Exception]:
    for keyword, (holds, words) in formats.BOUNDS.items():
        bound = schema.get(keyword)
        if bound is not None and not holds(read(value), read(bound)):
            said = f"{where} must be {words} {bound}"
            yield fastjsonschema.JsonSchemaValueException(said, value, where, schema, keyword)
