"""The commands `backup` and `restore`: what they say.

Exit status: 0 it is done, and with --verify the backup is whole; 1 it is not.
"""

from __future__ import annotations

import os
from pathlib import Path

from bellhop.backup import restore, save, verify
from bellhop.base.errors import StartRefused, said_of
from bellhop.base.program import TYPED
from bellhop.base.texts import shown
from bellhop.cli import start
from bellhop.cli.screen import told
from bellhop.database.database import line_of
from bellhop.database.moving import first_of
from bellhop.rotation import rotation
from bellhop.settings.settings import Settings, postgresql_location

NICE = 10


def run_backup(
    settings: Settings, path: Path | None, *, is_to_verify: bool, if_due: bool = False
) -> int:
    """Save this installation to a new file, or look whether such a file can be restored.

    Without a `path`, it is one of those that [backup] is about; with `if_due`, only if none was
    made since the last of its times.
    """
    if is_to_verify and path is None:
        raise StartRefused("name the backup that is to be verified")
    if path is None:
        return _save_next(settings, if_due=if_due)
    return _verify(path) if is_to_verify else _save(settings, path)


def run_restore(settings: Settings, path: Path) -> int:
    """Put a backup into the data folder, which is empty."""
    with told() as tell:
        done = restore.restore(settings, path, tell)
    print(f"Restored to {settings.data_dir}, as of {done.about.at}: {done.files:,} files and the")
    print(
        f"database of Bellhop {done.about.bellhop}. Start Bellhop; items that ran then run again."
    )
    if place := settings.storage.database:
        print(f"The rows are in PostgreSQL at {postgresql_location(place)}")
    if done.about.files:
        print(f"The files of jobs were not in the backup; they must be in {done.about.files}")
    return 0


def _save(settings: Settings, path: Path) -> int:
    start.require_home(settings)
    with told() as tell:
        saved = save.save(settings, path, tell)
    mib = f"{saved.size / (1 << 20):,.1f} MiB"
    print(f"{shown(str(path))}: {saved.jobs:,} jobs and {saved.files:,} files, {mib}.")
    others = [str(settings.config_path), str(settings.jobtypes_folder or "")]
    print(f"Not in it, so save them too: {', '.join(filter(None, others))}")
    if saved.about.files:
        print(f"Nor the files of jobs, which are in {saved.about.files}")
    if saved.lacking:
        print(f"Output files that were missing already: {first_of(saved.lacking)}")
    print(f"To look whether it can be restored: {TYPED} backup --verify {shown(str(path))}")
    return 0


def _save_next(settings: Settings, *, if_due: bool) -> int:
    """One line for the log of the parent, which starts this."""
    os.nice(NICE)  # the jobs come first
    start.require_home(settings)
    here = save.installation(settings)
    path = rotation.next_path(settings, here)
    if if_due and not rotation.is_due(settings, here):
        return 0
    try:
        saved = save.save(settings, path, lambda what, done, of: None)
        rotation.rotate(settings, here)
    except Exception as error:
        said = said_of(error) if isinstance(error, OSError) else line_of(error)
        rotation.note_failure(here, said)
        raise
    print(f"{shown(str(path))}: {saved.jobs:,} jobs and {saved.files:,} files were saved.")
    return 0


def _verify(path: Path) -> int:
    with told() as tell:
        found = verify.verify(path, tell)
    print(f"{shown(str(path))}, as of {found.about.at}, by Bellhop {found.about.bellhop}:")
    print(f"{found.jobs:,} jobs and {found.files:,} files were restored and compared.")
    if found.lacking:
        print(f"It lacks files, which were missing when it was made: {first_of(found.lacking)}")
        return 1
    print("All are as they were written.")
    return 0
