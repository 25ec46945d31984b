"""Publishing what a job wrote, whatever it left in its output folder and still does there."""

from __future__ import annotations

import errno
import itertools
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bellhop.storage.files import Files, Scratch
from bellhop.storage.installation import FOLDERS
from bellhop.stores import copying, publishing
from tests.support.nobody import as_nobody

Published = tuple[dict[str, bytes], list[str | None]]


class Job:
    """A job with the folders of its process; what is published of them."""

    def __init__(self, folder: Path):
        for name in FOLDERS:
            (folder / name).mkdir()
        (folder / "secret").write_text("secret")
        self.folder, self.files = folder, Files(folder)
        self.scratch: Scratch = self.files.new_scratch("c1")
        self.output = self.scratch.output
        self.listed: list[dict[str, Any]] = []

    def publish(
        self,
        on_file: Callable[[], object] = lambda: None,
        hides: Callable[[str], bool] = lambda name: False,
    ) -> Published:
        """The content of each file by its name, and what was left out."""
        self.listed, left_out = self.files.publish(self.output, "job", "0-0-1", on_file, hides)
        return {file["name"]: self.read(file["path"]) for file in self.listed}, left_out

    def read(self, path: str) -> bytes:
        opened = self.files.open_result("job", path)
        assert isinstance(opened, int)
        with os.fdopen(opened, "rb") as file:
            return file.read()

    def path_of(self, name: str) -> Path:
        return self.folder / "results" / "job" / "0-0-1" / name


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def test_it_publishes_files_in_the_order_of_their_names(job: Job) -> None:
    (job.output / "b").mkdir()
    for name in ("c.txt", "b/2", "b/1", "b.txt", "a"):
        (job.output / name).write_text(name)
    job.publish()
    assert job.listed == [
        {"name": name, "size": len(name), "path": f"0-0-1/{name}"}
        for name in ("a", "b/1", "b/2", "b.txt", "c.txt")
    ]


def test_it_publishes_nothing_and_makes_nothing_of_an_empty_folder(job: Job) -> None:
    (job.output / "sub").mkdir()
    assert job.publish() == ({}, [])
    assert list((job.folder / "results").iterdir()) == []


def test_it_syncs_every_folder_on_the_way_to_a_published_file(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut leaves a completed item without its file."""
    (job.output / "sub").mkdir()
    (job.output / "sub" / "a.txt").write_text("x")
    synced = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    job.publish()
    results = job.folder / "results"
    place = results / "job" / "0-0-1"
    draft = results / "job" / "0-0-1.part"
    assert synced == [str(path) for path in (draft, place, place / "sub", place.parent, results)]


@pytest.mark.parametrize("name", ["output", "scratch"])
def test_it_follows_no_link_in_the_place_of_a_folder(job: Job, name: str) -> None:
    (job.folder / "output").mkdir()
    (job.folder / "output" / "secret").write_text("secret")
    place, target = {
        "output": (job.output, job.folder / "output"), "scratch": (job.scratch.folder, job.folder)
    }[name]  # fmt: skip
    place.rename(job.folder / "moved")
    place.symlink_to(target)
    assert job.publish() == ({}, ["output"])
    assert (job.folder / "secret").read_text() == "secret"


def test_it_publishes_nothing_of_a_folder_that_is_gone(job: Job) -> None:
    job.output.rmdir()
    assert job.publish() == ({}, [])


@pytest.mark.parametrize("target", ["secret", "results", "nothing"])
def test_it_leaves_out_links(job: Job, target: str) -> None:
    (job.output / "link").symlink_to(job.folder / target)
    assert job.publish() == ({}, ["link"])


def test_it_leaves_out_what_is_no_file_and_does_not_wait_for_it(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(job.output / "pipe")
    monkeypatch.chdir(job.output)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
    assert job.publish() == ({}, ["pipe", "socket"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_it_leaves_out_devices(job: Job) -> None:
    os.mknod(job.output / "zero", 0o666 | 0o020000, os.makedev(1, 5))
    assert job.publish() == ({}, ["zero"])


@pytest.mark.parametrize("become", ["link", "pipe", "nothing"])
def test_it_publishes_no_file_that_was_swapped_meanwhile(job: Job, become: str) -> None:
    (job.output / "a").write_text("x")

    def swap() -> None:
        (job.output / "a").unlink(missing_ok=True)
        if become == "link":
            (job.output / "a").symlink_to(job.folder / "secret")
        elif become == "pipe":
            os.mkfifo(job.output / "a")

    assert job.publish(swap) == ({}, ["a"])


def test_it_publishes_nothing_through_a_folder_that_was_swapped_meanwhile(job: Job) -> None:
    (job.output / "sub").mkdir()
    (job.output / "a").write_text("x")
    (job.output / "sub" / "secret").write_text("x")

    def swap() -> None:
        if not (job.output / "sub").is_symlink():
            (job.output / "sub").rename(job.scratch.home / "sub")
            (job.output / "sub").symlink_to(job.folder)

    assert job.publish(swap) == ({"a": b"x"}, ["sub"])


def test_it_publishes_no_file_of_somebody_else_that_has_another_name(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.link(job.folder / "secret", job.output / "linked")
    monkeypatch.setattr(os, "geteuid", lambda: (job.folder / "secret").stat().st_uid + 1)
    assert job.publish() == ({}, ["linked"])


def test_it_changes_no_result_with_a_file_that_was_kept_open(job: Job) -> None:
    path = job.output / "a"
    path.write_text("published")
    with path.open("r+b", buffering=0) as kept:
        job.publish()
        kept.write(b"CHANGED")
        os.fchmod(kept.fileno(), 0o777)
    assert job.path_of("a").read_text() == "published"
    assert job.path_of("a").stat().st_mode & 0o777 == 0o600


def test_it_changes_no_result_and_no_file_through_another_name(job: Job) -> None:
    (job.output / "a").write_text("published")
    (job.output / "a").chmod(0o640)
    os.link(job.output / "a", job.scratch.home / "other")
    job.publish()
    assert (job.scratch.home / "other").stat().st_mode & 0o777 == 0o640
    (job.scratch.home / "other").write_text("changed")
    assert job.path_of("a").read_text() == "published"


def test_it_publishes_what_the_job_took_the_rights_from(ours: Path) -> None:
    def publish() -> bool:
        job = Job(ours)
        (job.output / "sub").mkdir()
        for path in (job.output / "sub" / "a", job.output / "b"):
            path.write_text("x")
            path.chmod(0)
        for folder in (job.output / "sub", job.output, job.scratch.folder):
            folder.chmod(0)
        return job.publish() == ({"sub/a": b"x", "b": b"x"}, [])

    assert as_nobody(publish)


def test_it_keeps_holes(job: Job) -> None:
    with (job.output / "sparse").open("wb") as file:
        file.truncate(1 << 40)
        file.seek(1 << 39)
        file.write(b"x" * 10)
    job.files.publish(job.output, "job", "0-0-1", lambda: None, lambda name: False)
    made = job.path_of("sparse").stat()
    assert made.st_size == 1 << 40 and made.st_blocks < 1000
    with job.path_of("sparse").open("rb") as copied:
        copied.seek(1 << 39)
        assert copied.read(11) == b"x" * 10 + b"\0"


def test_it_reads_not_more_of_a_growing_file_than_it_held(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "CHUNK_BYTES", 10)
    (job.output / "a").write_bytes(b"x" * 25)

    def grow() -> None:
        with (job.output / "a").open("ab") as file:
            file.write(b"y" * 20)

    assert job.publish(on_call(2, grow)) == ({"a": b"x" * 25}, [])


def on_call(number: int, act: Callable[[], None]) -> Callable[[], None]:
    calls = itertools.count(1)
    return lambda: act() if next(calls) == number else None


def test_it_looks_after_the_lease_while_it_copies_a_large_file(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "CHUNK_BYTES", 10)
    (job.output / "a").write_bytes(b"x" * 95)
    calls: list[int] = []
    job.publish(lambda: calls.append(1))
    assert len(calls) >= 10


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes the disk has left, last."""
    left = [1 << 40]
    monkeypatch.setattr(copying, "free_bytes", lambda place: left[-1])
    return left


def test_it_goes_on_where_a_full_disk_stopped_it(job: Job, free: list[int]) -> None:
    whole = {name: name.encode() * 5000 for name in ("a", "b", "c")}
    for name, content in whole.items():
        (job.output / name).write_bytes(content)
    os.mkfifo(job.output / "pipe")
    with pytest.raises(OSError, match="No space left"):
        job.publish(on_call(2, lambda: free.append(0)))
    free.pop()
    assert [path.name for path in job.path_of("").iterdir()] == ["a"]
    assert job.publish() == (whole, ["pipe"])
    assert job.publish() == (whole, ["pipe"])
    assert [path.name for path in (job.folder / "results" / "job").iterdir()] == ["0-0-1"]


def test_it_publishes_a_file_that_does_not_fit_on_the_disk_twice(job: Job, free: list[int]) -> None:
    content = os.urandom((5 << 20) + 7)
    (job.output / "a").write_bytes(content)
    free.append(4 << 20)
    with (job.output / "a").open("r+b", buffering=0) as kept:
        assert job.publish() == ({"a": content}, [])
        assert os.fstat(kept.fileno()).st_size == 0


def test_it_cuts_no_file_that_has_another_name(job: Job, free: list[int]) -> None:
    (job.output / "a").write_bytes(b"x" * (5 << 20))
    os.link(job.output / "a", job.scratch.home / "other")
    free.append(4 << 20)
    with pytest.raises(OSError, match="No space left"):
        job.publish()
    assert (job.scratch.home / "other").stat().st_size == 5 << 20


def test_it_publishes_no_part_of_a_file_that_was_torn(job: Job, free: list[int]) -> None:
    """What is cut off cannot be published again: the item has to run again."""
    (job.output / "a").write_bytes(b"x" * (5 << 20))
    free.append(4 << 20)

    def fill() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(copying.Torn):
        job.publish(on_call(3, fill))
    assert list(job.path_of("").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a\nb", r"a\nb"),
        ("back\\slash", "back\\slash"),
        ("\x7f", r"\x7f"),
        ("cod\u202eexe.doc", r"cod\u202eexe.doc"),
        ("a\u200b", r"a\u200b"),
        (os.fsdecode(b"\xff"), r"\udcff"),
    ],
)
def test_it_leaves_out_names_that_cannot_be_shown(job: Job, name: str, told: str) -> None:
    (job.output / name).write_text("x")
    (job.output / "good").write_text("x")
    published, (left_out,) = job.publish()
    assert published == {"good": b"x"}
    assert left_out == told


def test_it_leaves_out_names_with_a_secret(job: Job) -> None:
    (job.output / "secret").mkdir()
    (job.output / "secret" / "a").write_text("x")
    assert job.publish(hides=lambda name: "secret" in name) == ({}, ["secret/a"])


def test_it_leaves_out_folders_that_are_too_deep(job: Job) -> None:
    deep = job.output
    for _ in range(publishing.MOST_DEPTH):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "a").write_text("x")
    (deep.parent / "b").write_text("x")
    published, left_out = job.publish()
    way = "d/" * (publishing.MOST_DEPTH - 1)
    assert (list(published), left_out) == ([f"{way}b"], [f"{way}d"])


def test_it_leaves_out_paths_that_are_too_long(job: Job) -> None:
    deep = job.output.joinpath(*["d" * 250] * 4)
    deep.mkdir(parents=True)
    (deep / ("a" * 30)).write_text("x")
    (deep / "b").write_text("x")
    published, (left_out,) = job.publish()
    assert [name[-1] for name in published] == ["b"]
    assert left_out == ("d" * 250 + "/" + "d" * 250)[: publishing.MOST_SHOWN]


def test_it_publishes_as_many_files_as_one_row_may_list(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "MOST_LIST_BYTES", 2000)
    for number in range(100):
        (job.output / f"ü{number:02}").write_text("x")
    published, left_out = job.publish()
    assert 1900 < len(json.dumps(job.listed)) <= 2000
    assert list(published) == [f"ü{number:02}" for number in range(len(published))]
    assert len(published) + len(left_out) == 100


def test_it_names_the_first_of_many_files_that_it_left_out(job: Job) -> None:
    for number in range(200):
        (job.output / f"{number:03}").symlink_to("/")
    _, left_out = job.publish()
    assert left_out == [*(f"{number:03}" for number in range(100)), None]


def test_it_reads_not_more_names_than_it_may(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "MOST_NAMES", 10)
    (job.output / "sub").mkdir()
    for number in range(8):
        (job.output / str(number)).write_text("x")
        (job.output / "sub" / str(number)).write_text("x")
    published, left_out = job.publish()
    assert len(published) == 9
    assert left_out == [None]
