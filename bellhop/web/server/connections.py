"""Connections that hold others up: too many from one address, or too slow.

Waitress closes a connection on which nothing happens, but one that drips a byte each second is
busy for ever, and the first to open a thousand keeps everybody else out. Here the connection that
has to go is the one that has given nothing yet, so that whoever sends a request gets through, also
from the address of a flood. All of it runs in the one thread of the server that owns the sockets.
"""

from __future__ import annotations

import time
from typing import Any

from waitress.channel import HTTPChannel

from bellhop.web.limits import network

# A whole office may come from one address, each of its browsers with some connections.
MOST_OF_ADDRESS = 500
MOST_CONNECTIONS = 1000
# From the first byte of a request, or from the beginning, until its header is whole.
HEADER_LIMIT_S = 10.0
# How long a body or an answer may be slower than this on the average.
GRACE_S = 30.0
LEAST_BYTES_PER_S = 1024


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows for how long it has been doing what it does.

    `exempt` is the address of a proxy, whose connections are those of many.
    """

    exempt = ""

    def __init__(self, server: Any, connection: Any, address: Any, *more: Any, **options: Any):
        super().__init__(server, connection, address, *more, **options)
        self.network = network(str(self.addr[0]))
        # When the present part began: the connection, the header of a request, its body.
        self.since = time.monotonic()
        self.requests_read = 0
        # Of an answer: since when its client is watched, and what it had taken by then.
        self._watched: tuple[float, int] | None = None
        self._sent_bytes = 0
        self._make_room()

    @property
    def is_waiting(self) -> bool:
        """Whether nobody is served here: no request, or the header of one is not whole."""
        is_read = self.request is not None and self.request.headers_finished
        return not self.requests and not self.total_outbufs_len and not is_read

    def received(self, data: bytes) -> bool:
        was_waiting, was_idle = self.is_waiting, self.request is None
        taken = bool(super().received(data))
        is_next = was_idle and self.request is not None and self.requests_read > 0
        if is_next or was_waiting != self.is_waiting:
            self.since = time.monotonic()
        self.requests_read += bool(self.requests)
        return taken

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent = int(super().send(data, do_close))
        self._sent_bytes += sent
        return sent

    def is_too_slow(self, now: float) -> bool:
        """Whether it took longer than it may; `now` is monotonic."""
        if self.total_outbufs_len:
            return self._is_read_slowly(now)
        self._watched = None
        # Between two requests a browser may rest for longer, which is Waitress's to end.
        if self.requests or (self.request is None and self.requests_read):
            return False
        most_s = HEADER_LIMIT_S
        if self.request is not None and self.request.headers_finished:
            most_s = GRACE_S + self.request.body_bytes_received / LEAST_BYTES_PER_S
        return now - self.since > most_s

    def _is_read_slowly(self, now: float) -> bool:
        """Whether the client took too little of an answer, in each `GRACE_S` anew."""
        since, taken = self._watched or (now, self._sent_bytes)
        if self._watched and now - since < GRACE_S:
            return False
        self._watched = now, self._sent_bytes
        return now > since and self._sent_bytes - taken < (now - since) * LEAST_BYTES_PER_S

    def _make_room(self) -> None:
        """Drop a connection that gives nothing, or this one, where there are too many."""
        every = list(self.server.active_channels.values())
        ours = [other for other in every if other.network == self.network]
        is_crowded = len(ours) > MOST_OF_ADDRESS and str(self.addr[0]) != self.exempt
        if not is_crowded and len(every) <= MOST_CONNECTIONS:
            return
        waiting = [other for other in (ours if is_crowded else every) if other.is_waiting]
        # This one waits as well, but the others have done so for longer.
        dropped = min(waiting, key=lambda other: (other.requests_read > 0, other.since))
        dropped.handle_close()


def drop_slow(server: Any) -> None:
    """Close what took longer than it may; once a second."""
    now = time.monotonic()
    for channel in list(server.active_channels.values()):
        if channel.is_too_slow(now):
            channel.handle_close()
