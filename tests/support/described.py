"""The job types of the tests, described once: that takes longer than most of what is tested."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from bellhop.base import configuration
from bellhop.catalog.catalog import Catalog
from bellhop.storage.installation import Installation
from tests.support.places import TYPES


@functools.cache
def descriptions() -> bytes:
    """types.json of what comes with Bellhop and of `tests/support/types`.

    Another Bellhop that finds it describes only what is not in it, or has changed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.ini").write_text(f"[jobtypes]\nfolder = {TYPES}\n")
        described = Installation(folder, "test", "sqlite", "")
        Catalog(configuration.load(folder / "config.ini"), described).settle()
        return described.described_types.read_bytes()
