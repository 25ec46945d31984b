"""What settings say of who somebody is: headers of a proxy, and the roles that groups give.

What reads a text raises ValueError with what is allowed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import urlsplit

from bellhop.base.errors import StartRefused

# What an account may do, each role more than the one before.
ROLES = ("viewer", "member", "admin")
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
# Of these, something else depends.
NOT_OF_PEOPLE = re.compile(
    r"host|cookie|authorization|origin|via|forwarded|x-forwarded-(?:for|proto|host|port)|referer"
    r"|content-.*|sec-.*|upload-.*|if-.*|accept.*|connection|transfer-encoding|expect|range"
    r"|user-agent|tus-.*|idempotency-key|prefer|x-http-method-override"
)


def header(text: str) -> str:
    """The name of a header, in small letters."""
    name = text.lower()
    if text and (not HEADER.fullmatch(text) or NOT_OF_PEOPLE.fullmatch(name)):
        raise ValueError("the name of a header that only says who somebody is, of letters and -")
    return name


def group_role(text: str) -> str:
    """A group with the role that it gives."""
    group, _, role = (part.strip() for part in text.rpartition(":"))
    if not group or role.lower() not in ROLES:
        raise ValueError(f"GROUP:ROLE with one of {', '.join(ROLES)}")
    return f"{group}:{role.lower()}"


def url(text: str) -> str:
    """The whole URL of a page."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("a URL that begins with https:// or http://")
    return text


def address(text: str) -> str:
    """An address of a provider: over TLS, but for one on this machine."""
    parts = urlsplit(url(text))
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.fragment or not (parts.scheme == "https" or is_here):
        raise ValueError("a URL that begins with https://")
    return text


def issuer(text: str) -> str:
    """The URL by which a provider calls itself."""
    if urlsplit(address(text)).query:
        raise ValueError("a URL that begins with https://, without ?")
    return text


def require_client(issuer: str, client_id: str) -> None:
    """Refuse a provider that does not know Bellhop."""
    if issuer and not client_id:
        raise StartRefused("[oidc] issuer needs client_id, the name of Bellhop at the provider")


def require_trust(header: str, proxies: Collection[str]) -> None:
    """Refuse a header in which anybody could say who they are."""
    if header and not proxies:
        raise StartRefused(
            f"[sso] header = {header} needs [server] trusted_proxy, the addresses of the proxy "
            "that sends it; from every other address it is not believed"
        )
    if header and (all_of := [p for p in proxies if not ipaddress.ip_network(p).prefixlen]):
        raise StartRefused(
            f"[server] trusted_proxy = {all_of[0]} is every address, so that anybody could send "
            f"[sso] header = {header}; name the addresses of the proxy"
        )
