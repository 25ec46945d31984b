"""Which place of files a start takes, and which it refuses with one line, nothing changed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest

from bellhop.base.errors import StartRefused, StoreAway
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import (
    Installation,
    agree,
    make_folder,
    read_record,
    write_record,
)
from bellhop.stores.contents import AHEAD_BYTES, RemoteContent, Stream
from bellhop.stores.filesystem import KINDS
from tests.support.disks import disk_at
from tests.support.objects import ObjectStore

Config = Callable[[str], Settings]
ELSEWHERE = pytest.mark.parametrize("files_at", ["mount", "s3"], indirect=True)


def started(config: Config, files: str) -> Installation:
    """What a start on these files agrees on, and records."""
    settings = config(f"[storage]\nfiles = {files}\n")
    return agree(make_folder(settings), settings, lambda url: None)[0]


def used(config: Config, files: str) -> Installation:
    """An installation that has jobs, with its files there."""
    here = replace(started(config, files), has_database=True)
    write_record(here)
    return here


def refusal(config: Config, files: str) -> str:
    """The one line of a start that changes nothing of the record."""
    folder = config("").data_dir
    recorded = read_record(folder)
    with pytest.raises(StartRefused) as refused:
        started(config, files)
    assert read_record(folder) == recorded
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_it_records_where_files_are_without_credentials(config: Config, files_at: str) -> None:
    here = started(config, files_at)
    assert here.files.partition("?")[0].endswith(files_at.partition("?")[0].rpartition("@")[2])
    assert "secret" not in here.files


def test_it_starts_again_in_its_place(config: Config, files_at: str) -> None:
    assert used(config, files_at) == started(config, files_at)


def test_it_removes_the_files_of_several_jobs_together(
    config: Config, files_at: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a bucket, each call is a request or more; what has no name of a job has no files."""
    files = Files(used(config, files_at).folder, files_at)
    (tmp_path / "file").touch()
    for job in ("one", "two", "three"):
        for kind in KINDS:
            files._store.put(tmp_path / "file", f"{kind}/{job}/0")
    calls, remove = [], files._store.remove

    def note(*prefixes: str) -> None:
        calls.append(prefixes)
        remove(*prefixes)

    monkeypatch.setattr(files._store, "remove", note)
    files.remove_jobs(["one", "..", "a/b", "three"])
    assert [job for kind in KINDS for job, _ in files._store.jobs(kind)] == ["two"] * len(KINDS)
    assert len(calls) == 1


@ELSEWHERE
def test_it_leaves_no_files_behind_in_another_place(config: Config, files_at: str) -> None:
    used(config, "")
    assert "files of this installation are in the data folder" in refusal(config, files_at)
    if files_at.startswith("/"):
        assert os.listdir(files_at) == []


@ELSEWHERE
def test_it_leaves_no_files_behind_when_it_comes_back(config: Config, files_at: str) -> None:
    used(config, files_at)
    assert "but [storage] files names the data folder" in refusal(config, "")


@ELSEWHERE
def test_it_refuses_a_place_without_its_files(
    config: Config, files_at: str, tmp_path: Path, object_store: ObjectStore
) -> None:
    used(config, files_at)
    (tmp_path / "other").mkdir()
    other = str(tmp_path / "other") if files_at.startswith("/") else object_store.url()
    assert "does not hold the files of this Bellhop" in refusal(config, other)
    assert os.listdir(tmp_path / "other") == []


def test_it_finds_its_files_under_another_path(config: Config, tmp_path: Path) -> None:
    """What is mounted elsewhere today is the same folder, by the mark in it."""
    (tmp_path / "one").mkdir()
    used(config, str(tmp_path / "one"))
    (tmp_path / "one").rename(tmp_path / "two")
    assert started(config, str(tmp_path / "two")).files == str(tmp_path / "two")


@ELSEWHERE
def test_it_refuses_the_files_of_another_installation(config: Config, files_at: str) -> None:
    folder = used(config, files_at).folder
    folder.rename(folder.with_name("first"))
    assert "holds the files of another Bellhop" in refusal(config, files_at)


@ELSEWHERE
def test_it_refuses_a_place_that_holds_something_else(config: Config, files_at: str) -> None:
    if files_at.startswith("/"):
        (Path(files_at) / "uploads" / "job").mkdir(parents=True)
    else:
        Files(config("").data_dir, files_at)._store.put_bytes(b"x", "a")  # type: ignore[attr-defined]
    assert "is not empty" in refusal(config, files_at)


def test_it_refuses_a_folder_that_is_not_there(config: Config, tmp_path: Path) -> None:
    said = refusal(config, str(tmp_path / "missing"))
    assert "cannot be used: No such file or directory" in said
    assert not (tmp_path / "missing").exists()


def test_it_refuses_a_folder_that_it_cannot_write_to(config: Config, tmp_path: Path) -> None:
    with disk_at(tmp_path / "shared", size_mb=1) as disk:
        mounted = ["mount", "-o", "remount,ro", str(disk)]
        assert os.spawnvp(os.P_WAIT, mounted[0], mounted) == 0
        assert "cannot be used: Read-only file system" in refusal(config, str(disk))


def test_it_refuses_a_relative_path(config: Config) -> None:
    assert "neither a path from /" in refusal(config, "shared")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"secret": "wrong"}, "check the key"),
        ({"bucket": "missing"}, "no such bucket"),
        ({"port": 1}, "does not answer"),
    ],
)
def test_it_refuses_a_bucket_that_it_cannot_use(
    config: Config, object_store: ObjectStore, changed: dict[str, str], said: str
) -> None:
    assert said in refusal(config, object_store.url(**changed))  # type: ignore[arg-type]


def test_it_refuses_a_bucket_that_it_may_only_read(
    config: Config, object_store: ObjectStore
) -> None:
    assert "must be allowed to list, read, write" in refusal(config, object_store.reading_url("p"))


@ELSEWHERE
def test_it_keeps_scratch_and_incoming_in_the_data_folder(config: Config, files_at: str) -> None:
    here = started(config, files_at)
    files = Files(here.folder, files_at)
    assert files.new_scratch("c1").folder.is_relative_to(here.folder)
    assert files.new_incoming().is_relative_to(here.folder)
    assert not any((here.folder / kind / "job").exists() for kind in KINDS)


@ELSEWHERE
def test_it_calls_the_results_of_each_attempt_otherwise(config: Config, files_at: str) -> None:
    files = Files(started(config, files_at).folder, files_at)
    assert len({files.fresh_name("0-0-1") for _ in range(9)}) == 9


# Streams.


def pieces(*found: bytes) -> Generator[bytes]:
    yield from found


def test_it_reads_a_stream_in_its_order() -> None:
    stream = Stream(6, pieces(b"ab", b"cde", b"f"))
    assert b"".join(iter(lambda: stream.read(2), b"")) == b"abcdef"


def test_it_goes_back_within_a_piece() -> None:
    stream = Stream(4, pieces(b"abcd"))
    assert stream.read(3) == b"abc"
    stream.seek(-2, os.SEEK_CUR)
    assert stream.read() == b"bcd"


def test_it_fetches_only_a_little_ahead() -> None:
    taken = []

    def endless() -> Generator[bytes]:
        while True:
            taken.append(1)
            yield b"x" * (AHEAD_BYTES // 4)

    with Stream(1 << 40, endless()) as stream:
        stream.read(1)
        assert len(taken) <= 7


def test_it_does_not_let_a_server_wait() -> None:
    may_come, woken = threading.Event(), threading.Event()

    def late() -> Generator[bytes]:
        may_come.wait()
        yield b"abc"

    with Stream(3, late()) as stream:
        stream.wake = woken.set
        assert (stream.read(3), stream.is_dry) == (b"", True)
        may_come.set()
        assert woken.wait(10)
        assert (stream.is_dry, stream.read(3)) == (False, b"abc")


def test_it_says_that_a_stream_broke_off() -> None:
    with Stream(9, pieces(b"abc")) as stream:
        assert stream.read(3) == b"abc"
        with pytest.raises(OSError, match="has become shorter"):
            stream.read(3)


def test_it_asks_a_store_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bellhop.stores.contents.AGAIN_S", 0)
    asked = []

    def read(first: int, end: int) -> Generator[bytes]:
        asked.append((first, end))
        yield b"abcdefgh"[first : first + 3]
        if end - first > 3:
            raise StoreAway("cut")

    content = RemoteContent(8, 0.0, read)
    assert b"".join(content.chunks(1, 8)) == b"bcdefgh"
    assert asked == [(1, 8), (4, 8), (7, 8)]


def test_it_asks_a_store_only_so_often_that_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bellhop.stores.contents.AGAIN_S", 0)
    with pytest.raises(StoreAway):
        list(RemoteContent(8, 0.0, lambda first, end: pieces()).chunks(0, 8))
