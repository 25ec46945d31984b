"""The one way out: HTTP requests of job types to addresses that users name.

An address is looked up once, every answer of the lookup is judged, and the connection goes to
exactly the address that was judged; so neither a redirect nor a second lookup leads into the
private network. Job types import this; the web and the consumer never send.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = {"http": 80, "https": 443}
REDIRECTS = (301, 302, 303, 307, 308)
FOR_EVERYBODY = ("accept", "accept-language", "user-agent")
CHUNK_BYTES = 16 * 1024
LEAST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 3600.0
# NAT64 (RFC 6052) carries an IPv4 address in its last four bytes.
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """The address may not be reached: it is none, or private and not allowed."""


class NoAddress(Refused):
    """The address must start with http:// or https://."""


class Failed(Exception):
    """Nobody answered, or not in time, or not as HTTP; it may work later."""


class UnknownName(Failed):
    """The name of the server is not known."""


class TooLate(Failed):
    """There was no whole answer in time."""


@dataclass(frozen=True)
class Answer:
    """What a server answered; `is_whole` is false when `max_bytes` cut the body."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool


def request(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    allowed: Sequence[str] = (),
    timeout_s: float = 30.0,
    max_bytes: int = 16 << 20,
    redirects: int = 0,
) -> Answer:
    """Send one request and read at most `max_bytes` of the answer, decoded.

    `allowed` are names, addresses and networks that may be reached although they are private.
    A redirect is followed, as GET without a body, at most `redirects` times. Raises Refused
    and Failed; `timeout_s` holds for everything together.
    """
    with _Deadline(timeout_s) as deadline:
        for _ in range(redirects + 1):
            answer = _exchange(method, url, body, headers or {}, allowed, deadline, max_bytes)
            target = answer.headers.get("location")
            if answer.status not in REDIRECTS or not target or not redirects:
                return answer
            method, body, url = "GET", None, urljoin(url, target)
            # What one server may know is not for another.
            headers = {n: v for n, v in (headers or {}).items() if n.lower() in FOR_EVERYBODY}
    raise Failed(f"{url} redirects more than {redirects} times.")


def pause_s(answer: Answer, default_s: float) -> float:
    """Seconds for which Retry-After asks (RFC 9110), an hour at most."""
    asked = answer.headers.get("retry-after", "")
    try:
        if asked.replace(".", "", 1).isdigit():
            seconds = float(asked)
        else:
            seconds = (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        seconds = default_s
    return min(max(seconds, LEAST_PAUSE_S), LONGEST_PAUSE_S)


class _Deadline:
    """Closes the socket of a connection when the time is over: a server may drip for ever."""

    def __init__(self, timeout_s: float):
        self.timeout_s = timeout_s
        self.is_over = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(timeout_s, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()

    def watch(self, connection: socket.socket | None) -> None:
        self._socket = connection
        if self.is_over:
            self._end()

    def _end(self) -> None:
        self.is_over = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _exchange(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    allowed: Sequence[str],
    deadline: _Deadline,
    max_bytes: int,
) -> Answer:
    parts = _split(url)
    host = parts.hostname or ""
    address = _judged(host, parts.port or PORTS[parts.scheme], allowed)
    pool = _pool(parts, host, address, deadline.timeout_s)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = pool._get_conn()
        connection.connect()
        deadline.watch(getattr(connection, "sock", None))
        connection.request(
            method,
            target,
            body=body,
            headers={"Host": parts.netloc, "Accept-Encoding": "gzip, deflate", **headers},
            preload_content=False,
            decode_content=True,
            enforce_content_length=True,
        )
        response = connection.getresponse()
        content, is_whole = _read(response, max_bytes)
        named = {name.lower(): value for name, value in response.headers.items()}
        if deadline.is_over:
            raise TimeoutError
        return Answer(url, response.status, named, content, is_whole)
    except (HTTPError, OSError, ValueError) as error:
        if deadline.is_over or isinstance(error, TimeoutError):
            said = f"{host} did not answer within {deadline.timeout_s:g} seconds."
            raise TooLate(said) from None
        raise Failed(f"The request to {host} failed: {_reason(error)}.") from None
    finally:
        deadline.watch(None)
        with contextlib.suppress(UnboundLocalError):
            connection.close()
        pool.close()


def _split(url: str) -> SplitResult:
    """The parts of an address that may be asked at all."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in PORTS and bool(parts.hostname) and (parts.port or 1) > 0
        is_address = is_address and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        is_address = False
    if not is_address:
        raise NoAddress("The address must start with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise NoAddress("An address must not hold a user name or password.")
    return parts


def _judged(host: str, port: int, allowed: Sequence[str]) -> str:
    """The address to connect to; Refused when any that the name stands for is private."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnknownName(f"The name {host} is not known.") from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if host.lower() not in (name.lower() for name in allowed):
        networks = list(_networks(allowed))
        for text in addresses:
            address = ipaddress.ip_address(text)
            is_allowed = any(address in network for network in networks)
            if not is_allowed and not all(_is_public(inner) for inner in _unwrapped(address)):
                raise Refused(
                    f"{host} is in a private network ({text}); "
                    "[outbound] allowed in config.ini must list it."
                )
    return addresses[0]


def _networks(
    allowed: Sequence[str],
) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for text in allowed:
        with contextlib.suppress(ValueError):  # a name
            yield ipaddress.ip_network(text, strict=False)


def _unwrapped(address: Address) -> Iterator[Address]:
    """An address, and those that it carries inside: mapped, NAT64, 6to4, Teredo."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        yield from (found for found in inner if found is not None)


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _pool(
    parts: SplitResult, host: str, address: str, timeout_s: float
) -> HTTPConnectionPool | HTTPSConnectionPool:
    """A pool for the judged address; names are checked against the one that was asked for."""
    timeout = urllib3.Timeout(total=timeout_s)
    port = parts.port or PORTS[parts.scheme]
    if parts.scheme == "http":
        return HTTPConnectionPool(address, port, timeout=timeout, retries=False)
    return HTTPSConnectionPool(
        address, port, timeout=timeout, retries=False, server_hostname=host, assert_hostname=host
    )


def _read(response: urllib3.BaseHTTPResponse, max_bytes: int) -> tuple[bytes, bool]:
    """At most `max_bytes` of a body, decoded, and whether that is all of it."""
    content = bytearray()
    for chunk in response.stream(CHUNK_BYTES, decode_content=True):
        content += chunk
        if len(content) > max_bytes:
            return bytes(content[:max_bytes]), False
    return bytes(content), True


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error).rpartition(": ")[2].strip(" .")[:200]
