"""How long a connection may take, by what it did so far."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from bellhop.server.connections import (
    ENOUGH_BYTES_PER_S,
    GRACE_S,
    HEADER_LIMIT_S,
    LEAST_BYTES_PER_S,
    MOST_WAITING_BYTES,
    Channel,
)

HOUR_S, DAY_S = 3600, 86400
GIBIBYTE = 1 << 30
# What arrives over a line of 64 kbit/s.
SLOW_LINE_BYTES_PER_S = 7000


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A connection that was made at second 0; what it is asked about is set by hand."""
    monkeypatch.setattr("bellhop.server.connections.time.monotonic", lambda: 0.0)
    found = Channel.__new__(Channel)
    found.since, found.requests_read, found._pace, found._sent_bytes = 0.0, 0, None, 0
    found.requests, found.request, found.total_outbufs_len = [], None, 0
    found._lingers_until = None
    return found


def body(received: int, length: int = 0) -> Any:
    return SimpleNamespace(
        headers_finished=True, body_bytes_received=received, content_length=length
    )


def slow_after_s(channel: Any, received_at: Any, length: int, until_s: int) -> int | None:
    """The first second at which a body that arrives so is too slow, asked every second."""
    for second in range(until_s):
        channel.request = body(int(received_at(second)), length)
        if channel.is_too_slow(float(second)):
            return second
    return None


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


def test_it_does_not_let_a_body_rest_on_what_came_before(channel: Any) -> None:
    """A gibibyte at once, and from then on a byte now and then."""
    found = slow_after_s(channel, lambda second: GIBIBYTE // 2 + second, GIBIBYTE, HOUR_S)
    assert found is not None and found <= 2 * GRACE_S


@pytest.mark.parametrize("length", [1 << 20, 44 << 20, GIBIBYTE])
def test_it_has_a_longest_time_for_a_body(channel: Any, length: int) -> None:
    """As slowly as nobody minds for a moment, and for as long as that takes."""
    rate = LEAST_BYTES_PER_S + 1
    found = slow_after_s(channel, lambda s: rate * s, length, min(length // rate, DAY_S))
    assert (found is None) is (length / rate < HOUR_S)


@pytest.mark.parametrize("length", [1 << 20, 44 << 20, GIBIBYTE])
def test_it_takes_a_large_body_over_a_slow_line(channel: Any, length: int) -> None:
    assert SLOW_LINE_BYTES_PER_S > ENOUGH_BYTES_PER_S
    for second in range(0, length // SLOW_LINE_BYTES_PER_S, 10):
        channel.request = body(SLOW_LINE_BYTES_PER_S * second, length)
        assert not channel.is_too_slow(float(second))


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


def test_it_drops_those_who_hold_most_of_the_memory(channel: Any) -> None:
    """Of the client whose connections hold most together, the one that holds most, or longest."""

    def holding(client: str, share: float, answered_at: float) -> Any:
        held = int(share * MOST_WAITING_BYTES)
        return SimpleNamespace(
            client=client, held_bytes=held, answered_at=answered_at, will_close=False
        )

    large = holding("one", 0.5, 0)
    greedy = [holding("many", 0.2, 2), holding("many", 0.2, 1), holding("many", 0.2, 3)]
    small = [holding("many", 0.01, 0), holding("other", 0.01, 0)]
    known = dict(enumerate([large, *greedy, *small]))
    channel.server = SimpleNamespace(active_channels=known, pull_trigger=lambda: None)
    channel._bound_memory()
    assert [other.will_close for other in known.values()] == [False, False, True] + [False] * 3


@pytest.mark.parametrize("is_dry", [True, False])
def test_it_lets_nothing_wait_for_a_file_that_comes_from_another_machine(
    channel: Any, is_dry: bool
) -> None:
    channel.will_close = channel.close_when_flushed = False
    channel.outbufs = [SimpleNamespace(file=SimpleNamespace(is_dry=is_dry))]
    channel._unread, channel.total_outbufs_len = b"", 10
    assert channel.writable() is not is_dry


@pytest.mark.parametrize("is_of_proxy", [True, False])
def test_it_tells_the_parser_whose_connection_it_is(channel: Any, is_of_proxy: bool) -> None:
    """Who may name a person in a header is decided by it."""
    parser = Mock(completed=False, expect_continue=False, received=len)
    channel.parser_class, channel.adj, channel._unread = lambda adj: parser, None, b"GET"
    channel.addr, channel.is_of_proxy = ("10.0.0.9", 4711), is_of_proxy
    channel._read()
    assert (parser.peer, parser.is_of_proxy) == ("10.0.0.9", is_of_proxy)
