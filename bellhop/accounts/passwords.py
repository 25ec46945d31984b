"""Passwords, hashed with scrypt (RFC 7914); nobody can read one back.

One hash takes 32 MiB and some tenths of a second, so two are made at a time and few wait: a
flood of logins must take neither the memory nor the threads of the web.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterator

from bellhop.base.errors import Problem

# OWASP's parameters for scrypt; they stand beside each hash, so that new ones may be stronger.
N, R, P = 1 << 15, 8, 3
MEMORY_BYTES = 64 << 20
SALT_BYTES, HASH_BYTES = 16, 32
LEAST_LENGTH, MOST_BYTES = 8, 1024
AT_A_TIME, MOST_WAITING = 2, 2
_hashing = threading.BoundedSemaphore(AT_A_TIME)
_waiting = threading.BoundedSemaphore(AT_A_TIME + MOST_WAITING)


def problem_of(password: str) -> str | None:
    """Why a text cannot be a password, None when it can (NIST SP 800-63B: its length alone)."""
    if len(password) < LEAST_LENGTH:
        return f"must have at least {LEAST_LENGTH} characters"
    if len(password.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return f"must have at most {MOST_BYTES} bytes"
    return None


def hashed(password: str) -> str:
    """What is stored of a password: `scrypt$N$r$p$salt$hash`."""
    salt = secrets.token_bytes(SALT_BYTES)
    made = _scrypt(password, salt, N, R, P)
    parts = [str(N), str(R), str(P), *(base64.b64encode(b).decode() for b in (salt, made))]
    return "$".join(["scrypt", *parts])


def matches(password: str, stored: str | None) -> bool:
    """Whether this is the password; where none is stored, it takes as long to say no."""
    _, n, r, p, salt, made = (stored or _nobody()).split("$")
    found = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, base64.b64decode(made)) and stored is not None


def _nobody() -> str:
    """A hash that belongs to no password."""
    blank = base64.b64encode(bytes(HASH_BYTES)).decode()
    return f"scrypt${N}${R}${P}${blank}${blank}"


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    with _turn():
        return hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"),
            salt=salt,
            n=n,
            r=r,
            p=p,
            maxmem=MEMORY_BYTES,
            dklen=HASH_BYTES,
        )


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    if not _waiting.acquire(blocking=False):
        said = "Too many logins at the same time; try again."
        raise Problem("too-many-requests", said, retry_after_s=1)
    try:
        with _hashing:
            yield
    finally:
        _waiting.release()
