"""What survives when the power goes: shown by the order of the system calls, and by killing all."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.places import ROOT
from tests.support.running import Family, Running, all_events, running, valkey, wait_for

CALLS = (
    "fsync,fdatasync,rename,renameat,renameat2,"
    "write,writev,pwrite64,pwritev,ftruncate,send,sendto,sendmsg"
)
ANSWERED = "HTTP/1.1 20"
ROW_ON_DISK = ["write bellhop.db-wal", "sync bellhop.db-wal"]
LINE = re.compile(r"(?P<thread>\d+) +(?P<rest>.*)")
CALL = re.compile(r"(?P<call>\w+)\((?P<arguments>.*)\) = (?P<result>-?\d+)")
DESCRIPTOR = re.compile(r"\d+<(?P<path>[^>]*)>")
QUOTED = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"')


TRACED = pytest.mark.sqlite("the calls that bring its write-ahead log to the disk")


class Step(NamedTuple):
    """One system call of one thread: what it did to which path of the data folder."""

    thread: str
    call: str
    path: str


class Trace:
    """What strace wrote, as the steps that matter to a power cut, in their order.

    A write or an answer counts from where it began and a sync or a rename from where it had
    succeeded, so that calls of other threads in between cannot flatter the order.
    """

    def __init__(self, text: str, data: Path):
        self._data = data
        self._begun: dict[str, str] = {}
        self.steps = [step for line in text.splitlines() for step in self._steps_of(line)]

    def before_answer(self, number: int) -> list[str]:
        """`call path` of what happened from the answer before up to the one of this number."""
        said: list[str] = []
        for step in self.steps:
            if step.call == "answer":
                if number == 0:
                    return said
                number, said = number - 1, []
            elif not said or said[-1] != f"{step.call} {step.path}":
                said.append(f"{step.call} {step.path}")
        raise AssertionError("there is no such answer")

    def of_thread_that(self, call: str, pattern: str) -> list[str]:
        """`call path` of the one thread that makes a call whose path matches `pattern`."""
        (thread,) = {s.thread for s in self.steps if s.call == call and re.match(pattern, s.path)}
        return [f"{s.call} {s.path}" for s in self.steps if s.thread == thread]

    def _steps_of(self, line: str) -> Iterator[Step]:
        found = LINE.match(line)
        assert found, line
        thread, rest = found["thread"], found["rest"]
        if rest.startswith("+++"):
            return  # a thread ended
        if rest.endswith("<unfinished ...>"):
            self._begun[thread] = rest = rest.removesuffix("<unfinished ...>")
            yield from self._begins(thread, rest)
        elif rest.startswith("<..."):
            rest = self._begun.pop(thread) + rest.partition("resumed>")[2]
            yield from self._succeeds(thread, rest)
        else:
            yield from self._begins(thread, rest)
            yield from self._succeeds(thread, rest)

    def _begins(self, thread: str, text: str) -> Iterator[Step]:
        call, _, arguments = text.partition("(")
        if call.startswith("send") and f'"{ANSWERED}' in arguments:
            yield Step(thread, "answer", "")
        elif call.startswith(("write", "pwrite", "ftruncate")):
            yield from self._step(thread, "write", arguments)

    def _succeeds(self, thread: str, text: str) -> Iterator[Step]:
        found = CALL.match(text)
        if found is None or found["result"] != "0":
            return
        if found["call"] in ("fsync", "fdatasync"):
            yield from self._step(thread, "sync", found["arguments"])
        elif found["call"].startswith("rename"):
            old, new = (Path(name["text"]) for name in QUOTED.finditer(found["arguments"]))
            with contextlib.suppress(ValueError):
                moved = f"{self._inside(old)} -> {self._inside(new)}"
                yield Step(thread, "rename", moved)

    def _step(self, thread: str, call: str, arguments: str) -> Iterator[Step]:
        descriptor = DESCRIPTOR.match(arguments)
        with contextlib.suppress(ValueError):
            if descriptor:
                yield Step(thread, call, self._inside(Path(descriptor["path"])))

    def _inside(self, path: Path) -> str:
        return path.relative_to(self._data).as_posix()


def require_strace() -> str:
    strace = shutil.which("strace")
    if strace is None and os.environ.get("CI") == "true":
        pytest.fail("strace is missing: apt-get install strace")
    if strace is None:
        pytest.skip("strace is not installed; it shows the order of the system calls")
    return strace


def start_traced(bellhop: Running, *command: str) -> Path:
    """Start a half of Bellhop; where its system calls are written down."""
    trace = bellhop.data.parent / f"trace.{command[0]}"
    # -D: what is traced stays our child, and strace ends after it.
    options = ["-D", "-f", "-y", "-s", "64", "-e", "signal=none", "-e", f"trace={CALLS}"]
    options += ["-o", str(trace)]
    bellhop.know_types()
    with (bellhop.data.parent / "log").open("a") as log:
        process = subprocess.Popen(
            [require_strace(), *options, sys.executable, str(ROOT / "app.py"), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=bellhop.environment,
            text=True,
        )
    bellhop.processes.append(process)
    return trace


def read_trace(bellhop: Running, trace: Path) -> Trace:
    """End what is traced; all its steps."""
    pid = bellhop.processes[-1].pid
    bellhop.stop()
    wait_for(lambda: re.search(rf"^{pid} +[+]+ exited", trace.read_text(), re.MULTILINE))
    return Trace(trace.read_text(), bellhop.data)


@pytest.fixture
def bellhop(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, BELLHOP_HUEY_STORAGE="sqlite") as server:
        yield server


def note(tmp_path: Path) -> str:
    path = tmp_path / "note.txt"
    path.write_text("three short words")
    return str(path)


def lasting(steps: list[str]) -> list[str]:
    """What has to do with uploads and rows; random names are shown as *."""
    shown = [re.sub("incoming/[0-9a-f]+", "incoming/*", step) for step in steps]
    return [step for step in shown if re.search("incoming/|uploads|bellhop.db-wal", step)]


@TRACED
def test_it_has_an_upload_and_its_row_on_the_disk_before_it_says_202(
    bellhop: Running, tmp_path: Path
) -> None:
    trace = start_traced(bellhop, "web")
    job_id = bellhop.client().create("word_count", files=[note(tmp_path)])["job_id"]
    steps = lasting(read_trace(bellhop, trace).before_answer(0))
    rows = steps.index("write incoming/*/0.txt") + 5
    assert steps[rows - 5 : rows] == [
        "write incoming/*/0.txt",
        "sync incoming/*/0.txt",
        "sync incoming/*",
        f"rename incoming/* -> uploads/{job_id}",
        "sync uploads",
    ]
    assert steps[rows:][-2:] == ROW_ON_DISK


@TRACED
def test_it_has_every_file_of_an_upload_on_the_disk_before_it_says_202(
    bellhop: Running, tmp_path: Path
) -> None:
    trace = start_traced(bellhop, "web")
    bellhop.client().create("word_count", files=[note(tmp_path)] * 3)
    steps = lasting(read_trace(bellhop, trace).before_answer(0))
    places = [steps.index(f"sync incoming/*/{number}.txt") for number in range(3)]
    assert max(places) < steps.index("sync incoming/*")


@TRACED
def test_it_has_the_row_of_a_json_job_on_the_disk_before_it_says_202(bellhop: Running) -> None:
    trace = start_traced(bellhop, "web")
    for text in "abc":
        bellhop.texts(text)
    traced = read_trace(bellhop, trace)
    for number in range(3):
        steps = lasting(traced.before_answer(number))
        assert steps[-2:] == ROW_ON_DISK


@TRACED
def test_it_has_a_cancel_a_retry_and_a_deletion_on_the_disk_before_it_says_so(
    bellhop: Running,
) -> None:
    trace = start_traced(bellhop, "web")
    job = f"/api/v1/jobs/{bellhop.texts('a')['job_id']}"
    bellhop.client().post(f"{job}/cancel", {})
    bellhop.client().post(f"{job}/retry", {})
    bellhop.client().delete(job)
    bellhop.client().delete(f"{job}?purge=true")
    traced = read_trace(bellhop, trace)
    for number, what in enumerate(["submit", "cancel", "retry", "cancel", "purge"]):
        assert lasting(traced.before_answer(number))[-2:] == ROW_ON_DISK, what


@TRACED
def test_it_has_the_name_of_a_new_log_of_rows_on_the_disk_before_it_says_202(
    bellhop: Running,
) -> None:
    """A synced file in a folder that is not may be gone with its name."""
    trace = start_traced(bellhop, "web")
    bellhop.texts("a")
    assert "sync ." in read_trace(bellhop, trace).before_answer(0)


@TRACED
def test_it_has_an_output_on_the_disk_before_the_row_that_names_it(bellhop: Running) -> None:
    """The row itself may be lost, and then the item runs again; it must never lie."""
    bellhop.start("web")
    job_id = bellhop.texts("a", type="litter")["job_id"]
    trace = start_traced(bellhop, "consumer")
    bellhop.final(job_id)
    steps = read_trace(bellhop, trace).of_thread_that("rename", "results/.* -> results/")
    draft, place = f"results/{job_id}/0-0-1.part", f"results/{job_id}/0-0-1"
    first = steps.index(f"sync {draft}")
    assert steps[first + 1] == f"rename {draft} -> {place}/sub/file"
    assert set(steps[first + 2 : first + 4]) == {f"sync {place}", f"sync {place}/sub"}
    assert steps[first + 4 : first + 7] == [
        f"sync results/{job_id}",
        "sync results",
        "write bellhop.db-wal",
    ]


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def cut_short(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Running, set[str]]]:
    """A Bellhop started again after all was killed at once; its jobs, of which one ran before.

    Items run, wait for a worker and wait for a time. With Redis, which keeps nothing on a
    disk here, the server goes as well and comes back empty.
    """
    environment = {"BELLHOP_HUEY_STORAGE": request.param}
    with valkey() as server:
        if request.param == "redis":
            server.start()
            environment["BELLHOP_HUEY_REDIS_URL"] = server.url
        with running(tmp_path_factory.mktemp("cut"), **environment) as bellhop:
            parent = bellhop.serve()
            done = bellhop.texts("a", "b")["job_id"]
            later = bellhop.texts("a", type="later", after_s=1)["job_id"]
            bellhop.final(done)
            wait_for(lambda: bellhop.client().get(f"/api/v1/jobs/{later}")["waiting_for"])
            running_job = bellhop.texts("a", "b", "c", type="slow", seconds=2)["job_id"]
            waiting = bellhop.texts(*(str(number) for number in range(20)))["job_id"]
            path = f"/api/v1/jobs/{running_job}/items?status=running"
            wait_for(lambda: len(bellhop.client().get(path)["items"]) == 3)
            family = Family(parent.pid)
            server.stop()
            family.kill()
            wait_for(lambda: family.alive() == [])
            assert interrupted(bellhop) == {(running_job, index) for index in range(3)}
            if request.param == "redis":
                server.start()
            bellhop.serve()
            yield bellhop, {done, later, running_job, waiting}


def interrupted(bellhop: Running) -> set[tuple[str, int]]:
    """(job, index) of what runs by the rows, while nothing runs."""
    sql = """SELECT job_id, "index" FROM item JOIN job ON job.id = item.job
        WHERE item.status = 'running'"""
    return {(job_id, index) for job_id, index in bellhop.query(sql)}


def test_it_completes_everything_once_after_all_was_killed_at_once(
    cut_short: tuple[Running, set[str]],
) -> None:
    bellhop, jobs = cut_short
    assert {bellhop.final(job_id)["status"] for job_id in jobs} == {"completed"}
    for job_id in jobs:
        total = bellhop.final(job_id)["total_items"]
        moves = [(e["item"], e["move"]) for e in all_events(bellhop, job_id)]
        completed = Counter(index for index, move in moves if move == "completed")
        assert completed == dict.fromkeys(range(total), 1)


def test_it_shows_in_the_timeline_what_the_power_cut_interrupted(
    cut_short: tuple[Running, set[str]],
) -> None:
    bellhop, jobs = cut_short
    shown = []
    for job_id in jobs:
        bellhop.final(job_id)
        events = all_events(bellhop, job_id)
        shown += [(e["move"], e["attempt"]) for e in events if e["code"] == "interrupted"]
    assert shown == [("requeued", 1)] * 3
