"""The address of a bucket of S3, or of a store that speaks as S3 does."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from bellhop.base import addresses
from bellhop.base.errors import StartRefused

_TEXT = r"(?:[^\s/?#@%:\[\]]|%(?!00)[0-9A-Fa-f]{2})+"
_PATH = r"(?:[^\s?#@%\[\]]|%(?!00)[0-9A-Fa-f]{2})*"
_OPTION = r"\w+=(?:[^\s#@%&=]|%(?!00)[0-9A-Fa-f]{2})*"
ADDRESS = re.compile(
    rf"s3://(?:(?P<key>{_TEXT}):(?P<secret>{_TEXT})@)?(?P<bucket>[A-Za-z0-9._-]{{3,63}})"
    rf"(?:/(?P<prefix>{_PATH}))?(?:\?(?P<options>{_OPTION}(?:&{_OPTION})*)?)?"
)
OPTIONS = {"endpoint", "region", "ca", "allow_http"}
FORM = "s3://key:secret@bucket/prefix?endpoint=https://host"


@dataclass(frozen=True)
class Bucket:
    """Where files are. Without a key, the credentials are those of the environment.

    `endpoint` is an origin such as https://host:9000; `prefix` neither begins nor ends with "/".
    `ca` is the path of the certificates that the endpoint's is verified by, besides the system's.
    """

    name: str
    prefix: str
    key: str
    secret: str
    endpoint: str
    region: str
    ca: str

    @property
    def location(self) -> str:
        """The one form of its address without credentials, which is an address as well."""
        place = quote(f"{self.name}/{self.prefix}".rstrip("/"))
        return f"s3://{place}?endpoint={self.endpoint}"


def bucket(address: str) -> Bucket:
    """What an address names; StartRefused for none, with one line that holds nothing of it."""
    found = ADDRESS.fullmatch(address)
    if found is None:
        raise StartRefused(
            f"[storage] files is not an address like {FORM}; "
            "in a secret, write / ? # @ % : [ ] and blanks as %2F %3F %23 %40 %25 %3A %5B %5D %20"
        )
    options = dict(pair.split("=") for pair in (found["options"] or "").split("&") if pair)
    if unknown := options.keys() - OPTIONS:
        raise StartRefused(
            f"[storage] files has the option {min(unknown)}, but there are only "
            f"{', '.join(sorted(OPTIONS))}"
        )
    given = {name: unquote(text) for name, text in options.items()}
    region = given.get("region") or "us-east-1"
    return Bucket(
        found["bucket"],
        _prefix(unquote(found["prefix"] or "")),
        unquote(found["key"] or ""),
        unquote(found["secret"] or ""),
        _endpoint(given.get("endpoint") or f"https://s3.{region}.amazonaws.com", given),
        region,
        given.get("ca", ""),
    )


def files_location(files: str) -> str:
    """Where `[storage] files` says they are, in one form and without credentials.

    "" is the data folder, a path another folder; else it is `Bucket.location`. StartRefused for
    what is none of these.
    """
    if not files:
        return ""
    if files.startswith("/"):
        return os.path.normpath(files)
    if files.startswith("s3:"):
        return bucket(files).location
    raise StartRefused(f"[storage] files is neither a path from / nor an address like {FORM}")


def _prefix(text: str) -> str:
    prefix = text.rstrip("/")
    if any(part in ("", ".", "..") for part in prefix.split("/")) and prefix:
        raise StartRefused("[storage] files has a prefix with an empty part, . or ..")
    return prefix


def _endpoint(text: str, options: dict[str, str]) -> str:
    try:
        endpoint = addresses.origin(text)
    except ValueError as error:
        raise StartRefused(f"[storage] files has an endpoint that is not {error}") from None
    is_open = endpoint.startswith("http:") and not _is_loopback(urlsplit(endpoint).hostname or "")
    if is_open and options.get("allow_http") != "true":
        # The secret itself is never sent; the files of all jobs would be, for anybody to change.
        raise StartRefused(
            "[storage] files has an endpoint without TLS: write https://, or add allow_http=true "
            "where the network between is your own"
        )
    return endpoint


def _is_loopback(host: str) -> bool:
    known = addresses.address(host)
    return ipaddress.ip_address(known).is_loopback if known else host == "localhost"
