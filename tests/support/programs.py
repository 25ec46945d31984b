"""Programs of other versions, for tests: they know more migrations than this one, or fewer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bellhop.database import schema, server
from bellhop.jobs.lifecycle import deliveries, moves
from bellhop.metrics.totals import Totals

ADDS = "CREATE TABLE weather (id INTEGER PRIMARY KEY, sun TEXT);"
Later = Callable[..., None]


def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """What lets this process be a program with further migrations; without any, the present one."""
    names, texts = schema.MIGRATIONS, schema.migrations()

    def be(*added: str) -> None:
        more = [f"{len(names) + number:04}_made_up" for number, _ in enumerate(added, 1)]
        monkeypatch.setattr(schema, "MIGRATIONS", (*names, *more))
        for module in (schema, server):
            monkeypatch.setattr(module, "migrations", lambda: [*texts, *added])

    return be


def earlier(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Be the program of a schema before this one."""
    names, texts = schema.MIGRATIONS[:number], schema.migrations()[:number]
    monkeypatch.setattr(schema, "MIGRATIONS", names)
    for module in (schema, server):
        monkeypatch.setattr(module, "migrations", lambda: texts)


def as_0_1_0(monkeypatch: pytest.MonkeyPatch) -> None:
    """Move items as 0.1.0 does on a machine beside this version: without what 0011 added."""
    for statement in moves.Statement.every:
        monkeypatch.setattr(statement, "update", statement.update.replace(", queued_at = :now", ""))
    monkeypatch.setattr(Totals, "write", lambda self: None)
    monkeypatch.setattr(deliveries, "NOTE_END", "SELECT 1")
