"""What `check` says of backups: which is the newest, and whether it should be newer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bellhop.base.program import TYPED
from bellhop.base.times import as_timestamp, now
from bellhop.checks.saved import saved
from bellhop.database.database import query
from bellhop.rotation import rotation
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job

Config = Callable[[str], Settings]
OLD = timedelta(days=3)


@pytest.fixture
def daily(config: Config, tmp_path: Path) -> Settings:
    """Settings of a backup every day, of which the last time was just now."""
    (tmp_path / "backups").mkdir()
    at = (now() - timedelta(minutes=1)).astimezone().strftime("%H:%M")
    return config(f"[backup]\nfolder = backups\nat = {at}")


def made(settings: Settings, here: Installation, age: timedelta) -> None:
    """A backup of so long ago."""
    assert settings.backup_folder
    stamp = (now() - age).strftime(rotation.STAMP)
    (settings.backup_folder / f"bellhop-{here.id}-{stamp}.tar").touch()


def aged(age: timedelta) -> None:
    query("UPDATE job SET created_at = :at", {"at": as_timestamp(now() - age)})


@pytest.mark.parametrize(("hours", "warns"), [(0, False), (23, False), (47, False), (49, True)])
def test_it_warns_of_a_newest_that_is_older_than_two_periods(
    daily: Settings, here: Installation, hours: int, warns: bool
) -> None:
    made(daily, here, 2 * OLD)
    made(daily, here, timedelta(hours=hours))
    said, *warnings = saved(daily, here)
    day = (now() - timedelta(hours=hours)).strftime("%Y-%m-%dT")
    assert said.startswith(f"the newest in {daily.backup_folder} is of {day}")
    assert warnings == ([f"{said}; look why: {TYPED} backup"] if warns else [])


def test_it_warns_that_none_came_to_be(
    daily: Settings, here: Installation, submit: Callable[..., Job]
) -> None:
    assert len(saved(daily, here)) == 1
    submit()
    assert len(saved(daily, here)) == 1
    aged(OLD)
    assert saved(daily, here)[1].startswith(f"there is none in {daily.backup_folder}; look why: ")


@pytest.mark.sqlite("a server may have its own")
def test_it_warns_of_jobs_that_nobody_ever_saved(
    loaded: Settings, here: Installation, submit: Callable[..., Job]
) -> None:
    submit()
    assert saved(loaded, here) == ["there is none"]
    aged(OLD)
    (_, warning) = saved(loaded, here)
    assert warning.startswith("there is none; set [backup] folder, or type ")
    rotation.note(here, as_timestamp(now()), Path("/mnt/a.tar"))
    (said,) = saved(loaded, here)
    assert said.startswith("the last one is of 20") and said.endswith("Z, in /mnt/a.tar")


@pytest.mark.parametrize(("days", "warns"), [(30, False), (32, True)])
def test_it_warns_of_one_that_somebody_made_long_ago(
    loaded: Settings, here: Installation, days: int, warns: bool
) -> None:
    """Without a folder for backups, nobody but this person makes one."""
    rotation.note(here, as_timestamp(now() - timedelta(days=days)), Path("/mnt/a.tar"))
    said, *warnings = saved(loaded, here)
    mend = f"set [backup] folder, or type {TYPED} backup FILE"
    assert warnings == ([f"{said}; {mend}"] if warns else [])


def test_it_warns_that_the_last_one_failed(daily: Settings, here: Installation) -> None:
    made(daily, here, timedelta(hours=1))
    rotation.note_failure(here, "No space left on device")
    _, warning = saved(daily, here)
    assert warning.endswith(f"No space left on device; look why: {TYPED} backup")
