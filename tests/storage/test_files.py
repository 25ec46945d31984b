"""Folders: what is published, and what is removed whatever a job did to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bellhop.storage.files import Files, remove_tree
from bellhop.storage.installation import FOLDERS
from tests.support.nobody import as_nobody


@pytest.mark.parametrize("mode", [0o000, 0o300, 0o500])
def test_it_removes_folders_whose_rights_were_taken_away(ours: Path, mode: int) -> None:
    def remove() -> bool:
        inner = ours / "scratch" / "a" / "b"
        inner.mkdir(parents=True)
        (inner / "file").write_text("x")
        for folder in (inner, inner.parent, ours / "scratch"):
            folder.chmod(mode)
        remove_tree(ours / "scratch")
        return not (ours / "scratch").exists()

    assert as_nobody(remove)


def test_it_changes_no_rights_behind_a_link(ours: Path) -> None:
    def remove() -> bool:
        outside, tree = ours / "outside", ours / "scratch"
        outside.mkdir()
        outside.chmod(0o750)  # whatever the umask is
        (tree / "closed").mkdir(parents=True)
        (tree / "closed" / "file").write_text("x")
        (tree / "link").symlink_to(outside)
        (tree / "closed").chmod(0o500)
        remove_tree(tree)
        return outside.stat().st_mode & 0o777 == 0o750 and not tree.exists()

    assert as_nobody(remove)


def test_it_syncs_every_folder_on_the_way_to_a_published_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut leaves a completed item without its file."""
    for name in FOLDERS:
        (tmp_path / name).mkdir()
    scratch = Files(tmp_path).new_scratch("c1")
    (scratch.output / "sub").mkdir()
    (scratch.output / "sub" / "a.txt").write_text("x")
    synced = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    Files(tmp_path).publish(scratch.output, "job", "0-0-1", lambda: None, lambda name: False)
    output, results = scratch.output, tmp_path / "results"
    assert synced == [
        str(path) for path in (output / "sub" / "a.txt", output, output / "sub", results / "job",
                               results)
    ]  # fmt: skip
