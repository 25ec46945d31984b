"""How long a connection may take, by what it did so far."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bellhop.web.server.connections import (
    GRACE_S,
    HEADER_LIMIT_S,
    LEAST_BYTES_PER_S,
    Channel,
)


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A connection that was made at second 0; what it is asked about is set by hand."""
    monkeypatch.setattr("bellhop.web.server.connections.time.monotonic", lambda: 0.0)
    found = Channel.__new__(Channel)
    found.since, found.requests_read, found._watched, found._sent_bytes = 0.0, 0, None, 0
    found.requests, found.request, found.total_outbufs_len = [], None, 0
    return found


def body(received: int) -> Any:
    return SimpleNamespace(headers_finished=True, body_bytes_received=received)


@pytest.mark.parametrize(
    ("received", "after_s", "is_slow"),
    [
        (0, GRACE_S - 1, False),
        (0, GRACE_S + 1, True),
        (600 * LEAST_BYTES_PER_S, 600, False),
        (500 * LEAST_BYTES_PER_S, 600, True),
    ],
)
def test_it_wants_a_body_at_a_least_rate(
    channel: Any, received: int, after_s: float, is_slow: bool
) -> None:
    channel.request = body(received)
    assert channel.is_too_slow(after_s) is is_slow


def test_it_gives_a_request_that_is_served_all_the_time_it_needs(channel: Any) -> None:
    channel.requests = [body(0)]
    assert not channel.is_too_slow(1e6)


def test_it_lets_a_browser_rest_between_two_requests(channel: Any) -> None:
    channel.requests_read = 1
    assert not channel.is_too_slow(HEADER_LIMIT_S + 10)


@pytest.mark.parametrize(("rate", "is_slow"), [(0, True), (100, True), (5000, False)])
def test_it_wants_an_answer_to_be_read_at_a_least_rate(
    channel: Any, rate: int, is_slow: bool
) -> None:
    channel.total_outbufs_len = 1 << 30
    found = []
    for second in range(3 * int(GRACE_S)):
        channel._sent_bytes = rate * second
        found.append(channel.is_too_slow(float(second)))
    assert any(found) is is_slow
    assert not any(found[: int(GRACE_S)])


def test_it_forgets_a_slow_answer_that_was_read_in_the_end(channel: Any) -> None:
    channel.total_outbufs_len = 10
    assert not channel.is_too_slow(0.0)
    channel.total_outbufs_len, channel.requests_read = 0, 1
    assert not channel.is_too_slow(1.0)
    channel.total_outbufs_len = 10
    assert not channel.is_too_slow(GRACE_S + 5)
