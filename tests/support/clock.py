"""The clock of the rows, for tests that set it."""

from __future__ import annotations

import pytest

from bellhop.base import times


def only_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `time.time` be the clock of the rows, also where these are on a server."""
    monkeypatch.setattr(times, "_started_at_s", None)
    monkeypatch.setattr(times, "follow", lambda *_: None)
