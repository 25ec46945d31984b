"""Each setting that holds here, and where its value comes from; what is secret is masked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from bellhop.base.hidden import HIDDEN, is_hidden, masked
from bellhop.catalog.description import Description
from bellhop.machines.shared import OF_A_QUEUE, SHARED
from bellhop.settings import values
from bellhop.settings.configuration import origins
from bellhop.settings.sections import SECTIONS, Lifetime
from bellhop.settings.settings import Settings

DEFAULT, HOME = "default", "home"
Origins = Mapping[tuple[str, str], str | int]
# Section, key, value, and whether the home says it.
_One = tuple[str, str, Any, bool]


class Entry(NamedTuple):
    """One key; `source` is `default`, `home`, a variable, or the file whose `line` it is."""

    section: str
    key: str
    value: Any
    source: str
    line: int | None


def entries(own: Settings, held: Settings, types: Mapping[str, Description]) -> list[Entry]:
    """All keys: `own` as this machine says it, and `held` with what the home says instead.

    `types` are those that are described; of all others, Bellhop cannot tell what is secret.
    """
    known = origins(own, types)
    of_types = sorted(_of_types(own, held, known, types), key=lambda one: one[0])
    found = [*_declared(own, held), *of_types]
    file = str(own.config_path)
    return [Entry(*one[:3], *_source(one, known, file)) for one in found]


def _source(one: _One, known: Origins, file: str) -> tuple[str, int | None]:
    section, key, _, is_shared = one
    origin = HOME if is_shared else known.get((section, key), DEFAULT)
    return (file, origin) if isinstance(origin, int) else (origin, None)


def _declared(own: Settings, held: Settings) -> Iterator[_One]:
    """The keys that Bellhop declares, in the order in which config.ini has them."""
    joined = held is not own
    places = [(name, getattr(held, name), SHARED.get(name, ())) for name in SECTIONS]
    places += [(f"queue:{name}", queue, OF_A_QUEUE) for name, queue in held.queues.items()]
    places += [(f"watch:{name}", watch, ()) for name, watch in held.watches.items()]
    for section, held_values, shared in places:
        for declared in fields(held_values):
            value = getattr(held_values, declared.name)
            is_hidden = declared.metadata["secret"] and value
            shown = HIDDEN if is_hidden else masked(value)
            yield section, declared.name, shown, joined and declared.name in shared


def _of_types(
    own: Settings, held: Settings, known: Origins, types: Mapping[str, Description]
) -> Iterator[_One]:
    """The lifetimes and the own settings of job types, as far as anything is set."""
    joined = held is not own
    days = [declared.name for declared in fields(Lifetime)]
    for name, lifetime in held.type_lifetimes.items():
        for key in days:
            if joined or (f"type:{name}", key) in known:
                yield f"type:{name}", key, getattr(lifetime, key), joined
    public = _public(types)
    for (section, key), origin in known.items():
        kind, _, name = section.partition(":")
        if kind == "type" and not (name and key in days):
            text = own.type_settings.get(name, {}).get(key, "")
            if isinstance(origin, str):
                text = values.unquoted(os.environ[origin])
            is_public = (f"{name}_{key}" if name else key) in public
            yield section, key, masked(text) if is_public or not text else HIDDEN, False


def _public(types: Mapping[str, Description]) -> set[str]:
    """What types declare that is no secret, each as `name_key`, as variables have it."""
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for name, described in types.items():
        for key, kind in described.settings.items():
            is_secret = kind == "secret" or is_hidden(key)
            names[is_secret].add(f"{name}_{key}".lower())
    # One variable may be for two types.
    return names[False] - names[True]
