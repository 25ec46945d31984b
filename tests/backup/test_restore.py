"""`restore` and `backup --verify`: what they refuse, with nothing changed, and find damaged."""

from __future__ import annotations

import hashlib
import io
import json
import random
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bellhop.backup import restore as module
from bellhop.backup.verify import verify
from bellhop.base.errors import StartRefused
from bellhop.cli import start
from bellhop.database.database import database
from bellhop.settings.settings import Settings
from bellhop.storage.installation import (
    ALIVE,
    RECORD,
    RESTORING,
    Installation,
    make_folder,
    read_record,
    stay_alive,
)
from bellhop.system import locks
from tests.support.backups import (
    completed,
    files_of,
    names_in,
    nothing,
    restored,
    rows_of,
    saved,
    uploaded,
)
from tests.support.disks import disk_at
from tests.support.killpoints import RESTORE, dies
from tests.support.once import descriptions
from tests.support.wsgi import WsgiClient

pytestmark = pytest.mark.sqlite("a backup of the data folder alone")
Change = Callable[[dict[str, bytes]], object]


@pytest.fixture
def file(loaded: Settings, web: WsgiClient, here: Installation, tmp_path: Path) -> Path:
    """A backup of a job that completed and one that waits."""
    completed(web, here.folder, "a.txt")
    uploaded(web, "b.txt")
    path = tmp_path / "bellhop.tar"
    saved(loaded, path)
    return path


@pytest.fixture
def other(loaded: Settings) -> Settings:
    """Where it is restored: there is no such folder yet."""
    return replace(loaded, data_dir=loaded.data_dir.with_name("other"))


def refused(settings: Settings, path: Path, said: str) -> None:
    """Both commands say no in one line; the data folder is as it was, and nothing is beside it."""
    before = everything_in(settings.data_dir), {*path.parent.iterdir()}
    for act in (lambda: module.restore(settings, path, nothing), lambda: verify(path, nothing)):
        with pytest.raises(StartRefused, match=said) as refusal:
            act()
        assert "\n" not in str(refusal.value)
        assert before == (everything_in(settings.data_dir), {*path.parent.iterdir()})


def everything_in(folder: Path) -> dict[str, bytes] | None:
    """All of a folder but its locks; None where there is none."""
    if not folder.exists():
        return None
    return {
        str(path): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
        if path.suffix != ".lock"
    }


def test_it_becomes_the_installation_that_was_saved(
    loaded: Settings, file: Path, here: Installation
) -> None:
    other = restored(loaded, file)
    assert read_record(other.data_dir) == replace(here, folder=other.data_dir)
    assert not (other.data_dir / RESTORING).exists()
    (other.data_dir / "types.json").write_bytes(descriptions())
    assert start.prepare(other).id == here.id
    database.close_all()


def test_it_takes_the_times_of_files_along(
    loaded: Settings, file: Path, here: Installation
) -> None:
    other = restored(loaded, file)
    (key,) = (key for key in files_of(here.folder) if key.startswith("results"))
    was, now = ((folder / key).stat().st_mtime for folder in (here.folder, other.data_dir))
    assert int(was) == now


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty", b""),
        ("text", b"words\n" * 1000),
        ("zeros", bytes(20_480)),
        ("gzip", b"\x1f\x8b\x08"),
    ],
)
def test_it_knows_what_is_no_backup(
    other: Settings, tmp_path: Path, name: str, content: bytes
) -> None:
    (path := tmp_path / name).write_bytes(content)
    refused(other, path, f"{name} is not a backup of Bellhop")


def test_it_knows_rubbish(other: Settings, tmp_path: Path) -> None:
    path = tmp_path / "rubbish"
    for seed in range(20):
        path.write_bytes(random.Random(seed).randbytes(30_000))
        refused(other, path, "is not a backup of Bellhop")


def test_it_knows_the_tar_of_another_program(other: Settings, tmp_path: Path) -> None:
    path = tmp_path / "other.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("bellhop.db"), io.BytesIO())
    refused(other, path, "is not a backup of Bellhop")


@pytest.mark.parametrize(
    ("kind", "said"), [("none", "does not exist"), ("folder", "is not a file")]
)
def test_it_needs_a_file(other: Settings, tmp_path: Path, kind: str, said: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    refused(other, path, said)


def test_it_restores_no_backup_that_is_cut(other: Settings, file: Path) -> None:
    whole = file.read_bytes()
    cut = file.with_name("cut.tar")
    with tarfile.open(file) as tar:
        members = tar.getmembers()
    # Without what stands behind the sums, nothing is missing.
    ends = [
        at
        for m in members[1:]
        for at in (m.offset, m.offset + 200, m.offset_data, m.offset_data + 1)
    ]
    for end in ends:
        cut.write_bytes(whole[:end])
        refused(other, cut, "is damaged")


def test_it_restores_no_backup_with_a_changed_byte(other: Settings, file: Path) -> None:
    whole = bytearray(file.read_bytes())
    with tarfile.open(file) as tar:
        members = tar.getmembers()
    changed = file.with_name("changed.tar")
    for member in members:
        for at in (member.offset + 1, member.offset_data, member.offset_data + member.size - 1):
            changed.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            refused(other, changed, "is damaged|is not a backup|from a newer version")


def test_it_names_the_file_that_is_damaged(other: Settings, file: Path) -> None:
    whole = file.read_bytes()
    changed = file.with_name("changed.tar")
    changed.write_bytes(whole.replace(b"SOME WORDS", b"SOME WORDZ"))
    refused(other, changed, "0-0-1/out.txt is not what was written")


def rewritten(path: Path, change: Change) -> Path:
    """A backup with other members, and the sums that fit."""
    with tarfile.open(path) as tar:
        members = {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]
    del members["SHA256SUMS"]
    change(members)
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in members.items()]
    members["SHA256SUMS"] = "".join(sums).encode()
    target = path.with_name("rewritten.tar")
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return target


def telling(**more: object) -> Change:
    """Let the backup say something else of itself."""

    def change(members: dict[str, bytes]) -> None:
        told = json.loads(members["bellhop-backup.json"]) | more
        members["bellhop-backup.json"] = json.dumps(told).encode()

    return change


@pytest.mark.parametrize("more", [{"schema": 99}, {"format": 2}])
def test_it_restores_nothing_of_a_newer_bellhop(
    other: Settings, file: Path, more: dict[str, object]
) -> None:
    refused(other, rewritten(file, telling(**more)), "is from a newer version of Bellhop")


@pytest.mark.parametrize("schema", [None, "nine", [], {}])
def test_it_knows_what_tells_nothing_of_itself(other: Settings, file: Path, schema: object) -> None:
    refused(other, rewritten(file, telling(schema=schema)), "is not a backup of Bellhop")


@pytest.mark.parametrize(
    "name",
    [
        "../escaped", "/etc/escaped", "results/../../escaped", "results/a", "consumers/a/b",
        "results//a", "results/a/../b", "uploads/./a", "bellhop.db-wal", "config.ini",
    ],
)  # fmt: skip
def test_it_writes_no_other_file(other: Settings, file: Path, name: str) -> None:
    path = rewritten(file, lambda members: members.update({name: b"x"}))
    refused(other, path, "is damaged")
    assert not [*other.data_dir.parent.rglob("escaped")]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE]
)
def test_it_makes_nothing_but_files(other: Settings, file: Path, kind: bytes) -> None:
    path = file.with_name("linked.tar")
    with tarfile.open(file) as tar, tarfile.open(path, "w") as changed:
        for member in tar:
            if member.name == "bellhop.db":
                link = tarfile.TarInfo("results/job/0-0-1")
                link.type, link.linkname = kind, "/etc"
                changed.addfile(link)
            changed.addfile(member, tar.extractfile(member))
    refused(other, path, "is damaged .*is not a file")


@pytest.mark.parametrize("name", ["bellhop.db", RECORD])
def test_it_needs_database_and_record(other: Settings, file: Path, name: str) -> None:
    path = rewritten(file, lambda members: members.pop(name))
    refused(other, path, "is damaged")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Bellhop runs in a folder."""
    stay_alive(folder)
    yield
    locks.let_go(folder / ALIVE)


def test_it_changes_no_folder_that_is_in_use(loaded: Settings, file: Path) -> None:
    before = everything_in(loaded.data_dir)
    with pytest.raises(StartRefused, match=r"is not empty: it has .*mv ") as refusal:
        module.restore(loaded, file, nothing)
    with held(loaded.data_dir), pytest.raises(StartRefused, match="Bellhop runs in it; stop it"):
        module.restore(loaded, file, nothing)
    assert "\n" not in str(refusal.value)
    assert everything_in(loaded.data_dir) == before


@pytest.mark.parametrize("name", ["mine.txt", "uploads/job/0.txt", "uploads/.parts/a", RECORD])
def test_it_changes_no_folder_that_has_anything(other: Settings, file: Path, name: str) -> None:
    (path := other.data_dir / name).parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(StartRefused, match="is not empty"):
        module.restore(other, file, nothing)
    assert everything_in(other.data_dir)[str(path)] == b"mine"  # type: ignore[index]


def test_it_takes_a_folder_with_nothing_but_folders(
    other: Settings, file: Path, here: Installation
) -> None:
    make_folder(other)
    (other.data_dir / "results" / "lost+found").mkdir()
    module.restore(other, file, nothing)
    assert rows_of(other.data_dir) == rows_of(here.folder)


def test_it_writes_to_the_disks_that_links_lead_to(
    other: Settings, file: Path, here: Installation, tmp_path: Path
) -> None:
    other.data_dir.mkdir()
    (tmp_path / "disk").mkdir()
    (other.data_dir / "results").symlink_to(tmp_path / "disk")
    module.restore(other, file, nothing)
    assert (other.data_dir / "results").is_symlink()
    assert [*(tmp_path / "disk").rglob("out.txt")]


def test_it_leaves_a_full_disk_as_it_was(
    other: Settings, web: WsgiClient, here: Installation, loaded: Settings, tmp_path: Path
) -> None:
    uploaded(web, "a.txt", b"x" * 3_000_000)
    saved(loaded, path := tmp_path / "large.tar")
    with disk_at(tmp_path / "disk", 2) as disk:
        small = replace(other, data_dir=disk / "data")
        with pytest.raises(StartRefused, match="make room") as refusal:
            module.restore(small, path, nothing)
        assert "\n" not in str(refusal.value)
        assert [*disk.iterdir()] == []


@pytest.mark.parametrize("point", RESTORE)
def test_it_begins_anew_where_one_was_killed(
    other: Settings, file: Path, here: Installation, point: str
) -> None:
    dies(lambda: module.restore(other, file, nothing), point)
    assert files_of(other.data_dir)
    with pytest.raises(StartRefused, match="a restore did not finish in"):
        start.prepare(other)
    module.restore(other, file, nothing)
    assert files_of(other.data_dir) == files_of(here.folder)
    assert rows_of(other.data_dir) == rows_of(here.folder)


def test_it_verifies_a_backup(file: Path) -> None:
    before = {*file.parent.iterdir()}
    found = verify(file, nothing)
    assert (found.jobs, found.files, found.lacking) == (2, 4, [])
    assert {*file.parent.iterdir()} == before


@pytest.mark.parametrize("which", ["results", "uploads"])
def test_it_names_the_files_that_a_backup_lacks(
    loaded: Settings, file: Path, here: Installation, which: str
) -> None:
    """They were missing when it was made; logs, and uploads of final jobs, may be."""
    names = names_in(file)
    (made,) = (name for name in names if name.startswith("results"))
    needed = {name for name in names if name.startswith("uploads") and made[8:20] not in name}
    for name in (name for name in names if name.startswith((which, "logs"))):
        (here.folder / name).unlink()
    later = file.with_name("later.tar")
    assert saved(loaded, later).lacking == ([made] if which == "results" else [])
    assert {*verify(later, nothing).lacking} == ({made} if which == "results" else needed)


def test_it_verifies_beside_nothing_of_anybody_else(file: Path) -> None:
    (mine := file.with_name(f"{file.name}.verify")).mkdir()
    (mine / "a").write_text("mine")
    with pytest.raises(StartRefused, match="is in the way"):
        verify(file, nothing)
    assert (mine / "a").read_text() == "mine"


def test_it_verifies_where_one_was_killed(file: Path) -> None:
    (folder := file.with_name(f"{file.name}.verify")).mkdir()
    (folder / RESTORING).touch()
    (folder / "bellhop.db").write_text("half")
    assert verify(file, nothing).lacking == []
    assert not folder.exists()
