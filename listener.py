"""The listening socket: who may be reached, and under which address."""

from __future__ import annotations

import ipaddress
import socket

from errors import StartRefused
from settings import Settings

BACKLOG = 1024


def bind(settings: Settings) -> socket.socket:
    """The listening socket; StartRefused when the address is taken or not allowed."""
    host, port = settings.server.host, settings.server.port
    _require_loopback(host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise StartRefused(
            f"[server] host = {host}, port = {port}: {error.strerror}; "
            "choose another port or stop what uses it"
        ) from None
    listener.listen(BACKLOG)
    return listener


def address(listener: socket.socket) -> str:
    """The URL under which `listener` is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _require_loopback(host: str) -> None:
    """Refuse to serve the network while there are no accounts."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise StartRefused(
            f"[server] host = {host} can be reached from other machines, which needs an account "
            "(python app.py user add NAME); this version has none yet: use host = 127.0.0.1"
        )
