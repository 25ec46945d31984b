"""What takes longer than most of what is tested, and is made once for all tests of a process.

What takes seconds is made by one of the processes that run the tests, and the others read it.
"""

from __future__ import annotations

import functools
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from bellhop.catalog.catalog import Catalog
from bellhop.database import schema
from bellhop.database.database import bind_server, database, query
from bellhop.settings import configuration
from bellhop.storage.installation import Installation
from bellhop.storage.models import TABLES
from bellhop.system.locks import alone
from tests.support.places import TYPES

# A folder of all processes that run these tests; none until pytest has made it.
shared: Path | None = None


def made_by_one(name: str, make: Callable[[], bytes]) -> bytes:
    """What `make` gives, from the file of this name once one of the processes has called it."""
    if shared is None or not os.access(shared, os.W_OK):  # a test that is another user
        return make()
    path = shared / name
    with alone(shared / f"{name}.lock"):
        if not path.exists():
            path.write_bytes(make())
        return path.read_bytes()


def folder_made_by_one(name: str, folder: Path, make: Callable[[], object]) -> None:
    """Let a folder be as `make` leaves it, or a copy of that, once one of the processes has."""
    if shared is None or not os.access(shared, os.W_OK):
        make()
        return
    kept = shared / name
    with alone(shared / f"{name}.lock"):
        if not kept.exists():
            make()
            _copy(folder, kept)
            return
    _copy(kept, folder)


def _copy(folder: Path, to: Path) -> None:
    """With the owners of all that is in it."""
    subprocess.run(["cp", "-a", folder, to], check=True)


@functools.cache
def descriptions() -> bytes:
    """types.json of what comes with Bellhop and of `tests/support/types`.

    Another Bellhop that finds it describes only what is not in it, or has changed.
    """
    return made_by_one("types.json", _describe)


def _describe() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "incoming").mkdir()
        (folder / "config.ini").write_text(f"[jobtypes]\nfolder = {TYPES}\n")
        described = Installation(folder, "test", "sqlite", "")
        Catalog(configuration.load(folder / "config.ini"), described).settle()
        return described.described_types.read_bytes()


def empty_tables(url: str) -> None:
    """Use the PostgreSQL database at `url`, as it is after its first start."""
    bind_server(url)
    names = ", ".join(table._meta.table_name for table in TABLES)
    query(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    query("INSERT INTO counter (name, value) VALUES ('change', 0), ('closed', 0)")
    query("UPDATE about SET mark = 0")


@functools.cache
def migrated() -> bytes:
    """bellhop.db of an installation after its first start."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "bellhop.db"
        schema.migrate(path, alone=True)
        database.close()
        return path.read_bytes()
