"""The secrets that job types say they have, and who may read them."""

from __future__ import annotations

from bellhop.catalog.catalog import Catalog
from bellhop.settings.configuration import require_private
from bellhop.settings.settings import Settings


def require_private_secrets(settings: Settings, catalog: Catalog) -> None:
    """Refuse a config.ini that others may read, also where only a job type tells what is secret."""
    for name, described in catalog.types().items():
        for key, value in settings.written_for(name, described.settings).items():
            if value and described.settings[key] == "secret":
                require_private(settings.config_path, f"[type:{name}] {key}")
