"""What is wrong with the installation: admins get a notice when it begins, and one when it is over.

Whoever looks after something reports it here, by a name and in words, as often as they look. What
comes and goes is told of once: it begins after a minute, and is over after ten without it.
"""

from __future__ import annotations

from collections.abc import Mapping

from bellhop.base.sections import Notices
from bellhop.base.settings import Settings
from bellhop.base.times import seconds_since, timestamp
from bellhop.base.units import MEBIBYTE
from bellhop.database.database import database, query
from bellhop.jobs import backlogs, queries
from bellhop.notices import wishes
from bellhop.notices.mails import error_text
from bellhop.storage.files import Files

BEGINS_S, OVER_S = 60.0, 600.0
REPORT = """
    INSERT INTO trouble (name, said, since) VALUES (:name, :said, :now)
    ON CONFLICT (name) DO UPDATE SET said = excluded.said, over_since = NULL"""
MEND = "UPDATE trouble SET over_since = :now WHERE name = :name AND over_since IS NULL"
KNOWN = "SELECT name, said, since, over_since, is_told FROM trouble ORDER BY name"
TOLD = "UPDATE trouble SET is_told = 1 WHERE name = :name"
FORGET = "DELETE FROM trouble WHERE name = :name"
WRITE = """
    INSERT INTO notice (at, owner, address, kind, name, status, error)
    VALUES (:now, '', :address, 'trouble', :name, :status, :error)"""


def report(name: str, said: str | None) -> None:
    """Note that something is wrong, in words; None: that it is not."""
    with database.atomic():
        values = {"name": name, "now": timestamp()}
        query(MEND, values) if said is None else query(REPORT, {**values, "said": said})


def report_all(source: str, found: Mapping[str, str]) -> None:
    """Note all that `source` finds wrong, by its name; what else it reported is over."""
    now = {f"{source}: {name}": said for name, said in found.items()}
    known = {name for name, *_ in query(KNOWN) if name.startswith(f"{source}: ")}
    for name in known | now.keys():
        report(name, now.get(name))


def seen(settings: Settings, files: Files) -> dict[str, str]:
    """What the disk and the rows show, by name; /monitoring/health lists it too."""
    reserved = settings.storage.reserve_mb * MEBIBYTE
    has_room = files.free_bytes() + database.unused_bytes() >= reserved
    found = {} if has_room else {"disk": "the disk is nearly full"}
    for name, since in backlogs.behind().items():
        found[f"queue {name}"] = backlogs.said(name, since, settings.queues)
    failed, last = queries.failed_notices()
    if failed:
        found["notices"] = f"{failed} notices of the last day could not be delivered: {last}"
    return found


def tell(settings: Notices) -> None:
    """Write the notices of what has begun, or is over, for good. Made by the keeper of the home."""
    with database.atomic():
        for name, said, since, over_since, is_told in query(KNOWN):
            if over_since and not is_told:
                query(FORGET, {"name": name})  # it went by
            elif over_since and _is_past(over_since, OVER_S):
                query(FORGET, {"name": name})
                _write(settings, name, said, "over")
            elif not is_told and _is_past(since, BEGINS_S):
                query(TOLD, {"name": name})
                _write(settings, name, said, "begun")


def _is_past(since: str, seconds: float) -> bool:
    """Whether something lasts for so long; a time after now is of a clock that was set back."""
    return since > timestamp() or (seconds_since(since) or 0.0) >= seconds


def _write(settings: Notices, name: str, said: str, status: str) -> None:
    values = {"now": timestamp(), "name": name, "status": status, "error": error_text(said)}
    for address in wishes.targets(settings):
        query(WRITE, {**values, "address": address})
