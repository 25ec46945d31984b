"""Who is asked by `check`, and does not answer."""

from __future__ import annotations

import socket

import pytest

from bellhop import client
from bellhop.checks.answers import Asked
from bellhop.client import NoAnswer


def test_it_waits_only_once_for_a_web_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its kernel still takes connections, so each question would wait for its whole time."""
    monkeypatch.setattr(client, "TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as still:
        asked = Asked(f"http://127.0.0.1:{still.getsockname()[1]}", patience_s=0)
        with pytest.raises(NoAnswer):
            asked.get("/health")
        monkeypatch.setattr(client, "TIMEOUT_S", 1000)
        with pytest.raises(NoAnswer, match="does not answer: timed out"):
            asked.get("/ready")
