"""What a worker does with one item, stepped by hand: run, watch, record."""

from __future__ import annotations

import errno
import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bellhop.base.errors import ItemError
from bellhop.base.masking import MARK
from bellhop.consumer import watch
from bellhop.consumer.workers import Workers
from bellhop.database.database import database, query
from bellhop.jobprocess import process as jobprocess
from bellhop.jobs import lifecycle, queries
from bellhop.jobs.newjob import NewItem
from bellhop.reloading import taking
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.models import Job
from bellhop.system import children
from tests.support import single
from tests.support.jobs import error_of, items_of, job_of, moves_of, result_of, run_all

Submit = Callable[..., Job]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


@pytest.fixture
def running(workers: Workers) -> Iterator[Callable[[], threading.Thread]]:
    """Run one item in a thread, as a worker does."""
    threads = []

    def start() -> threading.Thread:
        def work() -> None:
            workers.run_next()
            database.close()

        thread = threading.Thread(target=work)
        thread.start()
        threads.append(thread)
        return thread

    yield start
    workers.stop_by(0)
    for thread in threads:
        thread.join()


def wait_until(condition: Callable[[], bool], limit_s: float = 20) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_it_records_what_the_job_returned(submit: Submit, workers: Workers) -> None:
    job = submit("hello")
    assert workers.run_next()
    assert job_of(job.job_id).status == "completed"
    assert result_of(job) == {"text": "hello"}


def test_it_runs_nothing_when_nothing_is_due(workers: Workers) -> None:
    assert not workers.run_next()


def test_it_never_runs_more_of_a_queue_than_its_workers(submit: Submit, workers: Workers) -> None:
    submit("a", queue="ocr")
    assert workers.slots.enter("ocr")
    assert not workers.run_next()
    workers.slots.leave("ocr")
    assert workers.run_next()


def test_it_serves_another_queue_while_one_is_full(submit: Submit, workers: Workers) -> None:
    submit("a", queue="ocr")
    other = submit("b", queue="ai")
    workers.slots.enter("ocr")
    assert workers.run_next()
    assert job_of(other.job_id).status == "completed"


def test_it_publishes_output_files(submit: Submit, workers: Workers, here: Any) -> None:
    job = submit_file(submit, here.folder, "straße.txt", "stra\u00dfe")
    workers.run_next()
    ((_, result),) = queries.items(job, limit=1).rows
    assert result is not None
    files = {file["name"]: file for file in json.loads(result.files)}
    path = Files(here.folder).result(job.job_id, files["upper.txt"]["path"])
    assert path.read_text("utf-8") == "STRASSE"
    assert "Ärger & Co.txt" in files


def test_it_publishes_no_link_out_of_its_folder(
    submit: Submit, workers: Workers, here: Any
) -> None:
    job = submit_file(submit, here.folder, "a.txt", "a")
    workers.run_next()
    ((_, result),) = queries.items(job, limit=1).rows
    assert result is not None
    assert "secret" not in [file["name"] for file in json.loads(result.files)]


def test_it_keeps_warnings_with_the_result(submit: Submit, workers: Workers, here: Any) -> None:
    job = submit_file(submit, here.folder, "a.txt", "a")
    workers.run_next()
    ((_, result),) = queries.items(job, limit=1).rows
    assert result is not None
    assert json.loads(result.warnings)[0]["code"] == "shouting"


def test_it_gives_the_file_a_neutral_name_and_tells_the_display_name(
    submit: Submit, workers: Workers, here: Any
) -> None:
    job = submit_file(submit, here.folder, "Отчёт.txt", "a")
    workers.run_next()
    assert result_of(job) == {"name": "Отчёт.txt", "stored_as": "0.txt"}


def submit_file(submit: Submit, folder: Path, name: str, text: str) -> Job:
    files = Files(folder)
    incoming = files.new_incoming()
    (incoming / "0.txt").write_text(text, "utf-8")
    job_id = "file-job"
    files.accept(incoming, job_id)
    item = NewItem(name, {"file": "0.txt"})
    return submit(type="upper", items=[item], job_id=job_id)


def test_it_begins_each_attempt_in_empty_folders(submit: Submit, workers: Workers) -> None:
    job = submit("a", "b", "c", type="litter")
    run_all(workers)
    found = [json.loads(result.data) for _, result in queries.items(job, limit=9).rows if result]
    assert found == [{"found": []}] * 3


@pytest.mark.parametrize("name", ["noop", "mistake", "crash", "litter"])
def test_it_leaves_no_scratch_folder(
    submit: Submit, workers: Workers, here: Any, name: str
) -> None:
    submit("a", type=name)
    run_all(workers)
    workers.pool.retire_idle(0)
    assert list((here.folder / "scratch").iterdir()) == []


def test_it_ends_what_a_job_left_running(submit: Submit, workers: Workers, tmp_path: Path) -> None:
    """A child that outlives its job must not meet the next item."""
    note = tmp_path / "outside" / "pid"
    submit(str(note), type="leave")
    run_all(workers)
    assert not is_alive(int(note.read_text()))


def test_it_retries_a_mistake_by_the_types_own_delays(submit: Submit, workers: Workers) -> None:
    job = submit(type="mistake", params={"times": 2})
    run_all(workers)
    assert result_of(job) == {"attempt": 3}
    assert moves_of(job).count("requeued") == 2


def test_it_fails_for_good_when_the_delays_are_used_up(submit: Submit, workers: Workers) -> None:
    job = submit(type="mistake")
    run_all(workers)
    assert job_of(job.job_id).status == "failed"
    assert "RuntimeError: attempt 3" in error_of(job)["message"]


def test_it_shows_bad_input_to_the_user_and_does_not_retry(
    submit: Submit, workers: Workers
) -> None:
    job = submit("rubbish", type="bad_input")
    run_all(workers)
    expected = {"code": "no_good", "message": "This is no good: rubbish", "hint": "Try another."}
    assert error_of(job) == expected
    assert job_of(job.job_id).attempt == 1


def test_it_puts_off_what_asks_to_be_tried_again(submit: Submit, workers: Workers) -> None:
    job = submit(type="later")
    run_all(workers)
    (item,) = items_of(job)
    assert (item.status, item.failures) == ("pending", 0)


def test_it_contains_a_crash_and_names_the_signal(submit: Submit, workers: Workers) -> None:
    job, other = submit(type="crash"), submit("fine")
    run_all(workers)
    assert error_of(job)["code"] == "process_crashed"
    assert "SIGSEGV" in error_of(job)["message"]
    assert job_of(other.job_id).status == "completed"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT"])
def test_it_takes_the_signal_of_a_stop_for_a_crash_while_it_does_not_stop(
    submit: Submit, workers: Workers, name: str
) -> None:
    job = submit(name, type="signals")
    run_all(workers)
    assert error_of(job)["code"] == "process_crashed"
    assert name in error_of(job)["message"]


def test_it_lets_a_job_interrupt_itself(submit: Submit, workers: Workers) -> None:
    job = submit("SIGINT", type="signals")
    run_all(workers)
    assert "KeyboardInterrupt" in error_of(job)["message"]


def test_it_lets_a_job_end_what_it_forked(submit: Submit, workers: Workers) -> None:
    """`Pool` sends SIGTERM to its processes, and waits until they are gone."""
    job = submit("a pool", type="signals")
    began = time.monotonic()
    run_all(workers)
    assert result_of(job) == {"ended": True}
    assert time.monotonic() - began < 5


def test_it_contains_a_job_that_needs_too_much_memory(submit: Submit, workers: Workers) -> None:
    job = submit(type="hungry")
    run_all(workers)
    assert error_of(job)["code"] == "out_of_memory"
    assert job_of(job.job_id).attempt == 2


@pytest.mark.parametrize(
    ("name", "code"), [("not_json", "bad_result"), ("huge", "result_too_large")]
)
def test_it_refuses_a_result_that_cannot_be_kept(
    submit: Submit, workers: Workers, name: str, code: str
) -> None:
    job = submit(type=name)
    lifecycle_delays_to_zero(workers)
    run_all(workers)
    assert error_of(job)["code"] == code


def lifecycle_delays_to_zero(workers: Workers) -> None:
    """Without `[retry] delays_s` a mistake is final."""
    retry = type(workers._settings.retry)(delays_s=())
    object.__setattr__(workers._settings, "retry", retry)


def test_it_ends_a_hang_at_its_limit_with_its_grandchildren(
    submit: Submit, workers: Workers, tmp_path: Path
) -> None:
    """Signals are ignored, the hang is in C, and a child of the job runs too."""
    note = tmp_path / "outside" / "pid"
    job = submit(str(note), type="hang")
    started = time.monotonic()
    run_all(workers)
    assert time.monotonic() - started < 5
    assert error_of(job)["code"] == "timed_out"
    assert not is_alive(int(note.read_text()))


def test_it_stops_a_running_job_on_cancel(
    submit: Submit, workers: Workers, running: Callable[[], threading.Thread]
) -> None:
    job = submit(type="slow")
    thread = running()
    wait_until(lambda: job_of(job.job_id).current_step is not None)
    asked = time.monotonic()
    lifecycle.ask_cancel(job.job_id)
    thread.join()
    assert job_of(job.job_id).status == "cancelled"
    assert time.monotonic() - asked < 2


def test_it_lets_a_polite_job_end_by_itself_on_cancel(
    submit: Submit, workers: Workers, running: Callable[[], threading.Thread]
) -> None:
    job = submit(type="polite")
    thread = running()
    wait_until(lambda: job_of(job.job_id).current_step is not None)
    lifecycle.ask_cancel(job.job_id)
    thread.join()
    assert job_of(job.job_id).status == "cancelled"


def test_it_gives_back_what_did_not_end_within_the_grace(
    submit: Submit, workers: Workers, running: Callable[[], threading.Thread]
) -> None:
    job = submit(type="slow")
    thread = running()
    wait_until(lambda: job_of(job.job_id).current_step is not None)
    workers.stop_by(0)
    thread.join()
    (item,) = items_of(job)
    assert (item.status, item.interruptions, item.failures) == ("queued", 0, 0)


def test_it_shows_progress_while_the_job_runs(
    submit: Submit, workers: Workers, running: Callable[[], threading.Thread]
) -> None:
    job = submit(type="slow", params={"seconds": 3})
    running()
    wait_until(lambda: job_of(job.job_id).progress_points >= 20)
    assert (job_of(job.job_id).current_step or "").startswith("Step")


def test_it_runs_again_when_its_process_is_killed_from_outside(
    submit: Submit, workers: Workers, running: Callable[[], threading.Thread], here: Any
) -> None:
    job = submit(type="slow")
    thread = running()
    wait_until(lambda: job_of(job.job_id).current_step is not None)
    (pid,) = pids_of_job_processes()
    os.killpg(pid, signal.SIGKILL)
    thread.join()
    (item,) = items_of(job)
    assert (item.status, item.crashes) == ("queued", 1)


def pids_of_job_processes() -> list[int]:
    """Our children that are job processes."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    for task in Path("/proc/self/task").iterdir():
        children += (task / "children").read_text().split()
    return sorted(
        {
            int(pid)
            for pid in children
            if b"job-process" in Path(f"/proc/{pid}/cmdline").read_bytes()
        }
    )


def test_it_uses_a_job_process_again_for_the_next_item(submit: Submit, workers: Workers) -> None:
    submit("a", "b")
    workers.run_next()
    before = pids_of_job_processes()
    workers.run_next()
    assert pids_of_job_processes() == before


def test_it_replaces_a_job_process_after_its_items(submit: Submit, workers: Workers) -> None:
    few = replace(workers._settings.jobtypes, recycle_after_items=1)
    taking.become(workers._settings, replace(workers._settings, jobtypes=few))
    submit("a")
    workers.run_next()
    assert pids_of_job_processes() == []


def test_it_ends_job_processes_that_have_nothing_to_do(submit: Submit, workers: Workers) -> None:
    submit("a")
    workers.run_next()
    workers.pool.retire_idle(0)
    assert pids_of_job_processes() == []


def test_it_takes_many_files_as_one_item_where_the_type_wants_it(
    submit: Submit, workers: Workers, here: Any
) -> None:
    files = Files(here.folder)
    incoming = files.new_incoming()
    for index, text in enumerate(("a", "bb")):
        (incoming / f"{index}.txt").write_text(text)
    files.accept(incoming, "many")
    item = NewItem("0.txt and 1 more", {"files": ["0.txt", "1.txt"]})
    job = submit(type="together", items=[item], job_id="many")
    workers.run_next()
    assert result_of(job) == {"sizes": [1, 2]}


def test_it_gives_parameters_as_their_python_types(submit: Submit, workers: Workers) -> None:
    params = {"needed": "x", "count": 3, "ratio": 0.5, "sure": True, "colour": "red"}
    job = submit(type="form", params={**params, "day": "2026-02-03", "tags": ["a"]})
    workers.run_next()
    assert result_of(job)["kinds"] == ["str", "int", "float", "bool", "str", "date", "list"]
    assert result_of(job)["day"] == "2026-02-03"


def test_it_gives_a_type_only_its_own_settings(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLHOP_TYPE_TOLD_API_KEY", "s3cret")
    monkeypatch.setenv("BELLHOP_TYPE_OTHER_API_KEY", "other")
    job = submit(type="told")
    workers.run_next()
    assert result_of(job) == {
        "settings": {"base_url": None, "api_key": MARK},
        "leaked": [],
        "home_is_scratch": True,
    }


def test_it_waits_with_a_type_that_is_not_available(submit: Submit, workers: Workers) -> None:
    """Its file may be mended before the retries are used up."""
    job = submit(type="needs_extra")
    workers.run_next()
    assert error_of(job)["code"] == "type_unavailable"
    assert "requirements-cog.txt" in error_of(job)["message"]


def test_it_runs_the_new_code_of_a_changed_type(
    config: Callable[[str], Settings], submit: Submit, tmp_path: Path
) -> None:
    """Between two jobs the file changes, and nothing is restarted."""
    from bellhop.catalog.catalog import Catalog
    from bellhop.storage.installation import Installation

    folder = tmp_path / "own"
    folder.mkdir()
    file = folder / "answer.py"
    code = (
        "from jobtypes import Context, job_type\n"
        "@job_type(label='Answer', queue='parsing')\n"
        "def answer(text: str, context: Context) -> dict:\n"
        "    return {{'answer': {answer}}}\n"
    )
    settings = config(f"[jobtypes]\nfolder = {folder}\n")
    here = Installation(settings.data_dir, "test", "sqlite", "")
    workers = Workers(settings, here, consumer="c1", counts={"parsing": 1}, ring=lambda n: None)
    single.register("c1")
    answers = []
    for answer in (1, 42):
        file.write_text(code.format(answer=answer))
        Catalog(settings, here).settle()
        job = submit(type="answer")
        workers.run_next()
        answers.append(result_of(job)["answer"])
    workers.pool.retire_idle(0)
    assert answers == [1, 42]


def test_it_signals_no_pid_of_an_item_that_has_ended(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel may have given it to somebody else since."""
    monkeypatch.setattr(jobprocess, "WATCH_S", 0.05)
    submit("start sleep 0.3", type="as_told")
    workers.run_next()
    ((process,),) = workers.pool._idle.values()
    os.kill(process.pid, signal.SIGKILL)
    assert process._child.has_ended(2)
    signalled: list[int] = []
    monkeypatch.setattr(children, "_send", lambda pid, number: signalled.append(pid))
    workers.pool.retire_idle(0)
    assert signalled == []


def test_it_cancels_what_was_cancelled_before_it_began(submit: Submit, workers: Workers) -> None:
    job = submit("a", "b")
    claim = single.claim("parsing", "c9/1")
    assert claim is not None
    lifecycle.ask_cancel(job.job_id)
    lifecycle.adopt("c9")
    assert not workers.run_next()
    assert job_of(job.job_id).status == "cancelled"


def test_it_finds_what_no_bell_told_of(submit: Submit, workers: Workers) -> None:
    """The keeper looks once a second; one worker answers what it saw."""
    workers.look()
    assert not workers.is_due()
    submit("a")
    workers.look()
    assert [workers.is_due(), workers.is_due()] == [True, False]


def test_it_sees_nothing_due_while_its_slots_are_taken(submit: Submit, workers: Workers) -> None:
    submit("a", queue="ocr")
    workers.slots.enter("ocr")
    workers.look()
    assert not workers.is_due()


def test_it_keeps_a_result_with_texts_that_are_none(submit: Submit, workers: Workers) -> None:
    job = submit(type="odd_texts")
    run_all(workers)
    assert job_of(job.job_id).attempt == 1
    assert result_of(job) == {"x": "?", "y": "ü"}


def test_it_fails_at_once_with_a_message_that_is_no_text(submit: Submit, workers: Workers) -> None:
    job = submit("refuse", type="odd_texts")
    run_all(workers)
    assert error_of(job) == {"code": "bad_input", "message": "no ? good", "hint": None}


def test_it_publishes_what_can_be_shown_and_says_what_it_left_out(
    submit: Submit, workers: Workers
) -> None:
    job = submit(type="odd_names")
    run_all(workers)
    ((_, result),) = queries.items(job, limit=1).rows
    assert result is not None
    names = {file["name"] for file in json.loads(result.files)}
    assert names == {"Rapport\u00a02024.pdf", "x" * 255, "closed.txt"}
    left_out = {warning["where"] for warning in json.loads(result.warnings)}
    assert left_out == {r"a\nb.txt", "back\\slash", r"\udcff.txt", "pipe"}


def test_it_is_not_held_by_a_process_that_does_not_read(submit: Submit, workers: Workers) -> None:
    """The order does not fit into the pipe; the limit holds all the same."""
    submit(type="brief")
    run_all(workers)
    (pid,) = pids_of_job_processes()
    os.kill(pid, signal.SIGSTOP)
    job = submit("x" * 1_000_000, type="brief")
    started = time.monotonic()
    run_all(workers)
    assert error_of(job)["code"] == "timed_out"
    assert time.monotonic() - started < 5


def test_it_pauses_at_least_a_second_before_it_tries_again(
    submit: Submit, workers: Workers
) -> None:
    job = submit(type="impatient")
    run_all(workers)
    (item,) = items_of(job)
    assert (item.status, item.attempt) == ("pending", 1)


def test_it_ends_a_grandchild_that_nobody_waits_for(
    submit: Submit, workers: Workers, tmp_path: Path
) -> None:
    note = tmp_path / "outside" / "pid"
    submit(str(note), type="leave_behind")
    run_all(workers)
    assert not is_alive(int(note.read_text()))


def test_it_shows_nothing_that_an_earlier_item_says_late(submit: Submit, workers: Workers) -> None:
    submit("go", type="late")
    run_all(workers)
    job = submit("wait", type="late")
    run_all(workers)
    (item,) = items_of(job)
    assert (item.status, item.attempt) == ("completed", 1)
    assert item.progress == 100 and job_of(job.job_id).change == job.change + 2


def test_it_does_not_retry_what_wants_no_retry(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it is Bellhop that cannot go on."""
    job = submit(type="once")
    run_all(workers)
    assert job_of(job.job_id).attempt == 1
    other = submit(type="once")

    def broken(*_: Any) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(workers.pool, "take", broken)
    run_all(workers)
    assert (job_of(other.job_id).status, job_of(other.job_id).attempt) == ("failed", 1)


def test_it_renews_the_lease_while_it_publishes(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many or large outputs may take longer to reach the disk than a lease lasts."""
    renewed = []

    def renew(claim: lifecycle.Claim) -> bool:
        renewed.append(claim)
        return True

    monkeypatch.setattr("bellhop.consumer.watch.LEASE_RENEWAL_S", -1.0)
    monkeypatch.setattr(lifecycle, "renew", renew)
    submit(type="odd_names")
    run_all(workers)
    assert len(renewed) >= 3


def test_it_ends_what_left_the_group_of_its_job(
    submit: Submit, workers: Workers, tmp_path: Path
) -> None:
    job = submit(str(tmp_path / "outside" / "pid"), type="escape")
    workers.run_next()
    assert error_of(job)["code"] == "timed_out"
    assert not is_alive(int((tmp_path / "outside" / "pid").read_text()))


def test_it_records_nothing_while_a_process_of_the_item_lives(
    submit: Submit, workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the job returned and left a child behind, in a session of its own."""
    submit(str(tmp_path / "outside" / "pid"), type="escape", params={"stay": False})
    lived: list[bool] = []
    complete = lifecycle.complete_all

    def recorded(*arguments: Any) -> Any:
        lived.append(is_alive(int((tmp_path / "outside" / "pid").read_text())))
        return complete(*arguments)

    monkeypatch.setattr(lifecycle, "complete_all", recorded)
    workers.run_next()
    assert lived == [False]


def test_it_counts_the_memory_of_a_job_and_its_children_together(
    submit: Submit, workers: Workers
) -> None:
    job = submit(type="hungry_family")
    workers.run_next()
    (item,) = items_of(job)
    assert (item.status, item.failures) == ("queued", 1)
    assert error_of(job)["code"] == "out_of_memory"


@pytest.mark.parametrize(
    ("limit_mb", "status"), [(400, "completed"), (150, "queued"), (0, "completed")]
)
def test_it_keeps_the_memory_limit_of_the_queue(
    submit: Submit,
    config: Callable[[str], Settings],
    here: Any,
    limit_mb: int,
    status: str,
) -> None:
    loaded = config(f"[queue:parsing]\nmemory_mb = {limit_mb}\n")
    floor = Workers(loaded, here, consumer="c1", counts={"parsing": 1}, ring=lambda times: None)
    single.register("c1")
    job = submit(type="greedy", params={"mb": 200})
    floor.run_next()
    floor.pool.retire_idle(0)
    assert items_of(job)[0].status == status


@pytest.mark.parametrize(
    "said",
    [
        {"outcome": {"kind": "promoted"}, "is_clean": True},
        {"outcome": {"kind": "completed", "data": "{}"}, "is_clean": True},
        {"percent": "much", "step": ""},
        {"done": "completed"},
    ],
)
def test_it_takes_for_a_crash_what_no_job_process_says(
    submit: Submit, workers: Workers, said: dict[str, Any]
) -> None:
    forged, after = submit(json.dumps(said), type="forge"), submit()
    for _ in range(3):
        workers.run_next()
    workers.run_next()
    assert error_of(forged)["code"] == "process_crashed"
    assert items_of(after)[0].status == "completed"


def test_it_waits_and_counts_no_failure_when_a_job_finds_the_disk_full(
    submit: Submit, workers: Workers
) -> None:
    job = submit(type="no_room")
    workers.run_next()
    (item,) = items_of(job)
    assert (item.status, item.failures) == ("pending", 0)
    assert "disk is full" in error_of(job)["message"]


def of_sqlite(code: int, text: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


FULL = of_sqlite(sqlite3.SQLITE_FULL, "database or disk is full")
BUSY = of_sqlite(sqlite3.SQLITE_BUSY, "database is locked")
# What SQLite says of a quota, or of an fsync for which there is no room.
QUOTA = of_sqlite(sqlite3.SQLITE_IOERR_WRITE, "disk I/O error")


def full_for(times: int, act: Callable[..., Any], why: Exception = FULL) -> Callable[..., Any]:
    """`act`, for which there is no room the first `times`."""
    left = [why] * times

    def tried(*arguments: Any, **options: Any) -> Any:
        if left:
            raise left.pop()
        return act(*arguments, **options)

    return tried


@pytest.mark.parametrize("why", [FULL, BUSY, QUOTA], ids=str)
def test_it_keeps_a_result_until_it_can_be_recorded(
    submit: Submit,
    workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    why: Exception,
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(watch, "RECORD_AGAIN_S", 0.001)
    monkeypatch.setattr(lifecycle, "complete_all", full_for(20, lifecycle.complete_all, why))
    monkeypatch.setattr(workers.files, "publish", full_for(20, workers.files.publish, why))
    job = submit(type="noop")
    workers.work()
    (item,) = items_of(job)
    assert (item.status, item.attempt) == ("completed", 1)
    full, again = (line for line in caplog.messages if "recorded" in line)
    assert "results cannot be recorded" in full and again == "results can be recorded again"


@pytest.mark.parametrize("move", ["fail", "fail_attempt", "crash", "try_again"])
def test_it_keeps_every_other_end_until_there_is_room_for_it(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch, move: str
) -> None:
    types = {"fail": "bad_input", "fail_attempt": "once", "crash": "crash", "try_again": "later"}
    monkeypatch.setattr(watch, "RECORD_AGAIN_S", 0.001)
    monkeypatch.setattr(lifecycle, move, full_for(3, getattr(lifecycle, move)))
    job = submit(type=types[move])
    workers.run_next()
    (item,) = items_of(job)
    assert item.status != "running" and item.attempt == 1


def test_it_publishes_once_what_a_full_disk_stopped_half_way(
    submit: Submit, workers: Workers, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder was in its place already when the disk said no."""
    publish, tries = workers.files.publish, []

    def moved_and_full(*arguments: Any) -> Any:
        published = publish(*arguments)
        tries.append(published)
        if len(tries) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return published

    monkeypatch.setattr(watch, "RECORD_AGAIN_S", 0.001)
    monkeypatch.setattr(workers.files, "publish", moved_and_full)
    job = submit(type="litter")
    workers.run_next()
    ((_, result),) = queries.items(job, limit=1).rows
    assert result is not None
    (file,) = json.loads(result.files)
    assert workers.files.result(job.job_id, file["path"]).read_text() == "x"


def test_it_lets_an_item_run_on_while_nothing_can_be_recorded(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "progress", full_for(1000, lifecycle.progress))
    monkeypatch.setattr(lifecycle, "renew", full_for(1000, lifecycle.renew))
    monkeypatch.setattr(watch, "LEASE_RENEWAL_S", 0)
    job = submit(type="slow", params={"seconds": 1})
    workers.run_next()
    assert items_of(job)[0].status == "completed"


def test_it_claims_nothing_on_a_full_disk_and_lives(
    submit: Submit,
    workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = submit()
    monkeypatch.setattr(lifecycle, "take", full_for(3, lifecycle.take))
    for _ in range(3):
        workers.work()
    assert items_of(job)[0].status == "queued"
    assert len(caplog.messages) == 1, "said once"
    workers.work()
    assert items_of(job)[0].status == "completed"


def test_it_gives_up_waiting_for_room_when_the_grace_of_a_stop_is_over(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The item stays claimed, and the next consumer adopts it."""
    monkeypatch.setattr(watch, "RECORD_AGAIN_S", 0.001)
    monkeypatch.setattr(lifecycle, "complete_all", full_for(10**6, lifecycle.complete_all))
    monkeypatch.setattr(workers, "is_grace_over", full_then_over())
    job = submit()
    workers.work()
    assert items_of(job)[0].status == "running"
    lifecycle.adopt("c1")
    assert items_of(job)[0].status == "queued"


def full_then_over() -> Callable[[], bool]:
    answers = [False] * 5
    return lambda: not answers or answers.pop()


def test_it_ends_each_of_several_hangs_at_its_own_limit(
    submit: Submit,
    workers: Workers,
    tmp_path: Path,
    running: Callable[[], threading.Thread],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The limit of one is not put off by the end of another."""
    took: list[float] = []
    fail = lifecycle.fail

    def failed(claim: lifecycle.Claim, error: ItemError) -> bool:
        ((at,),) = query("SELECT started_at FROM item WHERE id = :id", {"id": claim.id})
        began = datetime.fromisoformat(at)
        took.append((datetime.now(UTC) - began).total_seconds())
        return fail(claim, error)

    monkeypatch.setattr(lifecycle, "fail", failed)
    for number in range(3):
        submit(str(tmp_path / "outside" / str(number)), type="hang")
    for thread in [running() for _ in range(3)]:
        thread.join()
    limit_s, ceiling_s = 0.5, 1.0
    assert len(took) == 3
    assert all(limit_s <= each < limit_s + ceiling_s for each in took), took


def test_it_survives_twenty_orderly_restarts_during_one_long_item(
    submit: Submit, loaded: Settings, here: Any
) -> None:
    job = submit(type="slow", params={"seconds": 0.6})

    def consumer(number: int) -> Workers:
        name = f"c{number}"
        single.register(name)
        return Workers(loaded, here, consumer=name, counts={"parsing": 1}, ring=lambda n: None)

    for number in range(20):
        stopped = consumer(number)
        stopped.stop_by(0.2)
        stopped.stopping.clear()  # it took the item just before
        stopped.run_next()
        stopped.pool.retire_idle(0)
    (item,) = items_of(job)
    assert (item.status, item.attempt, item.interruptions) == ("queued", 20, 0)
    last = consumer(20)
    last.run_next()
    last.pool.retire_idle(0)
    assert job_of(job.job_id).status == "completed"


def test_it_gives_no_item_an_output_that_a_forgotten_attempt_left(
    submit: Submit, workers: Workers
) -> None:
    """A power cut may forget a claim of the last moment; its number is given again."""
    job = submit(type="litter")
    old = workers.files.result(job.job_id, "0-0-1")
    old.mkdir(parents=True)
    (old / "old.txt").write_text("of the forgotten attempt")
    workers.files.log(job.job_id, "0-0-1").parent.mkdir()
    workers.files.log(job.job_id, "0-0-1").write_text("of the forgotten attempt")
    workers.run_next()
    ((item, result),) = queries.items(job, limit=1).rows
    assert result is not None and item.attempt == 1
    assert [file["name"] for file in json.loads(result.files)] == ["sub/file"]
    assert not (old / "old.txt").exists()
    assert not workers.files.log(job.job_id, "0-0-1").exists()


def test_it_ends_a_process_whose_job_left_a_thread_behind(submit: Submit, workers: Workers) -> None:
    """It would print into the next item's output, and read its orders."""
    first = submit("go", type="thread")
    second = submit("stay", type="thread")
    workers.run_next()
    workers.run_next()
    assert {item.status for job in (first, second) for item in items_of(job)} == {"completed"}
    assert result_of(first)["pid"] != result_of(second)["pid"]
    assert not is_alive(result_of(first)["pid"])
    assert not workers.files.log(second.job_id, "0-0-1").exists()


def test_it_keeps_its_guard_from_the_signals_of_a_job(submit: Submit, workers: Workers) -> None:
    job = submit(type="signals_its_group")
    workers.run_next()
    assert result_of(job)["guards"] == 1


def test_it_ends_what_a_crashed_process_had_started_in_other_sessions(
    submit: Submit, workers: Workers, tmp_path: Path
) -> None:
    submit(str(tmp_path / "outside" / "pid"), type="escape", params={"crash": True})
    workers.run_next()
    wait_until(lambda: not is_alive(int((tmp_path / "outside" / "pid").read_text())), limit_s=5)


def test_it_renews_the_lease_while_a_result_waits_to_be_recorded(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "RECORD_AGAIN_S", 0.001)
    monkeypatch.setattr(watch, "LEASE_RENEWAL_S", 0)
    monkeypatch.setattr(lifecycle, "complete_all", full_for(5, lifecycle.complete_all))
    renewed: list[bool] = []
    renew = lifecycle.renew

    def counted(claim: lifecycle.Claim) -> bool:
        renewed.append(renew(claim))
        return renewed[-1]

    monkeypatch.setattr(lifecycle, "renew", counted)
    submit()
    workers.run_next()
    assert renewed.count(True) >= 5


@pytest.mark.parametrize(("type", "move"), [("needs_extra", "fail_attempt"), ("noop", "cancel")])
def test_it_records_also_what_never_ran_when_it_can_be(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch, type: str, move: str
) -> None:
    monkeypatch.setattr(watch, "RECORD_AGAIN_S", 0.001)
    monkeypatch.setattr(lifecycle, move, full_for(3, getattr(lifecycle, move)))
    job = submit(type=type)
    take = lifecycle.take

    def claimed_and_cancelled(*arguments: Any) -> Any:
        return [replace(found, cancel_requested=move == "cancel") for found in take(*arguments)]

    monkeypatch.setattr(lifecycle, "take", claimed_and_cancelled)
    workers.run_next()
    assert items_of(job)[0].status in ("queued", "cancelled")


def test_it_says_once_that_nothing_can_be_recorded_while_others_go_on(
    submit: Submit,
    workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(watch, "RECORD_AGAIN_S", 0.01)
    monkeypatch.setattr(workers.files, "publish", full_for(10**6, workers.files.publish))
    submit("a", type="litter")
    thread = threading.Thread(target=workers.work)
    thread.start()
    wait_until(lambda: bool(workers.waiting))
    monkeypatch.undo()
    submit(*"bcdefgh")
    workers.work()
    assert len([line for line in caplog.messages if "results cannot be recorded" in line]) == 1
    workers.stop_by(0)
    thread.join()
