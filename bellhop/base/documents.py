"""JSON from outside, read strictly (RFC 8259) and not deeper than anybody means it.

And what no JSON that Bellhop writes for others holds: NaN and infinity.
"""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar

Kind = TypeVar("Kind")

# A job process, the database and the page all have to walk through it again.
MOST_DEPTH = 100


def parsed(text: bytes | bytearray | str) -> Any:
    """The document; ValueError for NaN, infinity, half a surrogate pair, or too much nesting."""
    if not isinstance(text, str):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    try:
        document = _DECODER.decode(text)
    except RecursionError:
        raise ValueError(f"the nesting is deeper than {MOST_DEPTH} levels") from None
    if text.count("[") + text.count("{") > MOST_DEPTH:
        require_shallow(document)
    # Half a surrogate pair stands there as it is, or behind an escape.
    (json.dumps(document, ensure_ascii=False) if "\\u" in text else text).encode()
    return document


class Unreadable(ValueError):
    """A row of the database is not what its reader expects; the text names table, id and column."""


def stored(text: str, kind: type[Kind], table: str, row: object, column: str) -> Kind:
    """The JSON of a column, which holds a `kind`: dict or list. Raises Unreadable."""
    try:
        document = parsed(text)
    except (ValueError, TypeError, AttributeError) as error:
        raise Unreadable(f"{table} {row}: {column} is not JSON ({error})") from None
    if not isinstance(document, kind):
        raise Unreadable(f"{table} {row}: {column} is not a {kind.__name__}")
    return document


def require_shallow(document: Any) -> None:
    """Raise ValueError for what is nested deeper than `MOST_DEPTH`."""
    level = [document]
    for _ in range(MOST_DEPTH + 1):
        lists = [value for value in level if isinstance(value, list | tuple)]
        objects = [value for value in level if isinstance(value, dict)]
        level = [inner for value in lists for inner in value]
        level += [inner for value in objects for inner in value.values()]
        if not level:
            return
    raise ValueError(f"the nesting is deeper than {MOST_DEPTH} levels")


def finite(document: Any) -> Any:
    """The document with null for each NaN and infinity: a row can hold one, JSON has none."""
    if isinstance(document, dict):
        return {name: finite(value) for name, value in document.items()}
    if isinstance(document, list | tuple):
        return [finite(value) for value in document]
    return None if isinstance(document, float) and not math.isfinite(document) else document


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large a number")
    return number


_DECODER = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite)
