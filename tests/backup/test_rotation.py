"""The backups that Bellhop makes by itself: when they are due, and which stay."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bellhop.base.errors import StartRefused
from bellhop.base.settings import Settings
from bellhop.cli import backup
from bellhop.database.database import bind
from bellhop.parent.backups import Backups
from bellhop.rotation import rotation
from bellhop.storage.installation import Installation
from tests.support.backups import files_of, restored, uploaded
from tests.support.wsgi import WsgiClient

pytestmark = pytest.mark.sqlite("a backup of the data folder alone")


@pytest.fixture
def loaded(config: Callable[[str], Settings], tmp_path: Path) -> Settings:
    (tmp_path / "backups").mkdir()
    return config("[backup]\nfolder = backups\nat = 03:00, 15:30\nkeep = 2")


@pytest.fixture
def folder(loaded: Settings) -> Path:
    assert loaded.backup_folder
    return loaded.backup_folder


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the time, as the clock of a machine in Berlin shows it."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()

    def show(text: str) -> None:
        at = time.mktime(time.strptime(text, "%Y-%m-%d %H:%M"))
        monkeypatch.setattr(rotation, "now", lambda: datetime.fromtimestamp(at, UTC))

    yield show
    monkeypatch.undo()
    time.tzset()


def made(loaded: Settings, here: Installation, text: str, clock: Callable[[str], None]) -> Path:
    clock(text)
    path = rotation.next_path(loaded, here)
    path.write_text(text)
    return path


def test_it_is_due_at_once_where_there_is_none(loaded: Settings, here: Installation) -> None:
    assert rotation.is_due(loaded, here)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-28 10:00", False), ("2026-03-28 15:29", False), ("2026-03-28 15:30", True),
        ("2026-03-29 02:00", True), ("2026-03-29 12:00", True), ("2027-01-01 00:00", True),
        ("2026-03-28 08:00", False),
    ],
)  # fmt: skip
def test_it_is_due_at_each_of_its_times(
    loaded: Settings, here: Installation, clock: Callable[[str], None], now: str, due: bool
) -> None:
    made(loaded, here, "2026-03-28 09:00", clock)
    clock(now)
    assert rotation.is_due(loaded, here) == due


def test_it_is_due_once_in_a_night_in_which_clocks_change(
    loaded: Settings, here: Installation, clock: Callable[[str], None]
) -> None:
    for night in ("2026-03-29", "2026-10-25"):
        made(loaded, here, f"{night} 00:30", clock)
        clock(f"{night} 06:00")
        assert rotation.is_due(loaded, here)
        made(loaded, here, f"{night} 06:00", clock)
        clock(f"{night} 07:00")
        assert not rotation.is_due(loaded, here)


def test_it_keeps_the_newest_of_this_installation(
    loaded: Settings, here: Installation, folder: Path, clock: Callable[[str], None]
) -> None:
    days = [made(loaded, here, f"2026-05-0{day} 03:00", clock) for day in (4, 1, 3, 2)]
    others = [folder / "mine.tar", folder / days[0].name.replace("-test-", "-another-")]
    others += [folder / f"{days[0].name}.gz", folder / "mine.tar.part"]
    for path in others:
        path.touch()
    days[1].with_name(f"{days[1].name}.part").touch()
    rotation.rotate(loaded, here)
    assert {*folder.iterdir()} == {days[0], days[2], *others}


def test_it_saves_into_its_folder_and_removes_old_ones(
    loaded: Settings, web: WsgiClient, here: Installation, folder: Path,
    clock: Callable[[str], None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("os.nice", lambda by: by)
    uploaded(web, "a.txt")
    old = [made(loaded, here, f"2020-01-0{day} 03:00", clock) for day in (1, 2)]
    clock("2026-05-01 10:00")
    assert backup.run_backup(loaded, None, is_to_verify=False) == 0
    bind(here.database)
    (new,) = {*folder.iterdir()} - {old[1]}
    assert files_of(restored(loaded, new).data_dir) == files_of(here.folder)
    assert not rotation.is_due(loaded, here)


def test_it_makes_no_folder(loaded: Settings, here: Installation, folder: Path) -> None:
    """It may be the place of a disk that is not mounted."""
    folder.rmdir()
    with pytest.raises(StartRefused, match="there is no folder"):
        backup.run_backup(loaded, None, is_to_verify=False)
    assert "there is no folder" in str(rotation.failure(here))
    bind(here.database)
    assert rotation.is_due(loaded, here)


def test_it_needs_a_file_or_a_folder(config: Callable[[str], Settings], here: Installation) -> None:
    with pytest.raises(StartRefused, match=r"name a FILE, or set \[backup\] folder"):
        backup.run_backup(config(""), None, is_to_verify=False)
    with pytest.raises(StartRefused, match="name the backup"):
        backup.run_backup(config(""), None, is_to_verify=True)


def test_it_is_hidden_from_job_types(loaded: Settings, folder: Path) -> None:
    assert str(folder) in loaded.private_places


class Started:
    """A process that was started instead of a backup."""

    status: int | None = None

    def poll(self) -> int | None:
        return self.status


def test_the_parent_starts_one_at_a_time_and_waits_after_a_failure(
    loaded: Settings, here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Started] = []
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)

    def start_one(*_: object, **__: object) -> Started:
        started.append(Started())
        return started[-1]

    monkeypatch.setattr("bellhop.system.children.start", start_one)
    backups = Backups(loaded, here, 0)
    for _ in range(3):
        backups.look()
        now += 30
    assert len(started) == 1
    started[0].status = -9
    backups.look()
    assert str(rotation.failure(here)).endswith(": its process was ended by SIGKILL")
    assert backups.wait_s() == 600
    now += 599
    backups.look()
    assert len(started) == 1
    now += 1
    backups.look()
    assert len(started) == 2


@pytest.mark.parametrize("why", ["no folder", "another machine"])
def test_the_parent_starts_none(
    loaded: Settings, config: Callable[[str], Settings], here: Installation, why: str
) -> None:
    home = "https://a" if why == "another machine" else ""
    place = Installation(here.folder, here.id, "sqlite", "", home=home)
    settings = config("") if why == "no folder" else loaded
    assert Backups(settings, place, 0).wait_s() is None
