"""What a client says of its upload: the header Upload-Metadata of tus 1.0."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from bellhop.base.errors import Problem

MOST_CHARACTERS = 8192
SHA256 = re.compile(r"[0-9a-f]{64}")


def metadata(given: str) -> dict[str, str]:
    """Names with values in Base64, separated by commas."""
    found = {}
    if len(given) > MOST_CHARACTERS:
        raise Problem("bad-request", f"Upload-Metadata can have {MOST_CHARACTERS} characters.")
    for pair in filter(None, map(str.strip, given.split(","))):
        name, _, value = pair.partition(" ")
        try:
            found[name] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            said = f"Upload-Metadata: the value of {name!r} must be UTF-8 in Base64."
            raise Problem("bad-request", said) from None
    return found


def sha256_in(told: Mapping[str, str]) -> str | None:
    """The SHA-256 that the whole file has, in hex."""
    given = told.get("sha256", "").lower()
    if given and not SHA256.fullmatch(given):
        raise Problem("bad-request", "Upload-Metadata: sha256 must have 64 hexadecimal digits.")
    return given or None
