"""Whether this program could take the place of one that runs: tried beside it, changing nothing."""

from __future__ import annotations

import os
import socket

# What each process imports at its start, so that a program that cannot be read never begins.
import bellhop.consumer.consumer
import bellhop.parent.supervisor
import bellhop.server.server
import bellhop.web.routes  # noqa: F401
from bellhop.backup import before
from bellhop.base.errors import StartRefused
from bellhop.bell.store import probe_redis
from bellhop.catalog.catalog import Catalog
from bellhop.checks.secrets import require_private_secrets
from bellhop.cli import start
from bellhop.database import schema, versions
from bellhop.database.database import database, query, refusing
from bellhop.parent.handover import Handover
from bellhop.settings.settings import Settings
from bellhop.storage import installation
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation, bind_rows
from bellhop.system import listener, proctree

STOP_IT = "stop Bellhop, and start it again"


def run(settings: Settings, text: str) -> None:
    """Return where a start would succeed in the place of the parent; StartRefused otherwise."""
    old = Handover.of(text)
    folder = os.path.realpath(settings.data_dir)
    if folder != old.folder:
        said = f"[storage] data_dir is {folder} now, and was {old.folder}"
        raise StartRefused(f"{said}; {STOP_IT}")
    here = installation.read_record(settings.data_dir)
    if here is None:
        raise StartRefused(f"{settings.data_dir} has no {installation.RECORD}; {STOP_IT}")
    installation.require_places(settings, here, probe_redis)
    Files(here.folder, settings.storage.files).require(here.id, is_new=False)
    bind_rows(settings, here, may_write=False)
    with refusing(), database.connection_context():
        _require_schema(settings, here)
    require_private_secrets(settings, Catalog(settings, here))
    if here.is_home:
        start.require_account(settings)
        _require_address(settings, old)


def _require_address(settings: Settings, old: Handover) -> None:
    """Refuse another address that is taken, but for what the Bellhop that runs has of it."""
    if old.bound_for != listener.wanted(settings):
        with socket.socket(fileno=old.listener) as ours:
            ours.set_inheritable(False)
            listener.bind(settings, ours, may_listen=False).close()


def _require_schema(settings: Settings, here: Installation) -> None:
    """Refuse rows that this program cannot use, and could not bring to its schema."""
    where = f"PostgreSQL at {here.rows}" if here.rows else str(here.database)
    ((version,),) = query("SELECT version FROM about" if here.rows else "PRAGMA user_version")
    known = len(schema.MIGRATIONS)
    if not here.is_home:
        versions.require_not_too_old(where)
        if version < known:
            raise StartRefused(
                f"{where} is from an older version of Bellhop; update the home first"
            )
    elif version > known:
        raise before.too_new(here, schema.TooNew(where, version))
    elif version < known:
        _require_alone(here, where)
        if here.rows and versions.is_breaking(version):
            versions.require_no_other_machine(where, settings.machines.lease_s)


def _require_alone(here: Installation, where: str) -> None:
    """Refuse a migration that others than the parent and its children would be in the way of."""
    parent = os.getppid()
    others = proctree.holding(here.folder / "alive.lock")
    others -= {parent, *proctree.descendants(parent)}
    if others:
        said = f"{where} needs a migration, and process {min(others)} uses it"
        raise StartRefused(f"{said} ({proctree.name(min(others))}); stop that first")
