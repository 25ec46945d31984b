"""What `check` asks of the database: whether all rows can be read, and their clock believed."""

from __future__ import annotations

from functools import partial

from bellhop.base.times import seconds_ahead
from bellhop.checks.answers import RESTART, Failed, Question
from bellhop.checks.log import log_is_short
from bellhop.database.database import database
from bellhop.jobs import queries, reuse
from bellhop.settings.settings import Settings
from bellhop.storage.inspection import MOST_SHOWN, Inspection
from bellhop.storage.installation import Installation
from bellhop.system.clock import STEP_S

ROWS_LIMIT_S = 600


def of_rows(settings: Settings, here: Installation) -> list[Question]:
    """What is asked of the rows on any machine."""
    log = "look at the log of the server"
    return [
        Question("database", partial(_server, settings, here), log),
        Question("write-ahead log", partial(log_is_short, here), RESTART),
        Question("clock", clock, "set it with NTP: timedatectl set-ntp true"),
    ]


def of_home_rows(settings: Settings, here: Installation) -> list[Question]:
    """What is asked at the home alone."""
    return [
        Question("rows", partial(_rows, here), "restore them from a backup, or delete them"),
        Question("cache", partial(cache, settings), RESTART),
    ]


def _server(settings: Settings, here: Installation) -> list[str]:
    """The rows must be reached; a warning is no failure, but says what may be lost."""
    if not here.rows:
        return ["SQLite"]
    from bellhop.database import server  # an extra

    found = server.condition(settings.storage.database, is_owner=here.is_home)
    if found.problems:
        raise Failed(*(f"{found}, at {here.rows}: {problem}" for problem in found.problems))
    return [f"{found}, at {here.rows}", *found.warnings]


def clock() -> list[str]:
    """It must not be behind what it said before."""
    with database.connection_context():
        behind_s = seconds_ahead(queries.newest_at())
    if behind_s > STEP_S:
        said = "so Bellhop deletes nothing because of its age, and jobs with a time wait"
        raise Failed(f"it is {behind_s:,.0f} s behind the newest job, {said}")
    return ["not behind the newest job"]


def _rows(here: Installation) -> list[str]:
    """Every row must be readable; one that is not fails alone, so nobody else may have noticed."""
    if found := Inspection(here).look(ROWS_LIMIT_S):
        raise Failed(f"{len(found)} cannot be read: {', '.join(found[:MOST_SHOWN])}")
    return ["all can be read"]


def cache(settings: Settings) -> list[str]:
    """The keeper removes what is too much within minutes."""
    with database.connection_context():
        found = reuse.stats()
    most_mb = settings.cache.max_mb
    said = f"{found['entries']} results, {found['bytes'] >> 20} MiB of [cache] max_mb = {most_mb}"
    too_much = found["bytes"] > 2 * most_mb << 20
    return [said, f"{said}, and nobody removes the oldest; {RESTART}"] if too_much else [said]
