"""What jobs hold, as their rows say: no file is looked at, so a page may ask for it.

A job counts whole for its type and its owner, as for the quota: also a file that it shares with
others, such as a result that Bellhop reused, of which the disk has one copy.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from bellhop.accounts.access import User
from bellhop.base.times import shifted
from bellhop.jobs import queries
from bellhop.jobs.queries import Held
from bellhop.settings.settings import Settings

MOST_LARGE = 20
SOON_DAYS = 7
# What takes as long is found again after as many times of that; for so many viewers at a time.
SLOW_S, REST, MOST_KEPT = 0.2, 20, 100
_kept: dict[tuple[Path, str, bool], tuple[float, dict[str, Any]]] = {}


def lately(settings: Settings, viewer: User) -> dict[str, Any]:
    """`held`, or what it was a moment ago: among a million jobs, finding out takes seconds."""
    key, now = (settings.data_dir, viewer.name, viewer.reads_all), time.monotonic()
    until, found = _kept.get(key, (0.0, {}))
    if now < until:
        return found
    found = held(settings, viewer)
    if (took_s := time.monotonic() - now) >= SLOW_S:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = time.monotonic() + REST * took_s, found
    return found


def held(settings: Settings, viewer: User) -> dict[str, Any]:
    """By type, by owner, and the largest jobs; of the viewer's own, for who reads all of all."""
    found = queries.held(viewer)
    return {
        "types": [
            {**shown, **_going(settings, viewer, shown["type"])} for shown in _summed(found, "type")
        ],
        "owners": _of_owners(viewer, found),
        "largest": queries.largest(viewer, MOST_LARGE),
    }


def _summed(found: Iterable[Held], member: str) -> list[dict[str, Any]]:
    """The sums over those that are alike in one member, the largest first."""
    sums: dict[str, dict[str, Any]] = {}
    for each in found:
        fields = asdict(each)
        name = fields[member]
        none = {"jobs": 0, "bytes": 0, "kept_bytes": 0, "oldest_at": each.oldest_at}
        known = sums.setdefault(name, {member: name, **none})
        for count in ("jobs", "bytes", "kept_bytes"):
            known[count] += fields[count]
        known["oldest_at"] = min(known["oldest_at"], each.oldest_at)
    return sorted(sums.values(), key=lambda of: (-of["bytes"], of[member]))


def _of_owners(viewer: User, found: Iterable[Held]) -> list[dict[str, Any]]:
    """Those whose jobs are meant, with all that counts for their quota: uploads that arrive too."""
    summed = {of["owner"]: of for of in _summed(found, "owner")}
    if viewer.reads_all:
        held = queries.held_by_owners()
    else:
        jobs = summed.get(viewer.name, {"jobs": 0})["jobs"]
        held = {viewer.name: (jobs, queries.stored_bytes(viewer.name))}
    none = {"kept_bytes": 0, "oldest_at": None}
    every = [
        {**none, **summed.get(owner, {}), "owner": owner, "jobs": jobs, "bytes": size}
        for owner, (jobs, size) in held.items()
        if jobs or size
    ]
    return sorted(every, key=lambda of: (-of["bytes"], of["owner"]))


def _going(settings: Settings, viewer: User, type_name: str) -> dict[str, Any]:
    """What Bellhop deletes of a type because of its age; `next_at` may be over already."""
    lifetime = settings.lifetime_of(type_name)
    days = lifetime.results_days
    shown = {"results_days": days, "uploads_days": lifetime.uploads_days}
    if not days:
        return {**shown, "next_at": None, "soon_jobs": 0, "soon_bytes": 0}
    first, jobs, size = queries.going(viewer, type_name, lifetime_days=days, within_days=SOON_DAYS)
    return {**shown, "next_at": _later(first, days), "soon_jobs": jobs, "soon_bytes": size}


def _later(stored: str | None, days: float) -> str | None:
    """A stored time and some days; None of one that is none."""
    try:
        return shifted(stored, timedelta(days=days))
    except (ValueError, OverflowError):
        return None
