"""What the home tells all machines: the settings that they share, and where files and bell are.

The web of the home publishes them when it starts, and at a reload. Every other machine takes them
when a consumer starts, in the place of what its own config.ini says, and within `LOOK_EVERY_S` when
they change; where a change needs a restart, it starts its consumer again. Never published: secrets,
how many workers a machine has, and what is about its disk or its network.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from bellhop.base.errors import StartRefused
from bellhop.database import schema, versions
from bellhop.database.database import database, query
from bellhop.machines.shared import OF_A_QUEUE, SHARED
from bellhop.reloading import taking
from bellhop.settings.sections import Lifetime
from bellhop.settings.settings import QUEUES, Queue, Settings
from bellhop.storage.installation import Installation

SETTINGS, INSTALLATION, FILES, BELL = "settings", "installation", "files", "bell"
LOOK_EVERY_S = 3.0
READ = "SELECT name, value FROM published"
WRITE = """
    INSERT INTO published (name, value) VALUES (:name, :value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
log = logging.getLogger("bellhop.machines")


class Difference(NamedTuple):
    """A setting of this machine that counts for nothing, as the home has another."""

    name: str
    own: Any
    shared: Any


def publish(settings: Settings, here: Installation) -> None:
    """Tell all machines what the home says; writes only what changed."""
    wanted = {SETTINGS: json.dumps(_shared(settings), sort_keys=True), **_places(here)}
    known = dict(query(READ))
    news = {name: value for name, value in wanted.items() if known.get(name) != value}
    if news:
        with database.atomic():
            for name, value in news.items():
                query(WRITE, {"name": name, "value": value})


def take(settings: Settings, here: Installation) -> Settings:
    """The settings that hold on this machine, which is not the home.

    StartRefused when it has the files or the bell elsewhere, or is of another installation, and
    before the home has published anything. The log names what config.ini says otherwise, once.
    """
    known = dict(query(READ))
    if SETTINGS not in known:
        raise StartRefused("the home has not started since this machine joined; start it first")
    _require_same_places(known, here)
    held = _held(settings, json.loads(known[SETTINGS]))
    for name, own, shared in _differences(settings, held):
        log.warning("%s = %s counts for nothing here: the home has %s", name, own, shared)
    return held


class Watch:
    """Takes what the home has published since; calls `changed`, once, when that needs a restart.

    Or when the home has moved files or bell, or migrated the rows to what this program cannot live
    with: the next start says so.
    """

    def __init__(self, settings: Settings, here: Installation, changed: Callable[[], object]):
        self._taken, self._here, self._changed = settings, here, changed
        self._look_at = 0.0

    def look(self) -> None:
        """Now and then; for each round of a keeper."""
        if self._here.is_home or time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_EVERY_S
        known = dict(query(READ))
        if SETTINGS in known and not self._follows(_held(self._taken, json.loads(known[SETTINGS]))):
            self._leave("the home has other settings now: this consumer starts again with them")
        elif any(known.get(name, own) != own for name, own in _places(self._here).items()):
            self._leave("the home has its files or its bell elsewhere now: this consumer stops")
        elif versions.is_too_old(len(schema.MIGRATIONS)):
            self._leave("this Bellhop is too old for the rows now: it takes no more items")

    def _follows(self, held: Settings) -> bool:
        """Whether this consumer has these settings, or could take them."""
        if taking.taken(self._taken, held) != held:
            return False
        if held != self._taken:
            names = [change.name for change in taking.changes(self._taken, held)]
            taking.become(self._taken, held)
            log.info("the home has other settings now, which hold here too: %s", ", ".join(names))
        return True

    def _leave(self, said: str) -> None:
        self._look_at = float("inf")
        log.warning(said)
        self._changed()


def _places(here: Installation) -> dict[str, str]:
    bell = here.store() if here.storage == "redis" else "PostgreSQL"
    return {INSTALLATION: here.id, FILES: here.files, BELL: bell}


def _require_same_places(known: Mapping[str, str], here: Installation) -> None:
    own = _places(here)
    if known.get(INSTALLATION) != own[INSTALLATION]:
        raise StartRefused("this machine joined another installation; join this one first")
    for name, key in ((FILES, "[storage] files"), (BELL, "[huey] storage")):
        if known.get(name) != own[name]:
            said = f"{key}: the home has {known.get(name) or 'its data folder'}, this machine has "
            raise StartRefused(f"{said}{own[name] or 'its data folder'}; they must be equal")


def _shared(settings: Settings) -> dict[str, Any]:
    """What all machines must agree on, as JSON."""
    shared: dict[str, Any] = {
        section: {name: getattr(getattr(settings, section), name) for name in names}
        for section, names in SHARED.items()
    }
    queues = {n: {key: getattr(q, key) for key in OF_A_QUEUE} for n, q in settings.queues.items()}
    types = {name: asdict(lifetime) for name, lifetime in settings.type_lifetimes.items()}
    return shared | {"queues": queues, "types": types}


def _held(settings: Settings, shared: Mapping[str, Any]) -> Settings:
    """The settings with what is shared, as far as this version of Bellhop knows it."""
    sections = {
        section: _replaced(getattr(settings, section), shared.get(section, {}), names)
        for section, names in SHARED.items()
    }
    queues = {
        name: _replaced(settings.queues.get(name, Queue(workers=0)), limits, OF_A_QUEUE)
        for name, limits in shared["queues"].items()
    }
    lifetimes = {
        name: _replaced(Lifetime(), days, SHARED["lifetime"])
        for name, days in shared["types"].items()
    }
    return replace(settings, **sections, queues=queues, type_lifetimes=lifetimes)


def _replaced(own: Any, shared: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    # JSON has no tuples.
    known = {n: tuple(v) if isinstance(v, list) else v for n, v in shared.items() if n in names}
    return replace(own, **known)


def _differences(own: Settings, held: Settings) -> Iterator[Difference]:
    """What this machine says itself and otherwise, not only by default."""
    for section, names in SHARED.items():
        before, after = getattr(own, section), getattr(held, section)
        yield from _unlike(f"[{section}]", names, before, after, type(before)())
    for name, queue in own.queues.items():
        after = held.queues.get(name, queue)
        default = QUEUES.get(name, Queue())
        yield from _unlike(f"[queue:{name}]", OF_A_QUEUE, queue, after, default)


def _unlike(
    section: str, names: tuple[str, ...], before: Any, after: Any, default: Any
) -> Iterator[Difference]:
    for name in names:
        own, shared = getattr(before, name), getattr(after, name)
        if own not in (shared, getattr(default, name)):
            yield Difference(f"{section} {name}", own, shared)
