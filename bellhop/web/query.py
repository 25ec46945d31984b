"""The query of a request: handlers read each of its parameters here, where it is bounded.

Every one that is wrong, too long or there twice is the problem `invalid-parameter`, which says what
is allowed; what no route reads is left alone, as far as the query is not too long.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from bottle import request

from bellhop.base import prefix, times
from bellhop.base.errors import Problem
from bellhop.storage.models import STATUSES

# Characters of a whole query, and of a text in it.
MOST_QUERY, MOST_TEXT = 8192, 200
MOST_PER_PAGE = 200
MOST_DIGITS = 18


def require_short() -> None:
    """Raise the problem of a query that is longer than any that Bellhop reads."""
    if len(request.query_string) > MOST_QUERY:
        raise Problem("invalid-parameter", f"A query may have at most {MOST_QUERY} characters.")


def text(name: str, most: int = MOST_TEXT) -> str | None:
    """A parameter of up to `most` characters; None when it is empty or not there."""
    if len(request.query.getall(name)) > 1:
        raise Problem("invalid-parameter", f"{name} is given more than once.")
    given = _in_utf8(name, request.query.get(name) or "")
    if len(given) > most:
        raise Problem("invalid-parameter", f"{name} may have at most {most} characters.")
    return given or None


def _in_utf8(name: str, given: str) -> str:
    """A text that Bottle has read as Latin-1."""
    try:
        return given.encode("latin-1").decode()
    except UnicodeError:
        raise Problem("invalid-parameter", f"{name} must be a text in UTF-8.") from None


def number(name: str) -> int | None:
    """A number that is not negative, or None."""
    return number_of(name, text(name, MOST_QUERY))


def number_of(name: str, given: str | None) -> int | None:
    """The number that a parameter gives, which is not negative; None without one."""
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > MOST_DIGITS:
        raise Problem("invalid-parameter", f"{name} must be a number.")
    return int(given)


def statuses() -> list[str]:
    """Those that `status` names, each once."""
    return status_names(text("status", MOST_QUERY) or "")


def status_names(given: str, known: Sequence[str] = STATUSES) -> list[str]:
    """The statuses that a text names with commas between them, each once."""
    names = dict.fromkeys(name for name in given.split(",") if name)
    if unknown := [name for name in names if name not in known]:
        allowed = ", ".join(known)
        raise Problem(
            "invalid-parameter", f"status {unknown[0][:MOST_TEXT]!r} is not one of {allowed}."
        )
    return list(names)


def time_of(name: str, given: str | None) -> str | None:
    """A time that a parameter gives (RFC 3339), as a timestamp; None without one."""
    if not given:
        return None
    try:
        at = times.parsed(given)
        if at.tzinfo:
            return times.as_timestamp(at)
    except (ValueError, OverflowError):
        pass
    raise Problem("invalid-parameter", f"{name} must be a time such as 2026-01-31T07:30:00Z.")


def page_limit(default: int = 50) -> int:
    """The `limit`, 1 to `MOST_PER_PAGE`."""
    given = text("limit", MOST_QUERY) or str(default)
    is_number = given.isascii() and given.isdigit() and len(given) <= len(str(MOST_PER_PAGE))
    if not is_number or not 1 <= int(given) <= MOST_PER_PAGE:
        raise Problem("invalid-parameter", f"limit must be a number from 1 to {MOST_PER_PAGE}.")
    return int(given)


def cursor_of(row_id: int) -> str:
    return base64.urlsafe_b64encode(b"c%d" % row_id).decode().rstrip("=")


def read_cursor() -> int | None:
    """The row id in `cursor`, or None without one."""
    return cursor_in(text("cursor", MOST_QUERY))


def cursor_in(given: Any) -> int | None:
    """The row id in a cursor, or None without one."""
    if given is None:
        return None
    try:
        decoded = base64.b64decode(given + "=" * (-len(given) % 4), "-_", validate=True)
        if decoded[:1] == b"c" and decoded[1:].isdigit() and len(decoded) < 20:
            return int(decoded[1:])
    except (TypeError, ValueError):  # a number in JSON, and no base64
        pass
    raise Problem("invalid-parameter", "cursor must be a value that Bellhop returned.")


def page_headers(cursor: str | None) -> dict[str, str]:
    """The Link to the next page (RFC 8288), as far as there is one."""
    if cursor is None:
        return {}
    query = [(n, v) for n, v in request.query.allitems() if n != "cursor"] + [("cursor", cursor)]
    return {"Link": f'<{quote(prefix.at(request.path))}?{urlencode(query)}>; rel="next"'}
