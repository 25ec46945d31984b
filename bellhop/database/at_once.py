"""Statements on PostgreSQL that wait for nobody."""

from __future__ import annotations

from typing import Any

from bellhop.database import translation
from bellhop.database.connection import OPTIONS, Connection, PostgresError, connect, storable

# What must not wait for anybody is answered soon, or is asked again on a new connection.
AT_ONCE_S = 2
AT_ONCE = OPTIONS | {"synchronous_commit": "off", "statement_timeout": f"{AT_ONCE_S}s"}


class AtOnce:
    """Asks for what waits for nobody: neither for the write lock nor for the disk of the server.

    Each statement is a transaction by itself. It has a connection of its own, for one thread, and
    fails where connecting, or the answer, takes longer than `AT_ONCE_S`.
    """

    def __init__(self, url: str):
        self._url = url
        self._connection: Connection | None = None

    def ask(self, sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a statement; a connection on which one failed is not used again."""
        if self._connection is None:
            self._connection = connect(self._url, AT_ONCE, connect_s=AT_ONCE_S)
            self._connection.answer_s = AT_ONCE_S
        try:
            cursor = self._connection.execute(translation.statement(sql), storable(values))
            return cursor.fetchall()
        except PostgresError:
            self.close()
            raise

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None
