"""What tests of machines share: a home whose rows are on a server that may create roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from bellhop import __version__
from bellhop.base.buckets import files_location
from bellhop.cli import start
from bellhop.database.database import database, query
from bellhop.machines import joining, members
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation, make_folder, rows_location, write_record
from tests.support.machines import Machine, machine
from tests.support.once import descriptions, empty_tables
from tests.support.postgres import ROLE, Postgres

Config = Callable[[str], Settings]


@pytest.fixture
def rows(tables: str) -> str:
    """Machines are there only where the rows are on a server."""
    empty_tables(tables)
    return tables


@pytest.fixture
def loaded(config: Config, rows: str, tmp_path: Path) -> Settings:
    """The settings of a home that other machines can join."""
    shared = tmp_path / "shared"
    shared.mkdir()
    return config(f"[storage]\ndatabase = {rows}\nfiles = {shared}\n[queue:gpu]\nworkers = 0")


@pytest.fixture
def here(loaded: Settings, rows: str) -> Iterator[Installation]:
    """A home after its first start, which knows its job types."""
    folder = make_folder(loaded)
    (folder / "types.json").write_bytes(descriptions())
    rows_at = rows_location(loaded)
    home = Installation(
        folder,
        "test",
        "sqlite",
        "",
        rows=rows_at,
        machine="f" * 16,
        files=files_location(loaded.storage.files),
        version=__version__,
    )
    Files(folder, loaded.storage.files).require(home.id, is_new=True)
    query("UPDATE about SET mark = :mark", {"mark": home.mark})
    write_record(home)
    members.take_place(home, start.served(loaded, home) | {"gpu": 0}, alone=True)
    yield home
    database.close_all()


@pytest.fixture
def reachable(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server counts as one that other machines reach, and its role may create roles."""
    postgres.psql(f"ALTER ROLE {ROLE} CREATEROLE")
    monkeypatch.setattr(joining, "is_near", lambda host: host != "jobs.example.org")
    monkeypatch.setattr(joining, "hosts_of", lambda url: ["jobs.example.org"])
    yield
    database.close_all()
    for name in postgres.psql(r"SELECT rolname FROM pg_roles WHERE rolname LIKE 'bellhop\_%'"):
        postgres.psql(f'DROP OWNED BY "{name}"; DROP ROLE "{name}"', "tables")
    postgres.psql(f"ALTER ROLE {ROLE} NOCREATEROLE")


@pytest.fixture
def new_machine(rows: str, tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    """Makes a machine that is stepped by hand: `name`, and what it serves; "home" is the home."""
    yield partial(machine, tmp_path, rows)
    database.close_all()


@pytest.fixture
def home(new_machine: Callable[..., Machine]) -> Machine:
    return new_machine("home")


@pytest.fixture
def gpu(new_machine: Callable[..., Machine]) -> Machine:
    return new_machine("gpu-1")
