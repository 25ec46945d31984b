"""Folders of jobs and job processes: what is kept, cleared and used again."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop.storage.files import Files, Scratch
from bellhop.storage.installation import FOLDERS
from tests.support.nobody import as_nobody

Replace = Callable[[Path], object]


def become_a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        os.chdir(path.parent)  # the path of a socket is short
        bound.bind(path.name)


def become_a_file(path: Path) -> None:
    path.write_text("x")


def become_a_link(path: Path) -> None:
    path.symlink_to(path.parent.parent / "outside")


def become_a_closed_folder(path: Path) -> None:
    (path / "inner").mkdir(parents=True)
    (path / "inner").chmod(0)
    path.chmod(0)


REPLACED: list[Replace] = [become_a_file, become_a_link, become_a_socket, os.mkfifo]
REPLACED += [become_a_closed_folder, lambda path: None]


def is_as_new(scratch: Scratch) -> bool:
    inside = sorted(path.name for path in scratch.folder.iterdir())
    return inside == ["home", "input", "output"] and not list(scratch.folder.glob("*/*"))


def scratch_in(folder: Path) -> Scratch:
    """A scratch folder beside `outside`, which nothing may be done to."""
    (folder / "outside").mkdir()
    (folder / "outside" / "file").write_text("x")
    (folder / "outside").chmod(0o550)
    return Scratch(folder / "scratch")


def is_untouched(folder: Path) -> bool:
    outside = folder / "outside"
    return outside.stat().st_mode & 0o777 == 0o550 and (outside / "file").read_text() == "x"


@pytest.mark.parametrize("name", ["home", "output"])
@pytest.mark.parametrize("replace", REPLACED)
def test_it_clears_a_folder_whatever_took_its_place(
    ours: Path, name: str, replace: Replace
) -> None:
    def clear() -> bool:
        scratch = scratch_in(ours)
        (scratch.folder / name).rmdir()
        replace(scratch.folder / name)
        scratch.clear()
        return is_as_new(scratch) and is_untouched(ours)

    assert as_nobody(clear)


@pytest.mark.parametrize("mode", [0o000, 0o300, 0o500])
@pytest.mark.parametrize("name", ["", "home", "output"])
def test_it_clears_a_folder_whose_rights_were_taken_away(ours: Path, name: str, mode: int) -> None:
    def clear() -> bool:
        scratch = scratch_in(ours)
        (scratch.home / "file").write_text("x")
        (scratch.folder / name).chmod(mode)
        scratch.clear()
        return is_as_new(scratch)

    assert as_nobody(clear)


def test_it_clears_what_lies_beside_the_two_folders(ours: Path) -> None:
    def clear() -> bool:
        scratch = scratch_in(ours)
        become_a_closed_folder(scratch.folder / "beside")
        become_a_link(scratch.folder / "link")
        scratch.clear()
        return is_as_new(scratch) and is_untouched(ours)

    assert as_nobody(clear)


def test_it_clears_again_what_was_replaced_before(tmp_path: Path) -> None:
    scratch = scratch_in(tmp_path)
    for _ in range(2):
        scratch.output.rmdir()
        become_a_link(scratch.output)
        (scratch.home / "file").write_text("x")
        scratch.clear()
        assert is_as_new(scratch)


def test_it_clears_nothing_behind_a_link_in_the_place_of_all(tmp_path: Path) -> None:
    scratch, other = scratch_in(tmp_path), Scratch(tmp_path / "other")
    (other.home / "file").write_text("x")
    scratch.folder.rename(tmp_path / "moved")
    scratch.folder.symlink_to(other.folder)
    with pytest.raises(OSError, match="Not a directory"):
        scratch.clear()
    scratch.remove()
    assert (other.home / "file").exists() and not os.path.lexists(scratch.folder)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    for name in FOLDERS:
        (tmp_path / name).mkdir()
    return Files(tmp_path)


@pytest.fixture
def stored(files: Files, tmp_path: Path) -> list[dict[str, object]]:
    """The output files of an earlier result."""
    scratch = files.new_scratch("c1")
    (scratch.output / "sub").mkdir()
    (scratch.output / "sub" / "a.txt").write_text("x")
    found, _ = files.publish(scratch.output, "old", "0-0-1", lambda: None, lambda name: False)
    return found


def test_it_uses_the_files_of_a_result_again(
    files: Files, stored: list[dict[str, object]], tmp_path: Path
) -> None:
    (again,) = files.reuse(stored, "old", "new", "1-0-2")
    assert again == {"name": "sub/a.txt", "size": 1, "path": "1-0-2/sub/a.txt"}
    opened = files.open_result("new", "1-0-2/sub/a.txt")
    assert isinstance(opened, int)
    with os.fdopen(opened, "rb") as file:
        assert file.read() == b"x"


def test_it_copies_them_where_the_disk_has_no_links(
    files: Files, stored: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **named: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    files.reuse(stored, "old", "new", "1-0-2")
    opened = files.open_result("new", "1-0-2/sub/a.txt")
    assert isinstance(opened, int)
    with os.fdopen(opened, "rb") as file:
        assert file.read() == b"x"


@pytest.mark.parametrize(
    "stored_wrongly",
    [{"path": "0-0-1/link"}, {"path": "0-0-1/../../../secret"}, {"path": "/etc/passwd"},
     {"name": "../../../made"}, {"name": "/tmp/made"}],
)  # fmt: skip
def test_it_uses_nothing_else_again(
    files: Files, stored: list[dict[str, object]], tmp_path: Path, stored_wrongly: dict[str, str]
) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "results" / "old" / "0-0-1" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(FileNotFoundError):
        files.reuse([{**stored[0], **stored_wrongly}], "old", "new", "1-0-2")
    assert not (tmp_path / "made").exists()


def test_it_lists_jobs_while_one_of_them_is_removed(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gone", "there"):
        (tmp_path / "results" / name).mkdir()
    scan = os.scandir

    def remove_one(path: Path) -> list[os.DirEntry[str]]:
        entries = list(scan(path))
        (tmp_path / "results" / "gone").rmdir()
        return entries

    monkeypatch.setattr(os, "scandir", remove_one)
    assert files.jobs_with("results", -1) == ["there"]
