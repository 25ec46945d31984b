"""`backup`: what is in it, whatever happens meanwhile; what it refuses, with nothing changed."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bellhop.backup import save as module
from bellhop.backup.save import COPY, save
from bellhop.backup.verify import verify
from bellhop.base.errors import StartRefused, item_error
from bellhop.database.database import database, query
from bellhop.database.schema import MIGRATIONS
from bellhop.jobs import lifecycle
from bellhop.rotation import rotation
from bellhop.schedules import schedules
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import ALIVE, Installation, stay_alive, write_record
from bellhop.storage.models import Schedule
from bellhop.system import locks
from tests.support import single
from tests.support.backups import (
    before_files,
    completed,
    during,
    files_of,
    names_in,
    nothing,
    restored,
    rows_of,
    saved,
    uploaded,
)
from tests.support.disks import disk_at, fill
from tests.support.jobs import job_of
from tests.support.killpoints import BACKUP, dies
from tests.support.tus import begun, put
from tests.support.wsgi import WsgiClient

pytestmark = pytest.mark.sqlite("a backup of the data folder alone")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bellhop.tar"


def removed(settings: Settings, job_id: str) -> None:
    lifecycle.purge([job_id])
    Files(settings.data_dir).remove_job(job_id)


def test_it_holds_every_job_with_its_files(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    completed(web, here.folder, "a.txt")
    uploaded(web, "b.txt")
    done = saved(loaded, file)
    assert (done.jobs, done.files, done.size) == (2, 4, file.stat().st_size)
    other = restored(loaded, file)
    assert files_of(other.data_dir) == files_of(here.folder)
    assert rows_of(other.data_dir) == rows_of(here.folder)


def test_it_needs_no_bellhop_to_be_read(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path, tmp_path: Path
) -> None:
    completed(web, here.folder, "a.txt")
    saved(loaded, file)
    (folder := tmp_path / "by hand").mkdir()
    subprocess.run(["tar", "-xf", str(file)], cwd=folder, check=True)
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)
    assert files_of(folder) == files_of(here.folder)
    assert rows_of(folder) == rows_of(here.folder)


def test_it_is_for_this_user_alone(loaded: Settings, here: Installation, file: Path) -> None:
    saved(loaded, file)
    assert file.stat().st_mode & 0o777 == 0o600


def test_it_lets_what_runs_wait_as_after_a_stop(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    job_id = uploaded(web, "a.txt")
    assert single.claim("parsing", "c1/1")
    saved(loaded, file)
    assert job_of(job_id).status == "running"
    other = restored(loaded, file)
    with closing(sqlite3.connect(other.data_dir / "bellhop.db")) as rows:
        told = "SELECT item.status, interruptions, job.status FROM item JOIN job ON job.id = job"
        assert rows.execute(told).fetchall() == [("queued", 0, "running")]
        assert rows.execute("SELECT count(*) FROM consumer").fetchall() == [(0,)]


@pytest.mark.parametrize("state", ["waiting", "running", "completed"])
def test_it_has_no_job_that_was_deleted_meanwhile(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path, state: str
) -> None:
    if state == "completed":
        gone = completed(web, here.folder, "a.txt")
    else:
        gone = uploaded(web, "a.txt")
    stays = uploaded(web, "b.txt")
    claim = single.claim("parsing", "c1/1") if state == "running" else None

    def delete() -> None:
        if claim:
            lifecycle.fail(claim, item_error("input_damaged"))
        elif state == "waiting":
            lifecycle.ask_cancel(gone)
        removed(loaded, gone)

    done = saved(loaded, file, during(loaded, delete))
    other = restored(loaded, file)
    assert done.jobs == 1
    assert [job[1] for job in rows_of(other.data_dir)["job"]] == [stays]
    assert rows_of(other.data_dir)["storage_use"] == rows_of(here.folder)["storage_use"]


def test_it_has_no_job_that_came_meanwhile(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    first = uploaded(web, "a.txt")
    saved(loaded, file, during(loaded, lambda: uploaded(web, "b.txt")))
    assert [job[1] for job in rows_of(restored(loaded, file).data_dir)["job"]] == [first]


def test_it_does_not_count_uploads_that_expired_meanwhile(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    job_id = completed(web, here.folder, "a.txt")
    uploaded(web, "b.txt")

    def expire() -> None:
        lifecycle.hold_bytes(job_id, -len(b"some words"))
        Files(here.folder).remove_job(job_id, ["uploads"])

    saved(loaded, file, during(loaded, expire))
    other = restored(loaded, file)
    held = {row[1]: row for row in rows_of(other.data_dir)["job"]}
    assert held == {row[1]: row for row in rows_of(here.folder)["job"]}


def test_it_has_of_an_upload_what_its_row_knows(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    path = begun(web, 10, filename="a.txt")
    put(web, path, 0, b"half")
    upload_id = path.rpartition("/")[2]
    with (here.folder / "uploads" / ".parts" / upload_id).open("ab") as more:
        more.write(b"!!")
    saved(loaded, file)
    assert files_of(restored(loaded, file).data_dir) == {f"uploads/.parts/{upload_id}": b"half"}


def test_it_has_no_schedule_that_was_removed_meanwhile(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    uploaded(web, "a.txt")
    path = begun(web, 4, filename="a.txt")
    put(web, path, 0, b"kept")
    job = {"type": "upper", "items": [{"upload": path.rpartition("/")[2]}]}
    given = {"name": "nightly", "cron": "30 7 * * *", "job": job}
    assert web.post("/api/v1/schedules", given).status == 201

    def remove() -> None:
        (schedule,) = Schedule.raw("SELECT * FROM schedule")
        for upload in schedules.remove(schedule):
            (here.folder / "uploads" / ".parts" / upload).unlink()

    saved(loaded, file)
    assert len(rows_of(restored(loaded, file).data_dir)["schedule"]) == 1
    later = file.with_name("later.tar")
    saved(loaded, later, during(loaded, remove))
    rows = rows_of(restored(loaded, later, "third").data_dir)
    assert (rows["schedule"], rows["upload"]) == ([], [])


def test_it_has_the_files_of_a_schedule_that_was_changed_meanwhile(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    def arrived(content: bytes) -> dict[str, object]:
        path = begun(web, 4, filename="a.txt")
        put(web, path, 0, content)
        return {"type": "upper", "items": [{"upload": path.rpartition("/")[2]}]}

    uploaded(web, "a.txt")
    begun(web, 4, filename="first.txt")  # what is copied before the change
    given = {"name": "nightly", "cron": "30 7 * * *", "job": arrived(b"old!")}
    number = web.post("/api/v1/schedules", given).json["id"]

    def change() -> None:
        answer = web.request(
            "PATCH",
            f"/api/v1/schedules/{number}",
            json.dumps({"job": arrived(b"new!")}).encode(),
            content_type="application/json",
        )
        assert answer.status == 200, answer.body

    saved(loaded, file, before_files(loaded, change))
    other = restored(loaded, file)
    (kept,) = [row[0] for row in rows_of(other.data_dir)["upload"] if row[4] == 4 and row[5] == 4]
    assert files_of(other.data_dir)[f"uploads/.parts/{kept}"] == b"new!"
    assert verify(file, nothing).lacking == []


def test_it_has_the_files_of_a_job_that_ran_again_meanwhile(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    job_id = completed(web, here.folder, "a.txt")

    def run_again() -> None:
        (here.folder / "results" / job_id / "0-0-1").rename(
            here.folder / "results" / job_id / "0-0-2"
        )
        query("UPDATE result SET files = replace(files, '0-0-1', '0-0-2')")

    done = saved(loaded, file, before_files(loaded, run_again))
    assert done.lacking == verify(file, nothing).lacking == []
    assert files_of(restored(loaded, file).data_dir)[f"results/{job_id}/0-0-2/out.txt"]


def test_it_copies_the_rows_no_more_for_a_file_that_was_lost_before(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    job_id = completed(web, here.folder, "a.txt")
    (here.folder / "results" / job_id / "0-0-1" / "out.txt").unlink()
    told: list[str] = []
    done = saved(loaded, file, lambda what, *_: told.append(what))
    assert done.lacking == [f"results/{job_id}/0-0-1/out.txt"]
    assert 1 <= told.count("copy the database") <= 4  # each twice, as it begins and ends


def test_it_has_all_of_an_upload_that_arrived_meanwhile(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    gone = completed(web, here.folder, "a.txt")
    path = begun(web, 8, filename="b.txt")
    put(web, path, 0, b"half")

    def arrive() -> None:
        put(web, path, 4, b"rest")
        removed(loaded, gone)

    saved(loaded, file, during(loaded, arrive))
    other = restored(loaded, file)
    upload_id = path.rpartition("/")[2]
    assert files_of(other.data_dir)[f"uploads/.parts/{upload_id}"] == b"halfrest"


def test_it_leaves_out_what_is_made_anew(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    job_id = completed(web, here.folder, "a.txt")
    for litter in (
        "results/x/0-0-1.part",
        "environments/e/a",
        "queue.db",
        f"results/{job_id}/0-0-2/a",
    ):
        (here.folder / litter).parent.mkdir(parents=True, exist_ok=True)
        (here.folder / litter).touch()
    saved(loaded, file)
    assert names_in(file) == [
        "bellhop-backup.json",
        f"results/{job_id}/0-0-1/out.txt",
        f"uploads/{job_id}/0.txt",
        f"logs/{job_id}/0-0-1",
        "bellhop.db",
        "installation.json",
        "SHA256SUMS",
    ]


def test_it_is_remembered(loaded: Settings, here: Installation, file: Path) -> None:
    done = saved(loaded, file)
    noted = rotation.noted(here)
    assert noted and noted[1] == f"{done.about.at[:19]}Z, in {file}"


def test_it_leaves_nothing_in_the_data_folder(
    loaded: Settings, here: Installation, file: Path
) -> None:
    saved(loaded, file)
    assert not [path for path in here.folder.iterdir() if path.name.startswith(COPY)]


def test_it_takes_the_place_of_what_a_killed_one_left(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    uploaded(web, "a.txt")
    (here.folder / COPY).write_text("half")
    part = file.with_name(f"{file.name}.part")
    part.symlink_to(here.folder / "bellhop.db")
    saved(loaded, file)
    assert not os.path.lexists(part)
    assert rows_of(restored(loaded, file).data_dir) == rows_of(here.folder)


@pytest.mark.parametrize("point", BACKUP)
def test_it_can_be_killed_at_any_time(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path, point: str
) -> None:
    uploaded(web, "a.txt")
    dies(lambda: save(loaded, file, nothing), point)
    assert not file.exists()
    saved(loaded, file)
    assert {path.name for path in file.parent.glob("bellhop.tar*")} == {file.name}
    assert not [*here.folder.glob(f"{COPY}*")]
    assert rows_of(restored(loaded, file).data_dir) == rows_of(here.folder)


@pytest.mark.parametrize("is_running", [True, False])
def test_it_takes_an_older_database_as_it_is_while_nobody_changes_it(
    loaded: Settings,
    web: WsgiClient,
    here: Installation,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_running: bool,
) -> None:
    completed(web, here.folder, "a.txt")
    monkeypatch.setattr(module, "MIGRATIONS", (*MIGRATIONS, "of a later version"))
    if is_running:
        stay_alive(here.folder)
        refused(loaded, file, "an earlier version of Bellhop runs")
        locks.let_go(here.folder / ALIVE)
    else:
        saved(loaded, file)
        assert files_of(restored(loaded, file).data_dir) == files_of(here.folder)


def refused(settings: Settings, path: Path, said: str) -> None:
    """The command says no in one line, and leaves nothing of a backup anywhere."""
    before = {*path.parent.iterdir()} if path.parent.is_dir() else set()
    with pytest.raises(StartRefused, match=said) as refusal:
        saved(settings, path)
    assert "\n" not in str(refusal.value)
    assert before == ({*path.parent.iterdir()} if path.parent.is_dir() else set())
    assert not (settings.data_dir / COPY).exists()


def test_it_writes_over_nothing(loaded: Settings, here: Installation, file: Path) -> None:
    file.write_text("mine")
    refused(loaded, file, "exists; name a new file")
    assert file.read_text() == "mine"


def test_it_writes_nothing_into_a_folder_that_is_not_there(
    loaded: Settings, here: Installation, tmp_path: Path
) -> None:
    refused(loaded, tmp_path / "none" / "a.tar", "there is no folder")


@pytest.mark.parametrize("place", ["", "uploads", "link", "disk"])
def test_it_does_not_write_into_what_it_saves(
    loaded: Settings, here: Installation, tmp_path: Path, place: str
) -> None:
    folder = here.folder / place
    if place == "link":
        folder = tmp_path / "link"
        folder.symlink_to(here.folder)
    if place == "disk":  # to which a link in the data folder leads
        (folder := tmp_path / "disk").mkdir()
        (here.folder / "results").rmdir()
        (here.folder / "results").symlink_to(folder)
    refused(loaded, folder / "a.tar", "is in the data folder")


def test_it_says_that_there_is_no_bellhop(loaded: Settings, tmp_path: Path) -> None:
    other = replace(loaded, data_dir=tmp_path / "none")
    with pytest.raises(StartRefused, match="there is no Bellhop in"):
        save(other, tmp_path / "a.tar", nothing)
    assert not other.data_dir.exists()


def test_it_does_not_look_for_jobs_elsewhere_than_they_are(
    loaded: Settings, here: Installation, file: Path
) -> None:
    write_record(replace(here, rows="db.example.org:5432/bellhop"))
    refused(loaded, file, "are in PostgreSQL at db.example.org:5432/bellhop, but")


def test_it_refuses_a_second_one_at_once(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path
) -> None:
    uploaded(web, "a.txt")
    second = file.with_name("second.tar")

    def again() -> None:
        with pytest.raises(StartRefused, match="another backup of"):
            save(loaded, second, nothing)

    saved(loaded, file, during(loaded, again))
    assert file.exists() and not second.exists()


@pytest.mark.parametrize("version", [99, "damaged"])
def test_it_saves_no_database_that_nobody_could_use(
    loaded: Settings, web: WsgiClient, here: Installation, file: Path, version: int | str
) -> None:
    uploaded(web, "a.txt")
    database.close_all()
    if version == 99:
        with closing(sqlite3.connect(here.database)) as rows:
            rows.execute("PRAGMA user_version = 99")
        refused(loaded, file, "from a newer version of Bellhop")
    else:
        with closing(sqlite3.connect(here.database)) as rows:
            rows.execute("PRAGMA wal_checkpoint(truncate)").fetchall()
        with here.database.open("r+b") as damaged:
            damaged.seek(4096 * 3)
            damaged.write(b"x" * 8192)
        refused(loaded, file, "is damaged|cannot be copied")


@pytest.mark.parametrize("left", [0, 300_000])
def test_it_leaves_nothing_on_a_disk_that_is_full(
    loaded: Settings,
    web: WsgiClient,
    here: Installation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    left: int,
) -> None:
    uploaded(web, "a.txt", b"x" * 600_000)
    with disk_at(tmp_path / "disk", 4) as disk:
        fill(disk, left)
        refused(loaded, disk / "a.tar", "make room")
        monkeypatch.setattr(module, "free_bytes", lambda path: 1 << 40)
        refused(loaded, disk / "a.tar", "make room")


def test_it_says_which_file_cannot_be_read(
    loaded: Settings,
    web: WsgiClient,
    here: Installation,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job_id = uploaded(web, "a.txt")

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.pread", fail)
    refused(loaded, file, f"uploads/{job_id}/0.txt cannot be read .*Input/output error")
