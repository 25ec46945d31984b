"""A network between a client and a server that the tests can cut, delay and break."""

from __future__ import annotations

import contextlib
import os
import queue
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal, Self

from tests.support.conversation import Conversation, Unknown
from tests.support.running import LIMIT_S

Direction = Literal["to server", "to client"]
MOST_BYTES = 1 << 20  # kept for one side that does not read
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing drops what is unsent and says so


class Proxy:
    """Listens on 127.0.0.1 and forwards to a port there. One thread does all of it.

    A cut looks like a broken cable to the programs, not to their kernels: the peer acknowledges
    what is sent, so that TCP keepalives and TCP_USER_TIMEOUT do not notice it.

    `delay_s` is how much later each byte arrives, each way. `server_port` is where new connections
    go, which may change, as an address moves to a standby. `speaks` is what is understood of what
    passes: `Unknown` for a server that is no PostgreSQL. `swallowed` counts lost answers.
    """

    def __init__(self, server_port: int, speaks: Callable[[], Unknown] = Conversation):
        self.server_port = server_port
        self._speaks = speaks
        self.delay_s = 0.0
        self.swallowed = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self._links: list[_Link] = []
        self._cut: set[Direction] = set()
        self._commits_before = 0  # until the one whose answer is lost, if above 0
        self._resets = True
        self._actions: queue.SimpleQueue[tuple[Callable[[], object], threading.Event]]
        self._actions = queue.SimpleQueue()
        self._woken, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._actions.put((self._end, threading.Event()))
        os.write(self._wake, b".")
        self._thread.join()

    def cut(self) -> None:
        """From now on nothing arrives, either way; connections stay open, new ones wait."""
        self._do(lambda: self._cut.update(("to server", "to client")))

    def cut_one_way(self, direction: Direction) -> None:
        self._do(lambda: self._cut.add(direction))

    def heal(self) -> None:
        """End a cut: what was sent meanwhile arrives. Connections that lost an answer are reset."""
        self._do(self._heal)

    def reset(self) -> None:
        """Break all connections, so that both sides get an error. New ones are accepted."""
        self._do(self._reset)

    def swallow_commit_answer(
        self, n: int = 1, *, then: Literal["reset", "silence"] = "reset"
    ) -> None:
        """Lose the answer to the `n`th COMMIT from now on, once the server has given it.

        Then that connection is reset, or nothing arrives on it any more until `heal`. The
        connection must not use TLS.
        """

        def arm() -> None:
            self._commits_before, self._resets = n, then == "reset"

        self._do(arm)

    def _do(self, action: Callable[[], object]) -> None:
        """Let the thread of the proxy act, and wait for it: what follows is after the action."""
        done = threading.Event()
        self._actions.put((action, done))
        os.write(self._wake, b".")
        assert done.wait(LIMIT_S), "the proxy does not run"

    def _run(self) -> None:
        self._runs = True
        while self._runs:
            ready = self._wait()
            if self._woken in ready:
                self._act()
            if self._listener.fileno() in ready:
                self._accept()
            for link in list(self._links):
                if not link.is_silent:
                    self._forward(link, ready)
        self._reset()
        self._listener.close()
        os.close(self._woken)
        os.close(self._wake)

    def _wait(self) -> set[int]:
        """The descriptors that can be read or written without waiting."""
        now, until = time.monotonic(), float("inf")
        wanted = {self._woken: select.POLLIN}
        if not self._cut:
            wanted[self._listener.fileno()] = select.POLLIN
        links = [link for link in self._links if not link.is_silent]
        for pipe in [pipe for link in links for pipe in link.pipes]:
            if pipe.direction in self._cut:
                continue
            if pipe.takes_more():
                source = pipe.source.fileno()
                wanted[source] = wanted.get(source, 0) | select.POLLIN
            if pipe.chunks and pipe.chunks[0][0] <= now:
                sink = pipe.sink.fileno()
                wanted[sink] = wanted.get(sink, 0) | select.POLLOUT
            elif pipe.chunks:
                until = min(until, pipe.chunks[0][0])
        poll = select.poll()
        for descriptor, events in wanted.items():
            poll.register(descriptor, events)
        limit_ms = None if until == float("inf") else (until - now) * 1000 + 1
        return {descriptor for descriptor, _ in poll.poll(limit_ms)}

    def _act(self) -> None:
        os.read(self._woken, 1)
        action, done = self._actions.get()
        action()
        done.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self.server_port), LIMIT_S)
            except OSError:
                _break(client)
                return
            self._links.append(_Link(client, server, self._speaks()))

    def _forward(self, link: _Link, ready: set[int]) -> None:
        try:
            for pipe in link.pipes:
                if pipe.direction not in self._cut:
                    self._read(link, pipe, ready)
                    pipe.write()
            if any(pipe.is_over() for pipe in link.pipes):
                self._links.remove(link)
                link.close()
        except OSError:
            self._drop(link)

    def _read(self, link: _Link, pipe: _Pipe, ready: set[int]) -> None:
        if pipe.source.fileno() not in ready or not pipe.takes_more():
            return
        try:
            data = pipe.source.recv(65536)
        except BlockingIOError:  # it can only be written to
            return
        pipe.has_ended = not data
        if pipe.direction == "to server":
            link.conversation.client_says(data, self._is_the_one)
        else:
            data = link.conversation.server_says(data)
        if link.conversation.is_answer_lost:
            self.swallowed += 1
            link.silence()
            if self._resets:
                self._drop(link)
        elif data:
            pipe.chunks.append((time.monotonic() + self.delay_s, data))

    def _is_the_one(self) -> bool:
        """Whether this COMMIT is the one whose answer is to be lost."""
        self._commits_before = max(self._commits_before - 1, -1)
        return self._commits_before == 0

    def _drop(self, link: _Link) -> None:
        self._links.remove(link)
        link.reset()

    def _heal(self) -> None:
        self._cut.clear()
        for link in [link for link in self._links if link.is_silent]:
            self._drop(link)

    def _reset(self) -> None:
        for link in list(self._links):
            self._drop(link)

    def _end(self) -> None:
        self._runs = False


class _Pipe:
    """One direction of a connection."""

    def __init__(self, source: socket.socket, sink: socket.socket, direction: Direction):
        self.source, self.sink, self.direction = source, sink, direction
        self.chunks: deque[tuple[float, bytes]] = deque()  # (when it arrives, what)
        self.has_ended = False

    def takes_more(self) -> bool:
        return not self.has_ended and sum(len(data) for _, data in self.chunks) < MOST_BYTES

    def write(self) -> None:
        while self.chunks and self.chunks[0][0] <= time.monotonic():
            due, data = self.chunks.popleft()
            try:
                sent = self.sink.send(data)
            except BlockingIOError:
                sent = 0
            if sent < len(data):
                self.chunks.appendleft((due, data[sent:]))
                return

    def is_over(self) -> bool:
        return self.has_ended and not self.chunks


class _Link:
    """A client's connection and the one to the server for it."""

    def __init__(self, client: socket.socket, server: socket.socket, conversation: Unknown):
        for end in (client, server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ends = (client, server)
        self.pipes = (_Pipe(client, server, "to server"), _Pipe(server, client, "to client"))
        self.conversation = conversation
        self.is_silent = False

    def silence(self) -> None:
        """Nothing of it arrives any more."""
        self.is_silent = True
        for pipe in self.pipes:
            pipe.chunks.clear()

    def close(self) -> None:
        for end in self._ends:
            end.close()

    def reset(self) -> None:
        for end in self._ends:
            _break(end)


def _break(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    end.close()
