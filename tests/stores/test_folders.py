"""Folders that job code could have replaced: what is opened in them, and how they are removed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bellhop.stores.folders import open_beneath, remove_tree
from tests.support.nobody import as_nobody


def nest(folder: Path, depth: int) -> None:
    """Make folders in each other, deeper than a path can be long."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d" * 10, dir_fd=here)
        below = os.open("d" * 10, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder where a disk does not decide how long it takes."""
    memory = "/dev/shm"
    path = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))
    yield path
    path.rmdir()


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that nothing may be done to; `untouched` says whether nothing was."""
    folder = tmp_path / "outside"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "file").write_text("x")
    for path in (folder, folder / "sub"):
        path.chmod(0o550)
    return folder


def untouched(outside: Path) -> bool:
    rights = [path.stat().st_mode & 0o777 for path in (outside, outside / "sub")]
    return rights == [0o550, 0o550] and (outside / "sub" / "file").read_text() == "x"


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


@pytest.mark.parametrize("depth", [1_200, 20_000])
def test_it_removes_folders_however_deep_they_are(in_memory: Path, depth: int) -> None:
    nest(in_memory, depth)
    descriptors = os.listdir("/proc/self/fd")
    remove_tree(in_memory / ("d" * 10))
    assert list(in_memory.iterdir()) == []
    assert set(os.listdir("/proc/self/fd")) <= set(descriptors)


def test_it_removes_deep_folders_that_nobody_may_enter(ours: Path) -> None:
    def remove() -> bool:
        nest(ours, 300)
        for depth in (200, 100, 1):
            ours.joinpath(*["d" * 10] * depth).chmod(0)
        remove_tree(ours / ("d" * 10))
        return not list(ours.iterdir())

    assert as_nobody(remove)


def test_it_removes_a_link_in_the_place_of_a_folder(tmp_path: Path, outside: Path) -> None:
    (tmp_path / "link").symlink_to(outside)
    remove_tree(tmp_path / "link")
    assert untouched(outside) and not os.path.lexists(tmp_path / "link")


@pytest.mark.parametrize("make", [Path.touch, os.mkfifo])
def test_it_removes_what_is_no_folder(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "thing")
    remove_tree(tmp_path / "thing")
    assert not (tmp_path / "thing").exists()


def test_it_follows_no_link_that_takes_the_place_of_a_folder_meanwhile(
    tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    opened = os.open

    def swap(path: str, *args: int, **named: int) -> int:
        if path == "sub" and not (tree / "sub").is_symlink():
            (tree / "sub").rename(tmp_path / "moved")
            (tree / "sub").symlink_to(outside / "sub")
        return opened(path, *args, **named)

    monkeypatch.setattr(os, "open", swap)
    remove_tree(tree)
    assert untouched(outside) and not tree.exists()


def test_it_does_not_walk_up_out_of_a_folder_that_was_moved(
    tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree, elsewhere = tmp_path / "tree", tmp_path / "elsewhere"
    for folder in (tree / "sub" / "inner", elsewhere / "inner"):
        folder.mkdir(parents=True)
    elsewhere.chmod(0o750)
    opened = os.open

    def move(path: str, *args: int, **named: int) -> int:
        if path == ".." and (tree / "sub" / "inner").exists():
            (elsewhere / "inner").rename(tmp_path / "away")
            (tree / "sub" / "inner").rename(elsewhere / "moved")
            (elsewhere / "inner").mkdir()
        return opened(path, *args, **named)

    monkeypatch.setattr(os, "open", move)
    remove_tree(tree)
    assert not tree.exists()
    assert elsewhere.stat().st_mode & 0o777 == 0o750
    assert sorted(path.name for path in elsewhere.iterdir()) == ["inner", "moved"]


def test_it_says_what_resists_and_removes_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    for name in ("a", "stubborn", "z"):
        (tree / "sub" / name).write_text("x")
    unlink = os.unlink

    def refuse(path: str, dir_fd: int | None = None) -> None:
        if path == "stubborn":
            raise PermissionError(1, "Operation not permitted", path)
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", refuse)
    remove_tree(tree)
    assert [path.name for path in (tree / "sub").iterdir()] == ["stubborn"]
    assert caplog.messages == [f"{tree} cannot be removed: Operation not permitted"]


def test_it_opens_a_file_beneath_its_folder(tmp_path: Path) -> None:
    (tmp_path / "job" / "0-0-1").mkdir(parents=True)
    (tmp_path / "job" / "0-0-1" / "a.txt").write_text("x")
    with os.fdopen(open_beneath(tmp_path, "job/0-0-1/a.txt")) as file:
        assert file.read() == "x"


@pytest.mark.parametrize(
    "path",
    ["../outside/sub/file", "job/../job/file", "/etc/passwd", "job//file", "job/./file", "file\0",
     "\ud800", "", "job", "job/none", "job/link", "link/file", "job/pipe", "n" * 300,
     "job/file/more"],
)  # fmt: skip
def test_it_opens_nothing_else(tmp_path: Path, outside: Path, path: str) -> None:
    folder = tmp_path / "folder"
    (folder / "job").mkdir(parents=True)
    (folder / "job" / "file").write_text("x")
    (folder / "job" / "link").symlink_to(outside / "sub" / "file")
    (folder / "link").symlink_to(outside / "sub")
    os.mkfifo(folder / "job" / "pipe")
    with pytest.raises(FileNotFoundError):
        open_beneath(folder, path)
