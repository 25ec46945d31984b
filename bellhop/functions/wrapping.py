"""An installed function as a job type: what `new --from MODULE:FUNCTION` writes.

The new file repeats the signature of the function as far as a form can ask for it. Where the
function has no hint, the file has a guess and says so.
"""

from __future__ import annotations

import ast
import builtins
import enum
import importlib
import inspect
import operator
import os
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import Parameter
from pathlib import Path
from typing import Any, NamedTuple

from bellhop.base.errors import StartRefused
from bellhop.base.program import TYPED
from bellhop.base.texts import said
from bellhop.functions import signature

# Parameters that are files by their name, where no hint says what they are.
FILE_NAMES = ("path", "file", "filename", "file_path", "filepath", "fname", "fp")
GUESS = "  # a guess: the function has no hint here"
DROPPED = "  # the bounds of the function's own hint are left out"
UNIONS = (typing.Union, types.UnionType)


class Argument(NamedTuple):
    """A parameter of the new type: its line in the signature, and how it is passed on."""

    line: str
    passed: str
    modules: frozenset[str]


@dataclass(frozen=True)
class Wrapped:
    """A function that is there: `path` is where it is in its module."""

    module: str
    path: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    def source(self, name: str) -> str:
        """The text of a file with the function as the job type `name`."""
        arguments = list(self._arguments())
        modules = sorted({module for each in arguments for module in each.modules})
        first, *rest = self.path.split(".")
        is_async = inspect.iscoroutinefunction(self.function)
        call = f"{'.'.join(['wrapped', *rest])}({', '.join(each.passed for each in arguments)})"
        lines = [
            f'"""{self.module}.{self.path} as a job type."""',
            "",
            *(f"import {module}" for module in modules),
            f"from {self.module} import {first} as wrapped",
            "",
            "from bellhop import job_type",
            "",
            "",
            "@job_type",
            f"{'async ' if is_async else ''}def {name}(",
            *(f"    {each.line}" for each in arguments),
            "):",
            *_docstring(self.function),
            f"    return {'await ' if is_async else ''}{call}",
            "",
        ]
        return "\n".join(lines)

    def _arguments(self) -> Iterator[Argument]:
        hints = _hints(self.function)
        for parameter in self.parameters:
            if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
                continue
            argument = _argument(parameter, hints.get(parameter.name, Any))
            if argument:
                yield argument
            elif parameter.default is Parameter.empty:
                said = f"parameter {parameter.name} takes what no form can ask for"
                instead = f"write the type by hand: {TYPED} new NAME"
                raise StartRefused(f"{self.module}:{self.path}: {said}; {instead}")


def find(target: str) -> Wrapped:
    """The function that `target` names as MODULE:FUNCTION; StartRefused, which says why not."""
    module, _, path = target.partition(":")
    if not all(part.isidentifier() for part in f"{module}.{path}".split(".")):
        raise StartRefused(f"--from {target}: write MODULE:FUNCTION, as in textwrap:shorten")
    try:
        function = operator.attrgetter(path)(importlib.import_module(module))
    except AttributeError:
        raise StartRefused(f"{module} has no {path}") from None
    except Exception as error:
        raise StartRefused(f"{module} cannot be imported: {said(error)}") from None
    if not callable(function) or isinstance(function, type):
        raise StartRefused(f"{target} is not a function")
    try:
        parameters = tuple(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        instead = f"write a type that calls it: {TYPED} new NAME"
        raise StartRefused(f"{target} does not tell its parameters; {instead}") from None
    return Wrapped(module, path, function, parameters)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception:  # they name what is there for type checkers alone
        return {}


def _argument(parameter: Parameter, hint: Any) -> Argument | None:
    """A parameter of the new type; None for one that no form can ask for."""
    default = "" if parameter.default is Parameter.empty else _literal(parameter.default)
    if default is None:
        return None
    known = Path if _is_path(hint) else hint
    if known is Any:
        return _line(parameter, _guess(parameter), default, GUESS)
    plain = typing.get_args(known)[0] if typing.get_origin(known) is typing.Annotated else known
    if not _can_be_asked(parameter, plain):
        return None
    return _line(parameter, plain, default, "" if plain is known else DROPPED)


def _line(parameter: Parameter, hint: Any, default: str, comment: str) -> Argument | None:
    modules: set[str] = set()
    try:
        written = _written(hint, modules)
    except TypeError:
        return None
    name = parameter.name
    own = f"{name}_" if name in signature.RESERVED else name
    line = f"{own}: {written}{f' = {default}' if default else ''},{comment}"
    passed = own if parameter.kind is Parameter.POSITIONAL_ONLY else f"{name}={own}"
    return Argument(line, passed, frozenset(modules))


def _guess(parameter: Parameter) -> Any:
    """What a parameter without a hint may be, by its default or else by its name."""
    default = parameter.default
    if default is None:
        return str | None
    if type(default) in (bool, int, float, str):
        return type(default)
    if isinstance(default, list | tuple | set):
        return list[str]
    return Path if parameter.name in FILE_NAMES else str


def _is_path(hint: Any) -> bool:
    """Whether a hint says that the path of a file will do."""
    parts = typing.get_args(hint) if typing.get_origin(hint) in UNIONS else (hint,)
    return any((typing.get_origin(part) or part) in (Path, os.PathLike) for part in parts)


def _can_be_asked(parameter: Parameter, hint: Any) -> bool:
    def probe() -> None: ...

    probe.__annotations__ = {parameter.name: hint}
    listed = [parameter.replace(annotation=hint, kind=Parameter.KEYWORD_ONLY)]
    probe.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    try:
        return bool(signature.read(probe).schema())
    except TypeError:
        return False


def _literal(default: Any) -> str | None:
    """A default as Python code; None for what has no such."""
    if isinstance(default, enum.Enum):
        return None
    try:
        return repr(default) if ast.literal_eval(repr(default)) == default else None
    except (ValueError, SyntaxError):
        return None


def _written(hint: Any, modules: set[str]) -> str:
    """A hint as Python code, whose modules are added; TypeError for one that has no such."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is None or hint is type(None):
        return "None"
    if hint is ...:
        return "..."
    if hint is Path:  # some versions of Python define it in a module of their own
        modules.add("pathlib")
        return "pathlib.Path"
    if origin is typing.Literal:
        modules.add("typing")
        return f"typing.Literal[{', '.join(map(repr, arguments))}]"
    if origin in UNIONS:
        return " | ".join(_written(each, modules) for each in arguments)
    if origin:
        listed = ", ".join(_written(each, modules) for each in arguments)
        return f"{_written(origin, modules)}[{listed}]"
    module, name = getattr(hint, "__module__", ""), getattr(hint, "__qualname__", "")
    if not module or not name or "<" in name:
        raise TypeError(f"{hint!r} has no name")
    if module == builtins.__name__:
        return str(name)
    modules.add(module)
    return f"{module}.{name}"


def _docstring(function: Callable[..., Any]) -> Iterator[str]:
    text = inspect.getdoc(function)
    if text:
        escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        first, *rest = escaped.splitlines()
        yield f'    """{first}'
        yield from (f"    {line}" if line else "" for line in rest)
        yield '    """'
