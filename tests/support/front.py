"""A reverse proxy with TLS in front of a web: `front.py HOST PORT WEB PAIR`.

`HOST:PORT` is where it listens, `WEB` the port of the web on 127.0.0.1, `PAIR` the folder with
`server.crt` and `server.key`. Each connection has one request.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from asyncio import StreamReader, StreamWriter
from pathlib import Path

END_OF_HEAD = b"\r\n\r\n"
PROXY = b"x-forwarded-", b"connection:"


async def serve(host: str, port: int, web: int, pair: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair / "server.crt", pair / "server.key")
    under_way = set()  # nobody else holds on to them

    async def hand_on(client: StreamReader, to_client: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await client.readuntil(END_OF_HEAD)
            server, to_server = await asyncio.open_connection("127.0.0.1", web)
            to_server.write(rewritten(head, to_client.get_extra_info("peername")[0]))
            upwards = asyncio.create_task(copy(client, to_server))
            try:
                await copy(server, to_client)
            finally:
                upwards.cancel()
                to_server.close()
        to_client.close()

    async with await asyncio.start_server(hand_on, host, port, ssl=context) as server:
        await server.serve_forever()


def rewritten(head: bytes, client: str) -> bytes:
    """The head of a request as the web shall see it."""
    first, *lines = head.removesuffix(END_OF_HEAD).split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(PROXY)]
    said = [f"X-Forwarded-For: {client}", "X-Forwarded-Proto: https", "Connection: close"]
    return b"\r\n".join([first, *kept, *(line.encode() for line in said)]) + END_OF_HEAD


async def copy(source: StreamReader, sink: StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(1 << 16):
            sink.write(data)
            await sink.drain()


if __name__ == "__main__":
    host, port, web, pair = sys.argv[1:]
    asyncio.run(serve(host, int(port), int(web), Path(pair)))
