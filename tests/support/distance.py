"""A server farther away: `distance.py HOST PORT SERVER_PORT DELAY_S`, a process on its host.

What arrives at `HOST:PORT` is at `HOST:SERVER_PORT` `DELAY_S` seconds later, and so are answers.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import sys
from asyncio import Transport
from typing import cast


class End(asyncio.Protocol):
    """One end of a connection, which sends on to the other what it gets."""

    def __init__(self, delay_s: float):
        self._delay_s = delay_s
        self.other: End | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(Transport, transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        assert self.other
        asyncio.get_running_loop().call_later(self._delay_s, self.other.transport.write, data)

    def connection_lost(self, error: Exception | None) -> None:
        if self.other:
            asyncio.get_running_loop().call_later(self._delay_s, self.other.transport.close)


class Client(End):
    """The end of who connects; it is read from once the server is there."""

    def __init__(self, delay_s: float, server: tuple[str, int]):
        super().__init__(delay_s)
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.pause_reading()
        self._joining = asyncio.create_task(self._join())

    async def _join(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, end = await loop.create_connection(lambda: End(self._delay_s), *self._server)
        except OSError:
            self.transport.abort()
            return
        self.other, end.other = end, self
        self.transport.resume_reading()


async def serve(host: str, port: int, server_port: int, delay_s: float) -> None:
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: Client(delay_s, (host, server_port)), host, port)
    await listener.serve_forever()


if __name__ == "__main__":
    host, port, server_port, delay_s = sys.argv[1:]
    # select(2) waits for less than a millisecond, unlike epoll.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    loop.run_until_complete(serve(host, int(port), int(server_port), float(delay_s)))
