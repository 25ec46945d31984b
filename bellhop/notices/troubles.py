"""What is wrong with the installation: admins get a notice when it begins, and one when it is over.

Whoever looks after something reports it here, by a name and in words, as often as they look. What
comes and goes is told of once: it begins after a minute, and is over after ten without it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from bellhop.base.times import seconds_since, timestamp
from bellhop.base.units import MEBIBYTE
from bellhop.database.database import database, query
from bellhop.jobs import attendance, backlogs, queries, takers
from bellhop.jobs import queues as switches
from bellhop.notices import wishes
from bellhop.notices.mails import error_text
from bellhop.rotation import rotation
from bellhop.settings.sections import Notices
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.models import Consumer

BEGINS_S, OVER_S = 60.0, 600.0
REPORT = """
    INSERT INTO trouble (name, said, since) VALUES (:name, :said, :now)
    ON CONFLICT (name) DO UPDATE SET said = excluded.said, over_since = NULL"""
WAS_AWAY = """
    INSERT INTO trouble (name, said, since, over_since, is_told)
    VALUES ('database', :said, :since, :now, 1)
    ON CONFLICT (name) DO UPDATE SET said = excluded.said, over_since = excluded.over_since"""
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


def seen(
    settings: Settings, here: Installation, files: Files, running: Sequence[Consumer]
) -> dict[str, str]:
    """What the disk, the rows and the data folder show, by name; /monitoring/health lists it too.

    `running` are the consumers that are not stopped.
    """
    reserved = settings.storage.reserve_mb * MEBIBYTE
    has_room = files.free_bytes() + database.unused_bytes() >= reserved
    found = {} if has_room else {"disk": "the disk is nearly full"}
    for name, since in backlogs.behind().items():
        found[f"queue {name}"] = backlogs.said(name, since, settings.queues)
    if running:  # without a consumer, no queue has a worker: that is one trouble
        unserved = backlogs.unserved(running)
        found |= {f"queue {name}": said for name, said in unserved.items()}
        others = set(queries.queues_waiting()) - unserved.keys() - switches.paused().keys()
        for name, said in takers.stranded(here, running, sorted(others)).items():
            found[f"type {name}"] = said
    for name, said in attendance.lost(here, running).items():
        found[f"machine {name}"] = said
    if unsaved := rotation.problem(settings, here, queries.oldest_at()):
        found["backup"] = unsaved
    failed, last = queries.failed_notices()
    if wrong := wishes.lacking(settings.notices):
        found["notices"] = wrong[0]
    elif failed:
        found["notices"] = f"{failed} notices of the last day could not be delivered: {last}"
    return found


class Absence:
    """A database that is away, which nobody can tell meanwhile: also the notices are in it.

    So it is told once it is back, as a trouble that is over.
    """

    def __init__(self) -> None:
        self._began: tuple[str, float] | None = None

    def begin(self) -> None:
        """The database is away, since now unless it was before."""
        self._began = self._began or (timestamp(), time.monotonic())

    def end(self, *, is_keeper: bool) -> None:
        """The database is there; it is written what was away for long, by the keeper alone."""
        if is_keeper and self._began and time.monotonic() - self._began[1] >= BEGINS_S:
            with database.atomic():
                _note_absence(self._began[0], timestamp())
        self._began = None


def _note_absence(since: str, now: str) -> None:
    """The database was away; several times, where the last time has not been told yet."""
    known = query("SELECT since FROM trouble WHERE name = 'database'")
    often, since = ("several times ", known[0][0]) if known else ("", since)
    said = f"the database could not be reached {often}from {since[:19]}Z to {now[:19]}Z"
    query(WAS_AWAY, {"said": said, "since": since, "now": now})


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
