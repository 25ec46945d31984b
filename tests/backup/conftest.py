"""What the tests of backups share."""

from __future__ import annotations

import pytest

from bellhop.storage.installation import Installation, write_record


@pytest.fixture(autouse=True)
def no_power_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no disk of this machine."""
    monkeypatch.setattr("os.sync", lambda: None)


@pytest.fixture
def here(here: Installation) -> Installation:
    """An installation as its first start leaves it."""
    write_record(here)
    return here
