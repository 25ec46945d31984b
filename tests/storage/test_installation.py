"""The agreement: processes of one data folder never end up on different stores."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bellhop.base.errors import StartRefused
from bellhop.settings.settings import Settings
from bellhop.storage import installation
from bellhop.storage.files import Files
from bellhop.storage.installation import (
    agree,
    make_folder,
    read_record,
    redis_location,
    write_record,
)
from bellhop.system.locks import is_held, take_lock
from tests.support.nobody import NOBODY, as_nobody

Config = Callable[[str], Settings]
SERVER = "postgresql://me@host/name"


def up(url: str) -> str | None:
    return None


def down(url: str) -> str | None:
    return "Connection refused"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "PREDECESSOR_WAIT_S", 0.1)


@pytest.fixture
def somebody(tmp_path: Path) -> Callable[[], int]:
    """Let another process of the installation live: a shared lock on alive.lock."""

    def live() -> int:
        descriptor = take_lock(tmp_path / "data" / "alive.lock", fcntl.LOCK_SH)
        assert descriptor is not None
        return descriptor

    return live


@pytest.mark.parametrize(
    ("wanted", "probe", "expected"),
    [
        ("sqlite", down, "sqlite"),
        ("redis", up, "redis"),
        ("auto", up, "redis"),
        ("auto", down, "sqlite"),
    ],
)
def test_it_decides_when_nobody_lives(
    config: Config, wanted: str, probe: Callable[[str], str | None], expected: str
) -> None:
    settings = config(f"[huey]\nstorage = {wanted}")
    here, alone = agree(make_folder(settings), settings, probe)
    assert (here.storage, alone) == (expected, True)
    assert read_record(settings.data_dir) == here


def test_it_refuses_redis_that_does_not_answer(config: Config) -> None:
    settings = config("[huey]\nstorage = redis")
    with pytest.raises(StartRefused, match=r"127.0.0.1:6379/0 does not answer: Connection refused"):
        agree(make_folder(settings), settings, down)


@pytest.mark.parametrize("first", [up, down])
@pytest.mark.parametrize("second", [up, down])
def test_it_takes_the_record_under_auto_while_anybody_lives(
    config: Config,
    somebody: Callable[[], int],
    first: Callable[[str], str | None],
    second: Callable[[str], str | None],
) -> None:
    """Redis may come or go between two starts; the second process never asks it."""
    settings = config("[huey]\nstorage = auto")
    folder = make_folder(settings)
    decided, _ = agree(folder, settings, first)
    lock = somebody()
    joined, alone = agree(folder, settings, second)
    os.close(lock)
    assert (joined, alone) == (decided, False)


@pytest.mark.parametrize(("recorded", "wanted"), [("sqlite", "redis"), ("redis", "sqlite")])
def test_it_refuses_another_store_while_anybody_lives(
    config: Config, somebody: Callable[[], int], recorded: str, wanted: str
) -> None:
    settings = config(f"[huey]\nstorage = {recorded}")
    folder = make_folder(settings)
    agree(folder, settings, up)
    lock = somebody()
    with pytest.raises(StartRefused) as caught:
        agree(folder, config(f"[huey]\nstorage = {wanted}"), up)
    os.close(lock)
    assert recorded in str(caught.value) and wanted in str(caught.value)


def test_it_refuses_another_redis_while_anybody_lives(
    config: Config, somebody: Callable[[], int]
) -> None:
    settings = config("[huey]\nstorage = redis")
    folder = make_folder(settings)
    agree(folder, settings, up)
    lock = somebody()
    with pytest.raises(StartRefused, match="other:6379/0"):
        agree(folder, config("[huey]\nstorage = auto\nredis_url = redis://other"), up)
    os.close(lock)


def test_it_switches_the_store_when_all_have_stopped(config: Config) -> None:
    settings = config("[huey]\nstorage = sqlite")
    first, _ = agree(make_folder(settings), settings, up)
    second, _ = agree(settings.data_dir, config("[huey]\nstorage = redis"), up)
    assert (first.id, second.storage) == (second.id, "redis")


def stored(config: Config, database: str) -> Settings:
    """Settings of an installation that had a database there."""
    settings = config(f"[storage]\ndatabase = {database}")
    here, _ = agree(make_folder(settings), settings, up)
    write_record(replace(here, has_database=True))
    return settings


@pytest.mark.parametrize(("was", "wanted"), [("", SERVER), (SERVER, "")])
def test_it_leaves_no_jobs_behind_in_another_database(
    config: Config, was: str, wanted: str
) -> None:
    folder = stored(config, was).data_dir
    with pytest.raises(StartRefused, match="move-to"):
        agree(folder, config(f"[storage]\ndatabase = {wanted}"), up)


def test_it_follows_a_server_to_its_new_address(config: Config) -> None:
    """Whether its database is that of this installation is asked there."""
    folder = stored(config, SERVER).data_dir
    here, _ = agree(folder, config("[storage]\ndatabase = postgresql://me@other/name"), up)
    assert here.rows == "other/name"


def test_it_names_the_setting_of_another_server_while_anybody_lives(
    config: Config, somebody: Callable[[], int]
) -> None:
    folder = stored(config, SERVER).data_dir
    lock = somebody()
    with pytest.raises(StartRefused) as caught:
        agree(folder, config("[storage]\ndatabase = postgresql://me@other/name"), up)
    os.close(lock)
    said = str(caught.value)
    assert said.startswith("[storage] database names PostgreSQL at other/name")
    assert f"in {folder} uses PostgreSQL at host" in said


def test_it_says_how_to_move_the_jobs_also_while_anybody_lives(
    config: Config, somebody: Callable[[], int]
) -> None:
    folder = stored(config, SERVER).data_dir
    lock = somebody()
    with pytest.raises(StartRefused, match="move-to"):
        agree(folder, config(""), up)
    os.close(lock)


def test_it_waits_for_a_predecessor_that_is_just_ending(
    config: Config, somebody: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart with a switched store: the old process still holds its lock for a moment."""
    monkeypatch.setattr(installation, "PREDECESSOR_WAIT_S", 5)
    settings = config("[huey]\nstorage = sqlite")
    agree(make_folder(settings), settings, up)
    lock = somebody()
    naps = iter(range(100))
    monkeypatch.setattr(time, "sleep", lambda s: os.close(lock) if next(naps) == 2 else None)
    here, _ = agree(settings.data_dir, config("[huey]\nstorage = redis"), up)
    assert here.storage == "redis"


def test_it_records_no_password(config: Config) -> None:
    settings = config("[huey]\nstorage = redis\nredis_url = redis://me:s3cret@host:7/2")
    here, _ = agree(make_folder(settings), settings, up)
    assert here.redis == "host:7/2"
    assert "s3cret" not in (settings.data_dir / "installation.json").read_text()


@pytest.mark.parametrize("url", ["", "nonsense", "http://host", "redis://host:port"])
def test_it_refuses_an_address_that_is_none(url: str) -> None:
    with pytest.raises(StartRefused, match="redis_url"):
        redis_location(url)


def test_it_refuses_a_damaged_record(config: Config) -> None:
    settings = config("")
    (make_folder(settings) / "installation.json").write_text("{")
    with pytest.raises(StartRefused, match="damaged"):
        agree(settings.data_dir, settings, up)


def test_it_refuses_a_folder_that_cannot_be_made(config: Config, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(StartRefused, match="data_dir"):
        make_folder(config(""))


@pytest.mark.parametrize("has_nameless_files", [True, False])
def test_it_uses_a_folder_while_a_keeper_removes_litter_there(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_nameless_files: bool
) -> None:
    """What it tries a folder with is no litter, also behind a link and on disks such as NFS."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "scratch").symlink_to(tmp_path / "disk")
    really_open, files = os.open, Files(tmp_path / "data")

    def opened(path: str, flags: int, *more: int, **options: int) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE and not has_nameless_files:
            raise OSError(errno.EOPNOTSUPP, "no such files here")
        descriptor = really_open(path, flags, *more, **options)
        if flags & os.O_CREAT:
            for litter in files.scratch_folders():
                litter.unlink()
        return descriptor

    monkeypatch.setattr(os, "open", opened)
    make_folder(config(""))
    assert list((tmp_path / "disk").iterdir()) == []


def test_it_keeps_the_folder_to_its_user(config: Config) -> None:
    folder = make_folder(config(""))
    assert folder.stat().st_mode & 0o077 == 0


def test_it_knows_a_lock_that_is_held(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_held(path)
    descriptor = take_lock(path, fcntl.LOCK_EX)
    assert descriptor is not None and is_held(path)
    os.close(descriptor)
    assert not is_held(path)


def test_it_refuses_a_data_folder_of_another_user(tmp_path: Path, config: Config) -> None:
    """Who may write everywhere would leave files that the owner's Bellhop cannot use."""
    loaded = config("")
    make_folder(loaded)
    if os.geteuid():
        pytest.fail("this test changes an owner and runs as root")
    os.chown(loaded.data_dir, NOBODY, NOBODY)
    with pytest.raises(StartRefused, match="belongs to user 65534, but this process runs as user"):
        make_folder(loaded)


def test_it_refuses_a_data_folder_that_it_may_only_read(
    tmp_path: Path, config: Config, ours: Path
) -> None:
    loaded = replace(config(""), data_dir=ours)

    def refuses() -> bool:
        make_folder(loaded)
        ours.chmod(0o500)
        try:
            make_folder(loaded)
        except StartRefused as refusal:
            return "cannot be used: Permission denied" in str(refusal)
        return False

    assert as_nobody(refuses)


def test_it_is_found_where_the_settings_say_or_where_a_web_runs(config: Config) -> None:
    settings = config("[server]\nport = 9")
    here, _ = agree(make_folder(settings), settings, down)
    assert here.address(settings) == "http://127.0.0.1:9"
    here.address_file.write_text("http://127.0.0.1:1234")
    assert here.address(settings) == "http://127.0.0.1:1234"
    public = config("[server]\npublic_url = https://jobs.example.org/bellhop")
    assert here.address(public) == "https://jobs.example.org/bellhop"
