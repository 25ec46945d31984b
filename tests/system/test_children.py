"""How a child ends: with everything that it started, whatever that did to get away."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bellhop.system import cgroups, children, proctree
from tests.support.nobody import in_a_process
from tests.support.places import ROOT

# What a job process is to what it starts; `leave` starts something that nobody waits for.
BEGIN = """
import ctypes, os, signal, sys, time
sys.path.insert(0, sys.argv[1])
from bellhop.system import proctree
proctree.adopt_orphans()
def leave(act=lambda: time.sleep(1000), levels=2):
    if os.fork() == 0:
        os.setsid()
        leave(act, levels - 1) if levels > 1 else act()
        os._exit(0)
def hop(before=lambda: None):
    trace = os.open(os.environ["TRACE"], os.O_WRONLY | os.O_APPEND)
    while os.path.exists(os.environ["TRACE"]) and os.fork() == 0:
        before()
        os.write(trace, b".")
def ignore():
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    time.sleep(1000)
def ready():
    os.write(1, b"r")
    time.sleep(1000)
"""
ESCAPES = {
    "nothing": "",
    "a daemon": "leave()",
    "orphans that are not adopted": "ctypes.CDLL(None).prctl(36, 0); leave(); leave()",
    "forks faster than it is looked for": "[leave(hop) for _ in range(4)]",
    "does so with a session each time": "leave(lambda: hop(os.setsid))",
    "ignores signals": "leave(ignore); ignore_in_itself = signal.signal(15, signal.SIG_IGN)",
    "no descriptors": "leave(lambda: (os.closerange(0, 100), time.sleep(1000)))",
    "stops itself": "leave(lambda: os.kill(os.getpid(), signal.SIGSTOP))",
    "wakes it": "own = os.getpid(); leave(lambda: [os.kill(own, 18) for _ in iter(int, 1)])",
    "many": "[leave() for _ in range(40)]",
    "a chain": "leave(levels=30)",
}  # fmt: skip


class Marked:
    """Children whose descendants are known by a variable in their environment.

    What forks and exits all the time is seldom seen there. It writes into the file `trace`, and
    ends without it.
    """

    def __init__(self, trace: Path) -> None:
        self._mark = f"ESCAPED={secrets.token_hex(8)}"
        self._trace = trace
        trace.touch()

    def child(self, code: str) -> children.Child:
        """A child that has done what `code` says."""
        name, _, value = self._mark.partition("=")
        child = children.Child(
            [sys.executable, "-c", f"{BEGIN}\n{code}\nready()", str(ROOT)],
            env={**os.environ, name: value, "TRACE": str(self._trace)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert child.stdout is not None
        assert child.stdout.read(1) == b"r"
        time.sleep(0.05)
        return child

    def alive(self) -> list[int]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self._mark.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found

    def are_gone(self) -> bool:
        deadline = time.monotonic() + 2
        while (alive := self.alive()) and time.monotonic() < deadline:
            time.sleep(0.01)
        for pid in alive:
            os.kill(pid, signal.SIGKILL)
        return not alive and self._is_quiet()

    def _is_quiet(self) -> bool:
        size = self._trace.stat().st_size
        time.sleep(0.1)
        return self._trace.stat().st_size == size


@pytest.fixture
def marked(tmp_path: Path) -> Iterator[Marked]:
    trace = tmp_path / "trace"
    yield Marked(trace)
    trace.unlink()


@pytest.fixture(params=["groups", "no groups"])
def in_parent(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Callable[[], bool]], bool]]:
    """Run something in a process that ends what it does not know, as Bellhop's do."""
    if request.param == "no groups":
        monkeypatch.setattr(cgroups, "_home", lambda: None)

    def run(action: Callable[[], bool]) -> bool:
        def adopt_and_run() -> bool:
            children.adopt_orphans()
            return action()

        return in_a_process(adopt_and_run)

    yield run


@pytest.mark.parametrize("escape", ESCAPES)
def test_it_ends_a_child_with_all_that_it_started(
    escape: str, marked: Marked, in_parent: Callable[[Callable[[], bool]], bool]
) -> None:
    def end() -> bool:
        child = marked.child(ESCAPES[escape])
        return len(marked.alive()) >= 1 and child.end() and marked.alive() == []

    assert in_parent(end)
    assert marked.are_gone()


@pytest.mark.parametrize("escape", ESCAPES)
def test_it_ends_what_a_child_that_died_has_started(
    escape: str, marked: Marked, in_parent: Callable[[Callable[[], bool]], bool]
) -> None:
    def end() -> bool:
        child = marked.child(ESCAPES[escape])
        os.kill(child.pid, signal.SIGKILL)
        assert child.has_ended(1)
        return child.end() and marked.alive() == []

    assert in_parent(end)
    assert marked.are_gone()


@pytest.mark.parametrize("escape", ESCAPES)
def test_it_ends_all_below_in_its_last_moment(
    escape: str, marked: Marked, in_parent: Callable[[Callable[[], bool]], bool]
) -> None:
    def end() -> bool:
        marked.child(ESCAPES[escape])
        children.end_all()
        return True

    assert in_parent(end)
    assert marked.are_gone()


def test_it_ends_at_once_what_left_thousands_of_dead_in_its_group(
    marked: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "_home", lambda: None)

    left = "leave(lambda: [os.fork() or os._exit(0) for _ in range(5000)], levels=1)"
    they_died = "os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)"

    assert in_a_process(lambda: marked.child(f"{left}; {they_died}").end())


def test_it_leaves_alone_what_got_the_pid_of_one_that_it_found(
    marked: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its group too: it may be that of all that a user runs."""

    def end() -> bool:
        other, child = marked.child("leave(levels=1)"), children.Child(["sleep", "1000"])
        [apart] = proctree.children(other.pid)
        with monkeypatch.context() as patch:
            patch.setattr(proctree, "children", lambda pid: [apart] * (pid == child.pid))
            has_ended = child.end()
        return proctree.lives(apart) and has_ended and other.end()

    assert in_a_process(end)


@pytest.mark.parametrize("command", [["true"], ["sleep", "1000"]], ids=["ended", "ends it"])
def test_it_signals_nobody_by_the_pid_of_a_child_that_it_has_reaped(
    monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """It may be another process's by then, or of its group."""
    child, late = children.Child(command), []

    def watched(send: Callable[[int, int], None]) -> Callable[[int, int], None]:
        def sent(pid: int, number: int) -> None:
            late.extend([pid] * (not Path(f"/proc/{pid}").exists()))
            send(pid, number)

        return sent

    for name in ("kill", "killpg"):
        monkeypatch.setattr(os, name, watched(getattr(os, name)))
    assert child.has_ended(10 if command == ["true"] else 0) == (command == ["true"])
    for _ in range(2):
        assert child.end({child.pid})
    assert late == []
    assert child.returncode == (0 if command == ["true"] else -signal.SIGKILL)
    assert not Path(f"/proc/{child.pid}").exists()


def test_it_tells_of_no_end_in_its_last_moment(in_parent: Callable[..., bool]) -> None:
    """Or a consumer whose parent died would record that job processes crashed."""

    def end() -> bool:
        child, told = children.Child(["sleep", "1000"]), []
        asks = threading.Thread(target=lambda: told.append(child.has_ended(10)), daemon=True)
        asks.start()
        children.end_all()
        asks.join(0.5)
        return told == []

    assert in_parent(end)


def test_it_ends_what_a_dead_process_left_in_a_group(marked: Marked) -> None:
    """Such as a consumer that was killed: nobody else knows of it."""

    def leave() -> bool:
        child = marked.child("leave()")
        return child._group is not None

    if not in_a_process(leave):
        pytest.skip("no control groups can be made here")
    assert marked.alive() != []
    cgroups._home.cache_clear()
    assert in_a_process(lambda: cgroups._home() is not None)
    assert marked.are_gone()


def test_it_leaves_alone_what_belongs_to_another_namespace_of_processes(marked: Marked) -> None:
    """Such as that of a container: there, nobody out here seems to live."""
    look = "from bellhop.system import cgroups; cgroups._home()"
    apart = ["unshare", "--pid", "--fork", "--mount-proc"]

    def starts_one_there() -> bool:
        child = marked.child("")
        looked = subprocess.run([*apart, sys.executable, "-c", look], cwd=ROOT, check=False)
        lives = marked.alive() == [child.pid]
        return child.end() and lives and looked.returncode == 0

    if not in_a_process(lambda: subprocess.run([*apart, "true"]).returncode == 0):
        pytest.skip("no namespace of processes can be made here")
    assert in_a_process(starts_one_there)
