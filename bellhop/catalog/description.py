"""What is known of a job type: what its file says of it, and what holds for it here.

A file is described by a child (`jobprocess/describing.py`), which writes a `DescribedFile` as JSON
for the catalog, which keeps them all in `types.json`. What a type says is judged there, so that one
that cannot be harms no other type of its file. Code of the file may have forged the document, so
nothing of it is believed before `validated` has seen it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from bellhop.base import documents, shapes
from bellhop.catalog.typefiles import Stamp
from bellhop.functions import formats
from bellhop.functions.hints import ARRAY_BOUNDS, BOUNDS, FORMAT_BOUNDS, PLAIN
from bellhop.functions.signature import (
    FILES,
    FORM_FIELDS,
    INPUT_KINDS,
    RESERVED,
    Input,
    ParamsSchema,
)
from bellhop.settings.settings import QUEUE_NAME

MOST_BYTES = 1024 * 1024
MOST_NAME, MOST_LINE, MOST_TEXT, MOST_OF_A_KIND = 100, 200, 2000, 100
MOST_PARAMS_BYTES = 64 * 1024
MOST_S, MOST_MB = 365 * 86400.0, 1 << 20
MOST_CACHE_S = 100 * MOST_S
# What a page or a terminal would not show as it is: control characters, and marks of direction; and
# half a surrogate pair, which nobody can encode.
UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
NUMBERS = {*BOUNDS.values(), *ARRAY_BOUNDS.values()}


@dataclass(frozen=True, kw_only=True)
class Description:
    """What the file of a job type says of it; where it may be `None`, config.ini decides.

    The first of `inputs` is the main one: what is given for it are the items of a job. The others
    take files that go with every item. `cache` may be how many seconds a result may be used again.
    `settings` says of each whether it is a "secret" or "text". `missing` says why it cannot be
    used: what it needs and how to install that, or what it says of itself that cannot be. `code`
    is the SHA-256 in hex of what it runs.
    """

    type: str
    label: str
    description: str
    inputs: tuple[Input, ...]
    accepts: tuple[str, ...]
    params: ParamsSchema
    queue: str
    timeout_s: float | None
    memory_mb: int | None
    delays_s: tuple[float, ...] | None
    version: str
    cache: bool | float
    network: bool
    requires: dict[str, str]
    viewer: str | None
    settings: dict[str, str]
    hidden: bool
    missing: str | None
    code: str

    @property
    def input(self) -> str:
        """What an item is: the kind of the main input, "none" where there is no input."""
        return self.inputs[0].kind if self.inputs else "none"

    @property
    def takes_files(self) -> bool:
        return self.input in FILES

    @property
    def has_secrets(self) -> bool:
        return "secret" in self.settings.values()


# Made here: the child that describes a file hides the modules of Bellhop from it before it reads.
read_type = shapes.reader(Description)


@dataclass(frozen=True, kw_only=True)
class KnownType(Description):
    """A job type in this installation: its limits and delays are those that hold.

    `reason` says why it is not available, None when it is; `is_pending`: it will be soon;
    `is_broken`: only another file helps. `path` and `stamp` are of its file. `python` is the
    interpreter of its environment; None is Bellhop's.
    """

    timeout_s: float
    memory_mb: int
    delays_s: tuple[float, ...]
    reason: str | None
    is_pending: bool
    is_broken: bool
    python: str | None
    path: str
    stamp: Stamp

    @property
    def available(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class DescribedFile:
    """The types of one file, and why it cannot be used, if it cannot.

    `stamp` is of the file when it was described, and `environment` is what it was described in;
    the child that does it leaves both out. A known file without a stamp is still being read, and
    `error` says what Bellhop does.
    """

    types: tuple[Description, ...]
    error: str | None
    stamp: Stamp = ()
    environment: str | None = None


def unknown_type(name: str) -> Description:
    """The description of a type of which only the file's name is known."""
    return Description(
        type=name, label=name, description="", accepts=(),
        inputs=(Input("file", "file", required=True, schema={}),),
        params={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
        queue="default", timeout_s=None, memory_mb=None, delays_s=None, version="", cache=False,
        network=False, requires={}, viewer=None, settings={}, hidden=False, missing=None, code="",
    )  # fmt: skip


def to_json(described: DescribedFile | Mapping[str, DescribedFile]) -> bytes:
    """One described file, or many by their paths."""
    return json.dumps(described, default=vars).encode()


def as_json(described: Description) -> str:
    """One type, as `offered` reads it on another machine."""
    return json.dumps(vars(described), default=vars)


def described(members: Mapping[str, object]) -> Description:
    """A type by what its decorator and its signature say of it, whatever that is.

    Raises `WrongShape`, which names what cannot be, or TypeError for what JSON has no word for.
    """
    document = json.loads(json.dumps(members, default=_no_word))
    return _meant(read_type(document))


def _no_word(value: object) -> None:
    raise TypeError(f"{value!r:.100} cannot be written as JSON")


def from_json(document: object) -> DescribedFile:
    """One described file, of JSON that was parsed; raises `WrongShape`."""
    return shapes.read(DescribedFile, document)


def said_in(text: bytes) -> DescribedFile:
    """One described file as the child wrote it; ValueError for what is no valid description."""
    if len(text) >= MOST_BYTES:  # where the kernel cuts it
        raise ValueError(f"it is larger than {MOST_BYTES // 1024} KiB")
    document = documents.parsed(text)
    if isinstance(document, dict):
        document["environment"] = None  # which is not for it to say
    return validated(from_json(document))


def offered(text: str) -> Description:
    """A type as another machine describes it, maybe one with another version of Bellhop.

    Raises ValueError where that says less than this one needs to know, or what cannot be.
    """
    document = documents.parsed(text)
    if isinstance(document, dict):
        known = {field.name for field in fields(Description)}
        document = {name: value for name, value in document.items() if name in known}
    return _meant(read_type(document))


def validated(file: DescribedFile) -> DescribedFile:
    """A file whose types mean what they may; raises `WrongShape`, which names what does not.

    Only the reason why it cannot be used is cut and cleaned instead.
    """
    if len(file.types) > MOST_OF_A_KIND:
        raise shapes.WrongShape(f"types: at most {MOST_OF_A_KIND}")
    for each in file.types:
        _meant(each)
    return replace(file, error=file.error and as_text(file.error))


def as_text(text: str) -> str:
    """The beginning of a text, without what a page would not show as it is."""
    return UNSHOWABLE.sub(" ", text[:MOST_TEXT])


def _meant(description: Description) -> Description:
    """The same; raises `WrongShape` where it says what may not be."""
    for member, is_valid, must_be in MEANINGS:
        value = getattr(description, member)
        if value is not None and not is_valid(value):
            raise shapes.WrongShape(f"{member}: must be {must_be}")
    for each in description.inputs:
        if each.name in RESERVED:
            raise shapes.WrongShape(f"inputs: {each.name} is a field of every job; rename it")
    for name, field in description.params["properties"].items():
        if name in FORM_FIELDS:
            raise shapes.WrongShape(f"params: {name} is a field of every job; rename it")
        if wrong := _wrong_words(field):
            raise shapes.WrongShape(f"params: must be a form; {name} cannot have this {wrong[0]}")
    return description


def _is_name(text: str) -> bool:
    return text.isidentifier() and len(text) <= MOST_NAME


def _is_input(given: Input) -> bool:
    is_known = _is_name(given.name) and given.kind in INPUT_KINDS
    return is_known and _is_schema(given.schema)


def _is_line(text: str) -> bool:
    return len(text) <= MOST_LINE and not UNSHOWABLE.search(text)


def _is_text(text: str) -> bool:
    return len(text) <= MOST_TEXT and not UNSHOWABLE.search(text)


def _is_duration(seconds: float) -> bool:
    return 0 <= seconds <= MOST_S  # which no NaN is


def _are(is_valid: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether there are not too many, and each is valid, names too where they have some."""

    def are(values: Any) -> bool:
        each = [*values, *(values.values() if isinstance(values, Mapping) else ())]
        return len(values) <= MOST_OF_A_KIND and all(map(is_valid, each))

    return are


def _are_settings(kinds: dict[str, str]) -> bool:
    return _are(_is_name)(kinds) and set(kinds.values()) <= {"secret", "text"}


def _is_form(params: ParamsSchema) -> bool:
    """Whether it is a schema as signature.py makes them, which reads no file and no address."""
    return (
        params["type"] == "object"
        and params["additionalProperties"] is False
        and len(json.dumps(params)) <= MOST_PARAMS_BYTES
        and set(params["required"]) <= params["properties"].keys()
        and all(map(_is_name, params["properties"]))
    )


def _wrong_words(schema: Any) -> list[str]:
    """What of the schema of a parameter, or of a part of it, may not be there as it is."""
    if not isinstance(schema, dict):
        return ["schema"]
    return [
        f"{word:.20}"
        for word, value in schema.items()
        if not (is_known(value) if (is_known := KEYWORDS.get(word)) else _is_bound(word, value))
    ]


def _is_schema(value: Any) -> bool:
    return not _wrong_words(value)


def _are_schemas(value: Any) -> bool:
    """Whether it is a list of them, or a member for each name."""
    each = list(value.values()) if isinstance(value, dict) else value
    return isinstance(each, list) and len(each) <= MOST_OF_A_KIND and all(map(_is_schema, each))


def _are_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) and _is_line(v) for v in value)


def _is_bound(word: str, value: Any) -> bool:
    return word in NUMBERS and _is_number(value) and (word != "multipleOf" or value > 0)


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _is_choice(value: Any) -> bool:
    return not isinstance(value, list | dict) and _is_plain(value)


def _is_plain(value: Any) -> bool:
    """Whether it is JSON that everybody can read."""
    try:
        documents.parsed(json.dumps(value))
    except ValueError:
        return False
    return True


def _is_kind(value: Any) -> bool:
    kinds = value if isinstance(value, list) and value else [value]
    return all(kind in (*PLAIN.values(), "array", "object", "null") for kind in kinds)


# Keywords of JSON Schema beside the bounds, and what may stand there.
KEYWORDS: dict[str, Callable[[Any], bool]] = {
    "title": lambda value: isinstance(value, str) and _is_line(value),
    "description": lambda value: isinstance(value, str) and _is_text(value),
    "type": _is_kind,
    "format": lambda value: value in (*formats.READERS, "uri", "email", "multiline"),
    "enum": lambda value: isinstance(value, list) and bool(value) and all(map(_is_choice, value)),
    "x-enum-varnames": _are_lines,
    "items": _is_schema,
    "prefixItems": _are_schemas,
    "anyOf": _are_schemas,
    "properties": lambda value: isinstance(value, dict) and _are_schemas(value),
    "additionalProperties": lambda value: isinstance(value, bool) or _is_schema(value),
    "required": _are_lines,
    "uniqueItems": lambda value: isinstance(value, bool),
    **dict.fromkeys(FORMAT_BOUNDS.values(), lambda value: isinstance(value, str | int | float)),
    "default": _is_plain,
}
# Of each member of a description: whether what it says may be, where it says anything.
MEANINGS: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("type", _is_name, f"a Python name of at most {MOST_NAME} characters"),
    ("label", _is_line, f"one line of at most {MOST_LINE} characters"),
    ("description", _is_text, f"a text of at most {MOST_TEXT} characters"),
    ("inputs", _are(_is_input), f"parameters, each a name and one of {', '.join(INPUT_KINDS)}"),
    ("accepts", _are(_is_line), "suffixes"),
    ("params", _is_form, f"a form of at most {MOST_PARAMS_BYTES // 1024} KiB"),
    ("queue", lambda name: bool(QUEUE_NAME.fullmatch(name)), "the name of a queue"),
    ("timeout_s", lambda seconds: 0 < seconds <= MOST_S, "seconds above 0, at most a year"),
    ("memory_mb", lambda size: 0 <= size <= MOST_MB, f"0 to {MOST_MB} MiB"),
    ("delays_s", _are(_is_duration), "seconds from 0 to a year"),
    ("version", _is_line, f"one line of at most {MOST_LINE} characters"),
    ("cache", lambda seconds: 0 <= seconds <= MOST_CACHE_S, "seconds from 0 to 100 years"),
    ("requires", _are(_is_line), "modules and extras"),
    ("viewer", lambda name: bool(re.fullmatch("[a-z0-9_-]{1,100}", name)), "the name of a viewer"),
    ("settings", _are_settings, "names, each with secret or text"),
    ("missing", _is_text, f"a text of at most {MOST_TEXT} characters"),
    ("code", lambda text: bool(re.fullmatch("[0-9a-f]{64}", text)), "a SHA-256 in hex"),
)
