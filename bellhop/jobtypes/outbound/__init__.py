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
import time
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
# Where nobody serves the public: the special-purpose registries of IANA whole (RFC 6890), what they
# replaced (site-local, 6bone), and every way to write an IPv4 address as IPv6, of which none is
# needed (mapped, NAT64, 6to4, Teredo). Of IPv6, only 2000::/3 was ever given to the public.
GIVEN = ipaddress.ip_network("2000::/3")
SPECIAL = [ipaddress.ip_network(text) for text in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
    "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48",
    "3ffe::/16", "3fff::/20",
    # What a machine at Azure is told about itself.
    "168.63.129.16/32",
)]  # fmt: skip


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
        self._until = time.monotonic() + timeout_s
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

    def left_s(self) -> float:
        """Seconds until it is over, a little more than none."""
        return max(0.001, self._until - time.monotonic())

    def too_late(self, host: str) -> TooLate:
        return TooLate(f"{host} did not answer within {self.timeout_s:g} seconds.")

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
    address = _judged(host, _addresses(host, parts, deadline), allowed)
    pool = _pool(parts, host, address, deadline.left_s())
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
            raise deadline.too_late(host) from None
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


def _addresses(host: str, parts: SplitResult, deadline: _Deadline) -> list[str]:
    """What a name stands for, within the time: a lookup has no limit of its own."""
    found: list[str] = []

    def look_up() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            port = parts.port or PORTS[parts.scheme]
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(str(entry[4][0]).partition("%")[0] for entry in entries)

    lookup = threading.Thread(target=look_up, name="lookup", daemon=True)
    lookup.start()
    lookup.join(deadline.left_s())
    if lookup.is_alive():
        raise deadline.too_late(host)
    if not found:
        raise UnknownName(f"The name {host} is not known.")
    return found


def _judged(host: str, addresses: list[str], allowed: Sequence[str]) -> str:
    """The address to connect to; Refused when any that the name stands for is private.

    Which one that is, the refusal keeps: whoever submits jobs is not shown the network.
    """
    if host.lower() not in (name.lower() for name in allowed):
        networks = list(_networks(allowed))
        for text in addresses:
            address = ipaddress.ip_address(text)
            if not _is_public(address) and not any(address in network for network in networks):
                said = "is in a private network; [outbound] allowed in config.ini must list it."
                raise Refused(f"{host} {said}")
    return addresses[0]


def _networks(
    allowed: Sequence[str],
) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for text in allowed:
        with contextlib.suppress(ValueError):  # a name
            yield ipaddress.ip_network(text, strict=False)


def _is_public(address: Address) -> bool:
    is_given = address.version == 4 or address in GIVEN
    return is_given and not any(address in network for network in SPECIAL)


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
