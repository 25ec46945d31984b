"""Uploads between their requests: what survives a kill, a power cut, and nobody who takes them."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bellhop.base.errors import Problem
from bellhop.base.times import timestamp
from bellhop.database.database import query
from bellhop.jobs import queries
from bellhop.storage.installation import Installation
from bellhop.storage.models import Upload
from bellhop.system.boot import boot
from bellhop.uploads import uploads as module
from bellhop.uploads.parts import Part
from bellhop.uploads.uploads import Uploads, forget_old, remove_litter

OWNER = "local"


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close in the end what requests would have closed."""
    opened = []

    class Noted(Part):
        def __init__(self, path: Path, start: int):
            super().__init__(path, start)
            opened.append(self)

    monkeypatch.setattr(module, "Part", Noted)
    yield
    for part in opened:
        part.close()


@pytest.fixture
def uploads(here: Installation) -> Uploads:
    return Uploads(here.folder)


def begun(uploads: Uploads, length: int = 10, metadata: str = "") -> Upload:
    return uploads.add(OWNER, "a.txt", length, metadata, lambda: None)


def announced(content: bytes) -> str:
    """The metadata of an upload that will have this content."""
    sha256 = hashlib.sha256(content).hexdigest().encode()
    return f"sha256 {base64.b64encode(sha256).decode()}"


@pytest.fixture
def nameless_boot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A system that does not tell its boots apart: macOS, a container without most of /proc."""
    monkeypatch.setattr("bellhop.system.boot.BOOT_ID", tmp_path / "none")
    boot.cache_clear()
    yield
    boot.cache_clear()


def killed(uploads: Uploads, upload: Upload, *, kept: bytes, written: bytes) -> Uploads:
    """What the next web finds of an upload of which `kept` was answered, and more had arrived."""
    part = uploads.begin(upload, 0)
    part.write(kept)
    uploads.keep(upload, part)
    part.write(written)
    part.close()
    return Uploads(uploads._parts._folder.parent.parent)


def path_of(here: Installation, upload: Upload) -> Path:
    return here.folder / "uploads" / ".parts" / upload.id


def test_it_keeps_after_a_kill_what_had_arrived(uploads: Uploads) -> None:
    upload = begun(uploads)
    after = killed(uploads, upload, kept=b"123", written=b"45")
    assert after.offset(after.find(OWNER, upload.id)) == 5


def test_it_trusts_after_a_power_cut_what_was_kept_only(
    uploads: Uploads, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = begun(uploads)
    after = killed(uploads, upload, kept=b"123", written=b"\0\0")
    monkeypatch.setattr(module, "boot", lambda: "another boot")
    found = after.find(OWNER, upload.id)
    assert after.offset(found) == 3
    after.begin(found, 3).write(b"4")
    assert path_of(here, upload).read_bytes() == b"1234"
    # What has arrived since then is there after a kill again.
    assert after.offset(after.find(OWNER, upload.id)) == 4


def test_it_trusts_what_was_kept_only_where_a_boot_has_no_name(
    uploads: Uploads, nameless_boot: None
) -> None:
    upload = begun(uploads)
    after = killed(uploads, upload, kept=b"123", written=b"45")
    assert after.offset(after.find(OWNER, upload.id)) == 5
    boot.cache_clear()  # as in the next process
    assert after.offset(after.find(OWNER, upload.id)) == 3


def test_it_goes_on_where_the_file_ends(uploads: Uploads, here: Installation) -> None:
    upload = begun(uploads)
    after = killed(uploads, upload, kept=b"123", written=b"45")
    part = after.begin(after.find(OWNER, upload.id), 5)
    part.write(b"67890")
    whole = after.keep(upload, part)
    assert whole.sha256 == hashlib.sha256(b"1234567890").hexdigest()
    assert path_of(here, upload).read_bytes() == b"1234567890"


def test_it_gives_a_job_what_had_arrived_whole_before_a_kill(uploads: Uploads) -> None:
    """Whoever asks where it goes on is told its end, and sends nothing more."""
    upload = begun(uploads)
    after = killed(uploads, upload, kept=b"123", written=b"4567890")
    (given,) = after.given(OWNER, [("file", upload.id)])
    assert given.upload.sha256 == hashlib.sha256(b"1234567890").hexdigest()


@pytest.mark.parametrize("content", [b"1234567890", b"123456789x"])
def test_it_gives_a_job_what_had_arrived_whole_only_as_it_was_announced(
    uploads: Uploads, here: Installation, content: bytes
) -> None:
    upload = begun(uploads, metadata=announced(b"1234567890"))
    after = killed(uploads, upload, kept=b"123", written=content[3:])
    if content == b"1234567890":
        assert after.given(OWNER, [("file", upload.id)])
        return
    with pytest.raises(Problem) as refused:
        after.given(OWNER, [("file", upload.id)])
    assert "did not arrive as it was sent; send it again" in str(refused.value.members)
    assert not path_of(here, upload).exists() and not after.has(upload.id)


def test_it_counts_nothing_after_a_kill_whose_checksum_nobody_compared(uploads: Uploads) -> None:
    upload = begun(uploads)
    part = uploads.begin(upload, 0)
    part.write(b"123")
    upload = uploads.keep(upload, part)
    uploads.end(part)
    uploads.begin(upload, 3, unproved=True).write(b"4567890")
    upload = uploads.find(OWNER, upload.id)
    assert Uploads(uploads._parts._folder.parent.parent).offset(upload) == 3
    # What is sent again without one counts as it comes.
    uploads = Uploads(uploads._parts._folder.parent.parent)
    uploads.begin(upload, 3).write(b"45")
    assert uploads.offset(uploads.find(OWNER, upload.id)) == 5


def test_it_gives_a_job_nothing_that_is_not_whole(uploads: Uploads) -> None:
    upload = begun(uploads)
    after = killed(uploads, upload, kept=b"123", written=b"456789")
    with pytest.raises(Problem) as refused:
        after.given(OWNER, [("file", upload.id)])
    assert "has not arrived completely" in str(refused.value.members)


def test_it_cuts_off_a_request_whose_connection_may_be_dead(uploads: Uploads) -> None:
    upload = begun(uploads)
    old = uploads.begin(upload, 0)
    assert old.write(b"123")
    new = uploads.begin(upload, 3)
    assert not old.write(b"4") and not old.seal()
    assert new.write(b"4") and new.seal()
    uploads.end(old)
    assert uploads.offset(upload) == 4


def test_it_cuts_off_no_request_that_has_arrived(uploads: Uploads) -> None:
    upload = begun(uploads)
    part = uploads.begin(upload, 0)
    part.write(b"123")
    assert part.seal()
    with pytest.raises(Problem) as refused:
        uploads.begin(upload, 3)
    assert refused.value.code == "upload-locked"
    uploads.end(part)
    uploads.begin(upload, 3).close()


def test_it_keeps_no_more_uploads_of_an_owner_than_it_may(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_UPLOADS", 2)
    for _ in range(2):
        begun(uploads)
    with pytest.raises(Problem) as refused:
        begun(uploads)
    assert refused.value.code == "too-many-requests"


def test_it_forgets_uploads_after_a_day(uploads: Uploads, here: Installation) -> None:
    old, young = begun(uploads), begun(uploads)
    query(
        "UPDATE upload SET expires_at = :past WHERE id = :id", {"past": timestamp(-1), "id": old.id}
    )
    forget_old()
    assert query("SELECT id FROM upload") == [(young.id,)]
    assert queries.stored_bytes(OWNER) == 10
    remove_litter(here.folder, age_s=0)
    assert not path_of(here, old).exists() and path_of(here, young).exists()


def test_it_lives_a_day_from_its_last_part(uploads: Uploads) -> None:
    upload = begun(uploads)
    query("UPDATE upload SET expires_at = :soon", {"soon": timestamp(1)})
    assert uploads.keep(upload, uploads.begin(upload, 0)).expires_at > timestamp(86_000)


def test_it_removes_files_without_a_row(uploads: Uploads, here: Installation) -> None:
    begun(uploads)
    litter = here.folder / "uploads" / ".parts" / ("0" * 32)
    litter.write_text("of a killed web")
    remove_litter(here.folder, age_s=3600)
    assert litter.exists()
    remove_litter(here.folder, age_s=0)
    assert not litter.exists()


def test_it_takes_no_link_to_an_old_file_for_litter(uploads: Uploads, here: Installation) -> None:
    content = here.folder / "uploads" / "old"
    content.write_text("a")
    os.utime(content, (0, 0))
    uploads._parts.add("1" * 32, content)
    time.sleep(0.01)
    remove_litter(here.folder, age_s=3600)
    assert uploads._parts.path("1" * 32).exists()


def test_it_forgets_rows_without_a_file(uploads: Uploads, here: Installation) -> None:
    lost, there = begun(uploads), begun(uploads)
    path_of(here, lost).unlink()
    remove_litter(here.folder, age_s=3600)
    assert query("SELECT id FROM upload") == [(there.id,)]


def test_it_forgets_nothing_while_its_disk_is_away(uploads: Uploads, here: Installation) -> None:
    begun(uploads)
    (here.folder / "uploads" / ".parts").rename(here.folder / "elsewhere")
    remove_litter(here.folder, age_s=0)
    assert query("SELECT count(*) FROM upload") == [(1,)]


def test_it_takes_no_parts_for_the_uploads_of_a_job(uploads: Uploads, site: object) -> None:
    begun(uploads)
    assert site.files.jobs_with("uploads", -1) == []  # type: ignore[attr-defined]
