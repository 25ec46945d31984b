"""Programs of other versions, for tests: they know more migrations than this one, or fewer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bellhop.database import schema, server

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
