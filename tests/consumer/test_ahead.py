"""A job process begins quick items by itself, and each of them has what it would have alone."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.consumer import hand
from bellhop.consumer.workers import Workers
from bellhop.jobprocess import process as jobprocess
from bellhop.jobprocess.ahead import Ahead, Permits
from bellhop.jobprocess.order import Order, order_for
from bellhop.jobprocess.process import JobProcess
from bellhop.jobs import lifecycle, queries
from bellhop.jobs.newjob import NewItem
from bellhop.reloading import taking
from bellhop.storage.files import Files
from bellhop.storage.models import Job
from tests.support.jobs import error_of, items_of, job_of, moves_of, quick
from tests.support.spoils import SPOILS

Submit = Callable[..., Job]
TYPES = ("as_told", "spoils_and_finds", "steals")


@pytest.fixture
def one(workers: Workers, submit: Submit, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    """A consumer with one worker and its process, which have seen quick items."""
    workers.slots.resize({**dict.fromkeys(workers._counts, 0), "parsing": 1})
    submit("warm", type="as_told")
    workers.run_next()
    monkeypatch.setattr(hand, "HOLD_S", 60.0)
    monkeypatch.setattr(jobprocess, "WATCH_S", 60.0)
    quick(workers._pace, *TYPES)
    yield workers


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many orders each frame to a job process held."""
    counts: list[int] = []
    send = JobProcess._send

    def counted(self: JobProcess, frame: dict[str, Any]) -> None:
        counts.append(len(frame.get("orders", ())))
        send(self, frame)

    monkeypatch.setattr(JobProcess, "_send", counted)
    return counts


def results_of(job: Job) -> list[dict[str, Any]]:
    assert job_of(job.job_id).status == "completed", error_of(job)
    rows = queries.items(job, limit=1000).rows
    return [json.loads(result.data) for _, result in rows if result]


def printed_by(workers: Workers, job: Job) -> list[str]:
    """What each item of a job printed."""
    names = [f"{number}-0-{item.attempt}" for number, item in enumerate(items_of(job))]
    paths = [workers.files.log(job.job_id, name) for name in names]
    return [path.read_text() if path.exists() else "" for path in paths]


def test_it_sends_one_frame_for_many_quick_items(
    submit: Submit, one: Workers, sent: list[int]
) -> None:
    job = submit(*map(str, range(20)), type="as_told")
    one.work()
    assert sent == [20]
    assert [result["text"] for result in results_of(job)] == [*map(str, range(20))]


def test_it_hands_over_little_where_little_is_begun_by_itself(
    submit: Submit, one: Workers, sent: list[int]
) -> None:
    """Items that write are not followed, and each order takes its time to make."""
    submit(*[f"write {number}" for number in range(20)], type="as_told")
    one.work()
    assert sent == [20, *[2] * 18, 1]


def test_it_hands_over_nothing_for_which_there_is_a_result(
    submit: Submit, one: Workers, sent: list[int]
) -> None:
    submit("c", type="noop")
    one.work()
    quick(one._pace, "noop")
    sent.clear()
    job = submit("a", "b", "c", "d", "e", type="noop")
    one.work()
    assert sent == [2, 2]
    assert [bool(item.cached) for item in items_of(job)] == [False, False, True, False, False]


def test_it_hands_over_no_long_item(submit: Submit, one: Workers, sent: list[int]) -> None:
    """Each counts against the memory of the items before it, in the same process."""
    job = submit("a", "b", "c" * 1_000_000, "d", type="as_told")
    one.work()
    assert sent == [2, 2]
    assert len(results_of(job)) == 4


def test_it_leaves_an_item_its_memory_whatever_waits_behind_it(
    submit: Submit, one: Workers
) -> None:
    submit("warm", type="holds_memory")
    one.run_next()
    quick(one._pace, "holds_memory")
    job = submit("hold", *["\N{GRINNING FACE}" * 500_000] * 20, type="holds_memory")
    one.work()
    assert items_of(job)[0].status == "completed", items_of(job)[0].error


def test_it_runs_no_more_items_in_a_process_than_the_settings_allow(
    submit: Submit, one: Workers, sent: list[int]
) -> None:
    few = replace(one._settings.jobtypes, recycle_after_items=3)
    taking.become(one._settings, replace(one._settings, jobtypes=few))
    job = submit(*["nothing"] * 7, type="spoils_and_finds")
    one.work()
    assert max(sent) > 1
    pids = Counter(result["pid"] for result in results_of(job))
    assert len(pids) == 3 and max(pids.values()) <= 3


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize("what", ["print", "write"])
def test_it_keeps_apart_what_two_items_print_and_write(
    submit: Submit, one: Workers, what: str, is_shared: bool
) -> None:
    if is_shared:
        accounts.add("ada", "admin", None)
        one.follow_switches()
    texts = [f"{what} {number}" if number % 3 else str(number) for number in range(30)]
    owner = "ada" if is_shared else "local"
    submit("warm", type="as_told", owner=owner)
    one.run_next()
    quick(one._pace, "as_told")
    job = submit(*texts, type="as_told", owner=owner)
    one.work()
    results_of(job)
    told = [text if text.startswith(what) else "" for text in texts]
    rows = queries.items(job, limit=1000).rows
    has_file = ["out.txt" in result.files for _, result in rows if result]
    assert has_file == [bool(text) and what == "write" for text in told]
    assert printed_by(one, job) == [f"{t}\n" if t and what == "print" else "" for t in told]


@pytest.mark.parametrize("spoil", SPOILS)
def test_it_lets_the_next_item_find_all_as_it_was(
    submit: Submit, one: Workers, sent: list[int], spoil: str
) -> None:
    found = []
    for first in ("nothing", spoil):
        job = submit(first, "find", "find", type="spoils_and_finds")
        one.work()
        _, *others = results_of(job)
        told = [sorted(text.split()) for text in printed_by(one, job)[1:]]
        assert told == [["printed", "written"]] * 2
        for other in others:
            del other["pid"], other["shared memory of"]
        found.append(others)
    assert found[0] == found[1]
    assert max(sent) > 1


def test_it_gives_back_uncounted_what_its_process_did_not_begin(
    submit: Submit, one: Workers, sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each item was handed over ahead, and waits behind one that takes longer than it should."""
    monkeypatch.setattr(hand, "HOLD_S", 0.5)
    monkeypatch.setattr(jobprocess, "WATCH_S", 0.25)
    job = submit("a", "sleep 5", "b", "c", type="as_told")
    thread = threading.Thread(target=one.work)
    thread.start()
    wait_until(lambda: [i.status for i in items_of(job)][:2] == ["completed", "running"])
    wait_until(lambda: [i.status for i in items_of(job)][2:] == ["queued", "queued"])
    assert sent == [4]
    assert [item.interruptions for item in items_of(job)] == [0, 0, 0, 0]
    lifecycle.ask_cancel(job.job_id)
    thread.join()
    assert [item.status for item in items_of(job)] == ["completed", *["cancelled"] * 3]


def wait_until(condition: Callable[[], bool], limit_s: float = 20) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_it_counts_a_crash_against_the_item_that_crashed_alone(
    submit: Submit, one: Workers, sent: list[int]
) -> None:
    job = submit("a", "crash", "b", "c", type="as_told")
    one._serve(0.0)
    assert sent == [4]
    states = [(item.status, item.attempt, item.crashes) for item in items_of(job)]
    assert states == [("completed", 1, 0), ("queued", 1, 1), ("queued", 1, 0), ("queued", 1, 0)]
    assert [item.interruptions for item in items_of(job)] == [0] * 4


@pytest.fixture
def slow_look(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The first look after an item comes while it sleeps, and takes so long that it ends."""

    def prepare(meanwhile: Callable[[], object]) -> None:
        release = hand.Hand.release

        def slowly(self: hand.Hand) -> None:
            if self.is_holding():
                time.sleep(0.6)
                meanwhile()
            release(self)

        monkeypatch.setattr(hand.Hand, "release", slowly)
        monkeypatch.setattr(jobprocess, "WATCH_S", 0.1)

    return prepare


def test_it_blames_no_item_for_the_crash_of_the_next(
    submit: Submit, one: Workers, sent: list[int], slow_look: Callable[..., None]
) -> None:
    slow_look(lambda: None)
    job = submit("a", "sleep 0.3", "crash", "b", type="as_told")
    one._serve(0.0)
    assert sent == [4]
    assert [item.status for item in items_of(job)] == [*["completed"] * 2, *["queued"] * 2]
    assert [item.crashes for item in items_of(job)] == [0, 0, 1, 0]


@pytest.mark.parametrize("what", ["write", "print"])
def test_it_gives_an_item_that_a_cancel_met_nothing_of_the_next(
    submit: Submit, one: Workers, slow_look: Callable[..., None], what: str
) -> None:
    first = submit("a", "sleep 0.3", type="as_told")
    second = submit(f"{what} x", type="as_told")
    slow_look(lambda: lifecycle.ask_cancel(first.job_id))
    one.work()
    _, (_, result) = queries.items(first, limit=9).rows
    assert result and json.loads(result.files) == []
    assert printed_by(one, first) == ["", ""]
    assert printed_by(one, second) == ["print x\n" if what == "print" else ""]
    results_of(second)


def test_it_looks_for_an_answer_after_it_looks_for_what_is_printed(one: Workers) -> None:
    """Else it could see what the next item prints and not yet that this one has ended."""
    ((process,),) = one.pool._idle.values()
    real = process._printed, process._said
    ready = [os.open("/dev/zero", os.O_RDONLY) for _ in real]
    kept = [os.dup(number) for number in real]
    try:
        for number, other in zip(real, ready, strict=True):
            os.dup2(other, number, inheritable=False)
        assert [number for number, _ in process._poll.poll(0)] == [*real]
    finally:
        for number, other in zip(real, kept, strict=True):
            os.dup2(other, number, inheritable=False)
        for number in (*ready, *kept):
            os.close(number)


def test_it_lets_an_item_have_its_time_whatever_the_next_ones_need(
    submit: Submit, one: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their orders may have to wait for the database."""

    def of_none(*_: object) -> list[Order]:
        time.sleep(0.7)
        return []

    monkeypatch.setattr(
        "bellhop.consumer.workers.order_for",
        lambda *a, **k: replace(order_for(*a, **k), timeout_s=0.5),
    )
    monkeypatch.setattr(Workers, "_ahead", of_none)
    job = submit("sleep 0.1", type="as_told")
    one.work()
    results_of(job)


@pytest.mark.parametrize("begun", ["sleep 100", "print x"])
def test_it_ends_what_its_process_has_begun_when_its_worker_fails(
    submit: Submit, one: Workers, monkeypatch: pytest.MonkeyPatch, begun: str
) -> None:
    """Else it would run without limits, and still run when the item is given to another worker."""
    ((process,),) = one.pool._idle.values()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the database is damaged")

    def stop_at(*_: object) -> bool:
        monkeypatch.setattr(hand.Hand, "settle", fail)
        if process.ahead.begun:
            time.sleep(0.3)
        return process.ahead.begun is None

    job = submit("a", begun, type="as_told")
    monkeypatch.setattr(hand.Hand, "may_go_on", stop_at)
    with pytest.raises(RuntimeError, match="damaged"):
        one.work()
    assert process.is_dead
    assert not one.pool._there
    assert printed_by(one, job) == ["", ""]


def test_it_records_each_item_that_a_process_has_begun_when_a_stop_comes(
    submit: Submit, one: Workers
) -> None:
    """None of them runs twice, and none is lost: those that had not begun wait."""
    job = submit(*["sleep 0.01"] * 40, type="as_told")
    thread = threading.Thread(target=one.work)
    thread.start()
    wait_until(lambda: moves_of(job).count("claimed") == 40)
    time.sleep(0.1)
    one.stop_by(8)
    thread.join()
    states = [item.status for item in items_of(job)]
    done = states.count("completed")
    assert states == ["completed"] * done + ["queued"] * (40 - done)
    assert [item.interruptions for item in items_of(job)] == [0] * 40


@pytest.mark.parametrize("how", ["gives", "takes", "closes"])
def test_it_loses_nothing_to_a_job_that_reaches_for_the_permits(
    submit: Submit, one: Workers, how: str
) -> None:
    job = submit(how, *["a"] * 9, type="steals")
    for _ in range(20):
        one.work()
    assert len(results_of(job)) == 10


def test_it_permits_each_number_once() -> None:
    """However many ask: what one took, no other has."""
    permits = Permits()
    permits.give(1000)
    taken = [0] * 4

    def take(number: int) -> None:
        while permits.take():
            taken[number] += 1

    threads = [threading.Thread(target=take, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    permits.close()
    assert sum(taken) == 1000


def test_it_believes_no_process_that_goes_on_with_what_it_was_not_handed() -> None:
    ahead = Ahead()
    assert not ahead.go_on(has_begun=True)
    assert ahead.begun is None
    ahead.close()


def test_it_hands_over_no_item_with_files(
    submit: Submit, one: Workers, sent: list[int], here: Any
) -> None:
    """A process finds only the files of the item that it runs."""
    quick(one._pace, "copy_file")
    files = Files(here.folder)
    incoming = files.new_incoming()
    for name in ("0.txt", "1.txt"):
        (incoming / name).write_text(name)
    files.accept(incoming, "given")
    items = [NewItem(name, {"file": name}) for name in ("0.txt", "1.txt")]
    submit(items=items, job_id="given", type="copy_file")
    one.work()
    assert sent == [1, 1]


def test_it_closes_what_a_dead_process_was_handed(submit: Submit, one: Workers) -> None:
    submit("a", "b", type="as_told")
    one.work()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        one.pool.retire_idle(0)
        submit("a", "b", type="as_told")
        one.work()
    assert len(os.listdir("/proc/self/fd")) <= before
