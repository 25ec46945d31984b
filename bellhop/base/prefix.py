"""The path that Bellhop is served under, as `/bellhop`; empty at the root of a host name.

`at` makes each address that leaves this process, and `within` reads each that arrives, with the
path or without it, as a proxy strips it or not. No address of Bellhop begins as the path does
(`OWN`), so each means one thing. It is the process's, as a job has one address whoever tells it.
"""

from __future__ import annotations

import re

# How the addresses of Bellhop itself begin; tests/web/test_under_a_path.py completes it.
OWN = frozenset(
    (
        "account", "api", "audit", "docs", "health", "jobs", "login", "metrics", "people",
        "problems", "queues", "ready", "running", "schedules", "static", "welcome",
    )
)  # fmt: skip
PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")
ALLOWED = (
    "a path as /bellhop, of letters, digits and - . _ ~ between single slashes, with no slash at "
    "its end"
)
_under = [""]


def path(text: str) -> str:
    """A path that Bellhop can be served under; ValueError with what is allowed."""
    if not PATH.fullmatch(text):
        raise ValueError(ALLOWED)
    if (first := text[1:].partition("/")[0]) in OWN:
        raise ValueError(f"another path than /{first}, which is an address of Bellhop itself")
    return text


def serve_under(path: str) -> None:
    """From now on, this process writes its addresses under a path."""
    _under[0] = path


def current() -> str:
    return _under[0]


def at(address: str) -> str:
    """An address of Bellhop, as `/jobs`, as others are told it."""
    return _under[0] + address


def within(address: str) -> str:
    """An address as somebody sent it, without the path; empty for the path alone."""
    under = _under[0]
    if not under or not (address + "/").startswith(f"{under}/"):
        return address
    return address.removeprefix(under)
