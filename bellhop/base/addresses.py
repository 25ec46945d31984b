"""Where the API and its jobs are, as it is told to others; and where others come from.

Each name and address has one form here, in which two that mean the same are equal. What reads one
raises ValueError with what is allowed.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from urllib.parse import urlsplit

from bellhop.base import prefix

API = "/api/v1"
NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
# Such a name is an IPv4 address to some programs and none to others (WHATWG URL, 3.5).
ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
DEFAULT_PORTS = {"http": 80, "https": 443}
HOST = "a host name or an IP address, without a scheme and a port"
NETWORK = "IP addresses and networks such as 10.0.0.0/8, separated by commas"
# As people and servers use them; RFC 5321 allows more, such as blanks in quotes.
MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?P<domain>[A-Za-z0-9.-]{1,255})")
MAILBOX = "an address like anna@example.org"
ORIGIN = "http:// or https:// with a host, without a path"
PUBLIC = "http:// or https:// with a host, and perhaps a path such as /bellhop"


def of_job(job_id: str) -> str:
    """What follows it, as in `/result`, is of this job."""
    return prefix.at(f"{API}/jobs/{job_id}")


@functools.lru_cache(maxsize=1000)
def address(text: str) -> str | None:
    """An IP address as text, None for what is none.

    An IPv4 address that is written as IPv6 (RFC 4291, 2.5.5.2) is that IPv4 address.
    """
    try:
        known = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    return str(mapped or known)


def peer(text: str) -> str:
    """Where a connection comes from; what is no address, as of a Unix socket, stays as it is."""
    return address(text) or text


def host(text: str) -> str:
    """A host name in small letters, or an IP address, which may be in brackets."""
    is_bracketed = text.startswith("[") and text.endswith("]") and ":" in text
    known = address(text[1:-1] if is_bracketed else text)
    if known and "%" not in known:  # no browser sends a zone, as in fe80::1%eth0
        return known
    try:
        name = text.lower().removesuffix(".").encode("idna").decode()
    except UnicodeError:
        name = ""
    if not NAME.fullmatch(name) or ENDS_IN_NUMBER.fullmatch(name):
        raise ValueError(HOST)
    return name


def mail(text: str) -> str:
    """A mail address; its domain in small letters."""
    found = MAIL.fullmatch(text)
    if found is None or "." in (text[0], found[0].partition("@")[0][-1]) or ".." in text:
        raise ValueError(MAILBOX)
    try:
        return f"{text[: found.start('domain')]}{host(found['domain'])}"
    except ValueError:
        raise ValueError(MAILBOX) from None


def served_host(text: str) -> str:
    """A host that may be followed by a port, which does not count."""
    try:
        return host(text)
    except ValueError:
        found = re.fullmatch(r"(.*):[0-9]*", text)
        if found is None:
            raise
        return host(found[1])


def origin(text: str) -> str:
    """The public URL as a browser writes it as an Origin (RFC 6454, 6.2)."""
    try:
        parts = urlsplit(text.lower())
        name, port = host(parts.hostname or ""), parts.port
    except ValueError:
        raise ValueError(ORIGIN) from None
    is_more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in DEFAULT_PORTS or is_more or port == 0:
        raise ValueError(ORIGIN)
    shown = f"[{name}]" if ":" in name else name
    is_usual = port in (None, DEFAULT_PORTS[parts.scheme])
    return f"{parts.scheme}://{shown}" + ("" if is_usual else f":{port}")


def public_url(text: str) -> str:
    """Where people find Bellhop: an origin, and perhaps a path that it is served under."""
    scheme, _, rest = text.partition("://")
    named = re.split("[/?#]", rest)[0]
    try:
        where = origin(f"{scheme}://{named}")
    except ValueError:
        raise ValueError(PUBLIC) from None
    path = rest.removeprefix(named)
    return where + prefix.path("" if path == "/" else path)


def cidr(text: str) -> str:
    """An IP address or a network, as a network (RFC 4632)."""
    try:
        return str(ipaddress.ip_network(address(text) or text, strict=False))
    except ValueError:
        raise ValueError(NETWORK) from None


def host_or_cidr(text: str) -> str:
    """A host name, or the network of an IP address."""
    try:
        return cidr(text)
    except ValueError:
        return host(text)


@functools.lru_cache(maxsize=1000)
def is_among(peer: str, networks: tuple[str, ...]) -> bool:
    """Whether an IP address is in one of some networks."""
    known = address(peer)
    return known is not None and any(
        ipaddress.ip_address(known) in ipaddress.ip_network(each) for each in networks
    )


def network(text: str) -> str:
    """What counts as one address: of IPv6 the /64, which one subscriber has to themselves."""
    known = address(text.partition("%")[0])
    if known is None:
        return text
    return str(ipaddress.ip_network((known, 64), strict=False)) if ":" in known else known
