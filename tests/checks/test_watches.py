"""What `check` says of watch folders, also while nobody looks after them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bellhop.checks.answers import Failed
from bellhop.checks.watches import watches
from bellhop.settings.settings import Settings, Watch
from bellhop.storage.installation import Installation


@pytest.fixture
def watched(loaded: Settings, tmp_path: Path) -> Settings:
    (tmp_path / "scans").mkdir()
    return replace(loaded, watches={"scans": Watch(str(tmp_path / "scans"), "upper")})


def test_it_names_each_folder(watched: Settings, here: Installation, tmp_path: Path) -> None:
    assert watches(watched, here) == [f"scans in {tmp_path}/scans"]


def test_it_tells_a_folder_that_is_not_there(
    watched: Settings, here: Installation, tmp_path: Path
) -> None:
    (tmp_path / "scans").rmdir()
    with pytest.raises(Failed, match="scans is not there; create it, or mount its disk"):
        watches(watched, here)


def test_it_tells_a_folder_that_another_watch_has(
    watched: Settings, here: Installation, tmp_path: Path
) -> None:
    (tmp_path / "same").symlink_to(tmp_path / "scans")
    both = {**watched.watches, "same": Watch(str(tmp_path / "same"), "upper")}
    with pytest.raises(Failed, match=r"same shares files with the folder of \[watch:scans\]"):
        watches(replace(watched, watches=both), here)
