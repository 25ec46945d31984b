"""One run: each part of the attack in turn."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable

from tests.support.running import OnSqlite, Running
from tests.whole.attack import (
    clock,
    database,
    escapes,
    garbage,
    greedy,
    hostile,
    owners,
    protocol,
)
from tests.whole.attack.rows import Plan, Row

PARTS: dict[str, Callable[[Plan], list[Row]]] = {
    "hostile": hostile.attack,
    "escapes": escapes.attack,
    "owners": owners.attack,
    "greedy": greedy.attack,
    "garbage": garbage.attack,
    "database": database.attack,
    "clock": clock.attack,
    "protocol": protocol.attack,
}
# About the file of SQLite, which a server does not have.
OF_SQLITE = {"database"}


def run(plan: Plan, only: str = "", tell: Callable[[str], object] = lambda text: None) -> list[Row]:
    """The rows of every part whose name `only` is found in, and that the database can have."""
    rows: list[Row] = []
    for name, part in PARTS.items():
        if re.search(only, name) and (name not in OF_SQLITE or type(Running.databases) is OnSqlite):
            began = time.monotonic()
            try:
                found = part(plan)
            except Exception:
                found = [Row(name, "it runs to its end", "", [traceback.format_exc()])]
            wrong = sum(len(row.misses) for row in found)
            tell(f"{name}: {wrong} wrong, {time.monotonic() - began:.0f} s")
            rows += found
    return rows
