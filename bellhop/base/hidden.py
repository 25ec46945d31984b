"""What of a setting is a secret, by names and forms, so that its value can be shown without it.

A job type says of its own settings which are secrets (catalog); sections.py, of some of Bellhop's.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from bellhop.base import documents

HIDDEN = "***"
LIKE_A_SECRET = re.compile(
    r"(?:^|_)(?:(?:api|access|private|secret)_?key|secret|token|pass(?:word|wd|phrase)"
    r"|credentials?)$"
)
_ADDRESS = re.compile(r"[a-z][\w+.-]*://\S*", re.IGNORECASE)
# Also the login of an address that breaks off before the @: no port has other than digits.
_LOGIN = re.compile(r"(?<=//)(?:.*(?=@)|[^/?#\s\[]*:(?!\d*(?:[/?#,\s]|$))[^/?#\s]*)", re.DOTALL)
_OPTION = re.compile(r"(?<![^=&?\s])([^=&?\s]+)=([^&#\s]*)")
# What may be a name with a value behind it, also in JSON that is not whole.
_NAME = re.compile(r"(?<![\w%\\-])([\w%\\-]+)['\"]*\s*[:=]")


def is_secret(name: str) -> bool:
    """Whether what has this name is a secret."""
    return bool(LIKE_A_SECRET.search(_plain(name)))


def masked(value: Any) -> Any:
    """A value without the logins and secrets that an address or JSON holds.

    Of what is neither, nothing is shown behind the first name of a secret.
    """
    if isinstance(value, tuple | list):
        return [masked(each) for each in value]
    if not isinstance(value, str):
        return value
    with contextlib.suppress(ValueError):
        document = documents.parsed(value)
        hidden = _within(document)
        return value if hidden == document else json.dumps(hidden, ensure_ascii=False)
    return _of_text(value)


def _plain(name: str) -> str:
    return unquote(name).lower().replace("-", "_")


def is_hidden(name: str) -> bool:
    """Whether what has this name is not shown, to be sure."""
    return is_secret(name) or "password" in _plain(name) or "\\" in name


def _of_text(text: str) -> str:
    shown = _LOGIN.sub(HIDDEN, text)
    if _ADDRESS.fullmatch(text):
        return _OPTION.sub(_option, shown)
    names = (found for found in _NAME.finditer(shown) if is_hidden(found[1]))
    first = next(names, None)
    return f"{shown[: first.end()]} {HIDDEN}" if first else shown


def _option(found: re.Match[str]) -> str:
    return f"{found[1]}={HIDDEN if found[2] and is_hidden(found[1]) else found[2]}"


def _within(document: Any) -> Any:
    if isinstance(document, list):
        return [_within(each) for each in document]
    if isinstance(document, dict):
        return {k: HIDDEN if v and is_hidden(k) else _within(v) for k, v in document.items()}
    return _of_text(document) if isinstance(document, str) else document


def secrets_of(document: Any, is_named: bool = False) -> Iterator[str]:
    """The secrets in JSON: `is_named`, each text of it is one."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from secrets_of(value, is_named or is_secret(name))
    elif isinstance(document, list):
        for each in document:
            yield from secrets_of(each, is_named)
    elif isinstance(document, str):
        yield from [document] if is_named else passwords_in(document)


def passwords_in(url: str) -> list[str]:
    """The passwords of an address like redis://user:password@host, and of its options."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        options = parse_qsl(parts.query)
        told = [unquote(parts.password or ""), *(v for k, v in options if is_hidden(k))]
        return [password for password in told if password]
    return []
