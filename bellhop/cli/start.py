"""How a process of Bellhop begins: it joins the installation, and it dies with its parent."""

from __future__ import annotations

import compileall
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from bellhop import __version__
from bellhop.accounts import accounts, links
from bellhop.backup import before
from bellhop.base.errors import StartRefused
from bellhop.base.program import IS_SINGLE_FILE, TYPED
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.typefiles import BUILT_IN
from bellhop.checks.secrets import require_private_secrets
from bellhop.database import schema
from bellhop.database.database import database, fault_of, refusing
from bellhop.machines import joining, members, published
from bellhop.reloading import handed, taking
from bellhop.reloading.handed import READY
from bellhop.settings.settings import Settings
from bellhop.sso import login
from bellhop.storage import presence
from bellhop.storage.files import Files
from bellhop.storage.installation import (
    Installation,
    agree,
    read_record,
    starting,
    stay_alive,
    write_record,
)
from bellhop.system import children, listener

# What of the job types takes longer to describe holds up no start: the web goes on with it.
PATIENCE_S = 5.0


def prepare(settings: Settings, inherited_lock: int | None = None) -> Installation:
    """Agree on the storage, describe the job types, and migrate, to serve; under `start.lock`."""
    with starting(settings, inherited_lock) as folder:
        return _prepare(settings, folder, to_serve=True)


def join_from_console(settings: Settings) -> Installation:
    """Prepare, also to let everybody in again, and count as alive until this process ends.

    So the database stays where it is, however long a person takes to type. What concerns the whole
    installation is done at its home.
    """
    require_home(settings)
    with starting(settings) as folder:
        here = _prepare(settings, folder, may_be_open=True)
        stay_alive(folder)
    return here


def join(settings: Settings, *, may_be_newer: bool = False) -> Installation:
    """Prepare, and count as alive until this process ends.

    `may_be_newer`: where this program can live with the schema of a newer one, it does.
    """
    with starting(settings) as folder:
        here = _prepare(settings, folder, may_be_newer=may_be_newer)
        stay_alive(folder)
        database.stay_open()
        presence.watch(here)
        members.watch(here)
    return here


def require_home(settings: Settings) -> None:
    """Refuse a command about the whole installation on a machine that joined."""
    recorded = read_record(settings.data_dir)
    if recorded and recorded.home:
        raise StartRefused(f"this machine joined {recorded.home}; type the command there")


def join_home(settings: Settings) -> Installation:
    """Join as what serves the page, which only the home does."""
    recorded = read_record(settings.data_dir)
    if recorded and recorded.home:
        raise StartRefused(
            f"this machine has no page: it joined {recorded.home}, which has it; start only a "
            f"consumer here, with {TYPED}"
        )
    return join(settings)


def served(settings: Settings, here: Installation) -> dict[str, int]:
    """How many items of each queue a consumer runs at once, where nobody asked for others."""
    if here.is_home:
        return {name: queue.workers for name, queue in settings.queues.items() if queue.workers}
    with refusing(), database.connection_context():
        queues = members.queues_of(here)
    if unknown := queues.keys() - settings.queues.keys():
        raise StartRefused(
            f"this machine serves the queue {min(unknown)}, which {settings.config_path} does not "
            f"know; write a section [queue:{min(unknown)}]"
        )
    return queues


def shared(settings: Settings, here: Installation) -> Settings:
    """The settings that hold on this machine: what the home tells, where this is another one."""
    if here.is_home:
        return settings
    with refusing(), database.connection_context():
        return published.take(settings, here)


def publish(settings: Settings, here: Installation) -> None:
    """Tell all machines what the home says, where there can be others."""
    if here.machine:
        with refusing(), database.connection_context():
            published.publish(settings, here)


def take(running: Settings, read: Settings, here: Installation, *, is_first: bool) -> None:
    """Let a running web or consumer take other settings, as far as it can.

    Who `is_first` at the home, and each other machine, finds out what a start would refuse:
    StartRefused, and nothing has changed. The home then tells all machines.
    """
    held = taking.taken(running, shared(read, here))
    if is_first or not here.is_home:
        require_private_secrets(held, Catalog(held, here))
    if is_first:
        login.require_provider(held.oidc)
        publish(held, here)
    taking.become(running, held)


def require_account(settings: Settings) -> None:
    """Refuse to serve other machines while everybody who comes may do everything."""
    with database.connection_context():
        is_closed = accounts.is_closed()
    if is_closed:
        return
    server = settings.server
    shared = [] if listener.is_local(server.host) else [f"host = {server.host}"]
    shared += [n for n in ("public_url", "trusted_proxy") if getattr(server, n)]
    if shared:
        raise StartRefused(
            f"[server] {', '.join(shared)}: other machines can reach this address, so create an "
            f"account first: {TYPED} user add NAME --role admin"
        )


def tell_first_link(settings: Settings, address: str) -> None:
    """Print how to close an installation that is open to everybody on this machine.

    To standard error: who reads that may be its admin, and only the link shows who it is.
    """
    try:
        with database.connection_context():
            if accounts.is_closed():
                return
            link = links.address(settings, links.make(links.FIRST, "", "admin", ""), address)
    except Exception as error:
        if fault_of(error) is None:
            raise
        return  # a start on a full disk writes nothing; the next one has a link
    said = f"Bellhop is open to everybody on this machine; to make it private, open {link}"
    with contextlib.suppress(OSError):
        print(said, file=sys.stderr, flush=True)


def tell_parent(ready_fd: int | None) -> Callable[[], object]:
    """What to call when this process is ready; from now on it dies with its parent.

    The parent reads readiness, and our end, from `ready_fd`.
    """
    if ready_fd is None:
        return lambda: None
    os.set_inheritable(ready_fd, False)
    die_with_parent()
    return partial(os.write, ready_fd, f"{READY}\n".encode())


def _probe_redis(url: str) -> str | None:
    # Huey is half of what this module takes to import, and few commands need it.
    from bellhop.bell.store import probe_redis

    return probe_redis(url)


def _prepare(
    settings: Settings,
    folder: Path,
    *,
    may_be_open: bool = False,
    may_be_newer: bool = False,
    to_serve: bool = False,
) -> Installation:
    """What can be refused is refused before rows are migrated, or undoes that.

    For an older program, which is there to go on, could not use them.
    """
    here, alone = agree(folder, settings, _probe_redis)
    if alone:
        compile_job_types()
        Catalog(settings, here).settle(PATIENCE_S)
    if alone or not handed.is_handed(settings):  # whoever read the file has asked who else may
        require_private_secrets(settings, Catalog(settings, here))

    def require() -> None:
        _require_login(here, may_be_open=may_be_open)
        if to_serve:
            require_account(settings)

    _migrate(settings, here, require, alone=alone, may_be_newer=may_be_newer)
    known = _with_machine(settings, here, alone=alone)
    require()
    return _recorded(known, __version__ if alone and not may_be_newer else here.version)


def _migrate(
    settings: Settings,
    here: Installation,
    require: Callable[[], object],
    *,
    alone: bool,
    may_be_newer: bool,
) -> None:
    """Bring the rows to this program's schema, wherever they are."""
    # A new database beside the files of an old one would let the keeper take them for litter.
    may_create = not (here.has_database or Files(here.folder, settings.storage.files).has_jobs())
    known: dict[str, Any] = {"alone": alone, "may_create": may_create, "mark": here.mark}
    known |= {"keep": partial(before.kept, here), "require": require}
    try:
        if not here.rows:
            return schema.migrate(here.database, may_adopt=not here.has_database, **known)
        from bellhop.database import server  # an extra

        if not here.is_home:
            return server.meet(settings.storage.database, here.mark)
        known |= {"may_be_newer": may_be_newer, "lease_s": settings.machines.lease_s}
        return server.migrate(settings.storage.database, **known)
    except schema.TooNew as refusal:
        raise before.too_new(here, refusal) from None


def _with_machine(settings: Settings, here: Installation, *, alone: bool) -> Installation:
    """The installation, whose machine runs in this place from now on; recorded."""
    if not here.rows:
        return here
    queues = {name: queue.workers for name, queue in settings.queues.items()}
    with refusing(), database.connection_context():
        known = members.identified(here)
        if known != here:
            write_record(known)
        members.take_place(known, queues, alone=alone)
        if known.is_home and alone:
            joining.grant_all()
    return known


def _require_login(here: Installation, *, may_be_open: bool) -> None:
    """Refuse a database that lets everybody in where a login was needed."""
    with database.connection_context():
        is_closed = accounts.is_closed()
    if here.is_closed and not is_closed and not may_be_open:
        where = f"PostgreSQL at {here.rows}" if here.rows else here.database
        raise StartRefused(
            f"{where} is open to everybody, but this installation requires a login; "
            f"{schema.RESTORE}, or remove all accounts with {TYPED} user reset --open"
        )


def _recorded(here: Installation, version: str) -> Installation:
    """The installation, which has a database now and stays closed once it is; recorded."""
    with database.connection_context():
        is_closed = accounts.is_closed()
    if here.is_closed and not is_closed:  # who may open it does so later
        return here
    known = replace(here, is_closed=is_closed, has_database=True, version=version)
    if known != here:
        write_record(known)
    return known


def compile_job_types() -> None:
    """Keep the bytecode of what comes with Bellhop: job processes may not write it themselves."""
    if not IS_SINGLE_FILE:
        compileall.compile_dir(BUILT_IN, quiet=2)


def die_with_parent() -> None:
    """End, with all below, when stdin ends: the parent holds its other end, however it dies."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        children.end_all()
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
