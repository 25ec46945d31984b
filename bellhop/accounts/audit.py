"""Who did what, and when: rows that nothing of Bellhop changes, and the database keeps for a year.

A note is written in the transaction of what it tells, so neither is there without the other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.storage.database import database, query

KEPT_S = 366 * DAY_S
MOST_TARGET = 300


@contextlib.contextmanager
def noted(who: str, address: str, action: str, target: object = "") -> Iterator[None]:
    """A transaction with a note of what is done in it; what raises was not done."""
    with database.atomic():
        yield
        note(who, address, action, target)


def note(who: str, address: str, action: str, target: object = "") -> None:
    """Note something that has no transaction of its own, such as a login that failed."""
    query(
        """INSERT INTO audit (at, who, address, action, target)
        VALUES (:now, :who, :address, :action, :target)""",
        {
            "now": timestamp(),
            "who": who,
            "address": address,
            "action": action,
            "target": str(target)[:MOST_TARGET],
        },
    )


def notes(*, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Notes, newest first, of those with a number below `before`."""
    names = ("id", "at", "who", "address", "action", "target")
    chosen = "" if before is None else "WHERE id < :before"
    rows = query(
        f"SELECT {', '.join(names)} FROM audit {chosen} ORDER BY id DESC LIMIT :most",
        {"before": before, "most": limit},
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def forget_old() -> None:
    """Forget what is older than a year; the database refuses to forget more."""
    with database.atomic():
        query("DELETE FROM audit WHERE at < :old", {"old": timestamp(-KEPT_S)})
