"""What `check` asks of backups: that there is one, and that it is not old."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

from bellhop.base.program import TYPED
from bellhop.base.times import now, parsed
from bellhop.database.database import database
from bellhop.jobs import queries
from bellhop.rotation import rotation
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation

# Without [backup] folder, nobody knows how often somebody means to make one.
MOST_AGE_BY_HAND = timedelta(days=31)
BY_HAND = f"set [backup] folder, or type {TYPED} backup FILE"


def saved(settings: Settings, here: Installation) -> list[str]:
    """The newest backup; a warning where there must be a newer one, or one at all.

    Without jobs that are older than two periods, there is nothing to lose yet.
    """
    newest = None
    if folder := settings.backup_folder:
        newest = rotation.newest_at(settings, here)
        of = newest and f"the newest in {folder} is of {newest:%Y-%m-%dT%H:%M:%SZ}"
        said, mend = of or f"there is none in {folder}", f"look why: {TYPED} backup"
    elif last := rotation.noted(here):
        said, is_old = f"the last one is of {last[1]}", now() - last[0] > MOST_AGE_BY_HAND
        return [said, *([f"{said}; {BY_HAND}"] if is_old else [])]
    elif here.rows:
        return ["none by Bellhop; the server may have its own"]
    else:
        said, mend = "there is none", BY_HAND
    since = newest or _oldest_job()
    is_late = since is not None and rotation.is_late(settings, since)
    failed = folder and rotation.failure(here)
    wrong = filter(None, (is_late and said, failed))
    return [said, *(f"{each}; {mend}" for each in wrong)]


def _oldest_job() -> datetime | None:
    with database.connection_context(), contextlib.suppress(ValueError):
        return parsed(queries.oldest_at())
    return None
