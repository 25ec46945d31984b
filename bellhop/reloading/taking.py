"""What of other settings a running process takes: all but what a process is built on at its start.

That is the program and the sockets, whom connections are believed, where the data are, and what a
consumer registers itself with. Who uses a setting reads it where it is used, and keeps nothing that
is made of it. docs/settings.md has the same table, which a test compares with this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, NamedTuple

from bellhop.logs import output
from bellhop.settings.sections import SECTIONS
from bellhop.settings.settings import Settings

# The keys of which another value needs a restart; those that there may be several of by `NAME`.
AT_START = {
    "server": ("host", "port", "public_url", "trusted_proxy", "cores", "log_file"),
    "sso": ("header", "groups_header"),
    "storage": ("data_dir", "database", "files"),
    "huey": ("storage", "redis_url"),
    "queue:NAME": ("workers",),
    "watch:NAME": ("folder", "type", "params", "owner"),
    "jobtypes": ("folder", "writable"),
    "machines": ("lease_s",),
    "backup": ("folder",),
}
# What became of a change.
TAKEN, NEEDS_RESTART = "changed", "not changed, as it needs a restart"


class Change(NamedTuple):
    """A setting that is other than it was, and what became of that; without a key, a section."""

    section: str
    key: str
    outcome: str

    @property
    def name(self) -> str:
        return f"[{self.section}] {self.key}".rstrip()


def taken(running: Settings, read: Settings) -> Settings:
    """`running` with all of `read` that it can take; what is equal stays the same object."""
    sections = {
        name: _taken(name, getattr(running, name), getattr(read, name)) for name in SECTIONS
    }
    queues = {
        name: _taken("queue:NAME", queue, read.queues.get(name, queue))
        for name, queue in running.queues.items()
    }
    return replace(
        running,
        **sections,
        queues=running.queues if running.queues == queues else queues,
        text=read.text,
        type_settings=read.type_settings,
        type_lifetimes=read.type_lifetimes,
    )


def become(running: Settings, held: Settings) -> None:
    """Let all who have `running`, which is then as `held`, use that from now on."""
    known = running.secrets
    for each in fields(Settings):
        # Nobody changes settings but here: the object is one for the whole process.
        object.__setattr__(running, each.name, getattr(held, each.name))
    output.follow(running, known)


def changes(running: Settings, read: Settings) -> Iterator[Change]:
    """What is other than it was, without values: they may be secrets."""
    for section in SECTIONS:
        yield from _changes(section, section, getattr(running, section), getattr(read, section))
    several: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
        "queue": (running.queues, read.queues),
        "watch": (running.watches, read.watches),
    }
    for kind, (own, others) in several.items():
        for name in dict.fromkeys([*own, *others]):
            if name in own and name in others:
                yield from _changes(f"{kind}:NAME", f"{kind}:{name}", own[name], others[name])
            else:
                yield Change(f"{kind}:{name}", "", NEEDS_RESTART)
    for name in dict.fromkeys([*running.type_settings, *read.type_settings]):
        texts, others = (each.type_settings.get(name, {}) for each in (running, read))
        for key in dict.fromkeys([*texts, *others]):
            if texts.get(key) != others.get(key):
                yield Change(f"type:{name}", key, TAKEN)


def _taken(section: str, own: Any, other: Any) -> Any:
    held = replace(other, **{name: getattr(own, name) for name in AT_START.get(section, ())})
    return own if held == own else held


def _changes(section: str, shown: str, own: Any, other: Any) -> Iterator[Change]:
    for key in fields(own):
        if getattr(own, key.name) != getattr(other, key.name):
            needs_restart = key.name in AT_START.get(section, ())
            yield Change(shown, key.name, NEEDS_RESTART if needs_restart else TAKEN)
