"""A table as who copies its rows sees it; the schema of SQLite says all of it.

The one place where the name of a table is put into a statement that writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """The table `name`: what each of its columns holds, the columns of its key in their order.

    `keeps_ids`: the id of a row that was deleted is never given to another one.
    """

    name: str
    columns: dict[str, type]
    key: tuple[str, ...]
    keeps_ids: bool

    @property
    def has_ids(self) -> bool:
        """Whether the database itself counts its rows."""
        return self.key == ("id",) and self.columns["id"] is int

    @property
    def selection(self) -> str:
        """All rows by their key."""
        return f'SELECT {quoted(self.columns)} FROM "{self.name}" ORDER BY {quoted(self.key)}'

    @property
    def insertion(self) -> str:
        """One row into SQLite."""
        values = ", ".join("?" for _ in self.columns)
        return f'INSERT INTO "{self.name}" ({quoted(self.columns)}) VALUES ({values})'

    @property
    def copying(self) -> str:
        """Any number of rows into PostgreSQL."""
        return f'COPY "{self.name}" ({quoted(self.columns)}) FROM STDIN'


def quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
