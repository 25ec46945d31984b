"""Waitress, set up for uploads: serving, until it is told to stop."""

from __future__ import annotations

import resource
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from waitress.proxy_headers import proxy_headers_middleware
from waitress.server import create_server

from bellhop.base import addresses
from bellhop.base.units import MEBIBYTE
from bellhop.server.connections import MOST_CONNECTIONS, Channel, drop_slow
from bellhop.server.parser import BODY_BYTES, Parser
from bellhop.server.rules import Rules
from bellhop.storage.files import write_atomically
from bellhop.system import children, cores, limits, listener, signals
from bellhop.system.passage import Passage
from bellhop.web.site import THREADS, Site

# Beyond it a body is kept on the disk, for a thousand may arrive at the same time.
SPOOL_BYTES = MEBIBYTE // 8
MOST_HEADER_BYTES = 64 * 1024
# Answers stay in memory: on a full disk people must still be able to look.
MOST_ANSWER_BYTES = 32 * MEBIBYTE
# More than there ever is: of an answer, for whose client no thread waits, and of a request.
NEVER_BYTES = 1 << 62
IDLE_CONNECTION_S = 30
STOP_LIMIT_S = 3.0


def serve(
    app: Callable[..., Any],
    bound: socket.socket,
    site: Site,
    on_ready: Callable[[], object],
    passage: Passage,
    reload: Callable[[], object] = lambda: None,
) -> None:
    """Answer requests until a stop; then finish those under way, `STOP_LIMIT_S` at most.

    Before a restart they have as long as items, and `passage` takes the connections at rest.
    `reload` is called once other settings are asked for.
    """
    tempfile.tempdir = str(site.files.spool)  # bodies belong on the disk of the data, not on /tmp
    if site.settings.server.cores == "own":
        cores.keep_to_one(from_last=True)
    server = _server(app, bound, site)
    _allow_descriptors()
    stopping: list[int] = []
    hung_up: list[int] = []

    def stop(number: int, frame: object) -> None:
        stopping.append(number)
        site.stopping.set()
        server.pull_trigger()

    def hang_up(number: int, frame: object) -> None:
        hung_up.append(number)
        server.pull_trigger()

    signals.on_stop(stop, hang_up)
    signal.signal(signals.RESTART, stop)
    _tell_address(site.here.address_file, listener.address(bound).encode())
    _adopt(server, passage)
    on_ready()
    looked_at = time.monotonic()
    while not stopping:
        server.asyncore.loop(timeout=1, map=server._map, use_poll=True, count=1)
        if hung_up:
            hung_up.clear()
            reload()
        if time.monotonic() > looked_at + 1:
            looked_at = time.monotonic()
            drop_slow(server)
            children.reap_strangers()
    if stopping[0] == signals.RESTART:
        _finish(server, max(STOP_LIMIT_S, site.settings.server.stop_grace_s), passage)
    else:
        site.here.address_file.unlink(missing_ok=True)
        _finish(server, STOP_LIMIT_S, Passage())


def _tell_address(path: Path, address: bytes) -> None:
    """Write where the web is; a restart on a full disk need not."""
    if not path.exists() or path.read_bytes() != address:
        write_atomically(path, address)


def _server(app: Callable[..., Any], bound: socket.socket, site: Site) -> Any:
    """Waitress on the socket `bound`, with our parser and our connections."""
    Parser.rules = Rules(site)
    server = create_server(
        _behind(app, site),
        sockets=[bound],
        threads=THREADS,
        max_request_header_size=MOST_HEADER_BYTES,
        max_request_body_size=NEVER_BYTES,  # the parser knows how much may come
        connection_limit=2 * MOST_CONNECTIONS,  # it is never reached: see connections.py
        channel_timeout=IDLE_CONNECTION_S,
        asyncore_use_poll=True,
        recv_bytes=BODY_BYTES,
        inbuf_overflow=SPOOL_BYTES,
        outbuf_overflow=MOST_ANSWER_BYTES,
        outbuf_high_watermark=NEVER_BYTES,
        ident=None,
        clear_untrusted_proxy_headers=False,
    )
    Channel.parser_class, Channel.proxies = Parser, site.settings.server.trusted_proxy
    server.channel_class = Channel
    return server


def _allow_descriptors() -> None:
    """Each connection is a descriptor, and the usual soft limit of 1,024 is too close."""
    _, most_files = limits.of(resource.RLIMIT_NOFILE)
    limits.change(resource.RLIMIT_NOFILE, min(most_files, 4 * MOST_CONNECTIONS), most_files)


def _behind(app: Callable[..., Any], site: Site) -> Callable[..., Any]:
    """The application, told by its proxies alone where a request comes from.

    Waitress itself believes one address or everybody.
    """
    proxies = site.settings.server.trusted_proxy
    headers = {"x-forwarded-for", "x-forwarded-proto"}
    believing = proxy_headers_middleware(app, "*", 1, headers, clear_untrusted=False)

    def judging(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        peer = environ["REMOTE_ADDR"]
        is_believed = addresses.is_among(peer, proxies)
        if not is_believed:
            environ.pop("HTTP_X_REQUEST_ID", None)
        if "HTTP_X_FORWARDED_FOR" in environ and not is_believed:
            site.note_proxy(addresses.peer(peer))
        return (believing if is_believed else app)(environ, start_response)

    return judging


def _adopt(server: Any, passage: Passage) -> None:
    """Go on with the connections of the web before this one."""
    for connection in passage.take():
        try:
            address = connection.getpeername()
        except OSError:  # its client has gone meanwhile
            connection.close()
        else:
            server.channel_class(server, connection, address, server.adj, map=server._map)


def _finish(server: Any, limit_s: float, passage: Passage) -> None:
    """Answer what has begun to arrive; a client that drips is not waited for.

    While a long request from before is not done, all others are served. Then nobody is let in.
    """
    asked_at = time.monotonic()

    def late() -> list[Any]:
        channels = list(server.active_channels.values())
        return [c for c in channels if c.is_busy and c.since < asked_at]

    def left() -> list[Any]:
        resting = [c for c in server.active_channels.values() if c.is_at_rest]
        passage.leave([channel.socket for channel in resting])
        for channel in resting:
            channel.handle_close()
        return list(server.active_channels.values())

    _serve_while(server, late, limit_s)
    for channel in late():
        channel.handle_close()
    server.accepting = False
    _serve_while(server, left, limit_s)


def _serve_while(server: Any, waits_for: Callable[[], list[Any]], limit_s: float) -> None:
    """Serve once and then as long as it waits: what has arrived may not have been read yet."""
    deadline = time.monotonic() + limit_s
    is_waited_for = True
    while is_waited_for and time.monotonic() < deadline:
        server.asyncore.loop(timeout=0.05, map=server._map, use_poll=True, count=1)
        is_waited_for = bool(waits_for())
