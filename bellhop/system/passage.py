"""The way of connections from one web to the next, when Bellhop restarts.

A client that has sent nothing yet, or has its answer, keeps its connection: the old web leaves it
in a pair of sockets that the parent holds, and the next web takes it from there. Closed, it would
be lost to a client that sends its next request at that moment. A parent that listens elsewhere from
then on leaves there what waits in its old socket.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence

# The kernel takes 253 with one message.
MOST_AT_ONCE = 250


class Passage:
    """Both ends of the pair; without descriptors there is none, and connections are closed."""

    def __init__(self, descriptors: Sequence[int] = ()):
        self._ends = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        for end in self._ends:
            end.setblocking(False)

    def leave(self, connections: Sequence[socket.socket]) -> None:
        """Leave connections to the next web; the caller closes all, also what got not through."""
        for first in range(0, len(connections), MOST_AT_ONCE):
            batch = connections[first : first + MOST_AT_ONCE]
            with contextlib.suppress(OSError, IndexError):
                socket.send_fds(self._ends[0], [b"c"], [each.fileno() for each in batch])

    def close(self) -> None:
        for end in self._ends:
            end.close()

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
