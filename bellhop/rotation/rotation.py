"""When backups were made, and those that Bellhop makes by itself: names, when due, which stay.

Their names tell when they were made, and of which installation: several may share a folder, and a
file that is called otherwise is nobody's to remove. How the last ones went is in the data folder:
the folder of backups may be a share that does not answer.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bellhop.base.errors import StartRefused
from bellhop.base.times import now, parsed, timestamp
from bellhop.settings.settings import Settings
from bellhop.storage.files import write_atomically
from bellhop.storage.installation import Installation

SAVED, FAILED = "saved.json", "unsaved.json"
STAMP = "%Y-%m-%dT%H%M%SZ"
# What is later than now by more is of a clock that was wrong.
MOST_AHEAD = timedelta(days=1)


def note(here: Installation, at: str, path: Path) -> None:
    """Remember the backup that was made last, wherever it is, and forget an earlier failure."""
    (here.folder / FAILED).unlink(missing_ok=True)
    write_atomically(here.folder / SAVED, json.dumps({"at": at, "file": str(path)}).encode())


def noted(here: Installation) -> tuple[datetime, str] | None:
    """When the last backup was made, and that and where it is in words; None where none was."""
    at, file = _read(here, SAVED, "file")
    return (parsed(at), f"{at[:19]}Z, in {file}") if at else None


def note_failure(here: Installation, said: str) -> None:
    """Remember that a backup failed, and why."""
    document = json.dumps({"at": timestamp(), "said": said}).encode()
    with contextlib.suppress(OSError):  # the room for it, too, may be what it lacked
        write_atomically(here.folder / FAILED, document)


def failure(here: Installation) -> str | None:
    """When and why the last backup failed, in words; None where it did not."""
    at, said = _read(here, FAILED, "said")
    return f"the backup failed at {at[:19]}Z: {said}" if at else None


def problem(settings: Settings, here: Installation, oldest_job: str) -> str | None:
    """What is wrong with the backups that Bellhop makes by itself, in words.

    Without jobs that are older than two periods, there is nothing to lose yet.
    """
    if settings.backup_folder is None:
        return None
    if failed := failure(here):
        return failed
    at, _ = _read(here, SAVED, "file")
    with contextlib.suppress(ValueError):
        if is_late(settings, parsed(at or oldest_job)):
            return f"the last backup is of {at[:19]}Z" if at else "there is no backup yet"
    return None


def _read(here: Installation, name: str, what: str) -> tuple[str, str]:
    """When something was noted in a file of the data folder, and what; empty, where nothing is."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads((here.folder / name).read_bytes())
        parsed(known["at"])
        return known["at"], str(known[what])
    return "", ""


def next_path(settings: Settings, here: Installation) -> Path:
    """What a backup of this moment is called; StartRefused where no folder is named."""
    folder = settings.backup_folder
    if folder is None:
        raise StartRefused("name a FILE, or set [backup] folder")
    return folder / f"bellhop-{here.id}-{now().strftime(STAMP)}.tar"


def rotate(settings: Settings, here: Installation) -> None:
    """Remove all but the newest, among which none of a clock that was ahead counts."""
    known = _named(settings, here, ".tar")
    for path in sorted(known, key=lambda path: not _is_ahead(path))[: -settings.backup.keep]:
        path.unlink(missing_ok=True)


def remove_unfinished(settings: Settings, here: Installation) -> None:
    """Remove what is left of those that did not end; while nobody writes one."""
    if settings.backup_folder:
        for path in _named(settings, here, ".tar.part"):
            path.unlink(missing_ok=True)


def newest_at(settings: Settings, here: Installation) -> datetime | None:
    """When the newest was begun; None where there is none."""
    known = [path for path in _named(settings, here, ".tar") if not _is_ahead(path)]
    return datetime.strptime(_stamp(known[-1]), STAMP).replace(tzinfo=UTC) if known else None


def is_due(settings: Settings, here: Installation) -> bool:
    """Whether a time of the day has come since the newest was begun."""
    newest = newest_at(settings, here)
    return newest is None or newest.timestamp() < last_time(settings)


def last_time(settings: Settings) -> float:
    """The last moment at which the clock of this machine showed one of the times of the day."""
    return _last_times(settings.backup.at)[-1]


def is_late(settings: Settings, newest: datetime) -> bool:
    """Whether a moment is two periods ago: twice as long as Bellhop waits for the next backup."""
    times = _last_times(settings.backup.at)
    period_s = max(later - earlier for earlier, later in itertools.pairwise(times))
    return now().timestamp() - newest.timestamp() > 2 * period_s


def _stamp(path: Path) -> str:
    return path.name.removesuffix(".tar")[-len("2026-01-01T000000Z") :]


def _is_ahead(path: Path) -> bool:
    return _stamp(path) > (now() + MOST_AHEAD).strftime(STAMP)


def _named(settings: Settings, here: Installation, suffix: str) -> list[Path]:
    """Those of this installation, the oldest first."""
    folder = settings.backup_folder
    assert folder is not None
    stamp = r"\d{4}-\d\d-\d\dT\d{6}Z"
    own = re.compile(f"bellhop-{re.escape(here.id)}-{stamp}{re.escape(suffix)}")
    try:
        return [folder / name for name in sorted(os.listdir(folder)) if own.fullmatch(name)]
    except OSError:
        return []


def _last_times(times: tuple[str, ...]) -> list[float]:
    """The last moments, two or more, at which the clock of this machine showed one of these."""
    at = now().timestamp()
    today = time.localtime(at)[:3]
    found = []
    for text in times:
        hour, minute = map(int, text.split(":"))
        for day in (0, -1, -2):
            moment = time.mktime((*today[:2], today[2] + day, hour, minute, 0, 0, 0, -1))
            found += [moment] if moment <= at else []
    return sorted(found)
