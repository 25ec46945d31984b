"""Programs of other versions, for tests: they know more migrations than this one, or fewer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop import __version__
from bellhop.database import schema, server
from bellhop.jobs.lifecycle import deliveries, moves
from bellhop.metrics.totals import Totals
from tests.support.places import ROOT

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


def release(folder: Path, version: str, *added: str) -> Path:
    """A checkout in a folder of its own, of this version and with further migrations; its door."""
    folder.mkdir(parents=True)
    for name in ("bellhop", "static"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("app.py", "tasks.py", "models.py"):
        shutil.copy2(ROOT / name, folder / name)
    _replace(folder / "bellhop" / "__init__.py", f'"{__version__}"', f'"{version}"')
    last = f'"{schema.MIGRATIONS[-1]}"'
    for number, sql in enumerate(added, len(schema.MIGRATIONS) + 1):
        name = f"{number:04}_made_up"
        (folder / "bellhop" / "database" / "migrations" / f"{name}.sql").write_text(sql)
        _replace(folder / "bellhop" / "database" / "schema.py", last, f'{last}, "{name}"')
        last = f'"{name}"'
    return folder / "app.py"


def lead(link: Path, place: Path) -> None:
    """Let a link lead to another place, at once."""
    following = link.with_name(f"{link.name}.new")
    following.symlink_to(place)
    following.rename(link)


def _replace(path: Path, old: str, new: str) -> None:
    """Change a text in a file that has another name elsewhere, where it stays as it is."""
    text = path.read_text()
    assert text.count(old) == 1
    path.unlink()
    path.write_text(text.replace(old, new))
