"""Something to give to a job type: what its inputs and its form ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bellhop.catalog.description import Description

TEXT = b"one two three\nfour five\n"
OF_FORMATS = {
    "date": "2026-01-02", "date-time": "2026-01-02T09:00:00+01:00", "time": "09:30",
    "duration": "PT5M", "decimal": "1.50", "uri": "https://a.example/b", "email": "a@b.example",
    "uuid": "7d444840-9dc0-11d1-b245-5ffdce74fad2",
}  # fmt: skip
OF_KINDS: dict[str, Any] = {
    "string": "a", "integer": 1, "number": 1.5, "boolean": True, "null": None, "object": {},
}  # fmt: skip
Part = tuple[str, str, bytes | None]


def value_for(schema: Mapping[str, Any]) -> Any:
    """A value that is true to a schema."""
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return value_for(schema["anyOf"][0])
    if "format" in schema:
        return OF_FORMATS.get(schema["format"], "a")
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array":
        each = schema.get("prefixItems") or [schema.get("items", {})]
        return [value_for(one) for one in each]
    if "properties" in schema:
        return {name: value_for(schema["properties"][name]) for name in schema["required"]}
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    return OF_KINDS[kind] if least is None else least + (0 if "minimum" in schema else 1)


def parts_for(job_type: Description) -> list[Part]:
    """The parts of a form that has all that a type requires, as (field, text or name, content)."""
    parts: list[Part] = []
    for given in job_type.inputs:
        if given.kind in ("file", "files"):
            suffix = next(iter(job_type.accepts), ".txt")
            parts.append((given.name, f"{given.name}{suffix}", TEXT))
        else:
            text = {"url": "https://a.example/b", "text": TEXT.decode()}.get(given.kind)
            parts.append((given.name, text or json.dumps(value_for(given.schema)), None))
    for name in job_type.params["required"]:
        value = value_for(job_type.params["properties"][name])
        for each in value if isinstance(value, list) else [value]:
            parts.append((name, each if isinstance(each, str) else json.dumps(each), None))
    return parts
