"""What the command `space` prints: each line says what makes room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bellhop.base.program import TYPED
from bellhop.base.texts import shown

UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
# What each kind of files is, and what makes room.
ROOM = {
    "uploads": ("files that people gave to jobs", "[lifetime] uploads_days, uploads_on_success"),
    "results": ("output files of jobs", "[lifetime] results_days, or delete jobs on the page Jobs"),
    "logs": ("what jobs printed", "Bellhop deletes them with the jobs"),
    "arriving": (
        "uploads in parts, and files of schedules",
        "Bellhop deletes the former by itself; delete schedules",
    ),
    "database": ("jobs, items and events", "shrinks by itself after jobs are deleted"),
    "log": ("write-ahead log", f"shrinks by itself; if not, {TYPED} check says why"),
    "scratch": ("working folders of running jobs", "Bellhop deletes them when the jobs end"),
    "incoming": ("requests that arrive now", "Bellhop deletes them by itself"),
    "environments": (
        "packages of job types",
        "Bellhop deletes unused ones; delete any while it is stopped",
    ),
    "copies": ("rows from before migrations", "the newest 3 stay; delete any that you do not need"),
    "backups": ("backups that Bellhop makes", "[backup] keep"),
    "other": ("everything else", "look into the folder"),
}


def size(count: int) -> str:
    """Bytes as people read them."""
    amount, unit = float(count), 0
    while amount >= 1024 and unit < len(UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:,.1f} {UNITS[unit]}" if unit else f"{count} B"


def of_files(found: Mapping[str, Any]) -> Iterator[str]:
    """The lines of what was measured."""
    disk, least = found["disk"], "" if found["is_complete"] else "at least "
    yield f"{shown(found['folder'])}: {least}{size(found['bytes'])}"
    yield (
        f"Its disk: {size(disk['free_bytes'])} free; Bellhop refuses jobs below "
        f"{size(disk['reserve_bytes'])} ([storage] reserve_mb)"
    )
    for each in found["kinds"]:
        what, room = ROOM[each["kind"]]
        place = ", on another disk" if each["is_elsewhere"] else ""
        yield (
            f"  {each['kind']:<13}{size(each['bytes']):>11} {each['files']:>9,} files  "
            f"{what}{place}; {room}"
        )
    if found["shared_bytes"]:
        yield f"Files that jobs share count once; copies would take {size(found['shared_bytes'])}"


def of_rows(found: Mapping[str, Any]) -> Iterator[str]:
    """The lines of what the rows say."""
    if found["unknown_jobs"]:
        yield (
            f"Of it, {size(found['unknown_bytes'])} in {found['unknown_jobs']:,} folders have no "
            "job; Bellhop deletes them by itself, an hour after their last change"
        )
    if found["unused_bytes"]:
        yield f"Unused in the database: {size(found['unused_bytes'])}; new rows take it"
    if server := found["server"]:
        yield f"Database on {shown(server['address'])}: {size(server['bytes'])}"
    if found["files"]:
        yield f"The files of jobs are in {shown(found['files'])}; here is what rows say of them"
    yield from _of_jobs(found["jobs"])


def _of_jobs(found: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield "Jobs by type, as their rows say; each counts whole, also files that it shares:"
    for of in found["types"]:
        yield f"  {_row(of, of['type'])}  {_ages(of)}"
    yield "By owner, with uploads that arrive:"
    for of in found["owners"]:
        yield f"  {_row(of, of['owner'])}"
    yield f"Largest jobs ({TYPED} jobs lists all; delete them on the page Jobs):"
    for job in found["largest"]:
        kept = ", kept" if job["keep"] else ""
        yield (
            f"  {size(job['bytes']):>11}  {job['job_id']}  {shown(job['type'])}, "
            f"{shown(job['owner'])}{kept}: {shown(job['name'])}"
        )


def _row(of: Mapping[str, Any], name: str) -> str:
    oldest = f", oldest {of['oldest_at'][:10]}" if of["oldest_at"] else ""
    return f"{shown(name):<20}{size(of['bytes']):>11} {of['jobs']:>9,} jobs{shown(oldest)}"


def _ages(of: Mapping[str, Any]) -> str:
    """When Bellhop deletes what of a type."""
    if not of["results_days"]:
        return "never deleted ([lifetime] results_days = 0)"
    kept = f"; {size(of['kept_bytes'])} kept forever" if of["kept_bytes"] else ""
    if not of["soon_jobs"]:
        return f"deleted after {of['results_days']:g} days{kept}"
    return (
        f"deleted after {of['results_days']:g} days; within a week {of['soon_jobs']:,} jobs, "
        f"{size(of['soon_bytes'])}{kept}"
    )
