"""The children that run code of job types: their world, and the one way in which they end.

Whatever such code does, nothing that it started outlives its child: not what has a session of its
own, lost its parent, ignores signals or forks without end. Three things make sure of it. A child is
the parent of all orphans among what it starts. A process that starts children is the parent of what
gets past that, and ends every child that it does not know. And where the kernel lets this process
make groups, each child has one, which is ended as a whole (cgroups.py).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from bellhop.system import cgroups, proctree

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH")
# How long to end what does not die: the kernel may block it.
END_LIMIT_S = 2.0
PASS_S = 0.001
# While processes exit, the kernel's list of children may leave some out (proc(5)).
EMPTY_LOOKS = 3
NO_GROUPS = (0, 1)  # as kill(2) takes them: one's own group, and every process there is
WALL = 0x40000000  # waitpid(2): also for children that clone(2) made without SIGCHLD
_known: list[subprocess.Popen[bytes]] = []
_lock = threading.Lock()
_ends_strangers = False
_is_last_moment = threading.Event()


def adopt_orphans() -> None:
    """Be the parent of what outlives its own, and end it: for a process of Bellhop alone.

    From now on each child that was not started by `start` or as a `Child` is ended.
    """
    global _ends_strangers
    proctree.adopt_orphans()
    _ends_strangers = True


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a child that this process knows; `options` as `subprocess.Popen` takes them."""
    with _lock:  # what is started meanwhile would be unknown
        child = subprocess.Popen(command, **options)
        _known[:] = [known for known in _known if known.returncode is None]
        _known.append(child)
    return child


class Child:
    """A child in a session of its own that runs code of job types, with all that this starts.

    Only `end` reaps it, when nothing is left to signal: until then no other process can get its pid
    and the number of its group.
    """

    def __init__(self, command: Sequence[str], **options: Any):
        """Start it; `options` as `subprocess.Popen` takes them."""
        self._popen = start(command, start_new_session=True, **options)
        self.pid = self._popen.pid
        self.stdin, self.stdout = self._popen.stdin, self._popen.stdout
        self._group = cgroups.of(self.pid)
        self._ending = threading.Lock()

    @property
    def returncode(self) -> int:
        """How it ended, as `subprocess.Popen` has it, once `end` was called."""
        return self._popen.returncode if self._popen.returncode is not None else -signal.SIGKILL

    def has_ended(self, wait_s: float = 0.0) -> bool:
        """Whether it has ended by itself, now or within `wait_s`; what it started may live."""
        until = time.monotonic() + wait_s
        while not (has_ended := self._is_dead()) and time.monotonic() < until:
            time.sleep(PASS_S)
        while has_ended and _is_last_moment.is_set():
            time.sleep(END_LIMIT_S)  # not by itself: nobody shall record that it crashed
        return has_ended

    def _is_dead(self) -> bool:
        if self._popen.returncode is not None:
            return True
        with contextlib.suppress(ChildProcessError):  # where SIGCHLD is ignored, the kernel reaps
            look = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, self.pid, look) is not None
        return True

    def family(self) -> set[int]:
        """Pids of it and all that it started and that lives."""
        found = {self.pid, *proctree.descendants(self.pid)}
        return found | self._group.members() if self._group else found

    def is_alone(self, but: int) -> bool:
        """Whether nothing that it started lives, but its child `but`; orphans are its children."""
        return proctree.children(self.pid) == [but]

    def strike(self) -> None:
        """Let nothing of it run from now on, and wait for nothing; `end` does the rest."""
        if self._ending.acquire(blocking=False):  # else somebody ends it just now
            try:
                if self._popen.returncode is None:
                    _send(self.pid, signal.SIGSTOP)
                    if self._group:
                        self._group.kill()
                    _kill_below(self.pid, {self.pid}, set())
            finally:
                self._ending.release()

    def end(self, seen: Collection[int] = ()) -> bool:
        """End it with all that it started, and wait until it is gone; False if it is not.

        `seen` is its last `family`: if it has ended by itself, and orphans have no other parent
        than the first process of the machine, that is all that is known of them. True also if it
        was ended before: then its pid may be another's. Threads may call this at the same time.
        """
        with self._ending:
            return self._end(seen)

    def _end(self, seen: Collection[int]) -> bool:
        if self._popen.returncode is not None:
            return True
        deadline = time.monotonic() + END_LIMIT_S
        orphans = set(seen) if self.has_ended() else None
        if orphans is None:
            _send(self.pid, signal.SIGSTOP)  # it stays the parent of orphans, and starts no more
        if self._group:
            self._group.kill()
        is_gone = _end_below(self.pid, deadline)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        if orphans and not _ends_strangers:  # else they are children of this process now
            for pid in orphans:
                _send(pid, signal.SIGKILL)
        is_gone &= self.has_ended(END_LIMIT_S)
        end_strangers()
        while is_gone and self._is_left(orphans):
            is_gone = time.monotonic() < deadline
            time.sleep(PASS_S)
        if self._group:
            self._group.remove()
        self._popen.poll()
        return is_gone

    def _is_left(self, orphans: Collection[int] | None) -> bool:
        """Whether anything lives; without `orphans`, all but the group was seen to be dead."""
        if self._group and self._group.members():
            return True
        if orphans is None:
            return False
        return proctree.group_lives(self.pid) or any(map(proctree.lives, orphans))


def end_strangers() -> None:
    """End every child that this process does not know, with all below it.

    Such a child was started by code of job types, and lost every parent between.
    """
    if _ends_strangers:
        _until_empty(_end_those_there, time.monotonic() + END_LIMIT_S)


def reap_strangers() -> None:
    """Reap what has ended of the children that this process does not know, and let the rest be."""
    with _lock:
        for pid in _strangers():
            _reap(pid)


def end_all() -> None:
    """End all that this process and its children have started: for its last moment.

    Whoever asks from now on whether a child has ended gets no answer any more.
    """
    _is_last_moment.set()
    _end_below(os.getpid(), time.monotonic() + END_LIMIT_S)


def _end_below(pid: int, deadline: float) -> bool:
    """Kill all that `pid` started until none of it lives; False at `deadline` (monotonic)."""
    seen: set[int] = set()
    return _until_empty(lambda: _kill_below(pid, {pid}, seen), deadline)


def _until_empty(look: Callable[[], bool], deadline: float) -> bool:
    """Look until nothing was found `EMPTY_LOOKS` times in a row; False at `deadline`."""
    empty = 0
    while time.monotonic() < deadline:
        empty = 0 if look() else empty + 1
        if empty == EMPTY_LOOKS:
            return True
        time.sleep(PASS_S)
    return False


def _end_those_there() -> bool:
    """Kill each stranger there is, and reap those that are dead; whether there were any."""
    with _lock:  # or a pid that one thread reaps is a new child's when another kills it
        strangers, known = _strangers(), _known_pids()
        _kill_found([*strangers], {os.getpid()}, known, set())
        for pid in strangers:
            _reap(pid)
    return bool(strangers)


def _known_pids() -> set[int]:
    return {child.pid for child in _known if child.returncode is None}


def _strangers() -> set[int]:
    known = _known_pids()  # first: one that is reaped between the two is no stranger
    return set(proctree.children(os.getpid())) - known


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG | WALL)


def _kill_below(pid: int, spared: set[int], seen: set[int]) -> bool:
    """Kill all that `pid` started; whether any of it lived, or was not in `seen` yet, which grows.

    What forks and exits all the time is dead whenever one looks at it, but each time it is another.
    """
    # The latest first, which may still live.
    return _kill_found(proctree.children(pid)[::-1], {pid, os.getpid()}, spared, seen)


def _kill_found(found: list[int], parents: set[int], spared: set[int], seen: set[int]) -> bool:
    """Kill `found`, children of `parents`, and all below, with their groups.

    By forking one gets away from one's pid, but not out of a group; a dead process is still in it.
    Not the groups that are `spared`, and not this process's own. What has another parent is left
    alone: by the time of its turn, its pid may be another's.
    """
    is_any_there, done = False, {*NO_GROUPS, os.getpgrp(), *spared}
    for pid in found:  # which grows meanwhile
        state, parent, group = proctree.state(pid)
        if parent not in parents:
            continue
        is_new = pid not in seen
        if is_new and group not in done:  # once: it costs as much as the group has members
            done.add(group)
            _send(-group, signal.SIGKILL)
        if is_new or state not in proctree.DEAD:
            _send(pid, signal.SIGKILL)
            seen.add(pid)
            parents.add(pid)
            found += proctree.children(pid)
            is_any_there = True
    return is_any_there


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def clean_environment(home: Path, *, is_apart: bool = False) -> dict[str, str]:
    """What a child may know of this process's environment: no secrets. It may write to `home`.

    One that `is_apart` runs on an interpreter with packages of its own.
    """
    names = [name for name in KEPT_VARIABLES if not (is_apart and name == "PYTHONPATH")]
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "HOME": str(home), "TMPDIR": str(home)}


def ending(returncode: int) -> str:
    """How a child ended, by its return code: the name of a signal, or its exit status."""
    if returncode >= 0:
        return f"exit status {returncode}"
    try:
        return signal.Signals(-returncode).name
    except ValueError:
        return f"signal {-returncode}"  # real-time signals have no names
