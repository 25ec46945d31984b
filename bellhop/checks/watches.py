"""What `check` asks of the watch folders: whether their files can become jobs, and which cannot."""

from __future__ import annotations

import os

from bellhop.catalog.catalog import Catalog
from bellhop.checks.answers import RESTART, Failed
from bellhop.database.database import database
from bellhop.machines.served import Elsewhere
from bellhop.settings.settings import Settings, Watch
from bellhop.storage.installation import Installation
from bellhop.watch import rows
from bellhop.watch.places import Places
from bellhop.watch.shares import Held
from bellhop.watch.submitting import judge


def watches(settings: Settings, here: Installation) -> list[str]:
    """Each must lead to a folder that Bellhop may write to, and make jobs of its files."""
    wrong: list[str] = []
    warnings: list[str] = []
    with database.connection_context():
        catalog = Catalog(settings, here, elsewhere=Elsewhere(here))
        places = Places(settings)
        for name, watch in settings.watches.items():
            if said := _wrong(settings, catalog, places, name, watch):
                wrong.append(said)
            told = rows.told(name)
            more = [f"and {told.more} more files"] if told.more else []
            problems = [f"[watch:{name}] {each}" for each in (*told.problems, *more)]
            warnings += [f"{each}; look at it in {watch.folder}" for each in problems]
    if wrong:
        raise Failed(*wrong, warnings=warnings)
    return [", ".join(f"{name} in {w.folder}" for name, w in settings.watches.items()), *warnings]


def _wrong(
    settings: Settings, catalog: Catalog, places: Places, name: str, watch: Watch
) -> str | None:
    """Why no file of a watch becomes a job; what was told comes last, as it may be over."""
    try:
        judge(settings, catalog, name, watch)
        places.look(name, watch.folder)
    except Held as held:
        return f"{held}; change it in {settings.config_path}; {RESTART}"
    if not os.path.isdir(watch.folder):
        return f"[watch:{name}] {watch.folder} is not there; create it, or mount its disk"
    if not os.access(watch.folder, os.W_OK | os.X_OK):
        return f"[watch:{name}] {watch.folder} cannot be written; chown it to user {os.geteuid()}"
    told = rows.told(name)
    return f"[watch:{name}] files wait: {told.held}" if told.held else None
