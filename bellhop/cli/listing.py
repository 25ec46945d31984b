"""The command `config`: each setting with its value and where that comes from."""

from __future__ import annotations

import json

from bellhop.base.texts import shown
from bellhop.catalog.catalog import Catalog
from bellhop.cli import start
from bellhop.origins.entries import entries
from bellhop.origins.written import lines
from bellhop.settings.settings import Settings
from bellhop.storage.installation import bind_rows, read_record


def run(settings: Settings, *, as_json: bool) -> None:
    """Print the settings as a config.ini, or as JSON; changes nothing."""
    here = read_record(settings.data_dir)
    held = settings
    if here and not here.is_home:
        bind_rows(settings, here, may_write=False)
        held = start.shared(settings, here)
    found = entries(settings, held, Catalog(settings, here).types() if here else {})
    if as_json:
        print(json.dumps([entry._asdict() for entry in found]))
        return
    for line in lines(found, settings.config_path):
        print(shown(line))
