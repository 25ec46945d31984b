"""What one item leaves for the next: nothing, whoever's it is; and limits that bind everybody."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.consumer.workers import Workers
from bellhop.jobprocess import order
from bellhop.jobprocess import process as jobprocess
from bellhop.jobs.newjob import NewItem
from bellhop.storage.files import Files, Scratch
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from tests.support.jobs import error_of, job_of, moves_of, result_of, run_all
from tests.support.spoils import SPOILS

Submit = Callable[..., Job]


def found_after(spoil: str, submit: Submit, workers: Workers) -> dict[str, Any]:
    """What an item finds and has printed, in a process that had one which spoils something."""
    submit(spoil, type="spoils")
    job = submit(spoil, type="finds")
    run_all(workers)
    assert job_of(job.job_id).status == "completed", error_of(job)
    printed = workers.files.log(job.job_id, "0-0-1").read_text()
    found = {**result_of(job), "printed": sorted(printed.splitlines())}
    del found["shared memory of"]  # each process may have its own
    return found


@pytest.mark.parametrize("spoil", SPOILS)
def test_it_lets_the_next_item_find_all_as_it_was(
    submit: Submit, workers: Workers, spoil: str
) -> None:
    expected = found_after("nothing", submit, workers)
    assert found_after(spoil, submit, workers) == expected


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its root")
def test_it_lets_the_next_item_find_the_root_folder(submit: Submit, workers: Workers) -> None:
    submit("root", type="spoils")
    job = submit(type="finds")
    run_all(workers)
    assert result_of(job)["root"]


def test_it_keeps_a_process_that_is_as_it_was(submit: Submit, workers: Workers) -> None:
    jobs = [submit(spoil, type="spoils") for spoil in ("nothing", "umask", "environment", "folder")]
    run_all(workers)
    assert len({result_of(job)["pid"] for job in jobs}) == 1


# Owners


@pytest.fixture
def shared(here: Installation) -> None:
    accounts.add("ada", "admin", None)


def pid_of(job: Job) -> int:
    return int(result_of(job)["pid"])


def test_it_gives_each_owner_processes_of_their_own(
    shared: None, submit: Submit, workers: Workers
) -> None:
    jobs = [submit("nothing", type="spoils", owner=name) for name in ("ada", "bob", "ada")]
    run_all(workers)
    first, other, again = map(pid_of, jobs)
    assert first == again != other


def test_it_keeps_no_more_processes_than_the_queue_has_workers(
    shared: None, submit: Submit, workers: Workers
) -> None:
    owners = [f"user{number}" for number in range(5)]
    jobs = [submit("nothing", type="spoils", owner=name) for name in owners]
    run_all(workers)
    alive = [job for job in jobs if Path(f"/proc/{pid_of(job)}").exists()]
    assert alive == jobs[-workers.slots.limit("parsing") :]


def test_it_runs_nothing_in_a_process_from_before_the_first_account(
    submit: Submit, workers: Workers
) -> None:
    before = submit("nothing", type="spoils")
    run_all(workers)
    accounts.add("ada", "admin", None)
    workers.follow_switches()
    after = submit("nothing", type="spoils")
    run_all(workers)
    assert pid_of(before) != pid_of(after)


def submit_file(submit: Submit, here: Installation, job_id: str, **options: Any) -> Job:
    files = Files(here.folder)
    incoming = files.new_incoming()
    (incoming / "0.txt").write_text("what was given")
    files.accept(incoming, job_id)
    return submit(items=[NewItem("a.txt", {"file": "0.txt"})], job_id=job_id, **options)


def state_of(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize("how", ["write", "truncate", "rights", "remove"])
def test_it_keeps_an_upload_from_its_job(
    submit: Submit, workers: Workers, here: Installation, how: str, is_shared: bool
) -> None:
    """Neither what a retry reads nor what the owner downloads is another."""
    if is_shared:
        accounts.add("ada", "admin", None)
    job = submit_file(submit, here, "given", type="spoils_its_file", params={"how": how})
    upload = workers.files.upload("given", "0.txt")
    before = state_of(upload)
    run_all(workers)
    assert result_of(job) == {"text": "what was given", "beside": ["0.txt"]}
    assert (upload.read_text(), state_of(upload)) == ("what was given", before)


def test_it_keeps_the_uploads_of_others_from_a_job(
    shared: None, submit: Submit, workers: Workers, here: Installation
) -> None:
    submit_file(submit, here, "of-bob", type="copy_file", owner="bob")
    path = workers.files.upload("of-bob", "0.txt")
    item = NewItem("x", {"data": {"how": "read", "what": str(path)}})
    job = submit(type="reach", items=[item], owner="ada")
    run_all(workers)
    assert result_of(job)["said"] == "PermissionError"


def test_it_leaves_no_input_for_the_next_item(
    submit: Submit, workers: Workers, here: Installation
) -> None:
    submit_file(submit, here, "given", type="copy_file")
    run_all(workers)
    assert list((here.folder / "scratch").glob("*/input/*")) == []


# Limits


@pytest.mark.parametrize("how", ["memory file", "shared", "child"])
def test_it_weighs_what_no_limit_of_a_process_counts(
    submit: Submit, workers: Workers, how: str
) -> None:
    job = submit(how, type="hides_memory")
    workers.run_next()
    assert error_of(job)["code"] == "out_of_memory"


@pytest.mark.parametrize("how", ["memory file", "shared", "child"])
def test_it_lets_a_job_have_the_memory_that_it_may(
    submit: Submit, workers: Workers, how: str
) -> None:
    """What is counted is counted once."""
    job = submit(how, type="hides_memory", params={"mb": 60})
    workers.run_next()
    assert job_of(job.job_id).status == "completed", error_of(job)


@pytest.fixture
def private_memory(shared: None, submit: Submit, workers: Workers) -> None:
    """A `/dev/shm` for each job process, where this machine lets Bellhop make one."""
    job = submit(type="finds")
    run_all(workers)
    if result_of(job)["shared memory of"] == os.stat("/dev/shm").st_dev:
        pytest.skip("job processes have the /dev/shm of all here")


def test_it_weighs_the_shared_memory_of_a_job(
    private_memory: None, submit: Submit, workers: Workers
) -> None:
    within = submit("folder", type="hides_memory", params={"mb": 60})
    beyond = submit("folder", type="hides_memory")
    run_all(workers)
    assert job_of(within.job_id).status == "completed", error_of(within)
    assert error_of(beyond)["code"] == "out_of_memory"


def test_it_takes_full_shared_memory_for_no_full_disk(
    private_memory: None, submit: Submit, workers: Workers
) -> None:
    """An item that waits for room on a disk would wait for a day."""
    job = submit("whole folder", type="hides_memory")
    run_all(workers)
    assert error_of(job)["code"] == "out_of_memory"


def test_it_leaves_no_shared_memory(private_memory: None, submit: Submit, workers: Workers) -> None:
    submit("shared memory", type="spoils")
    job = submit(type="finds")
    run_all(workers)
    assert not result_of(job)["shared memory"]
    assert not Path("/dev/shm/left").exists()


@pytest.mark.parametrize("is_named", [True, False])
def test_it_ends_a_job_whose_many_files_use_up_the_disk(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch, is_named: bool
) -> None:
    nearly_full(monkeypatch)
    job = submit(type="many_files", params={"named": is_named})
    workers.run_next()
    assert error_of(job)["code"] == "file_too_large"


def nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk have nothing left but the reserve, and soon somewhat less."""
    monkeypatch.setattr(order, "_max_file_mb", lambda settings, free_bytes: 64)
    at_first = iter([1 << 40])
    monkeypatch.setattr(Scratch, "free_bytes", lambda self: next(at_first, (1 << 40) - (66 << 20)))
    monkeypatch.setattr(jobprocess, "LEAST_FILE_MB", 10)


def test_it_lets_a_job_be_that_does_not_fill_the_disk(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearly_full(monkeypatch)
    job = submit(type="slow", params={"seconds": 1})
    workers.run_next()
    assert job_of(job.job_id).status == "completed"


def test_it_records_little_of_a_flood_and_holds_its_limit(submit: Submit, workers: Workers) -> None:
    job = submit(type="floods")
    workers.run_next()
    assert error_of(job)["code"] == "timed_out"
    assert len(json.dumps(moves_of(job))) < 1000
