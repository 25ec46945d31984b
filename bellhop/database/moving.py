"""All rows of one database copied into another, and compared with it, in one transaction.

SQLite keeps whatever it is given, PostgreSQL does not. A text that is not UTF-8, or has a NUL in
it, arrives as it is shown: with U+FFFD. Every other value that the target refuses is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bellhop.base.killpoint import die_at
from bellhop.database.faults import Fault
from bellhop.database.shape import Shape
from bellhop.database.sqlite import Sqlite

if TYPE_CHECKING:
    from bellhop.database.postgresql import Postgres

    Engine = Sqlite | Postgres

Row = tuple[Any, ...]
# How many rows a table has, the sum of their hashes, and the last id that it gave to one.
Digest = tuple[int, int, int]
KINDS: dict[str, type] = {"INTEGER": int, "REAL": float, "TEXT": str}
BITE_ROWS, BITE_CHARACTERS = 1000, 4 << 20
TOLD_ROWS = 1000
MOST_NAMED = 20
# How much of SQLite is not texts: numbers, indexes, and pages that are not full.
TEXTS_TIMES, ROW_BYTES, COLUMN_BYTES, LEAST_BYTES = 1.3, 100, 4, 1 << 20
NUL, SHOWN_NUL = "\0", "\N{REPLACEMENT CHARACTER}"
# What a database without jobs has all the same, and what triggers wrote about the copied rows.
WRITTEN_ALREADY = {
    "counter": "DELETE FROM counter",
    "storage_use": "DELETE FROM storage_use",
}


class NotMoved(Exception):
    """Nothing was copied; the text says why, and what to do."""


class Move:
    """From `source` to `target`, each inside a transaction of its own (`Engine.moving`).

    `tables` come after those that they refer to. `tell(table, rows)` hears of the rows that were
    read since it was told last: each row is read twice, in the source and in the target.
    """

    def __init__(
        self,
        source: Engine,
        target: Engine,
        tables: Sequence[str],
    ):
        self._source, self._target = source, target
        self.tell: Callable[[str, int], object] = lambda table, rows: None
        of_sqlite = source if isinstance(source, Sqlite) else target
        assert isinstance(of_sqlite, Sqlite)
        self._shapes = [_shape_of(of_sqlite, table) for table in tables]
        # How many rows there are to move, by table.
        self.counted = {shape.name: _count(source, shape) for shape in self._shapes}
        # Texts that arrive as they are shown, and what cannot be moved: "job 12 (name)".
        self.mended: list[str] = []
        self._refused: list[str] = []

    def sqlite_bytes(self) -> int:
        """About how much the rows of a PostgreSQL need as SQLite."""
        assert not isinstance(self._source, Sqlite)
        needed = LEAST_BYTES
        for shape in self._shapes:
            row_bytes = ROW_BYTES + COLUMN_BYTES * len(shape.columns)
            texts = self._source.text_bytes(shape)
            needed += int(texts * TEXTS_TIMES) + row_bytes * self.counted[shape.name]
        return needed

    def is_target_empty(self) -> bool:
        """Whether the target holds no rows but those of a new database."""
        ((most,),) = self._target.send("SELECT max(value) FROM counter", {}).fetchall()
        others = (shape for shape in self._shapes if shape.name != "counter")
        return not most and not any(_count(self._target, shape) for shape in others)

    def copy(self) -> dict[str, Digest]:
        """Write all rows into the target, which is empty; what was read, by table.

        Raises NotMoved with the rows that the target cannot hold.
        """
        read = {}
        with self._target.untriggered():
            for shape in self._shapes:
                read[shape.name] = self._copy(shape)
        if self._refused:
            named = first_of(self._refused)
            raise NotMoved(f"it cannot hold {named}; set them right in the source, or delete them")
        return read

    def read(self) -> dict[str, Digest]:
        """What the source holds, by table; NotMoved where the target has more or fewer rows."""
        for shape in self._shapes:
            if self.counted[shape.name] != _count(self._target, shape):
                raise NotMoved(f"it has other rows ({shape.name})")
        return {shape.name: self._digest(self._source, shape) for shape in self._shapes}

    def compare(self, read: dict[str, Digest]) -> None:
        """Raise NotMoved unless the target holds what was read."""
        found = {shape.name: self._digest(self._target, shape) for shape in self._shapes}
        if other := [name for name in read if read[name] != found[name]]:
            raise NotMoved(f"it has other rows ({', '.join(other)})")

    def _copy(self, shape: Shape) -> Digest:
        # What refers to a row that was refused would be refused too, which tells nothing.
        is_wanted = not self._refused
        if shape.name in WRITTEN_ALREADY:
            self._target.send(WRITTEN_ALREADY[shape.name], {})
        digest = _Digest()
        for bite in _bites(self._rows(self._source, shape)):
            if is_wanted:
                self._write(shape, bite)
                die_at("move-rows")
            for row in bite:
                digest.add(row)
        last = self._source.last_id(shape) if shape.has_ids else 0
        if last:
            self._target.set_last_id(shape, last)
        return digest.found(last if shape.keeps_ids else 0)

    def _write(self, shape: Shape, rows: list[Row]) -> None:
        """All of them, or each that the target takes."""
        try:
            with self._target.savepoint():
                self._target.fill(shape, rows)
        except Exception as error:
            if self._target.fault_of(error) is not Fault.REFUSED:
                raise
            if len(rows) > 1:
                for row in rows:
                    self._write(shape, [row])
            else:
                said = str(error).splitlines()[0]
                self._refused.append(f"{_name(shape, rows[0])} ({said})")

    def _digest(self, engine: Engine, shape: Shape) -> Digest:
        digest = _Digest()
        for row in self._rows(engine, shape):
            digest.add(row)
        return digest.found(engine.last_id(shape) if shape.keeps_ids else 0)

    def _rows(self, engine: Engine, shape: Shape) -> Iterator[Row]:
        """Each row that either database can hold, as both hold it."""
        kinds = (*shape.columns.values(),)
        fitting = set()
        number = 0
        for number, row in enumerate(engine.walk(shape), 1):
            types = (*map(type, row),)
            if types not in fitting or _has_nul(row):
                mended = self._mended(shape, row)
                if mended is None:
                    continue
                # Of the numbers with a fraction each is looked at.
                if float not in types and all(map(_fits, types, kinds)):
                    fitting.add(types)
                row = mended
            yield row
            if number % TOLD_ROWS == 0:
                self.tell(shape.name, TOLD_ROWS)
        self.tell(shape.name, number % TOLD_ROWS)

    def _mended(self, shape: Shape, row: Row) -> Row | None:
        """A row as both databases hold it; None where that cannot be, which is noted."""
        values = []
        for (column, kind), value in zip(shape.columns.items(), row, strict=True):
            name = f"{_name(shape, row)} {column}"
            try:
                values.append(fitted := _fitted(value, kind))
            except ValueError as error:
                self._refused.append(f"{name} ({error})")
                return None
            if type(fitted) is not type(value) or fitted != value:
                self.mended.append(name)
        return tuple(values)


class _Digest:
    """Counts rows, and adds up what their texts hash to, whatever order they come in."""

    def __init__(self) -> None:
        self._count = self._sum = 0

    def add(self, row: Row) -> None:
        self._count += 1
        self._sum += int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big")

    def found(self, last_id: int) -> Digest:
        return self._count, self._sum % (1 << 256), last_id


def _shape_of(engine: Sqlite, name: str) -> Shape:
    """What a table is in a migrated database, which is the same in both."""
    found = engine.send(f'PRAGMA table_info("{name}")', {}).fetchall()
    schema = "SELECT sql FROM sqlite_schema WHERE name = :name"
    ((sql,),) = engine.send(schema, {"name": name}).fetchall()
    columns = {column: KINDS[kind] for _, column, kind, *_ in found}
    in_key = sorted((place, column) for _, column, *_, place in found if place)
    return Shape(name, columns, tuple(column for _, column in in_key), "AUTOINCREMENT" in sql)


def first_of(names: list[str]) -> str:
    """Names in a line that can be read to its end."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _count(engine: Engine, shape: Shape) -> int:
    return int(engine.send(f'SELECT count(*) FROM "{shape.name}"', {}).fetchone()[0])


def _bites(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Rows a few at a time: each may have megabytes."""
    bite: list[Row] = []
    characters = 0
    for row in rows:
        bite.append(row)
        characters += sum(len(value) for value in row if type(value) is str)
        if len(bite) == BITE_ROWS or characters > BITE_CHARACTERS:
            yield bite
            bite, characters = [], 0
    if bite:
        yield bite


def _name(shape: Shape, row: Row) -> str:
    """What a row is called: "job 12"."""
    known = dict(zip(shape.columns, row, strict=True))
    return " ".join([shape.name, *(str(known[column])[:80] for column in shape.key)])


def _fits(found: type, kind: type) -> bool:
    return found is kind or found is type(None)


def _has_nul(row: Row) -> bool:
    return any(NUL in value for value in row if type(value) is str)


def _fitted(value: Any, kind: type) -> Any:
    """A value as both databases hold it; ValueError where its column holds another kind."""
    if kind is str and isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if kind is str and isinstance(value, str):
        return str(value).replace(NUL, SHOWN_NUL)
    if not _fits(type(value), kind):
        raise ValueError(f"{str(value)[:40]!r} is not a number")
    if kind is float and value is not None:
        if value != value:
            raise ValueError("it is not a number")
        return value + 0.0  # SQLite knows no negative zero
    return value
