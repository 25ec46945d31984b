"""Answers in fewer bytes, for who can read them (RFC 9110, 8.4.1.3).

A browser sends its session from pages of its own site only, so nobody else learns from the size of
an answer what is in it; and secrets are shorter than what is compressed.
"""

from __future__ import annotations

import functools
import gzip

from bottle import request

GZIP = "gzip"
# A shorter body fits into one packet as it is.
LEAST_BYTES = 1024
REFUSED = ("q=0", "q=0.0", "q=0.00", "q=0.000")


def is_worth_it(body: bytes) -> bool:
    """Whether the client takes gzip and `body` is long enough for it."""
    return len(body) >= LEAST_BYTES and _is_accepted(
        request.environ.get("HTTP_ACCEPT_ENCODING", "")
    )


def quick(body: bytes) -> bytes:
    """`body` compressed, of what is sent once."""
    return gzip.compress(body, 1, mtime=0)


@functools.lru_cache(maxsize=256)
def kept(body: bytes) -> bytes:
    """`body` compressed as far as it goes, of what is sent many times: once, then remembered."""
    return gzip.compress(body, 9, mtime=0)


def _is_accepted(codings: str) -> bool:
    """Whether an Accept-Encoding takes gzip: an unnamed coding may not be used."""
    for part in codings.lower().split(","):
        coding, _, quality = part.partition(";")
        if coding.strip() == GZIP:
            return quality.replace(" ", "") not in REFUSED
    return False
