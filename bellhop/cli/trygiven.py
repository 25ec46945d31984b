"""What the command line of `try` gives to a job type: its items, files beside them, parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from bellhop.base.errors import Problem, StartRefused
from bellhop.base.program import TYPED
from bellhop.base.texts import as_typed
from bellhop.catalog import params
from bellhop.catalog.description import KnownType
from bellhop.functions.signature import FILES, Input

# How a person writes what an input takes.
WORDS = {"file": "FILE", "files": "FILE…", "url": "URL", "text": "TEXT", "data": "JSON"}


class Item(NamedTuple):
    """One item: its value as `Order` has it, and what it is called."""

    value: Any
    filename: str


@dataclass(frozen=True)
class Given:
    """The items of one trial, and what goes with each: paths by the inputs beside, and params."""

    items: tuple[Item, ...]
    beside: dict[str, list[str]]
    params: dict[str, Any]


def read(job_type: KnownType, inputs: Sequence[str], pairs: Sequence[tuple[str, str]]) -> Given:
    """What was typed, as the type takes it; StartRefused, which says what to type instead.

    Of `pairs`, those with the name of an input for files are `@PATH`.
    """
    takes = {each.name: each for each in job_type.inputs if each.kind in FILES}
    files: dict[str, list[str]] = {name: [] for name in takes}
    for name, text in pairs:
        if name in takes:
            files[name].append(_named(name, text))
    others = [(name, text) for name, text in pairs if name not in takes]
    main = job_type.inputs[0] if job_type.inputs else None
    items = _items(job_type, main, [*inputs, *files.pop(main.name if main else "", [])])
    beside = {name: list(map(_path, paths)) for name, paths in files.items() if paths}
    _require_inputs(job_type, main, bool(inputs or items), beside)
    nothing = Item(None, job_type.label)
    return Given(tuple(items) or (nothing,), beside, _params(job_type, others))


def _named(name: str, text: str) -> str:
    if not text.startswith("@"):
        raise StartRefused(f"{name} takes a file; write --param {name}=@FILE")
    return text[1:]


def _require_inputs(
    job_type: KnownType, main: Input | None, has_items: bool, beside: dict[str, list[str]]
) -> None:
    for each in job_type.inputs:
        is_there = has_items if each is main else each.name in beside
        if each.required and not is_there:
            raise StartRefused(f"{each.name} is missing; write {_usage(job_type)}")
        if each.kind == "file" and len(beside.get(each.name, ())) > 1:
            raise StartRefused(f"{each.name} takes one file, and there are several")


def _usage(job_type: KnownType) -> str:
    """The command line that gives a type all that it needs."""
    main, *others = job_type.inputs
    needed = [f"--param {each.name}=@FILE" for each in others if each.required]
    return " ".join([TYPED, "try", job_type.type, WORDS[main.kind], *needed])


def _items(job_type: KnownType, main: Input | None, inputs: Sequence[str]) -> list[Item]:
    if main is None and inputs:
        raise StartRefused(f"{job_type.type} takes no input; leave out {as_typed(inputs[0])}")
    if main is None or not inputs:
        return []
    if main.kind == "files":
        more = len(inputs) - 1
        name = Path(inputs[0]).name + (f" and {more} more" if more else "")
        return [Item(list(map(_path, inputs)), as_typed(name))]
    return list(_each(main, inputs))


def _each(main: Input, inputs: Sequence[str]) -> Iterator[Item]:
    for given in inputs:
        if main.kind == "file":
            yield Item(_path(given), as_typed(Path(given).name))
        else:
            value = _object(main, given) if main.kind == "data" else as_typed(given)
            yield Item(value, as_typed(given[:80]))


def _path(given: str) -> str:
    if not Path(given).is_file():
        raise StartRefused(f"{given}: there is no such file")
    return as_typed(str(Path(given).absolute()))


def _object(main: Input, given: str) -> dict[str, Any]:
    try:
        value = json.loads(as_typed(given))
    except ValueError as error:
        raise StartRefused(f"{given[:80]} is not JSON ({error})") from None
    if not isinstance(value, dict):
        raise StartRefused(f"{given[:80]} is not a JSON object, as in '{{\"name\": 1}}'")
    try:
        return params.checked(main.schema, value, main.name)
    except Problem as problem:
        raise StartRefused(problem.detail) from None


def _params(job_type: KnownType, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    texts, label, schema = params.by_name(pairs), job_type.label, job_type.params
    try:
        typed = {n: params.from_text(label, schema, n, v) for n, v in texts.items()}
        return params.validated(job_type, typed)
    except Problem as problem:
        raise StartRefused(problem.detail) from None
