"""The listening socket: who may be reached, and under which address."""

from __future__ import annotations

import contextlib
import errno
import functools
import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

from bellhop.base.errors import StartRefused
from bellhop.settings.settings import Settings

BACKLOG = 1024
ADVICE = {
    errno.EADDRINUSE: "choose another port or stop the program that uses it",
    errno.EACCES: "choose a port above 1023",
}


def wanted(settings: Settings) -> str:
    """Where the settings say to listen, to compare it."""
    return f"{settings.server.host}:{settings.server.port}"


def bind(
    settings: Settings, ours: socket.socket | None = None, *, may_listen: bool = True
) -> socket.socket:
    """The listening socket; StartRefused when the address is taken.

    `ours` is one of this Bellhop, which listens until the new one does, and is in nobody's way.
    Without `may_listen`, the socket only shows that the address can be had.
    """
    host, port = settings.server.host, settings.server.port
    try:
        family, place = _places(host, port)[0]
        with contextlib.ExitStack() as undo:
            listener = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                # With :: also IPv4, whatever this machine takes as the default.
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            with _sharing(port, listener, ours):
                listener.bind(place)
                if may_listen:
                    listener.listen(BACKLOG)
            undo.pop_all()
    except OSError as error:
        advice = ADVICE.get(error.errno or 0, "choose an address or a name of this machine")
        said = f"[server] host = {host}, port = {port}: {error.strerror}; {advice}"
        raise StartRefused(said) from None
    return listener


@contextlib.contextmanager
def _sharing(port: int, new: socket.socket, ours: socket.socket | None) -> Iterator[None]:
    """Let a new socket have the port that one of ours has, in this block; no other's socket.

    The kernel lets sockets share that all say so, and are of one user.
    """
    both = (new, ours) if ours and ours.getsockname()[1] == port else ()
    for each in both:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        yield
    finally:
        for each in both:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 0)


def waiting(listener: socket.socket) -> Iterator[socket.socket]:
    """Each connection that waits in a socket that shall listen no longer."""
    listener.setblocking(False)
    with contextlib.suppress(OSError):
        while True:
            yield listener.accept()[0]


def _places(host: str, port: int = 0) -> list[tuple[int, Any]]:
    """The family and address of each place that `host` names, IPv4 first; OSError without one."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    places = [(int(family), place) for family, _, _, _, place in found]
    return sorted(places, key=lambda each: each[0] != socket.AF_INET)


def address(listener: socket.socket) -> str:
    """The URL under which `listener` is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def addresses_of(host: str) -> set[str]:
    """The IP addresses that `host` names; none where nobody knows the name."""
    try:
        return {str(place[0]) for _, place in _places(host)}
    except OSError:
        return set()


def is_local(host: str) -> bool:
    """Whether only this machine reaches what listens on `host`."""
    found = addresses_of(host)
    return bool(found) and all(map(is_loopback, found))


@functools.lru_cache(maxsize=1000)
def is_loopback(address: str) -> bool:
    """Whether an IP address is one of this machine that no other reaches."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
