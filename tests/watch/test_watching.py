"""A file that is dropped into a watched folder becomes one job, and goes where it ended."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.accounts.access import BELLHOP
from bellhop.base.errors import ItemError, Problem
from bellhop.consumer.workers import Workers
from bellhop.database.database import query
from bellhop.jobs import lifecycle, queries
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.watch import places, rows, shares, stillness, submitting, watching
from tests.support.disks import mounted
from tests.support.jobs import job_of, result_of
from tests.support.watching import ADDRESS, Drop, end_jobs, jobs, let_renames_replace_nothing

BROKEN = ItemError("broken", "The page is torn.")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stillness, "STILL_S", 0.0)
    monkeypatch.setattr(stillness, "EMPTY_S", 0.0)


@pytest.fixture
def drop(loaded: Settings, here: Installation, tmp_path: Path) -> Drop:
    return Drop(loaded, here, tmp_path / "scans")


def test_it_makes_a_job_of_a_file(drop: Drop, workers: Workers) -> None:
    drop.drop("größe.TXT", "abc")
    drop.look()
    (job,) = jobs()
    shown = (job.name, job.type, job.owner, job.watch, job.bytes > 3)
    assert shown == ("größe.TXT", "upper", "local", "scans", True)
    assert workers.run_next()
    assert result_of(job)
    drop.look_after()
    assert (drop.folder / "done" / "größe.TXT").read_text() == "abc"
    assert drop.names() == drop.taken() == []


def test_it_rings_and_notes_who_submitted(drop: Drop) -> None:
    drop.drop("a.txt")
    drop.look()
    assert drop.rung == [{jobs()[0].queue: 1}]
    sql = "SELECT who, address, action, target FROM audit"
    assert query(sql) == [("local", "watch scans", "submit", jobs()[0].job_id)]


def test_it_gives_the_params_of_the_watch(drop: Drop) -> None:
    drop.becomes(type="word_count", params='{"minimum": 3}')
    drop.drop("a.txt")
    drop.look()
    assert [job.type for job in jobs()] == ["word_count"]
    assert '"minimum": 3' in jobs()[0].params


def test_it_says_beside_a_failed_file_why(drop: Drop) -> None:
    drop.drop("a.txt")
    drop.look()
    end_jobs(BROKEN)
    drop.look_after()
    assert drop.names("failed") == ["a.txt", "a.txt.error.txt"]
    text = (drop.folder / "failed" / "a.txt.error.txt").read_text()
    assert text == f"The page is torn.\n{ADDRESS}/jobs/{jobs()[0].job_id}\n"


def test_it_puts_a_file_whose_job_was_cancelled_to_the_failed(drop: Drop) -> None:
    drop.drop("a.txt")
    drop.look()
    lifecycle.ask_cancel(jobs()[0].job_id)
    drop.look_after()
    text = (drop.folder / "failed" / "a.txt.error.txt").read_text()
    assert text.startswith("The job was cancelled.\nhttp")


def test_it_puts_a_file_whose_job_was_deleted_to_the_failed(drop: Drop) -> None:
    drop.drop("a.txt")
    drop.look()
    end_jobs()
    lifecycle.purge([jobs()[0].job_id])
    drop.look_after()
    assert drop.names("failed") == ["a.txt", "a.txt.error.txt"]


def test_it_moves_a_file_once_whatever_becomes_of_its_job_later(drop: Drop) -> None:
    drop.drop("a.txt")
    drop.look()
    end_jobs(BROKEN)
    drop.look_after()
    lifecycle.retry(jobs()[0].job_id)
    end_jobs()
    drop.look()
    assert (drop.names("done"), len(drop.names("failed"))) == ([], 2)


def test_it_waits_until_a_file_has_stopped_growing(drop: Drop) -> None:
    path = drop.drop("a.txt", "a")
    for content in ("ab", "abc", "abcd"):
        drop.look(2)
        path.write_text(content)
    assert jobs() == []
    drop.look()
    assert len(jobs()) == 1


def test_it_waits_while_somebody_here_has_a_file_open_to_write(drop: Drop) -> None:
    with drop.drop("a.txt").open("a"):
        drop.look(5)
        assert jobs() == []
    drop.look_after()
    assert len(jobs()) == 1


def test_it_does_not_wait_for_who_only_reads_a_file(drop: Drop) -> None:
    with drop.drop("a.txt").open():
        drop.look()
    assert len(jobs()) == 1


UNFINISHED = (
    "a.pdf.part", "b.pdf.PART", "a.partial", "a.tmp", "a.TEMP", ".a.pdf.Xy12Zz", ".in.a.pdf.",
    "a.pdf~", "~$a.docx", "a.pdf.filepart", "a.crdownload", "a.download", "a.swp", "Thumbs.db",
    "desktop.ini", ".DS_Store",
)  # fmt: skip


def test_it_leaves_what_is_written_under_a_temporary_name(drop: Drop) -> None:
    for name in UNFINISHED:
        drop.drop(name)
    drop.look(4)
    assert (jobs(), drop.names()) == ([], sorted(UNFINISHED))


def test_it_takes_a_file_that_got_its_own_name(drop: Drop) -> None:
    part = drop.drop("a.pdf.part")
    drop.look()
    part.rename(drop.folder / "a.pdf")
    drop.look()
    assert [job.name for job in jobs()] == ["a.pdf"]


def test_it_refuses_an_empty_file(drop: Drop) -> None:
    drop.drop("a.txt", "")
    drop.look(4)
    assert jobs() == []
    assert (drop.folder / "failed" / "a.txt.error.txt").read_text() == "The file is empty.\n"


def test_it_refuses_a_file_that_is_too_large(drop: Drop) -> None:
    drop.settings = replace(drop.settings, server=replace(drop.settings.server, max_upload_mb=1))
    drop.restart()
    drop.drop("a.txt", b"x" * (2 << 20))
    drop.look(4)
    text = (drop.folder / "failed" / "a.txt.error.txt").read_text()
    assert (jobs(), text) == ([], "It has 2 MiB, and [server] max_upload_mb allows 1.\n")


def test_it_makes_a_job_again_of_what_is_dropped_again(drop: Drop) -> None:
    for _ in range(3):
        drop.drop("a.txt")
        drop.look()
        end_jobs()
        drop.look_after()
    assert len(jobs()) == 3
    assert drop.names("done") == ["a (2).txt", "a (3).txt", "a.txt"]


def test_it_makes_two_jobs_of_two_contents_under_one_name(drop: Drop, workers: Workers) -> None:
    drop.drop("a.txt", "one")
    drop.look()
    drop.drop("a.txt", "two")
    drop.look()
    assert (len(jobs()), drop.taken()) == (2, ["a.txt", "a.txt"])
    end_jobs()
    drop.look_after()
    found = {path.name: path.read_text() for path in (drop.folder / "done").iterdir()}
    assert sorted(found.values()) == ["one", "two"]


def test_it_overwrites_nothing_in_a_folder_that_ignores_capitals(drop: Drop) -> None:
    for name in ("Scan.txt", "scan.TXT"):
        drop.drop(name)
    drop.look()
    end_jobs()
    drop.look_after()
    assert len({name.lower() for name in drop.names("done")}) == 2


def test_it_takes_many_files_in_rounds(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MOST_MOVED", 3)
    for number in range(8):
        drop.drop(f"{number}.txt")
    drop.look(2)
    found = []
    for _ in range(3):
        is_more = drop.watching.round()
        found.append((len(jobs()), is_more))
    assert found == [(3, True), (6, True), (8, False)]


def test_it_lists_a_folder_once_for_all_files_that_are_still(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many they are: a look costs what there is, and a round what it takes."""
    listed = []
    original = shares.Folder.dropped

    def counted(folder: shares.Folder) -> tuple[list[str], list[str]]:
        listed.append(folder.path)
        return original(folder)

    monkeypatch.setattr(shares.Folder, "dropped", counted)
    monkeypatch.setattr(watching, "MOST_MOVED", 1)
    for number in range(8):
        drop.drop(f"{number}.txt")
    drop.look(2)
    listed.clear()
    rounds = 1
    while drop.watching.round():
        rounds += 1
    assert (len(jobs()), rounds, len(listed)) == (8, 8, 1)


def test_it_takes_no_file_that_has_changed_since_it_was_still(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MOST_MOVED", 1)
    drop.drop("a.txt")
    other = drop.drop("b.txt")
    drop.look(3)
    other.write_text("more of it")
    drop.look(1)
    assert [job.name for job in jobs()] == ["a.txt"]
    drop.look(3)
    assert len(jobs()) == 2


def test_it_asks_a_slow_share_for_some_of_its_files(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_FOR_S", 0.0)
    for number in range(3):
        drop.drop(f"{number}.txt")
    drop.look(9)
    assert sorted(job.name for job in jobs()) == ["0.txt", "1.txt", "2.txt"]


def test_it_is_not_held_up_by_files_that_go_wrong(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MOST_LOOKED", 2)
    refuse(monkeypatch, "0.txt", errno.EACCES)
    refuse(monkeypatch, "1.txt", errno.EIO)
    for number in range(3):
        drop.drop(f"{number}.txt")
    drop.look(6)
    assert [job.name for job in jobs()] == ["2.txt"]
    assert drop.told().problems == ["0.txt: Permission denied", "1.txt: Input/output error"]


def refuse(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    """Let one file be none that can be opened."""
    original = shares._open_regular

    def opened(given: str, folder: int) -> int:
        if given == name:
            raise OSError(number, os.strerror(number))
        return original(given, folder)

    monkeypatch.setattr(shares, "_open_regular", opened)


def test_it_says_once_what_is_wrong_with_a_file(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watching, "AGAIN_S", 0.0)
    refuse(monkeypatch, "a.txt", errno.EACCES)
    drop.drop("a.txt")
    drop.look(9)
    assert caplog.messages == ["watch=scans a.txt: Permission denied; Bellhop tries again"]
    monkeypatch.undo()


def test_it_takes_no_links_pipes_and_folders(drop: Drop, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (drop.folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    os.mkfifo(drop.folder / "pipe.txt")
    (drop.folder / "more").mkdir()
    (drop.folder / "more" / "a.txt").write_text("a")
    drop.look(4)
    said = "is not a file: Bellhop takes no links, pipes or devices"
    assert drop.told().problems == [f"link.txt {said}", f"pipe.txt {said}"]
    assert (jobs(), drop.names()) == ([], ["link.txt", "more", "pipe.txt"])


def test_it_takes_a_file_with_several_names_as_it_takes_copies(drop: Drop) -> None:
    os.link(drop.drop("a.txt"), drop.folder / "b.txt")
    drop.look()
    end_jobs()
    drop.look_after()
    assert (len(jobs()), drop.names("done")) == (2, ["a.txt", "b.txt"])


@pytest.mark.parametrize("name", [b"caf\xe9.txt", b"one\ntwo.txt", b"\xff", b"x" * 255])
def test_it_takes_whatever_name_a_file_has(drop: Drop, name: bytes) -> None:
    place = os.path.join(os.fsencode(drop.folder), name)
    with open(place, "w") as file:
        file.write("abc")
    drop.look()
    end_jobs(BROKEN)
    drop.look_after()
    assert len(jobs()) == 1
    found = os.listdir(os.path.join(os.fsencode(drop.folder), b"failed"))
    assert len(found) == 2
    assert all(known.startswith(name[:200]) for known in found)


@pytest.mark.parametrize("refusal", [errno.EEXIST, errno.EPERM, errno.EIO, errno.ENOTSUP])
def test_it_places_a_file_where_a_rename_replaces_nothing(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    """As on a share of SMB that rclone mounts, or of a server of SFTP without posix-rename."""
    let_renames_replace_nothing(monkeypatch, refusal)
    for content in ("one", "two"):
        drop.drop("a.txt", content)
        drop.look()
        end_jobs()
        drop.look_after()
    found = {path.name: path.read_text() for path in (drop.folder / "done").iterdir()}
    assert found == {"a.txt": "one", "a (2).txt": "two"}


def test_it_loses_no_file_where_empty_ones_are_created_late(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As rclone does: what nothing was written to comes to be after it was closed."""
    (open_it, close), new, late = (os.open, os.close), dict[int, Path](), list[Path]()

    def opened(name: Any, flags: int, *more: Any, dir_fd: int | None = None) -> int:
        descriptor = open_it(name, flags, *more, dir_fd=dir_fd)
        if flags & os.O_EXCL and dir_fd is not None:
            new[descriptor] = Path(os.readlink(f"/proc/self/fd/{dir_fd}"), name)
        return descriptor

    def closed(descriptor: int) -> None:
        if (path := new.pop(descriptor, None)) and not os.fstat(descriptor).st_size:
            late.append(path)
        close(descriptor)

    drop.drop("a.txt")
    drop.look()
    end_jobs()
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", opened)
        patch.setattr(os, "close", closed)
        drop.look_after()
    for path in late:
        path.write_bytes(b"")
    assert (drop.folder / "done" / "a.txt").read_text() == "abc"


def test_it_has_nothing_to_do_for_a_file_that_was_taken_back(drop: Drop) -> None:
    path = drop.drop("a.txt")
    drop.look(2)
    path.unlink()
    drop.look()
    assert (jobs(), drop.told().problems) == ([], [])


def test_it_has_nothing_to_move_where_somebody_moved_a_file_away(drop: Drop) -> None:
    drop.drop("a.txt")
    drop.look()
    (taken,) = [path for path in (drop.folder / ".bellhop").rglob("*") if path.is_file()]
    taken.unlink()
    end_jobs()
    drop.look()
    assert drop.names("done") == drop.names("failed") == drop.told().problems == []
    assert query("SELECT count(*) FROM watched") == [(0,)]


def test_it_waits_for_room(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Problem("disk-full", "The disk has 1 MiB left.", retry_after_s=0)
    problems: list[Problem | None] = [room]
    monkeypatch.setattr(submitting, "room_problem", lambda *given: problems[0])
    drop.drop("a.txt")
    drop.look()
    assert (jobs(), drop.told().held) == ([], "The disk has 1 MiB left.")
    problems[0] = None
    monkeypatch.setattr(watching, "AGAIN_S", 0.0)
    drop.restart()
    drop.look()
    assert (len(jobs()), drop.told().held) == (1, None)


@pytest.mark.parametrize("number", watching.OF_SHARE)
def test_it_waits_while_a_share_takes_nothing(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    drop.drop("a.txt")
    drop.drop("b.txt")
    with monkeypatch.context() as patch:
        refuse(patch, "a.txt", number)
        drop.look()
        assert (drop.told().held, drop.told().problems) == (os.strerror(number), [])
        assert drop.names() == ["a.txt", "b.txt"]
    drop.look()
    assert (len(jobs()), drop.told().held) == (2, None)


def test_it_keeps_to_the_limits_of_its_owner(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, config: Callable[[str], Settings]
) -> None:
    accounts.add("ada", "member", None)
    drop.settings = config("[limits]\njobs_per_account = 2\n")
    drop.becomes(owner="ada")
    for number in range(5):
        drop.drop(f"{number}.txt")
    drop.look(5)
    assert [job.owner for job in jobs()] == ["ada", "ada"]
    said = "ada has 2 unfinished jobs; wait for some of them to end."
    assert drop.told().held == said
    end_jobs()
    drop.restart()
    drop.look(2)
    assert len(jobs()) == 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"type": "nothing"}, "[watch:scans] type: there is no job type 'nothing'; the job types"),
        ({"type": "word_count", "params": '{"minimum": "x"}'}, "[watch:scans] minimum: must"),
        ({"type": "word_count", "params": '{"no": 1}'}, "[watch:scans] no: "),
        ({"type": "noop"}, "takes text, not files"),
    ],
)
def test_it_holds_all_files_while_a_setting_is_wrong(
    drop: Drop, options: dict[str, Any], said: str
) -> None:
    drop.becomes(**options)
    drop.look_after()
    assert said in str(drop.told().held)  # also before there is a file
    drop.drop("a.txt")
    drop.look(4)
    assert (jobs(), drop.names()) == ([], ["a.txt"])


def test_it_goes_on_once_a_setting_is_mended(drop: Drop, caplog: pytest.LogCaptureFixture) -> None:
    drop.becomes(type="nothing")
    drop.drop("a.txt")
    drop.look(4)
    drop.becomes(type="upper")
    drop.look()
    assert (len(jobs()), drop.told().held) == (1, None)


@pytest.fixture
def people(here: Installation) -> Iterator[None]:
    for name, role in (("ada", "admin"), ("vera", "viewer"), ("dora", "member")):
        accounts.add(name, role, None)
    accounts.disable("dora", is_disabled=True)
    yield


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("owner", "said"),
    [
        ("", "must name an account, as Bellhop has accounts now"),
        ("nemo", "there is no account nemo, or it is disabled"),
        ("dora", "there is no account dora, or it is disabled"),
        ("vera", "the account vera may not submit jobs"),
    ],
)
def test_it_holds_all_files_while_nobody_may_submit_them(drop: Drop, owner: str, said: str) -> None:
    drop.becomes(owner=owner)
    drop.drop("a.txt")
    drop.look(4)
    assert (jobs(), drop.told().held) == ([], f"[watch:scans] owner: {said}")


def test_it_needs_no_owner_while_there_are_no_accounts(drop: Drop) -> None:
    drop.becomes(owner="ada")
    drop.drop("a.txt")
    drop.look()
    assert [job.owner for job in jobs()] == ["local"]


def test_it_keeps_a_file_that_still_grows_while_it_is_read(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "AGAIN_S", 0.0)
    original = submitting._read
    grown: list[Path] = []

    def read(source: int) -> bytes:
        if len(grown) < 2:
            (taken,) = [path for path in (drop.folder / ".bellhop").rglob("*") if path.is_file()]
            with taken.open("a") as file:
                file.write("more")
            grown.append(taken)
        return original(source)

    monkeypatch.setattr(submitting, "_read", read)
    drop.drop("a.txt", "abc")
    drop.look()
    assert (jobs(), drop.told().problems) == ([], ["a.txt is still written"])
    drop.look(2)
    (job,) = jobs()
    assert queries.stored_bytes(job.owner) > 0
    end_jobs()
    drop.look_after()
    assert drop.names("done") == ["a.txt"]


def test_it_stops_in_the_middle_of_a_file(drop: Drop) -> None:
    drop.drop("a.txt")
    drop.look(2)
    drop.is_stopping = lambda: True
    with pytest.raises(submitting.Stopped):
        drop.watching.round()
    drop.is_stopping = lambda: False
    drop.restart()
    drop.look(1)
    assert len(jobs()) == 1


@pytest.mark.parametrize("target", ["", "failed/", "elsewhere/a.txt", "done/..%2Fa.txt", "done/.."])
def test_it_finds_a_place_for_a_file_whose_row_names_none(drop: Drop, target: str) -> None:
    for name in ("a.txt", "empty.txt"):
        drop.drop(name, "" if name == "empty.txt" else "abc")
    drop.look(4)
    end_jobs()
    query("UPDATE watched SET target = :target", {"target": target})
    drop.restart()
    drop.look(2)
    assert (drop.names("done"), drop.names(), drop.taken()) == (["a.txt"], [], [])
    assert drop.names("failed") == ["empty.txt", "empty.txt.error.txt"]
    assert query("SELECT count(*) FROM watched") == [(0,)]


@pytest.mark.parametrize("left", ["", "The page"])
def test_it_writes_nothing_to_a_file_that_has_another_name(
    drop: Drop, tmp_path: Path, left: str
) -> None:
    """Whoever may write to the folder puts it where the text shall be, after a crash."""
    outside = tmp_path / "private.txt"
    outside.write_text(left)
    outside.chmod(0o600)
    drop.drop("a.txt")
    drop.look()
    end_jobs(BROKEN)
    target = f"{BROKEN.message}\n{ADDRESS}/jobs/{jobs()[0].job_id}\n"
    rows.set_targets([rows.Ending(drop.token(), "failed", "a.txt", target)])
    os.link(outside, drop.folder / "failed" / "a.txt.error.txt")
    drop.look_after()
    assert (outside.read_text(), outside.stat().st_mode & 0o777) == (left, 0o600)
    assert (drop.folder / "failed" / "a.txt.error.txt").read_text() == target


# Which folder it is.


def test_it_creates_nothing_where_its_share_is_not_mounted(drop: Drop, tmp_path: Path) -> None:
    drop.drop("a.txt")
    drop.look()
    drop.folder.rename(tmp_path / "away")
    drop.folder.mkdir()
    end_jobs()
    drop.look()
    assert list(drop.folder.iterdir()) == []
    said = "is not the folder that Bellhop watched before, because it has no .bellhop; mount it"
    assert said in str(drop.told().held)
    drop.restart()  # and so does the next start
    drop.look()
    assert list(drop.folder.iterdir()) == []
    drop.folder.rmdir()
    (tmp_path / "away").rename(drop.folder)
    drop.look()
    assert (drop.names("done"), len(jobs())) == (["a.txt"], 1)


def test_it_takes_a_new_folder_once_somebody_says_that_it_is_one(
    drop: Drop, tmp_path: Path
) -> None:
    drop.look()
    drop.folder.rename(tmp_path / "old")
    drop.folder.mkdir()
    drop.drop("a.txt")
    drop.look(4)
    assert jobs() == []
    (drop.folder / ".bellhop").mkdir()
    drop.look()
    assert len(jobs()) == 1


def test_it_holds_nothing_for_moved_away_that_is_on_another_share(
    drop: Drop, tmp_path: Path
) -> None:
    """Two folders under one path, each with the mark of this Bellhop, as below a mount point."""
    drop.drop("a.txt")
    drop.look()
    drop.folder.rename(tmp_path / "away")
    (drop.folder / ".bellhop").mkdir(parents=True)
    end_jobs()
    drop.look()
    drop.folder.rename(tmp_path / "below")
    (tmp_path / "away").rename(drop.folder)
    drop.look()
    assert (drop.names("done"), len(jobs())) == (["a.txt"], 1)


def test_it_goes_on_with_a_share_that_is_mounted_elsewhere(drop: Drop, tmp_path: Path) -> None:
    drop.drop("a.txt")
    drop.look()
    drop.folder.rename(tmp_path / "elsewhere")
    drop.folder = tmp_path / "elsewhere"
    drop.becomes(folder=str(drop.folder))
    end_jobs()
    drop.look()
    assert (drop.names("done"), len(jobs())) == (["a.txt"], 1)


def test_it_says_that_a_folder_is_not_there(drop: Drop) -> None:
    drop.becomes(folder=str(drop.folder / "nowhere"))
    drop.look()
    assert drop.told().held == f"{drop.folder}/nowhere: No such file or directory"


def test_it_leaves_the_folder_of_another_bellhop_alone(drop: Drop) -> None:
    other = drop.started(own_id="other")
    other.round()
    drop.drop("a.txt")
    drop.look(4)
    assert str(drop.told().held).startswith(f"another Bellhop watches {drop.folder}; ")
    assert drop.names() == ["a.txt"]


def test_it_has_a_share_in_one_watch_only_however_it_is_mounted(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop.look_after()
    monkeypatch.setattr(places, "location", lambda folder: Path("/another/disk"))
    drop.started("twin").round()
    assert "shares files with the folder of [watch:scans]" in str(rows.told("twin").held)


def test_it_watches_no_folder_of_bellhop_by_another_path(drop: Drop, tmp_path: Path) -> None:
    held = []
    for number, target in enumerate((drop.here.folder, drop.here.folder / "uploads", tmp_path)):
        target.mkdir(exist_ok=True)
        (tmp_path / f"link{number}").symlink_to(target)
        drop.becomes(folder=f"{tmp_path}/link{number}")
        drop.look_after()
        held.append(str(drop.told().held).replace(str(tmp_path), "").split("; ")[0])
    assert held == [
        "/link0 shares files with /data, which Bellhop itself uses",
        "/link1 shares files with /data, which Bellhop itself uses",
        "/link2 shares files with the folder of config.ini",
    ]
    assert not (tmp_path / ".bellhop").exists()  # and nothing is created


def test_it_watches_no_folder_of_bellhop_that_is_mounted_elsewhere(
    drop: Drop, tmp_path: Path
) -> None:
    (drop.here.folder / "uploads").mkdir(exist_ok=True)
    (tmp_path / "two words").mkdir()
    with mounted(drop.here.folder / "uploads", tmp_path / "two words") as folder:
        drop.becomes(folder=str(folder))
        drop.look_after()
    said = f"{folder} shares files with {drop.here.folder}, which Bellhop itself uses"
    assert str(drop.told().held).startswith(said)


@pytest.mark.parametrize("below", [".", "done", "failed/old", ".bellhop"])
def test_it_watches_no_folder_of_another_watch_by_another_path(
    drop: Drop, tmp_path: Path, below: str
) -> None:
    drop.look_after()
    (drop.folder / below).mkdir(exist_ok=True)
    (tmp_path / "same").symlink_to(drop.folder / below)
    drop.watch = replace(drop.watch, folder=str(tmp_path / "same"))
    drop.started("twin").round()
    said = f"{tmp_path}/same shares files with the folder of [watch:scans]; name another one"
    assert rows.told("twin").held == said


def test_it_watches_a_folder_in_another_one(drop: Drop) -> None:
    (drop.folder / "invoices").mkdir()
    drop.look_after()
    drop.watch = replace(drop.watch, folder=str(drop.folder / "invoices"))
    drop.started("twin").round()
    assert rows.told("twin").held is None


@pytest.mark.parametrize("name", ["done", "failed", ".bellhop"])
def test_it_follows_no_link_to_where_files_go(drop: Drop, tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (drop.folder / name).symlink_to(tmp_path / "elsewhere")
    drop.drop("a.txt")
    drop.look(4)
    said = f"{name} in the folder is a file or a link, where Bellhop needs a folder"
    assert (drop.told().held, jobs()) == (said, [])
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_it_says_once_what_holds_a_folder(drop: Drop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bellhop.watch")
    drop.folder.rmdir()
    drop.look(5)
    drop.folder.mkdir()
    drop.look(5)
    lines = [m for m in caplog.messages if m.startswith("watch=")]
    said = f"watch=scans files wait: {drop.folder}: No such file or directory"
    assert lines == [said, "watch=scans works again"]


def test_it_lets_people_use_what_it_puts_into_its_place(drop: Drop) -> None:
    drop.folder.chmod(0o2775)
    old = os.umask(0o077)
    try:
        drop.drop("a.txt").chmod(0o664)
        drop.look()
        end_jobs(BROKEN)
        drop.look_after()
    finally:
        os.umask(old)
    failed = drop.folder / "failed"
    modes = [failed.stat().st_mode & 0o777, *(p.stat().st_mode & 0o777 for p in failed.iterdir())]
    assert modes == [0o775, 0o664, 0o664]


def test_it_knows_the_watch_of_a_job(drop: Drop) -> None:
    drop.drop("a.txt")
    drop.look()
    job = queries.job(BELLHOP, jobs()[0].job_id)
    assert job is not None
    assert job.watch == "scans"
    assert job_of(job.job_id).schedule is None
