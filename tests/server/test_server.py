"""A connection of the server, without its socket."""

from __future__ import annotations

import threading
from unittest.mock import Mock

from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected

from bellhop.server.connections import Channel
from bellhop.server.parser import Parser


def test_it_makes_no_mistake_when_a_client_of_broken_http_leaves() -> None:
    """The answer meets a connection that is gone, and nothing to call the request by."""

    class Left(Channel):
        def write_soon(self, data: bytes) -> int:
            raise ClientDisconnected

    adjustments = Adjustments()
    unread = Parser(adjustments)
    unread.received(b"nonsense\r\n\r\n")
    channel = Left.__new__(Left)
    channel.adj, channel.connected, channel.requests = adjustments, True, [unread]
    channel.requests_lock, channel.server = threading.Lock(), Mock()
    channel.service()
    assert channel.close_when_flushed and channel.requests == []
