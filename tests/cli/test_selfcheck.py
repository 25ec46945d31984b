"""`check`: what it finds is right, whatever else goes on in the data folder."""

from __future__ import annotations

from pathlib import Path

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
