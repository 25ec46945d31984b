"""Passwords, hashed with scrypt (RFC 7914); nobody can read one back.

One hash takes 32 MiB and some tenths of a second, so few are made at a time and few wait: a flood
of logins must take neither the memory nor the threads of the web. Browsers that an account knows
have places of their own, so strangers never take theirs.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import hmac
import itertools
import secrets
import string
import threading
from collections.abc import Iterator

from bellhop.base import program
from bellhop.base.errors import Problem

# OWASP's parameters for scrypt; they stand beside each hash, so that new ones may be stronger.
N, R, P = 1 << 15, 8, 3
MEMORY_BYTES = 64 << 20
SALT_BYTES, HASH_BYTES = 16, 32
LEAST_LENGTH, MOST_BYTES = 8, 1024
# Fewer characters than these, without what everybody could guess, are no password.
LEAST_OWN = 5
PRODUCT = "bellhop"
# Of a new password: without those that look alike; each is worth nearly five bits.
EASY = "abcdefghjkmnpqrstuvwxyz23456789"
NEW_GROUPS, NEW_GROUP = 5, 4


class Queue:
    """Who makes a hash: `at_a_time` do, others wait, and nobody has more than `each` places."""

    def __init__(self, at_a_time: int, places: int, each: int):
        self._places, self._each = places, each
        self._hashing = threading.BoundedSemaphore(at_a_time)
        self._lock = threading.Lock()
        self.taken: list[str] = []

    @contextlib.contextmanager
    def turn(self, whose: str) -> Iterator[None]:
        """Wait for a turn; the problem where no place is left."""
        with self._lock:
            if len(self.taken) >= self._places or self.taken.count(whose) >= self._each:
                said = "Too many logins at the same time; try again."
                raise Problem("too-many-requests", said, retry_after_s=1)
            self.taken.append(whose)
        try:
            with self._hashing:
                yield
        finally:
            with self._lock:
                self.taken.remove(whose)


# One network has half of the places of strangers; one account has one of the places of the known.
STRANGERS, KNOWN = Queue(at_a_time=2, places=4, each=2), Queue(at_a_time=1, places=2, each=1)


def new(groups: int = NEW_GROUPS) -> str:
    """A password that nobody can guess, and that people can type: groups of letters and digits."""
    letters = "".join(secrets.choice(EASY) for _ in range(groups * NEW_GROUP))
    return "-".join(letters[at : at + NEW_GROUP] for at in range(0, len(letters), NEW_GROUP))


def problem_of(password: str, name: str = "") -> str | None:
    """Why a text cannot be the password of an account, None when it can (NIST SP 800-63B, 3.1.1).

    Only its length counts and how easily it is guessed, not which kinds of characters it has.
    """
    if len(password) < LEAST_LENGTH:
        return f"must have at least {LEAST_LENGTH} characters"
    if len(password.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return f"must have at most {MOST_BYTES} bytes"
    folded = password.casefold()
    core = folded.strip(string.digits + string.punctuation + string.whitespace)
    if folded in _common() or core in _common():
        return "must not be one of the most common passwords, with or without a number after it"
    own = folded.replace(name.casefold(), "") if name else folded
    own = "".join(letter for letter in own.replace(PRODUCT, "") if letter.isalnum())
    if len(_own(own)) < LEAST_OWN:
        return "must not consist of the name, of Bellhop's name, of repetitions or of a sequence"
    return None


def hashed(password: str, whose: str = "") -> str:
    """What is stored of a password: `scrypt$N$r$p$salt$hash`. An account waits with the known."""
    salt = secrets.token_bytes(SALT_BYTES)
    with (KNOWN if whose else STRANGERS).turn(whose):
        made = _scrypt(password, salt, N, R, P)
    parts = [str(N), str(R), str(P), *(base64.b64encode(b).decode() for b in (salt, made))]
    return "$".join(["scrypt", *parts])


def matches(password: str, stored: str | None, whose: str = "", *, is_known: bool = False) -> bool:
    """Whether this is the password; where none is stored, it takes as long to say no.

    `whose` is who waits for it: the account of a known browser, the network of a stranger.
    """
    _, n, r, p, salt, made = (stored or _nobody()).split("$")
    with (KNOWN if is_known else STRANGERS).turn(whose):
        found = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, base64.b64decode(made)) and stored is not None


@functools.cache
def _common() -> frozenset[str]:
    lines = program.asset("accounts/common_passwords.txt").decode().splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def _own(text: str) -> str:
    """A text without its repetitions (`abab`) and what only goes on (`1234`, `dcba`, `aaaa`)."""
    unit = text[: (text + text).find(text, 1)]
    gaps = [ord(letter) - ord(before) for before, letter in itertools.pairwise(unit)]
    goes_on = [gap in (-1, 0, 1) and gap == last for last, gap in itertools.pairwise(gaps)]
    return unit[:2] + "".join(
        letter for letter, is_more in zip(unit[2:], goes_on, strict=True) if not is_more
    )


def _nobody() -> str:
    """A hash that belongs to no password."""
    blank = base64.b64encode(bytes(HASH_BYTES)).decode()
    return f"scrypt${N}${R}${P}${blank}${blank}"


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=n,
        r=r,
        p=p,
        maxmem=MEMORY_BYTES,
        dklen=HASH_BYTES,
    )
