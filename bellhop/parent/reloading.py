"""What of the settings a running process takes without a restart: what it reads again at each use.

docs/settings.md has the same table, which a test compares with this one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, NamedTuple

from bellhop.base.sections import SECTIONS
from bellhop.base.settings import Queue, Settings

# The sections, each with the keys of which a running process takes another value.
TAKEN = {
    "server": ("max_items", "log_level"),
    "access": ("jobs",),
    "limits": ("requests_per_minute", "jobs_per_account", "mb_per_account", "queue_items"),
    "storage": ("reserve_mb",),
    "lifetime": ("results_days", "uploads_days", "uploads_on_success"),
    "cache": ("max_mb", "max_days"),
    "outbound": ("allowed",),
    "monitoring": ("backlog_warn", "backlog_critical"),
    "backup": ("at", "keep"),
}


class Change(NamedTuple):
    """A setting with another value than that of a running process, and whether that takes it."""

    name: str
    is_taken: bool


def changes(running: Settings, read: Settings) -> list[Change]:
    """What is other than it was, without values: they may be secrets."""
    found = list(_in_sections(running, read))
    for name in dict.fromkeys([*running.queues, *read.queues]):
        own, other = running.queues.get(name), read.queues.get(name)
        keys = [f.name for f in fields(Queue) if _of(own, f.name) != _of(other, f.name)]
        found += [Change(f"[queue:{name}] {key}", False) for key in keys]
    if running.type_lifetimes != read.type_lifetimes:
        found.append(Change("the lifetimes in [type:NAME]", True))
    if _own(running) != _own(read):
        found.append(Change("the settings of job types in [type:NAME]", False))
    return found


def take(running: Settings, read: Settings) -> None:
    """Let a running process have the values of `read` from now on, as far as it can."""
    for section, names in TAKEN.items():
        values = {name: getattr(getattr(read, section), name) for name in names}
        # Nobody changes settings but here, and all at once for who reads a section.
        object.__setattr__(running, section, replace(getattr(running, section), **values))
    object.__setattr__(running, "type_lifetimes", read.type_lifetimes)
    logging.getLogger().setLevel(running.server.log_level.upper())


def _in_sections(running: Settings, read: Settings) -> Iterator[Change]:
    for section, declared in SECTIONS.items():
        own, other = getattr(running, section), getattr(read, section)
        for key in fields(declared):
            if getattr(own, key.name) != getattr(other, key.name):
                yield Change(f"[{section}] {key.name}", key.name in TAKEN.get(section, ()))


def _of(queue: Queue | None, name: str) -> Any:
    return None if queue is None else getattr(queue, name)


def _own(settings: Settings) -> dict[str, dict[str, str]]:
    """What is of job types alone: their lifetimes are Bellhop's."""
    lifetimes = {key.name for key in fields(settings.lifetime)}
    found = {
        name: {key: value for key, value in section.items() if key not in lifetimes}
        for name, section in settings.type_settings.items()
    }
    return {name: section for name, section in found.items() if section}
