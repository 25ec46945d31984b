"""The command `join`: this machine becomes one of a Bellhop that runs elsewhere, and starts."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from bellhop.base.errors import StartRefused
from bellhop.base.program import AS_STARTED, TYPED
from bellhop.database import condition
from bellhop.database.database import bind_server, database, fault_of
from bellhop.machines import arrival
from bellhop.settings import configuration
from bellhop.settings.settings import Settings

DATA_VARIABLE = "BELLHOP_STORAGE_DATA_DIR"


def run(settings: Settings, url: str, token: str, data_dir: str | None) -> None:
    """Join the Bellhop at `url`, and go on as this machine; StartRefused when it cannot."""
    home = arrival.home_at(url)
    if data_dir:
        settings = _in_folder(settings, Path(data_dir).absolute())
    from bellhop.database import server  # noqa: F401 an extra, which is named if it is missing

    name = arrival.join(settings, home, token)
    print(f"bellhop: this machine is {name}; later, start it with: {TYPED}", file=sys.stderr)
    _measure(configuration.load())
    os.execv(AS_STARTED[0], AS_STARTED)


def _in_folder(settings: Settings, folder: Path) -> Settings:
    """The settings with another data folder, which are not those of the environment."""
    if os.environ.get(DATA_VARIABLE, str(folder)) != str(folder):
        raise StartRefused(f"{DATA_VARIABLE} names another folder than --data-dir; unset it")
    return replace(settings, data_dir=folder)


def _measure(settings: Settings) -> None:
    """Say how far the rows are; a start that follows says what is wrong with them."""
    bind_server(settings.storage.database, may_write=False)
    try:
        with database.connection_context():
            round_trip_ms = condition.round_trip_ms()
    except Exception as error:
        if fault_of(error) is None:
            raise
        return
    finally:
        database.close_all()
    said = f"a round trip to the database takes {round_trip_ms:.1f} ms"
    if round_trip_ms > condition.SLOW_MS:
        said += ", and each move of an item needs several: this machine is far from it"
    print(f"bellhop: {said}", file=sys.stderr)
