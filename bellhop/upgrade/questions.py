"""All that `upgrade-check` asks: what this program would do to an installation, and whether it can.

It runs beside the Bellhop that is there, and changes nothing: what it needs to write, it writes
into a temporary folder.
"""

from __future__ import annotations

import fcntl
import os
import platform
import tempfile
import time
from functools import partial
from pathlib import Path

from bellhop import __version__
from bellhop.backup.dump import Dump, NoPrograms
from bellhop.backup.rows import copy_rows
from bellhop.base.program import TYPED
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.description import KnownType
from bellhop.checks.answers import Failed, Question
from bellhop.database import schema, versions
from bellhop.database.database import database, query
from bellhop.jobs import queries
from bellhop.machines import members
from bellhop.parent import answers
from bellhop.settings.settings import Settings
from bellhop.storage.installation import DATABASE, Installation, bind_rows
from bellhop.stores.copying import free_bytes
from bellhop.system import signals
from bellhop.system.locks import take_lock

PATIENCE_S = 20.0
TEMPORARY = "set TMPDIR to a folder with more room"
LOADS = "change its file, or install what it needs for this version, and try again"


def every(settings: Settings, here: Installation) -> list[Question]:
    """What is asked of the installation that this program would take over."""
    migrates = partial(_server if here.rows else _file, settings, here)
    room = partial(_room_on_server if here.rows else _room, settings, here)
    return [
        Question("program", partial(program, here), ""),
        Question("settings", lambda: [f"{settings.config_path} is understood"], ""),
        Question("schema", migrates, TEMPORARY),
        *([Question("room", room, "make room")] if here.is_home else []),
        Question("job types", partial(types, settings, here), LOADS),
        *([Question("machines", partial(machines, settings, here), "")] if here.rows else []),
        Question("running", partial(running, settings, here), ""),
    ]


def program(here: Installation) -> list[str]:
    last = f"Bellhop {here.version}" if here.version else "an earlier Bellhop"
    return [f"{__version__} on Python {platform.python_version()}, after {last}"]


def _file(settings: Settings, here: Installation) -> list[str]:
    """Bring a copy of the rows to this schema: that tells whether it works, and how long."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / DATABASE
        began_s = time.monotonic()
        version = copy_rows(here.database, copy, lambda what, done, of: None)
        saved_s = time.monotonic() - began_s
        began_s = time.monotonic()
        schema.migrate(copy, alone=True, may_create=False)
        took_s = time.monotonic() - began_s
        with database.connection_context():
            jobs = len(queries.every_job())
        database.close_all()
    due = _due(version)
    if not due:
        return [f"{version}, as this version has it; nothing is migrated"]
    took = f"took {saved_s:.1f} s to save and {took_s:.1f} s to migrate here"
    return [f"{version} → {len(schema.MIGRATIONS)} ({due}): a copy with {jobs:,} jobs {took}"]


def _server(settings: Settings, here: Installation) -> list[str]:
    """What a migration of a server takes is not tried: it would hold up the Bellhop that runs."""
    bind_rows(settings, here, may_write=False)
    with database.connection_context():
        ((version, needs),) = query(versions.KNOWN)
        jobs = len(queries.every_job())
    knows, where = len(schema.MIGRATIONS), f"PostgreSQL at {here.rows}"
    if version > knows and (here.is_home or knows < needs):
        raise schema.TooNew(where, version, here.version)
    due = _due(version)
    if not here.is_home:
        late = "the home has an older schema; update the home first"
        return [f"{version}, which the home decides", *([late] if due else [])]
    if not due:
        return [f"{version}, as this version has it; nothing is migrated"]
    kind = "no earlier version can live with it" if versions.is_breaking(version) else "added only"
    return [f"{version} → {knows} ({due}; {kind}), in one transaction, with {jobs:,} jobs"]


def _due(version: int) -> str:
    return ", ".join(schema.MIGRATIONS[version:])


def _room(settings: Settings, here: Installation) -> list[str]:
    """The rows are copied into the data folder before they are migrated, and rewritten in it."""
    return _enough(here, here.database.stat().st_size)


def _room_on_server(settings: Settings, here: Installation) -> list[str]:
    bind_rows(settings, here, may_write=False)
    with database.connection_context():
        said = _enough(here, database.size_bytes())
        try:
            Dump.of_server()
        except NoPrograms as lacking:
            said.append(f"the rows are not saved before a migration, as {lacking}")
    return said


def _enough(here: Installation, needed: int) -> list[str]:
    free = free_bytes(here.folder)
    said = (
        f"the copy of the rows needs about {needed / 2**20:,.1f} MiB, and {free >> 20:,} are free"
    )
    if needed > free:
        raise Failed(f"{said}; make room in {here.folder}")
    return [said]


def types(settings: Settings, here: Installation) -> list[str]:
    """Those that the last Bellhop could run, and this one cannot."""
    before = Catalog(settings, here).types()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "incoming").mkdir()
        scratch = Installation(Path(folder), here.id, here.storage, here.redis)
        catalog = Catalog(settings, scratch, may_build=False)
        catalog.settle(PATIENCE_S)
        now = catalog.types()
    waits = [each.type for each in now.values() if each.is_pending]
    lost = [each for each in before.values() if each.available and not _runs(now.get(each.type))]
    if lost:
        raise Failed(*(f"{each.type} would not load: {_why(now.get(each.type))}" for each in lost))
    said = f"{sum(each.available for each in now.values())} load"
    return [
        said,
        *(f"{name}: the first start installs its packages; wait for it" for name in waits),
    ]


def _runs(known: KnownType | None) -> bool:
    return known is not None and (known.available or known.is_pending)


def _why(known: KnownType | None) -> str:
    return known.reason or "it is not available" if known else "this version does not have it"


def machines(settings: Settings, here: Installation) -> list[str]:
    """The home is updated first; what a breaking migration needs of the others."""
    bind_rows(settings, here, may_write=False)
    with database.connection_context():
        ((version, _),) = query(versions.KNOWN)
        others = [each for each in members.every() if not each.is_home]
    said = (
        ", ".join(f"{each.name} ({each.version or 'never started'})" for each in others) or "none"
    )
    if not others or not here.is_home:
        return [said]
    if versions.is_breaking(version):
        raise Failed(f"{said} cannot live with the migration; stop Bellhop there first")
    older = [each.name for each in others if each.version != __version__]
    after = f"update {', '.join(older)} after the home: they continue until then"
    return [said, *([f"{after}; python app.py machine list"] if older else [])]


def running(settings: Settings, here: Installation) -> list[str]:
    """Whether a Bellhop must be replaced, and what that would cut off."""
    # Of SQLite, the last one that only reads would leave its log behind.
    bind_rows(settings, here, may_write=not here.rows)
    with database.connection_context():
        busy = queries.count_running()
    alive = here.folder / "alive.lock"
    lock = take_lock(alive, fcntl.LOCK_EX, wait_s=0) if alive.exists() else None
    if lock is not None:
        os.close(lock)
    if lock is not None or not alive.exists():
        return ["Bellhop is not running; start this version"]
    grace = f"those that need more than {settings.server.stop_grace_s:g} s more then run again"
    then = "stop it, and start this version"
    if answers.understands(here.folder, signals.RESTART):
        then = f"install this version in its place, and type {TYPED} restart"
    return [f"Bellhop runs, with {busy} items at this moment ({grace}); {then}"]
