"""One job type run on its own, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop.cli import tryout
from bellhop.settings.settings import Settings


def test_it_describes_only_the_files_of_the_type_that_it_runs(
    config: Callable[[str], Settings], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "other.py").write_text("")
    caplog.set_level("INFO", "bellhop.catalog")
    found = tryout._find(config(f"[jobtypes]\nfolder = {tmp_path}/own\n"), "word_count", tmp_path)
    assert found.label == "Word count"
    assert [record.getMessage().split("/")[-1] for record in caplog.records] == [
        "word_count.py: ok"
    ]
