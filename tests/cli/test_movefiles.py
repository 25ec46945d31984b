"""`move-to` with `--files`: all files of jobs go with them, are compared, and come back."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bellhop.base.errors import StartRefused
from bellhop.cli import move, start
from bellhop.database.connection import answering, connect
from bellhop.database.database import database
from bellhop.settings.settings import Settings
from bellhop.storage import moving
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation, make_folder, read_record
from bellhop.stores.contents import content_of
from bellhop.stores.filesystem import KINDS, FolderStore
from bellhop.system.locks import take_lock
from tests.support.objects import KEY, READER, READER_SECRET, ObjectStore
from tests.support.once import descriptions

Config = Callable[[str], Settings]
MADE = {
    "uploads/job/0.txt": b"given",
    "uploads/other/0": b"",
    "results/job/0-0-1/a/größe.csv": os.urandom(100_000),
    "logs/job/0-0-1": b"printed",
}
TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
ELSEWHERE = pytest.mark.parametrize("files_at", ["mount", "s3"], indirect=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(take_lock, "__defaults__", (0.1,))
    yield
    database.close_all()


@pytest.fixture
def rows() -> str:
    """What is moved begins in SQLite, wherever other tests have their rows."""
    return ""


@pytest.fixture
def filled(loaded: Settings) -> Installation:
    """An installation with some files."""
    folder = make_folder(loaded)
    (folder / "types.json").write_bytes(descriptions())
    here = start.prepare(loaded)
    database.close_all()
    for name, content in MADE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return here


def held(here: Installation, place: str) -> dict[str, bytes]:
    """Every file of jobs in a place."""
    store = Files(here.folder, place)._store
    found = {}
    for kind in KINDS:
        for key, _ in store.keys(kind):
            content = content_of(store.open(key))
            found[key] = b"".join(content.chunks(0, content.size))
            content.close()
    return found


def tables_in(url: str) -> int:
    """How many tables a database has."""
    with connect(url) as connection:
        return int(answering(connection, TABLES)[0])


@ELSEWHERE
def test_it_moves_files_there_and_back(
    config: Config, loaded: Settings, filled: Installation, files_at: str
) -> None:
    move.run(loaded, "sqlite", files_at)
    assert held(filled, files_at) == MADE
    there = config(f"[storage]\nfiles = {files_at}")
    assert start.prepare(there).files != ""
    with pytest.raises(StartRefused, match=r"but .storage. files names the data folder"):
        start.prepare(loaded)
    for kind in KINDS:
        for path in (filled.folder / kind).glob("*"):
            shutil.rmtree(path)
    move.run(there, "sqlite")
    assert held(filled, "") == MADE
    assert start.prepare(loaded) == filled
    with pytest.raises(StartRefused, match="are in the data folder"):
        start.prepare(there)


def test_it_moves_files_with_the_jobs(
    config: Config, loaded: Settings, filled: Installation, empty_database: str, tmp_path: Path
) -> None:
    (tmp_path / "shared").mkdir()
    move.run(loaded, empty_database, str(tmp_path / "shared"))
    there = config(f"[storage]\ndatabase = {empty_database}\nfiles = {tmp_path / 'shared'}")
    here = start.prepare(there)
    assert (here.rows != "", here.files) == (True, str(tmp_path / "shared"))
    database.close_all()
    move.run(there, "sqlite")
    assert start.prepare(loaded) == filled


def test_it_moves_the_files_of_jobs_that_are_on_a_server(
    config: Config, loaded: Settings, filled: Installation, empty_database: str, tmp_path: Path
) -> None:
    (tmp_path / "shared").mkdir()
    move.run(loaded, empty_database)
    move.run(
        config(f"[storage]\ndatabase = {empty_database}"), empty_database, str(tmp_path / "shared")
    )
    there = config(f"[storage]\ndatabase = {empty_database}\nfiles = {tmp_path / 'shared'}")
    assert start.prepare(there).files == str(tmp_path / "shared")


def missing(shared: Path) -> None:
    """Nothing is there."""


def blocked(shared: Path) -> None:
    shared.mkdir()
    (shared / "logs").touch()


def taken(shared: Path) -> None:
    shared.mkdir()
    (shared / "bellhop-installation").write_text("another")


@pytest.mark.parametrize("spoil", [missing, blocked, taken])
def test_it_asks_a_folder_before_it_copies_rows(
    loaded: Settings,
    filled: Installation,
    empty_database: str,
    tmp_path: Path,
    spoil: Callable[[Path], None],
) -> None:
    spoil(shared := tmp_path / "shared")
    with pytest.raises(StartRefused, match=r"^nothing was changed: ") as refusal:
        move.run(loaded, empty_database, str(shared))
    assert "[storage] files" not in str(refusal.value)
    assert (read_record(loaded.data_dir), tables_in(empty_database)) == (filled, 0)


@pytest.mark.parametrize(("key", "secret"), [(KEY, "wrong"), (READER, READER_SECRET)])
def test_it_asks_a_bucket_before_it_copies_rows(
    loaded: Settings,
    filled: Installation,
    empty_database: str,
    object_store: ObjectStore,
    key: str,
    secret: str,
) -> None:
    with pytest.raises(StartRefused, match=r"^nothing was changed: --files: the store .* refuses"):
        move.run(loaded, empty_database, object_store.url(key=key, secret=secret))
    assert (read_record(loaded.data_dir), tables_in(empty_database)) == (filled, 0)


def test_it_asks_the_old_place_before_it_copies_rows_back(
    config: Config, loaded: Settings, filled: Installation, empty_database: str, tmp_path: Path
) -> None:
    (shared := tmp_path / "shared").mkdir()
    move.run(loaded, empty_database, str(shared))
    there = config(f"[storage]\ndatabase = {empty_database}\nfiles = {shared}")
    shared.rename(tmp_path / "away")
    with pytest.raises(StartRefused, match=r"^nothing was changed: \[storage\] files: the folder"):
        move.run(there, "sqlite")
    assert not filled.database.exists()


def test_it_leaves_a_new_place_nobodys_when_the_rows_are_refused(
    loaded: Settings, filled: Installation, empty_database: str, tmp_path: Path
) -> None:
    (tmp_path / "shared").mkdir()
    with pytest.raises(StartRefused, match="create the database first"):
        move.run(loaded, empty_database.replace("/empty", "/missing"), str(tmp_path / "shared"))
    assert FolderStore(tmp_path / "shared", is_own=False).mark() == ""


@ELSEWHERE
def test_it_goes_on_where_it_stopped(
    loaded: Settings, filled: Installation, files_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    copy = moving._copy

    def stopping(source: object, target: object, key: str, **more: object) -> None:
        if len(copied) == 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        copied.append(key)
        copy(source, target, key, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(moving, "_copy", stopping)
    with pytest.raises(StartRefused, match=r"cannot be moved .* repeat the command"):
        move.run(loaded, "sqlite", files_at)
    assert read_record(loaded.data_dir) == filled
    monkeypatch.undo()
    move.run(loaded, "sqlite", files_at)
    assert held(filled, files_at) == MADE


def test_it_copies_again_what_differs(
    loaded: Settings, filled: Installation, tmp_path: Path
) -> None:
    store = FolderStore(tmp_path / "shared", is_own=False)
    store.root.mkdir()
    Files(filled.folder, str(store.root)).require(filled.id, is_new=True)
    for name in ("uploads/job/0.txt", "logs/job/0-0-1"):
        (store.root / name).parent.mkdir(parents=True)
        (store.root / name).write_bytes(b"GIVEN"[: len(MADE[name])])
    move.run(loaded, "sqlite", str(store.root))
    assert held(filled, str(store.root)) == MADE


def test_it_refuses_a_place_of_another_installation(
    loaded: Settings, filled: Installation, tmp_path: Path
) -> None:
    (tmp_path / "bellhop-installation").write_text("another")
    with pytest.raises(StartRefused, match="holds the files of another Bellhop"):
        move.run(loaded, "sqlite", str(tmp_path))
    assert read_record(loaded.data_dir) == filled


def test_it_refuses_a_bucket_that_it_cannot_use(
    loaded: Settings, filled: Installation, object_store: ObjectStore
) -> None:
    with pytest.raises(StartRefused, match="check the key"):
        move.run(loaded, "sqlite", object_store.url(secret="wrong"))
    assert read_record(loaded.data_dir) == filled


def test_it_refuses_a_disk_without_room(
    loaded: Settings, filled: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "shared").mkdir()
    monkeypatch.setattr("bellhop.stores.filesystem.link_or_copy", full)
    with pytest.raises(StartRefused, match=r"No space left on device.; make room"):
        move.run(loaded, "sqlite", str(tmp_path / "shared"))
    assert read_record(loaded.data_dir) == filled


def test_it_needs_the_old_address_in_config_ini(
    config: Config, loaded: Settings, filled: Installation, tmp_path: Path
) -> None:
    (tmp_path / "shared").mkdir()
    move.run(loaded, "sqlite", str(tmp_path / "shared"))
    with pytest.raises(StartRefused, match=r"must name /.*shared until the files have moved"):
        move.run(loaded, "sqlite", "")


def test_it_prints_the_line_that_config_ini_needs(
    config: Config,
    loaded: Settings,
    filled: Installation,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "shared").mkdir()
    move.run(loaded, "sqlite", str(tmp_path / "shared"))
    (line,) = [n for n in capsys.readouterr().out.splitlines() if n.startswith("files = ")]
    assert start.prepare(config(f"[storage]\n{line}")).files == str(tmp_path / "shared")
