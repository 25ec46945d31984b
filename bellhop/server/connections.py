"""Connections: none holds up another, and no thread waits for one.

Waitress closes a connection on which nothing happens, but one that drips a byte each second is
busy for ever, and the first to open a thousand keeps everybody else out. Here the connection that
has to go is the one that has given nothing yet, so that whoever sends a request gets through, also
from the address of a flood.

Waitress lets a thread wait for its client in two places: before it writes while much of an answer
is unsent, and between two requests that came together. Here neither happens. A thread leaves its
whole answer with the connection, a file as the file; the thread of the sockets sends it, a piece to
each client in turn; and the next request of a connection is not even read before that. What slow
readers leave in memory is bounded instead: beyond it, who holds most of it is dropped.
"""

from __future__ import annotations

import socket
import time
from collections import Counter
from typing import Any

from waitress.buffers import OverflowableBuffer, ReadOnlyFileBasedBuffer
from waitress.channel import HTTPChannel

from bellhop.base import addresses
from bellhop.base.units import MEBIBYTE
from bellhop.server.parser import HEAD_BYTES

# A whole office may come from one address, each of its browsers with some connections.
MOST_OF_ADDRESS = 500
MOST_CONNECTIONS = 1000
# From the first byte of a request, or from the beginning, until its header is whole.
HEADER_LIMIT_S = 10.0
# How long a body or an answer may be slower than this; each `GRACE_S` anew.
GRACE_S = 30.0
LEAST_BYTES_PER_S = 1024
# On the whole a body has an hour, but nobody needs to be faster than half of a line of 64 kbit/s.
BODY_LIMIT_S = 3600.0
ENOUGH_BYTES_PER_S = 4096
LINGER_S = 2.0
# What is sent to one client before it is another's turn: a fast one must not keep the others out.
TURN_BYTES = MEBIBYTE // 4
# Of all answers that wait in memory for their clients; smaller ones than the second do not count.
MOST_WAITING_BYTES = 64 * MEBIBYTE
SMALL_BYTES = 64 * 1024


class Pace:
    """Whether a count of bytes grows by `LEAST_BYTES_PER_S`, in each `GRACE_S` anew."""

    def __init__(self) -> None:
        self._since: tuple[float, int] | None = None

    def is_slow(self, now: float, count: int) -> bool:
        since, before = self._since or (now, count)
        if self._since and now - since < GRACE_S:
            return False
        self._since = now, count
        return now > since and count - before < (now - since) * LEAST_BYTES_PER_S


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows for how long it has been doing what it does.

    `proxies` are the networks of proxies, whose connections are those of many.
    """

    proxies: tuple[str, ...] = ()
    # Waitress's: the request that arrives, and what is to be sent.
    request: Any
    outbufs: list[Any]
    sent_continue: bool
    connected: bool
    _turn_bytes = 0

    def __init__(self, server: Any, connection: Any, address: Any, *more: Any, **options: Any):
        address = (addresses.peer(str(address[0])), *address[1:])
        super().__init__(server, connection, address, *more, **options)
        self.network = self.client = addresses.network(self.addr[0])
        self.is_of_proxy = addresses.is_among(self.addr[0], self.proxies)
        # When the present part began: the connection, the header of a request, its body.
        self.since = time.monotonic()
        self.requests_read = 0
        # What came behind a request that is not answered yet.
        self._unread = b""
        # Of its answer, what lies in memory until all of it is sent.
        self.held_bytes = 0
        self.answered_at = self.since
        self._sent_bytes = 0
        self._pace: Pace | None = None
        # A refused request may still be arriving: until when the rest is read into nothing.
        self._is_refusing = False
        self._lingers_until: float | None = None
        self.sendbuf_len = TURN_BYTES
        self._make_room()

    @property
    def is_waiting(self) -> bool:
        """Whether nobody is served here: no request, or the header of one is not whole."""
        is_read = self.request is not None and self.request.headers_finished
        return not self.requests and not self.total_outbufs_len and not is_read

    @property
    def is_busy(self) -> bool:
        """Whether a request has begun to arrive, or its answer is not sent yet."""
        return bool(self.request or self.requests or self.total_outbufs_len or self.has_next)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing was lost if another process went on with this connection."""
        if self.is_busy or self._unread or self._lingers_until:
            return False  # asked first: a thread says that it closes before it says that it is done
        return self.connected and not (self.will_close or self.close_when_flushed)

    @property
    def has_next(self) -> bool:
        """Whether it is time to read what came behind the request before."""
        return bool(self._unread and not self.requests and not self.total_outbufs_len)

    def readable(self) -> bool:
        return bool(super().readable() and not self._unread)

    def writable(self) -> bool:
        return bool((super().writable() and not self._is_dry) or self.has_next)

    @property
    def _is_dry(self) -> bool:
        """Whether what is to be sent next comes from another machine, and has not come yet."""
        first = getattr(self.outbufs[0], "file", None)
        return bool(getattr(first, "is_dry", False) and not self.will_close)

    def recv(self, buffer_size: int) -> bytes:
        request = self.request
        wanted = HEAD_BYTES if request is None else request.wanted_bytes
        return bytes(super().recv(min(buffer_size, wanted)))

    def handle_write(self) -> None:
        if self._is_refusing and self.close_when_flushed:
            self._flush_exception(self._flush_some)
            if not self.total_outbufs_len and not self.will_close:
                self._linger()
        super().handle_write()
        if self.connected and self.has_next:
            self.received(b"")

    def _linger(self) -> None:
        """Close our half and read on for a moment (RFC 9112 9.6).

        What is closed with bytes unread is reset, and its client may never see the answer.
        """
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.will_close = True
            return
        self.close_when_flushed, self._unread = False, b""
        self._lingers_until = time.monotonic() + LINGER_S

    def received(self, data: bytes) -> bool:
        """Take what came. Of several requests, the next is read when the one before is answered."""
        was_waiting, was_idle = self.is_waiting, self.request is None
        with self.requests_lock:
            if self.will_close or self.close_when_flushed or self._lingers_until:
                return False
            self._unread += data
            while self._unread and self.connected and not self.requests:
                self._read()
        is_next = was_idle and self.request is not None and self.requests_read > 0
        if is_next or was_waiting != self.is_waiting:
            self.since, self._pace = time.monotonic(), None
        return True

    def _read(self) -> None:
        """Read on in the request that has begun, or in the next."""
        if self.request is None:
            self.request = self.parser_class(self.adj)
            self.request.peer, self.request.is_of_proxy = self.addr[0], self.is_of_proxy
        request = self.request
        taken = request.received(self._unread)
        self._unread = self._unread[taken:]
        if request.expect_continue and request.headers_finished and not self.sent_continue:
            self.send_continue()
        if not request.completed:
            return
        self.sent_continue, self.request = False, None
        if not request.empty:
            self.requests_read += 1
            self._is_refusing = request.error is not None
            self.client = self._client_of(request)
            self.requests.append(request)
            self.server.add_task(self)

    def _client_of(self, request: Any) -> str:
        """Who sent a request: of what a proxy sends, whom it names, in the one form of that."""
        named = request.headers.get("X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if not self.is_of_proxy or not named:
            return self.network
        # Waitress would take the end of ::ffff:192.0.2.1 for a port.
        request.headers["X_FORWARDED_FOR"] = addresses.peer(named)
        return addresses.network(named)

    def write_soon(self, data: Any) -> int:
        if self.requests:
            self.requests[0].settle()  # whoever is told of an upload may begin another
        with self.outbuf_lock:
            if hasattr(getattr(data, "file", None), "wake"):
                data.file.wake = self.server.pull_trigger
            if not isinstance(data, ReadOnlyFileBasedBuffer):
                self.held_bytes += len(data)
                self.answered_at = time.monotonic()
            written = int(super().write_soon(data))
        if self.held_bytes > SMALL_BYTES:
            self._bound_memory()
        return written

    def _bound_memory(self) -> None:
        """Drop those who hold most, until all answers together take no more than they may."""
        every = [c for c in list(self.server.active_channels.values()) if not c.will_close]
        held, of_client = 0, Counter[str]()
        for channel in every:
            held += channel.held_bytes
            of_client[channel.client] += channel.held_bytes
        while held > MOST_WAITING_BYTES:
            most = max(every, key=lambda c: (of_client[c.client], c.held_bytes, -c.answered_at))
            every.remove(most)
            held -= most.held_bytes
            of_client[most.client] -= most.held_bytes
            most.will_close = True
            self.server.pull_trigger()

    def _flush_some(self, do_close: bool = True) -> bool:
        """Send a piece of the answer; what lay in memory goes when all of it is sent."""
        self._turn_bytes = TURN_BYTES
        has_sent = bool(super()._flush_some(do_close))
        if not self.total_outbufs_len and self.held_bytes:
            for buffer in self.outbufs:
                buffer.close()
            self.outbufs = [OverflowableBuffer(self.adj.outbuf_overflow)]
            self.held_bytes = self.current_outbuf_count = 0
        return has_sent

    def send(self, data: bytes, do_close: bool = True) -> int:
        if self._turn_bytes <= 0:
            return 0
        sent = int(super().send(data, do_close))
        self._sent_bytes += sent
        self._turn_bytes -= sent
        return sent

    def handle_close(self) -> None:
        super().handle_close()
        if self.request is not None:
            self.request.close()

    def is_too_slow(self, now: float) -> bool:
        """Whether it took longer than it may; `now` is monotonic."""
        if self._lingers_until is not None:
            return now > self._lingers_until
        if self.total_outbufs_len:
            return self._is_slow(now, self._sent_bytes)
        # Between two requests a browser may rest for longer, which is Waitress's to end.
        if self.requests or (self.request is None and self.requests_read):
            self._pace = None
            return False
        if self.request is None or not self.request.headers_finished:
            return now - self.since > HEADER_LIMIT_S
        return self._body_is_slow(now, self.request)

    def _body_is_slow(self, now: float, request: Any) -> bool:
        """Whether a body stands still, or will take longer on the whole than it may."""
        received = request.body_bytes_received
        least = max(request.content_length, received) / BODY_LIMIT_S
        least = min(ENOUGH_BYTES_PER_S, max(LEAST_BYTES_PER_S, least))
        return now - self.since > GRACE_S + received / least or self._is_slow(now, received)

    def _is_slow(self, now: float, count: int) -> bool:
        self._pace = self._pace or Pace()
        return self._pace.is_slow(now, count)

    def _make_room(self) -> None:
        """Drop a connection that gives nothing, or this one, where there are too many."""
        every = list(self.server.active_channels.values())
        ours = [other for other in every if other.network == self.network]
        is_crowded = len(ours) > MOST_OF_ADDRESS and not self.is_of_proxy
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
