"""The listening socket: who may be reached, and under which address."""

from __future__ import annotations

import ipaddress
import socket

from bellhop.base.errors import StartRefused
from bellhop.base.settings import Settings

BACKLOG = 1024


def bind(settings: Settings) -> socket.socket:
    """The listening socket; StartRefused when the address is taken."""
    host, port = settings.server.host, settings.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise StartRefused(
            f"[server] host = {host}, port = {port}: {error.strerror}; "
            "choose another port or stop the program that uses it"
        ) from None
    listener.listen(BACKLOG)
    return listener


def address(listener: socket.socket) -> str:
    """The URL under which `listener` is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
