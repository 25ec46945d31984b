"""The data of all items of a job as one table of text: a row for each item, or each of its rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from bellhop.web.answers import Written

# What every row begins with: the number from 1 on, as the page counts.
LEADING = ("item", "filename", "status", "code", "message")
# With more columns, nobody can read it; what has none stands in `other`, as JSON.
MOST_COLUMNS, OTHER = 500, "other"
# A spreadsheet takes a text that begins so for a formula, which can send what stands beside it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = dict[str, Any]


def write(file: TextIO, views: Callable[[], Iterable[dict[str, Any]]]) -> None:
    """Write the table of items as `result_view` shows them; `views` is called twice."""
    columns, is_cut = dict.fromkeys(LEADING), False
    for row in _rows(views()):
        fresh = [name for name in row if name not in columns]
        room = MOST_COLUMNS - len(columns)
        columns |= dict.fromkeys(fresh[:room])
        is_cut |= len(fresh) > room
    names = [*columns, OTHER] if is_cut else [*columns]
    writer = csv.writer(file)
    writer.writerow(map(_safe, names))
    for row in _rows(views()):
        left = {name: value for name, value in row.items() if name not in columns}
        if left:
            row[OTHER] = left
        writer.writerow([_cell(row.get(name)) for name in names])


def _rows(views: Iterable[dict[str, Any]]) -> Iterator[Row]:
    for view in views:
        error = view["error"] or {}
        first = {"item": view["index"] + 1, **{name: view[name] for name in LEADING[1:3]}}
        first |= {"code": error.get("code"), "message": error.get("message")}
        data = view["data"]
        for part in _parts(json.loads(data.text) if isinstance(data, Written) else data):
            yield first | dict(_flat(part))


def _parts(data: Any) -> list[Any]:
    """The rows of a list of objects, else the data itself."""
    is_table = isinstance(data, list) and data and all(isinstance(each, dict) for each in data)
    return data if is_table else [data]


def _flat(data: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """The values of an object with their names, those of objects in it as `outer.inner`."""
    if isinstance(data, dict) and data:
        for name, value in data.items():
            yield from _flat(value, f"{before}.{name}" if before else str(name))
    elif data is not None:
        name = before or "data"
        yield f"data.{name}" if name in (*LEADING, OTHER) else name, data


def _cell(value: Any) -> Any:
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)
    return _safe(value) if isinstance(value, str) else value


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
