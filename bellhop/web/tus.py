"""What the headers of a resumable upload say: tus 1.0 (https://tus.io/protocols/resumable-upload).

Both read them: the parser, which lets the bytes of a request go straight to where they stay, and
the handlers.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import format_datetime
from typing import NamedTuple

from bottle import request

from bellhop.accounts.access import User
from bellhop.base import prefix
from bellhop.base.errors import Problem
from bellhop.base.times import parsed
from bellhop.storage.models import Upload
from bellhop.uploads.parts import Part
from bellhop.web.answers import sent_headers
from bellhop.web.door import TUS_VERSION, UPLOADS
from bellhop.web.site import Site
from bellhop.web.upload import display_name

EXTENSIONS = ("creation", "creation-with-upload", "checksum", "termination", "expiration")
ALGORITHMS = ("sha1", "sha256", "md5")
PART_TYPE = "application/offset+octet-stream"
# What clients send, as the parser and WSGI name it.
HEADERS = (
    "TUS_RESUMABLE", "UPLOAD_LENGTH", "UPLOAD_OFFSET", "UPLOAD_METADATA", "UPLOAD_CHECKSUM",
)  # fmt: skip
OVERRIDE = "X_HTTP_METHOD_OVERRIDE"
MOST_PATH = 1024
NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
Headers = Mapping[str, str]


def method(given: str, path: str, headers: Headers) -> str:
    """The method that is meant: some clients can send no PATCH and no DELETE."""
    meant = headers.get(OVERRIDE, "").upper()
    is_overridden = given == "POST" and path.startswith(f"{UPLOADS}/")
    return meant if is_overridden and meant in ("PATCH", "DELETE") else given


def headers_sent() -> Headers:
    """The headers of this request, as the parser names them."""
    return {**sent_headers(), "CONTENT_TYPE": request.environ.get("CONTENT_TYPE", "")}


def require_version(headers: Headers) -> None:
    if headers.get("TUS_RESUMABLE") != TUS_VERSION:
        said = f"Send the header Tus-Resumable: {TUS_VERSION}, the version that Bellhop supports."
        raise Problem("unsupported-version", said)


def number(headers: Headers, name: str) -> int:
    """A header with a count of bytes."""
    given = headers.get(name, "")
    if not NUMBER.fullmatch(given):
        shown = name.replace("_", "-").title()
        raise Problem("bad-request", f"{shown} must be a number of bytes.")
    return int(given)


def is_part(headers: Headers) -> bool:
    """Whether the body holds bytes of an upload."""
    return headers.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() == PART_TYPE


def require_part(headers: Headers) -> None:
    if not is_part(headers):
        raise Problem("unsupported-media-type", f"Send {PART_TYPE}.")


def name_in(told: Mapping[str, str]) -> str:
    """What a file is called: its path in the folder that was chosen, where the client says it."""
    name = display_name(told.get("filename") or told.get("name") or "") or "upload"
    try:
        parts = map(display_name, told.get("relativePath", "").split("/"))
        path = "/".join(filter(None, parts))
    except Problem:  # of a folder, whose name is not needed
        return name
    return path if path.endswith(f"/{name}") and len(path) <= MOST_PATH else name


class Checksum(NamedTuple):
    """What a body must have."""

    algorithm: str
    digest: bytes


def checksum(headers: Headers) -> Checksum | None:
    """That of the body, where the client sends it."""
    given = headers.get("UPLOAD_CHECKSUM")
    if given is None:
        return None
    algorithm, _, digest = given.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Problem("bad-request", f"Upload-Checksum can use {', '.join(ALGORITHMS)}.")
    try:
        return Checksum(algorithm, base64.b64decode(digest.strip(), validate=True))
    except binascii.Error:
        raise Problem("bad-request", "Upload-Checksum: the checksum must be in Base64.") from None


def require_fits(offset: int, length: int, whole: int) -> None:
    """Refuse a body of `length` bytes that begins at `offset` and goes beyond the `whole`."""
    if offset + length > whole:
        said = f"This upload has {whole} bytes, and at most {max(0, whole - offset)} more follow."
        raise Problem("upload-too-large", said)


def begun(
    site: Site, user: User, upload_id: str, headers: Headers, length: int, *, unproved: bool = False
) -> tuple[Upload, Part]:
    """The upload that a PATCH with these headers goes on with, and where its `length` bytes go.

    They are `unproved` where their checksum is compared later.
    """
    require_version(headers)
    require_part(headers)
    upload = site.uploads.find(user.name, upload_id)
    offset = number(headers, "UPLOAD_OFFSET")
    require_fits(offset, length, upload.length)
    return upload, site.uploads.begin(upload, offset, unproved=unproved)


def shown(upload: Upload, offset: int) -> dict[str, str]:
    """The headers that tell how an upload is."""
    expires = format_datetime(parsed(upload.expires_at).astimezone(UTC), usegmt=True)
    return {"Upload-Offset": str(offset), "Upload-Expires": expires}


def path_of(upload: Upload) -> str:
    return prefix.at(f"{UPLOADS}/{upload.id}")
