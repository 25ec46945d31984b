"""`check`: what it finds is right, whatever else goes on in the data folder."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from bellhop.base.settings import Settings
from bellhop.cli import selfcheck
from bellhop.consumer.keeper import Keeper
from bellhop.storage.files import Files, Scratch
from bellhop.storage.installation import Installation, write_record


def test_it_moves_files_while_the_keeper_tidies(
    here: Installation, loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Keeper(here, loaded, Files(here.folder), ring=lambda times: None, each_round=[])
    take_in = Scratch.take_in

    def tidied(scratch: Scratch, given: Path) -> Path:
        keeper.tidy()
        return take_in(scratch, given)

    monkeypatch.setattr(Scratch, "take_in", tidied)
    write_record(here)
    assert selfcheck._folders(loaded).startswith("files can be moved")
    assert here.consumer_files() == []


def test_it_names_schedules_whose_files_are_gone(here: Installation, loaded: Settings) -> None:
    parts = here.folder / "uploads" / ".parts"
    parts.mkdir()
    (parts / "there").touch()
    files = {"Nightly": ["there"], "Weekly": ["there", "lost"], "Hourly": []}
    shown = [{"name": n, "files": [{"upload": u} for u in ids]} for n, ids in files.items()]
    client = Mock(get=lambda path: {"schedules": shown})
    with pytest.raises(selfcheck._Failed, match=r"choose their files again: Weekly$"):
        selfcheck._schedules(loaded, client)
    del shown[1]
    assert selfcheck._schedules(loaded, client) == "2, with all their files"
