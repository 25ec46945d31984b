"""What `check` says of a data folder: each thing that is wrong with one, and what mends it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bellhop.base.errors import StartRefused
from bellhop.catalog.catalog import Catalog
from bellhop.checks import folder
from bellhop.checks.answers import Failed
from bellhop.checks.secrets import require_private_secrets
from bellhop.consumer.keeper import Keeper
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files, Scratch
from bellhop.storage.installation import Installation
from tests.support.disks import disk_at
from tests.support.nobody import NOBODY

US = os.geteuid()


def said(settings: Settings) -> str:
    """The one thing that is wrong with the rights."""
    with pytest.raises(Failed) as failed:
        folder.rights(settings)
    (text,) = failed.value.args
    return str(text)


def test_it_finds_the_rights_of_a_new_folder_sound(here: Installation, loaded: Settings) -> None:
    (answer,) = folder.rights(loaded)
    assert answer == f"{here.folder} belongs to user {US}"


def test_it_names_the_owner_of_a_folder_of_another_user(
    here: Installation, loaded: Settings
) -> None:
    os.chown(here.folder, NOBODY, NOBODY)
    with pytest.raises(StartRefused, match=f"belongs to user {NOBODY}.* as user {US}; start Bell"):
        folder.rights(loaded)


@pytest.mark.parametrize("name", ["bellhop.db-wal", "results"])
def test_it_names_what_another_user_has_made_in_it(
    here: Installation, loaded: Settings, name: str
) -> None:
    (here.folder / "notes.txt").touch()
    os.chown(here.folder / "notes.txt", NOBODY, NOBODY)  # which is not Bellhop's
    (here.folder / "bellhop.db-wal").touch(0o600)
    os.chown(here.folder / name, NOBODY, NOBODY)
    assert said(loaded).startswith(f"{here.folder / name} belongs to user {NOBODY}")


def test_it_warns_of_what_others_can_read_in_it(here: Installation, loaded: Settings) -> None:
    """Whoever made the folder may want that."""
    here.folder.chmod(0o755)
    here.described_types.chmod(0o600)
    (here.folder / "results").chmod(0o700)
    for path in here.folder.iterdir():
        path.chmod(0o700)
    assert len(folder.rights(loaded)) == 1
    here.described_types.chmod(0o644)
    _, warning = folder.rights(loaded)
    assert warning.endswith(f"can read {here.described_types}; chmod -R o= {here.folder}")


def test_it_says_of_a_disk_that_became_read_only(here: Installation, loaded: Settings) -> None:
    with disk_at(here.folder / "results") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        text = said(loaded)
        with pytest.raises(OSError, match="Read-only file system"):
            folder.moved(Files(here.folder), here)
    assert text.startswith(f"the disk of {disk} is read-only; mount -o remount,rw {disk}")
    assert here.consumer_files() == [] and not list((here.folder / "incoming").iterdir())


@pytest.mark.parametrize("what", ["config.ini", "types", "types/own.py"])
def test_it_names_what_everybody_can_change(
    here: Installation, loaded: Settings, tmp_path: Path, what: str
) -> None:
    types = tmp_path / "types"
    types.mkdir()
    (types / "own.py").touch()
    (tmp_path / what).chmod(0o777)
    text = said(replace(loaded, jobtypes_folder=types))
    assert text == (
        f"every user of this machine can change {tmp_path / what}; chmod o-w {tmp_path / what}"
    )


def test_it_refuses_a_secret_of_a_type_that_others_can_read(
    config: Callable[[str], Settings], here: Installation
) -> None:
    """Only the type tells that it is one."""
    settings = config("[type:leak]\npin = 1234")
    require_private_secrets(settings, Catalog(settings, here))
    settings.config_path.chmod(0o640)
    with pytest.raises(StartRefused, match=r"\[type:leak\] pin.*; chmod 600 .*config\.ini$"):
        require_private_secrets(settings, Catalog(settings, here))


def test_it_moves_files_while_the_keeper_tidies(
    here: Installation, loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Keeper(here, loaded, Files(here.folder), ring=lambda times: None, each_round=[])
    take_in = Scratch.take_in

    def tidied(scratch: Scratch, given: Path) -> Path:
        keeper.tidy()
        return take_in(scratch, given)

    monkeypatch.setattr(Scratch, "take_in", tidied)
    (answer,) = folder.moved(Files(here.folder), here)
    assert answer.startswith("files can be moved")
    assert here.consumer_files() == []


def test_it_fails_a_disk_with_less_than_the_reserve(
    here: Installation, loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Files, "free_bytes", lambda files: 99 << 20)
    with pytest.raises(Failed, match=r"^99 MiB are free in .*reserve_mb = 100.*; free some space"):
        folder.room(loaded, Files(here.folder))


def test_it_warns_of_a_disk_without_room_for_a_largest_upload(
    here: Installation, loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Files, "upload_bytes_left", lambda files: 1 << 40)
    monkeypatch.setattr(Files, "free_bytes", lambda files: 600 << 20)
    _, warning = folder.room(loaded, Files(here.folder))
    assert "uploads can have 500 MiB, less than [server] max_upload_mb = 1024; free" in warning
    monkeypatch.setattr(Files, "free_bytes", lambda files: 1200 << 20)
    assert len(folder.room(loaded, Files(here.folder))) == 1
