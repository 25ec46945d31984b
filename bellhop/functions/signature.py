"""A function's signature read as a job type: its inputs, its fields, and how it is called.

Used by the child that describes a file of job types and by the job process that runs one.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from bellhop.functions import docstrings, hints, models
from bellhop.words import BadInput, Context, Text, Url

# What a form of POST /jobs holds beside the parameters of a type, none of which can be called so.
OPTIONS = (
    "priority", "run_at", "delay_s", "depends_on", "then", "webhook_url", "webhook_events",
    "use_cache",
)  # fmt: skip
FILE_FIELDS = ("files", "files[]", "file")
RESERVED = ("type", *OPTIONS)
FORM_FIELDS = (*RESERVED, *FILE_FIELDS, "upload")
FILES = ("file", "files")
INPUT_KINDS = (*FILES, "url", "text", "data")
# What the names of parameters say of them where no hint does.
NAMED = {"file": Path, "files": list[Path], "url": Url, "text": Text, "data": dict}
MARKERS = {Url: "url", Text: "text"}
SEQUENCES = (list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Iterable)
AS_HINTED: dict[Any, Callable[[Path], Any]] = {bytes: Path.read_bytes, str: str}
EMPTY = inspect.Parameter.empty


class ParamsSchema(TypedDict):
    """The parameters of a type as JSON Schema: the subset that the page draws a form from."""

    type: str
    properties: dict[str, dict[str, Any]]
    required: list[str]
    additionalProperties: bool


@dataclass(frozen=True)
class Input:
    """A parameter that takes what is submitted as an item, or files that go with every item.

    `kind` is one of `INPUT_KINDS`; `files` are several at once. `schema` is of the JSON that data
    must be, empty for all others.
    """

    name: str
    kind: str
    required: bool
    schema: dict[str, Any]


class Given(NamedTuple):
    """What an attempt gives to its function.

    `value` is the item as the kind of the main input has it, files by their paths; `beside` are the
    paths of the files for each other input; `params` are valid by the schema of the function.
    """

    value: Any
    beside: Mapping[str, Sequence[str]]
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Signature:
    """What the parameters of a function are: the main input first, hints and help by name.

    `positional` are the defaults of those that nobody can call by their names.
    """

    inputs: tuple[Input, ...]
    fields: tuple[inspect.Parameter, ...]
    context: str | None
    positional: Mapping[str, Any]
    hints: Mapping[str, Any]
    help: Mapping[str, str]

    def schema(self) -> ParamsSchema:
        """The fields as a form; raises TypeError for one that cannot be, and says why."""
        required = [p.name for p in self.fields if p.default is EMPTY]
        return {
            "type": "object",
            "properties": {p.name: self._field(p) for p in self.fields},
            "required": required,
            "additionalProperties": False,
        }

    def _field(self, parameter: inspect.Parameter) -> dict[str, Any]:
        name, default = parameter.name, parameter.default
        found = {"title": hints.titled(name), **hints.schema(name, self.hints[name])}
        if words := self.help.get(name):
            found.setdefault("description", words)
        return found if default is EMPTY else {**found, "default": hints.to_json(default)}


@functools.cache
def read(function: Callable[..., Any]) -> Signature:
    """What the parameters of a function are.

    Raises TypeError when it cannot be a job type; the text says why and what to write instead.
    """
    known = _hints(function)
    parameters = [_plain(p, known) for p in inspect.signature(function).parameters.values()]
    context = next((p.name for p in parameters if _is_context(known[p.name])), None)
    inputs = _inputs([p for p in parameters if p.name != context], known)
    taken = {context, *(each.name for each in inputs)}
    fields = tuple(p for p in parameters if p.name not in taken)
    positional = {p.name: p.default for p in parameters if p.kind is p.POSITIONAL_ONLY}
    return Signature(inputs, fields, context, positional, known, docstrings.of_parameters(function))


def call(function: Callable[..., Any], given: Given, context: Context) -> Any:
    """What the function returns for what it is given.

    Raises TypeError for what it has no parameter for: it may have changed since that was given.
    """
    signature = read(function)
    if unknown := [n for n in (*given.beside, *given.params) if n not in signature.hints]:
        raise TypeError(f"{function.__name__}() has no parameter {unknown[0]}")
    values: dict[str, Any] = {}
    paths = {n: [Path(path) for path in each] for n, each in given.beside.items()}
    main = signature.inputs[0] if signature.inputs else None
    if main and given.value is not None:
        if main.kind in FILES:
            listed = given.value if isinstance(given.value, list) else [given.value]
            paths[main.name] = [Path(path) for path in listed]
        else:
            values[main.name] = _fitting(signature.hints[main.name], given.value)
    for name, each in paths.items():
        values[name] = _files(signature.hints[name], each)
    for name, value in given.params.items():
        values[name] = _field_value(name, signature.hints[name], value)
    if signature.context:
        values[signature.context] = context
    return _called(function, signature.positional, values)


def _field_value(name: str, hint: Any, value: Any) -> Any:
    """A parameter as its hint has it; what is wrong with it names it."""
    try:
        return hints.to_python(hint, value)
    except BadInput as error:
        raise BadInput(f"{name}: {error.message}", code=error.code) from None


def _fitting(hint: Any, value: Any) -> Any:
    """An item as its hint has it; of a chain, nobody knows before what the step before gives."""
    try:
        return hints.to_python(hint, value)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        said = f"The input does not fit the job type: {type(error).__name__}: {error}"
        raise BadInput(said, code="wrong_input") from error


def _called(
    function: Callable[..., Any], positional: Mapping[str, Any], values: dict[str, Any]
) -> Any:
    """What a function returns; the parameters that nobody can name come in their order."""
    first = [values.pop(name, default) for name, default in positional.items()]
    return function(*first, **values)


def _files(hint: Any, paths: Sequence[Path]) -> Any:
    """Files as their hint has them: paths, texts of paths or contents, one or several."""
    base = hints.unwrap(hint)[0]
    element = _element(base)
    kind = hints.unwrap(element)[0] if element else base
    each = [AS_HINTED.get(kind, Path)(path) for path in paths]
    if not (element or base in SEQUENCES):
        return each[0]
    container = typing.get_origin(base) or base
    return container(each) if container in (tuple, set, frozenset) else each


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The hints of the parameters; what is returned may be of a library that is not here."""
    function = inspect.unwrap(function)
    written = getattr(function, "__annotations__", {})
    annotations = {name: hint for name, hint in written.items() if name != "return"}
    bare = types.SimpleNamespace(__annotations__=annotations)
    return typing.get_type_hints(bare, getattr(function, "__globals__", {}), include_extras=True)


def _plain(parameter: inspect.Parameter, known: dict[str, Any]) -> inspect.Parameter:
    """A parameter with its own default; what else is known of it is put into its hint."""
    name = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        raise TypeError(
            f"{parameter} takes any number; write each parameter by its name, and in a decorator "
            "functools.wraps above the function that has it"
        )
    if name not in known:
        known[name] = _hint_of(parameter)
    if models.is_field(parameter.default):  # of pydantic: = Field(3, ge=1)
        known[name] = typing.Annotated[known[name], parameter.default]
        parameter = parameter.replace(default=models.default_of(parameter.default, EMPTY))
    if parameter.default is None:
        # It says that None is allowed, as it did to Python before 3.11.
        known[name] = typing.Optional[known[name]]  # noqa: UP045 - of whatever it is
    return parameter


def _hint_of(parameter: inspect.Parameter) -> Any:
    """The hint that a parameter without one has, by its name or its default."""
    if parameter.name == "context":
        return Context
    if parameter.name in NAMED and parameter.kind is not parameter.KEYWORD_ONLY:
        return NAMED[parameter.name]
    if type(parameter.default) in hints.PLAIN:
        return type(parameter.default)
    hint = "str | None" if parameter.default is None else "str"
    raise TypeError(f"parameter {parameter.name} needs a type hint, as in {parameter.name}: {hint}")


def _is_context(hint: Any) -> bool:
    return hints.unwrap(hint)[0] is Context


def _inputs(parameters: Sequence[inspect.Parameter], known: Mapping[str, Any]) -> tuple[Input, ...]:
    """All that take files, the first of them the main one; else the first of another kind."""
    kinds = [(p, _kind(p, known[p.name])) for p in parameters]
    found = [
        Input(p.name, kind, p.default is EMPTY, _schema_of(p.name, kind, known[p.name]))
        for p, kind in kinds
        if kind
    ]
    files = tuple(each for each in found if each.kind in FILES)
    others = sorted((each for each in found if each.kind not in FILES), key=_is_data)
    return files or tuple(others[:1])


def _schema_of(name: str, kind: str, hint: Any) -> dict[str, Any]:
    if kind == "data":
        found = hints.schema(name, hint)  # it refuses what cannot be made of JSON
        return found if _is_model(hints.unwrap(hint)[0]) else {}
    base = hints.unwrap(hint)[0]
    if kind in FILES and not _is_of_files(base):
        shown = getattr(_element(base) or base, "__name__", str(base))
        raise TypeError(f"parameter {name}: a file is given as Path, bytes or str, not {shown}")
    return {}


def _is_of_files(base: Any) -> bool:
    """Whether files can be given as a hint says, or as each element of it."""
    element = hints.unwrap(_element(base) or base)[0]
    return element in (Path, bytes, str, Any, object) or base in SEQUENCES


def _is_data(given: Input) -> bool:
    return given.kind == "data"


def _kind(parameter: inspect.Parameter, hint: Any) -> str | None:
    """What an item must be for this parameter; None for a field of the form."""
    base = hints.unwrap(hint)[0]
    if base in (Path, bytes):
        return "file"
    if (element := _element(base)) and hints.unwrap(element)[0] in (Path, bytes):
        return "files"
    if base in MARKERS:
        return MARKERS[base]
    if parameter.kind is parameter.KEYWORD_ONLY:
        return None
    if parameter.name in FILES or (parameter.name in ("url", "text") and base is str):
        return parameter.name
    is_model = _is_model(base) and parameter.default is EMPTY
    return "data" if is_model or parameter.name == "data" else None


def _element(base: Any) -> Any:
    """The hint of the elements of a list, tuple, set …; None for what is no such hint."""
    arguments = typing.get_args(base)
    return arguments[0] if typing.get_origin(base) in SEQUENCES and arguments else None


def _is_model(base: Any) -> bool:
    """Whether a hint is a class with named members: of dataclasses, typing or pydantic."""
    return dataclasses.is_dataclass(base) or typing.is_typeddict(base) or models.is_model(base)
