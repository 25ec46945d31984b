"""A data folder with jobs of each kind, and what a backup of it must hold."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bellhop.backup.restore import restore
from bellhop.backup.rows import Tell
from bellhop.backup.save import COPY, Saved, save
from bellhop.database.database import bind
from bellhop.settings.settings import Settings
from bellhop.storage.installation import DATABASE
from bellhop.stores.filesystem import KINDS
from tests.support import single
from tests.support.wsgi import WsgiClient

TABLES = ("job", "item", "result", "event", "upload", "schedule", "storage_use", "account")


def nothing(what: str, done: int, of: int) -> None:
    """Hears how far it is."""


def saved(
    settings: Settings, path: Path, tell: Callable[[str, int, int], object] = nothing
) -> Saved:
    """Save, and go on with the rows that were saved."""
    live = settings.data_dir / DATABASE
    try:
        return save(settings, path, tell)
    finally:
        bind(live)


def restored(settings: Settings, path: Path, name: str = "other") -> Settings:
    """Restore into another data folder; the settings that name it."""
    other = replace(settings, data_dir=settings.data_dir.with_name(name))
    restore(other, path, nothing)
    return other


def uploaded(web: WsgiClient, name: str, content: bytes = b"some words") -> str:
    """The id of a job with an upload, which waits."""
    return str(web.upload((name, content)).json["job_id"])


def completed(web: WsgiClient, folder: Path, name: str) -> str:
    """The id of a job with an upload, an output file and a log."""
    job_id = uploaded(web, name)
    claim = single.claim("parsing", "c1/1")
    assert claim and claim.job_id == job_id
    for kind, content in (("results", "SOME WORDS"), ("logs", "said")):
        place = folder / kind / job_id / "0-0-1"
        place = place / "out.txt" if kind == "results" else place
        place.parent.mkdir(parents=True)
        place.write_text(content)
    files = json.dumps([{"name": "out.txt", "size": 10, "path": "0-0-1/out.txt"}])
    assert single.complete(claim, data="{}", files=files, warnings="[]")
    return job_id


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of jobs and uploads in a data folder, by their keys."""
    paths = (path for kind in KINDS for path in (folder / kind).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def rows_of(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """What the tables about jobs hold in a data folder."""
    with contextlib.closing(sqlite3.connect(folder / DATABASE)) as rows:
        told = {table: rows.execute(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}
        return {table: found.fetchall() for table, found in told.items()}


def names_in(path: Path) -> list[str]:
    with tarfile.open(path) as tar:
        return tar.getnames()


def before_files(settings: Settings, act: Callable[[], object]) -> Tell:
    """The same after the rows are copied, and before a file is."""
    return _once(settings, act, lambda what, done, of: what == "copy the database" and done == of)


def during(settings: Settings, act: Callable[[], object]) -> Tell:
    """What hears how far a backup is, and acts on the rows themselves when files are copied."""
    return _once(settings, act, lambda what, done, of: what.startswith("copy files"))


def _once(
    settings: Settings, act: Callable[[], object], is_time: Callable[[str, int, int], bool]
) -> Tell:
    has_acted: list[bool] = []

    def tell(what: str, done: int, of: int) -> None:
        if is_time(what, done, of) and not has_acted:
            has_acted.append(True)
            bind(settings.data_dir / DATABASE)
            act()
            bind(settings.data_dir / COPY)

    return tell
