"""JSON read as frozen dataclasses: each member is there, and has the type that its hint says.

What one process writes for another, or a job type's own code can write, is read this way: who
reads it afterwards asks for attributes and need not doubt them.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar

Shape = TypeVar("Shape")


class WrongShape(ValueError):
    """A document is not what its reader expects; the text names the member."""


def read(shape: type[Shape], document: object) -> Shape:
    """The document as an instance of `shape`, a dataclass or TypedDict. Raises `WrongShape`."""
    return reader(shape)(document)


def reader(shape: type[Shape]) -> Callable[[object], Shape]:
    """What reads documents of a shape, also once the module of the shape cannot be found."""
    hint: Any = shape
    return typing.cast(Callable[[object], Shape], _reader(hint))


@functools.cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """What turns JSON into a value of a type hint, or raises `WrongShape`."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint) or typing.is_typeddict(hint):
        hints = typing.get_type_hints(hint).items()
        return functools.partial(_members, hint, {name: _reader(each) for name, each in hints})
    if origin in (tuple, list):
        return functools.partial(_list, origin, _reader(arguments[0]))
    if origin is dict:
        return functools.partial(_dict, _reader(arguments[1]))
    if origin in (types.UnionType, typing.Union):
        return functools.partial(_one_of, hint, [_reader(argument) for argument in arguments])
    return functools.partial(_plain, hint)


def _members(shape: Any, readers: dict[str, Callable[[Any], Any]], document: Any) -> Any:
    if not isinstance(document, dict) or document.keys() != readers.keys():
        raise WrongShape(f"{shape.__name__} has the members {', '.join(readers)}")
    found = {}
    for name, reader in readers.items():
        try:
            found[name] = reader(document[name])
        except WrongShape as error:
            raise WrongShape(f"{name}: {error}") from None
    return shape(**found)


def _list(kind: Callable[[Any], Any], reader: Callable[[Any], Any], given: Any) -> Any:
    if not isinstance(given, list | tuple):
        raise WrongShape("must be a list")
    return kind([reader(each) for each in given])


def _dict(reader: Callable[[Any], Any], given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise WrongShape("must be an object")
    return {name: reader(value) for name, value in given.items()}


def _one_of(hint: Any, readers: list[Callable[[Any], Any]], given: Any) -> Any:
    for reader in readers:
        try:
            return reader(given)
        except WrongShape:
            continue
    raise WrongShape(f"must be {hint}")


def _plain(hint: Any, given: Any) -> Any:
    if type(given) is hint or hint is Any or (hint is float and type(given) is int):
        return given
    # The one of a Literal: a member of an enumeration rather than its text.
    for choice in typing.get_args(hint):
        if choice == given:
            return choice
    raise WrongShape(f"must be {getattr(hint, '__name__', hint)}")
