"""The backups that Bellhop makes by itself: when they are due, and which stay."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bellhop.backup import save
from bellhop.base.errors import StartRefused
from bellhop.cli import backup
from bellhop.database.database import bind
from bellhop.parent.backups import Backups
from bellhop.rotation import rotation
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from tests.support.backups import files_of, restored, uploaded
from tests.support.wsgi import WsgiClient

Clock = Callable[[str], None]
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
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Sets the time, as the clock of a machine in Berlin shows it."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()

    def show(text: str) -> None:
        at = time.mktime(time.strptime(text, "%Y-%m-%d %H:%M"))
        monkeypatch.setattr(rotation, "now", lambda: datetime.fromtimestamp(at, UTC))

    yield show
    monkeypatch.undo()
    time.tzset()


def made(loaded: Settings, here: Installation, text: str, clock: Clock) -> Path:
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
    loaded: Settings, here: Installation, clock: Clock, now: str, due: bool
) -> None:
    made(loaded, here, "2026-03-28 09:00", clock)
    clock(now)
    assert rotation.is_due(loaded, here) == due


def test_it_is_due_once_in_a_night_in_which_clocks_change(
    loaded: Settings, here: Installation, clock: Clock
) -> None:
    for night in ("2026-03-29", "2026-10-25"):
        made(loaded, here, f"{night} 00:30", clock)
        clock(f"{night} 06:00")
        assert rotation.is_due(loaded, here)
        made(loaded, here, f"{night} 06:00", clock)
        clock(f"{night} 07:00")
        assert not rotation.is_due(loaded, here)


def test_it_keeps_the_newest_of_this_installation(
    loaded: Settings, here: Installation, folder: Path, clock: Clock
) -> None:
    days = [made(loaded, here, f"2026-05-0{day} 03:00", clock) for day in (4, 1, 3, 2)]
    others = [folder / "mine.tar", folder / days[0].name.replace("-test-", "-another-")]
    others += [folder / f"{days[0].name}.gz", folder / "mine.tar.part"]
    for path in others:
        path.touch()
    clock("2026-05-04 10:00")
    rotation.rotate(loaded, here)
    assert {*folder.iterdir()} == {days[0], days[2], *others}


def test_it_saves_into_its_folder_and_removes_old_ones(
    loaded: Settings, web: WsgiClient, here: Installation, folder: Path,
    clock: Clock, monkeypatch: pytest.MonkeyPatch,
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


def test_it_makes_a_backup_after_a_clock_was_ahead(
    loaded: Settings, here: Installation, folder: Path, clock: Clock
) -> None:
    """Else there would be none until then, and each new one would be the first to be removed."""
    wrong = [made(loaded, here, f"2042-01-0{day} 03:00", clock) for day in (1, 2)]
    clock("2026-05-01 10:00")
    assert rotation.is_due(loaded, here)
    new = made(loaded, here, "2026-05-01 10:00", clock)
    rotation.rotate(loaded, here)
    assert {*folder.iterdir()} == {new, wrong[1]}
    assert not rotation.is_due(loaded, here)


def test_it_first_makes_room_of_what_one_that_was_killed_left(
    loaded: Settings, here: Installation, web: WsgiClient, folder: Path,
    clock: Clock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    left = made(loaded, here, "2026-05-01 03:00", clock)
    left = left.rename(left.with_name(f"{left.name}.part"))
    monkeypatch.setattr("os.nice", lambda by: by)
    monkeypatch.setattr(save, "free_bytes", lambda folder: 0 if left.exists() else 1 << 40)
    clock("2026-05-02 03:00")
    assert backup.run_backup(loaded, None, is_to_verify=False) == 0
    assert [path.suffix for path in folder.iterdir()] == [".tar"]
    bind(here.database)


def test_it_makes_none_that_is_not_due_where_that_is_asked(
    loaded: Settings, here: Installation, web: WsgiClient, folder: Path,
    clock: Clock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("os.nice", lambda by: by)
    last = made(loaded, here, "2026-05-01 03:00", clock)
    clock("2026-05-01 10:00")
    assert backup.run_backup(loaded, None, is_to_verify=False, if_due=True) == 0
    assert {*folder.iterdir()} == {last}


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

    def kill(self) -> None:
        self.status = -9

    def wait(self, limit_s: float) -> None:
        raise subprocess.TimeoutExpired("backup", limit_s)


class Parent:
    """The backups of a parent, by a clock that a test sets."""

    def __init__(self, loaded: Settings, here: Installation, patch: pytest.MonkeyPatch):
        self.started: list[Started] = []
        self.now = 1000.0
        self.refusal: OSError | None = None
        patch.setattr(time, "monotonic", lambda: self.now)
        patch.setattr("bellhop.system.children.start", self._start)
        self.backups = Backups(loaded, here, 0)

    def _start(self, *_: object, **__: object) -> Started:
        if self.refusal:
            raise self.refusal
        self.started.append(Started())
        return self.started[-1]

    def looks(self, after_s: float = 0.0) -> int:
        """How many were started after it has looked."""
        self.now += after_s
        self.backups.look()
        return len(self.started)


@pytest.fixture
def parent(
    loaded: Settings, here: Installation, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> Parent:
    clock("2026-05-01 10:00")
    return Parent(loaded, here, monkeypatch)


def test_the_parent_starts_one_at_a_time_and_waits_after_a_failure(
    parent: Parent, here: Installation
) -> None:
    assert [parent.looks(), parent.looks(30), parent.looks(30)] == [1, 1, 1]
    parent.started[0].status = -9
    assert parent.looks(30) == 1
    assert str(rotation.failure(here)).endswith(": its process was ended by SIGKILL")
    assert parent.backups.wait_s() == 600
    assert [parent.looks(599), parent.looks(1)] == [1, 2]


def test_the_parent_starts_one_at_each_of_its_times(parent: Parent, clock: Clock) -> None:
    assert parent.looks() == 1
    parent.started[0].status = 0
    assert [parent.looks(30), parent.looks(30)] == [1, 1]
    clock("2026-05-01 15:30")
    assert [parent.looks(30), parent.looks(30)] == [2, 2]


def test_the_parent_never_looks_into_the_folder(
    parent: Parent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be a share that does not answer, and then nobody would restart web or consumer."""

    def hang(path: object) -> None:
        raise AssertionError(path)

    monkeypatch.setattr("os.listdir", hang)
    monkeypatch.setattr("os.scandir", hang)
    assert parent.looks() == 1


def test_the_parent_goes_on_where_a_process_cannot_be_started(
    parent: Parent, here: Installation
) -> None:
    parent.refusal = OSError(11, "Resource temporarily unavailable")
    assert parent.looks() == 0
    assert "cannot be started: Resource temporarily unavailable" in str(rotation.failure(here))
    parent.refusal = None
    assert [parent.looks(599), parent.looks(1)] == [0, 1]


def test_the_parent_takes_none_for_failed_that_it_ended(parent: Parent, here: Installation) -> None:
    """As for a restart, after which the old program goes on if the new one cannot."""
    parent.looks()
    parent.backups.end()
    assert [parent.looks(30), rotation.failure(here)] == [2, None]


@pytest.mark.parametrize("why", ["no folder", "another machine"])
def test_the_parent_starts_none(
    loaded: Settings, config: Callable[[str], Settings], here: Installation, why: str
) -> None:
    home = "https://a" if why == "another machine" else ""
    place = Installation(here.folder, here.id, "sqlite", "", home=home)
    settings = config("") if why == "no folder" else loaded
    assert Backups(settings, place, 0).wait_s() is None
