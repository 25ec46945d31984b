"""The folders of an installation on several disks: what is moved between them arrives whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bellhop.base.errors import StartRefused
from bellhop.settings.settings import Settings
from bellhop.storage import files
from bellhop.storage.files import PLACES, Files
from bellhop.storage.installation import Installation, make_folder
from bellhop.stores import copying
from tests.support.disks import WAYS, disk_at, elsewhere, fill, free_bytes

Config = Callable[[str], Settings]
GIVEN = {"0.csv": os.urandom(100_000), "1": b""}


@pytest.fixture(params=[(place, way) for place in PLACES for way in WAYS], ids="-".join)
def spread(request: pytest.FixtureRequest, config: Config) -> Iterator[Files]:
    """A data folder with one of its folders on another disk."""
    place, way = request.param
    settings = config("")
    with elsewhere(settings.data_dir / place, way):
        yield Files(make_folder(settings))


@pytest.fixture
def two_disks(config: Config) -> Iterator[Files]:
    """A data folder with its uploads on another disk."""
    settings = config("")
    with elsewhere(settings.data_dir / "uploads", "mount"):
        yield Files(make_folder(settings))


def incoming_of(files: Files) -> Path:
    incoming = files.new_incoming()
    for name, content in GIVEN.items():
        (incoming / name).write_bytes(content)
    return incoming


def uploads_of(files: Files) -> dict[str, bytes]:
    return {name: files.upload("job", name).read_bytes() for name in GIVEN}


def test_it_accepts_an_upload(spread: Files) -> None:
    spread.accept(incoming_of(spread), "job")
    assert uploads_of(spread) == GIVEN


def test_it_publishes_what_a_job_wrote(spread: Files) -> None:
    scratch = spread.new_scratch("c1")
    (scratch.output / "a").write_text("made")
    found, left_out = spread.publish(scratch.output, "job", "0-0-1", lambda: None, lambda _: False)
    assert (found, left_out) == ([{"name": "a", "size": 4, "path": "0-0-1/a"}], [])
    assert spread.result("job", "0-0-1/a").read_text() == "made"
    assert list(scratch.output.iterdir()) == []


def test_it_gives_a_job_a_copy_of_its_file(spread: Files) -> None:
    spread.accept(incoming_of(spread), "job")
    copied = spread.new_scratch("c1").take_in(spread.upload("job", "0.csv"))
    assert copied.read_bytes() == GIVEN["0.csv"]
    copied.write_text("changed")
    assert uploads_of(spread) == GIVEN


def test_it_removes_what_belongs_to_a_job(spread: Files) -> None:
    spread.accept(incoming_of(spread), "job")
    spread.remove_job("job")
    assert not spread.has_uploads("job")
    assert not spread.has_jobs()


def test_it_syncs_an_upload_that_it_copies(
    two_disks: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file, its folder and the name of that: the answer 202 promises it."""
    incoming, synced = incoming_of(two_disks), []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    two_disks.accept(incoming, "job")
    place = two_disks.upload("job", "")
    assert {str(place / name) for name in GIVEN} <= set(synced)
    assert synced[-2:] == [str(place), str(place.parent)]


def test_it_leaves_nothing_of_an_upload_that_does_not_fit(two_disks: Files) -> None:
    incoming = incoming_of(two_disks)
    fill(two_disks.upload("", ""), leave=50_000)
    with pytest.raises(OSError, match="No space left"):
        two_disks.accept(incoming, "job")
    assert not two_disks.has_uploads("job")
    assert (incoming / "0.csv").read_bytes() == GIVEN["0.csv"]


def test_it_renames_where_all_is_on_one_disk(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Files(make_folder(config("")))
    monkeypatch.setattr(files, "copy", lambda *_: pytest.fail("it was copied"))
    found.accept(incoming_of(found), "job")
    assert uploads_of(found) == GIVEN


def test_it_passes_on_every_other_error_of_a_rename(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    found = Files(make_folder(config("")))
    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError, match="Input/output error"):
        found.accept(incoming_of(found), "job")


@pytest.mark.parametrize("place", ["incoming", "uploads"])
def test_it_counts_each_disk_that_an_upload_needs(config: Config, place: str) -> None:
    settings = config("")
    with elsewhere(settings.data_dir / place, "mount", size_mb=8):
        found = Files(make_folder(settings))
        assert found.upload_bytes_left() <= 8 << 20 < found.free_bytes()


def test_it_counts_the_disk_that_jobs_write_to(config: Config) -> None:
    settings = config("")
    with elsewhere(settings.data_dir / "scratch", "mount", size_mb=8):
        found = Files(make_folder(settings))
        assert found.new_scratch("c1").free_bytes() <= 8 << 20 < found.free_bytes()


def full_results(files: Files, size: int) -> tuple[Path, Callable[[], None]]:
    """An output file of `size` bytes for which the disk of the results lacks a MiB."""
    output = files.new_scratch("c1").output
    (output / "a").write_bytes(os.urandom(size))
    return output, fill(files.result("", ""), leave=size - (1 << 20))


def test_it_tears_no_output_for_which_another_disk_has_no_room(config: Config) -> None:
    """What is cut off here makes no room there."""
    settings = config("")
    with elsewhere(settings.data_dir / "results", "mount"):
        found = Files(make_folder(settings))
        output, give_back = full_results(found, 8 << 20)
        made = (output / "a").read_bytes()
        with pytest.raises(OSError, match="No space left"):
            found.publish(output, "job", "0-0-1", lambda: None, lambda _: False)
        assert (output / "a").read_bytes() == made
        give_back()
        found.publish(output, "job", "0-0-1", lambda: None, lambda _: False)
        assert found.result("job", "0-0-1/a").read_bytes() == made


def test_it_publishes_although_the_disk_of_the_scratch_is_full(config: Config) -> None:
    """The job itself filled it, and only publishing makes room again."""
    settings = config("")
    with elsewhere(settings.data_dir / "scratch", "mount"):
        found = Files(make_folder(settings))
        output = found.new_scratch("c1").output
        (output / "a").write_text("made")
        fill(output)
        (output / "ballast").rename(output.parent / "ballast")
        assert free_bytes(output) == 0
        listed, _ = found.publish(output, "job", "0-0-1", lambda: None, lambda _: False)
        assert [file["name"] for file in listed] == ["a"]


def test_it_cuts_no_result_that_it_uses_again(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk has no links, the earlier result stays whole, room or not."""
    found = Files(make_folder(config("")))
    output = found.new_scratch("c1").output
    (output / "a").write_bytes(b"x" * (5 << 20))
    listed, _ = found.publish(output, "old", "0-0-1", lambda: None, lambda _: False)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(copying, "free_bytes", lambda place: 4 << 20)
    found.reuse(listed, "old", "new", "1-0-1")
    assert found.result("old", "0-0-1/a").stat().st_size == 5 << 20


@pytest.mark.parametrize("place", PLACES)
def test_it_leaves_alone_what_a_disk_brings_along(config: Config, place: str) -> None:
    """Each ext4 has a lost+found: it is no job, no upload and no litter."""
    found = Files(make_folder(config("")))
    lost = found.spool.parent / place / "lost+found"
    lost.mkdir()
    found.remove_incoming()
    assert not found.has_jobs()
    assert found.scratch_folders() == {}
    assert lost.exists()


@pytest.mark.parametrize("place", PLACES)
def test_it_refuses_a_link_to_a_disk_that_is_not_there(config: Config, place: str) -> None:
    settings = config("")
    settings.data_dir.mkdir()
    (settings.data_dir / place).symlink_to(settings.data_dir.parent / "not-mounted")
    with pytest.raises(StartRefused, match=rf"/{place} cannot be used: No such file or directory"):
        make_folder(settings)
    assert not (settings.data_dir.parent / "not-mounted").exists()


@pytest.mark.parametrize("place", PLACES)
def test_it_refuses_a_folder_that_cannot_be_written(config: Config, place: str) -> None:
    settings = config("")
    with elsewhere(settings.data_dir / place, "mount", size_mb=1) as folder:
        mounted = ["mount", "-o", "remount,ro", str(folder)]
        assert os.spawnvp(os.P_WAIT, mounted[0], mounted) == 0
        with pytest.raises(StartRefused, match=rf"/{place} cannot be used: Read-only file system"):
            make_folder(settings)


@pytest.mark.sqlite("its write-ahead log")
def test_it_finds_the_log_of_a_database_that_is_a_link(
    config: Config, here: Installation, tmp_path: Path
) -> None:
    """SQLite has it beside the file, not beside the link."""
    from bellhop.database.database import bind, database, query

    database.close()
    with disk_at(tmp_path / "other") as disk:
        os.rename(here.database, tmp_path / "kept")
        (disk / "bellhop.db").write_bytes((tmp_path / "kept").read_bytes())
        here.database.symlink_to(disk / "bellhop.db")
        bind(here.database)
        query("PRAGMA journal_mode = wal")
        query("CREATE TABLE more (text)")
        assert database.log_bytes() > 0
        database.close()
