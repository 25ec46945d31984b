"""A whole job as one download: all files as a zip, all data as a table."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bellhop.base.errors import ItemError
from bellhop.consumer.workers import Workers
from bellhop.database.database import database
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.web.archive import Archive, Entry, safe_name
from bellhop.web.shown import table
from tests.support import single
from tests.support.jobs import end
from tests.support.wsgi import WsgiClient

Submit = Callable[..., Job]
JOBS = "/api/v1/jobs"
# Where ZIP64 begins in tests: bytes, and the number of files.
LIMIT, COUNT = 500, 9
AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


def run_all(workers: Workers) -> None:
    while workers.run_next():
        pass
    database.close()


# The zip.


def test_it_gives_all_files_in_a_folder_for_each_item(web: WsgiClient, workers: Workers) -> None:
    job_id = web.upload(("a.txt", b"abc"), ("a.txt", b"x\n" * 9)).json["job_id"]
    run_all(workers)
    answer = web.get(f"{JOBS}/{job_id}/files.zip")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
    assert answer.headers["Content-Length"] == str(len(answer.body))
    with zipfile.ZipFile(io.BytesIO(answer.body)) as found:
        assert found.testzip() is None
        assert found.read("1 a.txt/upper.txt") == b"ABC"
        assert found.read("2 a.txt/upper.txt") == b"X\n" * 9


def test_it_puts_the_files_of_one_item_at_the_top(web: WsgiClient, workers: Workers) -> None:
    job_id = web.upload(("größe.txt", b"abc")).json["job_id"]
    run_all(workers)
    answer = web.get(f"{JOBS}/{job_id}/files.zip")
    assert "gr%C3%B6%C3%9Fe.txt.zip" in (answer.headers["Content-Disposition"] or "")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as found:
        assert "upper.txt" in found.namelist()


def test_it_has_no_zip_without_files(web: WsgiClient, submit: Submit) -> None:
    job = submit("a")
    assert web.get(f"{JOBS}/{job.job_id}/files.zip").code == "job-not-finished"
    end(job, None)
    assert web.get(f"{JOBS}/{job.job_id}/files.zip").code == "not-found"


def test_it_ends_a_zip_of_which_a_file_is_gone(
    web: WsgiClient, workers: Workers, here: Installation
) -> None:
    job_id = web.upload(("a.txt", b"abc")).json["job_id"]
    run_all(workers)
    (here.folder / "results" / job_id / "0-0-1" / "upper.txt").unlink()
    with pytest.raises(FileNotFoundError):
        web.get(f"{JOBS}/{job_id}/files.zip")


def archive_of(folder: Path, files: dict[str, bytes]) -> Archive:
    entries = []
    for number, (name, content) in enumerate(files.items()):
        place = folder / str(number)
        place.write_bytes(content)
        entries.append(Entry(name, len(content), partial(os.open, place, os.O_RDONLY)))
    return Archive(entries, AT)


def test_it_makes_an_archive_piece_by_piece(tmp_path: Path) -> None:
    files = {"a/größe.bin": os.urandom(70_000), "empty": b"", "b": b"b"}
    archive, sent = archive_of(tmp_path, files), b""
    while data := archive.read(1000):
        # A server that could not send all of it reads the rest again.
        taken = data[: 1 + len(data) // 2]
        archive.seek(len(sent) + len(taken))
        sent += taken
    assert len(sent) == archive.length
    with zipfile.ZipFile(io.BytesIO(sent)) as found:
        assert {name: found.read(name) for name in found.namelist()} == files
        assert found.infolist()[0].date_time == (2026, 5, 4, 3, 2, 0)


def test_it_closes_what_it_opened(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, {"a": bytes(200_000), "b": b"b"})
    before = len(os.listdir("/proc/self/fd"))
    archive.read(1)
    assert len(os.listdir("/proc/self/fd")) == before + 1
    archive.close()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    "sizes",
    [
        (LIMIT, 5),
        (LIMIT + 1, 5),
        (LIMIT - 60, 0, 0),
        (1,) * COUNT,
        (1,) * (COUNT + 1),
        (5, 3000, 0),
    ],
    ids=str,
)
def test_it_knows_its_length_where_zip64_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: Sequence[int]
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", LIMIT)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", COUNT)
    files = {f"größe {number}": b"x" * size for number, size in enumerate(sizes)}
    archive = archive_of(tmp_path, files)
    content = b"".join(iter(archive.read, b""))
    assert len(content) == archive.length
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        assert {name: found.read(name) for name in found.namelist()} == files


def test_it_holds_files_beyond_four_gigabytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "crc32", lambda data, so_far=0: 0)  # the most of the time
    large = 0xFFFFFFFF + 5
    (tmp_path / "after").write_bytes(b"ok")
    entries = [
        Entry("large", large, partial(os.open, "/dev/zero", os.O_RDONLY)),
        Entry("after", 2, partial(os.open, tmp_path / "after", os.O_RDONLY)),
    ]
    archive, length, tail = Archive(entries, AT), 0, b""
    while data := archive.read():
        length, tail = length + len(data), (tail + data)[-400:]
    assert length == archive.length
    infos = zipfile.ZipFile(Sparse(length, tail)).infolist()
    assert [(info.filename, info.file_size) for info in infos] == [("large", large), ("after", 2)]
    assert infos[1].header_offset > large


class Sparse(io.RawIOBase):
    """A file of zeros with a tail."""

    def __init__(self, length: int, tail: bytes):
        self._length, self._tail, self._at = length, tail, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = (0, self._at, self._length)[whence] + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        inside = self._at - (self._length - len(self._tail))
        data = self._tail[inside:] if size < 0 else self._tail[inside : inside + size]
        self._at += len(data)
        return data


@pytest.mark.parametrize(
    ("text", "name"),
    [("https://example.org/a?b", "https_example.org_a_b"), ("..", "_"), ("a\n\\b", "a_b"),
     ("größe.csv", "größe.csv"), ("x" * 99, "x" * 80)],
)  # fmt: skip
def test_it_names_folders_for_every_system(text: str, name: str) -> None:
    assert safe_name(text) == name


# The table.


def rows_of(answer: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.decode("utf-8-sig"))))


def test_it_gives_the_data_of_all_items_as_a_table(web: WsgiClient, submit: Submit) -> None:
    job = submit("a", "b", "c")
    for data in ({"total": {"net": 1.5}, "ok": True}, {"tags": ["x", "y"], "name": "größe"}):
        claim = single.claim(job.queue, "c1/1")
        assert claim
        single.complete(claim, data=json.dumps(data), files="[]", warnings="[]")
    end(job, ItemError("odd", "Odd."))
    answer = web.get(f"{JOBS}/{job.job_id}/result.csv")
    assert "a%20job.csv" in (answer.headers["Content-Disposition"] or "")
    columns = ("item", "filename", "status", "code", "message", "total.net", "ok", "tags", "name")
    assert [tuple(row.values()) for row in rows_of(answer.body)] == [
        ("1", "a", "completed", "", "", "1.5", "true", "", ""),
        ("2", "b", "completed", "", "", "", "", '["x", "y"]', "größe"),
        ("3", "c", "failed", "odd", "Odd.", "", "", "", ""),
    ]
    assert tuple(rows_of(answer.body)[0]) == columns


def written(*data: Any) -> Sequence[dict[str, str]]:
    views = [
        {"index": index, "filename": "a", "status": "completed", "error": None, "data": each}
        for index, each in enumerate(data)
    ]
    file = io.StringIO()
    table.write(file, lambda: views)
    return rows_of(file.getvalue().encode())


def test_it_writes_a_row_for_each_entry_of_a_list() -> None:
    assert [(row["item"], row["n"]) for row in written([{"n": 1}, {"n": 2}], {"n": 3})] == [
        ("1", "1"),
        ("1", "2"),
        ("2", "3"),
    ]


def test_it_keeps_its_own_columns() -> None:
    (row,) = written({"status": "paid", "item": 7})
    assert (row["status"], row["data.status"], row["data.item"]) == ("completed", "paid", "7")


def test_it_writes_data_that_is_no_object() -> None:
    assert [row["data"] for row in written("text", 7, ["a"])] == ["text", "7", '["a"]']


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\ta"])
def test_it_writes_no_formula(text: str) -> None:
    (row,) = written({"text": text, text: 1, "number": -1})
    assert (row["text"], row["number"]) == (f"'{text}", "-1")
    assert f"'{text}" in row


def test_it_bounds_the_columns() -> None:
    few, many = written({"a": 1}, {f"c{number}": number for number in range(600)})
    assert len(few) == table.MOST_COLUMNS + 1
    assert len(json.loads(many["other"])) == 600 - (table.MOST_COLUMNS - 6)
    assert few["other"] == ""
