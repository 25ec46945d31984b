"""The power is cut between two statements of a move, or the answer to its commit is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from bellhop.database.database import database, query

TABLES = (
    "job", "item", "result", "event", "consumer", "turn", "gone", "counter", "dependency",
    "content", "idempotency", "queue", "cache", "cache_count", "duration", "schedule",
    "search",
)  # fmt: skip


class PowerCut(BaseException):
    """The process dies here."""


class Wire:
    """What SQL is sent through: it breaks once, after `left` statements.

    Those that are sent together are one.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        engine = type(database.obj)
        for way in ("send", "write_many", "rows_of"):
            monkeypatch.setattr(engine, way, self._through(getattr(engine, way)))

    def _through(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def sent(*arguments: Any) -> Any:
            if self.left == 0:
                self.left = None
                raise PowerCut
            if self.left is not None:
                self.left -= 1
            return send(*arguments)

        return sent


class LostAnswers:
    """Commits are made, and the answers to the next `left` of them do not come back."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, left: int = 0):
        self.left, self._commit = left, database.obj.commit
        monkeypatch.setattr(database.obj, "commit", self._made)

    def _made(self) -> None:
        self._commit()
        if self.left:
            self.left -= 1
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error


def everything() -> list[list[tuple[Any, ...]]]:
    """All rows of all tables."""
    return [sorted(query(f"SELECT * FROM {name}"), key=repr) for name in TABLES]
