"""Which rows of the database cannot be read: what a monitor is told of them."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

from peewee import AutoField, Field, ForeignKeyField, Model, TextField

from bellhop.base.documents import Unreadable, stored
from bellhop.storage.installation import Installation
from bellhop.storage.models import JSON_COLUMNS, TABLES

LOOK_S = 0.05
MOST_SHOWN = 20
# What is longer is not looked into: it would hold up everybody else of the process.
MOST_JSON_BYTES = 1 << 20


class _Text(bytes):
    """A text as it is stored; what comes as mere bytes is a BLOB."""


class Inspection:
    """Walks through all rows, a bite at each look; what it finds is told until it comes by again.

    A text must be UTF-8, and no BLOB; JSON must be what `JSON_COLUMNS` says. PostgreSQL takes no
    other texts, so nothing is looked for there.
    """

    def __init__(self, here: Installation):
        self._is_needed = not here.rows
        self._address = f"{here.database.absolute().as_uri()}?mode=ro"
        self._found: list[str] = []
        self._known: list[str] = []
        self._table = self._after = 0

    def look(self, for_s: float = LOOK_S) -> list[str]:
        """Look for about so many seconds; the rows known by now, such as "job 12 (params)"."""
        if not self._is_needed:
            return []
        until = time.monotonic() + for_s
        with contextlib.closing(sqlite3.connect(self._address, uri=True)) as connection:
            connection.text_factory = _Text
            while self._table < len(TABLES):
                if not self._walk(connection, TABLES[self._table], until):
                    return list(dict.fromkeys([*self._found, *self._known]))
                self._table, self._after = self._table + 1, 0
        self._known, self._found, self._table = self._found, [], 0
        return self._known

    def _walk(self, connection: sqlite3.Connection, table: type[Model], until: float) -> bool:
        """Go on in one table; whether its end was reached."""
        keys, columns = _columns_of(table)
        has_id, order = isinstance(keys[0], AutoField), _names(keys)
        begin = f"WHERE {order} > ?" if has_id else ""
        end = "" if has_id else "LIMIT -1 OFFSET ?"
        asked = f"SELECT {_names([*keys, *columns])} FROM {table._meta.table_name}"
        cursor = connection.execute(f"{asked} {begin} ORDER BY {order} {end}", (self._after,))
        for row in cursor:
            self._after = row[0] if has_id else self._after + 1
            name = " ".join(_shown(value) for value in row[: len(keys)])
            wrong = _wrong(table._meta.table_name, columns, row[len(keys) :])
            self._found += [f"{table._meta.table_name} {name} ({column})" for column in wrong]
            if time.monotonic() > until:
                cursor.close()
                return False
        return True


def _names(fields: list[Field]) -> str:
    return ", ".join(f'"{field.column_name}"' for field in fields)


def _columns_of(table: type[Model]) -> tuple[list[Field], list[Field]]:
    """The columns of the key, and those that hold texts."""
    fields = table._meta.sorted_fields
    key: Any = table._meta.primary_key
    names = getattr(key, "field_names", None)
    keys: list[Field] = [table._meta.fields[name] for name in names] if names else [key]
    return keys, [field for field in fields if _holds_text(field)]


def _holds_text(field: Field) -> bool:
    target = field.rel_field if isinstance(field, ForeignKeyField) else field
    return isinstance(target, TextField)


def _wrong(table: str, columns: list[Field], values: tuple[Any, ...]) -> Iterator[str]:
    """The columns of a row that cannot be read."""
    for field, value in zip(columns, values, strict=True):
        kind = JSON_COLUMNS.get((table, field.column_name))
        try:
            if value is None and field.null:
                continue
            if not isinstance(value, _Text):
                raise Unreadable
            text = value.decode()
            if kind and len(value) <= MOST_JSON_BYTES:
                stored(text, kind, table, 0, field.column_name)
        except ValueError:
            yield field.column_name


def _shown(value: Any) -> str:
    return value.decode("utf-8", "replace")[:80] if isinstance(value, bytes) else str(value)
