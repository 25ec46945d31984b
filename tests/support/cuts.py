"""The power is cut between two statements of a move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bellhop.database.database import query

TABLES = (
    "job", "item", "result", "event", "consumer", "turn", "gone", "counter", "dependency",
    "content", "idempotency", "queue", "cache", "cache_count", "duration", "schedule",
)  # fmt: skip


class PowerCut(BaseException):
    """The process dies here."""


class Wire:
    """What SQL is sent through: it breaks once, after `left` statements."""

    def __init__(self) -> None:
        self.left: int | None = None

    def through(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def sent(*arguments: Any) -> Any:
            if self.left == 0:
                self.left = None
                raise PowerCut
            if self.left is not None:
                self.left -= 1
            return send(*arguments)

        return sent


def everything() -> list[list[tuple[Any, ...]]]:
    """All rows of all tables."""
    return [query(f"SELECT * FROM {name}") for name in TABLES]
