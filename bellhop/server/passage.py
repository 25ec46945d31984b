"""The way of connections from one web to the next, when Bellhop restarts.

A client that has sent nothing yet, or has its answer, keeps its connection: the old web leaves it
in a pair of sockets that the parent holds, and the next web takes it from there. Closed, it would
be lost to a client that sends its next request at that moment.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence
from typing import Any

# The kernel takes 253 with one message.
MOST_AT_ONCE = 250


class Passage:
    """Both ends of the pair; without descriptors there is none, and connections are closed."""

    def __init__(self, descriptors: Sequence[int] = ()):
        self._ends = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        for end in self._ends:
            end.setblocking(False)

    def leave(self, channels: Sequence[Any]) -> None:
        """Leave connections to the next web; what does not get through is closed."""
        for first in range(0, len(channels), MOST_AT_ONCE):
            batch = channels[first : first + MOST_AT_ONCE]
            with contextlib.suppress(OSError, IndexError):
                socket.send_fds(self._ends[0], [b"c"], [c.socket.fileno() for c in batch])
            for channel in batch:
                channel.handle_close()

    def take(self) -> Iterator[socket.socket]:
        """What the web before has left."""
        while self._ends:
            try:
                _, found, _, _ = socket.recv_fds(
                    self._ends[1], 1, MOST_AT_ONCE, socket.MSG_CMSG_CLOEXEC
                )
            except BlockingIOError:
                return
            yield from (socket.socket(fileno=descriptor) for descriptor in found)
