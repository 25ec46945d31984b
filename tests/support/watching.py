"""A watched folder in a test: what is dropped there, and the rounds of who watches it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bellhop.base.errors import ItemError
from bellhop.catalog.catalog import Catalog
from bellhop.settings.settings import Settings, Watch
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.watch import rows
from bellhop.watch.places import Places
from bellhop.watch.stillness import LOOKS
from bellhop.watch.submitting import Submitter
from bellhop.watch.watching import WatchedFolder
from tests.support.jobs import end

ADDRESS = "http://jobs.test"


class Drop:
    """The folder of [watch:scans], which takes files for the job type `upper`."""

    def __init__(self, settings: Settings, here: Installation, folder: Path, **options: Any):
        self.settings, self.here, self.folder = settings, here, folder
        self.watch = Watch(**{"folder": str(folder), "type": "upper", **options})
        self.rung: list[Mapping[str, int]] = []
        self.is_stopping: Callable[[], bool] = lambda: False
        self.places = Places(settings)
        folder.mkdir(exist_ok=True)
        self.watching = self.started()

    def started(self, name: str = "scans", own_id: str | None = None) -> WatchedFolder:
        """Who watches it, as after a start of Bellhop."""
        submitter = Submitter(
            self.settings,
            Catalog(self.settings, self.here),
            Files(self.here.folder, self.settings.storage.files),
            consumer="c1",
            ring=self.rung.append,
            is_stopping=lambda: self.is_stopping(),
        )
        own_id, places = own_id or self.here.id, self.places
        return WatchedFolder(
            name, self.watch, own_id, submitter, address=lambda: ADDRESS, places=places
        )

    def restart(self) -> None:
        self.places = Places(self.settings)
        self.watching = self.started()

    def becomes(self, **changes: Any) -> None:
        """Other settings, and the restart that they need."""
        self.watch = replace(self.watch, **changes)
        self.restart()

    def drop(self, name: str, content: str | bytes = "abc") -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def look(self, times: int = LOOKS) -> None:
        """Rounds until what was dropped is still, and taken."""
        for _ in range(times):
            self.watching.round()

    def look_after(self) -> None:
        """One round more, in which what ended goes to its place."""
        self.watching.round()

    def told(self) -> rows.Told:
        return rows.told("scans")

    def names(self, where: str = ".") -> list[str]:
        """What people see in a folder of it."""
        found = [path.name for path in (self.folder / where).iterdir()]
        return sorted(name for name in found if name not in (".bellhop", "done", "failed"))

    def token(self) -> str:
        """Of the one file in Bellhop's hands."""
        (file,) = (path for path in (self.folder / ".bellhop").rglob("*") if path.is_file())
        return file.parent.name

    def taken(self) -> list[str]:
        """What is in Bellhop's hands."""
        return sorted(p.name for p in (self.folder / ".bellhop").rglob("*") if p.is_file())


def jobs() -> list[Job]:
    return list(Job.select().order_by(Job.id))


def end_jobs(error: ItemError | None = None) -> None:
    """End every job that has not ended: completed, or failed with an error."""
    for job in jobs():
        if job.completed_at is None:
            end(job, error)


def let_renames_replace_nothing(patch: pytest.MonkeyPatch, refusal: int) -> None:
    """As on shares whose server refuses to put a file in the place of another, with its error."""
    rename = os.rename

    def refusing(name: str, target: str, **folders: int) -> None:
        if folders and target in os.listdir(folders["dst_dir_fd"]):
            raise OSError(refusal, os.strerror(refusal))
        rename(name, target, **folders)

    patch.setattr(os, "rename", refusing)
